/** What the catalog says of a host. */
import type { AppPlaces } from './app-places.ts'

export interface CatalogApp {
  /** Stable id, kebab-case, never reused. */
  id: string
  name: string
  vendor: string | null
  /** One of Microsoft's category names. */
  category: string
  /** 0-10, 10 safest; null = not rated. */
  score: number | null
}

export type MatchRule = 'host' | 'suffix' | 'pattern' | 'domain' | 'hint' | 'range'

export interface CatalogMatch {
  /** The name or address asked, normalised: lower case, no trailing dot, no port, IDN as A-labels. */
  host: string
  /** The app's name; null when unknown (listed by `domain`) or infrastructure. */
  app: string | null
  appId: string | null
  category: string | null
  score: number | null
  /** `<rule>:<entry>`, e.g. `suffix:dropbox.com`; null when nothing matched. */
  rule: string | null
  /** CDNs, object storage, certificate checks, telemetry: no use of an app by itself. */
  infrastructure: boolean
  /** Registrable domain (public suffix list with private suffixes), or the address itself. */
  domain: string | null
}

export interface Catalog {
  /** Changes whenever an entry changes: hosts are classified anew. */
  readonly version: string
  readonly apps: ReadonlyMap<string, CatalogApp>
  /** Names of each app, by its id. */
  readonly places: ReadonlyMap<string, AppPlaces>
  /**
   * Names the app of a destination: exact host, longest suffix, pattern, registrable domain, the vendor's own app name (hint),
   * and, only when no host is known, the address range. Never throws; hostile text is just unknown.
   */
  lookup(destination: { host: string | null; ip: string | null; hint: string | null }): CatalogMatch
}
