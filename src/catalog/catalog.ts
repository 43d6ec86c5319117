/**
 * The app catalog: which app a destination is. Folders of YAML files (docs/catalog.md) become tables once; a lookup walks a host's
 * labels and never runs over the entries.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { getDomain } from 'tldts'
import { catalogLimits } from '../limits.ts'
import { joinPlaces, placesOf } from './app-places.ts'
import type { AppPlaces } from './app-places.ts'
import { IndexTables } from './index-tables.ts'
import type { Hit, Target } from './index-tables.ts'
import { invalid, readCatalogFolder } from './load.ts'
import type { CatalogFolder, CategorisedApp, Placed } from './load.ts'
import type { Catalog, CatalogApp, CatalogMatch } from './match.ts'
import { Memory } from './memory.ts'
import { combineWeights, explainRisk, factsByApp, reckon } from './risk.ts'
import type { AppRisk, Fact, RiskWeights } from './risk.ts'
import { normaliseHost } from './normalise.ts'
import type { AdditionEntry, InfrastructureKind } from './schema.ts'

/** Folder of the shipped catalog. */
export const shippedCatalog = join(import.meta.dirname, '../../config/catalog')

/** Part of the version: raised when the same files are matched another way, so that hosts are classified anew. */
const rulesVersion = 1

/** Kinds whose name does not say whose content it is: the firewall's own look at the traffic knows more. */
const sharedKinds = new Set<InfrastructureKind | null>(['cdn', 'cloud-endpoint', 'object-storage'])

/** One app whole: its entry as written, what is known of it, and its score with all that led to it. */
export interface AppDetail {
  entry: CategorisedApp
  risk: AppRisk
}

/** A catalog that can also be read app by app. */
export interface LoadedCatalog extends Catalog {
  readonly weights: RiskWeights
  /** Null = no such app. */
  detail(id: string): AppDetail | null
  /** What is known of an app, by factor. */
  facts(id: string): ReadonlyMap<string, Fact>
}

interface Answer {
  match: CatalogMatch
  /** Whether the vendor's app name may still decide. */
  open: boolean
}

/**
 * Reads the folders; entries of a later folder win over those of earlier ones: an app with the same id replaces the earlier one, and
 * a domain goes to the app that names it last.
 *
 *     const catalog = await loadCatalog([shippedCatalog, '/etc/gnomon/catalog'])
 *     catalog.lookup({ host: 'files.slack.com', ip: null, hint: null }).app // 'Slack'
 *
 * Throws OperatingError CATALOG_INVALID with file and entry of each fault.
 */
export async function loadCatalog(folders: readonly string[]): Promise<LoadedCatalog> {
  const layers: CatalogFolder[] = []
  for (const folder of folders) {
    const layer = await readCatalogFolder(folder)
    const problems = doubleEntries(layer)
    if (problems.length > 0) throw invalid(problems)
    layers.push(layer)
  }
  return buildCatalog(layers)
}

/** Ids, names and places that stand twice in one folder: which of them should win? */
export function doubleEntries({ apps, infrastructure }: CatalogFolder): string[] {
  const seen = new Map<string, { of: string; at: string }>()
  const problems: string[] = []
  const claim = (key: string, of: string, at: string): void => {
    const other = seen.get(key)
    if (other === undefined) seen.set(key, { of, at })
    else problems.push(`${at}: ${of}: ${key} stands in ${other.of} too (${other.at})`)
  }
  const claimAll = ({ entry, at }: Placed<PlacesOf>, of: string): void => {
    for (const name of [...entry.domains, ...entry.wholeDomains]) claim(`domain ${name}`, of, at)
    for (const name of entry.hosts) claim(`host ${name}`, of, at)
    for (const { under, match } of entry.patterns) claim(`pattern ${match}.${under}`, of, at)
    for (const hint of entry.hints) claim(`hint ${hint.toLowerCase()}`, of, at)
    for (const range of entry.ranges) claim(`range ${range}`, of, at)
  }
  for (const app of apps) {
    claim(`id ${app.entry.id}`, app.entry.id, app.at)
    claimAll(app, app.entry.id)
  }
  for (const infra of infrastructure) {
    claim(`name ${infra.entry.name}`, infra.entry.name, infra.at)
    claimAll(infra, infra.entry.name)
  }
  return problems
}

type PlacesOf =
  | CatalogFolder['infrastructure'][number]['entry']
  | CatalogFolder['apps'][number]['entry']

