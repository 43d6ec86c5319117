/** The part of OData's `$filter` that Graph's cloud discovery takes: eq, ne, le, ge, startswith, endswith, contains, joined by `and`. */

export type GraphFilter = (row: Record<string, unknown>) => boolean

const comparison = /^(\w+) (eq|ne|le|ge) (?:'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)|(null))$/
const call = /^(startswith|endswith|contains)\((\w+), ?'((?:[^']|'')*)'\)$/

/** undefined = not understood. */
export function graphFilter(text: string): GraphFilter | undefined {
  const tests: GraphFilter[] = []
  for (const part of clauses(text)) {
    const test = comparisonOf(part) ?? callOf(part)
    if (test === undefined) return undefined
    tests.push(test)
  }
  return (row) => tests.every((test) => test(row))
}

/** Cut at `and` outside of quotes. */
function clauses(text: string): string[] {
  const parts = text.split(/('(?:[^']|'')*')/)
  return parts
    .map((part, i) => (i % 2 === 0 ? part.replaceAll(/ and /gi, '\0') : part))
    .join('')
    .split('\0')
    .map((part) => part.trim())
}

function comparisonOf(text: string): GraphFilter | undefined {
  const match = comparison.exec(text)
  if (match === null) return undefined
  const [, field, operator, quoted, number, none] = match
  const wanted =
    none !== undefined ? null : number === undefined ? quoted.replaceAll("''", "'") : Number(number)
  return (row) => {
    const value = row[field] ?? null
    if (operator === 'eq') return value === wanted
    if (operator === 'ne') return value !== wanted
    if (value === null || wanted === null || typeof value !== typeof wanted) return false
    return operator === 'le'
      ? (value as number) <= (wanted as number)
      : (value as number) >= (wanted as number)
  }
}

function callOf(text: string): GraphFilter | undefined {
  const match = call.exec(text)
  if (match === null) return undefined
  const [, name, field, quoted] = match
  const part = quoted.replaceAll("''", "'").toLowerCase()
  return (row) => {
    const value = row[field]
    if (typeof value !== 'string') return false
    const lower = value.toLowerCase()
    if (name === 'startswith') return lower.startsWith(part)
    return name === 'endswith' ? lower.endsWith(part) : lower.includes(part)
  }
}
