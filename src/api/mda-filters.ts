/**
 * `filters` of a request body as Defender for Cloud Apps takes them (https://learn.microsoft.com/defender-cloud-apps/api-introduction#filters):
 * `{ field: { operator: value or values } }`, all of which must hold. A field or operator that is not known is refused: an answer that
 * is not filtered would be taken for one that is.
 */
import type { ReportApp } from '../report/report.ts'
import { categoryId } from './mda-shapes.ts'
import { ApiProblem } from './problem.ts'

export interface FilterableApp extends ReportApp {
  tags: readonly string[]
}

export interface MdaFilter {
  keeps: (app: FilterableApp) => boolean
  /** Only apps of this user; null = of all. */
  user: string | null
  /** What `nextQueryFilters` of an earlier answer skips. */
  after: number
}

type Value = string | number | boolean | null
type Got = Value | readonly string[]
type Field = { kind: 'text' | 'number' | 'time' | 'list'; of: (app: FilterableApp) => Got }

const number = (of: (app: FilterableApp) => number | null): Field => ({ kind: 'number', of })
const users = number((app) => app.users)
const addresses = number((app) => app.addresses)
const machines = number((app) => app.devices)
const transactions = number((app) => app.transactions)
const total = number((app) => app.bytesTotal)
const score = number((app) => app.score)
const name: Field = { kind: 'text', of: (app) => app.name }
const category: Field = { kind: 'list', of: (app) => [categoryId(app.category), app.category] }
const tags: Field = {
  kind: 'list',
  of: (app) => (app.tags.length === 0 ? ['None'] : app.tags),
}

/** Names as scripts write them: the API's own and those of the portal. */
const fields: Record<string, Field> = {
  name,
  appName: name,
  appId: { kind: 'text', of: (app) => app.appId },
  category,
  categories: category,
  score,
  riskScore: score,
  tag: tags,
  tags,
  appTag: tags,
  users,
  usersCount: users,
  ipAddresses: addresses,
  ipAddressesCount: addresses,
  machines,
  machinesCount: machines,
  transactions,
  trafficTotalEvents: transactions,
  traffic: total,
  trafficTotalBytes: total,
  trafficUploadedBytes: number((app) => app.bytesUp),
  trafficDownloadedBytes: number((app) => app.bytesDown),
  trafficBlockedEvents: number((app) => app.blocked),
  lastUsed: { kind: 'time', of: (app) => Date.parse(app.lastSeen) },
}
const userFields = new Set(['user.entity', 'user.username', 'user', 'username'])
/** Ours: what `nextQueryFilters` holds. */
const afterField = 'after'

function refuse(what: string): never {
  throw new ApiProblem(400, 'BAD_REQUEST', `cannot apply filters: ${what}`)
}

const fold = (value: unknown): string => String(value).toLowerCase()

type Test = (got: Got, wanted: readonly Value[], nowMs: number) => boolean

const texts = (got: Got): string[] => (Array.isArray(got) ? got.map(fold) : [fold(got)])
const someText =
  (test: (got: string, wanted: string) => boolean): Test =>
  (got, wanted) =>
    texts(got).some((one) => wanted.some((other) => test(one, fold(other))))
const not =
  (test: Test): Test =>
  (got, wanted, nowMs) =>
    !test(got, wanted, nowMs)
/** Unknown is neither more nor less than anything. */
const compared =
  (test: (got: number, wanted: number) => boolean): Test =>
  (got, wanted) =>
    typeof got === 'number' && test(got, Number(wanted[0]))
const days = 86_400_000

const contains = someText((got, wanted) => got.includes(wanted))
const starts = someText((got, wanted) => got.startsWith(wanted))
const equal = someText((got, wanted) => got === wanted)
const between: Test = (got, [from, to]) =>
  typeof got === 'number' && got >= Number(from) && got <= Number(to)
const isSet: Test = (got) => got !== null && got !== '' && !texts(got).includes('none')