function buildCatalog(layers: readonly CatalogFolder[]): LoadedCatalog {
  const weights = combineWeights(
    layers.flatMap((layer) => (layer.weights === null ? [] : [layer.weights.entry])),
  )
  const facts = factsByApp(layers.map((layer) => layer.facts.map(({ entry }) => entry)))
  const scoreOf: ScoreOf = (entry) =>
    weights.overrides.get(entry.id)?.score ??
    entry.score ??
    reckon(facts.get(entry.id) ?? noFacts, weights)
  const entries = new Map<string, CategorisedApp>()
  const apps = new Map<string, CatalogApp>()
  const places = new Map<string, AppPlaces>()
  const tables = new IndexTables()
  const hash = createHash('sha256').update(`rules ${rulesVersion}\n`)
  const ownNames: { text: string; target: Target }[] = []
  const additions: AdditionEntry[] = []
  for (const layer of withoutReplaced(layers)) {
    for (const addition of layer.additions) {
      const app = apps.get(addition.app) ?? appAhead(layer, addition.app, scoreOf)
      // its app may have left the catalog: then nothing is added
      if (app === null) continue
      tables.add(addition, { app, kind: null })
      additions.push(addition)
      hash.update(`${JSON.stringify(addition)}\n`)
    }
    for (const entry of layer.apps) {
      const { id, name } = entry
      const app = appOf(entry, scoreOf)
      const { score } = app
      entries.set(id, entry)
      apps.set(id, app)
      places.set(id, placesOf(entry))
      const target: Target = { app, kind: null }
      tables.add(entry, target)
      ownNames.push({ text: name, target }, { text: id, target })
      hash.update(`${JSON.stringify(sortedLists({ ...entry, score }))}\n`)
    }
    for (const entry of layer.infrastructure) {
      tables.add(entry, { app: null, kind: entry.kind })
      hash.update(`${JSON.stringify(sortedLists(entry))}\n`)
    }
    // a layer that says nothing changes nothing
    if (layer.apps.length + layer.infrastructure.length + layer.additions.length > 0)
      hash.update('\n')
  }
  for (const addition of additions) {
    const known = places.get(addition.app)
    if (known !== undefined) places.set(addition.app, joinPlaces(known, placesOf(addition)))
  }
  // from the last folder to the first, since the first taker keeps a name
  for (const { text, target } of ownNames.toReversed()) tables.addOwnName(text, target)
  const version = hash.digest('hex').slice(0, 16)
  return new TableCatalog({ apps, places, entries, facts, weights, tables, version })
}

type ScoreOf = (entry: CategorisedApp) => number | null

function appOf(entry: CategorisedApp, scoreOf: ScoreOf): CatalogApp {
  const { id, name, vendor, category } = entry
  return Object.freeze({ id, name, vendor, category, score: scoreOf(entry) })
}

/** An app of the same folder, whose entry comes after the additions. */
function appAhead(layer: PlainLayer, id: string, scoreOf: ScoreOf): CatalogApp | null {
  const entry = layer.apps.find((app) => app.id === id)
  return entry === undefined ? null : appOf(entry, scoreOf)
}

interface PlainLayer {
  additions: readonly AdditionEntry[]
  apps: CatalogFolder['apps'][number]['entry'][]
  infrastructure: CatalogFolder['infrastructure'][number]['entry'][]
}

/** The layers without entries that a later one replaces, each in the order of ids and names: files may be split as one likes. */
function withoutReplaced(layers: readonly CatalogFolder[]): PlainLayer[] {
  const taken = new Set<string>()
  const kept = layers.toReversed().map((layer) => {
    const apps = layer.apps
      .map(({ entry }) => entry)
      .filter(({ id }) => !taken.has(`app ${id}`))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const infrastructure = layer.infrastructure
      .map(({ entry }) => entry)
      .filter(({ name }) => !taken.has(`infrastructure ${name}`))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    for (const { id } of apps) taken.add(`app ${id}`)
    for (const { name } of infrastructure) taken.add(`infrastructure ${name}`)
    return { apps, infrastructure, additions: layer.additions.map(({ entry }) => entry) }
  })
  return kept.toReversed()
}

/** Lists in one order, so that the version tells changes of meaning only. The order of patterns has a meaning. */
function sortedLists(entry: PlacesOf): PlacesOf {
  const { domains, hosts, wholeDomains, hints, ranges } = entry
  return {
    ...entry,
    domains: domains.toSorted(),
    hosts: hosts.toSorted(),
    wholeDomains: wholeDomains.toSorted(),
    hints: hints.toSorted(),
    ranges: ranges.toSorted(),
  }
}

