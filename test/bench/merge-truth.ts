/** Puts a simulated company into a store, merges it, and holds the result to the truth. */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { loadCatalog, shippedCatalog } from '../../src/catalog/catalog.ts'
import { Identities } from '../../src/merge/identities.ts'
import { Merge } from '../../src/merge/merge.ts'
import { runPass } from '../../src/merge/pass.ts'
import type { PassSteps } from '../../src/merge/pass.ts'
import { serviceTest } from '../../src/merge/people.ts'
import { randomNumbers } from '../../src/generate/traffic.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { Company, deviceName, publicIp, userName } from './company.ts'
import type { CompanyOptions, Connection, Device } from './company.ts'

export const report = 'company'

const flowColumns =
  'minute UInt32, source String, record String, src_ip String, src_port UInt16, dst_host String, dst_ip String, dst_port UInt16, transactions UInt32, bytes_up UInt64, bytes_down UInt64, known UInt32'
const connectionColumns =
  'at UInt32, device_id String, device String, user String, account String, sid String, local_ip String, local_port UInt16, remote_ip String, host String, process String, feed_row UInt64'
const addressColumns = 'at UInt32, device_id String, device String, ip String, kind String'
const logonColumns = 'at UInt32, device_id String, device String, user String, sid String'
const truthColumns =
  'id UInt64, place String, device_id String, user String, connections UInt32, mixed UInt8, told UInt8'
const madeColumns = 'id UInt64, at UInt32, device_id String, place String, seen_at UInt32'

/** One file of tab-separated rows. */
class Rows {
  readonly path: string
  count = 0
  readonly #out
  #held = ''

  constructor(path: string) {
    this.path = path
    this.#out = createWriteStream(path)
  }

