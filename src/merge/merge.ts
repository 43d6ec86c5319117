/**
 * An hour of flows → the same hour of usage, replaced as a whole. Recomputing gives the same rows under a newer generation; readers
 * see the old generation until `usage_hours` names the new one, so they never see half an hour's work.
 */
import { isIP } from 'node:net'
import type { Catalog } from '../catalog/match.ts'
import { mergeLimits } from '../limits.ts'
import type { Row, Store } from '../store/store.ts'
import { pairsQuery, unnamedQuery, usageInsert } from './usage-sql.ts'

const hourSeconds = 3600

export interface HourRef {
  report: string
  /** Start of the hour, epoch seconds. */
  hour: number
}

export interface MergeStatus {
  hours: number
  rows: number
  /** Destinations named by the catalog. */
  classified: number
  lastMs: number | null
}

/** Turns flows into usage. One at a time; the caller sees to that. */
export class Merge {
  readonly #store: Store
  readonly #now: () => number
  #catalog: Catalog
  #lastGeneration = 0
  #cleaned = false
  #rubbish = new Map<string, HourRef & { generation: number }>()
  readonly #status: MergeStatus = { hours: 0, rows: 0, classified: 0, lastMs: null }

  constructor(store: Store, catalog: Catalog, now: () => number) {
    this.#store = store
    this.#catalog = catalog
    this.#now = now
  }

  get catalog(): Catalog {
    return this.#catalog
  }

  /** Another catalog: hours merged under the old one are dirty from now on. */
  useCatalog(catalog: Catalog): void {
    this.#catalog = catalog
  }

  status(): MergeStatus {
    return { ...this.#status }
  }

  /** Hours whose usage is older than their flows or named by another catalog, newest first; of one report, or of all. */
  async dirty(limit: number, report: string | null = null): Promise<HourRef[]> {
    return this.#store.query<{ report: string; hour: number }>(
      `SELECT report, toUnixTimestamp(hour) AS hour FROM (
         SELECT report, hour, max(mark) AS marked FROM db.dirty_hours
         WHERE {report:String} = '' OR report = {report:String} GROUP BY report, hour) AS d
       LEFT JOIN (
         SELECT report, hour, max(generation) AS done, argMax(catalog, generation) AS named
         FROM db.usage_hours GROUP BY report, hour) AS u USING (report, hour)
       WHERE done <= marked OR named != {catalog:String}
       ORDER BY done <= marked DESC, hour DESC LIMIT {limit:UInt32}`,
      { report: report ?? '', catalog: this.#catalog.version, limit },
    )
  }

  /** Recomputes the dirty hours, at most `limit` of them; returns how many. */
  async recomputeDirty(limit: number, report: string | null = null): Promise<number> {
    const hours = await this.dirty(limit, report)
    for (const hour of hours) await this.recompute(hour)
    return hours.length
  }

  /** One hour of one report anew. */
  async recompute(ref: HourRef): Promise<void> {
    const startedMs = this.#now()
    // flows that become visible from here on carry a mark that is not older
    const generation = Math.max(startedMs, this.#lastGeneration + 1)
    this.#lastGeneration = generation
    const params = { ...span(ref), catalog: this.#catalog.version, generation }
    const [pairs] = await this.#store.query<{ pairs: number }>(
      `SELECT count() AS pairs FROM (${pairsQuery})`,
      params,
    )
    const paired = pairs.pairs > 0
    await this.#classify(params, paired)
    await this.#store.command(usageInsert(paired), params)
    const [count] = await this.#store.query<{ rows: number }>(
      `SELECT count() AS rows FROM db.usage
       WHERE report = {report:String} AND hour = toDateTime({from:UInt32}, 'UTC') AND generation = {generation:UInt64}`,
      params,
    )
    const row = {
      report: ref.report,
      hour: ref.hour,
      generation,
      catalog: this.#catalog.version,
      rows: count.rows,
    }
    await this.#store.insert('usage_hours', [row])
    this.#rubbish.set(`${ref.report}|${ref.hour}`, { ...ref, generation })
    this.#status.hours++
    this.#status.rows += count.rows
    this.#status.lastMs = this.#now() - startedMs
  }

  /** Deletes the rows of replaced generations; they are invisible already. The first time also what an earlier process left. */
  async clean(): Promise<void> {
    if (!this.#cleaned)
      for (const hour of await this.#store.query<HourRef & { generation: number }>(
        `SELECT report, toUnixTimestamp(hour) AS hour, max(generation) AS generation FROM db.usage_hours GROUP BY report, hour
         HAVING (report, hour) IN (SELECT report, toUnixTimestamp(hour) FROM db.usage GROUP BY report, hour HAVING uniqExact(generation) > 1)`,
      ))
        this.#rubbish.set(`${hour.report}|${hour.hour}`, hour)
    this.#cleaned = true
    const rubbish = [...this.#rubbish.values()]
    this.#rubbish = new Map()
    for (const { report, hour, generation } of rubbish)
      await this.#store.command(
        `DELETE FROM db.usage
         WHERE report = {report:String} AND hour = toDateTime({from:UInt32}, 'UTC') AND generation < {generation:UInt64}`,
        { ...span({ report, hour }), generation },
      )
  }

  /** Asks the catalog about destinations of the hour that it has not been asked about in this version. */
  async #classify(params: Record<string, unknown>, paired: boolean): Promise<void> {
    let batch: Record<string, unknown>[] = []
    for await (const row of this.#store.stream<Destination>(unnamedQuery(paired), params)) {
      batch.push(this.#named(row))
      if (batch.length < mergeLimits.classifyRows) continue
      await this.#store.insert('hosts', batch)
      batch = []
    }
    await this.#store.insert('hosts', batch)
  }

  #named({ host, app_hint }: Destination): Record<string, unknown> {
    const address = isIP(host) > 0
    const found = this.#catalog.lookup({
      host: address || host === '' ? null : host,
      ip: address ? host : null,
      hint: app_hint === '' ? null : app_hint,
    })
    this.#status.classified++
    return {
      host,
      app_hint,
      catalog: this.#catalog.version,
      app: found.app ?? '',
      app_id: found.appId ?? '',
      category: found.category ?? '',
      score: found.score,
      rule: found.rule ?? '',
      infrastructure: found.infrastructure ? 1 : 0,
      domain: found.domain ?? host,
    }
  }
}

interface Destination extends Row {
  /** Host name, or address when there is none, or '' */
  host: string
  app_hint: string
}

function span(ref: HourRef): { report: string; from: number; to: number } {
  return { report: ref.report, from: ref.hour, to: ref.hour + hourSeconds }
}
