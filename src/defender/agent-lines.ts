/** A line of agent data to rows: the streaming envelope, many records in one object, an API's answer, a bare row, or a Windows event. */
import { lineLimits } from '../limits.ts'
import { readDeviceInfo, readLogonEvent, readNetworkInfo } from './device-rows.ts'
import { Fields } from './fields.ts'
import type { AgentRow } from './fields.ts'
import { readNetworkEvent } from './network-events.ts'
import { skip, unread } from './outcome.ts'
import type { RowContext, RowOutcome } from './outcome.ts'
import { rowTime } from './row-time.ts'
import type { Zone } from './row-time.ts'
import { readWindowsEvent } from './windows-events.ts'

type Reader = (f: Fields, at: number, to: RowContext) => RowOutcome

const readers = new Map<string, Reader>([
  ['devicenetworkevents', readNetworkEvent],
  ['deviceevents', readNetworkEvent],
  ['deviceinfo', readDeviceInfo],
  ['devicenetworkinfo', readNetworkInfo],
  ['devicelogonevents', readLogonEvent],
])

/** The listener of streams whose lines are agent data begins so. */
export const agentListenerPrefix = 'defender-'

/** The data source of feeds that are given no other name: Microsoft's word for its stream. */
export const agentSource = 'Defender-managed endpoints'

export function isAgentListener(listener: string): boolean {
  return listener.startsWith(agentListenerPrefix)
}

/** One outcome for each record of the line; a line without records has one too. */
export function readAgentLine(text: string, zone: Zone | null, to: RowContext): RowOutcome[] {
  const start = text.search(/\S/)
  if (start < 0) return [skip('', 'empty line')]
  if (text[start] === '<') return [readWindowsEvent(text.slice(start), to)]
  let value: unknown
  try {
    value = JSON.parse(bare(text))
  } catch {
    return [unread('', 'no JSON and no Windows event')]
  }
  if (!isRow(value) && !Array.isArray(value)) return [unread('', 'not a row')]
  const records = recordsOf(value)
  if (records === null) {
    if (text.length > lineLimits.lineBytes) return [unread('', 'row is too long')]
    return [readRecord(value as AgentRow, zone, to)]
  }
  if (records.length === 0) return [skip('', 'no records')]
  return records.map((record) => {
    const told = isRow(record) ? readRecord(record, zone, to) : unread('', 'not a row')
    return told.outcome === 'unparsed' ? { ...told, text: JSON.stringify(record) } : told
  })
}

/** JSON ends its own line; only a row of a list has a comma behind it, which is looked for backwards. */
function bare(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= 32) end--
  if (text.charCodeAt(end - 1) === 44) end--
  return text.slice(text.charCodeAt(0) === 0xfeff ? 1 : 0, end)
}

/** The list of records, or null when the object is a record itself. */
function recordsOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value
  const { records, Results, results } = value as Record<string, unknown>
  return [records, Results, results].find((list) => Array.isArray(list)) ?? null
}

function isRow(value: unknown): value is AgentRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readRecord(record: AgentRow, zone: Zone | null, to: RowContext): RowOutcome {
  const { category, properties } = record
  const enveloped = typeof category === 'string' && isRow(properties)
  const row = enveloped ? properties : record
  const table = enveloped ? category.replace(/^AdvancedHunting-/i, '').toLowerCase() : tableOf(row)
  if (table === '') return unread('', 'its table is not known')
  const read = readers.get(table)
  if (read === undefined) return skip('', 'table is not used')
  const stamp = row['Timestamp'] ?? row['TimeGenerated']
  if (typeof stamp !== 'string') return unread('', 'no Timestamp')
  const at = rowTime(stamp, zone)
  const refused = to.refuseTime(at)
  if (refused !== '') return unread('', refused)
  return read(new Fields(row), at, to)
}

/** By the name a feed wrote into the row (`Type`, `$table`), else by its columns. */
function tableOf(row: AgentRow): string {
  for (const name of ['$table', 'Type', 'TableName', 'Table']) {
    const told = row[name]
    if (typeof told === 'string' && /^Device\w+$/.test(told)) return told.toLowerCase()
  }
  const has = (...names: string[]): boolean => names.some((name) => Object.hasOwn(row, name))
  if (has('LogonType')) return 'devicelogonevents'
  if (has('IPAddresses', 'NetworkAdapterName')) return 'devicenetworkinfo'
  if (has('ActionType') && has('RemoteUrl', 'RemoteIP', 'RemotePort')) return 'devicenetworkevents'
  if (has('OSPlatform', 'OnboardingStatus', 'SensorHealthState')) return 'deviceinfo'
  return ''
}
