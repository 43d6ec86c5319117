/**
 * How right and how fast the merge is, on a simulated company with known truth.
 *
 *     npm run bench:merge -- --connections 700000 --people 2000 --hours 24 --score
 *     npm run bench:merge -- --full         20,000 people, some 25,000 devices, 7 days: 10 million flows, 5 million rows of agents
 *     npm run bench:merge -- --regroup      merged again hour by hour: rows that come out otherwise (none)
 *     npm run bench:merge -- --curve        how right as more devices sit behind a NAT, and as agents' rows are later
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { CompanyOptions } from './company.ts'
import { miscounted, report, scores, standIn } from './merge-truth.ts'
import type { Made, Score, Stand } from './merge-truth.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string' },
    people: { type: 'string' },
    hours: { type: 'string' },
    nat: { type: 'string', default: '0.05' },
    lost: { type: 'string', default: '0.02' },
    late: { type: 'string', default: '0' },
    seed: { type: 'string', default: '7' },
    memory: { type: 'string', default: '2200000000' },
    full: { type: 'boolean', default: false },
    curve: { type: 'boolean', default: false },
    score: { type: 'boolean', default: false },
    rules: { type: 'boolean', default: false },
    regroup: { type: 'boolean', default: false },
  },
})
const size = values.full
  ? { people: 20_000, hours: 168, connections: 7_000_000 }
  : values.curve
    ? { people: 600, hours: 6, connections: 30_000 }
    : { people: 2000, hours: 24, connections: 200_000 }
const options: CompanyOptions = {
  seed: Number(values.seed),
  people: Number(values.people ?? size.people),
  hours: Number(values.hours ?? size.hours),
  connections: Number(values.connections ?? size.connections),
  from: Date.UTC(2026, 9, 12) / 1000,
  natShare: Number(values.nat),
  lost: Number(values.lost),
  late: Number(values.late),
  doubled: 0.01,
  skew: 90,
}
// as bin/gnomon has it
process.env['JE_MALLOC_CONF'] ??= 'dirty_decay_ms:30000'

const attributable = ['office', 'branch', 'vpn', 'proxy']

/** A line of JSON, or of text. */
function say(line: unknown): void {
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

/** The company made in another process: time and memory of this one are the merge's. */
async function build(company: CompanyOptions): Promise<Stand> {
  const memory = Number(values.memory)
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'merge-make.ts'),
    JSON.stringify({ options: company, memory }),
  ])
  return standIn(JSON.parse(stdout) as Made, company, memory)
}

interface Merged {
  seconds: number
  cpuSeconds: number
  usageRows: number
  counted: number
  /** Connections counted too much in all, counted in both views, and not at all, as parts of all. */
  surplus: number
  twice: number
  never: number
  bytesExact: boolean
}

async function merged(stand: Stand): Promise<Merged> {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  while ((await stand.merge.recomputeDirty(24, report, true)) > 0);
  const used = process.cpuUsage(cpu)
  const seconds = (performance.now() - begun) / 1000
  const [sums] = await stand.store.query<{ transactions: number; bytes: number; rows: number }>(
    `SELECT sum(transactions) AS transactions, sum(bytes_down) AS bytes, count() AS rows FROM db.current_usage AS usage WHERE report = '${report}'`,
  )
  return {
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    usageRows: sums.rows,
    counted: sums.transactions,
    surplus: (sums.transactions - stand.visits) / stand.visits,
    ...(await miscounted(stand)),
    bytesExact: sums.bytes === stand.bytes,
  }
}

const share = (a: number, b: number): string => (b === 0 ? '-' : (a / b).toFixed(4))

const right = (row: Score): string =>
  `device precision ${share(row.device_right, row.device_named)} recall ${share(row.device_right, row.device_truth)}   user precision ${share(row.user_right, row.user_named)} recall ${share(row.user_right, row.user_truth)}`

function total(rows: readonly Score[], places: readonly string[] | null, name: string): Score {
  const of = (key: Exclude<keyof Score, 'place'>): number =>
    rows.reduce(
      (sum, row) => sum + (places === null || places.includes(row.place) ? row[key] : 0),
      0,
    )
  return {
    place: name, connections: of('connections'), device_named: of('device_named'), device_right: of('device_right'), device_truth: of('device_truth'),
    user_named: of('user_named'), user_right: of('user_right'), user_truth: of('user_truth'),
  } // prettier-ignore
}

