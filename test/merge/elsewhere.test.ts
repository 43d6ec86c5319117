/** Devices that have an address of the network elsewhere: their public addresses, and what was seen of their like, tell them apart. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { hour, openMerge } from './merge-parts.ts'
import type { MergeStand, UsageSeen } from './merge-parts.ts'

// each case is a whole merge, some 60 statements: a second, and many on a busy machine
vi.setConfig({ testTimeout: 240_000 })

let stand: MergeStand
beforeAll(async () => {
  stand = await openMerge()
}, 60_000)
afterAll(() => stand.close())

const at = hour + 600
const devices = Array.from({ length: 12 }, (_, i) => i)
const home = (i: number): string => `100.64.0.${i + 1}`

/**
 * Twelve devices, each with an address of `net` and a public address of its own (or `site` for all), and one connection; beside them
 * twelve more that share a public address. The firewall saw the connections of `seen`, and of the first address a flow of its own.
 */
async function merged(
  net: string,
  seen: readonly number[],
  publicIp: (i: number) => string = home,
): Promise<UsageSeen[]> {
  const report = stand.report()
  await stand.flows(report, [
    { minute: at + 300, src_ip: `${net}.1`, dst_ip: '203.0.113.250', bytes: 1000 },
    ...seen.map((i) => ({
      minute: at, src_ip: `${net}.${i + 1}`, dst_ip: `203.0.113.${i + 1}`, bytes: 10,
    })),
  ]) // prettier-ignore
  await stand.connections(
    report,
    devices.map((i) => ({
      at: at + 5, device_id: `d${i}`, local_ip: `${net}.${i + 1}`, remote_ip: `203.0.113.${i + 1}`, user: 'ann@example.com',
    })),
  ) // prettier-ignore
  await stand.addresses(
    report,
    devices.flatMap((i) => [
      { at: hour + 5, device_id: `d${i}`, ip: `${net}.${i + 1}` },
      { at: hour + 20, device_id: `d${i}`, ip: publicIp(i), kind: 'public' },
      { at: hour + 20, device_id: `office${i}`, ip: '192.0.2.1', kind: 'public' },
    ]),
  )
  return stand.usage(report)
}

const short = (usage: readonly UsageSeen[], host: string): unknown[] =>
  usage
    .filter((row) => row.host === host)
    .map((row) => [row.device_id, row.device_rule, row.seen_by.join('+')])

test.each<[string, string, number[], (i: number) => string, [string, string, string]]>([
  ['at home: the address is not theirs here', '192.168.1', [], home, ['', '', 'network']],
  ['at the site', '192.168.1', [], () => '192.0.2.1', ['d0', 'lease', 'network']],
  ['split-tunnel VPN, seen by the firewall', '172.20.0', devices, home, ['d0', 'lease', 'network']],
])('%s', async (_, net, seen, publicIp, want) => {
  expect(short(await merged(net, seen, publicIp), '203.0.113.250')).toEqual([want])
})

test('at home, and one connection meets a flow of the branch by chance: both count', async () => {
  const usage = await merged('192.168.1', [0])
  expect(short(usage, '203.0.113.1')).toEqual([
    ['d0', 'agent', 'agent'],
    ['', '', 'network'],
  ])
  expect(usage.reduce((sum, row) => sum + row.transactions, 0)).toBe(14)
})
