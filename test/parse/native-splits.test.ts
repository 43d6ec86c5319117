/** The native splitters against those of split.ts, which they stand in for: any line of a few telling bytes, and every sample line. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteMap } from '../../src/lib/byte-map.ts'
import { KeyMemory } from '../../src/parse/key-memory.ts'
import { dataStart, LineContext } from '../../src/parse/line-context.ts'
import {
  fastBlanks,
  fastCsv,
  keysFor,
  nativeBytesOf,
  splitRefused,
  unslashFound,
} from '../../src/parse/native-splits.ts'
import type { FastKvOptions } from '../../src/parse/native-splits.ts'
import { readLine } from '../../src/parse/recognise.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { countRuns, splitBlanks, splitCsv } from '../../src/parse/split.ts'
import { byteSet, splitKv } from '../../src/parse/split-kv.ts'
import { corpus, flowFormats, receivedAtMs } from './parse-parts.ts'

const native = new LineContext(1 << 17, { native: true })
const plain = new LineContext(1 << 17)
const noise = Buffer.from(' "=,{}[]\\;a=b "c" ,,,,,,,,,,,,,,,,')

/** Puts the line into a context and forgets what was there. */
function fill(c: LineContext, line: Uint8Array): number {
  c.clearLine()
  c.clearRecord()
  c.slotStart.fill(0)
  c.slotEnd.fill(0)
  c.buf.set(line, dataStart)
  c.buf.set(noise, dataStart + line.length)
  c.receivedAtMs = receivedAtMs
  return dataStart + line.length
}

/** What a splitter says of a line: its result, the values, and what it noted. */
function said(
  c: LineContext,
  line: Uint8Array,
  split: (c: LineContext, end: number) => number,
): unknown {
  const seen = split(c, fill(c, line))
  const values = Array.from(c.slotEnd, (end, i) =>
    end === 0 ? null : Buffer.from(c.buf.subarray(c.slotStart[i], end)).toString('latin1'),
  )
  return { seen, values, surplus: c.surplus, truncated: c.truncated }
}

const bytesOf = (alphabet: string, maxLength: number) =>
  fc
    .array(fc.constantFrom(...alphabet.split('')), { maxLength })
    .map((letters) => Buffer.from(letters.join(''), 'latin1'))

/** Which columns are read: a few of many, so that runs are skipped. */
const places = fc
  .array(fc.boolean(), { maxLength: 60 })
  .chain((read) => fc.constant(read))
  .map((read) => {
    const slots = Int16Array.from(read, (one, i) => (one && i % 3 === 0 ? i : -1))
    countRuns(slots)
    return slots
  })

test('columns with a delimiter', () => {
  expect(native.native).not.toBeNull()
  fc.assert(
    fc.property(
      bytesOf(',,,,,,ab  "{}', 120),
      places,
      fc.boolean(),
      fc.constantFrom(44, 97),
      (line, slots, braces, delimiter) => {
        expect(
          said(native, line, (c, end) => fastCsv(c, dataStart, end, delimiter, slots, braces)),
        ).toEqual(
          said(plain, line, (c, end) => splitCsv(c, dataStart, end, delimiter, slots, braces)),
        )
      },
    ),
    { numRuns: 20_000, interruptAfterTimeLimit: 2_000 },
  )
}, 60_000)

test('columns parted by blanks', () => {
  fc.assert(
    fc.property(
      bytesOf('    aaaa["]\\', 90),
      places,
      fc.boolean(),
      fc.boolean(),
      (line, slots, brackets, angles) => {
        expect(
          said(native, line, (c, end) => fastBlanks(c, dataStart, end, slots, brackets, angles)),
        ).toEqual(
          said(plain, line, (c, end) => splitBlanks(c, dataStart, end, slots, brackets, angles)),
        )
      },
    ),
    { numRuns: 20_000, interruptAfterTimeLimit: 2_000 },
  )
}, 60_000)

