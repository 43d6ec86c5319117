/**
 * The splitters of plain lines in WebAssembly, sixteen bytes at a time. They know what nearly all lines are made of; whatever else
 * they meet (an escape, a doubled or unclosed quote, a key out of turn) they give back as -1, and split.ts reads the line from its
 * beginning. What they say of a line is what split.ts says: a test holds the two together.
 */
import {
  and,
  assemble,
  atLeast,
  bits,
  block,
  byteAt,
  call,
  constant,
  equal,
  equalBytes,
  get,
  giveBack,
  greater,
  i32,
  intAt,
  leadingZeros,
  leave,
  leaveIf,
  less,
  loop,
  minus,
  not,
  ones,
  or,
  orBytes,
  plus,
  putInt,
  set,
  shortAt,
  splat,
  times,
  trailingZeros,
  unequal,
  v128,
  vectorAt,
  when,
} from '../lib/wasm-code.ts'
import type { Code, WasmFunction } from '../lib/wasm-code.ts'
import { seekFunctions } from './seek-code.ts'
import type { SeekCode } from './seek-code.ts'

/** Bytes of the slots' starts; their ends follow. */
const slotBytes = 1024
/** How many slots hold values with slashes, and which. */
export const slashedAt = 2048
const slashedMax = 64
/** Where the record that is read lies (parse/line-context.ts). */
export const recordAt = 2560
/** Where the tables begin, behind the slots and the list above, and where they end. */
export const tablesFrom = 14 * 1024
/** Where headers of lines before lie (parse/envelope-memory.ts), and what runs of lines are read with (parse/line-run.ts). */
export const headersAt = 4096
export const runAt = headersAt + 4416
export const nativeBytes = 128 * 1024
/** One expected key: its bytes with the assign, how many (0 = none), the slot, and a bit for each byte. */
export const keyBytesMax = 32
export const keyEntryBytes = 48
/** Added to the columns seen when the line has more than were asked for. */
export const surplusMark = 1 << 20

const [find, findEither, stands] = [0, 1, 2]
const refuse = giveBack(constant(-1))
const step = (local: number, by = 1): Code => set(local, plus(get(local), constant(by)))
const keep = (slot: number, from: Code, to: Code): Code => [
  putInt(times(get(slot), constant(4)), from),
  putInt(times(get(slot), constant(4)), to, slotBytes),
]
const isByte = (at: number, byte: number): Code => equal(byteAt(get(at)), constant(byte))

/** Where a byte of the vector(s) stands in `[p, end)`, else `end`. */
function finder(vectors: 1 | 2): WasmFunction {
  const [p, end, a, b] = [0, 1, 2, 3]
  const found = 2 + vectors
  const equals = equalBytes(vectorAt(get(p)), get(a))
  const mask = vectors === 1 ? equals : orBytes(equals, equalBytes(vectorAt(get(p)), get(b)))
  return {
    name: null,
    parameters: [i32, i32, ...(vectors === 1 ? [v128] : [v128, v128])],
    locals: [i32],
    code: [
      block(
        loop(
          leaveIf(1, atLeast(get(p), get(end))),
          set(found, bits(mask)),
          when(get(found), [
            set(p, plus(get(p), trailingZeros(get(found)))),
            leaveIf(2, atLeast(get(p), get(end))),
            giveBack(get(p)),
          ]),
          step(p, 16),
          leave(0),
        ),
      ),
      get(end),
    ],
  }
}

/** Bytes of the expected key of an entry when it stands at `p`, else 0. */
function keyStands(): WasmFunction {
  const [entry, p, end, length, need] = [0, 1, 2, 3, 4]
  const mask = or(bits(equalBytes(vectorAt(get(p)), vectorAt(get(entry)))), [
    bits(equalBytes(vectorAt(get(p), 16), vectorAt(get(entry), 16))),
    constant(16),
    0x74,
  ])
  return {
    name: null,
    parameters: [i32, i32, i32],
    locals: [i32, i32],
    code: [
      set(length, intAt(get(entry), keyBytesMax)),
      set(need, intAt(get(entry), keyBytesMax + 8)),
      when(not(get(length)), giveBack(constant(0))),
      when(greater(plus(get(p), get(length)), get(end)), giveBack(constant(0))),
      when(equal(and(mask, get(need)), get(need)), giveBack(get(length))),
      constant(0),
    ],
  }
}

/**
 * `key=value key="value"` with the keys in the order of the table, parted by either of two bytes. Quotes end at the first of their
 * kind that no `slash` stands before. Gives the number of pairs; slots whose values hold slashes are listed at `slashedAt`.
 */
