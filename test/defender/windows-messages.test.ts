/** Windows events as shippers send them: one connection in each of their notations. */
import { describe, expect, test } from 'vitest'
import { readWindowsMessage } from '../../src/defender/windows-messages.ts'
import type { RowOutcome } from '../../src/defender/outcome.ts'
import { AgentTables } from '../../src/defender/agent-tables.ts'
import type { ConnectionRow, LogonRow } from '../../src/defender/agent-tables.ts'
import { windowsEvent } from './agent-parts.ts'

class Noted extends AgentTables {
  readonly connections: ConnectionRow[] = []
  readonly logons: LogonRow[] = []

  override connection(row: ConnectionRow): void {
    this.connections.push(row)
  }

  override logon(row: LogonRow): void {
    this.logons.push(row)
  }
}

function read(text: string, offsetMs: number | null = null): Noted & { told: RowOutcome | null } {
  const tables = new Noted()
  const refuseTime = (ms: number): string => (Number.isNaN(ms) ? 'impossible date' : '')
  const zone = offsetMs === null ? null : { offsetMs: () => offsetMs }
  const to = { tables, source: 's', stream: 't', refuseTime }
  const told = readWindowsMessage(text, zone, to)
  return Object.assign(tables, { told })
}

const sysmon = 'Microsoft-Windows-Sysmon'
const security = 'Microsoft-Windows-Security-Auditing'
const data = {
  UtcTime: '2026-10-15 09:30:06.307',
  Image: 'C:\\Program Files\\Edge\\msedge.exe',
  User: 'CORP\\ann',
  Protocol: 'tcp',
  Initiated: 'true',
  SourceIp: '192.0.2.14',
  SourcePort: '50001',
  DestinationIp: '203.0.113.10',
  DestinationHostname: 'www.dropbox.com',
  DestinationPort: '443',
}
const camel = Object.fromEntries(
  Object.entries(data).map(([name, value]) => [name[0].toLowerCase() + name.slice(1), value]),
)

test.each<[string, string]>([
  ['XML alone', windowsEvent(3, data, sysmon)],
  ['XML behind RFC 3164', `<13>Oct 15 09:30:03 PC-9 Sysmon: ${windowsEvent(3, data, sysmon)}`],
  [
    'XML behind RFC 5424, with a blank at its end',
    `<13>1 2026-10-15T09:30:03Z PC-9 Sysmon 4 - [x@1 y="z"] ${windowsEvent(3, data, sysmon)} `,
  ],
  [
    'NXLog to_json',
    `<14>Oct 15 11:30:06 PC-9 ${JSON.stringify({ EventTime: '2026-10-15 11:30:06', Hostname: 'PC-9.corp.example', EventID: 3, SourceName: sysmon, RecordNumber: 7, ...data })}`,
  ],
  [
    'Winlogbeat',
    JSON.stringify({ '@timestamp': '2026-10-15T09:30:07.000Z', winlog: { event_id: '3', provider_name: sysmon, computer_name: 'PC-9.corp.example', record_id: 7, event_data: data }, message: 'Network connection' }),
  ],
  [
    'older Winlogbeat',
    JSON.stringify({ '@timestamp': '2026-10-15T09:30:07.000Z', event_id: 3, source_name: sysmon, computer_name: 'PC-9.corp.example', event_data: data }),
  ],
  [
    'Wazuh',
    JSON.stringify({ data: { win: { system: { eventID: '3', providerName: sysmon, computer: 'PC-9.corp.example', systemTime: '2026-10-15T09:30:07.000Z' }, eventdata: camel } } }),
  ],
  [
    'exported event files',
    JSON.stringify({ Event: { System: { Provider: { '#attributes': { Name: sysmon } }, EventID: { '#text': 3 }, Computer: 'PC-9.corp.example', TimeCreated: { '#attributes': { SystemTime: '2026-10-15T09:30:07Z' } } }, EventData: data } }),
  ],
  [
    'a provider that only the channel tells',
    JSON.stringify({ EventTime: '2026-10-15 11:30:06', Hostname: 'PC-9.corp.example', EventID: 3, Channel: `${sysmon}/Operational`, ...data }),
  ],
])('Sysmon 3: %s', (_, text) => {
  const { told, connections } = read(text)
  expect(told).toMatchObject({ outcome: 'transaction', format: 'WINDOWS_SYSMON', withHost: true })
  expect(connections).toMatchObject([
    {
      at: Date.UTC(2026, 9, 15, 9, 30, 6, 307),
      device_id: 'windows:pc-9.corp.example',
      user: 'CORP\\ann',
      local_ip: '192.0.2.14',
      local_port: 50001,
      remote_ip: '203.0.113.10',
      host: 'www.dropbox.com',
      process: 'msedge.exe',
    },
  ])
}) // prettier-ignore

