import { expect, test } from 'vitest'
import { read, windowsEvent } from './agent-parts.ts'

const sysmon = 'Microsoft-Windows-Sysmon'
const connection = {
  UtcTime: '2026-09-21 14:13:20.123',
  Image: 'C:\\Program Files\\App &amp; Co\\app.exe',
  User: 'CORP\\ann',
  Protocol: 'tcp',
  Initiated: 'true',
  SourceIp: '10.2.79.9',
  SourcePort: '50001',
  DestinationIp: '203.0.113.9',
  DestinationHostname: '-',
  DestinationPort: '443',
}

test('Sysmon 3', () => {
  const { told, tables } = read([windowsEvent(3, connection, sysmon)])
  expect(told).toMatchObject([{ outcome: 'transaction', format: 'WINDOWS_SYSMON', withUser: true }])
  expect(tables.connections).toMatchObject([
    {
      at: Date.UTC(2026, 8, 21, 14, 13, 20, 123),
      device_id: 'windows:pc-9.corp.example',
      user: 'CORP\\ann',
      local_ip: '10.2.79.9',
      local_port: 50001,
      remote_ip: '203.0.113.9',
      remote_port: 443,
      host: '',
      process: 'app.exe',
      kind: 'sysmon-3',
      action: 'allowed',
    },
  ])
})

test('Sysmon 22: the name and the addresses it has', () => {
  const data = {
    UtcTime: '2026-09-21 14:13:20.123',
    QueryName: 'Api.Example.com',
    QueryStatus: '0',
    QueryResults: 'type:  5 alias.example;::ffff:203.0.113.7;2001:db8::7;',
    Image: 'C:\\x\\app.exe',
    User: 'CORP\\ann',
  }
  expect(read([windowsEvent(22, data, sysmon)]).tables.connections).toMatchObject([
    { host: 'api.example.com', role: 'dns', answers: '203.0.113.7 2001:db8::7', remote_ip: '' },
  ])
})

const filtered = {
  Application: '\\device\\harddiskvolume3\\x\\app.exe',
  Direction: '%%14593',
  SourceAddress: '10.2.79.9',
  SourcePort: '50001',
  DestAddress: '203.0.113.9',
  DestPort: '443',
  Protocol: '17',
}

test.each([
  [5156, 'allowed', 'wfp-5156'],
  [5157, 'blocked', 'wfp-5157'],
])('filtering platform %i', (id, action, kind) => {
  expect(read([windowsEvent(id, filtered)]).tables.connections).toMatchObject([
    { action, kind, protocol: 'udp', process: 'app.exe', user: '', remote_port: 443 },
  ])
})

test('Security 4624 is a logon', () => {
  const data = {
    TargetUserSid: 'S-1-5-21-7',
    TargetUserName: 'ann',
    TargetDomainName: 'CORP',
    LogonType: '10',
    IpAddress: '192.0.2.5',
  }
  const { told, tables } = read([windowsEvent(4624, data)])
  expect(told).toMatchObject([{ outcome: 'transaction', format: 'WINDOWS_SECURITY' }])
  expect(tables.logons).toMatchObject([
    { user: 'CORP\\ann', logon_type: 'RemoteInteractive', remote_ip: '192.0.2.5' },
  ])
})

test.each([
  ['inbound', windowsEvent(5156, { ...filtered, Direction: '%%14592' }), 'inbound connection'],
  ['inbound', windowsEvent(3, { ...connection, Initiated: 'false' }, sysmon), 'inbound connection'],
  ['another event', windowsEvent(4688, {}), 'event is not used'],
  ['another provider', windowsEvent(3, connection, 'Some-Provider'), 'event is not used'],
  ['nobody', windowsEvent(4624, { TargetUserName: '-' }), 'no account'],
])('skipped: %s', (_, text, reason) => {
  expect(read([text]).told).toMatchObject([{ outcome: 'skipped', reason }])
})

test.each([
  [windowsEvent(3, { ...connection, UtcTime: '2026-02-30 00:00:00' }, sysmon), 'impossible date'],
  [windowsEvent(3, { ...connection, DestinationPort: 'x' }, sysmon), 'DestinationPort is no port'],
  [windowsEvent(5156, { ...filtered, DestAddress: 'x' }), 'DestAddress is no address'],
  ['<Event xmlns="x"><System>', 'no Windows event'],
])('unparsed: %s', (text, reason) => {
  expect(read([text]).told).toMatchObject([{ outcome: 'unparsed', reason }])
})

test('entities that a document declares are not followed', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${windowsEvent(3, { ...connection, User: '&b;' }, sysmon)}`
  const { told, tables } = read([bomb])
  expect(told).toHaveLength(1)
  expect(tables.connections.map(({ user }) => user).join('')).not.toContain('aaa')
})
