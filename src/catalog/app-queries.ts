/**
 * Questions to the catalog by its factors, and the reference product's suggested ones. Unknown is an answer of its own: an app without
 * a fact is neither with nor without it.
 */
import type { LoadedCatalog } from './catalog.ts'
import type { CatalogApp } from './match.ts'
import type { Fact } from './risk.ts'

export const factAnswers = ['yes', 'no', 'unknown', 'irrelevant'] as const
export type FactAnswer = (typeof factAnswers)[number]

export interface FactorCondition {
  factor: string
  /** One of `factAnswers`, or a value such as `high` of FedRAMP. */
  is: string
}

export interface AppQuery {
  /** Part of name, vendor or id; null = all. */
  text: string | null
  categories: readonly string[]
  /** Of the score; apps without one are left out when a bound is given. */
  scoreMin: number | null
  scoreMax: number | null
  /** All must hold. */
  all: readonly FactorCondition[]
  /** One must hold, when there are any. */
  any: readonly FactorCondition[]
}

export const everyApp: AppQuery = {
  text: null,
  categories: [],
  scoreMin: null,
  scoreMax: null,
  all: [],
  any: [],
}

export interface SuggestedQuery {
  id: string
  name: string
  query: Partial<AppQuery>
}

const is = (factor: string, answer: string): FactorCondition => ({ factor, is: answer })

/** The eight of the reference product, by its names. */
export const suggestedQueries: readonly SuggestedQuery[] = [
  {
    id: 'anonymous-use',
    name: 'Cloud apps that allow anonymous use',
    query: { all: [is('requires-user-authentication', 'no')] },
  },
  {
    id: 'csa-star',
    name: 'Cloud apps that are certified by CSA STAR',
    query: { all: [is('csa-star', 'yes')] },
  },
  {
    id: 'fedramp',
    name: 'Cloud apps that are authorized by FedRAMP',
    query: {
      any: ['high', 'moderate', 'low', 'li-saas'].map((value) => is('fedramp', value)),
    },
  },
  {
    id: 'data-owners',
    name: 'Cloud storage and collaboration apps that own their users’ data',
    query: { categories: ['Cloud storage', 'Collaboration'], all: [is('data-ownership', 'no')] },
  },
  {
    id: 'risky-storage',
    name: 'Cloud storage apps that are risky and not known to comply',
    query: {
      categories: ['Cloud storage'],
      scoreMax: 5,
      any: ['soc-2', 'hipaa', 'pci-dss'].flatMap((id) => [is(id, 'no'), is(id, 'unknown')]),
    },
  },
  {
    id: 'weak-authentication',
    name: 'Enterprise cloud apps with weak authentication',
    query: {
      any: ['saml', 'password-policy', 'multi-factor-authentication'].map((id) => is(id, 'no')),
    },
  },
  {
    id: 'weak-encryption',
    name: 'Enterprise cloud apps with weak encryption',
    query: {
      any: [
        ...['none', 'tls-1.0', 'tls-1.1'].map((value) => is('encryption-protocol', value)),
        ...['none', 'des', 'rc4'].map((value) => is('encryption-at-rest', value)),
      ],
    },
  },
  {
    id: 'gdpr-ready',
    name: 'GDPR ready cloud apps',
    query: { any: [is('gdpr-readiness', 'yes'), is('gdpr-right-to-erasure', 'yes')] },
  },
]

/** Whether what is known answers so. A level other than `none` is a yes. */
export function answersTo(fact: Fact | undefined, wanted: string): boolean {
  if (fact === undefined) return wanted === 'unknown'
  if (fact.value === null) return wanted === 'irrelevant'
  if (String(fact.value) === wanted) return true
  const yes = fact.value !== false && fact.value !== 'none'
  return wanted === (yes ? 'yes' : 'no')
}

/** Apps of the catalog that fit, in the order of their names. */
export function findApps(catalog: LoadedCatalog, query: AppQuery): CatalogApp[] {
  const text = query.text?.toLowerCase() ?? ''
  const wanted = new Set(query.categories)
  const fits = (app: CatalogApp): boolean => {
    if (wanted.size > 0 && !wanted.has(app.category)) return false
    if (query.scoreMin !== null && (app.score === null || app.score < query.scoreMin)) return false
    if (query.scoreMax !== null && (app.score === null || app.score > query.scoreMax)) return false
    if (text !== '' && !`${app.name} ${app.vendor ?? ''} ${app.id}`.toLowerCase().includes(text))
      return false
    const facts = catalog.facts(app.id)
    const holds = ({ factor, is: answer }: FactorCondition): boolean =>
      answersTo(facts.get(factor), answer)
    return query.all.every(holds) && (query.any.length === 0 || query.any.some(holds))
  }
  return [...catalog.apps.values()]
    .filter(fits)
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
}
