/**
 * Lines of a run: one after the other read, and added to their minute flows, without leaving WebAssembly. A run holds what most lines
 * are: a header that a line before had, or none, and a format that reads lines which begin alike. It stops before a line that is anything
 * else, which is then read by parse/recognise.ts; nothing is decided here that is not decided alike there.
 */
import { i32 } from '../lib/wasm-code.ts'
import { WordModule } from '../lib/wasm-words.ts'
import { lineLimits } from '../limits.ts'
import { endsAtLimit, limitNumbers } from './cut-values.ts'
import { findHeader, headerArrays, headerNumbers, headerParts } from './envelope-memory.ts'
import type { AddFlow } from './flow-code.ts'
import { contextArrays, contextObjects } from './format-words.ts'
import type { KnownWords, Words } from './format-words.ts'
import {
  constantBytes,
  numberIndex,
  refused,
  skipped,
  textIndex,
  transaction,
} from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { runAt } from './native-code.ts'
import type { NativeCode } from './native-code.ts'
import { trimmedEnd } from './recognise.ts'
import { cellNumbers, isShortCell } from './unquote.ts'
import { shapeCount, shapeNumbers, shapeOf, shapeParts } from './shape-memory.ts'

/** What a run is given and gives: words behind two doubles. */
const runDoubles = ['earliestMs', 'latestMs'] as const
/** What is counted of a run's transactions. */
export const shareWords = [
  'transactions', 'judged', 'withUser', 'withHost', 'withBytes', 'withAction',
] as const // prettier-ignore
const runWords = [
  // the line that was begun, and where the next one begins
  'start', 'stop', 'next', 'entry',
  'each', 'mayBeCut', 'headed', 'stream', 'source',
  ...shareWords,
] as const // prettier-ignore
export type Run = Record<(typeof runDoubles)[number] | (typeof runWords)[number], number>

/** Most formats that take part, numbered from 1. */
export const runFormatsMax = 255
/** By shape the number of the format asked first, behind them those asked second; 0 = none that takes part. */
export const runShapesAt = runAt + runDoubles.length * 8 + 64
const shapeBytes = shapeCount * 2
/** By number of the format: the number of its name, where its keys stand, lines and bytes that it read. */
export const runNamesAt = runShapesAt + shapeBytes
export const runKeysAt = runNamesAt + (runFormatsMax + 1) * 4
export const runLinesAt = runKeysAt + (runFormatsMax + 1) * 4
export const runBytesAt = runLinesAt + (runFormatsMax + 1) * 4
export const runEnd = runBytesAt + (runFormatsMax + 1) * 4
const wordsAt = runAt + runDoubles.length * 8
if (runWords.length * 4 > 64) throw new Error('BUG: the words of a run do not fit')

const runPlaces = {
  ...Object.fromEntries(
    runDoubles.map((name, i) => [name, { field: 'f64', at: runAt + i * 8 } as const]),
  ),
  ...Object.fromEntries(
    runWords.map((name, i) => [name, { field: 'i32', at: wordsAt + i * 4 } as const]),
  ),
}
/** The places of the words of a run, counted in words and doubles of the memory. */
export const runWord = Object.fromEntries(
  runWords.map((name, i) => [name, wordsAt / 4 + i]),
) as Record<(typeof runWords)[number], number>
export const runDouble = Object.fromEntries(
  runDoubles.map((name, i) => [name, runAt / 8 + i]),
) as Record<(typeof runDoubles)[number], number>

/** Why a run ended. */
export const runEnded = {
  /** All lines were read. */
  all: 0,
  /** The line at `start` is to be read. */
  line: 1,
  /** The line at `start` was read as a record, which is to be counted: a transaction whose values are new, or a line that is skipped. */
  transaction: 2,
  skipped: 3,
  /** As `all`, but the keys of the format are others now. */
  keys: 4,
} as const
const {
  all: endedAll,
  line: endedLine,
  transaction: endedTransaction,
  skipped: endedSkipped,
  keys: endedKeys,
} = runEnded

const { bytesTotal, bytesUp, bytesDown } = numberIndex
const [userAt, hostAt] = [textIndex.user * 2, textIndex.dstHost * 2]
const { lineBytes } = lineLimits
/** A query has a name and no bytes (LineContext.record). */
const dnsRecord = 2
const quoteByte = 34
/** Beyond it a time is out of the store's range. */
export const timeEndMs = 4_294_967_295_000

/** What a stream has shown of its transactions. */
export interface Shares {
  transactions: number
  /** Those that could have user, host, bytes and action. */
  judged: number
  withUser: number
  withHost: number
  withBytes: number
  withAction: number
}

/** Counts what the transaction in `c` tells. */
export function countShares(c: LineContext, shares: Shares): void {
  const text = c.text
  const numbers = c.numbers
  shares.transactions++
  if (c.record === dnsRecord) return
  shares.judged++
  if (text[userAt + 1] > text[userAt]) shares.withUser++
  if (text[hostAt + 1] > text[hostAt]) shares.withHost++
  if (numbers[bytesTotal] >= 0 || numbers[bytesUp] >= 0 || numbers[bytesDown] >= 0)
    shares.withBytes++
  if (c.action !== 0) shares.withAction++
}

