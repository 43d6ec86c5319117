/**
 * What a line must hold for a format to be worth asking. A line that its stream's formats do not read is asked of all of them; most
 * can say no by the words their `when` names, without cutting the line into fields. Pairs of bytes stand for words: 1,024 bits tell
 * which pairs the line has, letters of both cases alike. A word that is there is always seen; one that is not seldom seems to be.
 */
import type { Condition, Definition, FieldTest } from './definition.ts'

const bits = 1024
const pairsMax = 8

/** Of the line that was looked at last. */
export const linePairs = new Int32Array(bits / 32)

/** Whether the line of `linePairs` may hold what the format needs. */
export type Needs = (pairs: Int32Array) => boolean

const placeOf = (a: number, b: number): number =>
  (Math.imul(a | 32, 37) + Math.imul(b | 32, 11)) & (bits - 1)

/** Fills `linePairs` from `[start, end)`. */
export function notePairs(buf: Uint8Array, start: number, end: number): void {
  const pairs = linePairs
  for (let i = 0; i < bits / 32; i++) pairs[i] = 0
  for (let p = start + 1; p < end; p++) {
    const place = placeOf(buf[p - 1], buf[p])
    pairs[place >> 5] |= 1 << (place & 31)
  }
}

/**
 * What a definition needs, null = nothing that could be told. Not for objects and events: their values may be written as escapes,
 * letter by letter.
 */
export function needsOf(definition: Definition): Needs | null {
  const { split, when } = definition
  if (split.type === 'json' || split.type === 'xml' || split.type === 'regex') return null
  const all: string[] = []
  if (split.type === 'pattern' && split.anchors.length > 0) {
    const anchors = anyOf(split.anchors)
    if (anchors !== null) all.push(anchors)
  }
  const guard = when === undefined ? null : conditionNeeds(when)
  if (guard !== null) all.push(guard)
  if (all.length === 0) return null
  // Only numbers made here enter the text.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function('B', `return ${all.join('&&')}`) as Needs
}

/** null when one of the alternatives needs no word. */
function conditionNeeds(condition: Condition): string | null {
  const alternatives = (Array.isArray(condition) ? condition : [condition]).map((tests) =>
    Object.values(tests).flatMap((test) => testNeeds(test) ?? []),
  )
  if (alternatives.some((needs) => needs.length === 0)) return null
  return `(${alternatives.map((needs) => `(${needs.join('&&')})`).join('||')})`
}

function testNeeds(test: FieldTest): string[] | null {
  if (typeof test === 'string' || Array.isArray(test)) {
    const one = anyOf([test].flat())
    return one === null ? null : [one]
  }
  if (test.optional === true) return null
  const lists = [test.prefix, test.suffix, test.contains].flatMap((words) =>
    words === undefined ? [] : [anyOf([words].flat())],
  )
  const known = lists.filter((one) => one !== null)
  return known.length === 0 ? null : known
}

/** One of the words is there; null when one is too short to tell, or may be written with escapes. */
function anyOf(words: readonly string[]): string | null {
  const each = words.map((word) => {
    const bytes = Buffer.from(word)
    return word.length < 2 || !/^[\w %:/.-]+$/.test(word) ? null : pairsOf(bytes)
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
