/** Alerts: one for each event, with evidence; muted ones are kept and tell nobody. */
import { createHash } from 'node:crypto'
import { oneByOne } from '../lib/one-by-one.ts'
import { timestamp } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import type { Governed } from './governed.ts'
import type { Severity } from './policy.ts'

export const alertKinds = ['policy', 'baseline', 'system'] as const
export type AlertKind = (typeof alertKinds)[number]
export const alertStatuses = ['open', 'muted', 'dismissed', 'resolved'] as const
export type AlertStatus = (typeof alertStatuses)[number]

/** Who did most of what the alert is about. */
export interface EvidenceRow {
  hour: string
  source: string
  user: string | null
  device: string | null
  address: string | null
  host: string
  transactions: number
  bytesUp: number | null
  bytesDown: number | null
}

/** pending: to be sent, or tried again (then `error` says why); failed: given up. Written with the alert, so that a restart loses none. */
export interface Notice {
  way: string
  status: 'pending' | 'sent' | 'failed'
  at: string
  error: string | null
}

export interface Alert {
  id: string
  kind: AlertKind
  severity: Severity
  status: AlertStatus
  /** What it is, in a sentence. */
  title: string
  /** Why, with numbers. */
  detail: string
  policy: string | null
  appId: string | null
  app: string | null
  user: string | null
  /** What was measured, by name. */
  measures: Record<string, number | string | null>
  evidence: EvidenceRow[]
  /** From and to of what it is about. */
  from: string
  to: string
  raised: string
  /** The last time the same was seen. */
  seen: string
  notices: Notice[]
  comment: string
}

/** An alert that may be raised. `key` = the event: the same key is the same alert. */
export type Event = Omit<Alert, 'id' | 'status' | 'raised' | 'seen' | 'notices' | 'comment'> & {
  key: string
}

export interface Muting {
  /** All that are given must fit. */
  policy: string | null
  appId: string | null
  user: string | null
  kind: AlertKind | null
  untilMs: number
  reason: string
  actor: string
}

export interface AlertQuery {
  status: AlertStatus | null
  kind: AlertKind | null
  appId: string | null
  /** Only with evidence of these sources, or about one of them; null = all. */
  sources?: readonly string[] | null
  limit: number
  offset: number
}

/** The same event has the same id. */
function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 24)
}

export class Alerts {
  readonly #store: Store
  readonly #now: () => number
  readonly #nextVersion: () => number
  readonly #mutings: Governed<Muting>
  /** An alert is read and written anew as a whole: a person's word and fresh figures must not undo each other. */
  readonly #inTurn = oneByOne()
  readonly #waysOf: (event: Omit<Event, 'key'>) => Promise<readonly string[]>

  /** `waysOf`: how people are told of an alert. */
  constructor(
    store: Store,
    now: () => number,
    nextVersion: () => number,
    mutings: Governed<Muting>,
    waysOf: (event: Omit<Event, 'key'>) => Promise<readonly string[]>,
  ) {
    this.#waysOf = waysOf
    this.#store = store
    this.#now = now
    this.#nextVersion = nextVersion
    this.#mutings = mutings
  }

  /** The new alert, or null when the same event was told already: then its figures and evidence are brought up to date. */
  async raise(event: Event): Promise<Alert | null> {
    return this.#inTurn(async () => this.#raise(event))
  }