function pairs(): WasmFunction {
  const [p, end, entry, separator, other, assign, quote, slash, repeated] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ]
  const [count, length, slot, q, from, slashed] = [9, 10, 11, 12, 13, 14]
  const [separators, others, quotes, slashes] = [15, 16, 17, 18]
  const expected = call(stands, get(entry), get(p), get(end))
  const separates = (at: Code): Code => or(equal(at, get(separator)), equal(at, get(other)))
  const free = or(get(repeated), not(intAt(times(get(slot), constant(4)), slotBytes)))
  const keepValue = when(
    atLeast(get(slot), constant(0)),
    when(free, [
      keep(slot, get(from), get(q)),
      when(get(slashed), [
        // one value of several: which of them was slashed is not kept
        when(
          or(get(repeated), atLeast(intAt(constant(0), slashedAt), constant(slashedMax))),
          refuse,
        ),
        putInt(times(intAt(constant(0), slashedAt), constant(4)), get(slot), slashedAt + 4),
        putInt(constant(0), plus(intAt(constant(0), slashedAt), constant(1)), slashedAt),
      ]),
    ]),
  )
  return {
    name: 'pairs',
    parameters: [i32, i32, i32, i32, i32, i32, i32, i32, i32],
    locals: [i32, i32, i32, i32, i32, i32, v128, v128, v128, v128],
    code: [
      set(separators, splat(get(separator))),
      set(others, splat(get(other))),
      set(quotes, splat(get(quote))),
      set(slashes, splat(get(slash))),
      putInt(constant(0), constant(0), slashedAt),
      block(
        loop(
          block(
            loop(
              leaveIf(1, atLeast(get(p), get(end))),
              leaveIf(1, not(separates(byteAt(get(p))))),
              step(p),
              leave(0),
            ),
          ),
          leaveIf(1, atLeast(get(p), get(end))),
          set(length, expected),
          // one that is absent this time is passed over
          when(not(get(length)), [
            step(entry, keyEntryBytes),
            set(length, expected),
            when(not(get(length)), refuse),
          ]),
          set(slot, intAt(get(entry), keyBytesMax + 4)),
          step(entry, keyEntryBytes),
          set(p, plus(get(p), get(length))),
          step(count),
          leaveIf(1, atLeast(get(p), get(end))),
          when(equal(byteAt(get(p)), get(assign)), refuse),
          set(slashed, constant(0)),
          when(
            equal(byteAt(get(p)), get(quote)),
            [
              step(p),
              set(from, get(p)),
              block(
                loop(
                  set(q, call(findEither, get(p), get(end), get(quotes), get(slashes))),
                  when(atLeast(get(q), get(end)), refuse),
                  leaveIf(1, equal(byteAt(get(q)), get(quote))),
                  set(slashed, constant(1)),
                  set(p, plus(get(q), constant(2))),
                  leave(0),
                ),
              ),
              when(
                equal(get(q), get(from)),
                // `""` is empty before a separator, else the first of doubled quotes
                when(less(plus(get(q), constant(1)), get(end)), [
                  when(not(separates(byteAt(get(q), 1))), refuse),
                ]),
                keepValue,
              ),
              set(p, plus(get(q), constant(1))),
            ],
            [
              set(from, get(p)),
              set(q, call(findEither, get(p), get(end), get(separators), get(others))),
              when(greater(get(q), get(from)), keepValue),
              set(p, get(q)),
            ],
          ),
          leave(0),
        ),
      ),
      get(count),
    ],
  }
}

/** Columns with one delimiter, bare or quoted as a whole; `slots` as in split.ts, shorts. Gives the columns seen. */
function columns(): WasmFunction {
  const [p, end, delimiter, slots, last, braces] = [0, 1, 2, 3, 4, 5]
  const [column, slot, q, found, many] = [6, 7, 8, 9, 10]
  const [delimiters, quotes, openings] = [11, 12, 13]
  const vector = vectorAt(get(p))
  /** Columns that nobody reads are counted sixteen bytes at a time, up to a quote, a brace or the last of them. */
  const skip = block(
    loop(
      leaveIf(1, greater(plus(get(p), constant(16)), get(end))),
      leaveIf(1, bits(orBytes(equalBytes(vector, get(quotes)), equalBytes(vector, get(openings))))),
      set(found, bits(equalBytes(vector, get(delimiters)))),
      set(many, ones(get(found))),
      leaveIf(1, atLeast(get(many), get(slot))),
      when(get(found), [
        set(slot, minus(get(slot), get(many))),
        set(column, plus(get(column), get(many))),
        // where the column behind the last delimiter begins, for when the skipping ends in it
        set(q, minus(plus(get(p), constant(32)), leadingZeros(get(found)))),
      ]),
      step(p, 16),
      leave(0),
    ),
  )
  return {
    name: 'columns',
    parameters: [i32, i32, i32, i32, i32, i32],
    locals: [i32, i32, i32, i32, i32, v128, v128, v128],
    code: [
      set(delimiters, splat(get(delimiter))),
      set(quotes, splat(constant(34))),
      set(openings, splat(constant(123))),
      block(
        loop(
          leaveIf(1, atLeast(get(column), get(last))),
          set(slot, shortAt(plus(get(slots), times(get(column), constant(2))))),
          when(less(get(slot), constant(-3)), [
            set(slot, minus(constant(0), get(slot))),
            set(q, get(p)),
            skip,
            set(p, get(q)),
            set(slot, constant(-1)),
          ]),
          // a blank between delimiter and quote is a deviation seen in the field
          set(q, get(p)),
          block(
            loop(
              leaveIf(1, atLeast(get(q), get(end))),
              leaveIf(1, not(isByte(q, 32))),
              step(q),
              leave(0),
            ),
          ),
          when(
            and(less(get(q), get(end)), isByte(q, 34)),
            [
              step(q),
              set(p, call(find, get(q), get(end), get(quotes))),
              when(atLeast(get(p), get(end)), refuse),
              when(
                and(
                  less(plus(get(p), constant(1)), get(end)),
                  equal(byteAt(get(p), 1), constant(34)),
                ),
                refuse,
              ),
              when(atLeast(get(slot), constant(0)), keep(slot, get(q), get(p))),
              step(p),
              when(
                less(get(p), get(end)),
                when(
                  unequal(byteAt(get(p)), get(delimiter)),
                  set(p, call(find, get(p), get(end), get(delimiters))),
                ),
              ),
            ],
            [
              when(and(get(braces), and(less(get(p), get(end)), isByte(p, 123))), refuse),
              set(q, get(p)),
              set(p, call(find, get(p), get(end), get(delimiters))),
              when(atLeast(get(slot), constant(0)), keep(slot, get(q), get(p))),
            ],
          ),
          step(column),
          when(atLeast(get(p), get(end)), giveBack(get(column))),
          step(p),
          leave(0),
        ),
      ),
      plus(get(column), constant(surplusMark)),
    ],
  }
}

