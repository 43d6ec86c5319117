/** The filters of the table of apps; they stand in the address, so that a link or a saved query is the same table. */
import type { ReportApp } from '../../report/report.ts'
import { bandOf, riskBands } from '../../report/risk.ts'
import type { RiskBand } from '../../report/risk.ts'
import type { Value } from './row-order.ts'

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
  /** `only`: with blocked transactions; `none`: without. */
  blocked?: string
  /** First seen in the last days. */
  newDays?: string
  /** Tags, joined by `|`. */
  tag?: string
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
  'blocked',
  'newDays',
  'tag',
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

const texts = new WeakMap<AppRow, string>()

/** What a row is found by, made once: letters of 100,000 names are not made small again at every key. */
export function textOf(row: AppRow): string {
  let text = texts.get(row)
  if (text === undefined)
    texts.set(row, (text = `${row.name}\n${row.category}\n${row.appId}`.toLowerCase()))
  return text
}

/** The test of a row, or null when every row passes. */
export function appTest(search: AppSearch, nowMs: number): ((row: AppRow) => boolean) | null {
  const tests: ((row: AppRow) => boolean)[] = []
  const wanted = search.q?.trim().toLowerCase() ?? ''
  if (wanted !== '') tests.push((row) => textOf(row).includes(wanted))
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
  if (search.blocked === 'only') tests.push(({ blocked }) => blocked > 0)
  if (search.blocked === 'none') tests.push(({ blocked }) => blocked === 0)
  const newDays = numberOf(search.newDays)
  if (newDays !== null) {
    const since = new Date(nowMs - newDays * 86_400_000).toISOString()
    tests.push(({ firstSeen }) => new Date(firstSeen).toISOString() >= since)
  }
  const tags = listOf(search.tag)
  if (tags.length > 0) tests.push((row) => tags.some((tag) => row.tags?.includes(tag) === true))
  if (tests.length === 0) return null
  return (row) => tests.every((test) => test(row))
}

/** What a column is sorted by. */
export function appValue(row: AppRow, column: string): Value {
  if (column === 'tags') return row.tags?.join(' ') ?? null
  return (row as unknown as Record<string, Value | undefined>)[column] ?? null
}
