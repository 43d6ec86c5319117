/**
 * Windows events of devices without Defender: Sysmon 3 and 22, Windows Filtering Platform 5156 and 5157, Security 4624.
 * https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema
 * https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon#events
 */
import { XMLParser } from 'fast-xml-parser'
import type { ConnectionRow } from './agent-tables.ts'
import { Fields, isLoopback, isShared } from './fields.ts'
import { addressList, noteAddress } from './network-events.ts'
import { feedRow, fileName, skip, unread } from './outcome.ts'
import type { RowContext, RowOutcome } from './outcome.ts'
import { rowTime } from './row-time.ts'
import type { Zone } from './row-time.ts'

/** Entities a document declares are never followed; the five of XML itself are put back below. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  removeNSPrefix: true,
  isArray: (name) => name === 'Data',
})

/** What stands in System and EventData. */
export interface WindowsEvent {
  provider: string
  id: string
  record: string
  channel: string
  computer: string
  created: string
  data: Record<string, string>
}

type Reader = (event: WindowsEvent, row: ConnectionRow, f: Fields, to: RowContext) => RowOutcome

const readers = new Map<string, { format: string; read: Reader }>([
  ['sysmon/3', { format: 'WINDOWS_SYSMON', read: readSysmonConnection }],
  ['sysmon/22', { format: 'WINDOWS_SYSMON', read: readSysmonQuery }],
  ['security/5156', { format: 'WINDOWS_FILTERING', read: readFiltering }],
  ['security/5157', { format: 'WINDOWS_FILTERING', read: readFiltering }],
  ['security/4624', { format: 'WINDOWS_SECURITY', read: readLogon }],
])

/** One `<Event>…</Event>` on one line. */
export function readWindowsEvent(text: string, to: RowContext): RowOutcome {
  const event = eventOf(text)
  if (event === null) return unread('WINDOWS_EVENT', 'no Windows event')
  return readEvent(event, null, to) ?? skip('WINDOWS_EVENT', 'event is not used')
}

/** Rows of an event in whatever notation it came; null = events of this kind are not used. `zone`: of a stamp that has none. */
export function readEvent(
  event: WindowsEvent,
  zone: Zone | null,
  to: RowContext,
): RowOutcome | null {
  const family = /sysmon/i.test(event.provider)
    ? 'sysmon'
    : /security-auditing/i.test(event.provider)
      ? 'security'
      : ''
  const found = readers.get(`${family}/${event.id}`)
  if (found === undefined) return null
  const { format, read } = found
  const utc = family === 'sysmon' ? event.data['UtcTime'] : undefined
  const at = utc === undefined ? rowTime(event.created, zone) : rowTime(utc, null)
  const refused = to.refuseTime(at)
  if (refused !== '') return unread(format, refused)
  if (event.computer === '') return unread(format, 'no Computer')
  const f = new Fields(event.data)
  const outcome = read(event, emptyRow(event, at, to), f, to)
  return f.fault === '' ? { ...outcome, format } : unread(format, f.fault)
}

/** One `<Event>…</Event>`; null = it is none. */
export function eventOf(text: string): WindowsEvent | null {
  let document: unknown
  try {
    document = parser.parse(text)
  } catch {
    return null
  }
  const event = child(document, 'Event')
  const system = child(event, 'System')
  const id = textOf(child(system, 'EventID'))
  if (id === '') return null
  const data: Record<string, string> = {}
  const list = child(child(event, 'EventData'), 'Data')
  for (const one of Array.isArray(list) ? (list as unknown[]) : []) {
    const name = textOf(child(one, '@Name'))
    // `__proto__` as a name would be no own property
    if (/^\w{1,64}$/.test(name) && name !== '__proto__') data[name] = textOf(one)
  }
  return {
    provider: textOf(child(child(system, 'Provider'), '@Name')),
    id,
    record: textOf(child(system, 'EventRecordID')),
    channel: textOf(child(system, 'Channel')),
    computer: textOf(child(system, 'Computer')).toLowerCase().replace(/\.$/, ''),
    created: textOf(child(child(system, 'TimeCreated'), '@SystemTime')),
    data,
  }
}

function child(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined
  return (node as Record<string, unknown>)[name]
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function textOf(node: unknown): string {
  const text = typeof node === 'object' && node !== null ? child(node, '#text') : node
  if (typeof text !== 'string') return ''
  return text.includes('&')
    ? text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name])
    : text
}

function emptyRow(event: WindowsEvent, at: number, { source, stream }: RowContext): ConnectionRow {
  const { computer, channel, id } = event
  // shippers may leave the record's number out: then it is known by what it tells
  const record = event.record === '' ? JSON.stringify(event.data) : event.record
  return {
    at,
    // no Defender, no id of its own: the name is the device
    device_id: `windows:${computer}`,
    device: computer,
    user: '',
    user_account: '',
    user_sid: '',
    user_object_id: '',
    local_ip: '',
    local_port: 0,
    remote_ip: '',
    remote_port: 0,
    host: '',
    protocol: '',
    action: '',
    process: '',
    kind: '',
    role: '',
    answers: '',
    events: 1,
    source,
    stream,
    feed_row: feedRow('windows', computer, channel, id, record, at),
  }
}

