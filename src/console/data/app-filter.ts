/** The filters of the table of apps; they stand in the address, so that a link or a saved query is the same table. */
import type { ReportApp } from '../../report/report.ts'
import { bandOf, riskBands } from '../../report/risk.ts'
import type { RiskBand } from '../../report/risk.ts'
import type { RowTest, Value } from './row-order.ts'
import type { TextFinder } from './text-finder.ts'

/** As in the address. */
export interface AppSearch {
  q?: string
  /** Categories, joined by `|`. */
  category?: string
  /** Bands of risk, joined by `|`. */
  risk?: string
  /** `from-to`, 0 to 10. */
  score?: string
  minUsers?: string
  /** MB. */
  minTraffic?: string
  /** MB. */
  minUploaded?: string
  minTransactions?: string
  /** `only`: with blocked transactions; `none`: without. */
  blocked?: string
  /** First seen in the last days. */
  newDays?: string
  /** Tags, joined by `|`; `none` = without any. */
  tag?: string
  /** Risk factors as `soc-2:yes`, joined by `|`; all must hold. The appliance knows which apps fit. */
  factor?: string
  /** Country of the vendor, ISO 3166-1; `unknown` is none. */
  country?: string
  /** Id of a suggested query of the catalog. */
  suggested?: string
  sort?: string
  order?: string
}

export const appSearchKeys = [
  'q',
  'category',
  'risk',
  'score',
  'minUsers',
  'minTraffic',
  'minUploaded',
  'minTransactions',
  'blocked',
  'newDays',
  'tag',
  'factor',
  'country',
  'suggested',
  'sort',
  'order',
] as const satisfies (keyof AppSearch)[]

/** An app as the table knows it; tags are there when the appliance has them. */
export type AppRow = ReportApp & { tags?: string[] }

export const listOf = (text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : text.split('|')

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

/** A score's bounds; whatever is no number is no bound. */
export function scoreBounds(text: string | undefined): [number, number] | null {
  const found = /^(\d{1,2}(?:\.\d)?)-(\d{1,2}(?:\.\d)?)$/.exec(text ?? '')
  return found === null ? null : [Number(found[1]), Number(found[2])]
}

/** What a row is found by. */
export const textOf = ({ name, category, appId }: AppRow): string =>
  `${name}\n${category}\n${appId}`

/** Whether the catalog must be asked which apps fit. */
export const asksCatalog = ({ factor, country, suggested }: AppSearch): boolean =>
  [factor, country, suggested].some((asked) => (asked ?? '') !== '')

/**
 * The test of a row, or null when every row passes. `finder` is of the same rows; `fitting`: ids that the catalog gave for its part; null =
 * not asked, or not told yet.
 */
export function appTest(
  search: AppSearch,
  finder: TextFinder,
  nowMs: number,
  fitting: ReadonlySet<string> | null = null,
): RowTest<AppRow> | null {
  const tests: RowTest<AppRow>[] = []
  const wanted = search.q?.trim() ?? ''
  if (wanted !== '') {
    const found = finder.find(wanted)
    tests.push((_row, index) => found[index] === 1)
  }
  if (fitting !== null) tests.push(({ appId }) => fitting.has(appId))
  const categories = new Set(listOf(search.category))
  if (categories.size > 0) tests.push(({ category }) => categories.has(category))
  const bands = new Set(listOf(search.risk).filter((one) => riskBands.includes(one as RiskBand)))
  if (bands.size > 0) tests.push(({ score }) => bands.has(bandOf(score)))
  const bounds = scoreBounds(search.score)
  if (bounds !== null)
    tests.push(({ score }) => score !== null && score >= bounds[0] && score <= bounds[1])
  const minUsers = numberOf(search.minUsers)
  if (minUsers !== null) tests.push(({ users }) => users >= minUsers)
  const minTraffic = numberOf(search.minTraffic)
  if (minTraffic !== null)
    tests.push(({ bytesTotal }) => bytesTotal !== null && bytesTotal >= minTraffic * 1e6)
  const minUploaded = numberOf(search.minUploaded)
  if (minUploaded !== null)
    tests.push(({ bytesUp }) => bytesUp !== null && bytesUp >= minUploaded * 1e6)
  const minTransactions = numberOf(search.minTransactions)
  if (minTransactions !== null) tests.push(({ transactions }) => transactions >= minTransactions)
  if (search.blocked === 'only') tests.push(({ blocked }) => blocked > 0)
  if (search.blocked === 'none') tests.push(({ blocked }) => blocked === 0)
  const newDays = numberOf(search.newDays)
  if (newDays !== null) {
    const sinceMs = nowMs - newDays * 86_400_000
    tests.push(({ firstSeen }) => Date.parse(firstSeen) >= sinceMs)
  }
  const tags = listOf(search.tag)
  if (tags.length > 0)
    tests.push((row) =>
      tags.some((tag) =>
        tag === 'none' ? (row.tags ?? []).length === 0 : row.tags?.includes(tag) === true,
      ),
    )
  if (tests.length <= 1) return tests[0] ?? null
  return (row, index) => tests.every((test) => test(row, index))
}

/** What a column is sorted by. */
export function appValue(row: AppRow, column: string): Value {
  if (column === 'tags') return row.tags?.join(' ') ?? null
  return (row as unknown as Record<string, Value | undefined>)[column] ?? null
}