const operators: Record<string, Test> = {
  eq: equal,
  neq: not(equal),
  contains,
  text: contains,
  ncontains: not(contains),
  startswith: starts,
  startswithsingle: starts,
  doesnotstartwith: not(starts),
  endswith: someText((got, wanted) => got.endsWith(wanted)),
  gt: compared((got, wanted) => got > wanted),
  gte: compared((got, wanted) => got >= wanted),
  lt: compared((got, wanted) => got < wanted),
  lte: compared((got, wanted) => got <= wanted),
  range: between,
  isset: isSet,
  isnotset: not(isSet),
  gte_ndays: (got, [count], nowMs) =>
    typeof got === 'number' && got >= nowMs - Number(count) * days,
  lte_ndays: (got, [count], nowMs) =>
    typeof got === 'number' && got <= nowMs - Number(count) * days,
}
const numeric = new Set(['gt', 'gte', 'lt', 'lte', 'range', 'gte_ndays', 'lte_ndays'])

/** A value, several, or `{ start, end }`. */
function valuesOf(field: string, asked: unknown): Value[] {
  const list = Array.isArray(asked) ? asked : [asked]
  return list.flatMap((one): Value[] => {
    if (one === null || ['string', 'number', 'boolean'].includes(typeof one)) return [one as Value]
    if (typeof one === 'object' && 'start' in one && 'end' in one)
      return [one.start as Value, one.end as Value]
    return refuse(`${field} has a value that is neither text nor number`)
  })
}

/** undefined or {} = all. Throws a problem (400). */
export function mdaFilter(filters: unknown, nowMs: number): MdaFilter {
  const tests: ((app: FilterableApp) => boolean)[] = []
  let user: string | null = null
  let after = 0
  if (typeof filters !== 'object' || filters === null || Array.isArray(filters))
    return filters === undefined || filters === null || (filters as unknown[]).length === 0
      ? { keeps: () => true, user, after }
      : refuse('it is an object, such as {"score":{"lt":5}}')
  for (const [field, conditions] of Object.entries(filters as Record<string, unknown>)) {
    if (typeof conditions !== 'object' || conditions === null)
      refuse(`${field} needs an operator, such as {"eq":[…]}`)
    for (const [operator, asked] of Object.entries(conditions as Record<string, unknown>)) {
      const wanted = valuesOf(field, asked)
      if (field === afterField) after = Math.max(0, Math.floor(Number(wanted[0]) || 0))
      else if (userFields.has(field)) {
        if (operator !== 'eq' || wanted.length !== 1) refuse(`${field} takes eq with one name`)
        user = String(wanted[0])
      } else tests.push(testOf(field, operator, wanted, nowMs))
    }
  }
  return { keeps: (app) => tests.every((test) => test(app)), user, after }
}

function testOf(
  field: string,
  operator: string,
  wanted: readonly Value[],
  nowMs: number,
): (app: FilterableApp) => boolean {
  const known = Object.hasOwn(fields, field) ? fields[field] : null
  if (known === null)
    return refuse(`${field} is not known here; fields are ${Object.keys(fields).join(', ')}`)
  const test = Object.hasOwn(operators, operator) ? operators[operator] : null
  if (test === null)
    return refuse(
      `${operator} is not known here; operators are ${Object.keys(operators).join(', ')}`,
    )
  if (numeric.has(operator)) {
    if (known.kind === 'text' || known.kind === 'list') refuse(`${field} is no number`)
    if (wanted.length === 0 || wanted.some((one) => one === null || Number.isNaN(Number(one))))
      refuse(`${field} ${operator} needs a number`)
  }
  // the portal writes a span of scores as eq with its two ends
  const span = operator === 'eq' && known === score && wanted.length === 2
  const used = span ? between : test
  return (app) => used(known.of(app), wanted, nowMs)
}

/** Filters that give what comes after the first `count`: for scripts that follow `nextQueryFilters` instead of `skip`. */
export function filtersAfter(filters: unknown, count: number): object {
  const given = typeof filters === 'object' && filters !== null && !Array.isArray(filters)
  return { ...(given ? filters : {}), [afterField]: { eq: [count] } }
}