/** Enters the connection, or tells why it is none. */
function connected(row: ConnectionRow, f: Fields, to: RowContext): RowOutcome {
  if (f.fault !== '') return unread('', f.fault)
  noteAddress(row, to)
  if (isLoopback(row.remote_ip)) return skip('', 'loopback')
  if (row.host === '' && (row.remote_ip === '' || isShared(row.remote_ip)))
    return skip('', row.remote_ip === '' ? 'no destination' : 'local network only')
  to.tables.connection(row)
  return {
    outcome: 'transaction',
    reason: '',
    format: '',
    withUser: row.user !== '',
    withHost: row.host !== '',
    withAction: row.action !== '',
  }
}

function userOf(f: Fields): Pick<ConnectionRow, 'user' | 'user_account'> {
  const user = f.text('User')
  return user === '-' ? { user: '', user_account: '' } : { user, user_account: user }
}

function readSysmonConnection(
  _: WindowsEvent,
  row: ConnectionRow,
  f: Fields,
  to: RowContext,
): RowOutcome {
  const initiated = f.lower('Initiated')
  const host = f.host('DestinationHostname').host
  const found = {
    ...row,
    ...userOf(f),
    local_ip: f.address('SourceIp'),
    local_port: f.port('SourcePort'),
    remote_ip: f.address('DestinationIp'),
    remote_port: f.port('DestinationPort'),
    host: host === '-' ? '' : host,
    protocol: f.lower('Protocol'),
    action: 'allowed',
    process: fileName(f.lower('Image')),
    kind: 'sysmon-3',
    role: 'connection',
  }
  if (initiated === 'false') return skip('', 'inbound connection')
  return connected(found, f, to)
}

function readSysmonQuery(
  _: WindowsEvent,
  row: ConnectionRow,
  f: Fields,
  to: RowContext,
): RowOutcome {
  // `type:  5 alias.example;::ffff:192.0.2.1;`
  const results = f.text('QueryResults').split(';')
  const found = {
    ...row,
    ...userOf(f),
    host: f.host('QueryName').host,
    process: fileName(f.lower('Image')),
    kind: 'sysmon-22',
    role: 'dns',
    answers: addressList(results.map((text) => text.trim())),
  }
  return connected(found, f, to)
}

const inboundDirection = '%%14592'
const protocols: Record<string, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' }

function readFiltering(
  event: WindowsEvent,
  row: ConnectionRow,
  f: Fields,
  to: RowContext,
): RowOutcome {
  const direction = f.text('Direction')
  const found = {
    ...row,
    local_ip: f.address('SourceAddress'),
    local_port: f.port('SourcePort'),
    remote_ip: f.address('DestAddress'),
    remote_port: f.port('DestPort'),
    protocol: protocols[f.text('Protocol')] ?? '',
    action: event.id === '5157' ? 'blocked' : 'allowed',
    process: fileName(f.lower('Application')),
    kind: `wfp-${event.id}`,
    role: 'connection',
  }
  if (direction === inboundDirection || /^inbound$/i.test(direction))
    return skip('', 'inbound connection')
  return connected(found, f, to)
}

/** Numbers of logon types in the words of Defender. */
const logonTypes: Record<string, string> = {
  2: 'Interactive',
  3: 'Network',
  4: 'Batch',
  5: 'Service',
  7: 'Unlock',
  8: 'NetworkCleartext',
  9: 'NewCredentials',
  10: 'RemoteInteractive',
  11: 'CachedInteractive',
}

function readLogon(_: WindowsEvent, row: ConnectionRow, f: Fields, to: RowContext): RowOutcome {
  const { at, device_id, device, source } = row
  const name = f.text('TargetUserName')
  const domain = f.text('TargetDomainName')
  const sid = f.text('TargetUserSid')
  const type = f.text('LogonType')
  const remote_ip = f.address('IpAddress')
  if (f.fault !== '') return unread('', f.fault)
  if (name === '' || name === '-') return skip('', 'no account')
  to.tables.logon({
    at,
    device_id,
    device,
    user: domain === '' || domain === '-' ? name : `${domain}\\${name}`,
    sid: sid === 'S-1-0-0' ? '' : sid,
    logon_type: logonTypes[type] ?? type,
    action: 'LogonSuccess',
    remote_ip: isLoopback(remote_ip) ? '' : remote_ip,
    source,
  })
  return { outcome: 'transaction', reason: '', format: '', withUser: true }
}
