/** Hours larger than the memory: in slices, with the same result; and what becomes of an hour that cannot be merged. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OperatingError } from '../../src/errors.ts'
import { mergeLimits } from '../../src/limits.ts'
import { Merge } from '../../src/merge/merge.ts'
import type { MergeOptions } from '../../src/merge/merge.ts'
import { ownerOf } from '../../src/merge/owner.ts'
import { slicesOf } from '../../src/merge/slices.ts'
import type { Store } from '../../src/store/store.ts'
import { hour, openMerge, testCatalog } from './merge-parts.ts'
import type { FlowRow, MergeStand } from './merge-parts.ts'

let stand: MergeStand
let nowMs = Date.UTC(2026, 9, 21)
beforeAll(async () => {
  stand = await openMerge()
}, 60_000)
afterAll(() => stand.close())

const window = (report: string) => ({ report, from: hour, to: hour + 3600 })

/** `counts`: flows of each client address; each to a destination of its own. */
function flowsOf(counts: Record<string, number>): Partial<FlowRow>[] {
  return Object.entries(counts).flatMap(([src_ip, count]) =>
    Array.from({ length: count }, (_, i) => ({
      src_ip, dst_ip: `203.0.113.${i}`, dst_host: `host${i}.example`, record: 'web' as const, bytes: 100,
    })),
  ) // prettier-ignore
}

test.each<[string, Record<string, number>, number, [string, string, number][]]>([
  ['no flows: one slice all the same', {}, 10, [['', '', 1]]],
  ['all in one', { '10.0.0.1': 3, '10.0.0.2': 3 }, 10, [['10.0.0.1', '10.0.0.2', 1]]],
  [
    'ranges of addresses',
    { '10.0.0.1': 3, '10.0.0.2': 3, '10.0.0.3': 3, '10.0.0.4': 3 },
    6,
    [
      ['10.0.0.1', '10.0.0.2', 1],
      ['10.0.0.3', '10.0.0.4', 1],
    ],
  ],
  [
    'one address larger than a slice: divided by destination',
    { '10.0.0.1': 2, '10.0.0.2': 25, '10.0.0.3': 2 },
    10,
    [
      ['10.0.0.1', '10.0.0.1', 1],
      ['10.0.0.2', '10.0.0.2', 3],
      ['10.0.0.2', '10.0.0.2', 3],
      ['10.0.0.2', '10.0.0.2', 3],
      ['10.0.0.3', '10.0.0.3', 1],
    ],
  ],
])('%s', async (_, counts, size, want) => {
  const report = stand.report()
  await stand.flows(report, flowsOf(counts))
  const slices = await slicesOf(stand.store, window(report), size)
  expect(slices.map(({ low, high, parts }) => [low, high, parts])).toEqual(want)
  expect(slices.map(({ slice }) => slice)).toEqual(slices.map((__, i) => i))
})

/** The stand's store behind a door, merged by a merge of its own. */
async function mergeOn(store: Store, options: MergeOptions): Promise<Merge> {
  return new Merge(store, await testCatalog(), () => nowMs++, options)
}

const usageOf = (report: string) =>
  stand.store.query(
    `SELECT host, user, device_id, src_ip, action, seen_by, device_rule, user_rule, host_rule, sum(transactions) AS n, sum(bytes_total) AS bytes
     FROM db.current_usage AS usage WHERE report = {report:String}
     GROUP BY ALL ORDER BY ALL`,
    { report },
  )

