/**
 * `$filter` of Graph's cloud discovery: OData's comparisons (eq, ne, le, ge, lt, gt, in), startswith, endswith, contains, joined by `and`,
 * `or`, `not` and brackets (https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter).
 */

export type GraphFilter = (row: Record<string, unknown>) => boolean
type Value = string | number | boolean | null

/** Brackets and `not` within each other. */
const depthMax = 50
const token =
  /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?(?![\w:-]))|(\d{4}-\d\d-\d\d[\dT:.Z+-]*)|([A-Za-z_][\w.]*(?:\/[A-Za-z_]\w*)*)|([(),]))/y

/** Names that the service took before, or that its examples spell otherwise. */
const aliases: Record<string, string> = {
  riskRating: 'riskScore',
  uploadNetworkTrafficInBytes: 'uploadNetworkTraficInBytes',
  downloadNetworkTrafficInBytes: 'downloadNetworkTraficInBytes',
}

export function graphField(name: string): string {
  return Object.hasOwn(aliases, name) ? aliases[name] : name
}

class NotUnderstood extends Error {}

/** undefined = not understood. */
export function graphFilter(text: string): GraphFilter | undefined {
  try {
    const reader = new Reader(tokensOf(text))
    const filter = either(reader, 0)
    reader.end()
    return filter
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}

interface Token {
  kind: 'value' | 'name' | 'sign'
  text: string
  value: Value
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const rest = text.trimEnd()
  token.lastIndex = 0
  while (token.lastIndex < rest.length) {
    const match = token.exec(rest)
    if (match === null) throw new NotUnderstood()
    const [, quoted, number, time, name, sign] = match
    if (quoted !== undefined)
      tokens.push({
        kind: 'value',
        text: quoted,
        value: quoted.slice(1, -1).replaceAll("''", "'"),
      })
    else if (number !== undefined)
      tokens.push({ kind: 'value', text: number, value: Number(number) })
    else if (time !== undefined) tokens.push({ kind: 'value', text: time, value: time })
    else if (name !== undefined) tokens.push(wordOf(name))
    else tokens.push({ kind: 'sign', text: sign, value: null })
  }
  return tokens
}

function wordOf(name: string): Token {
  if (name === 'null') return { kind: 'value', text: name, value: null }
  if (name === 'true' || name === 'false')
    return { kind: 'value', text: name, value: name === 'true' }
  return { kind: 'name', text: name, value: null }
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Takes the next token when it is this word or sign. */
  takes(text: string): boolean {
    const next = this.#tokens[this.#at]
    if (next === undefined || next.kind === 'value' || next.text.toLowerCase() !== text)
      return false
    this.#at++
    return true
  }

  expects(text: string): void {
    if (!this.takes(text)) throw new NotUnderstood()
  }

  next(kind: Token['kind']): Token {
    const next = this.#tokens[this.#at]
    if (next?.kind !== kind) throw new NotUnderstood()
    this.#at++
    return next
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new NotUnderstood()
  }
}

function either(reader: Reader, depth: number): GraphFilter {
  const tests = [both(reader, depth)]
  while (reader.takes('or')) tests.push(both(reader, depth))
  return (row) => tests.some((test) => test(row))
}

function both(reader: Reader, depth: number): GraphFilter {
  const tests = [one(reader, depth)]
  while (reader.takes('and')) tests.push(one(reader, depth))
  return (row) => tests.every((test) => test(row))
}

function one(reader: Reader, depth: number): GraphFilter {
  if (depth > depthMax) throw new NotUnderstood()
  if (reader.takes('not')) {
    const test = one(reader, depth + 1)
    return (row) => !test(row)
  }
  if (reader.takes('(')) {
    const test = either(reader, depth + 1)
    reader.expects(')')
    return test
  }
  const { text } = reader.next('name')
  return reader.takes('(') ? call(reader, text) : comparison(reader, text)
}

const calls: Record<string, (got: string, wanted: string) => boolean> = {
  startswith: (got, wanted) => got.startsWith(wanted),
  endswith: (got, wanted) => got.endsWith(wanted),
  contains: (got, wanted) => got.includes(wanted),
}

function call(reader: Reader, name: string): GraphFilter {
  const test = Object.hasOwn(calls, name) ? calls[name] : undefined
  const field = graphField(reader.next('name').text)
  reader.expects(',')
  const { value } = reader.next('value')
  reader.expects(')')
  if (test === undefined || typeof value !== 'string') throw new NotUnderstood()
  const wanted = value.toLowerCase()
  return (row) => {
    const got = row[field]
    return typeof got === 'string' && test(got.toLowerCase(), wanted)
  }
}

type Order = (got: string | number, wanted: string | number) => boolean
const orders: Record<string, Order> = {
  le: (got, wanted) => got <= wanted,
  ge: (got, wanted) => got >= wanted,
  lt: (got, wanted) => got < wanted,
  gt: (got, wanted) => got > wanted,
}

function comparison(reader: Reader, name: string): GraphFilter {
  const field = graphField(name)
  const operator = reader.next('name').text.toLowerCase()
  if (operator === 'in') {
    const wanted = valuesIn(reader)
    return (row) => wanted.includes((row[field] ?? null) as Value)
  }
  const { value: wanted } = reader.next('value')
  if (operator === 'eq') return (row) => (row[field] ?? null) === wanted
  if (operator === 'ne') return (row) => (row[field] ?? null) !== wanted
  const order = Object.hasOwn(orders, operator) ? orders[operator] : undefined
  if (order === undefined) throw new NotUnderstood()
  return (row) => {
    const got = row[field]
    if (typeof got === 'number' && typeof wanted === 'number') return order(got, wanted)
    return typeof got === 'string' && typeof wanted === 'string' && order(got, wanted)
  }
}

function valuesIn(reader: Reader): Value[] {
  reader.expects('(')
  const values = [reader.next('value').value]
  while (reader.takes(',')) values.push(reader.next('value').value)
  reader.expects(')')
  return values
}
