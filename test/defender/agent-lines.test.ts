/** Lines of agent data: each record ends as exactly one of transaction, skipped, unparsed. */
import { describe, expect, test } from 'vitest'
import { defenderLimits, lineLimits } from '../../src/limits.ts'
import { deviceId, enveloped, networkEvent, read } from './agent-parts.ts'

const line = (value: unknown): string => `${JSON.stringify(value)}\r\n`
const at = Date.UTC(2026, 8, 21, 14, 13, 20, 123)

describe('network events', () => {
  test('a connection with all its columns', () => {
    const { told, tables } = read([line(enveloped(networkEvent()))])
    expect(told).toEqual([
      {
        outcome: 'transaction',
        reason: '',
        format: 'DEFENDER_NETWORK_EVENTS',
        withUser: true,
        withHost: true,
        withAction: true,
      },
    ])
    const { feed_row, ...row } = tables.connections[0]
    expect(feed_row).toBeTypeOf('bigint')
    expect(row).toEqual({
      at,
      device_id: deviceId,
      device: 'PC-7.corp.example',
      user: 'ann@corp.example',
      user_account: 'CORP\\ann',
      user_sid: 'S-1-5-21-7-7-7-1001',
      user_object_id: '',
      local_ip: '10.2.79.210',
      local_port: 50123,
      remote_ip: '203.0.113.9',
      remote_port: 443,
      host: 'files.example.com',
      protocol: 'tcp',
      action: 'allowed',
      process: 'msedge.exe',
      kind: 'ConnectionSuccess',
      role: 'connection',
      answers: '',
      events: 1,
      source: 'agents',
      stream: 'test',
    })
    expect(tables.addresses).toMatchObject([{ ip: '10.2.79.210', kind: 'connection' }])
  })

  test.each([
    ['enveloped', enveloped(networkEvent())],
    ['bare', networkEvent()],
    ['with its table', { ...networkEvent(), Type: 'DeviceNetworkEvents' }],
    ['numbers as text', networkEvent({ RemotePort: '443', LocalPort: '50123', ReportId: '77' })],
  ])('the same row is the same, %s', (_, value) => {
    const one = read([line(enveloped(networkEvent()))]).tables.connections
    expect(read([line(value)]).tables.connections).toEqual(one)
  })

  test.each([
    ['another port', { RemotePort: 80 }],
    ['another report id', { ReportId: 78 }],
    ['another time', { Timestamp: '2026-09-21T14:13:20.124Z' }],
    ['another device', { DeviceId: 'ab' }],
  ])('another row is another one: %s', (_, more) => {
    const [one] = read([line(networkEvent())]).tables.connections
    const [other] = read([line(networkEvent(more))]).tables.connections
    expect(other.feed_row).not.toBe(one.feed_row)
  })

  test.each([
    [
      { ActionType: 'SslConnectionInspected', RemoteUrl: null },
      { direction: 'Out', server_name: 'WWW.example.com' },
      { role: 'inspection', host: 'www.example.com', action: '' },
    ],
    [
      { ActionType: 'HttpConnectionInspected', RemoteUrl: '' },
      { direction: 'Out', host: 'www.example.com:8080', method: 'GET' },
      { role: 'inspection', host: 'www.example.com' },
    ],
    [
      {
        ActionType: 'DnsConnectionInspected',
        RemoteIP: '192.0.2.53',
        RemotePort: 53,
        RemoteUrl: null,
      },
      {
        query: 'api.example.com',
        answers: ['203.0.113.7', 'alias.example', '203.0.113.7', '2001:DB8::1'],
      },
      { role: 'dns', host: 'api.example.com', answers: '203.0.113.7 2001:db8::1' },
    ],
    [
      { ActionType: 'ConnectionSuccessAggregatedReport' },
      { uniqueEventsAggregated: 12 },
      { role: 'connection', events: 12 },
    ],
    [{ ActionType: 'ConnectionFailed' }, null, { role: 'attempt', action: '' }],
    [{ RemoteUrl: 'plain.example:8443' }, 'no JSON at all', { host: 'plain.example' }],
    [
      { RemoteIP: '', RemoteUrl: 'https://203.0.113.8/x' },
      null,
      { host: '', remote_ip: '203.0.113.8' },
    ],
    [{ RemoteIP: '::ffff:203.0.113.8' }, null, { remote_ip: '203.0.113.8' }],
    [{ InitiatingProcessAccountUpn: null }, null, { user: 'CORP\\ann' }],
    [
      { InitiatingProcessAccountUpn: '', InitiatingProcessAccountName: null },
      null,
      { user: '', user_account: '' },
    ],
  ])('%o with %o', (more, detail, want) => {
    const text =
      typeof detail === 'string' ? detail : detail === null ? null : JSON.stringify(detail)
    const { tables } = read([line(networkEvent({ ...more, AdditionalFields: text }))])
    expect(tables.connections).toMatchObject([want])
  })

  test('details that a feed has unpacked already', () => {
    const detail = { server_name: 'www.example.com' }
    const event = networkEvent({ ActionType: 'SslConnectionInspected', AdditionalFields: detail })
    expect(read([line({ ...event, RemoteUrl: null })]).tables.connections[0].host).toBe(
      'www.example.com',
    )
  })

  test('what network protection blocked', () => {
    const event = networkEvent({ ActionType: 'ExploitGuardNetworkProtectionBlocked' })
    const { tables } = read([line(enveloped(event, 'DeviceEvents'))])
    expect(tables.connections).toMatchObject([{ action: 'blocked', host: 'files.example.com' }])
  })

  test.each([
    [{ ActionType: 'InboundConnectionAccepted' }, 'inbound connection'],
    [{ ActionType: 'ListeningConnectionCreated' }, 'listening socket'],
    [{ ActionType: 'SomethingNew' }, 'action type is not used'],
    [{ RemoteIP: '127.0.0.1', RemoteUrl: 'localhost' }, 'loopback'],
    [{ RemoteIP: null, RemoteUrl: null }, 'no destination'],
    [{ RemoteIP: '239.255.255.250', RemoteUrl: null }, 'local network only'],
    [
      { ActionType: 'SslConnectionInspected', AdditionalFields: '{"direction":"In"}' },
      'inbound connection',
    ],
  ])('skipped: %o', (more, reason) => {
    const { told, tables } = read([line(networkEvent(more))])
    expect(told).toMatchObject([{ outcome: 'skipped', reason }])
    expect(tables.connections).toEqual([])
  })

  test.each([
    [{ Timestamp: '2026-13-45T00:00:00Z' }, 'impossible date'],
    [{ Timestamp: 1_700_000_000 }, 'no Timestamp'],
    [{ Timestamp: '1999-01-01T00:00:00Z' }, 'too old'],
    [{ RemotePort: { a: 1 } }, 'RemotePort has a wrong type'],
    [{ RemotePort: 70_000 }, 'RemotePort is no port'],
    [{ RemoteIP: 'nowhere' }, 'RemoteIP is no address'],
    [{ DeviceId: '' }, 'no DeviceId'],
    [{ DeviceName: ['x'] }, 'DeviceName has a wrong type'],
    [
      { AdditionalFields: 'x'.repeat(defenderLimits.jsonCharacters + 1) },
      'AdditionalFields is too large',
    ],
    [{ AdditionalFields: 7 }, 'AdditionalFields has a wrong type'],
  ])('unparsed: %o', (more, reason) => {
    const { told, tables } = read([line(networkEvent(more))])
    expect(told).toMatchObject([{ outcome: 'unparsed', reason }])
    expect(tables.rows).toBe(0)
  })
})

