/** Partners, overlap and traces over a merged hour. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appSeenBy, pictureOf } from '../../src/report/merged.ts'
import { overlapOf } from '../../src/report/overlap.ts'
import { traceOf } from '../../src/report/trace.ts'
import { usesOf } from '../../src/report/usage-details.ts'
import { hour, openMerge } from '../merge/merge-parts.ts'
import type { MergeStand } from '../merge/merge-parts.ts'

let stand: MergeStand
let report = ''
const scope = () => ({ report, source: null as string | null, fromMs: null, toMs: null })
const at = hour + 600

beforeAll(async () => {
  stand = await openMerge()
  report = stand.report()
  const ann = { device_id: 'd1', user: 'ann@example.com', process: 'msedge.exe' }
  await stand.flows(report, [
    { minute: at, src_port: 50001, bytes: 1000 },
    { minute: at + 60, src_ip: '10.0.0.8', dst_host: 'captive.apple.com', bytes: 5 },
    { minute: at + 60, src_ip: '10.0.0.9', user: 'EXAMPLE\\zoe', bytes: 5 },
  ])
  await stand.connections(report, [
    { ...ann, at: at + 5, local_port: 50001, host: 'files.slack.com' },
    { ...ann, at: at + 3600, local_ip: '192.168.1.4', host: 'www.dropbox.com' },
    {
      device_id: 'd2',
      user: 'ann@example.com',
      at,
      local_ip: '192.168.1.5',
      host: 'www.dropbox.com',
    },
    {
      device_id: 'd2',
      user: 'ben@example.com',
      at: at + 9,
      local_ip: '192.168.1.5',
      host: 'www.dropbox.com',
    },
  ])
  await stand.addresses(report, [{ at, device_id: 'd1', ip: '10.0.0.1' }])
  await stand.usage(report)
}, 60_000)
afterAll(() => stand.close())

test('all devices of a user, with where he was seen', async () => {
  const picture = await pictureOf(stand.store, scope(), {
    column: 'user',
    value: 'ann@example.com',
  })
  expect(picture).toMatchObject({
    network: 0,
    agent: 2,
    both: 1,
    sources: ['defender', 'edge'],
    users: [],
  })
  expect(picture?.devices.map(({ name, both, agent }) => [name, both, agent])).toEqual([
    ['d1.example.com', 1, 1],
    ['d2.example.com', 0, 1],
  ])
  expect(picture?.addresses.map(({ name }) => name).sort()).toEqual([
    '10.0.0.1',
    '192.168.1.4',
    '192.168.1.5',
  ])
  expect(picture?.firstSeen).toBe('2026-10-15T10:10:00Z')
})

test.each([
  ['slack', { network: 0, agent: 0, both: 1 }, [['msedge.exe', 1]]],
  ['dropbox', { network: 0, agent: 3, both: 0 }, [['msedge.exe', 1]]],
])(
  '%s: on and off the network, by which programs, as far as agents tell',
  async (app, seenBy, programs) => {
    expect(await appSeenBy(stand.store, scope(), app)).toEqual(seenBy)
    const uses = await usesOf(stand.store, scope(), 'process', { column: 'app_id', value: app })
    expect(uses.map(({ name, transactions }) => [name, transactions])).toEqual(programs)
  },
)

test('all users of a device', async () => {
  const picture = await pictureOf(stand.store, scope(), {
    column: 'device',
    value: 'd2.example.com',
  })
  expect(picture?.users.map(({ name }) => name).sort()).toEqual([
    'ann@example.com',
    'ben@example.com',
  ])
})

test('nobody of this name', async () => {
  expect(await pictureOf(stand.store, scope(), { column: 'user', value: 'nobody' })).toBeNull()
})

test('overlap: shares before and after, unknown addresses, devices no firewall saw', async () => {
  const overlap = await overlapOf(stand.store, scope())
  const share = (n: number): unknown => expect.closeTo(n, 5)
  expect(overlap.sources).toMatchObject([
    {
      source: 'edge', transactions: 3, withDevice: share(1 / 3), withUser: share(2 / 3), ownDevice: 0, ownUser: share(1 / 3), withAgent: share(1 / 3),
    },
  ]) // prettier-ignore
  expect(overlap.unknownAddresses.map(({ address, guess }) => [address, guess])).toEqual([
    ['10.0.0.8', 'phone or tablet'],
    ['10.0.0.9', 'unknown'],
  ])
  expect(overlap.unknownAddressCount).toBe(2)
  expect(overlap.unseenDevices.map(({ device, transactions }) => [device, transactions])).toEqual([
    ['d2.example.com', 2],
  ])
})

test("a feed's own report has what the network saw too, with its bytes", async () => {
  const picture = await pictureOf(
    stand.store,
    { ...scope(), source: 'defender' },
    { column: 'user', value: 'ann@example.com' },
  )
  expect([picture?.agent, picture?.both]).toEqual([2, 1])
})

test('a trace shows rules, log minutes, agent rows, lease', async () => {
  const trace = await traceOf(stand.store, scope(), {
    app: null, host: 'files.slack.com', user: 'ann@example.com', device: null, address: null,
  }) // prettier-ignore
  expect(trace).toMatchObject({
    transactions: 1,
    bytesTotal: 1000,
    rules: [{ device: 'port', user: 'port', host: 'port', seenBy: ['network', 'agent'] }],
    flows: [
      { source: 'edge', srcIp: '10.0.0.1', srcPort: 50001, dstIp: '203.0.113.9', bytesTotal: 1000 },
    ],
    agentRows: [
      {
        device: 'd1.example.com',
        user: 'ann@example.com',
        host: 'files.slack.com',
        localPort: 50001,
      },
    ],
    leases: [{ address: '10.0.0.1', deviceId: 'd1' }],
  })
})

test('a trace of nothing is empty', async () => {
  const trace = await traceOf(stand.store, scope(), {
    app: null, host: "'); DROP TABLE usage; --", user: null, device: null, address: null,
  }) // prettier-ignore
  expect([trace.rules, trace.flows, trace.agentRows]).toEqual([[], [], []])
})
