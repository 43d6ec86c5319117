/** The tables a lookup walks: names by suffix, patterns below them, vendors' app names, networks. */
import { RE2JS } from 're2js'
import { AddressRanges } from './addresses.ts'
import { hintNames, normaliseHint } from './hints.ts'
import type { CatalogApp } from './match.ts'
import type { InfrastructureEntry, InfrastructureKind } from './schema.ts'
import { SuffixTable } from './suffix-table.ts'

/** What an entry of a table stands for: an app, or infrastructure of a kind. */
export interface Target {
  app: CatalogApp | null
  kind: InfrastructureKind | null
}

export interface Hit extends Target {
  /** `<rule>:<entry>` */
  rule: string
}

interface Pattern {
  expression: RE2JS
  hit: Hit
}

/** What is known of one name: it alone, it and all below (`domain`), the same with the least weight (`whole`), shapes of names below. */
interface Name {
  exact?: Hit
  domain?: Hit
  whole?: Hit
  patterns?: Pattern[]
}

export type Places = Pick<
  InfrastructureEntry,
  'domains' | 'hosts' | 'wholeDomains' | 'patterns' | 'hints' | 'ranges'
>

/** Filled entry by entry; an entry added later wins over an earlier one with the same name, network or hint. */
export class IndexTables {
  readonly #names = new SuffixTable<Name>()
  readonly #hints = new Map<string, Hit>()
  readonly #ranges = new AddressRanges<Hit>()

  add(places: Places, target: Target): void {
    for (const host of places.hosts) this.#nameOf(host).exact = { ...target, rule: `host:${host}` }
    for (const domain of places.domains) {
      const name = this.#nameOf(domain)
      name.domain = { ...target, rule: `suffix:${domain}` }
      delete name.whole
    }
    for (const domain of places.wholeDomains) {
      const name = this.#nameOf(domain)
      name.whole = { ...target, rule: `domain:${domain}` }
      delete name.domain
    }
    for (const { under, match } of places.patterns) {
      const pattern: Pattern = {
        expression: RE2JS.compile(match),
        hit: { ...target, rule: `pattern:${match}.${under}` },
      }
      const name = this.#nameOf(under)
      // the later one is tried first
      name.patterns = [pattern, ...(name.patterns ?? [])]
    }
    for (const hint of places.hints) {
      const key = normaliseHint(hint)
      this.#hints.set(key, { ...target, rule: `hint:${key}` })
    }
    for (const range of places.ranges)
      this.#ranges.add(range, { ...target, rule: `range:${range}` })
  }

  /** An app's own name is a hint too, where no entry claims it. */
  addOwnName(text: string, target: Target): void {
    const key = normaliseHint(text)
    if (!this.#hints.has(key)) this.#hints.set(key, { ...target, rule: `hint:${key}` })
  }

  /** Exact host, longest suffix, pattern, whole registrable domain. `host` is a name in its one spelling. */
  findName(host: string): Hit | undefined {
    let exact: Hit | undefined
    let domain: Hit | undefined
    let whole: Hit | undefined
    let patterned: { patterns: readonly Pattern[]; left: string }[] | undefined
    // the shortest suffix comes first, so the longest stays
    this.#names.walk(host, (name, start) => {
      if (start === 0) exact = name.exact
      domain = name.domain ?? domain
      whole = name.whole ?? whole
      if (name.patterns !== undefined && start > 0)
        (patterned ??= []).push({ patterns: name.patterns, left: host.slice(0, start - 1) })
    })
    if (exact !== undefined || domain !== undefined) return exact ?? domain
    for (const { patterns, left } of patterned?.toReversed() ?? []) {
      const hit = firstMatch(patterns, left)
      if (hit !== undefined) return hit
    }
    return whole
  }

  findHint(text: string): Hit | undefined {
    for (const name of hintNames(text)) {
      const hit = this.#hints.get(name)
      if (hit !== undefined) return hit
    }
    return undefined
  }

  /** `address` must be canonical. */
  findAddress(address: string): Hit | undefined {
    return this.#ranges.find(address)
  }

  #nameOf(key: string): Name {
    return this.#names.at(key, () => ({}))
  }
}

function firstMatch(patterns: readonly Pattern[], left: string): Hit | undefined {
  return patterns.find(({ expression }) => expression.matcher(left).matches())?.hit
}