describe('device rows', () => {
  const info = {
    Timestamp: '2026-09-21T14:00:00Z',
    DeviceId: deviceId,
    DeviceName: 'PC-7.corp.example',
    OSPlatform: 'Windows10',
    OSBuild: 19045,
    OSVersion: '10.0',
    OSVersionInfo: '22H2',
    OnboardingStatus: 'Onboarded',
    SensorHealthState: 'Active',
    ExposureLevel: 'Low',
    JoinType: 'Hybrid Azure AD Join',
    PublicIP: '198.51.100.4',
    LoggedOnUsers: '[{"UserName":"ann","DomainName":"CORP","Sid":"S-1-5-21-7"},{"UserName":""}]',
  }

  test('DeviceInfo: the device, its public address, who is there', () => {
    const { told, tables } = read([line(enveloped(info, 'DeviceInfo'))])
    expect(told).toMatchObject([{ outcome: 'transaction', format: 'DEFENDER_DEVICE_INFO' }])
    expect(tables.devices).toMatchObject([
      {
        device: 'PC-7.corp.example',
        os_build: '19045',
        os_version: '10.0 22H2',
        prerequisites: 'met',
        prerequisites_reason: 'Windows 10 build 19045; onboarded; sensor active',
      },
    ])
    expect(tables.addresses).toMatchObject([{ ip: '198.51.100.4', kind: 'public' }])
    expect(tables.logons).toMatchObject([
      { user: 'CORP\\ann', sid: 'S-1-5-21-7', action: 'LoggedOn' },
    ])
  })

  test('DeviceNetworkInfo: addresses that are the device’s alone', () => {
    const row = {
      Timestamp: '2026-09-21T14:00:00Z',
      DeviceId: deviceId,
      DeviceName: 'pc-7',
      MacAddress: '00-11-22-AA-BB-CC',
      NetworkAdapterStatus: 'Up',
      NetworkAdapterType: 'Ethernet',
      TunnelType: 'None',
      ConnectedNetworks: '[{"Name":"corp.example"}]',
      IPAddresses:
        '[{"IPAddress":"10.2.79.210","SubnetPrefix":24},{"IPAddress":"fe80::1"},{"IPAddress":"2001:DB8::5"}]',
    }
    const { tables } = read([line(row)])
    expect(tables.addresses).toMatchObject([
      { ip: '10.2.79.210', mac: '00:11:22:aa:bb:cc', network: 'corp.example; Ethernet' },
      { ip: '2001:db8::5', kind: 'network-info' },
    ])
    const reasons = [
      { ...row, NetworkAdapterStatus: 'Down' },
      { ...row, IPAddresses: '[]' },
      { ...row, IPAddresses: '[{"IPAddress"' },
    ].map((bad) => read([line(bad)]).told[0].reason)
    expect(reasons).toEqual([
      'adapter is not up',
      'adapter without address',
      'IPAddresses is no JSON',
    ])
  })

  test('DeviceLogonEvents', () => {
    const row = {
      Timestamp: '2026-09-21T14:00:00Z',
      DeviceId: deviceId,
      DeviceName: 'pc-7',
      ActionType: 'LogonSuccessAggregatedReport',
      LogonType: 'Interactive',
      AccountDomain: 'CORP',
      AccountName: 'ann',
      AccountSid: 'S-1-5-21-7',
    }
    expect(read([line(row)]).tables.logons).toMatchObject([
      { user: 'CORP\\ann', logon_type: 'Interactive', action: 'LogonSuccess' },
    ])
    const nobody = { ...row, AccountName: null, AccountSid: null }
    expect(read([line(nobody)]).told).toMatchObject([{ outcome: 'skipped', reason: 'no account' }])
  })
})

