/** Where an app is found, as far as names of hosts can say it: what a block must name. */
import type { AppEntry } from './schema.ts'

/** Names of one app. */
export interface AppPlaces {
  /** The name and every name below it. */
  domains: readonly string[]
  /** Exactly these names. */
  hosts: readonly string[]
  /** Shapes of names below a domain that others have too; no list of names can say them. */
  patterns: readonly string[]
  /** Networks. */
  ranges: readonly string[]
}

export function placesOf(
  entry: Pick<AppEntry, 'domains' | 'hosts' | 'wholeDomains' | 'patterns' | 'ranges'>,
): AppPlaces {
  return Object.freeze({
    domains: [...entry.domains, ...entry.wholeDomains],
    hosts: entry.hosts,
    patterns: entry.patterns.map(({ under, match }) => `${match}.${under}`),
    ranges: entry.ranges,
  })
}

/** Both, as one. */
export function joinPlaces(one: AppPlaces, other: AppPlaces): AppPlaces {
  return Object.freeze({
    domains: [...one.domains, ...other.domains],
    hosts: [...one.hosts, ...other.hosts],
    patterns: [...one.patterns, ...other.patterns],
    ranges: [...one.ranges, ...other.ranges],
  })
}
