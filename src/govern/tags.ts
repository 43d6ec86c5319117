/**
 * Tags of apps: sanctioned, unsanctioned and monitored (one of them at most), and tags of one's own. Every change is a row that stays:
 * the history is the table itself, an expiry needs nobody to act, and a change can be undone.
 */
import { randomUUID } from 'node:crypto'
import { OperatingError } from '../errors.ts'
import { oneByOne } from '../lib/one-by-one.ts'
import { governLimits } from '../limits.ts'
import { timestamp } from '../store/store.ts'
import type { Store } from '../store/store.ts'

export const verdicts = ['sanctioned', 'unsanctioned', 'monitored'] as const
export type Verdict = (typeof verdicts)[number]

export interface TagChange {
  appIds: readonly string[]
  tag: string
  /** false takes the tag away. */
  active: boolean
  actor: string
  reason: string
  /** Epoch ms; null = until it is changed. */
  expiresMs: number | null
}

export interface AppTag {
  appId: string
  tag: string
  actor: string
  reason: string
  expiresMs: number | null
  atMs: number
}

export interface TagEvent extends AppTag {
  active: boolean
  change: string
}

interface TagRow {
  app_id: string
  tag: string
  active: number
  change: string
  actor: string
  reason: string
  expires: number
  at_ms: number
}

const columns = `app_id, tag, active, change, actor, reason, expires, toUnixTimestamp64Milli(tags.at) AS at_ms`

function isVerdict(tag: string): tag is Verdict {
  return (verdicts as readonly string[]).includes(tag)
}

function eventOf(row: TagRow): TagEvent {
  return {
    appId: row.app_id,
    tag: row.tag,
    active: row.active === 1,
    change: row.change,
    actor: row.actor,
    reason: row.reason,
    expiresMs: row.expires === 0 ? null : row.expires,
    atMs: row.at_ms,
  }
}

export class Tags {
  readonly #store: Store
  readonly #now: () => number
  readonly #nextVersion: () => number
  /** Each change looks at what is in force before it writes. */
  readonly #inTurn = oneByOne()

  constructor(store: Store, now: () => number, nextVersion: () => number) {
    this.#store = store
    this.#now = now
    this.#nextVersion = nextVersion
  }

  /** Tags in force, by app and tag. */
  async current(): Promise<AppTag[]> {
    const rows = await this.#latest('')
    return rows.map(({ active: _active, change: _change, ...tag }) => tag)
  }

  /** Tags in force of each app. */
  async byApp(): Promise<Map<string, string[]>> {
    const tags = new Map<string, string[]>()
    for (const { appId, tag } of await this.current())
      tags.set(appId, [...(tags.get(appId) ?? []), tag])
    return tags
  }

  /** Apps with this tag in force. */
  async appsWith(tag: string): Promise<Set<string>> {
    return new Set(
      (await this.current()).filter((row) => row.tag === tag).map(({ appId }) => appId),
    )
  }

  /** All changes of one app or of all, the last first. */
  async history(appId: string | null, limit: number): Promise<TagEvent[]> {
    const rows = await this.#store.query<TagRow>(
      `SELECT ${columns} FROM db.tags AS tags WHERE {app:String} = '' OR app_id = {app:String}
       ORDER BY version DESC, tag LIMIT {limit:UInt32}`,
      { app: appId ?? '', limit },
    )
    return rows.map(eventOf)
  }

  /** Sets or takes away a tag of several apps; one verdict replaces another. Gives the change's id. Throws GOVERN_REFUSED. */
  async set(change: TagChange): Promise<string> {
    return this.#inTurn(async () => this.#set(change))
  }

  /** Puts back what was in force before a change, for the apps it touched. Throws GOVERN_REFUSED when there is no such change. */
  async undo(change: string, actor: string): Promise<string> {
    return this.#inTurn(async () => this.#undo(change, actor))
  }

  async #set({ appIds, tag, active, actor, reason, expiresMs }: TagChange): Promise<string> {
    if (expiresMs !== null && expiresMs <= this.#now())
      throw new OperatingError(
        'GOVERN_REFUSED',
        `cannot tag until ${new Date(expiresMs).toISOString()}: that is over; give a later time`,
      )
    const before = await this.#latest('')
    const own = new Set(before.map((row) => row.tag).filter((name) => !isVerdict(name)))
    if (active && !isVerdict(tag) && !own.has(tag) && own.size >= governLimits.ownTags)
      throw new OperatingError(
        'GOVERN_REFUSED',
        `cannot make tag ${tag}: there are ${governLimits.ownTags} of your own; take one away`,
      )
    const change = randomUUID()
    const rows = appIds.flatMap((appId) => {
      const one = { app_id: appId, tag, active: active ? 1 : 0, expires: expiresMs ?? 0 }
      const others =
        active && isVerdict(tag)
          ? before.filter((row) => row.appId === appId && row.tag !== tag && isVerdict(row.tag))
          : []
      return [...others.map((row) => ({ app_id: appId, tag: row.tag, active: 0, expires: 0 })), one]
    })
    await this.#write(rows, change, actor, reason)
    return change
  }

  async #undo(change: string, actor: string): Promise<string> {
    const touched = await this.#store.query<{ app_id: string; tag: string }>(
      'SELECT app_id, tag FROM db.tags WHERE change = {change:String}',
      { change },
    )
    if (touched.length === 0)
      throw new OperatingError(
        'GOVERN_REFUSED',
        `cannot undo change ${change}: there is none; see the history of tags`,
      )
    const before = new Map(
      (await this.#latest(change)).map((row) => [`${row.appId}\n${row.tag}`, row]),
    )
    const rows = touched.map(({ app_id, tag }) => {
      const old = before.get(`${app_id}\n${tag}`)
      return { app_id, tag, active: old === undefined ? 0 : 1, expires: old?.expiresMs ?? 0 }
    })
    const id = randomUUID()
    await this.#write(rows, id, actor, `undoes ${change}`)
    return id
  }

  async #write(
    rows: readonly { app_id: string; tag: string; active: number; expires: number }[],
    change: string,
    actor: string,
    reason: string,
  ): Promise<void> {
    const at = timestamp(this.#now())
    await this.#store.insert(
      'tags',
      rows.map((row) => ({ ...row, change, actor, reason, version: this.#nextVersion(), at })),
    )
  }

  /** In force now; with `before`, as it was when that change was made. */
  async #latest(before: string): Promise<TagEvent[]> {
    const rows = await this.#store.query<TagRow>(
      `SELECT ${columns} FROM db.tags AS tags
       WHERE {before:String} = '' OR version < (SELECT min(version) FROM db.tags WHERE change = {before:String})
       ORDER BY version DESC LIMIT 1 BY app_id, tag`,
      { before },
    )
    const nowMs = this.#now()
    return rows
      .map(eventOf)
      .filter(({ active, expiresMs }) => active && (expiresMs === null || expiresMs > nowMs))
      .sort((a, b) => (a.appId < b.appId ? -1 : a.appId > b.appId ? 1 : a.tag < b.tag ? -1 : 1))
  }
}