  add(...cells: (string | number)[]): void {
    this.count++
    this.#held += `${cells.join('\t')}\n`
    if (this.#held.length < 1 << 20) return
    this.#out.write(this.#held)
    this.#held = ''
  }

  async end(): Promise<void> {
    this.#out.end(this.#held)
    await finished(this.#out)
  }
}

export interface Stand {
  store: Store
  merge: Merge
  flows: number
  agentRows: number
  /** Connections that exist, seen by anybody. */
  visits: number
  bytes: number
  close: () => Promise<void>
}

/** Connections of one minute with the same parties are one row, as parse makes them. */
interface Minute {
  first: Connection
  port: number
  connections: number
  mixed: boolean
  told: boolean
  bytes: number
}

/** A company in a store that is closed: another process may open it. */
export interface Made {
  folder: string
  flows: number
  agentRows: number
  visits: number
  bytes: number
}

const openIn = (folder: string, maxMemoryBytes: number): Promise<Store> =>
  openStore({
    path: join(folder, 'store'), database: 'gnomon', username: 'default', password: '', retentionDays: 3650, maxMemoryBytes,
  }) // prettier-ignore

export async function make(options: CompanyOptions, maxMemoryBytes: number): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-company-'))
  const rows = {
    flows: new Rows(join(folder, 'flows')),
    connections: new Rows(join(folder, 'connections')),
    addresses: new Rows(join(folder, 'addresses')),
    logons: new Rows(join(folder, 'logons')),
    truth: new Rows(join(folder, 'truth')),
    made: new Rows(join(folder, 'made')),
  }
  const { visits, bytes } = write(options, rows)
  for (const file of Object.values(rows)) await file.end()
  const store = await openIn(folder, maxMemoryBytes)
  try {
    await insert(store, rows)
  } finally {
    await store.close()
  }
  for (const { path } of Object.values(rows)) await rm(path)
  return { folder, flows: rows.flows.count, agentRows: rows.connections.count, visits, bytes }
}

export async function standIn(
  { folder, ...sizes }: Made,
  options: CompanyOptions,
  maxMemoryBytes: number,
): Promise<Stand> {
  const store = await openIn(folder, maxMemoryBytes)
  let clock = (options.from + options.hours * 3600 + 86_400) * 1000
  const now = (): number => clock++
  const merge = new Merge(store, await loadCatalog([shippedCatalog]), now, {
    serviceAccounts: ['svc-*'],
    memoryBytes: maxMemoryBytes,
  })
  return {
    store, merge, ...sizes,
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  } // prettier-ignore
}

export async function build(
  options: CompanyOptions,
  maxMemoryBytes = 2_200_000_000,
): Promise<Stand> {
  return standIn(await make(options, maxMemoryBytes), options, maxMemoryBytes)
}

/** Whether the agent's row is still under way at the end of the time. */
function notCome(at: number, { late = 0, from, hours }: CompanyOptions, random: () => number) {
  return late > 0 && at + random() * late * 3600 > from + hours * 3600
}

type Files = Record<'flows' | 'connections' | 'addresses' | 'logons' | 'truth' | 'made', Rows>

function write(options: CompanyOptions, rows: Files): { visits: number; bytes: number } {
  const company = new Company(options)
  const random = randomNumbers(options.seed + 1)
  let minutes = new Map<string, Minute>()
  let truth = 1
  let visits = 0
  let bytes = 0
  const flush = (): void => {
    for (const minute of minutes.values()) {
      const { first } = minute
      const stamp = Math.floor((first.at + first.seconds + company.skews[first.source]) / 60) * 60
      const web = first.source === 'proxy'
      // the flow's number is its bytes sent: it stays with it through the merge
      const id = truth++
      rows.flows.add(
        stamp,
        first.source,
        web ? 'web' : 'session',
        first.seenIp,
        web ? 0 : minute.port,
        web ? first.host : '',
        web ? '' : first.ip,
        443,
        minute.connections,
        id,
        minute.bytes,
        minute.connections,
      )
      rows.truth.add(
        id,
        first.place,
        first.device.agent ? `d${first.device.id}` : '',
        first.user < 0 ? '' : userName(first.user),
        minute.connections,
        minute.mixed ? 1 : 0,
        minute.told ? 1 : 0,
      )
      bytes += minute.bytes
      // PAN and others log the request beside it
      if (!web && first.source === 'edge')
        rows.flows.add(
          Math.floor((first.at + company.skews['edge']) / 60) * 60,
          first.source,
          'web',
          first.seenIp,
          minute.port,
          first.host,
          first.ip,
          443,
          minute.connections,
          0,
          0,
          0,
        )
    }
    minutes = new Map()
  }
  const onHour = (hour: number, devices: readonly Device[]): void => {
    flush()
    const at = options.from + hour * 3600
    for (const device of devices) {
      if (!device.agent) continue
      const name = deviceName(device.id)
      rows.addresses.add(at + 5, `d${device.id}`, name, device.ip, 'network-info')
      // what the sensor tells of the device comes not in every hour
      if (device.id % 10 !== hour % 10)
        rows.addresses.add(at + 20, `d${device.id}`, name, publicIp(device), 'public')
      if (device.kind !== 'desktop' || hour % 4 !== 0) continue
      const user = device.users[Math.floor(at / (3600 * 4)) % 3]
      rows.logons.add(
        at + 10,
        `d${device.id}`,
        deviceName(device.id),
        `EXAMPLE\\user${user}`,
        `S-1-5-21-1-2-3-${1000 + user}`,
      )
    }
  }
  for (const c of company.connections(onHour)) {
    const lost = random() < options.lost || notCome(c.at, options, random)
    const told = c.device.agent && !lost
    if (c.seenIp !== '') addMinute(minutes, c, company.skews[c.source], told, random)
    if (c.seenIp !== '' || told) visits++
    if (!told) continue
    const seenAt = c.seenIp === '' ? 0 : c.at + c.seconds + company.skews[c.source]
    rows.made.add(feedRow, c.at, `d${c.device.id}`, c.place, seenAt)
    addAgentRow(rows.connections, c, random, options.doubled)
  }
  flush()
  return { visits, bytes }
}

function addMinute(
  minutes: Map<string, Minute>,
  c: Connection,
  skew: number,
  told: boolean,
  random: () => number,
): void {
  const minute = Math.floor((c.at + c.seconds + skew) / 60)
  const name = `${minute}|${c.source}|${c.seenIp}|${c.source === 'proxy' ? c.host : c.ip}`
  const size = Math.floor(2000 * Math.exp(random() * 7))
  const held = minutes.get(name)
  if (held === undefined) {
    minutes.set(name, {
      first: c,
      port: c.seenPort,
      connections: 1,
      mixed: false,
      told,
      bytes: size,
    })
    return
  }
  held.connections++
  held.bytes += size
  held.told &&= told
  if (held.port !== c.seenPort) held.port = 0
  if (held.first.device !== c.device || held.first.user !== c.user) held.mixed = true
}

let feedRow = 1

function addAgentRow(rows: Rows, c: Connection, random: () => number, doubled: number): void {
  const system = c.user < 0
  const proxied = c.place === 'proxy' || c.place === 'hidden'
  const cells = [
    c.at, `d${c.device.id}`, deviceName(c.device.id), system ? 'NT AUTHORITY\\SYSTEM' : userName(c.user), system ? 'NT AUTHORITY\\SYSTEM' : `EXAMPLE\\user${c.user}`,
    system ? 'S-1-5-18' : `S-1-5-21-1-2-3-${1000 + c.user}`, c.localIp, c.port, proxied ? '10.200.0.1' : c.ip,
    random() < 0.6 ? c.host : '', system ? 'svchost.exe' : 'msedge.exe', feedRow++,
  ] // prettier-ignore
  rows.add(...cells)
  if (random() < doubled) rows.add(...cells)
}

async function insert(store: Store, rows: Files): Promise<void> {
  const from = (file: Rows, columns: string): string => `file('${file.path}', TSV, '${columns}')`
  await store.command(
    `INSERT INTO db.flows (report, minute, stream, source, format, record, src_ip, src_port, dst_host, dst_ip, dst_port, action, transactions, bytes_up, bytes_up_known, bytes_down, bytes_down_known)
     SELECT '${report}', minute, 's', source, 'F', record, src_ip, src_port, dst_host, dst_ip, dst_port, 'allowed', transactions, bytes_up, known, bytes_down, known FROM ${from(rows.flows, flowColumns)}`,
  )
  await store.command(
    `INSERT INTO db.device_connections (report, at, device_id, device, user, user_account, user_sid, local_ip, local_port, remote_ip, remote_port, host, protocol, action, process, kind, role, events, source, stream, feed_row)
     SELECT '${report}', toDateTime64(at, 3, 'UTC'), device_id, device, user, account, sid, local_ip, local_port, remote_ip, if(remote_ip = '10.200.0.1', 3128, 443), host, 'tcp', 'allowed', process, 'ConnectionSuccess', 'connection', 1, 'defender', 'd', feed_row
     FROM ${from(rows.connections, connectionColumns)}`,
  )
  await store.command(
    `INSERT INTO db.device_addresses (report, at, device_id, device, ip, kind, source)
     SELECT '${report}', toDateTime64(at, 3, 'UTC'), device_id, device, ip, kind, 'defender' FROM ${from(rows.addresses, addressColumns)}`,
  )
  await store.command(
    `INSERT INTO db.device_logons (report, at, device_id, device, user, sid, logon_type, action, source)
     SELECT '${report}', toDateTime64(at, 3, 'UTC'), device_id, device, user, sid, 'Interactive', 'LogonSuccess', 'defender' FROM ${from(rows.logons, logonColumns)}`,
  )
  await store.command(
    `CREATE TABLE db.truth ENGINE = MergeTree ORDER BY id AS SELECT * FROM ${from(rows.truth, truthColumns)}`,
  )
  await store.command(
    `CREATE TABLE db.made ENGINE = MergeTree ORDER BY id AS SELECT id, at, device_id, toLowCardinality(place) AS place, seen_at FROM ${from(rows.made, madeColumns)}`,
  )
  await store.command(
    `INSERT INTO db.dirty_hours (report, hour, mark) SELECT DISTINCT '${report}', toStartOfHour(minute), 1 FROM db.flows
     UNION DISTINCT SELECT '${report}', toStartOfHour(toDateTime(at)), 1 FROM db.device_connections`,
  )
}

export interface Score {
  place: string
  /** Connections that the network saw and one device, one person made. */
  connections: number
  device_named: number
  device_right: number
  device_truth: number
  user_named: number
  user_right: number
  user_truth: number
}

/**
 * Connections counted in both views, and those not counted at all, as parts of all: a device's own usage of an hour (what no network saw)
 * held to the truth. The sum of all transactions hides one behind the other.
 */
export async function miscounted(stand: Stand): Promise<{ twice: number; never: number }> {
  const [row] = await stand.store.query<{ twice: number; never: number }>(
    `SELECT sum(greatest(got - n, 0)) AS twice, sum(greatest(n - got, 0)) AS never FROM (
       SELECT hour, device_id, sum(truth) AS n, sum(told) AS got FROM (
         SELECT toUInt32(intDiv(at, 3600) * 3600) AS hour, device_id, toInt64(1) AS truth, 0 AS told FROM db.made WHERE seen_at = 0
         UNION ALL
         SELECT toUnixTimestamp(hour), toString(device_id), 0, toInt64(transactions) FROM db.current_usage AS usage WHERE report = '${report}' AND seen_by = ['agent'])
       GROUP BY hour, device_id)`,
  )
  return { twice: row.twice / stand.visits, never: row.never / stand.visits }
}

/** What the merge says of each flow, against the truth, by place. */
export async function scores(stand: Stand, options: CompanyOptions): Promise<Score[]> {
  const { store } = stand
  await store.command('DROP TABLE IF EXISTS db.score')
  await store.command(
    'CREATE TABLE db.score (id UInt64, device_id String, device_rule String, person String, user_rule String) ENGINE = Memory',
  )
  const identities = new Identities(store, serviceTest(['svc-*']))
  const { from, hours } = options
  for (let hour = 0; hour < hours + 1; hour += 12) {
    const params = {
      report, from: from + hour * 3600, to: from + Math.min(hours + 1, hour + 12) * 3600, catalog: 'none', generation: 1,
    } // prettier-ignore
    const steps: PassSteps = {
      learn: async () => {
        await identities.learn(report, params, 1)
      },
      classify: () =>
        store.command(
          'INSERT INTO db.score SELECT bytes_up, device_id, device_rule, person, user_rule FROM db.merge_attributed WHERE network = 1 AND bytes_up != 0',
        ),
    }
    await runPass(store, params, steps, {
      sliceRows: 1_000_000,
      threads: () => 2,
      signal: new AbortController().signal,
    })
  }
  return store.query<Score>(
    `SELECT place, sum(n) AS connections, sumIf(n, s.device_id != '') AS device_named, sumIf(n, s.device_id != '' AND s.device_id = t.device_id) AS device_right,
       sumIf(n, t.device_id != '') AS device_truth, sumIf(n, s.person != '') AS user_named, sumIf(n, s.person != '' AND s.person = t.user) AS user_right,
       sumIf(n, t.user != '' AND t.device_id != '') AS user_truth
     FROM (SELECT *, connections AS n FROM db.truth WHERE mixed = 0) AS t INNER JOIN db.score AS s ON t.id = s.id GROUP BY place ORDER BY place`,
  )
}