test('many slices give what one gave: pairs, agents, a NAT', { timeout: 240_000 }, async () => {
  const report = stand.report()
  const clients = Array.from({ length: 6 }, (_, i) => `10.0.0.${i}`)
  await stand.flows(report, [
    ...clients.flatMap((src_ip, i): Partial<FlowRow>[] => [
      { src_ip, src_port: 5000 + i, dst_ip: `203.0.113.${i}`, bytes: 1000 + i },
      {
        src_ip, src_port: 5000 + i, dst_ip: `203.0.113.${i}`, record: 'web', dst_host: `a${i}.example`, user: `EXAMPLE\\u${i}`,
      },
      // without a device
      { src_ip: '10.9.9.9', src_port: 0, dst_ip: `203.0.113.${i}`, bytes: 7 },
      { src_ip: '', src_port: 0, dst_ip: '', record: 'web', dst_host: `b${i}.example`, bytes: 7 },
    ]),
    ...Array.from({ length: 9 }, (_, i) => ({
      src_ip: '198.51.100.1', dst_ip: `198.18.0.${i}`, minute: hour + i * 300, bytes: 50,
    })),
    // a client with more than a slice, which is divided
    ...Array.from({ length: 25 }, (_, i) => ({ src_ip: '10.0.0.1', dst_ip: `198.19.0.${i}`, bytes: 9 })),
  ]) // prettier-ignore
  await stand.connections(report, [
    ...clients.map((local_ip, i) => ({
      device_id: `d${i}`, local_ip, local_port: 5000 + i, remote_ip: `203.0.113.${i}`, user: `EXAMPLE\\u${i}`, user_sid: `S-1-5-21-1-2-3-${i}`,
    })),
    ...Array.from({ length: 9 }, (_, i) => ({
      device_id: 'behind', local_ip: '192.168.1.7', local_port: 6000 + i, remote_ip: `198.18.0.${i}`, at: hour + i * 300 + 10,
    })),
    ...Array.from({ length: 20 }, (_, i) => ({
      device_id: 'd1', local_ip: '10.0.0.1', remote_ip: `198.19.0.${i}`, host: `s${i}.example`, user: 'EXAMPLE\\u1',
    })),
    { device_id: 'home', local_ip: '192.168.1.8', remote_ip: '198.18.1.1', host: 'c.example' },
  ]) // prettier-ignore
  await stand.usage(report)
  const want = await usageOf(report)
  expect(want.length).toBeGreaterThan(45)
  const merge = await mergeOn(stand.store, { sliceRows: 26 })
  await stand.flows(report, [{ src_ip: '10.0.0.1', dst_ip: '203.0.113.250', bytes: 1 }])
  await stand.store.command(
    `DELETE FROM db.flows WHERE report = '${report}' AND dst_ip = '203.0.113.250'`,
  )
  await merge.recomputeDirty(24, report, true)
  expect(merge.status().slices).toBeGreaterThan(2)
  expect(await usageOf(report)).toEqual(want)
})

test('an hour of agents larger than the memory: what no network saw', { timeout: 300_000 }, async () => {
  const report = stand.report()
  const rows = 120_000
  await stand.flows(report, flowsOf({ '10.0.0.1': 20 }))
  await stand.store.command(
    `INSERT INTO db.device_connections (report, at, device_id, device, local_ip, remote_ip, remote_port, host, action, role, events, source, feed_row)
     SELECT '${report}', toDateTime64(${hour} + number % 3600, 3, 'UTC'), concat('d', toString(number % 9000)), concat('pc-', toString(number % 9000)),
       concat('192.168.1.', toString(number % 250)), concat('198.18.', toString(number % 200), '.', toString(number % 250)), 443,
       concat('h', toString(number % 500), '.example'), 'allowed', 'connection', 1, 'defender', number + 1 FROM numbers(${rows})`,
  )
  // the bound of all statements together, as if the store had so much
  const merge = await mergeOn(stand.store, { memoryBytes: 110_000_000 })
  await merge.recomputeDirty(24, report, true)
  const { slices, failures } = merge.status()
  expect(failures).toBe(0)
  expect(slices).toBeGreaterThanOrEqual(2)
  const [sum] = await stand.store.query(
    `SELECT sumIf(transactions, seen_by = ['agent']) AS agents, sumIf(transactions, seen_by != ['agent']) AS network FROM db.current_usage AS usage WHERE report = '${report}'`,
  )
  expect(sum).toEqual({ agents: rows, network: 20 })
}) // prettier-ignore

test(
  'rows of agents without an address of their own are divided, too',
  { timeout: 240_000 },
  async () => {
    const report = stand.report()
    await stand.connections(
    report,
    Array.from({ length: 25 }, (_, i) => ({
      local_ip: '', remote_ip: `198.18.0.${i}`, host: `n${i}.example`, device_id: `d${i}`,
    })),
  ) // prettier-ignore
    const slices = await slicesOf(stand.store, window(report), 10)
    expect(slices.map(({ low, high, parts }) => [low, high, parts])).toEqual([['', '', 3], ['', '', 3], ['', '', 3]]) // prettier-ignore
    const merge = await mergeOn(stand.store, { sliceRows: 10 })
    await merge.recomputeDirty(24, report, true)
    expect(await usageOf(report)).toHaveLength(25)
  },
)

