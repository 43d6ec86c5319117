/** The catalog as the API changes it: each change is loaded whole, told to the merge, and answered with what moved. */
import type { AppDetail, LoadedCatalog } from '../catalog/catalog.ts'
import type { OwnApp, OwnCatalog } from '../catalog/own-catalog.ts'
import { OperatingError } from '../errors.ts'
import type { RiskWeightsFile, ScoreOverride } from '../catalog/risk-schema.ts'
import { compareCatalogs, movesInWords } from '../merge/moved-hosts.ts'
import type { CatalogChange } from '../merge/moved-hosts.ts'
import { findServices } from '../report/finder.ts'
import type { Candidate } from '../report/finder.ts'
import type { UsageScope } from '../report/scope.ts'
import type { Store } from '../store/store.ts'

export interface CatalogService {
  catalog(): LoadedCatalog
  detail(id: string): AppDetail | null
  /** Ids of own apps. */
  ownApps(): Promise<ReadonlySet<string>>
  putApp(app: OwnApp): Promise<ToldChange>
  /** Null = no such own app. */
  removeApp(id: string): Promise<ToldChange | null>
  setScore(app: string, override: ScoreOverride | null): Promise<ToldChange>
  ownWeights(): Promise<RiskWeightsFile>
  setWeights(weights: Omit<RiskWeightsFile, 'overrides'>): Promise<ToldChange>
  /** Takes a catalog that was loaded elsewhere (a reload of the configuration). */
  use(next: LoadedCatalog): Promise<ToldChange>
  find(scope: UsageScope): Promise<Candidate[]>
}

export interface ToldChange extends CatalogChange {
  /** `312 hosts became Dropbox`; '' = nothing moved. */
  words: string
}

export interface CatalogServiceParts {
  own: OwnCatalog
  first: LoadedCatalog
  store: Store
  /** The store as the one who asks may see it. */
  viewed: () => Store
  /** Names destinations by this catalog from now on. */
  use: (catalog: LoadedCatalog) => void
  now: () => number
}

export function createCatalogService(parts: CatalogServiceParts): CatalogService {
  const { own, store } = parts
  let current = parts.first
  const take = async (next: LoadedCatalog): Promise<ToldChange> => {
    const before = current
    const change = await compareCatalogs(store, before, next).catch((error: unknown) => {
      // the catalog is in use all the same: only what moved cannot be told
      if (!(error instanceof OperatingError)) throw error
      return null
    })
    current = next
    parts.use(next)
    if (change !== null) return { ...change, words: movesInWords(change) }
    const none = { hosts: 0, moved: 0, moves: [], scores: 0 }
    const words = 'what moved is not known: the store could not be asked'
    return { from: before.version, to: next.version, ...none, words }
  }
  return {
    catalog: () => current,
    detail: (id) => current.detail(id),
    ownApps: async () => new Set((await own.apps()).map(({ id }) => id)),
    putApp: async (app) => take(await own.putApp(app)),
    removeApp: async (id) => {
      const next = await own.removeApp(id)
      return next === null ? null : take(next)
    },
    setScore: async (app, override) => take(await own.setScore(app, override)),
    ownWeights: async () => own.weights(),
    setWeights: async (weights) => take(await own.setWeights(weights)),
    use: take,
    find: async (scope) => findServices(parts.viewed(), scope, parts.now()),
  }
}
