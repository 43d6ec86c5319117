/** Sessions, on this side: the browser holds a random text, we hold its hash. They end by idleness, by age, and with their account. */
import { accessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { hashOf, newSecret } from './keys.ts'
import { Records } from './records.ts'

export interface Session {
  /** Hash of the cookie. */
  id: string
  accountId: string
  createdMs: number
  seenMs: number
  address: string
}

export interface SessionTimes {
  idleMs: number
  absoluteMs: number
}

export class Sessions {
  readonly #records: Records<Session>
  readonly #now: () => number
  readonly #times: () => SessionTimes
  readonly #written = new Map<string, number>()

  constructor(store: Store, now: () => number, times: () => SessionTimes) {
    this.#records = new Records(store, 'sessions', now)
    this.#now = now
    this.#times = times
  }

  async load(): Promise<void> {
    await this.#records.load()
    await this.#sweep()
  }

  /** The text for the cookie. */
  async open(accountId: string, address: string): Promise<string> {
    if (this.#records.size >= accessLimits.sessions) await this.#sweep()
    if (this.#records.size >= accessLimits.sessions) {
      const idle = [...this.#records.values()].sort((a, b) => a.seenMs - b.seenMs)[0]
      await this.#records.remove(idle.id)
    }
    const secret = newSecret()
    const nowMs = this.#now()
    const id = hashOf(secret)
    this.#written.set(id, nowMs)
    await this.#records.put({ id, accountId, createdMs: nowMs, seenMs: nowMs, address })
    return secret
  }

  /** The live session of a cookie, or null. Its last use is written now and then; a failed write ends nothing. */
  async use(secret: string): Promise<Session | null> {
    const session = this.#records.get(hashOf(secret))
    if (session === null) return null
    const nowMs = this.#now()
    if (!this.#alive(session, nowMs)) {
      await this.end(secret)
      return null
    }
    session.seenMs = nowMs
    if (nowMs - (this.#written.get(session.id) ?? 0) >= accessLimits.sessionWriteMs) {
      this.#written.set(session.id, nowMs)
      await this.#records.put(session)
    }
    return session
  }

  async end(secret: string): Promise<void> {
    await this.#remove(hashOf(secret))
  }

  /** Ends all sessions of an account, but for the one given. */
  async endOf(accountId: string, except: string | null = null): Promise<void> {
    const kept = except === null ? '' : hashOf(except)
    for (const session of [...this.#records.values()])
      if (session.accountId === accountId && session.id !== kept) await this.#remove(session.id)
  }

  of(accountId: string): Session[] {
    const nowMs = this.#now()
    return [...this.#records.values()].filter(
      (session) => session.accountId === accountId && this.#alive(session, nowMs),
    )
  }

  #alive({ createdMs, seenMs }: Session, nowMs: number): boolean {
    const { idleMs, absoluteMs } = this.#times()
    return nowMs - seenMs < idleMs && nowMs - createdMs < absoluteMs
  }

  async #remove(id: string): Promise<void> {
    this.#written.delete(id)
    await this.#records.remove(id)
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#now()
    for (const session of [...this.#records.values()])
      if (!this.#alive(session, nowMs)) await this.#remove(session.id)
  }
}
