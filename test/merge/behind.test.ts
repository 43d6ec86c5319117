/** Devices behind an address that is not theirs: who is told by the port, by the proxy, by the public address, and who is not. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { hour, openMerge } from './merge-parts.ts'
import type { ConnectionRow, FlowRow, MergeStand } from './merge-parts.ts'

// each case is a whole merge, some 60 statements: a second, and many on a busy machine
vi.setConfig({ testTimeout: 240_000 })

let stand: MergeStand
beforeAll(async () => {
  stand = await openMerge(['svc-*'])
}, 60_000)
afterAll(() => stand.close())

const at = hour + 600
const nat = '198.51.100.1'

/** Flows of the address to destinations 0, 1, … one a minute. */
const flowsOf = (count: number, more: (i: number) => Partial<FlowRow>): Partial<FlowRow>[] =>
  Array.from({ length: count }, (_, i) => ({
    minute: at + i * 60, src_ip: nat, dst_ip: `203.0.113.${10 + i}`, bytes: 1, ...more(i),
  })) // prettier-ignore

const connection = (i: number, more: Partial<ConnectionRow>): Partial<ConnectionRow> => ({
  at: at + i * 60 + 5, device_id: 'd1', user: 'ann@example.com', local_ip: '192.168.7.4', remote_ip: `203.0.113.${10 + i}`, ...more,
}) // prettier-ignore

/** [host, device, rule, connections, seen by] */
const seen = async (report: string) =>
  (await stand.usage(report)).map((row) => [row.host, row.device_id, row.device_rule, row.transactions, row.seen_by.join('+')]) // prettier-ignore

test('one connection that meets a flow: it counts with it, and nobody is named', async () => {
  const report = stand.report()
  await stand.flows(
    report,
    flowsOf(9, () => ({})),
  )
  await stand.connections(report, [connection(0, {})])
  const usage = await seen(report)
  expect(usage).toHaveLength(9)
  expect(usage.every(([, device]) => device === '')).toBe(true)
})

test('a connection to where the address always goes, which chance explains: the agent counts apart', async () => {
  const report = stand.report()
  await stand.flows(
    report,
    flowsOf(40, () => ({ dst_ip: '203.0.113.10' })),
  )
  await stand.connections(report, [connection(0, {})])
  const usage = await seen(report)
  expect(usage.filter(([, device]) => device === 'd1')).toEqual([
    ['203.0.113.10', 'd1', 'agent', 1, 'agent'],
  ])
  expect(usage.filter(([, device]) => device === '')).toHaveLength(1)
})

test('a device that did other things, too, is not behind it', async () => {
  const report = stand.report()
  await stand.flows(
    report,
    flowsOf(9, () => ({})),
  )
  await stand.connections(report, [
    connection(0, {}),
    connection(1, { remote_ip: '198.18.0.1' }),
    connection(2, { remote_ip: '198.18.0.2' }),
  ])
  const usage = await seen(report)
  expect(usage.filter(([, device]) => device === 'd1').map(([host]) => host)).toEqual([
    '198.18.0.1', '198.18.0.2', '203.0.113.10',
  ]) // prettier-ignore
})

test('the agent tells the public address: one connection is enough', async () => {
  const report = stand.report()
  await stand.flows(
    report,
    flowsOf(9, () => ({})),
  )
  await stand.connections(report, [connection(0, {})])
  await stand.addresses(report, [{ at: hour + 30, device_id: 'd1', ip: nat, kind: 'public' }])
  const usage = await seen(report)
  expect(usage.filter(([, device]) => device === 'd1')).toEqual([
    ['203.0.113.10', 'd1', 'nat', 1, 'network+agent'],
  ])
  expect(usage).toHaveLength(9)
})

test('two public addresses in one hour: it is not known which', async () => {
  const report = stand.report()
  await stand.flows(
    report,
    flowsOf(9, () => ({})),
  )
  await stand.connections(report, [connection(0, {})])
  await stand.addresses(report, [
    { at: hour + 30, device_id: 'd1', ip: nat, kind: 'public' },
    { at: hour + 900, device_id: 'd1', ip: '192.0.2.9', kind: 'public' },
  ])
  expect((await seen(report)).filter(([, , rule]) => rule === 'nat')).toEqual([])
})

test('the NAT keeps the port: of two flows at one time the right one', async () => {
  const report = stand.report()
  // odds beyond what a number holds
  const count = 110
  const minute = (i: number): number => at + (i % 40) * 60
  const flows = flowsOf(count, (i) => ({ minute: minute(i), src_port: 5000 + i }))
  // another device's, of which no agent tells
  const others = flows.map((row, i) => ({ ...row, src_port: 7000 + i, bytes: 100 }))
  await stand.flows(report, [...flows, ...others])
  await stand.connections(
    report,
    flows.map((_, i) => connection(i, { at: minute(i) + 5, local_port: 5000 + i })),
  )
  const usage = await stand.usage(report)
  const named = usage.filter((row) => row.device_id === 'd1')
  expect(named.map((row) => [row.transactions, row.bytes])).toEqual(flows.map(() => [1, 1]))
  const rest = usage.filter((row) => row.device_id === '')
  expect(rest.map((row) => [row.transactions, row.bytes])).toEqual(flows.map(() => [1, 100]))
})

