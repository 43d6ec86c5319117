/**
 * Where a word may begin, sixteen bytes at a time: what is found is a candidate that shows two bytes of a word at their places, and is
 * compared whole by the code that asked (parse/word-code.ts). One word is sought by two bytes of it; several by two bytes of each, halves of
 * bytes looked up in tables as Hyperscan's Teddy does it (https://www.usenix.org/conference/nsdi19/presentation/wang-xiang).
 */
import {
  and,
  andBytes,
  bits,
  block,
  byteAt,
  constant,
  equalBytes,
  get,
  giveBack,
  greater,
  i32,
  leave,
  leaveIf,
  loop,
  orBytes,
  plus,
  set,
  splat,
  swizzle,
  trailingZeros,
  upperHalves,
  v128,
  vectorAt,
  when,
} from '../lib/wasm-code.ts'
import type { Code, WasmFunction } from '../lib/wasm-code.ts'

/** Bytes of a table: the two places, then for each of them which words have a lower and which an upper half of a byte there. */
export const seekTableBytes = 66

/** The loop over `[p, stop]`: gives the first place whose bit is set in `found`, or one behind `stop`. */
function seeking(found: Code, [p, stop, mask]: readonly number[]): Code {
  return [
    block(
      loop(
        leaveIf(1, greater(get(p), get(stop))),
        set(mask, found),
        when(get(mask), giveBack(plus(get(p), trailingZeros(get(mask))))),
        set(p, plus(get(p), constant(16))),
        leave(0),
      ),
    ),
    plus(get(stop), constant(1)),
  ]
}

/** One word, by its bytes at places `at` and `other`; `fold` and `otherFold` are 32 for letters, of which both cases are alike. */
function seekPair(): WasmFunction {
  const [p, stop, at, byte, fold, other, otherByte, otherFold] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [mask, bytes, folds, otherBytes, otherFolds] = [8, 9, 10, 11, 12]
  const shows = (place: number, folded: number, wanted: number): Code =>
    equalBytes(orBytes(vectorAt(plus(get(p), get(place))), get(folded)), get(wanted))
  return {
    name: 'seekPair',
    parameters: [i32, i32, i32, i32, i32, i32, i32, i32],
    locals: [i32, v128, v128, v128, v128],
    code: [
      set(bytes, splat(get(byte))),
      set(folds, splat(get(fold))),
      set(otherBytes, splat(get(otherByte))),
      set(otherFolds, splat(get(otherFold))),
      seeking(bits(andBytes(shows(at, folds, bytes), shows(other, otherFolds, otherBytes))), [
        p,
        stop,
        mask,
      ]),
    ],
  }
}

/** Several words, by the table at `table`. */
function seekAny(): WasmFunction {
  const [p, stop, table, mask, at, other] = [0, 1, 2, 3, 4, 5]
  const tables = [6, 7, 8, 9]
  const [halves, none, bytes] = [10, 11, 12]
  const words = (place: number, lower: number, upper: number): Code => [
    set(bytes, vectorAt(plus(get(p), get(place)))),
    andBytes(
      swizzle(get(lower), andBytes(get(bytes), get(halves))),
      swizzle(get(upper), upperHalves(get(bytes))),
    ),
  ]
  const [lower, upper, otherLower, otherUpper] = tables
  const shown = andBytes(words(at, lower, upper), words(other, otherLower, otherUpper))
  return {
    name: 'seekAny',
    parameters: [i32, i32, i32],
    locals: [i32, i32, i32, v128, v128, v128, v128, v128, v128, v128],
    code: [
      set(at, byteAt(get(table))),
      set(other, byteAt(get(table), 1)),
      tables.map((local, i) => set(local, vectorAt(get(table), 2 + i * 16))),
      set(halves, splat(constant(15))),
      set(none, splat(constant(0))),
      // no word stands where none of its bits is left
      seeking(
        [and(bits(equalBytes(shown, get(none))), constant(0xffff)), constant(0xffff), 0x73],
        [p, stop, mask],
      ),
    ],
  }
}

/** Functions of parse/native-code.ts. */
export const seekFunctions = (): WasmFunction[] => [seekPair(), seekAny()]

export interface SeekCode {
  seekPair: (
    p: number,
    stop: number,
    at: number,
    byte: number,
    fold: number,
    other: number,
    otherByte: number,
    otherFold: number,
  ) => number
  seekAny: (p: number, stop: number, table: number) => number
}
