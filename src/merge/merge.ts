/**
 * Hours of flows and agent rows → the same hours of usage, replaced as a whole. Recomputing gives the same rows under a newer generation; readers
 * see the old generation until `usage_hours` names the new one, so they never see half an hour's work.
 */
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import type { Catalog } from '../catalog/match.ts'
import { causeOf } from '../errors.ts'
import { mergeLimits } from '../limits.ts'
import type { Row, Store } from '../store/store.ts'
import { Identities } from './identities.ts'
import { runPass } from './pass.ts'
import type { PassParams } from './pass.ts'
import { serviceTest } from './people.ts'
import type { IdentityLink } from './people.ts'
import { Scratch, scratchSql } from './scratch.ts'
import { Setbacks } from './setbacks.ts'
import type { Setback } from './setbacks.ts'
import { unnamedSql } from './usage-sql.ts'

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
  /** How long the last pass took. */
  lastMs: number | null
  /** Parts that the last pass was divided into. */
  slices: number
  /** Passes that failed; those that ran out of memory were tried again in smaller parts. */
  failures: number
  memoryFailures: number
  /** Hours that could not be merged and wait for their next try, newest first. */
  failing: Setback[]
}

export interface MergeOptions {
  /** Patterns (`svc-*`) of accounts that are no persons. */
  serviceAccounts?: readonly string[]
  /** Memory the store may use. */
  memoryBytes?: number
  /** Flows and agents' rows of a slice; by default what fits in the memory. */
  sliceRows?: number
  /** Threads of a statement at this time. */
  threads?: () => number
  /** Names the tables of a merge where several appliances share a database: lower-case letters and digits. */
  owner?: string
}

