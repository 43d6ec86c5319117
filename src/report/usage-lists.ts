/** The lists of a report over merged usage: apps, unknown services, infrastructure, people. Every bound value is a parameter. */
import type { Store } from '../store/store.ts'
import type { ReportApp, ReportInfrastructure, ReportPerson, ReportUnknown } from './report.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

/** A part of a list in an order; `sort` is one of the list's keys. */
export interface ListPart<Sort extends string> {
  sort: Sort
  descending: boolean
  /** Part of a name, upper and lower case alike; null = all. */
  filter: string | null
  limit: number
  offset: number
}

const volumeSorts = {
  transactions: 'transactions',
  bytesTotal: 'if(bytes_total_known = 0, NULL, bytes_total)',
  bytesUp: 'if(bytes_up_known = 0, NULL, bytes_up)',
  bytesDown: 'if(bytes_down_known = 0, NULL, bytes_down)',
  blocked: 'blocked',
} as const

const appSorts = {
  ...volumeSorts,
  name: 'lower(name)',
  category: 'category',
  score: 'score',
  users: 'users',
  devices: 'devices',
  addresses: 'addresses',
  firstSeen: 'first_seen',
  lastSeen: 'last_seen',
} as const
const personSorts = {
  ...volumeSorts,
  name: 'lower(name)',
  apps: 'apps',
  others: 'others',
  lastSeen: 'last_seen',
} as const
const unknownSorts = { ...volumeSorts, name: 'name', lastSeen: 'last_seen' } as const

export type AppSort = keyof typeof appSorts
export type PersonSort = keyof typeof personSorts
export type UnknownSort = keyof typeof unknownSorts
/** Who uses apps: column of `usage`. */
export type PersonKind = 'users' | 'addresses' | 'devices'

const personColumn = { users: 'user', addresses: 'src_ip', devices: 'device' } as const
/** What is counted beside the apps: addresses of a user, users of the rest. */
const otherColumn = { users: 'src_ip', addresses: 'user', devices: 'user' } as const

const distinct = (column: string): string => `uniqExactIf(${column}, ${column} != '')`
const blocked = "sumIf(transactions, action = 'blocked')"

/** Order and bounds; unknown values stand last in both orders, the name decides between equals. */
function ordered(expression: string, part: { descending: boolean }): string {
  return `ORDER BY ${expression} ${part.descending ? 'DESC' : 'ASC'} NULLS LAST, name ASC LIMIT {limit:UInt64} OFFSET {offset:UInt64}`
}

function partParams(scope: UsageScope, part: ListPart<string>): Record<string, unknown> {
  return {
    ...scopeParams(scope),
    filter: part.filter ?? '',
    limit: part.limit,
    offset: part.offset,
  }
}

const filtered = (columns: readonly string[]): string =>
  `({filter:String} = '' OR ${columns.map((column) => `positionCaseInsensitiveUTF8(toString(${column}), {filter:String}) > 0`).join(' OR ')})`

