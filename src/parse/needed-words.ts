/**
 * What a line must hold for a format to be worth asking. A line that its stream's formats do not read is asked of all of them; most
 * can say no by the words their `when` names, and the keys it asks for, without cutting the line into fields. Pairs of bytes stand for
 * words: 4,096 bits tell which pairs the line has, letters of both cases alike. A word that is there is always seen; one that is not
 * seldom seems to be.
 */
import type { Condition, Definition, FieldTest } from './definition.ts'

const bits = 4096
const pairsMax = 8

/** Of the line that was looked at last. */
export const linePairs = new Int32Array(bits / 32)

/** Whether the line of `linePairs` may hold what the format needs. */
export type Needs = (pairs: Int32Array) => boolean

const placeOf = (a: number, b: number): number =>
  (Math.imul(a | 32, 131) + Math.imul(b | 32, 11)) & (bits - 1)

/** Fills `linePairs` from `[start, end)`. */
export function notePairs(buf: Uint8Array, start: number, end: number): void {
  const pairs = linePairs
  pairs.fill(0)
  for (let p = start + 1; p < end; p++) {
    const place = placeOf(buf[p - 1], buf[p])
    pairs[place >> 5] |= 1 << (place & 31)
  }
}

/**
 * What a definition needs, null = nothing that could be told. Of values of objects and events no word: they may be written as escapes,
 * letter by letter.
 */
export function needsOf(definition: Definition): Needs | null {
  const { split, when } = definition
  const all: string[] = []
  const anchors = split.type === 'pattern' && split.anchors.length > 0 ? split.anchors : null
  const opening = split.type === 'xml' ? [`<${split.root}`] : anchors
  const opened = opening === null ? null : anyOf(opening, split.type === 'xml')
  if (opened !== null) all.push(opened)
  const guard = when === undefined ? null : conditionNeeds(when, namesOf(definition))
  if (guard !== null) all.push(guard)
  if (all.length === 0) return null
  // Only numbers made here enter the text.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function('B', `return ${all.join('&&')}`) as Needs
}

/** How the fields of a definition stand in the line. */
interface Names {
  /** Words that stand there when a field of this name does: the parts of its path. */
  keys: (name: string) => string[]
  /** `raw`: each character of the value stands for itself; `plain`: those that nobody escapes do; `escaped`: none need. */
  value: (name: string) => 'raw' | 'plain' | 'escaped'
}

function namesOf({ split, fields, columns, records, generic }: Definition): Names {
  const named = ['kv', 'cef', 'leef', 'json'].includes(split.type) && !generic
  const labelled = new Set(split.type === 'cef' ? Object.values(split.labels) : [])
  const placed = new Set(records.flatMap(({ columns: own }) => Object.keys(own ?? {})))
  const patterns = records.flatMap((record) => record.patterns ?? []).join(' ')
  const isKey = (name: string): boolean =>
    fields[name] === undefined &&
    columns?.[name] === undefined &&
    !labelled.has(name) &&
    !placed.has(name) &&
    !patterns.includes(`{${name}`) &&
    !/^(?:[$]|header[.]|each[.]|client[.]|server[.])/.test(name)
  const objects = split.type === 'json' || split.type === 'xml'
  return {
    keys: (name) =>
      named && isKey(name) ? name.split('.').filter((part) => /^[A-Za-z_][\w-]+$/.test(part)) : [],
    value: (name) =>
      name.startsWith('$') || split.type === 'regex' ? 'raw' : objects ? 'escaped' : 'plain',
  }
}

/** null when one of the alternatives needs no word. */
function conditionNeeds(condition: Condition, { keys, value }: Names): string | null {
  const alternatives = (Array.isArray(condition) ? condition : [condition]).map((tests) =>
    Object.entries(tests).flatMap(([name, test]) => [
      ...(value(name) === 'escaped' ? [] : (testNeeds(test, value(name) === 'raw') ?? [])),
      ...(asksForValue(test) ? keys(name) : []).map((key) => `(${pairsOf(Buffer.from(key))})`),
    ]),
  )
  if (alternatives.some((needs) => needs.length === 0)) return null
  return `(${alternatives.map((needs) => `(${needs.join('&&')})`).join('||')})`
}

/** Whether the test fails of a field that is absent. */
function asksForValue(test: FieldTest): boolean {
  if (typeof test === 'string') return test !== ''
  if (Array.isArray(test)) return !test.includes('')
  if (test.optional === true) return false
  const { present, address, digits } = test
  return present === true || address === true || digits !== undefined
}

/** `raw`: the field is a part of the line as it came, so that every character of a word stands for itself. */
function testNeeds(test: FieldTest, raw: boolean): string[] | null {
  if (typeof test === 'string' || Array.isArray(test)) {
    const one = anyOf([test].flat(), raw)
    return one === null ? null : [one]
  }
  if (test.optional === true) return null
  const lists = [test.prefix, test.suffix, test.contains].flatMap((words) =>
    words === undefined ? [] : [anyOf([words].flat(), raw)],
  )
  const known = lists.filter((one) => one !== null)
  return known.length === 0 ? null : known
}

/** One of the words is there; null when one is too short to tell, or may be written with escapes. */
function anyOf(words: readonly string[], raw: boolean): string | null {
  const plain = raw ? /^[\x20-\x7e]+$/ : /^[\w %:/.-]+$/
  const each = words.map((word) => {
    const bytes = Buffer.from(word)
    return word.length < 2 || !plain.test(word) ? null : pairsOf(bytes)
  })
  return each.some((one) => one === null) ? null : `(${each.join('||')})`
}

function pairsOf(bytes: Uint8Array): string {
  const masks = new Map<number, number>()
  for (let i = 1; i < bytes.length && i <= pairsMax; i++) {
    const place = placeOf(bytes[i - 1], bytes[i])
    masks.set(place >> 5, (masks.get(place >> 5) ?? 0) | (1 << (place & 31)))
  }
  return [...masks].map(([at, mask]) => `(B[${at}]&${mask})===${mask}`).join('&&')
}
