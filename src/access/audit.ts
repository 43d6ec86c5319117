/** The audit trail: every change, every look at a name. Rows wait a moment and go in together; nobody can change one. */
import type { Logger } from 'pino'
import { OperatingError, causeOf } from '../errors.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import { accessLimits } from '../limits.ts'
import { timestamp } from '../store/store.ts'
import type { Store } from '../store/store.ts'

export interface AuditEntry {
  /** Who: an account, `token NAME of ACCOUNT`, `this machine`. */
  actor: string
  /** What was done, e.g. `account.created`, `names.seen`. */
  action: string
  /** To what. */
  object: string
  detail?: Record<string, unknown>
}

export interface AuditRow {
  at: string
  actor: string
  action: string
  object: string
  detail: string
}

export class Audit {
  readonly #store: Store
  readonly #log: Logger
  readonly #now: () => number
  #rows: AuditRow[] = []
  #flushing: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  readonly #seen = new Map<string, number>()

  constructor(store: Store, log: Logger, now: () => number) {
    this.#store = store
    this.#log = log
    this.#now = now
  }

  /** Resolves when the row is durable; rejects with ACCESS_FAILED, and the row is tried again. */
  async write(entry: AuditEntry): Promise<void> {
    this.note(entry)
    await this.flush()
  }

  /** The same, soon. Throws ACCESS_FAILED when too many rows wait: what cannot be told must not be done. */
  note({ actor, action, object, detail = {} }: AuditEntry): void {
    if (this.#rows.length >= accessLimits.auditWaiting)
      throw new OperatingError(
        'ACCESS_FAILED',
        'cannot write the audit trail: the store takes nothing; see the log and free space',
      )
    this.#rows.push({
      at: timestamp(this.#now()),
      actor,
      action,
      object,
      detail: JSON.stringify(detail),
    })
    this.#timer ??= setTimeout(() => {
      this.flush().catch((error: unknown) =>
        this.#log.error({ error: causeOf(error) }, 'the audit trail waits'),
      )
    }, accessLimits.auditDelayMs)
  }

  /** A look at names: the same look of the same viewer is told once in a while, a console asks again and again. */
  look(entry: AuditEntry): void {
    const key = JSON.stringify([entry.actor, entry.action, entry.object])
    const nowMs = this.#now()
    if (elapsedMs(this.#seen.get(key) ?? -Infinity, nowMs) < accessLimits.lookAgainMs) return
    if (this.#seen.size >= accessLimits.looksRemembered) this.#seen.clear()
    this.note(entry)
    this.#seen.set(key, nowMs)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // rows that came while others are written wait for the next turn
    while (this.#flushing !== null) await this.#flushing.catch(() => undefined)
    if (this.#rows.length === 0) return
    const rows = this.#rows
    this.#rows = []
    this.#flushing = this.#store
      .insert('audit', rows)
      .catch((cause: unknown) => {
        this.#rows = [...rows, ...this.#rows]
        throw new OperatingError(
          'ACCESS_FAILED',
          `cannot write the audit trail: ${causeOf(cause)}; see the log and free space`,
          { cause },
        )
      })
      .finally(() => {
        this.#flushing = null
      })
    await this.#flushing
  }

  async stop(): Promise<void> {
    await this.flush()
  }
}

/** One page of the trail, the last first. */
export async function auditPage(
  store: Pick<Store, 'query'>,
  query: {
    actor: string | null
    action: string | null
    fromMs: number | null
    toMs: number | null
    limit: number
    offset: number
  },
): Promise<{ rows: AuditRow[]; total: number }> {
  const condition = `({actor:String} = '' OR actor = {actor:String}) AND ({action:String} = '' OR startsWith(action, {action:String}))
    AND audit.at >= fromUnixTimestamp64Milli({from:Int64}) AND audit.at < fromUnixTimestamp64Milli({to:Int64})`
  const params = {
    actor: query.actor ?? '',
    action: query.action ?? '',
    from: query.fromMs ?? 0,
    to: query.toMs ?? 9_000_000_000_000,
    limit: query.limit,
    offset: query.offset,
  }
  const rows = await store.query<AuditRow>(
    `SELECT at, actor, action, object, detail FROM db.audit AS audit WHERE ${condition}
     ORDER BY audit.at DESC, action, object LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
    params,
  )
  const [count] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM db.audit AS audit WHERE ${condition}`,
    params,
  )
  return { rows, total: count.rows }
}