/** Columns parted by runs of blanks, bare or quoted as a whole. Gives the columns seen. */
function blanks(): WasmFunction {
  const [p, end, slots, last, brackets] = [0, 1, 2, 3, 4]
  const [column, slot, q] = [5, 6, 7]
  const [spaces, quotes, slashes, closings] = [8, 9, 10, 11]
  const keepColumn = (from: Code, to: Code): Code =>
    when(atLeast(get(slot), constant(0)), keep(slot, from, to))
  return {
    name: 'blanks',
    parameters: [i32, i32, i32, i32, i32],
    locals: [i32, i32, i32, v128, v128, v128, v128],
    code: [
      set(closings, splat(constant(93))),
      set(spaces, splat(constant(32))),
      set(quotes, splat(constant(34))),
      set(slashes, splat(constant(92))),
      block(
        loop(
          block(
            loop(
              leaveIf(1, atLeast(get(p), get(end))),
              leaveIf(1, not(isByte(p, 32))),
              step(p),
              leave(0),
            ),
          ),
          leaveIf(1, atLeast(get(p), get(end))),
          set(slot, constant(-1)),
          when(
            less(get(column), get(last)),
            set(slot, shortAt(plus(get(slots), times(get(column), constant(2))))),
          ),
          when(
            isByte(p, 34),
            [
              step(p),
              set(q, call(findEither, get(p), get(end), get(quotes), get(slashes))),
              when(atLeast(get(q), get(end)), refuse),
              when(isByte(q, 92), refuse),
              // a quote before anything but a blank: doubled, or within the value
              when(less(plus(get(q), constant(1)), get(end)), [
                when(unequal(byteAt(get(q), 1), constant(32)), refuse),
              ]),
              keepColumn(get(p), get(q)),
              set(p, plus(get(q), constant(1))),
            ],
            [
              set(q, get(p)),
              when(and(get(brackets), isByte(p, 91)), [
                set(q, call(find, get(q), get(end), get(closings))),
                when(less(get(q), get(end)), step(q)),
              ]),
              set(q, call(find, get(q), get(end), get(spaces))),
              keepColumn(get(p), get(q)),
              set(p, get(q)),
            ],
          ),
          step(column),
          leave(0),
        ),
      ),
      get(column),
    ],
  }
}

/** Where the line at `p` ends: its line feed, or `end`. */
function lineEnd(): WasmFunction {
  return {
    name: 'lineEnd',
    parameters: [i32, i32],
    locals: [],
    code: call(find, get(0), get(1), splat(constant(10))),
  }
}

export interface NativeCode extends SeekCode {
  lineEnd: (p: number, end: number) => number
  pairs: (
    p: number,
    end: number,
    table: number,
    separator: number,
    other: number,
    assign: number,
    quote: number,
    slash: number,
    repeated: number,
  ) => number
  columns: (
    p: number,
    end: number,
    delimiter: number,
    slots: number,
    last: number,
    braces: number,
  ) => number
  blanks: (p: number, end: number, slots: number, last: number, brackets: number) => number
}

let compiled: WebAssembly.Module | null | undefined

/** The splitters over this memory, or null on a processor without the instructions. */
export function nativeCode(memory: WebAssembly.Memory): NativeCode | null {
  if (compiled === undefined)
    try {
      compiled = new WebAssembly.Module(
        assemble([
          finder(1),
          finder(2),
          keyStands(),
          pairs(),
          columns(),
          blanks(),
          lineEnd(),
          ...seekFunctions(),
        ]),
      )
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) throw error
      compiled = null
    }
  if (compiled === null) return null
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  return exports as unknown as NativeCode
}