describe('lines', () => {
  test('many records in one object, each with an outcome of its own', () => {
    const records = [
      enveloped(networkEvent()),
      enveloped({ ProcessId: 1 }, 'DeviceProcessEvents'),
      enveloped(networkEvent({ RemoteIP: 'nowhere' })),
      7,
    ]
    const { told } = read([line({ records })])
    expect(told.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['transaction', ''],
      ['skipped', 'table is not used'],
      ['unparsed', 'RemoteIP is no address'],
      ['unparsed', 'not a row'],
    ])
    // kept by itself: what is read of the line counts already
    expect(told[2].text).toBe(JSON.stringify(records[2]))
  })

  test.each([
    ['an answer of the API', { Schema: [], Results: [networkEvent()] }],
    ['an answer of Graph', { schema: [], results: [networkEvent()] }],
    ['a list', [networkEvent()]],
  ])('%s', (_, value) => {
    expect(read([line(value)]).tables.connections).toHaveLength(1)
  })

  test.each([
    ['', 'skipped', 'empty line'],
    ['{"a":1', 'unparsed', 'no JSON and no Windows event'],
    ['"text"', 'unparsed', 'not a row'],
    ['{"a":1}', 'unparsed', 'its table is not known'],
    ['{"records":[]}', 'skipped', 'no records'],
    ['<xml/>', 'unparsed', 'no Windows event'],
    [
      '{"category":"AdvancedHunting-DeviceInfo","properties":[]}',
      'unparsed',
      'its table is not known',
    ],
    [
      '{"__proto__":{"DeviceId":"x"},"Timestamp":"2026-01-01T00:00:00Z"}',
      'unparsed',
      'its table is not known',
    ],
  ])('%s', (text, outcome, reason) => {
    expect(read([text]).told).toMatchObject([{ outcome, reason }])
  })

  test('a row that is longer than a line may be', () => {
    const event = networkEvent({ More: 'x'.repeat(lineLimits.lineBytes) })
    expect(read([line(event)]).told).toMatchObject([{ reason: 'row is too long' }])
  })

  test('an address is noted once a minute, whatever the rows are', () => {
    const events = [20, 21, 59].map((second) =>
      line(networkEvent({ Timestamp: `2026-09-21T14:13:${second}Z`, ReportId: second })),
    )
    const { tables } = read(events)
    expect(tables.connections).toHaveLength(3)
    expect(tables.rows).toBe(4)
    expect(tables.hours()).toEqual([Date.UTC(2026, 8, 21, 14)])
  })
})
