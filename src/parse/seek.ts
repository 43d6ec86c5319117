/**
 * How words are sought in a text (parse/seek-code.ts): JavaScript that gives the next place where one may begin, for the code that
 * compares it there. On a processor without the instructions every place is one.
 */
import { constantBytesAt } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { seekTableBytes } from './seek-code.ts'
import type { SeekCode } from './seek-code.ts'

/** For the tests before the split, which run as JavaScript. One thread, set for each line. */
let code: SeekCode | null = null

/** Words are sought in the memory of `c` from here on. */
export function seekIn(c: LineContext): void {
  code = c.native === null ? null : c.native.code
}

export const seekPair: SeekCode['seekPair'] = (p, stop, ...of) =>
  code === null ? p : code.seekPair(p, stop, ...of)

export const seekAny: SeekCode['seekAny'] = (p, stop, table) =>
  code === null ? p : code.seekAny(p, stop, table)

/** What format code imports over the memory of `c`. */
export function seekersOf({ native }: LineContext): SeekCode {
  return native === null ? { seekPair: (p) => p, seekAny: (p) => p } : native.code
}

const isLetter = (byte: number): boolean => byte >= 97 && byte <= 122
/** Bytes that logs are full of, the fullest first. */
const common = 'e01ta2o."i5n:34,s6r879 =/-dclmpuhgbw_yfvkxTCPz'

/** How often a byte may be met. */
function frequency(byte: number): number {
  const place = common.indexOf(String.fromCharCode(byte))
  return place < 0 ? 1 : common.length + 1 - place
}

/** The two places below `stop` at which the words show their rarest bytes. */
function rarePlaces(words: readonly Uint8Array[], stop: number): [number, number] {
  const places = Array.from({ length: Math.min(stop, 64) }, (_, place) => ({
    place,
    met: words.reduce((sum, word) => sum + frequency(word[place]), 0),
  })).toSorted((a, b) => a.met - b.met)
  return [places[0].place, (places[1] ?? places[0]).place]
}

/**
 * JavaScript that gives the next place from `from` on, and not behind `stop`, where one of `words` may begin, or one behind `stop`.
 * `fold`: letters of the words are in lower case and stand for both.
 */
export function seekCode(words: readonly Uint8Array[], from: string, fold: boolean): string {
  const [at, other] = rarePlaces(words, Math.min(...words.map((word) => word.length)))
  const [only] = words
  const folded = (byte: number): number => (fold && isLetter(byte) ? 32 : 0)
  if (words.length === 1)
    return `seekPair(${from},stop,${at},${only[at]},${folded(only[at])},${other},${only[other]},${folded(only[other])})`
  return `seekAny(${from},stop,${constantBytesAt(tableOf(words, [at, other], fold))})`
}

/** Words are a bit each, or share one when they are more than eight. */
function tableOf(
  words: readonly Uint8Array[],
  places: readonly number[],
  fold: boolean,
): Uint8Array {
  const table = new Uint8Array(seekTableBytes)
  table.set(places)
  const [at] = places
  const sorted = words.toSorted((a, b) => a[at] - b[at])
  for (const [i, word] of sorted.entries()) {
    const bit = 1 << Math.floor((i * 8) / Math.max(8, sorted.length))
    for (const [k, place] of places.entries()) {
      const byte = word[place]
      const lower = 2 + k * 32
      table[lower + (byte & 15)] |= bit
      table[lower + 16 + (byte >> 4)] |= bit
      if (fold && isLetter(byte)) table[lower + 16 + ((byte & ~32) >> 4)] |= bit
    }
  }
  return table
}