/** Turns flows and what agents tell into usage. */
export class Merge {
  readonly #store: Store
  readonly #now: () => number
  readonly #identities: Identities
  #catalog: Catalog
  readonly #threads: () => number
  readonly #owner: string
  readonly #ending = new AbortController()
  readonly #setbacks = new Setbacks()
  #sliceRows: number
  readonly #agentRows: number
  #lastGeneration = 0
  #running: Promise<void> = Promise.resolve()
  #swept = false
  #cleaned = false
  #rubbish = new Map<string, HourRef & { generation: number }>()
  readonly #status = {
    hours: 0,
    rows: 0,
    classified: 0,
    lastMs: null as number | null,
    slices: 0,
    failures: 0,
    memoryFailures: 0,
  }

  constructor(store: Store, catalog: Catalog, now: () => number, options: MergeOptions = {}) {
    const { serviceAccounts = [], memoryBytes = mergeLimits.memoryBytes, threads } = options
    const fitting = Math.floor(memoryBytes / mergeLimits.sliceRowBytes)
    this.#identities = new Identities(store, serviceTest(serviceAccounts))
    this.#threads = threads ?? availableParallelism
    this.#owner = options.owner ?? ''
    this.#sliceRows = options.sliceRows ?? Math.max(mergeLimits.sliceRowsMin, fitting)
    this.#agentRows = Math.floor(memoryBytes / mergeLimits.agentRowBytes)
    this.#store = store
    this.#catalog = catalog
    this.#now = now
  }

  /** Names of people from a directory; hours that hold them are due again when their next neighbour is merged. */
  async addDirectory(links: readonly IdentityLink[]): Promise<void> {
    await this.#identities.addDirectory(links)
  }

  get catalog(): Catalog {
    return this.#catalog
  }

  /** Another catalog: hours merged under the old one are dirty from now on. */
  useCatalog(catalog: Catalog): void {
    this.#catalog = catalog
  }

  status(): MergeStatus {
    return { ...this.#status, failing: this.#setbacks.list() }
  }

  /**
   * Hours whose usage is older than their flows and agent rows, or named by another catalog, newest first; of one report, or of all. An
   * hour looks at its neighbours: when only these changed it waits a while, or is due at once when all is to be settled. An hour that
   * could not be merged waits too.
   */
  async dirty(limit: number, report: string | null = null, settle = false): Promise<HourRef[]> {
    const nowMs = this.#now()
    const hours = await this.#store.query<{ report: string; hour: number }>(
      `SELECT report, at AS hour FROM (
         SELECT report, toUInt32(toUnixTimestamp(hour) + 3600 * ahead) AS at, maxIf(mark, ahead = 0) AS own, max(mark) AS near
         FROM db.dirty_hours ARRAY JOIN [-2, -1, 0, 1, 2] AS ahead
         WHERE {report:String} = '' OR report = {report:String} GROUP BY report, at HAVING own > 0) AS d
       LEFT JOIN (
         SELECT report, toUnixTimestamp(hour) AS at, max(generation) AS done, argMax(catalog, generation) AS named
         FROM db.usage_hours GROUP BY report, at) AS u USING (report, at)
       WHERE done <= own OR named != {catalog:String} OR done <= near AND done <= {before:UInt64}
       ORDER BY done <= own DESC, at DESC LIMIT {limit:UInt32}`,
      {
        report: report ?? '',
        catalog: this.#catalog.version,
        limit: limit + this.#setbacks.size,
        before: settle ? Number.MAX_SAFE_INTEGER : nowMs - mergeLimits.neighbourMs,
      },
    )
    const due = settle ? hours : hours.filter((hour) => !this.#setbacks.waits(hour, nowMs))
    return due.slice(0, limit)
  }

  /**
   * Recomputes the dirty hours, at most `limit` of them; returns how many. One that fails does not keep the others from it: then the first
   * error is thrown at the end.
   */
  async recomputeDirty(
    limit: number,
    report: string | null = null,
    settle = false,
  ): Promise<number> {
    // one at a time: the steps of a pass share their tables
    const before = this.#running
    const done = Promise.withResolvers<void>()
    this.#running = done.promise
    await before
    try {
      await this.#sweep()
      const hours = await this.dirty(limit, report, settle)
      const errors: unknown[] = []
      for (const run of runsOf(hours)) await this.#recomputeRun(run, errors)
      if (errors.length > 0) throw errors[0]
      return hours.length
    } finally {
      done.resolve()
    }
  }

  async #sweep(): Promise<void> {
    if (!this.#swept) await Scratch.sweep(this.#store, this.#owner)
    this.#swept = true
  }

  /** Ends what runs before its next statement; nothing of it becomes visible. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the merge is being stopped'))
    await this.#running
  }

  /** Hours of one report that follow each other, anew; in passes whose agents' rows fit in memory (flows go in slices). */
  async #recomputeRun(run: HourRun, errors: unknown[]): Promise<void> {
    const { report, from, to } = run
    const sizes = await this.#store.query<{ hour: number; flows: number; agents: number }>(
      `SELECT hour, sumIf(n, kind = 1) AS flows, sumIf(n, kind = 2) AS agents FROM (
         SELECT toUnixTimestamp(toStartOfHour(minute)) AS hour, count() AS n, 1 AS kind FROM db.flows
         WHERE report = {report:String} AND minute >= toDateTime({from:UInt32}, 'UTC') AND minute < toDateTime({to:UInt32}, 'UTC') GROUP BY hour
         UNION ALL
         SELECT toUnixTimestamp(toStartOfHour(toDateTime(at))) AS hour, count() AS n, 2 AS kind FROM db.device_connections
         WHERE report = {report:String} AND at >= toDateTime64({from:UInt32}, 3, 'UTC') AND at < toDateTime64({to:UInt32}, 3, 'UTC') GROUP BY hour)
       GROUP BY hour`,
      { report, from, to },
    )
    const rows = new Map(sizes.map((size) => [size.hour, size]))
    let start = from
    let held = { flows: 0, agents: 0 }
    for (let hour = from; hour < to; hour += hourSeconds) {
      const own = rows.get(hour) ?? { flows: 0, agents: 0 }
      const full =
        held.flows + own.flows > mergeLimits.flowsPerPass ||
        held.agents + own.agents > this.#agentRows
      if (hour > start && full) {
        await this.#attempt({ report, from: start, to: hour }, errors)
        start = hour
        held = { flows: 0, agents: 0 }
      }
      held = { flows: held.flows + own.flows, agents: held.agents + own.agents }
    }
    await this.#attempt({ report, from: start, to }, errors)
  }

  /** A pass; one that runs out of memory again in halves. What fails all the same waits. */
  async #attempt(run: HourRun, errors: unknown[]): Promise<void> {
    const { report, from, to } = run
    try {
      await this.#sweep()
      await this.#pass(run)
    } catch (error) {
      if (this.#ending.signal.aborted) throw error
      this.#status.failures++
      // what could not be dropped stands in the way of the next pass
      this.#swept = false
      if (outOfMemory(error) && this.#sliceRows > mergeLimits.sliceRowsMin) {
        this.#status.memoryFailures++
        this.#sliceRows = Math.max(mergeLimits.sliceRowsMin, Math.floor(this.#sliceRows / 2))
        const middle = from + Math.ceil((to - from) / hourSeconds / 2) * hourSeconds
        await this.#attempt({ report, from, to: middle }, errors)
        if (middle < to) await this.#attempt({ report, from: middle, to }, errors)
        return
      }
      errors.push(error)
      for (let hour = from; hour < to; hour += hourSeconds)
        this.#setbacks.failed({ report, hour }, causeOf(error), this.#now())
    }
  }

  async #pass({ report, from, to }: HourRun): Promise<void> {
    const startedMs = this.#now()
    // what becomes visible from here on carries a mark that is not older
    const generation = Math.max(startedMs, this.#lastGeneration + 1)
    this.#lastGeneration = generation
    const catalog = this.#catalog.version
    const params: PassParams = { report, from, to, catalog, generation }
    let renamed: string[] = []
    const steps = {
      learn: async () => {
        renamed = await this.#identities.learn(report, params, generation)
      },
      classify: () => this.#classify(params),
    }
    this.#status.slices = await runPass(this.#store, params, steps, {
      sliceRows: this.#sliceRows,
      threads: this.#threads,
      signal: this.#ending.signal,
      owner: this.#owner,
    })
    const counts = await this.#store.query<{ hour: number; rows: number }>(
      `SELECT toUnixTimestamp(hour) AS hour, count() AS rows FROM db.usage
       WHERE report = {report:String} AND generation = {generation:UInt64}
         AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC') GROUP BY hour`,
      params,
    )
    const rows = new Map(counts.map((count) => [count.hour, count.rows]))
    const done: { report: string; hour: number; generation: number; rows: number }[] = []
    for (let hour = from; hour < to; hour += hourSeconds)
      done.push({ report, hour, generation, rows: rows.get(hour) ?? 0 })
    await this.#store.insert(
      'usage_hours',
      done.map((hour) => ({ ...hour, catalog })),
    )
    await this.#markRenamed(params, renamed)
    for (const hour of done) {
      this.#rubbish.set(`${report}|${hour.hour}`, hour)
      this.#setbacks.done(hour)
      this.#status.hours++
      this.#status.rows += hour.rows
    }
    this.#status.lastMs = this.#now() - startedMs
  }

  /** Older hours hold names that are now known to be somebody's: they are due again. */
  async #markRenamed(params: PassParams, forms: readonly string[]): Promise<void> {
    if (forms.length === 0) return
    await this.#store.command(
      `INSERT INTO db.dirty_hours (report, hour, mark)
       SELECT report, hour, {generation:UInt64} FROM db.current_usage AS usage
       WHERE report = {report:String} AND (lower(user_form) IN {forms:Array(String)} OR lower(user) IN {forms:Array(String)})
         AND generation < {generation:UInt64} GROUP BY report, hour`,
      { ...params, forms },
    )
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

  /** Asks the catalog about destinations of the pass that it has not been asked about in this version. */
  async #classify(params: PassParams): Promise<void> {
    let batch: Record<string, unknown>[] = []
    for await (const row of this.#store.stream<Destination>(
      scratchSql(unnamedSql, this.#owner),
      params,
    )) {
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

/** Whether the store refused a statement for its memory. */
function outOfMemory(error: unknown): boolean {
  return /memory limit exceeded|MEMORY_LIMIT_EXCEEDED|cannot allocate memory/i.test(causeOf(error))
}

interface Destination extends Row {
  /** Host name, or address when there is none, or '' */
  host: string
  app_hint: string
}

interface HourRun {
  report: string
  /** Epoch seconds, [from, to). */
  from: number
  to: number
}

/** Hours that follow each other in one report, at most `hoursPerPass` of them; the newest first. */
function runsOf(hours: readonly HourRef[]): HourRun[] {
  const runs: HourRun[] = []
  const sorted = hours.toSorted(
    (a, b) => (a.report < b.report ? -1 : a.report > b.report ? 1 : 0) || b.hour - a.hour,
  )
  for (const { report, hour } of sorted) {
    const last = runs.at(-1)
    const full = last !== undefined && last.to - last.from >= mergeLimits.hoursPerPass * hourSeconds
    if (last !== undefined && !full && last.report === report && last.from === hour + hourSeconds)
      last.from = hour
    else runs.push({ report, from: hour, to: hour + hourSeconds })
  }
  return runs
}

function span(ref: HourRef): { report: string; from: number; to: number } {
  return { report: ref.report, from: ref.hour, to: ref.hour + hourSeconds }
}