/** How many rows the query has without its bounds. */
async function total(store: Store, sql: string, params: Record<string, unknown>): Promise<number> {
  const [row] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM (${sql})`, params)
  return row.rows
}

interface AppRow extends VolumeRow {
  app_id: string
  name: string
  category: string
  score: number | null
  users: number
  devices: number
  addresses: number
  blocked: number
  first_seen: string
  last_seen: string
}

const appsSql = `SELECT app_id, any(app) AS name, any(category) AS category, any(score) AS score, ${distinct('user')} AS users,
  ${distinct('device')} AS devices, ${distinct('src_ip')} AS addresses, ${blocked} AS blocked,
  min(usage.first_seen) AS first_seen, max(usage.last_seen) AS last_seen, ${volumeColumns}
  FROM db.current_usage AS usage WHERE ${inScope} AND app_id != '' AND infrastructure = 0 AND ${filtered(['app', 'category'])}
  GROUP BY app_id`

/** Catalog apps in use. */
export async function appRows(
  store: Store,
  scope: UsageScope,
  part: ListPart<AppSort>,
): Promise<ReportApp[]> {
  const sql = `SELECT * FROM (${appsSql}) ${ordered(appSorts[part.sort], part)}`
  const rows = await store.query<AppRow>(sql, partParams(scope, part))
  return rows.map(appOf)
}

function appOf(row: AppRow): ReportApp {
  return {
    appId: row.app_id,
    name: row.name,
    category: row.category,
    score: row.score,
    users: row.users,
    devices: row.devices,
    addresses: row.addresses,
    blocked: row.blocked,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    ...volumeOf(row),
  }
}

/** Apps in scope that the filter leaves. */
export async function appCount(
  store: Store,
  scope: UsageScope,
  filter: string | null,
): Promise<number> {
  return total(store, appsSql, { ...scopeParams(scope), filter: filter ?? '' })
}

/** One app, or null when nobody used it. */
export async function oneApp(
  store: Store,
  scope: UsageScope,
  id: string,
): Promise<ReportApp | null> {
  const params = { ...scopeParams(scope), filter: '', id }
  const [row] = await store.query<AppRow>(
    `SELECT * FROM (${appsSql}) WHERE app_id = {id:String}`,
    params,
  )
  return row === undefined ? null : appOf(row)
}

function personsSql(kind: PersonKind): string {
  const column = personColumn[kind]
  return `SELECT ${column} AS name, ${distinct('app_id')} AS apps, ${distinct(otherColumn[kind])} AS others,
    arraySlice(arrayFilter(x -> x != '', topKWeighted(30)(toString(app), transactions)), 1, 3) AS top_apps, ${blocked} AS blocked,
    max(usage.last_seen) AS last_seen, ${volumeColumns}
    FROM db.current_usage AS usage WHERE ${inScope} AND ${column} != '' AND infrastructure = 0 AND ${filtered([column])}
    GROUP BY ${column}`
}

interface PersonRow extends VolumeRow {
  name: string
  apps: number
  others: number
  top_apps: string[]
  blocked: number
  last_seen: string
}

/** Users, addresses or devices with what they use. */
export async function personRows(
  store: Store,
  kind: PersonKind,
  scope: UsageScope,
  part: ListPart<PersonSort>,
): Promise<ReportPerson[]> {
  const sql = `SELECT * FROM (${personsSql(kind)}) ${ordered(personSorts[part.sort], part)}`
  return (await store.query<PersonRow>(sql, partParams(scope, part))).map(personOf)
}

function personOf(row: PersonRow): ReportPerson {
  return {
    name: row.name,
    apps: row.apps,
    others: row.others,
    topApps: row.top_apps,
    blocked: row.blocked,
    lastSeen: row.last_seen,
    ...volumeOf(row),
  }
}

/** Persons in scope that the filter leaves. */
export async function personCount(
  store: Store,
  kind: PersonKind,
  scope: UsageScope,
  filter: string | null,
): Promise<number> {
  return total(store, personsSql(kind), { ...scopeParams(scope), filter: filter ?? '' })
}

/** One user, address or device, or null when it is not seen. */
export async function onePerson(
  store: Store,
  kind: PersonKind,
  scope: UsageScope,
  name: string,
): Promise<ReportPerson | null> {
  const params = { ...scopeParams(scope), filter: '', name }
  const [row] = await store.query<PersonRow>(
    `SELECT * FROM (${personsSql(kind)}) WHERE name = {name:String}`,
    params,
  )
  return row === undefined ? null : personOf(row)
}

const unknownSql = `SELECT toString(domain) AS name, uniqExact(host) AS hosts, ${distinct('user')} AS users, ${distinct('src_ip')} AS addresses,
  ${blocked} AS blocked, max(usage.last_seen) AS last_seen, ${volumeColumns}
  FROM db.current_usage AS usage WHERE ${inScope} AND app_id = '' AND infrastructure = 0 AND ${filtered(['domain'])}
  GROUP BY name`

interface UnknownRow extends VolumeRow {
  name: string
  hosts: number
  users: number
  addresses: number
  blocked: number
  last_seen: string
}

/** Destinations in no catalog, by registrable domain or address. */
export async function unknownRows(
  store: Store,
  scope: UsageScope,
  part: ListPart<UnknownSort>,
): Promise<ReportUnknown[]> {
  const sql = `SELECT * FROM (${unknownSql}) ${ordered(unknownSorts[part.sort], part)}`
  const rows = await store.query<UnknownRow>(sql, partParams(scope, part))
  return rows.map((row) => ({
    domain: row.name,
    hosts: row.hosts,
    users: row.users,
    addresses: row.addresses,
    blocked: row.blocked,
    lastSeen: row.last_seen,
    ...volumeOf(row),
  }))
}

/** Unknown services in scope that the filter leaves. */
export async function unknownCount(
  store: Store,
  scope: UsageScope,
  filter: string | null,
): Promise<number> {
  return total(store, unknownSql, { ...scopeParams(scope), filter: filter ?? '' })
}

interface InfrastructureRow extends VolumeRow {
  name: string
  hosts: number
}

/** Infrastructure by registrable domain. */
export async function infrastructureRows(
  store: Store,
  scope: UsageScope,
  limit: number,
): Promise<ReportInfrastructure[]> {
  const rows = await store.query<InfrastructureRow>(
    `SELECT toString(domain) AS name, uniqExact(host) AS hosts, ${volumeColumns} FROM db.current_usage AS usage
     WHERE ${inScope} AND infrastructure = 1 GROUP BY name ORDER BY sum(transactions) DESC, name LIMIT {limit:UInt64}`,
    { ...scopeParams(scope), limit },
  )
  return rows.map((row) => ({ name: row.name, hosts: row.hosts, ...volumeOf(row) }))
}
