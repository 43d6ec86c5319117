/**
 * The part of the catalog that is made here, in `<data>/catalog`: own apps, imported lists, weights and scores given by hand. It is a
 * catalog folder like any other and wins over all of them, so it can be copied, read in a diff and tried with `gnomon lookup --catalog`.
 * Each change is checked as a whole catalog before it stays.
 */
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { OperatingError, causeOf } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import { loadCatalog, shippedCatalog } from './catalog.ts'
import type { LoadedCatalog } from './catalog.ts'
import { catalogFiles, parseCatalogFile, parseWeightsFile } from './load.ts'
import type { CategorisedApp } from './load.ts'
import type { RiskWeightsFile, ScoreOverride } from './risk-schema.ts'

/** An app as a person gives it. */
export type OwnApp = Partial<CategorisedApp> & Pick<CategorisedApp, 'id' | 'name' | 'category'>

const ownApps = 'apps/own.yaml'
const ownWeights = 'risk-weights.yaml'

/** Whether a file can be read by catalog code at all. */
async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

export class OwnCatalog {
  readonly folder: string
  /** Where a signed bundle is put (bundle.ts): a newer shipped catalog. */
  readonly bundleFolder: string
  /** Folders named by the configuration. */
  #others: readonly string[]
  #queue: Promise<unknown> = Promise.resolve()

  constructor(dataDir: string, others: readonly string[]) {
    this.folder = join(dataDir, 'catalog')
    this.bundleFolder = join(dataDir, 'catalog-bundle')
    this.#others = others
  }

  /** The whole catalog: shipped, bundle, configured, own. Throws CATALOG_INVALID. */
  async load(others: readonly string[] = this.#others): Promise<LoadedCatalog> {
    const bundle = (await exists(this.bundleFolder)) ? [this.bundleFolder] : []
    const own = (await this.#isEmpty()) ? [] : [this.folder]
    const catalog = await loadCatalog([shippedCatalog, ...bundle, ...others, ...own])
    this.#others = others
    return catalog
  }

  async apps(): Promise<CategorisedApp[]> {
    const file = join(this.folder, ownApps)
    if (!(await exists(file))) return []
    return parseCatalogFile(await readFile(file, 'utf8'), file).apps.map(({ entry }) => entry)
  }

  /** Adds or replaces an app; gives the new catalog. Throws CATALOG_INVALID, and nothing is changed. */
  async putApp(app: OwnApp): Promise<LoadedCatalog> {
    return this.#inTurn(async () => {
      const others = (await this.apps()).filter(({ id }) => id !== app.id)
      if (others.length >= catalogLimits.ownApps)
        throw new OperatingError(
          'CATALOG_INVALID',
          `cannot add app ${app.id}: ${catalogLimits.ownApps} own apps are the most; remove one, or write a catalog folder`,
        )
      return this.#writeApps([...others, app])
    })
  }

  /** Null = there is no such own app. */
  async removeApp(id: string): Promise<LoadedCatalog | null> {
    return this.#inTurn(async () => {
      const apps = await this.apps()
      const left = apps.filter((app) => app.id !== id)
      return left.length === apps.length ? null : this.#writeApps(left)
    })
  }

  /** What is changed here of the shipped weights. */
  async weights(): Promise<RiskWeightsFile> {
    const file = join(this.folder, ownWeights)
    return (await exists(file)) ? parseWeightsFile(await readFile(file, 'utf8'), file) : {}
  }

  /** Replaces the own weights; scores given by hand stay. */
  async setWeights(weights: Omit<RiskWeightsFile, 'overrides'>): Promise<LoadedCatalog> {
    return this.#inTurn(async () => {
      const { overrides } = await this.weights()
      return this.#write(ownWeights, { ...weights, ...(overrides !== undefined && { overrides }) })
    })
  }

  /** Gives an app a score by hand, or takes that back (null). */
  async setScore(app: string, override: ScoreOverride | null): Promise<LoadedCatalog> {
    return this.#inTurn(async () => {
      const weights = await this.weights()
      const others = (weights.overrides ?? []).filter((entry) => entry.app !== app)
      const overrides = override === null ? others : [...others, override]
      return this.#write(ownWeights, { ...weights, overrides })
    })
  }

  /** Puts a whole file, e.g. an imported list, at a place within the folder. */
  async putFile(path: string, content: object): Promise<LoadedCatalog> {
    return this.#inTurn(async () => this.#write(path, content))
  }

  async #isEmpty(): Promise<boolean> {
    if (!(await exists(this.folder))) return true
    return catalogFiles(this.folder).then(
      () => false,
      (error: unknown) => {
        if (error instanceof OperatingError && error.message.includes('cannot find a catalog'))
          return true
        throw error
      },
    )
  }

  async #writeApps(apps: readonly OwnApp[]): Promise<LoadedCatalog> {
    const sorted = apps.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return this.#write(ownApps, sorted.length === 0 ? null : { apps: sorted.map(withoutDefaults) })
  }

  /** Writes (null = removes) a file and loads the catalog with it; when that fails the old file is put back. */
  async #write(path: string, content: object | null): Promise<LoadedCatalog> {
    const file = join(this.folder, path)
    const before = (await exists(file)) ? await readFile(file) : null
    await this.#place(file, content === null ? null : stringify(content, { lineWidth: 0 }))
    try {
      return await this.load()
    } catch (error) {
      await this.#place(file, before)
      throw error
    }
  }

  async #place(file: string, content: string | Buffer | null): Promise<void> {
    try {
      if (content === null) return await rm(file, { force: true })
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      // not read as a catalog file until it is whole
      await writeFile(`${file}.new`, content, { mode: 0o600, flush: true })
      await rename(`${file}.new`, file)
    } catch (cause) {
      throw new OperatingError(
        'CATALOG_INVALID',
        `cannot write ${file}: ${causeOf(cause)}; check space and rights`,
        { cause },
      )
    }
  }

  /** One change at a time. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

/** Short files: what is empty or unknown is not written. */
function withoutDefaults(app: OwnApp): object {
  return Object.fromEntries(
    Object.entries(app).filter(
      ([, value]) =>
        value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  )
}
