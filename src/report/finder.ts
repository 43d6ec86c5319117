/**
 * Services in no list that look like apps: destinations without an entry in the catalog, ranked by how many people use them, what
 * leaves by them, how regularly, and by the shape of their hosts. Each point has its evidence; near ones stand together.
 */
import { isIP } from 'node:net'
import { catalogLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'
import type { Volume } from './report.ts'

export interface Evidence {
  kind: 'spread' | 'upload' | 'regularity' | 'hosts' | 'newness' | 'blocked'
  /** Points of the rank, of 100 in all. */
  points: number
  /** A sentence with the numbers behind it. */
  text: string
}

export interface Candidate extends Volume {
  /** Registrable domain, or an address. */
  domain: string
  /** 0-100. */
  rank: number
  evidence: Evidence[]
  users: number
  devices: number
  addresses: number
  days: number
  firstSeen: string
  lastSeen: string
  hosts: string[]
  /** Domains that seem to belong to the same service, without this one. */
  near: string[]
  /** What an entry of the catalog would say; the admin changes what is wrong. */
  suggestion: { id: string; name: string; domains: string[]; ranges: string[] }
}

interface FinderRow extends VolumeRow {
  name: string
  users: number
  devices: number
  addresses: number
  people: number
  days: number
  blocked: number
  first_seen: string
  last_seen: string
  hosts: string[]
}

const distinct = (column: string): string => `uniqExactIf(${column}, ${column} != '')`

const finderSql = `SELECT toString(domain) AS name, ${distinct('user')} AS users, ${distinct('device')} AS devices,
    ${distinct('src_ip')} AS addresses, multiIf(users > 0, users, devices > 0, devices, addresses) AS people, uniqExact(toDate(hour)) AS days,
    sumIf(transactions, action = 'blocked') AS blocked, min(usage.first_seen) AS first_seen, max(usage.last_seen) AS last_seen,
    arraySlice(arraySort(groupUniqArray(200)(toString(host))), 1, {hosts:UInt32}) AS hosts, ${volumeColumns}
  FROM db.current_usage AS usage WHERE ${inScope} AND app_id = '' AND infrastructure = 0 AND domain != ''
  GROUP BY name ORDER BY people DESC, sum(transactions) DESC, name LIMIT {services:UInt32}`

/** Candidates, best first. `nowMs` tells what is new. */
export async function findServices(
  store: Store,
  scope: UsageScope,
  nowMs: number,
): Promise<Candidate[]> {
  const rows = await store.query<FinderRow>(finderSql, {
    ...scopeParams(scope),
    hosts: catalogLimits.finderHosts,
    services: catalogLimits.finderServices,
  })
  const bounds = {
    people: Math.max(1, ...rows.map(({ people }) => people)),
    days: Math.max(1, ...rows.map(({ days }) => days)),
    nowMs,
  }
  const clusters = clustersOf(rows.map(({ name }) => name))
  return rows
    .map((row) => candidateOf(row, bounds, clusters))
    .toSorted((a, b) => b.rank - a.rank || (a.domain < b.domain ? -1 : 1))
}

interface Bounds {
  people: number
  days: number
  nowMs: number
}

function candidateOf(
  row: FinderRow,
  bounds: Bounds,
  clusters: ReadonlyMap<string, readonly string[]>,
): Candidate {
  const volume = volumeOf(row)
  const evidence = evidenceOf(row, volume, bounds)
  const near = (clusters.get(row.name) ?? []).filter((name) => name !== row.name)
  return {
    domain: row.name,
    rank: Math.min(100, Math.round(evidence.reduce((sum, { points }) => sum + points, 0))),
    evidence,
    users: row.users,
    devices: row.devices,
    addresses: row.addresses,
    days: row.days,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    hosts: row.hosts,
    near,
    suggestion: suggestionFor(row.name, near),
    ...volume,
  }
}

const words = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

function evidenceOf(row: FinderRow, volume: Volume, bounds: Bounds): Evidence[] {
  const found: (Evidence | null)[] = [
    spread(row, bounds),
    upload(volume),
    regularity(row, bounds),
    hostShape(row),
    newness(row, bounds),
    row.blocked > 0
      ? { kind: 'blocked', points: 0, text: `${words(row.blocked, 'transaction')} blocked` }
      : null,
  ]
  return found.filter((evidence) => evidence !== null)
}

/** 40 points for as many people as the most used one has, on a scale of tens: 5 of 500 are not nothing. */
function spread({ people, users, devices, addresses }: FinderRow, bounds: Bounds): Evidence {
  const points = Math.round((40 * Math.log1p(people)) / Math.log1p(bounds.people))
  const text = [
    users > 0 && words(users, 'user'),
    devices > 0 && words(devices, 'device'),
    addresses > 0 && words(addresses, 'address', 'addresses'),
  ]
    .filter((part) => part !== false)
    .join(', ')
  return { kind: 'spread', points: Math.min(40, points), text: text === '' ? 'nobody named' : text }
}

const mega = 1_000_000

/** 20 points where more goes out than comes in: files and data leave. Small talk is none. */
function upload({ bytesUp, bytesDown }: Volume): Evidence | null {
  if (bytesUp === null || bytesDown === null || bytesUp + bytesDown === 0) return null
  const share = bytesUp / (bytesUp + bytesDown)
  const heft = Math.min(1, bytesUp / (10 * mega))
  const points = Math.round(20 * Math.min(1, share / 0.6) * heft)
  if (points === 0) return null
  return {
    kind: 'upload',
    points,
    text: `${Math.round(share * 100)}% of its bytes go out (${(bytesUp / mega).toFixed(1)} MB)`,
  }
}

/** 15 points when it is used on every day that anything is. */
function regularity({ days }: FinderRow, bounds: Bounds): Evidence | null {
  if (bounds.days < 2) return null
  const points = Math.round((15 * (days - 1)) / (bounds.days - 1))
  return { kind: 'regularity', points, text: `used on ${words(days, 'day')} of ${bounds.days}` }
}

/** Labels of hosts that only services with accounts or programs have. */
const tellingLabels = new Map(
  Object.entries({
    app: 'an app',
    api: 'an interface for programs',
    apis: 'an interface for programs',
    login: 'a sign-in page',
    signin: 'a sign-in page',
    auth: 'a sign-in page',
    accounts: 'a sign-in page',
    account: 'a sign-in page',
    sso: 'a sign-in page',
    id: 'a sign-in page',
    oauth: 'a sign-in page',
    upload: 'an upload host',
    uploads: 'an upload host',
    files: 'an upload host',
    file: 'an upload host',
    storage: 'an upload host',
    drive: 'an upload host',
    cloud: 'a cloud host',
    portal: 'a portal',
    my: 'a portal',
    dashboard: 'a portal',
    console: 'a portal',
    workspace: 'a portal',
    ws: 'a live connection',
    wss: 'a live connection',
    socket: 'a live connection',
    realtime: 'a live connection',
    chat: 'a chat',
    meet: 'a meeting host',
    ai: 'an AI host',
    mcp: 'an MCP server',
    vpn: 'a VPN host',
    mail: 'a mail host',
  }),
)

/** 20 points: 8 for each kind of telling host. */
function hostShape({ hosts, name }: FinderRow): Evidence | null {
  const kinds = new Map<string, string>()
  for (const host of hosts) {
    const labels = host === name ? [] : host.slice(0, -name.length - 1).split(/[.-]/)
    for (const label of labels) {
      const kind = tellingLabels.get(label.replace(/\d+$/, ''))
      if (kind !== undefined && !kinds.has(kind)) kinds.set(kind, host)
    }
  }
  if (kinds.size === 0) return null
  const text = [...kinds].map(([kind, host]) => `${kind} (${host})`).join(', ')
  return { kind: 'hosts', points: Math.min(20, 8 * kinds.size), text }
}

const dayMs = 24 * 60 * 60 * 1000

/** 5 points for what was first seen within a week, when there is older usage to tell it from. */
function newness({ first_seen }: FinderRow, { nowMs, days }: Bounds): Evidence | null {
  const ageDays = Math.floor((nowMs - Date.parse(first_seen)) / dayMs)
  if (days < 8 || ageDays > 7 || ageDays < 0) return null
  return { kind: 'newness', points: 5, text: `first seen ${words(ageDays, 'day')} ago` }
}

/** Words that services put around their name for a second domain. */
const around =
  /^(?:get|try|use|go|my|the)(?=[a-z]{4})|(?:-?(?:cdn|static|assets|images|img|media|files|usercontent|content|api|apis|app|apps|cloud|mail|hq|status|data|services|prod|dev|inc))$/

/** The part of a domain that is the name: `acme` of `acme-cdn.net`. '' = an address. */
export function coreOf(domain: string): string {
  if (isIP(domain) > 0) return ''
  const label = domain.split('.', 1)[0]
  let core = label
  for (let steps = 0; steps < 2; steps++) {
    const shorter = core.replace(around, '')
    if (shorter === core || shorter.length < 3) break
    core = shorter
  }
  return core.replaceAll('-', '')
}

/** Each domain with those that share its core. */
export function clustersOf(domains: readonly string[]): Map<string, readonly string[]> {
  const byCore = new Map<string, string[]>()
  for (const domain of domains) {
    const core = coreOf(domain)
    if (core.length < 3) continue
    const members = byCore.get(core)
    if (members === undefined) byCore.set(core, [domain])
    else members.push(domain)
  }
  const clusters = new Map<string, readonly string[]>()
  for (const members of byCore.values()) for (const domain of members) clusters.set(domain, members)
  return clusters
}

function suggestionFor(domain: string, near: readonly string[]): Candidate['suggestion'] {
  const plain = domain
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const core = coreOf(domain)
  const name = core === '' ? domain : `${core.charAt(0).toUpperCase()}${core.slice(1)}`
  const id = `own-${plain}`.slice(0, 80).replace(/-$/, '')
  const family = isIP(domain)
  if (family > 0) return { id, name, domains: [], ranges: [`${domain}/${family === 4 ? 32 : 128}`] }
  return { id, name, domains: [domain, ...near], ranges: [] }
}
