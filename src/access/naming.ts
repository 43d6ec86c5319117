/** Asking for the name behind a pseudonym: a right, a reason and, if configured, a second person who agrees. */
import { randomUUID } from 'node:crypto'
import { accessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { denied } from './accounts.ts'
import type { Audit } from './audit.ts'
import { namesBehind, pseudonymKind } from './pseudonyms.ts'
import type { PseudonymKey } from './pseudonyms.ts'
import { Records } from './records.ts'
import type { Viewer } from './rights.ts'

export interface NameRequest {
  id: string
  pseudonym: string
  reason: string
  /** Account that asks, and its name. */
  askedBy: string
  asker: string
  askedMs: number
  state: 'waiting' | 'agreed' | 'refused'
  /** Name of the second person; null = nobody yet, or none was needed. */
  decider: string | null
  decidedMs: number | null
}

/** Of the asker: one account cannot agree to its own question through a token either. */
function personOf(viewer: Viewer): string {
  return viewer.accountId ?? viewer.name
}

function shownWords(names: readonly string[] | null): string {
  return names === null || names.length === 0 ? 'no name found' : 'shown'
}

export class Naming {
  readonly #records: Records<NameRequest>
  readonly #store: Store
  readonly #audit: Audit
  readonly #key: PseudonymKey
  readonly #now: () => number
  readonly #secondPerson: () => boolean

  constructor(parts: {
    store: Store
    audit: Audit
    key: PseudonymKey
    now: () => number
    secondPerson: () => boolean
  }) {
    this.#records = new Records(parts.store, 'name_requests', parts.now)
    this.#store = parts.store
    this.#audit = parts.audit
    this.#key = parts.key
    this.#now = parts.now
    this.#secondPerson = parts.secondPerson
  }

  load(): Promise<void> {
    return this.#records.load()
  }

  /** Those that wait, and what was decided lately; the last asked first. */
  all(): NameRequest[] {
    return [...this.#records.values()].sort((a, b) => b.askedMs - a.askedMs)
  }

  /** Asks. With `names` at once when no second person is needed, else they are to be had once somebody agreed. */
  async ask(
    viewer: Viewer,
    pseudonym: string,
    reason: string,
  ): Promise<{ request: NameRequest; names: string[] | null }> {
    if (pseudonymKind(pseudonym) === null)
      throw denied(`cannot name ${pseudonym}: it is no pseudonym; copy it from a list`)
    await this.#forgetOld()
    const alone = !this.#secondPerson()
    const nowMs = this.#now()
    const request: NameRequest = {
      id: randomUUID(),
      pseudonym,
      reason,
      askedBy: personOf(viewer),
      asker: viewer.name,
      askedMs: nowMs,
      state: alone ? 'agreed' : 'waiting',
      decider: null,
      decidedMs: alone ? nowMs : null,
    }
    const names = alone ? await this.#behind(viewer, request) : null
    await this.#tell(viewer, 'askName', request, alone ? shownWords(names) : 'waits')
    await this.#records.put(request)
    return { request, names }
  }

  /** The second person's word. null = no such question. */
  async decide(viewer: Viewer, id: string, agree: boolean): Promise<NameRequest | null> {
    const request = this.#records.get(id)
    if (request === null) return null
    if (request.state !== 'waiting')
      throw denied('cannot decide: it is decided; ask anew if need be')
    if (request.askedBy === personOf(viewer))
      throw denied('cannot agree to a question of your own: a second person must')
    const decided: NameRequest = {
      ...request,
      state: agree ? 'agreed' : 'refused',
      decider: viewer.name,
      decidedMs: this.#now(),
    }
    await this.#tell(viewer, 'decideName', decided, decided.state)
    await this.#records.put(decided)
    return decided
  }

  /** Shows the names to who asked, for a while after it was agreed to. null = no such question of his. */
  async names(
    viewer: Viewer,
    id: string,
  ): Promise<{ request: NameRequest; names: string[] | null } | null> {
    const request = this.#records.get(id)
    if (request === null || request.askedBy !== personOf(viewer)) return null
    const fresh = this.#now() - (request.decidedMs ?? -Infinity) < accessLimits.namedMs
    if (request.state !== 'agreed' || !fresh) return { request, names: null }
    const names = await this.#behind(viewer, request)
    await this.#tell(viewer, 'getName', request, shownWords(names))
    return { request, names }
  }

  #behind(viewer: Viewer, request: NameRequest): Promise<string[]> {
    return namesBehind(this.#store, request.pseudonym, this.#key, viewer.sources)
  }

  /** One entry for an act, with what came of it, before anybody sees it. */
  async #tell(
    viewer: Viewer,
    action: 'askName' | 'decideName' | 'getName',
    request: NameRequest,
    outcome: string,
  ): Promise<void> {
    const { pseudonym, reason, id, asker, decider } = request
    await this.#audit.write({
      actor: viewer.name,
      action,
      object: pseudonym,
      detail: { outcome, reason, asker, decider, request: id },
    })
  }

  async #forgetOld(): Promise<void> {
    const nowMs = this.#now()
    for (const { id, askedMs } of this.all())
      if (nowMs - askedMs > 30 * accessLimits.namedMs) await this.#records.remove(id)
    if (this.#records.size >= accessLimits.nameRequests)
      throw denied('cannot ask: too many questions are open; decide or wait')
  }
}