test('Security 5156 and 4624 as JSON, with a stamp in the zone of the source', () => {
  const wfp = {
    EventTime: '2026-10-15 11:30:06', Hostname: 'PC-3', EventID: 5156, Channel: 'Security',
    Direction: '%%14593', SourceAddress: '192.0.2.15', SourcePort: '50100', DestAddress: '203.0.113.11', DestPort: '443', Protocol: '6',
  } // prettier-ignore
  const [row] = read(JSON.stringify(wfp), 2 * 3_600_000).connections
  expect(row).toMatchObject({
    at: Date.UTC(2026, 9, 15, 9, 30, 6), kind: 'wfp-5156', protocol: 'tcp', remote_port: 443,
  }) // prettier-ignore
  const logon = {
    '@timestamp': '2026-10-15T09:30:07.000Z',
    winlog: {
      event_id: '4624', provider_name: security, computer_name: 'PC-3',
      event_data: { TargetUserName: 'ann', TargetDomainName: 'CORP', TargetUserSid: 'S-1-5-21-1', LogonType: '2', IpAddress: '-' },
    },
  } // prettier-ignore
  expect(read(JSON.stringify(logon)).logons).toMatchObject([
    { device: 'pc-3', user: 'CORP\\ann', sid: 'S-1-5-21-1', logon_type: 'Interactive' },
  ])
})

test('two events of one moment without a number are two, the same one again is one', () => {
  const one = windowsEvent(3, data, sysmon).replace(/<EventRecordID>\d+<\/EventRecordID>/, '')
  const rows = [one, one.replace('50001', '50002'), one].map(
    (text) => read(text).connections[0].feed_row,
  )
  expect(rows[0]).not.toBe(rows[1])
  expect(rows[0]).toBe(rows[2])
})

describe('what stays a line of a log', () => {
  test.each<[string, string]>([
    ['another event', windowsEvent(4688, { NewProcessName: 'C:\\x.exe' })],
    ['another provider', windowsEvent(3, data, 'Contoso-Agent')],
    ['no end', windowsEvent(3, data, sysmon).replace('</Event>', '')],
    ['a text', '<14>Oct 15 09:30:08 PC-4 MSWinEventLog\t1\tSecurity\t11\tx'],
    ['cut JSON', '{"EventID":3,"SourceName":"Microsoft-Windows-Sysmon"'],
    ['a list', '[{"EventID":3}]'],
    ['JSON without an id', '{"winlog":{"provider_name":"Microsoft-Windows-Sysmon"}}'],
    ['null', '{"winlog":null,"EventID":null}'],
  ])('%s', (_, text) => {
    const { told, connections } = read(text)
    expect([told, connections]).toEqual([null, []])
  })
})

test.each<[string, Record<string, unknown>, string]>([
  ['an impossible date', { UtcTime: '2026-13-45 10:00:00' }, 'impossible date'],
  ['a port that is none', { DestinationPort: '99999' }, 'DestinationPort is no port'],
  ['an address that is none', { DestinationIp: '10.0.0.999' }, 'DestinationIp is no address'],
  ['no computer', { Hostname: '' }, 'no Computer'],
])('unparsed with its reason: %s', (_, change, reason) => {
  const event = { Hostname: 'PC-9', EventID: 3, SourceName: sysmon, ...data, ...change }
  const { told, connections } = read(JSON.stringify(event))
  expect(told).toMatchObject({ outcome: 'unparsed', reason, format: 'WINDOWS_SYSMON' })
  expect(connections).toEqual([])
})

test('names that are no own property make nothing', () => {
  const text = `{"EventID":3,"SourceName":"${sysmon}","Hostname":"pc","__proto__":{"DestinationIp":"203.0.113.1"},"UtcTime":"2026-10-15 09:30:06"}`
  expect(read(text).told).toMatchObject({ outcome: 'skipped', reason: 'no destination' })
})
