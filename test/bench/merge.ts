/**
 * How right and how fast the merge is, on a simulated company with known truth.
 *
 *     node test/bench/merge.ts --connections 700000 --people 2000 --hours 24
 */
import { parseArgs } from 'node:util'
import { build, report, scores } from './merge-truth.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '200000' },
    people: { type: 'string', default: '2000' },
    hours: { type: 'string', default: '24' },
    nat: { type: 'string', default: '0.05' },
    lost: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '7' },
    score: { type: 'boolean', default: false },
    rules: { type: 'boolean', default: false },
  },
})
const options = {
  seed: Number(values.seed),
  people: Number(values.people),
  hours: Number(values.hours),
  connections: Number(values.connections),
  from: Date.UTC(2026, 9, 12) / 1000,
  natShare: Number(values.nat),
  lost: Number(values.lost),
  doubled: 0.01,
  skew: 90,
}
/** A line of JSON, or of text. */
function say(line: unknown): void {
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

const stand = await build(options)
try {
  say(JSON.stringify({ ...options, flows: stand.flows, agentRows: stand.agentRows }))
  const begun = performance.now()
  const cpu = process.cpuUsage()
  while ((await stand.merge.recomputeDirty(24, report, true)) > 0);
  const used = process.cpuUsage(cpu)
  const [sums] = await stand.store.query<{ transactions: number; bytes: number; rows: number }>(
    `SELECT sum(transactions) AS transactions, sum(bytes_down) AS bytes, count() AS rows FROM db.current_usage AS usage WHERE report = '${report}'`,
  )
  say(
    JSON.stringify({
      mergeSeconds: (performance.now() - begun) / 1000,
      cpuSeconds: (used.user + used.system) / 1e6,
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
      usageRows: sums.rows,
      visits: stand.visits,
      counted: sums.transactions,
      twice: (sums.transactions - stand.visits) / stand.visits,
      bytesExact: sums.bytes === stand.bytes,
    }),
  )
  if (values.score) {
    const rows = await scores(stand, options)
    const share = (a: number, b: number): string => (b === 0 ? '-' : (a / b).toFixed(4))
    for (const row of [...rows, total(rows, ['office', 'branch', 'vpn', 'proxy'], 'attributable'), total(rows, null, 'all')])
      say(
        [
          row.place.padEnd(13), String(row.connections).padStart(8),
          'device precision', share(row.device_right, row.device_named), 'recall', share(row.device_right, row.device_truth),
          '  user precision', share(row.user_right, row.user_named), 'recall', share(row.user_right, row.user_truth),
        ].join(' '),
      ) // prettier-ignore
  }
  if (values.rules)
    say(
      await stand.store.query(
        `SELECT t.place AS place, s.device_rule AS device_rule, s.user_rule AS user_rule, count() AS n, countIf(s.device_id != t.device_id AND s.device_id != '') AS wrong_device, countIf(s.person != '' AND s.person != t.user) AS wrong_user,
           countIf(s.device_id = '' AND t.device_id != '') AS missed, countIf(s.person = '' AND t.user != '' AND t.device_id != '') AS missed_user
         FROM db.truth AS t INNER JOIN db.score AS s ON t.id = s.id WHERE t.mixed = 0 GROUP BY place, device_rule, user_rule ORDER BY place, n DESC`,
      ),
    )
} finally {
  await stand.close()
}

type ScoreRow = Awaited<ReturnType<typeof scores>>[number]

function total(
  rows: readonly ScoreRow[],
  places: readonly string[] | null,
  name: string,
): ScoreRow {
  const of = (key: Exclude<keyof ScoreRow, 'place'>): number =>
    rows.reduce(
      (sum, row) => sum + (places === null || places.includes(row.place) ? row[key] : 0),
      0,
    )
  return {
    place: name, connections: of('connections'), device_named: of('device_named'), device_right: of('device_right'), device_truth: of('device_truth'),
    user_named: of('user_named'), user_right: of('user_right'), user_truth: of('user_truth'),
  } // prettier-ignore
}
