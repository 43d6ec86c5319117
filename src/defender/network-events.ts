/**
 * DeviceNetworkEvents (and the network protection's events of DeviceEvents) to connections.
 * https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-devicenetworkevents-table
 */
import { defenderLimits } from '../limits.ts'
import type { ConnectionRow } from './agent-tables.ts'
import { addressOf, hostOf, isLoopback, isShared, textIn } from './fields.ts'
import type { Fields } from './fields.ts'
import { feedRow, skip, unread } from './outcome.ts'
import type { RowContext, RowOutcome } from './outcome.ts'

const format = 'DEFENDER_NETWORK_EVENTS'

type Role = 'connection' | 'attempt' | 'inspection' | 'dns'

/** What the sensor's kinds of events are to us. */
const kinds = new Map<string, { role: Role; action: 'allowed' | 'blocked' | '' }>([
  ['ConnectionSuccess', { role: 'connection', action: 'allowed' }],
  ['ConnectionFound', { role: 'connection', action: 'allowed' }],
  ['ConnectionSuccessAggregatedReport', { role: 'connection', action: 'allowed' }],
  ['ConnectionRequest', { role: 'attempt', action: '' }],
  ['ConnectionAttempt', { role: 'attempt', action: '' }],
  ['ConnectionFailed', { role: 'attempt', action: '' }],
  ['ConnectionFailedAggregatedReport', { role: 'attempt', action: '' }],
  ['ConnectionAcknowledged', { role: 'inspection', action: '' }],
  ['SslConnectionInspected', { role: 'inspection', action: '' }],
  ['HttpConnectionInspected', { role: 'inspection', action: '' }],
  ['DnsConnectionInspected', { role: 'dns', action: '' }],
  ['ExploitGuardNetworkProtectionBlocked', { role: 'connection', action: 'blocked' }],
])

/** Kinds that are no use of a service by this device. */
const unused = new Map([
  ['InboundConnectionAccepted', 'inbound connection'],
  ['InboundConnectionAttempt', 'inbound connection'],
  ['ListeningConnectionCreated', 'listening socket'],
  ['NetworkSignatureInspected', 'signature inspection'],
  ['IcmpConnectionInspected', 'icmp'],
  ['ExploitGuardNetworkProtectionAudited', 'network protection audit'],
])

export function readNetworkEvent(f: Fields, at: number, to: RowContext): RowOutcome {
  const kind = f.text('ActionType')
  const known = kinds.get(kind)
  const row = connectionOf(f, at, to)
  if (row.device_id === '' && f.fault === '') return unread(format, 'no DeviceId')
  const detail = f.json('AdditionalFields', false)
  if (f.fault !== '') return unread(format, f.fault)
  noteAddress(row, to)
  if (known === undefined) return skip(format, unused.get(kind) ?? 'action type is not used')
  row.role = known.role
  row.action = known.action
  if (/^in/i.test(textIn(detail, 'direction', 'Direction')))
    return skip(format, 'inbound connection')
  addDetail(row, detail)
  if (isLoopback(row.remote_ip)) return skip(format, 'loopback')
  if (row.host === '' && (row.remote_ip === '' || isShared(row.remote_ip)))
    return skip(format, row.remote_ip === '' ? 'no destination' : 'local network only')
  to.tables.connection(row)
  return {
    outcome: 'transaction',
    reason: '',
    format,
    withUser: row.user !== '',
    withHost: row.host !== '',
    withAction: row.action !== '',
  }
}

function connectionOf(f: Fields, at: number, { source, stream }: RowContext): ConnectionRow {
  const url = f.host('RemoteUrl')
  const kind = f.text('ActionType')
  const deviceId = f.lower('DeviceId')
  const account = accountOf(f, 'InitiatingProcessAccount')
  const remote = f.address('RemoteIP')
  return {
    at,
    device_id: deviceId,
    device: f.text('DeviceName'),
    ...account,
    local_ip: f.address('LocalIP'),
    local_port: f.port('LocalPort'),
    remote_ip: remote === '' ? url.address : remote,
    remote_port: f.port('RemotePort'),
    host: url.host,
    // TcpV4, UdpV6 in newer rows
    protocol: f.lower('Protocol').replace(/v[46]$/, ''),
    action: '',
    process: f.lower('InitiatingProcessFileName'),
    kind,
    role: '',
    answers: '',
    events: 1,
    source,
    stream,
    feed_row: feedRow(
      'network',
      deviceId,
      at,
      f.text('ReportId'),
      kind,
      f.text('LocalIP'),
      f.text('LocalPort'),
      f.text('RemoteIP'),
      f.text('RemotePort'),
      f.text('RemoteUrl'),
    ),
  }
}

/** The account in the forms a row has: UPN, DOMAIN\name, SID, object id. */
export function accountOf(
  f: Fields,
  prefix: string,
): Pick<ConnectionRow, 'user' | 'user_account' | 'user_sid' | 'user_object_id'> {
  const name = f.text(`${prefix}Name`)
  const domain = f.text(`${prefix}Domain`)
  const account = name === '' || domain === '' ? name : `${domain}\\${name}`
  const upn = f.text(`${prefix}Upn`)
  return {
    user: upn === '' ? account : upn,
    user_account: account,
    user_sid: f.text(`${prefix}Sid`),
    user_object_id: f.lower(`${prefix}ObjectId`),
  }
}

/** A local address that only this device can have then. */
export function noteAddress(row: ConnectionRow, to: RowContext): void {
  const { at, device_id, device, local_ip, source } = row
  if (isShared(local_ip)) return
  const seen = { at, device_id, device, ip: local_ip, mac: '', network: '', source }
  to.tables.address({ ...seen, kind: 'connection' })
}

/** Server name, Host header, DNS question and answers, number of events. */
function addDetail(row: ConnectionRow, detail: unknown): void {
  const name = textIn(detail, 'server_name', 'host', 'query', 'DestinationHostname')
  if (row.host === '' && name !== '') row.host = hostOf(name).host
  if (row.role === 'dns') row.answers = answersOf(detail)
  const events = Number(textIn(detail, 'uniqueEventsAggregated'))
  if (Number.isInteger(events) && events > 1 && events <= 0xffffffff) row.events = events
}

function answersOf(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return ''
  const { answers } = detail as { answers?: unknown }
  const list = Array.isArray(answers) ? answers : typeof answers === 'string' ? [answers] : []
  return addressList(
    list.flatMap((text) => (typeof text === 'string' ? text.split(/[,;\s]+/) : [])),
  )
}

/** The addresses among the texts, each once, separated by spaces. */
export function addressList(texts: readonly string[]): string {
  const addresses = texts.slice(0, defenderLimits.answers).map((text) => addressOf(text) ?? '')
  return [...new Set(addresses)].filter((address) => address !== '').join(' ')
}