/* The functions below are compiled: these names mean places in the context's memory, and functions of other modules. */
declare const w: Words
declare const run: Run
declare const known: KnownWords
declare const kept: Int32Array
declare const times: Float64Array
declare const shapes: Uint8Array
declare const entryNames: Int32Array
declare const entryKeys: Int32Array
declare const entryLines: Int32Array
declare const entryBytes: Int32Array
declare const lineEnd: NativeCode['lineEnd']
declare const addFlow: AddFlow
/** `CompiledFormat.code` of the format with this number: the outcome of the line that ends there. */
declare const lineOf: (end: number, entry: number) => number

/** Reads the lines of `[from, to)`; why it ended (`runEnded`). */
function readRun(c: LineContext, from: number, to: number): number {
  let start = from
  while (start < to) {
    const stop = lineEnd(start, to)
    const next = Math.min(stop + 1, to)
    run.start = start
    run.stop = stop
    run.next = next
    const outcome = readPlain(c, start, trimmedEnd(c.buf, start, stop))
    if (outcome === skipped && run.headed === 0) return endedSkipped
    if (outcome !== transaction || !isInTime(c)) return endedLine
    // a row that has not the columns of its header may be another's line
    if (run.headed !== 0 && (w.truncated | w.surplus) !== 0) return endedLine
    if (run.each !== 0) return endedTransaction
    const entry = run.entry
    const minute = Math.floor(c.time / 60_000)
    const how = (c.action << 4) | c.record
    if (addFlow(minute, run.stream, run.source, entryNames[entry], how) !== 0)
      return endedTransaction
    countShares(c, run)
    entryLines[entry]++
    entryBytes[entry] += next - start
    start = next
    if (w.keysAt < 0) {
      run.start = start
      return endedKeys
    }
  }
  run.start = start
  return endedAll
}

/** The outcome of a line; refused = it is none for a run, or its format does not read it. */
function readPlain(c: LineContext, start: number, end: number): number {
  if (end - start > lineBytes) return refused
  const payload = findHeader(c, kept, times, start, end)
  if (payload < 0) return refused
  if (c.buf[payload] === quoteByte && !isShortCell(c.buf, payload, end)) return refused
  const shape = shapeOf(c, end)
  const first = shapes[shape]
  if (first === 0) return refused
  w.mayBeCut = run.mayBeCut | Number(endsAtLimit(end - start))
  w.recordStop = end
  const outcome = readBy(c, first, end)
  if (outcome !== refused) return outcome
  const second = shapes[shapeCount + shape]
  if (second === 0) return refused
  c.messageStart = payload
  return readBy(c, second, end)
}

function readBy(c: LineContext, entry: number, end: number): number {
  run.entry = entry
  w.scratch = constantBytes
  w.truncated = 0
  w.surplus = 0
  w.action = 0
  w.record = 0
  w.reason = -1
  w.keysAt = entryKeys[entry]
  c.time = NaN
  known.start = 0
  known.otherStart = 0
  return lineOf(end, entry)
}

function isInTime(c: LineContext): boolean {
  const time = c.time
  return time >= run.earliestMs && time <= run.latestMs && time >= 0 && time < timeEndMs
}

const functions = [
  countShares,
  endsAtLimit,
  isInTime,
  isShortCell,
  readBy,
  readPlain,
  readRun,
  trimmedEnd,
]
let compiled: WebAssembly.Module | null = null

export type ReadRun = (from: number, to: number) => number

/** Reads runs over the memory of a context. `table`: the formats' functions by their numbers. */
export function runReader(
  c: LineContext,
  native: NativeCode,
  table: WebAssembly.Table,
  add: AddFlow,
): ReadRun {
  compiled ??= new WebAssembly.Module(assembled())
  const env = { memory: c.memory, table, lineEnd: native.lineEnd, addFlow: add }
  const { exports } = new WebAssembly.Instance(compiled, { env })
  return exports.readRun as unknown as ReadRun
}

function assembled(): Uint8Array<ArrayBuffer> {
  const numbers = (count: number) => ({
    parameters: new Array<number>(count).fill(i32),
    result: i32,
  })
  const module = new WordModule({
    arrays: {
      ...contextArrays,
      ...headerArrays,
      text: contextArrays.T,
      numbers: contextArrays.N,
      shapes: { kind: 'u8', at: runShapesAt },
      entryNames: { kind: 'i32', at: runNamesAt },
      entryKeys: { kind: 'i32', at: runKeysAt },
      entryLines: { kind: 'i32', at: runLinesAt },
      entryBytes: { kind: 'i32', at: runBytesAt },
    },
    objects: { ...contextObjects, run: runPlaces, shares: runPlaces },
    constants: {
      ...headerNumbers, ...limitNumbers, ...cellNumbers, ...shapeNumbers,
      bytesDown, bytesTotal, bytesUp, constantBytes, dnsRecord, hostAt, lineBytes, quoteByte, refused, skipped, timeEndMs, transaction, userAt,
      endedAll, endedKeys, endedLine, endedSkipped, endedTransaction,
    }, // prettier-ignore
    imports: { lineEnd: numbers(2), addFlow: numbers(5) },
    called: { lineOf: numbers(1) },
    functions: Object.fromEntries(
      [...functions, ...Object.values({ ...headerParts, ...shapeParts })].map((it) => [
        it.name,
        it.toString(),
      ]),
    ),
  })
  return module.finish(['readRun']).bytes
}
