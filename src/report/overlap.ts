/** How far the network's view and the agents' overlap: shares before and after the merge, and what only one of them knows. */
import { apiLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import type { Volume } from './report.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

export interface SourceOverlap extends Volume {
  source: string
  /** Shares 0..1 of its transactions; null without any. */
  withDevice: number | null
  withUser: number | null
  /** The same as its own lines tell them, before the merge. */
  ownDevice: number | null
  ownUser: number | null
  /** … that an agent saw too. */
  withAgent: number | null
}

export interface Overlap {
  sources: SourceOverlap[]
  /** On the wire while it was no device of an agent: with a guess of what it is. */
  unknownAddresses: {
    address: string
    transactions: number
    bytesTotal: number | null
    guess:
      | 'server or shared address'
      | 'phone or tablet'
      | 'printer or device'
      | 'computer'
      | 'unknown'
    /** Devices of agents that had it at other times. */
    otherwise: number
    lastSeen: string
  }[]
  unknownAddressCount: number
  /** Known to an agent, and no log of the network has them. */
  unseenDevices: { deviceId: string; device: string; transactions: number; lastSeen: string }[]
  unseenDeviceCount: number
  /** Devices that agents told of, by what discovery needs of them. */
  prerequisites: { met: number; notMet: number; unknown: number }
  /** Those that do not meet it, and why. */
  unfitDevices: { deviceId: string; device: string; reason: string; lastSeen: string }[]
}

/** What an agent told of its device, and whether that does for discovery. '' = not told. */
export interface DeviceFacts {
  deviceId: string
  lastSeen: string
  platform: string
  version: string
  build: string
  onboarding: string
  sensorHealth: string
  networkProtection: string
  prerequisites: 'met' | 'not-met' | 'unknown'
  reason: string
}

/** How far the network's view and the agents' overlap. */
export async function overlapOf(store: Store, scope: UsageScope): Promise<Overlap> {
  const sources = await store.query<VolumeRow & Record<string, number> & { source: string }>(
    `SELECT source, sumIf(transactions, device != '') AS devices, sumIf(transactions, user != '') AS users,
       sumIf(transactions, device_rule = 'log') AS own_devices, sumIf(transactions, user_rule = 'log') AS own_users,
       sumIf(transactions, agent_source != '') AS agents, ${volumeColumns}
     FROM db.current_usage AS usage WHERE ${inScope} AND has(seen_by, 'network') GROUP BY source ORDER BY source`,
    scopeParams(scope),
  )
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
  const limit = apiLimits.detailRows
  const addresses = await store.query<
    VolumeRow & {
      address: string
      last: string
      hosts: number
      phones: number
      windows: number
      printers: number
      otherwise: number
    }
  >(
    `SELECT toString(usage.src_ip) AS address, max(usage.last_seen) AS last, uniqExact(host) AS hosts,
       countIf(match(host, '${phoneHosts}')) AS phones, countIf(match(host, '${printerHosts}')) AS printers,
       countIf(match(host, '${windowsHosts}')) AS windows, max(known.devices) AS otherwise, ${volumeColumns}
     FROM db.current_usage AS usage LEFT JOIN (
       SELECT toString(usage.src_ip) AS ip, uniqExact(device_id) AS devices FROM db.current_usage AS usage
       WHERE ${inScope} AND device_id != '' AND has(seen_by, 'network') GROUP BY ip) AS known ON toString(usage.src_ip) = known.ip
     WHERE ${inScope} AND device_id = '' AND src_ip != ''
     GROUP BY address ORDER BY sum(transactions) DESC, address LIMIT {limit:UInt32}`,
    { ...scopeParams(scope), limit },
  )
  const [unknown] = await store.query<{ rows: number }>(
    `SELECT uniqExact(src_ip) AS rows FROM db.current_usage AS usage WHERE ${inScope} AND device_id = '' AND src_ip != ''`,
    scopeParams(scope),
  )
  const devices = await store.query<{
    device_id: string
    name: string
    visits: number
    last: string
  }>(`${unseenSql} ORDER BY visits DESC, device_id LIMIT {limit:UInt32}`, {
    ...scopeParams(scope),
    limit,
  })
  const [unseenCount] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM (${unseenSql})`,
    scopeParams(scope),
  )
  return {
    sources: sources.map((row) => ({
      source: row.source,
      ...volumeOf(row),
      withDevice: share(row['devices'], row.transactions),
      withUser: share(row['users'], row.transactions),
      ownDevice: share(row['own_devices'], row.transactions),
      ownUser: share(row['own_users'], row.transactions),
      withAgent: share(row['agents'], row.transactions),
    })),
    unknownAddresses: addresses.map((row) => {
      const { transactions, bytesTotal } = volumeOf(row)
      return {
        address: row.address,
        transactions,
        bytesTotal,
        guess: guessOf(row),
        otherwise: row.otherwise,
        lastSeen: row.last,
      }
    }),
    unknownAddressCount: unknown.rows,
    unseenDevices: devices.map((row) => ({
      deviceId: row.device_id,
      device: row.name,
      transactions: row.visits,
      lastSeen: row.last,
    })),
    unseenDeviceCount: unseenCount.rows,
    ...(await fitness(store, scope)),
  }
}

/** The newest that feeds told of each device; one that became another device is that one. */
const listedSql = `SELECT device_id, argMax(toString(d.device), d.at) AS name, max(d.at) AS last, argMax(toString(prerequisites), d.at) AS verdict,
     argMax(toString(prerequisites_reason), d.at) AS why, argMax(toString(merged_to), d.at) AS other
   FROM db.devices AS d WHERE report = {report:String} AND ({source:String} = '' OR source = {source:String})
     AND d.at >= toDateTime64({from:UInt32}, 3, 'UTC') AND d.at < toDateTime64({to:UInt32}, 3, 'UTC')
   GROUP BY device_id HAVING other = ''`

/** Devices with connections and none on the network; and those that a feed listed in these hours, without a connection of any kind. */
const unseenSql = `SELECT device_id, any(called) AS name, sum(seen) AS visits, max(till) AS last FROM (
     SELECT toString(usage.device_id) AS device_id, toString(usage.device) AS called, transactions AS seen, usage.last_seen AS till,
       has(seen_by, 'network') AS wire
     FROM db.current_usage AS usage WHERE ${inScope} AND device_id != ''
     UNION ALL
     SELECT device_id, name AS called, 0 AS seen, toDateTime(last, 'UTC') AS till, 0 AS wire FROM (${listedSql})
   ) GROUP BY device_id HAVING max(wire) = 0`

async function fitness(
  store: Store,
  scope: UsageScope,
): Promise<Pick<Overlap, 'prerequisites' | 'unfitDevices'>> {
  const counts = await store.query<{ verdict: string; devices: number }>(
    `SELECT verdict, count() AS devices FROM (${listedSql}) GROUP BY verdict`,
    scopeParams(scope),
  )
  const of = (verdict: DeviceFacts['prerequisites']): number =>
    counts.find((row) => row.verdict === verdict)?.devices ?? 0
  const unfit = await store.query<{ device_id: string; name: string; why: string; last: string }>(
    `SELECT device_id, name, why, last FROM (${listedSql}) WHERE verdict = 'not-met' ORDER BY name, device_id LIMIT {limit:UInt32}`,
    { ...scopeParams(scope), limit: apiLimits.detailRows },
  )
  return {
    prerequisites: { met: of('met'), notMet: of('not-met'), unknown: of('unknown') },
    unfitDevices: unfit.map((row) => ({
      deviceId: row.device_id,
      device: row.name,
      reason: row.why,
      lastSeen: row.last,
    })),
  }
}

/** What agents told of the devices of this name; none for one that only logs know. */
export async function deviceFacts(
  store: Store,
  scope: UsageScope,
  name: string,
): Promise<DeviceFacts[]> {
  return store.query<DeviceFacts>(
    `SELECT device_id AS deviceId, max(d.at) AS lastSeen, argMax(toString(os_platform), d.at) AS platform,
       argMax(toString(os_version), d.at) AS version, argMax(toString(os_build), d.at) AS build,
       argMax(toString(onboarding), d.at) AS onboarding, argMax(toString(sensor_health), d.at) AS sensorHealth,
       argMax(toString(network_protection), d.at) AS networkProtection, argMax(toString(prerequisites), d.at) AS prerequisites,
       argMax(toString(prerequisites_reason), d.at) AS reason
     FROM db.devices AS d WHERE report = {report:String} AND lower(device) = lower({name:String})
     GROUP BY device_id ORDER BY lastSeen DESC LIMIT {limit:UInt32}`,
    { report: scope.report, name, limit: apiLimits.detailRows },
  )
}

/** Shares of each source's transactions that have user, host and device after the merge. */
export async function mergedShares(
  store: Store,
  scope: UsageScope,
): Promise<Map<string, { withUser: number; withHost: number; withDevice: number }>> {
  const rows = await store.query<{ source: string; users: number; hosts: number; devices: number }>(
    `SELECT toString(source) AS source, sumIf(usage.transactions, user != '') / n AS users, sumIf(usage.transactions, host_rule != '') / n AS hosts,
       sumIf(usage.transactions, device != '') / n AS devices, sum(usage.transactions) AS n
     FROM db.current_usage AS usage WHERE ${inScope} GROUP BY source HAVING n > 0`,
    scopeParams(scope),
  )
  return new Map(
    rows.map(({ source, users, hosts, devices }) => [
      source,
      { withUser: users, withHost: hosts, withDevice: devices },
    ]),
  )
}

/** Hosts that only devices of a kind ask for: push services, connectivity checks, makers' consumables. */
const phoneHosts =
  '(?:^|[.])(?:push[.]apple[.]com|captive[.]apple[.]com|mtalk[.]google[.]com|connectivitycheck[.]gstatic[.]com|samsungdm[.]com)$'
const printerHosts =
  '(?:^|[.])(?:hpeprint[.]com|hpsmart[.]com|epsonconnect[.]com|canon-ccs[.]com|lexmark[.]com|brother[.]com)$'
const windowsHosts =
  '(?:^|[.])(?:windowsupdate[.]com|msftconnecttest[.]com|delivery[.]mp[.]microsoft[.]com|wdcp[.]microsoft[.]com)$'

function guessOf(row: {
  hosts: number
  phones: number
  windows: number
  printers: number
}): Overlap['unknownAddresses'][number]['guess'] {
  const kinds = [row.phones, row.windows, row.printers].filter((n) => n > 0).length
  if (kinds > 1 || row.hosts > apiLimits.sharedHosts) return 'server or shared address'
  if (row.phones > 0) return 'phone or tablet'
  if (row.printers > 0) return 'printer or device'
  return row.windows > 0 ? 'computer' : 'unknown'
}