describe('a statement that fails', () => {
  /** The store, with `fault` asked before each statement. */
  const faulty = (fault: (sql: string, params: Record<string, unknown>) => string | null): Store =>
    new Proxy(stand.store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'command' || typeof value !== 'function') {
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
        return async (sql: string, params: Record<string, unknown> = {}, settings = {}) => {
          const text = fault(sql, params)
          if (text !== null) throw new OperatingError('STORE_FAILED', `cannot change the store: ${text}`)
          await target.command(sql, params, settings)
        }
      },
    }) // prettier-ignore

  test('for memory: again with slices of half the size', { timeout: 120_000 }, async () => {
    const report = stand.report()
    await stand.flows(
      report,
      flowsOf({ '10.0.0.1': 20, '10.0.0.2': 20, '10.0.0.3': 20, '10.0.0.4': 20 }),
    )
    let refused = 0
    const store = faulty((sql) =>
      sql.includes('db.merge_visits ENGINE') && refused++ < 1
        ? 'Query memory limit exceeded'
        : null,
    )
    const merge = await mergeOn(store, { sliceRows: 100_000 })
    await merge.recomputeDirty(24, report, true)
    const { failures, memoryFailures, failing } = merge.status()
    expect({ failures, memoryFailures, failing }).toEqual({
      failures: 1,
      memoryFailures: 1,
      failing: [],
    })
    expect(await usageOf(report)).toHaveLength(80)
  })

  test('again and again: it waits longer each time, the others do not', { timeout: 120_000 }, async () => {
    const report = stand.report()
    const bad = hour + 5 * 3600
    await stand.flows(report, [{ bytes: 5 }, { bytes: 6, minute: bad }])
    let broken = true
    const store = faulty((_, params) => (broken && params.from === bad ? 'disk is full' : null))
    const merge = await mergeOn(store, {})
    const try_ = async () => merge.recomputeDirty(24, report)
    await expect(try_()).rejects.toThrow('disk is full')
    const [first] = merge.status().failing
    expect(first).toMatchObject({ report, hour: bad, tries: 1 })
    expect(first.reason).toContain('disk is full')
    expect(await usageOf(report)).toHaveLength(1)
    expect(await try_()).toBe(0)
    nowMs = first.nextMs
    await expect(try_()).rejects.toThrow('disk is full')
    const [second] = merge.status().failing
    expect(second.tries).toBe(2)
    expect(second.nextMs - nowMs).toBeGreaterThan(1.5 * mergeLimits.retryMs)
    nowMs = second.nextMs
    broken = false
    expect(await try_()).toBe(1)
    expect(merge.status().failing).toEqual([])
    expect(await usageOf(report)).toHaveLength(1)
  }) // prettier-ignore

  test('a table that could not be dropped is not in the way of the next try', { timeout: 120_000 }, async () => {
    const report = stand.report()
    await stand.flows(report, [{ bytes: 5 }])
    let refusing = true
    const store = faulty((sql) => (refusing && sql.startsWith('DROP') ? 'disk is full' : null))
    const merge = await mergeOn(store, {})
    await expect(merge.recomputeDirty(24, report)).rejects.toThrow('disk is full')
    refusing = false
    nowMs = merge.status().failing[0].nextMs
    expect(await merge.recomputeDirty(24, report)).toBe(1)
    expect(await usageOf(report)).toHaveLength(1)
  }) // prettier-ignore
})

test(
  'two appliances on one database: each has tables of its own, and drops only those',
  { timeout: 240_000 },
  async () => {
    const report = stand.report()
    await stand.flows(report, flowsOf({ '10.0.0.1': 5 }))
    await stand.connections(report, [{ local_ip: '10.0.0.1', remote_ip: '203.0.113.1' }])
    await stand.store.command('CREATE TABLE db.merge_bbbb_flows (id UInt8) ENGINE = Memory')
    const names: string[] = []
    const seen = new Proxy(stand.store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (sql: string, ...rest: unknown[]) => {
          if (typeof sql === 'string') names.push(...(sql.match(/db\.merge_\w+/g) ?? []))
          return (value as (...all: unknown[]) => unknown).call(target, sql, ...rest)
        }
      },
    })
    const merge = await mergeOn(seen, { owner: 'aaaa' })
    await merge.recomputeDirty(24, report, true)
    expect(await usageOf(report)).toHaveLength(5)
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !name.startsWith('db.merge_aaaa_'))).toEqual([])
    const left = await stand.store.query(
      "SELECT name FROM system.tables WHERE database = 'gnomon' AND startsWith(name, 'merge_')",
    )
    expect(left).toEqual([{ name: 'merge_bbbb_flows' }])
    await stand.store.command('DROP TABLE db.merge_bbbb_flows')
  },
)

test('the name of an appliance stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-owner-'))
  const owner = await ownerOf(folder)
  expect(owner).toMatch(/^[0-9a-f]{8}$/)
  expect(await ownerOf(folder)).toBe(owner)
  await rm(folder, { recursive: true })
})

test('a merge that is stopped leaves what was there', { timeout: 120_000 }, async () => {
  const report = stand.report()
  await stand.flows(report, flowsOf({ '10.0.0.1': 5 }))
  await stand.usage(report)
  await stand.flows(report, flowsOf({ '10.0.0.2': 5 }))
  const merge = await mergeOn(stand.store, {})
  const running = merge.recomputeDirty(24, report, true)
  const ended = expect(running).rejects.toThrow('stopped')
  await merge.stop()
  await ended
  expect(await usageOf(report)).toHaveLength(5)
  const left = await stand.store.query(
    "SELECT name FROM system.tables WHERE database = 'gnomon' AND startsWith(name, 'merge_')",
  )
  expect(left).toEqual([])
})
