/** What the joined view adds: who used which device from where, on and off the network. */
import { apiLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

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

/** Transactions by who saw them. */
export interface SeenBy {
  network: number
  agent: number
  both: number
}

/** How much of an app's use the network saw, agents off the network, or both. */
export async function appSeenBy(store: Store, scope: UsageScope, appId: string): Promise<SeenBy> {
  const [row] = await store.query<SeenBy>(
    `SELECT ${split} FROM db.current_usage AS usage WHERE ${inScope} AND infrastructure = 0 AND app_id = {value:String}`,
    { ...scopeParams(scope), value: appId },
  )
  return row
}

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