const longKey = 'a-key-of-more-than-thirty-two-bytes'
const keyNames = ['a', 'bb', 'src', 'dstip', 'sentbyte', 'appcategory', 'srchwvendorname', longKey]

function optionsOf(
  separators: string,
  assign: string,
  quotes: string,
  escapes: boolean,
  repeated: boolean,
): FastKvOptions {
  return {
    bytes: nativeBytesOf({ separators, assign, quotes, escapes, inner: false }),
    refusals: 0,
    separators: byteSet(separators),
    assigns: byteSet(assign),
    keyEnds: byteSet(separators + assign),
    quotes: byteSet(quotes),
    escapes,
    inner: false,
    keys: new ByteMap(
      keyNames.flatMap((name, i) => (i % 2 === 0 ? [[name, i] as const] : [])),
      { fold: false },
    ),
    memory: new KeyMemory(),
    repeatedLast: repeated,
  }
}

/** As the code of a format splits pairs (src/parse/split-calls.ts). */
function pairsOf(c: LineContext, end: number, o: FastKvOptions): number {
  const keys = keysFor(c, o)
  if (keys === 0 || c.native === null || o.bytes === null) return splitKv(c, dataStart, end, o)
  const { separator, other, assign, quote, slash } = o.bytes
  const repeated = Number(o.repeatedLast)
  const { pairs } = c.native.code
  const seen = pairs(dataStart, end, keys, separator, other, assign, quote, slash, repeated)
  if (seen < 0) {
    c.slotEnd.fill(0)
    return splitRefused(c, dataStart, end, o, 0)
  }
  unslashFound(c)
  return seen
}

const pair = fc.tuple(
  fc.constantFrom(...keyNames, 'other'),
  bytesOf('aaa1.-" \\,=]', 20),
  fc.constantFrom('bare', 'quoted', 'raw'),
)

test('pairs, after lines that had their keys in one order', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      fc.constantFrom(' ', ' ,', ',', '\t'),
      fc.constantFrom('"', ''),
      fc.boolean(),
      fc.boolean(),
      (pairs, cuts, separators, quotes, escapes, repeated) => {
        const text = pairs
          .map(([key, value, how]) => {
            const clean = value.toString('latin1').replaceAll(/[" ,=\]]/g, 'x')
            if (how === 'raw') return `${key}=${value.toString('latin1')}`
            return how === 'quoted' ? `${key}="${clean}"` : `${key}=${clean}`
          })
          .join(separators[0])
        const line = Buffer.from(text, 'latin1')
        const lines = [line, line, ...cuts.map((cut) => line.subarray(0, cut * line.length)), line]
        const [fast, slow] = [0, 1].map(() => optionsOf(separators, '=', quotes, escapes, repeated))
        for (const one of lines) {
          const refusals = fast.refusals
          const ours = said(native, one, (c, end) => pairsOf(c, end, fast))
          if (fast.refusals <= refusals && one.length > 0) read++
          expect(ours).toEqual(said(plain, one, (c, end) => splitKv(c, dataStart, end, slow)))
        }
      },
    ),
    { numRuns: 10_000, interruptAfterTimeLimit: 3_000 },
  )
  expect(read).toBeGreaterThan(100)
}, 60_000)

test('sample lines, each three times: the native way gives what the plain one gives', () => {
  const readers = [newReader(null), newReader(null)]
  for (const line of corpus(1_000_000))
    for (let i = 0; i < 3; i++) {
      const [ours, theirs] = [native, plain].map((c, which) => {
        const outcome = readLine(c, dataStart, fill(c, line), flowFormats, readers[which])
        const texts = Array.from({ length: c.text.length / 2 }, (_, field) =>
          Buffer.from(c.buf.subarray(c.text[field * 2], c.text[field * 2 + 1])).toString('latin1'),
        )
        const { time, action, record, reason, truncated } = c
        const numbers = [...c.numbers]
        return { outcome, texts, numbers, time, action, record, reason, truncated }
      })
      expect({ line: line.toString(), ...ours }).toEqual({ line: line.toString(), ...theirs })
    }
}, 60_000)
