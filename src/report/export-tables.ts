/**
 * What can be exported, as questions to the store: the same rows and names as in the report's files, unknown is null. Written by the
 * engine (`Store.writeFile`), through the viewer's store: pseudonyms and bounds hold here as everywhere.
 */
import type { FileFormat } from '../store/store.ts'
import { inScope, inSourceScope, scopeParams } from './scope.ts'
import type { UsageScope } from './scope.ts'

export const exportTables = ['usage', 'apps', 'evidence', 'ledger'] as const
export type ExportTable = (typeof exportTables)[number]
export const exportFormats = ['parquet', 'ndjson', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]

export const engineFormat = {
  parquet: 'Parquet',
  ndjson: 'JSONEachRow',
  csv: 'CSVWithNames',
} as const satisfies Record<ExportFormat, FileFormat>

/** `text`: '' is unknown, and may have come from a log; `plain`: numbers, times, words of ours; `list`: words of ours. */
type Kind = 'text' | 'plain' | 'list'
type Column = readonly [name: string, expression: string, kind: Kind]

const bytes = (name: string, column: string, sum = false): Column => [
  name,
  sum
    ? `if(sum(${column}_known) = 0, NULL, sum(${column}))`
    : `if(${column}_known = 0, NULL, ${column})`,
  'plain',
]

const usage: readonly Column[] = [
  ['hour', 'hour', 'plain'],
  ['source', 'source', 'text'],
  ['appId', 'app_id', 'text'],
  ['app', 'app', 'text'],
  ['category', 'category', 'text'],
  ['score', 'score', 'plain'],
  ['infrastructure', 'infrastructure = 1', 'plain'],
  ['host', 'host', 'text'],
  ['user', 'user', 'text'],
  ['device', 'device', 'text'],
  ['srcIp', 'src_ip', 'text'],
  ['action', 'action', 'text'],
  ['transactions', 'transactions', 'plain'],
  bytes('bytesUp', 'bytes_up'),
  bytes('bytesDown', 'bytes_down'),
  bytes('bytesTotal', 'bytes_total'),
  ['seenBy', 'seen_by', 'list'],
  ['firstSeen', 'first_seen', 'plain'],
  ['lastSeen', 'last_seen', 'plain'],
]

const distinct = (column: string): string => `uniqExactIf(${column}, ${column} != '')`
const apps: readonly Column[] = [
  ['appId', 'app_id', 'text'],
  ['app', 'any(usage.app)', 'text'],
  ['category', 'any(usage.category)', 'text'],
  ['score', 'any(usage.score)', 'plain'],
  ['transactions', 'sum(usage.transactions)', 'plain'],
  bytes('bytesUp', 'bytes_up', true),
  bytes('bytesDown', 'bytes_down', true),
  bytes('bytesTotal', 'bytes_total', true),
  ['users', distinct('user'), 'plain'],
  ['devices', distinct('device'), 'plain'],
  ['addresses', distinct('src_ip'), 'plain'],
  ['firstSeen', 'min(usage.first_seen)', 'plain'],
  ['lastSeen', 'max(usage.last_seen)', 'plain'],
]

const evidence: readonly Column[] = [
  ['alert', 'alert', 'plain'],
  ['kind', 'kind', 'plain'],
  ['severity', 'severity', 'plain'],
  ['status', 'status', 'plain'],
  ['policy', 'policy', 'text'],
  ['raised', 'raised', 'plain'],
  ['appId', 'app_id', 'text'],
  ['app', 'app', 'text'],
  ['hour', 'hour', 'plain'],
  ['source', 'source', 'text'],
  ['user', 'user', 'text'],
  ['device', 'device', 'text'],
  ['srcIp', 'src_ip', 'text'],
  ['host', 'host', 'text'],
  ['transactions', 'transactions', 'plain'],
  ['bytesUp', 'bytes_up', 'plain'],
  ['bytesDown', 'bytes_down', 'plain'],
]

const ledger: readonly Column[] = [
  ['hour', 'hour', 'plain'],
  ['source', 'source', 'text'],
  ['format', 'any(ledger.format)', 'text'],
  ['outcome', 'outcome', 'plain'],
  ['reason', 'reason', 'text'],
  ['lines', 'sum(ledger.lines)', 'plain'],
  ['bytes', 'sum(ledger.bytes)', 'plain'],
]

const inEvidence = `({source:String} = '' OR source = {source:String})
  AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')`

const questions: Record<ExportTable, { columns: readonly Column[]; from: string }> = {
  usage: {
    columns: usage,
    from: `db.current_usage AS usage WHERE ${inScope} ORDER BY hour, source, app, host, user, src_ip`,
  },
  apps: {
    columns: apps,
    from: `db.current_usage AS usage WHERE ${inScope} AND app_id != '' AND infrastructure = 0 GROUP BY app_id ORDER BY app_id`,
  },
  evidence: {
    columns: evidence,
    from: `db.evidence AS evidence WHERE ${inEvidence} ORDER BY raised, alert, hour`,
  },
  ledger: {
    columns: ledger,
    from: `db.ledger AS ledger WHERE ${inSourceScope} GROUP BY hour, source, outcome, reason ORDER BY hour, source, outcome, reason`,
  },
}

/** As report/csv.ts has it: what a spreadsheet would take for a formula gets an apostrophe. RE2 has the same words for it. */
const formula = '^\\s*[=+\\-@＝＋－＠]|^[\t\r\n]'

function written([name, expression, kind]: Column, format: ExportFormat): string {
  if (kind === 'plain') return `${expression} AS ${name}`
  if (kind === 'list')
    return format === 'csv'
      ? `arrayStringConcat(${expression}, '; ') AS ${name}`
      : `${expression} AS ${name}`
  const text = `nullIf(toString(${expression}), '')`
  return format === 'csv'
    ? `if(match(ifNull(${text}, ''), {formula:String}), concat('\\'', ${text}), ${text}) AS ${name}`
    : `${text} AS ${name}`
}

/** The question of an export, and its parameters. */
export function exportQuestion(
  table: ExportTable,
  format: ExportFormat,
  scope: UsageScope,
): { sql: string; params: Record<string, unknown> } {
  const { columns, from } = questions[table]
  const list = columns.map((column) => written(column, format)).join(', ')
  return { sql: `SELECT ${list} FROM ${from}`, params: { ...scopeParams(scope), formula } }
}