test('a proxy that hides its clients: their agents name it', async () => {
  const report = stand.report()
  const proxy = '10.200.0.1'
  await stand.flows(
    report,
    flowsOf(9, (i) => ({ src_ip: proxy, record: 'web', dst_host: `www${i}.example` })),
  )
  await stand.connections(report, [
    connection(3, { remote_ip: proxy, remote_port: 3128, host: 'www3.example' }),
    // at home, by chance the same host at the same time, and another
    connection(4, { device_id: 'd2', local_ip: '192.168.9.9', host: 'www4.example' }),
    connection(5, {
      device_id: 'd2',
      local_ip: '192.168.9.9',
      remote_ip: '198.18.0.9',
      host: 'other.example',
    }),
  ])
  const usage = await seen(report)
  expect(usage.filter(([, device]) => device !== '')).toEqual([
    ['other.example', 'd2', 'agent', 1, 'agent'],
    ['www4.example', 'd2', 'agent', 1, 'agent'],
    ['www3.example', 'd1', 'nat', 1, 'network+agent'],
  ])
})

test.each([
  ["the system's", 'NT AUTHORITY\\SYSTEM', ''],
  ["the user's", 'ann@example.com', 'ann@example.com'],
])('a proxy log; %s connection, of which the agent tells no host', async (_, user, want) => {
  const report = stand.report()
  const own = { local_ip: '10.0.0.1', remote_ip: '10.200.0.1', remote_port: 3128 }
  await stand.flows(
    report,
    [0, 10, 20].map((i) => ({
      minute: at + i * 60, record: 'web', src_ip: '10.0.0.1', dst_ip: '', dst_host: `www${i}.example`, bytes: 1,
    })),
  ) // prettier-ignore
  await stand.connections(report, [
    connection(0, { ...own, host: 'www0.example' }),
    connection(10, { ...own, user }),
    connection(20, { ...own, host: 'www20.example' }),
  ])
  const usage = await stand.usage(report)
  expect(usage.map((row) => [row.host, row.device_id, row.user])).toEqual([
    ['www0.example', 'd1', 'ann@example.com'],
    ['www10.example', 'd1', want],
    ['www20.example', 'd1', 'ann@example.com'],
  ])
})

test('devices that share a public address say together that they are behind it; those at home are not', async () => {
  const report = stand.report()
  // the address goes to one destination for ten minutes: one connection that meets a flow there is weak evidence
  await stand.flows(
    report,
    flowsOf(10, () => ({ dst_ip: '203.0.113.10', transactions: 3 })),
  )
  const devices = [
    ...Array.from({ length: 30 }, (_, i) => ({ id: `site${i}`, ip: '192.0.2.1', minute: i % 10 })),
    // one in fifteen meets a flow by chance
    ...Array.from({ length: 300 }, (_, i) => ({
      id: `home${i}`, ip: `100.64.${i >> 8}.${i & 255}`, minute: i % 15 === 0 ? 3 : 20 + (i % 25),
    })),
  ] // prettier-ignore
  await stand.connections(
    report,
    devices.map(({ id, minute }) =>
      connection(0, { device_id: id, at: at + minute * 60 + 5, user: `${id}@example.com` }),
    ),
  )
  await stand.addresses(
    report,
    devices.map(({ id, ip }) => ({ at: hour + 30, device_id: id, ip, kind: 'public' })),
  )
  const alone = (await stand.usage(report)).filter((row) => row.seen_by.join() === 'agent')
  expect(new Set(alone.map((row) => row.device_id))).toEqual(
    new Set(Array.from({ length: 300 }, (_, i) => `home${i}`)),
  )
})

/** Merges again what is there, one hour after the other. */
async function hourByHour(report: string, hours: readonly number[]): Promise<void> {
  for (const own of hours)
    await stand.store.command(
      `INSERT INTO db.dirty_hours (report, hour, mark) SELECT '${report}', toDateTime(${own}, 'UTC'), (SELECT max(generation) FROM db.usage_hours)`,
    )
  for (let i = 0; i < hours.length; i++) await stand.merge.recomputeDirty(1, report)
}

test('odds that depend on minutes a clock stamped two hours on: the same hour by hour', async () => {
  const report = stand.report()
  const aheadSeconds = 300
  const hours = [hour, hour + 3600, hour + 7200]
  // the address goes to one destination in the second hour's first 19 minutes, and in its last five, which the clock stamps in the third
  const minutes = [...Array.from({ length: 19 }, (_, i) => i), 55, 56, 57, 58, 59]
  await stand.flows(report, [
    ...flowsOf(9, () => ({})),
    ...minutes.map((minute) => ({
      minute: hour + 3600 + minute * 60 + aheadSeconds, src_ip: nat, dst_ip: '203.0.113.200', bytes: 1,
    })),
    // by these the clock is measured
    ...hours.flatMap((own) =>
      Array.from({ length: 20 }, (_, i) => ({
        minute: own + 600 + i * 60 + aheadSeconds, src_ip: '10.0.0.1', src_port: 6000 + i, bytes: 1,
      })),
    ),
  ]) // prettier-ignore
  await stand.connections(report, [
    ...hours.flatMap((own) =>
      Array.from({ length: 20 }, (_, i) => ({
        at: own + 600 + i * 60 + 30, device_id: 'd2', local_port: 6000 + i,
      })),
    ),
    connection(0, { at: hour + 3570, remote_ip: '203.0.113.200' }),
  ]) // prettier-ignore
  const want = await stand.usage(report)
  expect(want.filter((row) => row.device_id === 'd1').map((row) => row.seen_by)).toEqual([
    ['agent'],
  ])
  await hourByHour(report, hours)
  expect(await stand.merge.dirty(1, report)).toEqual([])
  expect(await stand.usage(report)).toEqual(want)
})
