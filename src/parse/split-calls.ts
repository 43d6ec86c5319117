/**
 * Splits as the code of a format calls them, compiled with it (parse/format-code.ts): the native splitter (parse/native-code.ts), and
 * for what that one does not know the plain one, which is JavaScript.
 */
import { i32 } from '../lib/wasm-code.ts'
import type { Surroundings } from '../lib/wasm-words.ts'
import { dropCut } from './cut-values.ts'
import type { Outside, Words } from './format-words.ts'
import type { LineContext } from './line-context.ts'
import { slashedAt, surplusMark } from './native-code.ts'
import type { NativeCode } from './native-code.ts'
import { splitRefused, unslashFound } from './native-splits.ts'
import type { FastKvOptions } from './native-splits.ts'
import { delimiterOf, splitBlanks, splitCsv, splitTabs } from './split.ts'
import { splitKv } from './split-kv.ts'

/* What the functions below mean by these names; `w` are the words of the context (parse/format-words.ts). */
declare const w: Words
declare const nativeColumns: NativeCode['columns']
declare const nativeBlanks: NativeCode['blanks']
declare const nativePairs: NativeCode['pairs']
declare const otherColumns: (
  start: number,
  end: number,
  delimiter: number,
  k: number,
  braces: number,
) => number
declare const otherBlanks: (start: number, end: number, k: number, brackets: number) => number
declare const otherPairs: (start: number, end: number, k: number, keys: number) => number
declare const unslashPairs: () => void

/** Columns with one delimiter; `table` and `last` as the native splitter takes them, `k` the number of the same as a constant. */
function columnsOf(
  start: number,
  end: number,
  delimiter: number,
  table: number,
  last: number,
  braces: number,
  k: number,
): number {
  const seen = delimiter === 0 ? -1 : nativeColumns(start, end, delimiter, table, last, braces)
  if (seen < 0) return otherColumns(start, end, delimiter, k, braces)
  if (seen < surplusMark) return seen
  w.surplus = 1
  return seen - surplusMark
}

function blanksOf(
  start: number,
  end: number,
  table: number,
  last: number,
  brackets: number,
  k: number,
): number {
  const seen = nativeBlanks(start, end, table, last, brackets)
  return seen < 0 ? otherBlanks(start, end, k, brackets) : seen
}

function pairsOf(
  view: DataView,
  start: number,
  end: number,
  separator: number,
  other: number,
  assign: number,
  quote: number,
  slash: number,
  repeated: number,
  k: number,
): number {
  const keys = w.keysAt
  const seen =
    keys === 0
      ? -1
      : nativePairs(start, end, keys, separator, other, assign, quote, slash, repeated)
  if (seen < 0) {
    // the keys may be others now
    w.keysAt = -1
    return otherPairs(start, end, k, keys)
  }
  if (view.getInt32(slashedAt, true) > 0) unslashPairs()
  w.pairsRead++
  return seen
}

const integers = (count: number, result: number | null = i32) => ({
  parameters: new Array<number>(count).fill(i32),
  result,
})

/** For the compiler of formats. */
export const splitParts = { blanksOf, columnsOf, pairsOf }
export const splitNumbers = { slashedAt, surplusMark }
export const splitImports: Surroundings['imports'] = {
  nativeColumns: integers(6),
  nativeBlanks: integers(5),
  nativePairs: integers(9),
  otherColumns: integers(5),
  otherBlanks: integers(4),
  otherTabs: integers(3),
  otherPairs: integers(4),
  unslashPairs: integers(0, null),
  delimiterOf: integers(3),
  dropCut: integers(2, null),
}

/** What those imports are over `c`. `telling`: what is done changes the context, and the code is told. */
export function splittersOf(
  c: LineContext,
  constants: readonly unknown[],
  telling: (act: Outside) => Outside,
  readSince: () => number,
): Record<string, Outside> {
  const { native } = c
  const later = (k: number): unknown => (constants[k] as { value: unknown }).value
  const slotsAt = (k: number) => later(k) as Int16Array
  const split = (cut: Outside): Outside =>
    telling((...numbers) => {
      c.slotEnd.fill(0)
      return cut(...numbers)
    })
  return {
    nativeColumns: native?.code.columns ?? (() => -1),
    nativeBlanks: native?.code.blanks ?? (() => -1),
    nativePairs: native?.code.pairs ?? (() => -1),
    otherColumns: split((start, end, delimiter, k, braces) =>
      splitCsv(c, start, end, delimiter, slotsAt(k), braces !== 0),
    ),
    otherBlanks: split((start, end, k, brackets) =>
      splitBlanks(c, start, end, slotsAt(k), brackets !== 0),
    ),
    otherTabs: split((start, end, k) => splitTabs(c, start, end, slotsAt(k))),
    otherPairs: split((start, end, k, keys) => {
      const options = constants[k] as FastKvOptions
      return keys === 0
        ? splitKv(c, start, end, options)
        : splitRefused(c, start, end, options, readSince())
    }),
    unslashPairs: telling(() => unslashFound(c)),
    delimiterOf: (start, end, k) => delimiterOf(c.buf, start, end, constants[k] as Uint8Array),
    dropCut: (end, k) => dropCut(c, end, later(k) as Uint8Array),
  }
}
