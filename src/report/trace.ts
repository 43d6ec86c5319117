/** What stands behind a number: the rules that made it, the minutes of logs, the agents' rows, and who had the address. */
import { apiLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

/** Any of them may be null = not asked for. */
export interface TraceQuestion {
  app: string | null
  host: string | null
  user: string | null
  device: string | null
  address: string | null
}

export interface Trace {
  transactions: number
  bytesTotal: number | null
  /** How device, user and host were found, with what it counts; most first. */
  rules: {
    device: string
    user: string
    host: string
    seenBy: string[]
    transactions: number
    bytesTotal: number | null
  }[]
  /** Minutes of the network's logs with these addresses and hosts. */
  flows: {
    minute: string
    source: string
    format: string
    record: string
    srcIp: string
    srcPort: number
    user: string
    dstHost: string
    dstIp: string
    dstPort: number
    action: string
    transactions: number
    bytesTotal: number | null
  }[]
  /** Rows of agents in the same hours. */
  agentRows: {
    at: string
    source: string
    device: string
    user: string
    process: string
    localIp: string
    localPort: number
    remoteIp: string
    remotePort: number
    host: string
    kind: string
  }[]
  /** Devices that had these addresses then. */
  leases: {
    address: string
    device: string
    deviceId: string
    from: string
    until: string
    seen: number
  }[]
  /** How far each source's clock was ahead, as measured. */
  clocks: { hour: string; source: string; seconds: number; connections: number }[]
}

const asked = `({app:String} = '' OR app_id = {app:String}) AND ({host:String} = '' OR host = {host:String}) AND ({user:String} = '' OR user = {user:String})
    AND ({device:String} = '' OR device = {device:String}) AND ({address:String} = '' OR src_ip = {address:String})`

/** Everything is cut at `apiLimits.traceRows`, in order of time. */
export async function traceOf(
  store: Store,
  scope: UsageScope,
  question: TraceQuestion,
): Promise<Trace> {
  const params = {
    ...scopeParams(scope),
    app: question.app ?? '',
    host: question.host ?? '',
    user: question.user ?? '',
    device: question.device ?? '',
    address: question.address ?? '',
    limit: apiLimits.traceRows,
  }
  const of = `FROM db.current_usage AS usage WHERE ${inScope} AND ${asked}`
  const rules = await store.query<
    VolumeRow & { device_rule: string; user_rule: string; host_rule: string; seen_by: string[] }
  >(
    `SELECT device_rule, user_rule, host_rule, seen_by, ${volumeColumns} ${of}
     GROUP BY device_rule, user_rule, host_rule, seen_by ORDER BY sum(transactions) DESC, device_rule, user_rule, host_rule`,
    params,
  )
  const totals = rules.map(volumeOf)
  const known = totals.filter((volume) => volume.bytesTotal !== null)
  const places = `SELECT DISTINCT hour, toString(src_ip) ${of}`
  const hosts = `SELECT DISTINCT toString(host) ${of}`
  // a flow that had no name, or took its request's, is found by its party
  const flows = await store.query<Trace['flows'][number] & { known: number }>(
    `SELECT minute, source, format, record, src_ip AS srcIp, src_port AS srcPort, f.user AS user, dst_host AS dstHost, dst_ip AS dstIp, dst_port AS dstPort,
       f.action AS action, f.transactions AS transactions, if(bytes_total_known + bytes_up_known + bytes_down_known = 0, NULL,
         if(bytes_total_known > 0, bytes_total, bytes_up + bytes_down)) AS bytesTotal
     FROM db.flows AS f
     WHERE report = {report:String} AND record != 'dns' AND (toStartOfHour(minute), toString(src_ip)) IN (${places})
       AND (dst_host IN (${hosts}) OR dst_ip IN (${hosts}) OR dst_host = '' AND dst_ip IN (
         SELECT toString(dst_ip) FROM db.flows WHERE report = {report:String} AND dst_host IN (${hosts})
         UNION DISTINCT SELECT toString(remote_ip) FROM db.device_connections WHERE report = {report:String} AND host IN (${hosts})))
     ORDER BY minute, srcIp, srcPort, record LIMIT {limit:UInt32}`,
    params,
  )
  const hours = `SELECT DISTINCT hour ${of}`
  const agentRows = await store.query<Trace['agentRows'][number]>(
    `SELECT at, source, device, c.user AS user, process, local_ip AS localIp, local_port AS localPort, remote_ip AS remoteIp, remote_port AS remotePort, c.host AS host, kind
     FROM db.device_connections AS c
     WHERE report = {report:String} AND toStartOfHour(toDateTime(at)) IN (${hours})
       AND (device_id IN (SELECT DISTINCT toString(device_id) ${of} AND device_id != '') OR local_ip IN (SELECT DISTINCT toString(src_ip) ${of} AND src_ip != ''))
       AND (c.host IN (${hosts}) OR remote_ip IN (${hosts}))
     ORDER BY at, feed_row LIMIT 1 BY feed_row LIMIT {limit:UInt32}`,
    params,
  )
  const leases = await store.query<Trace['leases'][number]>(
    `SELECT ip AS address, any(toString(a.device)) AS device, device_id AS deviceId, min(at) AS from, max(at) AS until, count() AS seen
     FROM db.device_addresses AS a
     WHERE report = {report:String} AND kind != 'public' AND ip IN (SELECT DISTINCT toString(src_ip) ${of} AND src_ip != '')
       AND toStartOfHour(toDateTime(at)) IN (${hours}) GROUP BY ip, device_id ORDER BY ip, from LIMIT {limit:UInt32}`,
    params,
  )
  const clocks = await store.query<Trace['clocks'][number]>(
    `SELECT hour, source, argMax(c.seconds, generation) AS seconds, argMax(c.pairs, generation) AS connections
     FROM db.clock_skews AS c WHERE report = {report:String} AND hour IN (${hours}) AND source IN (SELECT DISTINCT toString(source) ${of})
     GROUP BY hour, source ORDER BY hour, source LIMIT {limit:UInt32}`,
    params,
  )
  return {
    transactions: totals.reduce((sum, volume) => sum + volume.transactions, 0),
    bytesTotal:
      known.length === 0 ? null : known.reduce((sum, { bytesTotal }) => sum + (bytesTotal ?? 0), 0),
    rules: rules.map((row, i) => ({
      device: row.device_rule,
      user: row.user_rule,
      host: row.host_rule,
      seenBy: row.seen_by,
      transactions: totals[i].transactions,
      bytesTotal: totals[i].bytesTotal,
    })),
    flows,
    agentRows,
    leases,
    clocks,
  }
}
