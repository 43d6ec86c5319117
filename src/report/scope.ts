/** Which usage a question is about, and the SQL pieces every question shares. */
import type { Row } from '../store/store.ts'
import type { Volume } from './report.ts'

/** Half-open span of time over one report. */
export interface UsageScope {
  report: string
  /** One data source, or null = all. */
  source: string | null
  /** Epoch milliseconds; null = without bound. */
  fromMs: number | null
  toMs: number | null
}

/** `WHERE` of `scopeParams` over usage. A feed's own report has all that its agents saw, also what the network saw too. */
export const inScope = `report = {report:String} AND ({source:String} = '' OR source = {source:String} OR agent_source = {source:String})
    AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')`

/** … over another table with report, hour and source. */
export const inSourceScope = `report = {report:String} AND ({source:String} = '' OR source = {source:String})
    AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')`

/** Parameters of `inScope`. */
export function scopeParams(scope: UsageScope): Record<string, unknown> {
  return {
    report: scope.report,
    source: scope.source ?? '',
    from: scope.fromMs === null ? 0 : seconds(scope.fromMs),
    to: scope.toMs === null ? 0xffffffff : seconds(scope.toMs),
  }
}

function seconds(ms: number): number {
  return Math.min(0xffffffff, Math.max(0, Math.floor(ms / 1000)))
}

/** Sums of `current_usage` that `volumeOf` reads. */
export const volumeColumns = `sum(transactions) AS transactions, sum(bytes_up) AS bytes_up, sum(bytes_up_known) AS bytes_up_known,
    sum(bytes_down) AS bytes_down, sum(bytes_down_known) AS bytes_down_known, sum(bytes_total) AS bytes_total,
    sum(bytes_total_known) AS bytes_total_known`

export interface VolumeRow extends Row {
  transactions: number
  bytes_up: number
  bytes_up_known: number
  bytes_down: number
  bytes_down_known: number
  bytes_total: number
  bytes_total_known: number
}

/** Unknown bytes are null, never 0. */
export function volumeOf(row: VolumeRow): Volume {
  return {
    transactions: row.transactions,
    bytesUp: row.bytes_up_known > 0 ? row.bytes_up : null,
    bytesDown: row.bytes_down_known > 0 ? row.bytes_down : null,
    bytesTotal: row.bytes_total_known > 0 ? row.bytes_total : null,
    bytesKnown: row.bytes_total_known,
  }
}

/** '' of the store is unknown. */
export function known(text: string): string | null {
  return text === '' ? null : text
}
