/** What the joined view adds: who used which device from where, on and off the network, and how far the two views overlap. */
import { apiLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'
import type { Volume } from './report.ts'

/** Columns of `usage` that name somebody or something. */
export type Party = 'user' | 'device' | 'src_ip'

/** A partner of a user, device or address: seen together from then to then. */
export interface Partner {
  name: string
  transactions: number
  bytesTotal: number | null
  firstSeen: string
  lastSeen: string
  /** Transactions by who saw them. */
  network: number
  agent: number
  both: number
}

export interface Picture {
  firstSeen: string
  lastSeen: string
  /** Transactions on the network (its logs alone), off it (agents alone), and seen by both. */
  network: number
  agent: number
  both: number
  /** Data sources and feeds that saw it. */
  sources: string[]
  users: Partner[]
  devices: Partner[]
  addresses: Partner[]
}

const split = `sumIf(transactions, seen_by = ['network']) AS network, sumIf(transactions, seen_by = ['agent']) AS agent,
  sumIf(transactions, length(seen_by) = 2) AS both`

interface PartnerRow extends VolumeRow {
  name: string
  first: string
  last: string
  network: number
  agent: number
  both: number
}

async function partnersOf(
  store: Store,
  scope: UsageScope,
  of: Party,
  condition: { column: Party; value: string },
): Promise<Partner[]> {
  if (of === condition.column) return []
  const rows = await store.query<PartnerRow>(
    `SELECT toString(usage.${of}) AS name, min(usage.first_seen) AS first, max(usage.last_seen) AS last, ${split}, ${volumeColumns}
     FROM db.current_usage AS usage WHERE ${inScope} AND ${condition.column} = {value:String} AND ${of} != ''
     GROUP BY name ORDER BY sum(transactions) DESC, name LIMIT {limit:UInt32}`,
    { ...scopeParams(scope), value: condition.value, limit: apiLimits.detailRows },
  )
  return rows.map((row) => {
    const { transactions, bytesTotal } = volumeOf(row)
    const { name, first, last, network, agent, both } = row
    return {
      name,
      transactions,
      bytesTotal,
      firstSeen: first,
      lastSeen: last,
      network,
      agent,
      both,
    }
  })
}

/** One user, device or address with its partners; null when it is not seen. */
export async function pictureOf(
  store: Store,
  scope: UsageScope,
  condition: { column: Party; value: string },
): Promise<Picture | null> {
  const [row] = await store.query<{
    rows: number
    first: string
    last: string
    network: number
    agent: number
    both: number
    sources: string[]
  }>(
    `SELECT count() AS rows, min(usage.first_seen) AS first, max(usage.last_seen) AS last, ${split},
       arraySort(groupUniqArrayArray(arrayFilter(x -> x != '', [toString(source), toString(agent_source)]))) AS sources
     FROM db.current_usage AS usage WHERE ${inScope} AND ${condition.column} = {value:String}`,
    { ...scopeParams(scope), value: condition.value },
  )
  if (row.rows === 0) return null
  const { first, last, network, agent, both, sources } = row
  return {
    firstSeen: first,
    lastSeen: last,
    network,
    agent,
    both,
    sources,
    users: await partnersOf(store, scope, 'user', condition),
    devices: await partnersOf(store, scope, 'device', condition),
    addresses: await partnersOf(store, scope, 'src_ip', condition),
  }
}

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
  /** On the wire, no device of an agent: with a guess of what it is. */
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
    lastSeen: string
  }[]
  unknownAddressCount: number
  /** Known to an agent, and no log of the network has them. */
  unseenDevices: { deviceId: string; device: string; transactions: number; lastSeen: string }[]
  unseenDeviceCount: number
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
    }
  >(
    `SELECT toString(usage.src_ip) AS address, max(usage.last_seen) AS last, uniqExact(host) AS hosts,
       countIf(match(host, '${phoneHosts}')) AS phones, countIf(match(host, '${printerHosts}')) AS printers,
       countIf(match(host, '${windowsHosts}')) AS windows, ${volumeColumns}
     FROM db.current_usage AS usage WHERE ${inScope} AND device_id = '' AND src_ip != ''
     GROUP BY address ORDER BY sum(transactions) DESC, address LIMIT {limit:UInt32}`,
    { ...scopeParams(scope), limit },
  )
  const [unknown] = await store.query<{ rows: number }>(
    `SELECT uniqExact(src_ip) AS rows FROM db.current_usage AS usage WHERE ${inScope} AND device_id = '' AND src_ip != ''`,
    scopeParams(scope),
  )
  const unseen = `SELECT device_id, any(toString(device)) AS name, sum(transactions) AS visits, max(usage.last_seen) AS last
     FROM db.current_usage AS usage WHERE ${inScope} AND device_id != '' GROUP BY device_id HAVING max(has(seen_by, 'network')) = 0`
  const devices = await store.query<{
    device_id: string
    name: string
    visits: number
    last: string
  }>(`${unseen} ORDER BY visits DESC, device_id LIMIT {limit:UInt32}`, {
    ...scopeParams(scope),
    limit,
  })
  const [unseenCount] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM (${unseen})`,
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
  }
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