async function one(): Promise<void> {
  let begun = performance.now()
  const stand = await build(options)
  try {
    const buildSeconds = (performance.now() - begun) / 1000
    say({ ...options, flows: stand.flows, agentRows: stand.agentRows, buildSeconds })
    begun = performance.now()
    const result = await merged(stand)
    const { slices, memoryFailures } = stand.merge.status()
    const rssMb = Math.round(process.resourceUsage().maxRSS / 1000)
    say({ ...result, visits: stand.visits, rssMb, slices, memoryFailures })
    if (values.score || values.rules) await score(stand)
    if (values.regroup) await regrouped(stand)
  } finally {
    await stand.close()
  }
}

/** The same hours merged one by one: as a running appliance does, where a snapshot merges them at once. */
async function regrouped(stand: Stand): Promise<void> {
  const rows = async (): Promise<Set<string>> => {
    const all = await stand.store.query(
      `SELECT toUnixTimestamp(hour) AS at, source, host, user, user_form, device, device_id, process, src_ip, action, seen_by, agent_source, device_rule, user_rule,
         host_rule, transactions, bytes_down FROM db.current_usage AS usage WHERE report = '${report}'`,
    )
    return new Set(all.map((row) => JSON.stringify(row)))
  }
  const before = await rows()
  await stand.store.command(
    `INSERT INTO db.dirty_hours (report, hour, mark) SELECT report, hour, (SELECT max(generation) FROM db.usage_hours) FROM db.usage_hours GROUP BY report, hour`,
  )
  while ((await stand.merge.recomputeDirty(1, report)) > 0);
  const after = await rows()
  const gone = [...before].filter((row) => !after.has(row))
  const came = [...after].filter((row) => !before.has(row))
  say({ regrouped: before.size, gone: gone.length, came: came.length })
  for (const row of gone.slice(0, 5)) say(`- ${row}`)
  for (const row of came.slice(0, 5)) say(`+ ${row}`)
}

async function score(stand: Stand): Promise<void> {
  const rows = await scores(stand, options)
  const all = [...rows, total(rows, attributable, 'attributable'), total(rows, null, 'all')]
  for (const row of all)
    say(`${row.place.padEnd(13)} ${String(row.connections).padStart(8)} ${right(row)}`)
  if (values.rules)
    for (const row of await stand.store.query(
      `SELECT t.place AS place, s.device_rule AS device_rule, s.user_rule AS user_rule, count() AS n, countIf(s.device_id != t.device_id AND s.device_id != '') AS wrong_device, countIf(s.person != '' AND s.person != t.user) AS wrong_user,
           countIf(s.device_id = '' AND t.device_id != '') AS missed, countIf(s.person = '' AND t.user != '' AND t.device_id != '') AS missed_user
         FROM db.truth AS t INNER JOIN db.score AS s ON t.id = s.id WHERE t.mixed = 0 GROUP BY place, device_rule, user_rule ORDER BY place, n DESC`,
    ))
      say(row)
}

/** The same company with more behind a NAT, then with later rows. */
async function curve(): Promise<void> {
  const steps: [string, Partial<CompanyOptions>][] = [
    ...[0, 0.05, 0.1, 0.2, 0.4].map((natShare): [string, Partial<CompanyOptions>] => [
      `${(natShare * 100).toFixed(0)} % behind a NAT`,
      { natShare },
    ]),
    ...[0, 1, 2, 3].map((late): [string, Partial<CompanyOptions>] => [
      `rows up to ${late} h late`,
      { late },
    ]),
  ]
  for (const [name, change] of steps) {
    const changed = { ...options, ...change }
    const stand = await build(changed)
    try {
      const { twice, never } = await merged(stand)
      const rows = await scores(stand, changed)
      const counted = `counted twice ${(twice * 100).toFixed(2)} %, never ${(never * 100).toFixed(2)} %`
      for (const row of [total(rows, attributable, 'attributable'), total(rows, ['nat'], 'nat'), total(rows, null, 'all')])
        say(`${name.padEnd(22)} ${counted}  ${row.place.padEnd(13)} ${right(row)}`) // prettier-ignore
    } finally {
      await stand.close()
    }
  }
}

await (values.curve ? curve() : one())
