/** The simulated company in small (test/bench/merge.ts runs it in large): right, exact, and the same however its hours are grouped. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build, report, scores } from '../bench/merge-truth.ts'
import type { Stand } from '../bench/merge-truth.ts'

const options = {
  seed: 7, people: 160, hours: 4, connections: 14_000, from: Date.UTC(2026, 9, 12, 8) / 1000, natShare: 0.05, lost: 0.02, doubled: 0.01, skew: 90,
} // prettier-ignore

let stand: Stand
beforeAll(async () => {
  stand = await build(options, 900_000_000)
  while ((await stand.merge.recomputeDirty(24, report, true)) > 0);
}, 240_000)
afterAll(() => stand.close())

test('bytes are exact, and nothing counts twice', async () => {
  const [sums] = await stand.store.query<{ transactions: number; bytes: number }>(
    `SELECT sum(transactions) AS transactions, sum(bytes_down) AS bytes FROM db.current_usage AS usage WHERE report = '${report}'`,
  )
  expect(sums.bytes).toBe(stand.bytes)
  expect(Math.abs(sums.transactions - stand.visits) / stand.visits).toBeLessThanOrEqual(0.001)
})

test('devices and users are who they are', { timeout: 180_000 }, async () => {
  const rows = (await scores(stand, options)).filter(({ place }) =>
    ['office', 'branch', 'vpn', 'proxy'].includes(place),
  )
  const sum = (key: Exclude<keyof (typeof rows)[number], 'place'>): number =>
    rows.reduce((all, row) => all + row[key], 0)
  expect(sum('connections')).toBeGreaterThan(8000)
  expect(sum('device_right') / sum('device_named')).toBeGreaterThanOrEqual(0.995)
  expect(sum('device_right') / sum('device_truth')).toBeGreaterThanOrEqual(0.95)
  expect(sum('user_right') / sum('user_named')).toBeGreaterThanOrEqual(0.99)
  expect(sum('user_right') / sum('user_truth')).toBeGreaterThanOrEqual(0.93)
})

test('one hour at a time gives what all hours at once gave', { timeout: 400_000 }, async () => {
  const digest = async (): Promise<unknown> =>
    stand.store.query(
      `SELECT toUnixTimestamp(hour) AS at, count() AS rows, groupBitXor(cityHash64(source, host, user, user_form, device, device_id, process, src_ip, action,
         seen_by, agent_source, device_rule, user_rule, host_rule, transactions, bytes_down)) AS digest
       FROM db.current_usage AS usage WHERE report = '${report}' GROUP BY at ORDER BY at`,
    )
  const before = await digest()
  await stand.store.command(
    `INSERT INTO db.dirty_hours (report, hour, mark) SELECT report, hour, (SELECT max(generation) FROM db.usage_hours) FROM db.usage_hours GROUP BY report, hour`,
  )
  for (let i = 0; i < options.hours + 2; i++) await stand.merge.recomputeDirty(1, report)
  expect(await stand.merge.dirty(1, report)).toEqual([])
  expect(await digest()).toEqual(before)
})