  async #raise({ key, ...event }: Event): Promise<Alert | null> {
    const id = idOf(key)
    const known = await this.get(id)
    const nowMs = this.#now()
    const at = new Date(nowMs).toISOString()
    // a fault of the system that comes back is news
    if (known !== null && !(known.kind === 'system' && known.status === 'resolved')) {
      const { measures, evidence, to, detail } = event
      await this.#write({ ...known, measures, evidence, to, detail, seen: at })
      return null
    }
    const muted = await this.#muted(event, nowMs)
    const status = muted ? 'muted' : 'open'
    const notices = (muted ? [] : await this.#waysOf(event)).map((way): Notice => {
      return { way, status: 'pending', at, error: null }
    })
    const alert: Alert = { ...event, id, status, raised: at, seen: at, notices, comment: '' }
    await this.#write(alert)
    return muted ? null : alert
  }

  /** Whether this event was told. */
  async has(key: string): Promise<boolean> {
    return (await this.get(idOf(key))) !== null
  }

  async get(id: string): Promise<Alert | null> {
    const [row] = await this.#store.query<{ state: string }>(
      'SELECT argMax(state, version) AS state FROM db.alerts WHERE id = {id:String} GROUP BY id',
      { id },
    )
    return row === undefined ? null : (JSON.parse(row.state) as Alert)
  }

  /** The last first. */
  async list(query: AlertQuery): Promise<{ rows: Alert[]; total: number }> {
    const latest = `SELECT id, argMax(state, version) AS state, argMax(status, version) AS status, any(kind) AS kind, any(app_id) AS app_id,
      max(alerts.raised) AS raised FROM db.alerts AS alerts GROUP BY id`
    const condition = `({status:String} = '' OR status = {status:String}) AND ({kind:String} = '' OR kind = {kind:String})
      AND ({app:String} = '' OR app_id = {app:String})
      AND ({bounded:UInt8} = 0 OR JSONExtractString(state, 'measures', 'source') IN {sources:Array(String)}
        OR id IN (SELECT alert FROM db.evidence WHERE source IN {sources:Array(String)}))`
    const { limit, offset, sources = null } = query
    const params = {
      status: query.status ?? '',
      kind: query.kind ?? '',
      app: query.appId ?? '',
      bounded: sources === null ? 0 : 1,
      sources: sources ?? [],
      limit,
      offset,
    }
    const rows = await this.#store.query<{ state: string }>(
      `SELECT state FROM (${latest}) WHERE ${condition} ORDER BY raised DESC, id LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
      params,
    )
    const [count] = await this.#store.query<{ rows: number }>(
      `SELECT count() AS rows FROM (${latest}) WHERE ${condition}`,
      params,
    )
    return { rows: rows.map(({ state }) => JSON.parse(state) as Alert), total: count.rows }
  }

  /** Alerts raised since a time with notices that are to be sent, the oldest first. */
  async untold(sinceMs: number, limit: number): Promise<Alert[]> {
    const rows = await this.#store.query<{ latest: string }>(
      `SELECT argMax(state, version) AS latest FROM db.alerts AS alerts WHERE alerts.raised >= fromUnixTimestamp64Milli({since:Int64})
       GROUP BY id HAVING position(latest, '"status":"pending"') > 0 ORDER BY max(alerts.raised), id LIMIT {limit:UInt32}`,
      { since: Math.max(0, Math.floor(sinceMs)), limit },
    )
    return rows.map(({ latest }) => JSON.parse(latest) as Alert)
  }

  /** Changes what a person, or a delivered notice, may change. null = there is no such alert. */
  async change(
    id: string,
    change: Partial<Pick<Alert, 'status' | 'comment' | 'notices'>>,
  ): Promise<Alert | null> {
    return this.#inTurn(async () => {
      const alert = await this.get(id)
      if (alert === null) return null
      const changed = { ...alert, ...change }
      await this.#write(changed)
      return changed
    })
  }

  /** Alerts of a policy for an app since a time, and of the policy today: what repetition and the daily bound look at. */
  async countOf(policy: string, sinceMs: number, appId: string | null = null): Promise<number> {
    const [row] = await this.#store.query<{ rows: number }>(
      `SELECT uniqExact(id) AS rows FROM db.alerts AS alerts WHERE policy = {policy:String}
       AND ({app:String} = '' OR app_id = {app:String}) AND alerts.raised >= fromUnixTimestamp64Milli({since:Int64})`,
      { policy, app: appId ?? '', since: Math.max(0, Math.floor(sinceMs)) },
    )
    return row.rows
  }

  /** System alerts that are open, by key's id: those not seen this turn are over. */
  async resolveSystemBut(keys: ReadonlySet<string>): Promise<number> {
    const open = await this.list({
      status: 'open',
      kind: 'system',
      appId: null,
      limit: 1000,
      offset: 0,
    })
    const live = new Set([...keys].map(idOf))
    const over = open.rows.filter(({ id }) => !live.has(id))
    for (const { id } of over) await this.change(id, { status: 'resolved' })
    return over.length
  }

  async #muted(event: Omit<Event, 'key'>, nowMs: number): Promise<boolean> {
    const mutings = await this.#mutings.all()
    return [...mutings.values()].some(
      (one) =>
        one.untilMs > nowMs &&
        (one.policy ?? event.policy) === event.policy &&
        (one.appId ?? event.appId) === event.appId &&
        (one.user ?? event.user) === event.user &&
        (one.kind ?? event.kind) === event.kind,
    )
  }

  async #write(alert: Alert): Promise<void> {
    await this.#store.insert('alerts', [
      {
        id: alert.id,
        version: this.#nextVersion(),
        raised: timestamp(Date.parse(alert.raised)),
        kind: alert.kind,
        severity: alert.severity,
        status: alert.status,
        policy: alert.policy ?? '',
        app_id: alert.appId ?? '',
        state: JSON.stringify(alert),
      },
    ])
  }
}