const noFacts: ReadonlyMap<string, Fact> = new Map()

interface Parts {
  apps: ReadonlyMap<string, CatalogApp>
  places: ReadonlyMap<string, AppPlaces>
  entries: ReadonlyMap<string, CategorisedApp>
  facts: ReadonlyMap<string, ReadonlyMap<string, Fact>>
  weights: RiskWeights
  tables: IndexTables
  version: string
}

class TableCatalog implements LoadedCatalog {
  readonly version: string
  readonly apps: ReadonlyMap<string, CatalogApp>
  readonly places: ReadonlyMap<string, AppPlaces>
  readonly weights: RiskWeights
  readonly #parts: Parts
  readonly #tables: IndexTables
  readonly #answers = new Memory<Answer>(catalogLimits.rememberedHosts)
  /** null = no app has this name. */
  readonly #hints = new Memory<Hit | null>(catalogLimits.rememberedHints)

  constructor(parts: Parts) {
    this.version = parts.version
    this.apps = parts.apps
    this.places = parts.places
    this.weights = parts.weights
    this.#parts = parts
    this.#tables = parts.tables
  }

  detail(id: string): AppDetail | null {
    const { entries, weights } = this.#parts
    const entry = entries.get(id)
    if (entry === undefined) return null
    const risk = explainRisk(id, this.facts(id), weights)
    const score = risk.override === null ? (entry.score ?? risk.score) : risk.score
    return { entry, risk: { ...risk, score } }
  }

  facts(id: string): ReadonlyMap<string, Fact> {
    return this.#parts.facts.get(id) ?? noFacts
  }

  lookup(destination: {
    host: string | null
    ip: string | null
    hint: string | null
  }): CatalogMatch {
    const { host, ip, hint } = destination
    let answer = this.#answerFor(host === null || host === '' ? (ip ?? '') : host)
    // a host of nothing but blanks is none
    if (answer.match.host === '' && ip !== null && ip !== '') answer = this.#answerFor(ip)
    if (!answer.open || hint === null || hint === '') return answer.match
    const hit = this.#hintHit(hint)
    if (hit === null || (answer.match.infrastructure && hit.app === null)) return answer.match
    return matchOf(answer.match, hit)
  }

  #answerFor(text: string): Answer {
    const known = this.#answers.get(text)
    if (known !== undefined) return known
    const answer = this.#classify(text)
    // a longer text is no host: nobody asks for it twice, and it would hold memory
    if (text.length <= catalogLimits.hostCharacters) this.#answers.set(text, answer)
    return answer
  }

  #classify(text: string): Answer {
    const { host, kind } = normaliseHost(text)
    const domain = kind === 'name' ? registrableDomain(host) : host === '' ? null : host
    const unknown = {
      host,
      app: null,
      appId: null,
      category: null,
      score: null,
      rule: null,
      infrastructure: false,
      domain,
    }
    if (kind === 'text') return { match: Object.freeze(unknown), open: true }
    const hit = kind === 'name' ? this.#tables.findName(host) : this.#tables.findAddress(host)
    if (hit === undefined) return { match: Object.freeze(unknown), open: true }
    return { match: matchOf(unknown, hit), open: kind === 'address' || sharedKinds.has(hit.kind) }
  }

  #hintHit(hint: string): Hit | null {
    const known = this.#hints.get(hint)
    if (known !== undefined) return known
    const hit = this.#tables.findHint(hint) ?? null
    if (hint.length <= catalogLimits.hintCharacters) this.#hints.set(hint, hit)
    return hit
  }
}

/** Answers are shared between callers, so they are frozen. */
function matchOf({ host, domain }: Pick<CatalogMatch, 'host' | 'domain'>, hit: Hit): CatalogMatch {
  const { app, rule } = hit
  return Object.freeze({
    host,
    app: app?.name ?? null,
    appId: app?.id ?? null,
    category: app?.category ?? null,
    score: app?.score ?? null,
    rule,
    infrastructure: app === null,
    domain,
  })
}

const plainName = { extractHostname: false, validateHostname: false, detectIp: false } as const
const withPrivate = { ...plainName, allowPrivateDomains: true }
const withoutPrivate = { ...plainName, allowPrivateDomains: false }

/**
 * The registrable domain by the public suffix list, each customer of a hoster on its own (`someone.github.io`). A name that is a
 * suffix itself is listed by what was registered (`github.io`), and at last by itself: nothing is dropped.
 */
export function registrableDomain(name: string): string {
  return getDomain(name, withPrivate) ?? getDomain(name, withoutPrivate) ?? name
}
