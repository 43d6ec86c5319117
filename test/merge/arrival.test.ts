/** The rows of flows and agents may come in any order, and be merged in between: the result is the same. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../bench/merge-truth.ts'
import type { Stand } from '../bench/merge-truth.ts'

const options = {
  seed: 11, people: 40, hours: 2, connections: 700, from: Date.UTC(2026, 9, 12, 8) / 1000, natShare: 0.2, lost: 0.02, doubled: 0.02, skew: 90,
} // prettier-ignore

/** What tells the rows of a table apart. */
const tables = {
  flows:
    'toString(minute), toString(src_ip), src_port, toString(dst_ip), toString(dst_host), bytes_up',
  device_connections: 'feed_row',
  device_addresses: 'toString(device_id), toString(at), toString(kind)',
  device_logons: 'toString(device_id), toString(at)',
} as const

let stand: Stand
beforeAll(async () => {
  stand = await build(options, 900_000_000)
}, 60_000)
afterAll(() => stand.close())

/** Those rows of the company that `batch` has in this order of arrival; then their hours are dirty. */
async function arrive(order: number, table: keyof typeof tables, batch: number): Promise<void> {
  const report = `order${order}`
  await stand.store.command(
    `INSERT INTO db.${table} SELECT * REPLACE (toLowCardinality('${report}') AS report) FROM db.${table} AS t
     WHERE t.report = 'company' AND cityHash64(${tables[table]}, ${order}) % 2 = ${batch}`,
  )
  await stand.store.command(
    `INSERT INTO db.dirty_hours (report, hour, mark)
     SELECT '${report}', hour, (SELECT greatest(1, max(generation)) FROM db.usage_hours) FROM db.dirty_hours WHERE report = 'company'`,
  )
}

const digestOf = (order: number) =>
  stand.store.query(
    `SELECT toUnixTimestamp(hour) AS at, count() AS rows, sum(transactions) AS n, sum(bytes_down) AS bytes, countIf(device_id != '') AS with_device,
       groupBitXor(cityHash64(source, host, user, user_form, device, device_id, process, src_ip, action, seen_by, agent_source, device_rule, user_rule, host_rule,
         transactions, bytes_down, first_seen, last_seen)) AS digest
     FROM db.current_usage AS usage WHERE report = 'order${order}' GROUP BY at ORDER BY at`,
  )

test('ten random orders of arrival', { timeout: 600_000 }, async () => {
  let want: unknown[] = []
  for (let order = 0; order < 10; order++) {
    // which table is late differs, too: agents' rows before the flows, and behind them
    const names = Object.keys(tables) as (keyof typeof tables)[]
    const late = names.map((table, i) => ({ table, batch: (order >> i) & 1 }))
    for (const { table, batch } of late) await arrive(order, table, batch)
    // half of them are merged in between
    if (order % 2 === 0) await stand.merge.recomputeDirty(24, `order${order}`)
    for (const { table, batch } of late.toReversed()) await arrive(order, table, 1 - batch)
    while ((await stand.merge.recomputeDirty(24, `order${order}`, true)) > 0);
    const got = await digestOf(order)
    if (order === 0) want = got
    expect(got).toEqual(want)
  }
  expect(want.length).toBeGreaterThanOrEqual(2)
  expect(want[0]).toMatchObject({ with_device: expect.any(Number) as number })
  expect((want as { with_device: number }[])[0].with_device).toBeGreaterThan(100)
})
