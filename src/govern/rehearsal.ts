/** What a block would have hit in the last days: who, how many, which groups, how much traffic, and what it cannot do. */
import { governLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import type { BlockList, LeftOut } from './block-list.ts'

const dayMs = 86_400_000

export interface Rehearsal {
  days: number
  from: string
  to: string
  apps: {
    appId: string
    app: string
    users: number
    transactions: number
    bytesUp: number | null
    bytesDown: number | null
    lastSeen: string
  }[]
  users: {
    name: string
    groups: string[]
    apps: number
    transactions: number
    bytesUp: number | null
    bytesDown: number | null
  }[]
  groups: { name: string; users: number; of: number }[]
  totals: {
    users: number
    devices: number
    addresses: number
    transactions: number
    bytesUp: number | null
    bytesDown: number | null
    /** Share of all transactions of these days. */
    share: number | null
    /** Transactions of these apps that no name of the list would have stopped. */
    passing: number
  }
  /** Hosts in use that no name of the list covers. */
  passingHosts: { host: string; app: string; transactions: number }[]
  leftOut: LeftOut[]
}

const columns = `sum(usage.transactions) AS transactions,
  if(sum(bytes_up_known) = 0, NULL, sum(bytes_up)) AS bytesUp, if(sum(bytes_down_known) = 0, NULL, sum(bytes_down)) AS bytesDown`

/** A host is stopped by its own name, or by a name above it that covers all below. */
const stopped = `(host IN {exact:Array(String)} OR arrayExists(i -> substringIndex(host, '.', -i) IN {domains:Array(String)}, range(1, 2 + length(host) - length(replaceAll(host, '.', '')))))`

const part = `report = 'continuous' AND app_id IN {apps:Array(String)} AND action != 'blocked'
  AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')`

export async function rehearse(
  store: Store,
  list: BlockList,
  groupsByUser: ReadonlyMap<string, readonly string[]>,
  nowMs: number,
  /** Members of each group, when users stand under other names too. */
  groupSizes: ReadonlyMap<string, number> = sizesOf(groupsByUser),
): Promise<Rehearsal> {
  const days = governLimits.rehearsalDays
  const fromMs = nowMs - days * dayMs
  const params = {
    apps: list.apps,
    exact: list.names.map(({ name }) => name),
    domains: list.names.filter(({ below }) => below).map(({ name }) => name),
    from: Math.floor(fromMs / 1000),
    to: Math.floor(nowMs / 1000),
    rows: governLimits.rehearsalRows,
  }
  const source = `FROM db.current_usage AS usage WHERE ${part}`
  const apps = await store.query<Rehearsal['apps'][number]>(
    `SELECT toString(app_id) AS appId, any(usage.app) AS app, uniqExactIf(user, user != '') AS users, ${columns}, max(usage.last_seen) AS lastSeen
     ${source} AND ${stopped} GROUP BY app_id ORDER BY sum(usage.transactions) DESC, appId LIMIT {rows:UInt32}`,
    params,
  )
  const users = await store.query<Omit<Rehearsal['users'][number], 'groups'>>(
    `SELECT toString(user) AS name, uniqExact(app_id) AS apps, ${columns} ${source} AND ${stopped} AND user != ''
     GROUP BY user ORDER BY sum(usage.transactions) DESC, name LIMIT ${governLimits.values}`,
    params,
  )
  const [totals] = await store.query<Rehearsal['totals'] & { everything: number }>(
    `SELECT uniqExactIf(user, user != '') AS users, uniqExactIf(device, device != '') AS devices, uniqExactIf(src_ip, src_ip != '') AS addresses,
       ${columns}, (SELECT sum(transactions) FROM db.current_usage AS usage WHERE report = 'continuous'
         AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')) AS everything
     ${source} AND ${stopped}`,
    params,
  )
  const passingHosts = await store.query<Rehearsal['passingHosts'][number]>(
    `SELECT toString(host) AS host, any(usage.app) AS app, sum(usage.transactions) AS transactions
     ${source} AND NOT ${stopped} GROUP BY host ORDER BY sum(usage.transactions) DESC, host LIMIT {rows:UInt32}`,
    params,
  )
  const [passing] = await store.query<{ transactions: number }>(
    `SELECT sum(usage.transactions) AS transactions ${source} AND NOT ${stopped}`,
    params,
  )
  const { everything, ...sums } = totals
  const share = everything > 0 ? sums.transactions / everything : null
  return {
    days,
    from: new Date(fromMs).toISOString(),
    to: new Date(nowMs).toISOString(),
    apps,
    users: users
      .slice(0, governLimits.rehearsalRows)
      .map((row) => ({ ...row, groups: [...(groupsByUser.get(row.name.toLowerCase()) ?? [])] })),
    groups: groupsHit(users, groupsByUser, groupSizes),
    totals: { ...sums, share, passing: passing.transactions },
    passingHosts,
    leftOut: list.leftOut,
  }
}

export function sizesOf(
  groupsByUser: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const groups of groupsByUser.values())
    for (const name of groups) sizes.set(name, (sizes.get(name) ?? 0) + 1)
  return sizes
}

function groupsHit(
  users: readonly { name: string }[],
  groupsByUser: ReadonlyMap<string, readonly string[]>,
  sizes: ReadonlyMap<string, number>,
): Rehearsal['groups'] {
  const hit = new Map<string, number>()
  for (const { name } of users)
    for (const group of groupsByUser.get(name.toLowerCase()) ?? [])
      hit.set(group, (hit.get(group) ?? 0) + 1)
  return [...hit]
    .map(([name, count]) => ({ name, users: count, of: sizes.get(name) ?? count }))
    .sort((a, b) => b.users - a.users || (a.name < b.name ? -1 : 1))
}
