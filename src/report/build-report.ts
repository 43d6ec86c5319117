/** Builds a report from merged usage and the ledger: every number of it is a sum over rows of the store. */
import { reportLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { helpWith } from './format-help.ts'
import type { HelpOf } from './format-help.ts'
import { blindSpots } from './data-quality.ts'
import { freshnessOf } from './freshness.ts'
import type { ExpectedAgent } from './freshness.ts'
import { ledgerSums, streamStates } from './ledger-queries.ts'
import type { LedgerSum } from './ledger-queries.ts'
import { mergedShares, overlapOf } from './overlap.ts'
import type { Report, ReportSource } from './report.ts'
import { noticesOf } from './stream-words.ts'
import { bandOf, riskBands } from './risk.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'
import type { UsageColumn } from './usage-details.ts'
import { appRows, infrastructureRows, personRows, unknownRows } from './usage-lists.ts'

export interface ReportRequest extends UsageScope {
  /** Sources of agents that feeds bring by themselves. */
  expected?: readonly ExpectedAgent[]
  /** The viewer may see only some sources: how the views overlap is not for him. */
  bounded?: boolean
  /** What devices of a format must be told. */
  helpOf?: HelpOf
  title: string
  catalogVersion: string
  gnomonVersion: string
  nowMs: number
}

const all = { descending: true, filter: null, limit: reportLimits.rows, offset: 0 } as const

/** The whole report of a scope; empty tables when there is no data. */
export async function buildReport(store: Store, request: ReportRequest): Promise<Report> {
  const { totals, from, to } = await totalsOf(store, request)
  const unit = timelineUnit(from, to)
  const apps = await appRows(store, request, { ...all, sort: 'bytesTotal' })
  const freshness = await freshnessOf(store, request, request)
  const overlap =
    freshness.agents.length === 0 || request.bounded === true
      ? null
      : await overlapOf(store, request)
  const sources = await sourcesOf(store, request, freshness.agents.length > 0)
  return {
    title: request.title,
    report: request.report,
    source: request.source,
    generatedAt: new Date(request.nowMs).toISOString(),
    from,
    to,
    totals,
    timeline: await timelineOf(store, request, unit),
    timelineUnit: unit,
    categories: await categoriesOf(store, request),
    risk: await riskOf(store, request),
    apps,
    unknown: await unknownRows(store, request, { ...all, sort: 'transactions' }),
    infrastructure: await infrastructureRows(store, request, reportLimits.rows),
    users: await personRows(store, 'users', request, { ...all, sort: 'bytesTotal' }),
    addresses: await personRows(store, 'addresses', request, { ...all, sort: 'bytesTotal' }),
    devices: await personRows(store, 'devices', request, { ...all, sort: 'bytesTotal' }),
    sources: sources.rows,
    unparsed: sources.unparsed,
    overlap,
    freshness,
    catalogVersion: request.catalogVersion,
    gnomonVersion: request.gnomonVersion,
  }
}

/** Apps and traffic by risk band; unknown services are in none. */
export async function riskOf(store: Store, scope: UsageScope): Promise<Report['risk']> {
  const rows = await store.query<VolumeRow & { score: number | null; apps: number }>(
    `SELECT score, uniqExact(app_id) AS apps, ${volumeColumns} FROM db.current_usage AS usage
     WHERE ${inScope} AND infrastructure = 0 AND app_id != '' GROUP BY score`,
    scopeParams(scope),
  )
  return riskBands.map((band) => {
    const own = rows.filter((row) => bandOf(row.score) === band)
    const known = own.filter((row) => row.bytes_total_known > 0)
    return {
      band,
      apps: own.reduce((sum, row) => sum + row.apps, 0),
      bytesTotal: known.length === 0 ? null : known.reduce((sum, row) => sum + row.bytes_total, 0),
      transactions: own.reduce((sum, row) => sum + row.transactions, 0),
    }
  })
}

interface TotalsRow extends VolumeRow {
  apps: number
  unknown_domains: number
  users: number
  addresses: number
  devices: number
  blocked: number
  from_hour: string
  to_hour: string
}

/** Numbers of the first page; `from` and `to` are the first and last hour with data. */
export async function totalsOf(
  store: Store,
  scope: UsageScope,
): Promise<{ totals: Report['totals']; from: string | null; to: string | null }> {
  const [row] = await store.query<TotalsRow>(
    `SELECT uniqExactIf(app_id, app_id != '' AND infrastructure = 0) AS apps,
       uniqExactIf(domain, app_id = '' AND infrastructure = 0) AS unknown_domains, uniqExactIf(user, user != '' AND infrastructure = 0) AS users,
       uniqExactIf(src_ip, src_ip != '' AND infrastructure = 0) AS addresses, uniqExactIf(device, device != '' AND infrastructure = 0) AS devices,
       sumIf(transactions, action = 'blocked') AS blocked, min(hour) AS from_hour, max(hour) AS to_hour, ${volumeColumns}
     FROM db.current_usage AS usage WHERE ${inScope}`,
    scopeParams(scope),
  )
  const { apps, users, addresses, devices, blocked, unknown_domains: unknownDomains } = row
  const empty = row.transactions === 0
  return {
    totals: { apps, unknownDomains, users, addresses, devices, blocked, ...volumeOf(row) },
    from: empty ? null : row.from_hour,
    to: empty ? null : row.to_hour,
  }
}

/** Hours up to five days, days beyond. */
export function timelineUnit(from: string | null, to: string | null): 'hour' | 'day' {
  if (from === null || to === null) return 'hour'
  return Date.parse(to) - Date.parse(from) < reportLimits.hourlyMs ? 'hour' : 'day'
}

/** Of the whole scope, or of one app, user, address or device in it. */
export async function timelineOf(
  store: Store,
  scope: UsageScope,
  unit: 'hour' | 'day',
  only: { column: UsageColumn; value: string } | null = null,
): Promise<Report['timeline']> {
  const at = unit === 'hour' ? 'hour' : "toStartOfDay(hour, 'UTC')"
  const rows = await store.query<VolumeRow & { at: string; category: string }>(
    `SELECT ${at} AS at, ${category} AS category, ${volumeColumns} FROM db.current_usage AS usage
     WHERE ${inScope} AND infrastructure = 0 ${only === null ? '' : `AND ${only.column} = {only:String}`}
     GROUP BY at, category ORDER BY at, category`,
    { ...scopeParams(scope), only: only?.value ?? '' },
  )
  return rows.map((row) => {
    const { transactions, bytesTotal } = volumeOf(row)
    return { at: row.at, category: row.category, transactions, bytesTotal }
  })
}

/** Unknown services have no category of the catalog. */
const category = "if(usage.category = '', 'Unknown services', toString(usage.category))"

async function categoriesOf(store: Store, scope: UsageScope): Promise<Report['categories']> {
  const rows = await store.query<VolumeRow & { category: string; apps: number }>(
    `SELECT ${category} AS category, uniqExactIf(app_id, app_id != '') AS apps, ${volumeColumns} FROM db.current_usage AS usage
     WHERE ${inScope} AND infrastructure = 0 GROUP BY category ORDER BY sum(bytes_total) DESC, sum(transactions) DESC, category`,
    scopeParams(scope),
  )
  return rows.map((row) => ({ category: row.category, apps: row.apps, ...volumeOf(row) }))
}

/** Each source's ledger in the scope, its traffic, what its logs tell, and what agents add to it. */
async function sourcesOf(
  store: Store,
  request: ReportRequest,
  withAgents: boolean,
): Promise<{ rows: ReportSource[]; unparsed: Report['unparsed'] }> {
  // a snapshot is received at one time, whatever its logs' own: its ledger is not cut by the time range
  const ledger = await ledgerSums(
    store,
    request.report === 'continuous' ? request : { ...request, fromMs: null, toMs: null },
  )
  const volumes = await store.query<VolumeRow & { source: string }>(
    `SELECT source, ${volumeColumns} FROM db.current_usage AS usage WHERE ${inScope} GROUP BY source`,
    scopeParams(request),
  )
  const shares = await sharesOf(store, request)
  const merged = withAgents ? await mergedShares(store, request) : new Map<string, never>()
  // a snapshot's files have no clock, and nothing to be compared with
  const streams = request.report === 'continuous' ? await streamStates(store) : []
  const names = new Set([...ledger.map((row) => row.source), ...volumes.map((row) => row.source)])
  const rows = [...names].sort().map((name): ReportSource => {
    const volume = volumes.find((row) => row.source === name)
    const own = ledger.filter((row) => row.source === name)
    const formats = [
      ...new Set(
        own.flatMap((row) =>
          row.outcome === 'transaction' && row.format !== '' ? [row.format] : [],
        ),
      ),
    ].sort()
    const told = {
      ...(shares.get(name) ?? untold),
      merged: merged.get(name) ?? null,
    }
    const blind = blindSpots(told).some(({ level }) => level === 'missing' || level === 'partly')
    return {
      name,
      formats,
      ...(volume === undefined
        ? { bytesUp: null, bytesDown: null, bytesTotal: null }
        : volumeOf(volume)),
      ...balanceOf(own),
      ...told,
      notices: noticesOf(
        streams.filter(({ source }) => source === name),
        request.nowMs,
      ),
      commands: blind ? helpWith(formats, request.helpOf ?? (() => null)) : [],
    }
  })
  return { rows, unparsed: reasonsOf(ledger) }
}

/** Lines by outcome; `missing` is what the ledger does not explain. */
export function balanceOf(rows: readonly LedgerSum[]): {
  transactions: number
  received: number
  skipped: number
  unparsed: number
  dropped: number
  missing: number
} {
  const sum = (outcome: LedgerSum['outcome']): number =>
    rows.reduce((lines, row) => lines + (row.outcome === outcome ? row.lines : 0), 0)
  const [received, transactions, skipped] = [sum('received'), sum('transaction'), sum('skipped')]
  const [unparsed, dropped] = [sum('unparsed'), sum('dropped')]
  return {
    transactions,
    received,
    skipped,
    unparsed,
    dropped,
    missing: received - transactions - skipped - unparsed - dropped,
  }
}

function reasonsOf(ledger: readonly LedgerSum[]): Report['unparsed'] {
  const lines = new Map<string, number>()
  for (const row of ledger)
    if (row.outcome === 'unparsed') lines.set(row.reason, (lines.get(row.reason) ?? 0) + row.lines)
  return [...lines]
    .map(([reason, count]) => ({ reason, lines: count }))
    .sort((a, b) => b.lines - a.lines)
}

const untold = { withUser: null, withHost: null, withBytes: null, withAction: null }

type Shares = Pick<ReportSource, 'withUser' | 'withHost' | 'withBytes' | 'withAction'>

/** What share of a source's flows tells each field, weighted by transactions. */
async function sharesOf(store: Store, scope: UsageScope): Promise<Map<string, Shares>> {
  const rows = await store.query<{
    source: string
    with_user: number
    with_host: number
    with_bytes: number
    with_action: number
  }>(
    `SELECT source, sumIf(f.transactions, user != '') / n AS with_user, sumIf(f.transactions, dst_host != '') / n AS with_host,
       sum(greatest(bytes_up_known, bytes_down_known, bytes_total_known)) / n AS with_bytes,
       sumIf(f.transactions, action != '') / n AS with_action, sum(f.transactions) AS n
     FROM db.flows AS f
     WHERE report = {report:String} AND ({source:String} = '' OR source = {source:String}) AND record != 'dns'
       AND minute >= toDateTime({from:UInt32}, 'UTC') AND minute < toDateTime({to:UInt32}, 'UTC')
     GROUP BY source`,
    scopeParams(scope),
  )
  return new Map(
    rows.map((row) => [
      row.source,
      {
        withUser: row.with_user,
        withHost: row.with_host,
        withBytes: row.with_bytes,
        withAction: row.with_action,
      },
    ]),
  )
}
