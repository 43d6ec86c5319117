/**
 * Which names stand for the apps of a tag, and which of them must not be blocked: names that sanctioned apps need too, and those by
 * which the block could no longer be taken back.
 */
import type { Catalog } from '../catalog/match.ts'
import { governLimits } from '../limits.ts'
import { neverBlocked } from './never-blocked.ts'

export interface BlockName {
  /** Host name, A-labels, lower case. */
  name: string
  /** true = and every name below it. */
  below: boolean
  appId: string
  app: string
  /** Names below it that were seen in use, for devices that know no wildcard. */
  seen: readonly string[]
}

export interface LeftOut {
  appId: string
  app: string
  /** The name, shape or network. */
  name: string
  reason: string
  /** Sanctioned apps that need it. */
  shares: string[]
}

export interface BlockList {
  /** By name; none stands below another. */
  names: BlockName[]
  leftOut: LeftOut[]
  /** Apps of the list, by id. */
  apps: string[]
}

export interface BlockListOptions {
  /** Apps to block. */
  apps: ReadonlySet<string>
  /** Apps whose names are kept. */
  sanctioned: ReadonlySet<string>
  /** Names that are kept besides: Gnomon's own, its identity provider's. */
  keep?: readonly string[]
  /** Where a name always covers all below it: single hosts are looked at as domains. */
  alwaysBelow?: boolean
  /** Hosts seen of each app. */
  seen?: ReadonlyMap<string, readonly string[]>
}

/** The list for some apps. Unknown ids are left out with a reason. */
export function blockListOf(catalog: Catalog, options: BlockListOptions): BlockList {
  const { apps, sanctioned, keep = [], seen = new Map<string, readonly string[]>() } = options
  const kept = keptNames(catalog, sanctioned, keep)
  const names = new Map<string, BlockName>()
  const leftOut: LeftOut[] = []
  const ids = [...apps].sort()
  for (const appId of ids) {
    const places = catalog.places.get(appId)
    const app = catalog.apps.get(appId)?.name ?? appId
    const leave = (name: string, reason: string, shares: string[] = []): void => {
      leftOut.push({ appId, app, name, reason, shares })
    }
    if (places === undefined) {
      leave(appId, 'this app is not in the catalog any more')
      continue
    }
    for (const shape of places.patterns)
      leave(shape, 'a shape of names below a domain that others have too: no list of names says it')
    for (const range of places.ranges) leave(range, 'a network: block lists hold names')
    const add = (name: string, only: boolean): void => {
      const below = !only || options.alwaysBelow === true
      if (catalog.lookup({ host: name, ip: null, hint: null }).appId !== appId) {
        leave(name, 'another entry of the catalog has this name')
        return
      }
      const clash = clashOf(kept, name, below)
      if (clash !== null) leave(name, clash.reason, clash.shares)
      else if (names.size >= governLimits.blockNames)
        leave(name, `more than ${governLimits.blockNames} names`)
      else if (names.get(name)?.below !== true)
        names.set(name, {
          name,
          below,
          appId,
          app,
          seen: below ? seenBelow(seen, appId, name) : [],
        })
    }
    for (const domain of places.domains) add(domain, false)
    for (const host of places.hosts) add(host, true)
  }
  return { names: withoutCovered(names), leftOut, apps: ids }
}

interface Kept {
  /** Name → why it is kept. */
  names: ReadonlyMap<string, { reason: string; app: string | null }>
  /** The same, each name under every name above it. */
  above: ReadonlyMap<string, readonly string[]>
}

function keptNames(
  catalog: Catalog,
  sanctioned: ReadonlySet<string>,
  keep: readonly string[],
): Kept {
  const names = new Map<string, { reason: string; app: string | null }>()
  for (const id of sanctioned) {
    const app = catalog.apps.get(id)?.name ?? id
    const places = catalog.places.get(id)
    const patterns = (places?.patterns ?? []).map((shape) => underOf(shape))
    for (const name of [...(places?.domains ?? []), ...(places?.hosts ?? []), ...patterns])
      names.set(name, { reason: `the sanctioned app ${app} needs it`, app })
  }
  for (const { name, what } of neverBlocked)
    names.set(name, { reason: `never blocked: ${what}`, app: null })
  for (const name of keep) names.set(name, { reason: 'kept by the configuration', app: null })
  const above = new Map<string, string[]>()
  for (const name of names.keys())
    for (const parent of namesAbove(name)) above.set(parent, [...(above.get(parent) ?? []), name])
  return { names, above }
}

/** The domain a pattern stands below: what is left when the expression is taken away, or all of it when that cannot be told. */
function underOf(shape: string): string {
  return /([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/.exec(shape)?.[1] ?? shape
}

function clashOf(
  kept: Kept,
  name: string,
  below: boolean,
): { reason: string; shares: string[] } | null {
  const hit = [name, ...(below ? (kept.above.get(name) ?? []) : [])].flatMap((one) => {
    const why = kept.names.get(one)
    return why === undefined ? [] : [{ ...why, name: one }]
  })
  if (hit.length === 0) return null
  const apps = hit.flatMap(({ app }) => (app === null ? [] : [app]))
  const [first] = hit
  const where = first.name === name ? '' : ` (${first.name})`
  return { reason: `${first.reason}${where}`, shares: [...new Set(apps)].sort() }
}

/** `a.b.c` → `b.c`, `c`. */
function namesAbove(name: string): string[] {
  const above: string[] = []
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    above.push(name.slice(dot + 1))
  return above
}

function seenBelow(
  seen: ReadonlyMap<string, readonly string[]>,
  appId: string,
  name: string,
): string[] {
  const end = `.${name}`
  const hosts = (seen.get(appId) ?? []).filter((host) => host.endsWith(end))
  return hosts.slice(0, governLimits.hostsPerDomain)
}

/** A name below one that is blocked with all below it says nothing more. */
function withoutCovered(names: ReadonlyMap<string, BlockName>): BlockName[] {
  return [...names.values()]
    .filter(({ name }) => !namesAbove(name).some((parent) => names.get(parent)?.below === true))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
