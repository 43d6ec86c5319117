/**
 * How fresh each hour of a report is: when its newest rows came in, when it was merged, and whether the devices' agents told of it. A feed
 * that was silent leaves a gap between two of its rows, or behind its last one; late rows close it, and the hour is complete again.
 */
import { freshnessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { scopeParams } from './scope.ts'
import type { UsageScope } from './scope.ts'

export interface HourFreshness {
  /** Its start. */
  hour: string
  /** waiting: it runs still, was not merged since its last rows came, or a feed is not that far yet. */
  state: 'complete' | 'waiting' | 'incomplete'
  /** When its newest rows came in, and when it was merged; null = nothing of it came. */
  changed: string | null
  merged: string | null
  /** Sources of agents that tell nothing of it. */
  missing: string[]
}

export interface AgentFreshness {
  source: string
  /** Its newest row, and when rows came in last. */
  newest: string
  arrived: string
  /** Times of which it tells nothing, longer than it may be silent. */
  gaps: { from: string; to: string }[]
}

export interface Freshness {
  complete: number
  waiting: number
  incomplete: number
  hours: HourFreshness[]
  /** Sources of agents with rows in these hours. */
  agents: AgentFreshness[]
}

/** A source that feeds bring by themselves: rows of it are expected until now. */
export interface ExpectedAgent {
  source: string
  silentMs: number
}

const hourMs = 3_600_000

/** Rows of one source in one hour, epoch ms. */
export interface SeenHour {
  source: string
  first: number
  last: number
  arrived: number
}

interface Gap {
  source: string
  fromMs: number
  toMs: number
}

export async function freshnessOf(
  store: Store,
  scope: UsageScope,
  { nowMs, expected = [] }: { nowMs: number; expected?: readonly ExpectedAgent[] },
): Promise<Freshness> {
  const changes = await store.query<{ at: number; changed: number }>(
    `SELECT toUnixTimestamp(hour) * 1000 AS at, max(mark) AS changed FROM db.dirty_hours WHERE ${hoursOf} GROUP BY at ORDER BY at`,
    scopeParams(scope),
  )
  const merges = await store.query<{ at: number; merged: number }>(
    `SELECT toUnixTimestamp(hour) * 1000 AS at, max(generation) AS merged FROM db.usage_hours WHERE ${hoursOf} GROUP BY at`,
    scopeParams(scope),
  )
  const span = spanOf(scope, changes, nowMs)
  if (span === null) return { complete: 0, waiting: 0, incomplete: 0, hours: [], agents: [] }
  const seen = await seenHours(store, { ...scope, ...span })
  const began = await feedsBegan(store, scope.report === 'continuous' ? expected : [])
  const bounds = agentBounds(scope, { span, seen, expected, began, nowMs })
  const gaps = bounds.flatMap((bound) => gapsOf(bound, seen))
  const hours = hoursIn(span, {
    changed: new Map(changes.map(({ at, changed }) => [at, changed])),
    merged: new Map(merges.map(({ at, merged }) => [at, merged])),
    gaps,
    watermarks: bounds.flatMap(({ source, open }) => (open ? [lastOf(seen, source)] : [])),
    nowMs,
  })
  const count = (state: HourFreshness['state']): number =>
    hours.filter((hour) => hour.state === state).length
  return {
    complete: count('complete'),
    waiting: count('waiting'),
    incomplete: count('incomplete'),
    hours,
    agents: agentsOf(seen, gaps),
  }
}

const hoursOf = `report = {report:String} AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')`

/** From the first hour with data to the last one; of the continuous report to the running one. The newest, when they are too many. */
function spanOf(
  { report, toMs }: UsageScope,
  changes: readonly { at: number }[],
  nowMs: number,
): { fromMs: number; toMs: number } | null {
  const [first, last] = [changes.at(0), changes.at(-1)]
  if (first === undefined || last === undefined) return null
  const running = Math.min(nowMs, toMs ?? nowMs)
  const end = report === 'continuous' ? Math.max(running, last.at + 1) : last.at + 1
  const until = Math.ceil(end / hourMs) * hourMs
  return { fromMs: Math.max(first.at, until - freshnessLimits.hours * hourMs), toMs: until }
}

async function seenHours(store: Store, scope: UsageScope): Promise<SeenHour[]> {
  return store.query<{ source: string; first: number; last: number; arrived: number }>(
    `SELECT toString(source) AS source, toUnixTimestamp64Milli(min(d.first)) AS first, toUnixTimestamp64Milli(max(d.last)) AS last,
       toUnixTimestamp(max(d.arrived)) * 1000 AS arrived
     FROM db.device_hours AS d WHERE ${hoursOf}
     GROUP BY source, hour ORDER BY source, hour`,
    scopeParams({ ...scope, source: null }),
  )
}

/** When feeds brought something of each source for the first time. */
async function feedsBegan(
  store: Store,
  expected: readonly ExpectedAgent[],
): Promise<Map<string, number>> {
  const rows = await store.query<{ source: string; began: number }>(
    `SELECT toString(source) AS source, toUnixTimestamp(min(hour)) * 1000 AS began FROM db.ledger
     WHERE report = 'continuous' AND startsWith(stream, 'defender:') AND source IN {sources:Array(String)} GROUP BY source`,
    { sources: expected.map(({ source }) => source) },
  )
  return new Map(rows.map(({ source, began }) => [source, began]))
}

/** Between which times a source of agents is held to account. */
export interface AgentBound {
  source: string
  fromMs: number
  toMs: number
  silentMs: number
  /** It goes on: what is behind its newest row may still come. */
  open: boolean
}

/**
 * A snapshot's agents are expected in all its hours. In the continuous report a source is expected from its beginning, until now when a
 * feed brings it, and until its last row when files do.
 */
function agentBounds(
  { report }: UsageScope,
  of: {
    span: { fromMs: number; toMs: number }
    seen: readonly SeenHour[]
    expected: readonly ExpectedAgent[]
    began: ReadonlyMap<string, number>
    nowMs: number
  },
): AgentBound[] {
  const { span, seen, expected, began, nowMs } = of
  const sources = new Set([...seen.map(({ source }) => source), ...began.keys()])
  return Array.from(sources, (source): AgentBound => {
    const silent = expected.filter((one) => one.source === source).map(({ silentMs }) => silentMs)
    const silentMs = silent.length === 0 ? freshnessLimits.silentMs : Math.min(...silent)
    if (report !== 'continuous') return { source, ...span, silentMs, open: false }
    const first = seen.find((hour) => hour.source === source)?.first ?? Infinity
    const fromMs = Math.max(span.fromMs, Math.min(first, began.get(source) ?? Infinity))
    if (silent.length === 0)
      return { source, fromMs, toMs: lastOf(seen, source), silentMs, open: false }
    return { source, fromMs, toMs: Math.min(nowMs, span.toMs), silentMs, open: true }
  })
}

function lastOf(seen: readonly SeenHour[], source: string): number {
  return seen.reduce((last, hour) => (hour.source === source ? Math.max(last, hour.last) : last), 0)
}

/** Times without a row of the source, each longer than it may be silent. `seen` is in order of time. */
export function gapsOf(bound: AgentBound, seen: readonly SeenHour[]): Gap[] {
  const { source, toMs, silentMs } = bound
  const gaps: Gap[] = []
  let lastMs = bound.fromMs
  for (const hour of seen) {
    if (hour.source !== source) continue
    if (hour.first - lastMs > silentMs) gaps.push({ source, fromMs: lastMs, toMs: hour.first })
    lastMs = Math.max(lastMs, hour.last)
  }
  if (toMs - lastMs > silentMs) gaps.push({ source, fromMs: lastMs, toMs })
  return gaps
}

function hoursIn(
  span: { fromMs: number; toMs: number },
  of: {
    changed: ReadonlyMap<number, number>
    merged: ReadonlyMap<number, number>
    gaps: readonly Gap[]
    /** Times up to which open sources have told. */
    watermarks: readonly number[]
    nowMs: number
  },
): HourFreshness[] {
  const { changed, merged, gaps, watermarks, nowMs } = of
  const hours: HourFreshness[] = []
  for (let at = span.fromMs; at < span.toMs; at += hourMs) {
    const end = at + hourMs
    const missing = new Set<string>()
    for (const { source, fromMs, toMs } of gaps)
      if (Math.min(end, toMs) - Math.max(at, fromMs) >= freshnessLimits.gapInHourMs)
        missing.add(source)
    const [change, done] = [changed.get(at) ?? null, merged.get(at) ?? null]
    const waits =
      end > nowMs ||
      (change !== null && (done === null || done <= change)) ||
      watermarks.some((told) => told < end)
    hours.push({
      hour: timeOf(at),
      state: missing.size > 0 ? 'incomplete' : waits ? 'waiting' : 'complete',
      changed: change === null ? null : timeOf(change),
      merged: done === null ? null : timeOf(done),
      missing: [...missing].sort(),
    })
  }
  return hours
}

function agentsOf(seen: readonly SeenHour[], gaps: readonly Gap[]): AgentFreshness[] {
  const sources = new Set(seen.map(({ source }) => source))
  return Array.from(sources, (source) => ({
    source,
    newest: timeOf(lastOf(seen, source)),
    arrived: timeOf(
      Math.max(...seen.filter((one) => one.source === source).map((one) => one.arrived)),
    ),
    gaps: gaps
      .filter((gap) => gap.source === source)
      .map(({ fromMs, toMs }) => ({ from: timeOf(fromMs), to: timeOf(toMs) })),
  }))
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
