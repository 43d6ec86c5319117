/** From a sealed segment of agent rows into the four tables: once, with a ledger that balances and hours that are marked. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ledgerSums, ledgerTotals } from '../../src/report/ledger-queries.ts'
import { openInside, receivedAtMs } from '../store/store-parts.ts'
import type { Inside } from '../store/store-parts.ts'
import { deviceId, enveloped, networkEvent, windowsEvent } from './agent-parts.ts'

let inside: Inside
beforeAll(async () => {
  inside = await openInside()
}, 60_000)
afterAll(() => inside.close())
beforeEach(async () => {
  for (const table of ['device_connections', 'device_addresses', 'device_logons', 'devices'])
    await inside.store.command(`TRUNCATE TABLE db.${table}`)
  for (const table of ['ledger', 'unparsed', 'dirty_hours', 'flows'])
    await inside.store.command(`TRUNCATE TABLE db.${table}`)
})

const everything = { report: 'continuous', source: null, fromMs: null, toMs: null }
const stream = { key: 'defender:main', listener: 'defender-storage', source: 'endpoints' }
const at = new Date(receivedAtMs - 90_000).toISOString()
const hour = Math.floor((receivedAtMs - 90_000) / 3_600_000) * 3600

const event = (more: Record<string, unknown> = {}): string =>
  JSON.stringify(enveloped(networkEvent({ Timestamp: at, ...more })))

async function count(table: string): Promise<number> {
  const [{ n }] = await inside.store.query<{ n: number }>(
    `SELECT count() AS n FROM db.${table} ${['unparsed', 'flows'].includes(table) ? '' : 'FINAL'}`,
  )
  return n
}

test('rows of all tables, and the hours they touch', async () => {
  const info = {
    Timestamp: at,
    DeviceId: deviceId,
    DeviceName: 'PC-7.corp.example',
    OSPlatform: 'Windows11',
    OnboardingStatus: 'Onboarded',
    SensorHealthState: 'Active',
    LoggedOnUsers: '[{"UserName":"ann","DomainName":"CORP"}]',
  }
  await inside.take('all', [event(), JSON.stringify(info)], stream)
  expect(
    await inside.store.query(
      'SELECT toString(device) AS device, toString(user) AS user, toString(user_account) AS account, remote_port, toString(host) AS host, toString(role) AS role, toUnixTimestamp64Milli(at) AS ms FROM db.device_connections',
    ),
  ).toEqual([
    {
      device: 'PC-7.corp.example',
      user: 'ann@corp.example',
      account: 'CORP\\ann',
      remote_port: 443,
      host: 'files.example.com',
      role: 'connection',
      ms: receivedAtMs - 90_000,
    },
  ])
  expect(
    await inside.store.query('SELECT device, toString(prerequisites) AS verdict FROM db.devices'),
  ).toEqual([{ device: 'PC-7.corp.example', verdict: 'met' }])
  expect([await count('device_addresses'), await count('device_logons')]).toEqual([1, 1])
  expect(
    await inside.store.query('SELECT DISTINCT toUnixTimestamp(hour) AS hour FROM db.dirty_hours'),
  ).toEqual([{ hour }])
  expect(inside.ingest.streams().find(({ key }) => key === stream.key)).toMatchObject({
    format: 'DEFENDER',
    confidence: 1,
    transactions: 2,
  })
})

test('the same row by another segment is one row', async () => {
  await inside.take('first', [event({ ReportId: 1 }), event({ ReportId: 2 })], stream)
  await inside.take('second', [event({ ReportId: 2 }), event({ ReportId: 3 })], stream)
  expect(await count('device_connections')).toBe(3)
})

test('the same segment again changes nothing, not in the ledger either', async () => {
  const lines = [event({ ReportId: 9 }), 'no row']
  await inside.take('again', lines, stream)
  await inside.take('again', lines, stream)
  expect(await count('device_connections')).toBe(1)
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ received: 2, unparsed: 1 })
})

test('each record ends as one outcome, and the ledger balances', async () => {
  const records = [1, 2].map((ReportId) => enveloped(networkEvent({ Timestamp: at, ReportId })))
  const lines = [
    JSON.stringify({ records: [...records, enveloped(networkEvent({ Timestamp: 'x' }))] }),
    event({ ActionType: 'ListeningConnectionCreated' }),
    event({ Timestamp: '2099-01-01T00:00:00Z' }),
    event({ Timestamp: '2001-01-01T00:00:00Z' }),
    'no row',
  ]
  await inside.take('mixed', lines, stream)
  const sums = await ledgerSums(inside.store, everything)
  expect(sums.map(({ outcome, reason, lines: n }) => [outcome, reason, n])).toEqual([
    ['received', '', 7],
    ['skipped', 'listening socket', 1],
    ['transaction', '', 2],
    ['unparsed', 'impossible date', 1],
    ['unparsed', 'no JSON and no Windows event', 1],
    ['unparsed', 'time before the retention', 1],
    ['unparsed', 'time in the future', 1],
  ])
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ unbalanced: 0 })
  expect(await count('unparsed')).toBe(4)
})

test('a snapshot’s rows stand apart, whatever their age', async () => {
  const old = event({ Timestamp: '2019-05-17T09:00:00Z' })
  await inside.take('snap', [old], { ...stream, key: 'upload:1', report: 'snapshot-1' })
  expect(
    await inside.store.query('SELECT toString(report) AS report FROM db.device_connections'),
  ).toEqual([{ report: 'snapshot-1' }])
})

test('Windows events in a log become agent rows; what tells no connection stays a line', async () => {
  const stamp = new Date(receivedAtMs - 90_000).toISOString().replace('T', ' ').slice(0, 23)
  const json = {
    EventTime: '2026-10-15 11:30:06',
    Hostname: 'PC-2.example.com',
    EventID: 3,
    SourceName: 'Microsoft-Windows-Sysmon',
    UtcTime: stamp,
    Image: 'C:\\x.exe',
    User: 'CORP\\ben',
    Protocol: 'tcp',
    Initiated: 'true',
    SourceIp: '192.0.2.14',
    SourcePort: '3890',
    DestinationIp: '203.0.113.10',
    DestinationPort: '443',
  }
  const lines = [
    `<13>1 2026-10-15T09:59:00Z PC-1 Sysmon - - - ${windowsEvent(3, { UtcTime: stamp, User: 'CORP\\ann', Protocol: 'tcp', Initiated: 'true', SourceIp: '192.0.2.10', SourcePort: '49718', DestinationIp: '203.0.113.5', DestinationHostname: 'www.dropbox.com', DestinationPort: '443' }, 'Microsoft-Windows-Sysmon')}`,
    `<13>Oct 15 09:59:00 PC-2 ${JSON.stringify(json)}`,
    `<13>Oct 15 09:59:00 PC-2 ${JSON.stringify({ ...json, UtcTime: '2026-13-45 10:00:00', RecordNumber: 9 })}`,
    `<13>Oct 15 09:59:00 PC-1 ${windowsEvent(4688, { NewProcessName: 'C:\\x.exe' })}`,
  ]
  await inside.take('wef', lines, { source: 'wef' })
  expect(
    await inside.store.query(
      'SELECT toString(device) AS device, toString(user) AS user, toString(host) AS host, toString(kind) AS kind, toString(source) AS source FROM db.device_connections ORDER BY user',
    ),
  ).toEqual([
    { device: 'pc-9.corp.example', user: 'CORP\\ann', host: 'www.dropbox.com', kind: 'sysmon-3', source: 'wef' },
    { device: 'pc-2.example.com', user: 'CORP\\ben', host: '', kind: 'sysmon-3', source: 'wef' },
  ]) // prettier-ignore
  expect(await count('flows')).toBe(0)
  const sums = await ledgerSums(inside.store, everything)
  expect(sums.map(({ outcome, reason, lines: n }) => [outcome, reason, n])).toEqual([
    ['received', '', 4],
    ['skipped', 'event tells no connection', 1],
    ['transaction', '', 2],
    ['unparsed', 'impossible date', 1],
  ])
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ unbalanced: 0 })
})
