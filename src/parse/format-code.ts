/**
 * A format as WebAssembly, with its split where that is no JavaScript: conditions, values, templates and what `finish` does, over the memory of a
 * line's context. The text is what the compiler writes, together with the functions it calls, taken as they stand in their files
 * (lib/wasm-words.ts): there is one source for each. What needs strings, tables or the zone stays in JavaScript and is called.
 */
import { f64, i32 } from '../lib/wasm-code.ts'
import { WordModule } from '../lib/wasm-words.ts'
import type { Signature, Surroundings } from '../lib/wasm-words.ts'
import { plainEpoch } from './civil.ts'
import { helperNumbers, helperParts } from './compile-helpers.ts'
import { finishNumbers, finishParts, finishReasons, timeAtStart } from './finish.ts'
import { dataStart, fieldsAt } from './line-context.ts'
import type { Layout } from './layout.ts'
import type { LineContext } from './line-context.ts'
import {
  contextArrays,
  contextObjects,
  place,
  rewrittenAt,
  stampAt,
  stampBytes,
  takeWords,
  tellWords,
  urlAt,
  urlWords,
} from './format-words.ts'
import type { KnownWords, Outside } from './format-words.ts'
import { orientParts } from './orient.ts'
import {
  addressOfNumber,
  buildUrl,
  hexDecode,
  labelsDecode,
  partOf,
  percentDecode,
  put,
  replaceBytes,
  rewritten,
  urlParts,
} from './rewrite.ts'
import { seekersOf } from './seek.ts'
import { splitImports, splitNumbers, splitParts, splittersOf } from './split-calls.ts'
import { keysFor } from './native-splits.ts'
import type { FastKvOptions } from './native-splits.ts'
import { readStamp } from './time.ts'
import type { DayOrder } from './time.ts'
import {
  otherProtocol,
  otherProtocolEnd,
  readAction,
  readGrouped,
  readScaled,
  readShown,
  serviceOf,
  valueNumbers,
  valueParts,
  isAddress,
} from './values.ts'

export const dayOrders: readonly DayOrder[] = ['nearest', 'month-first', 'day-first']
/** Reasons that every format has, in the order of their numbers. */
export const commonReasons: readonly string[] = Object.values(finishReasons)

const signature = (parameters: number, result: number | null = null): Signature => ({
  parameters: new Array<number>(parameters).fill(i32),
  result,
})

const imports: Surroundings['imports'] = {
  stampOf: signature(4, f64),
  cutOf: signature(1, i32),
  timeAtStart: signature(0, f64),
  readAction: signature(2, i32),
  readGrouped: signature(2, f64),
  readShown: signature(2, f64),
  readScaled: { parameters: [i32, i32, f64], result: f64 },
  serviceOf: signature(2, i32),
  otherProtocol: signature(2, i32),
  otherProtocolEnd: signature(1, i32),
  percentDecode: signature(2),
  hexDecode: signature(2),
  labelsDecode: signature(2),
  addressOfNumber: signature(2),
  replaceBytes: signature(3),
  partOf: signature(4),
  put: signature(2),
  buildUrl: signature(0),
  seekPair: signature(8, i32),
  seekAny: signature(3, i32),
  ...splitImports,
}

const surroundings: Surroundings = {
  arrays: contextArrays,
  objects: { ...contextObjects, textIndex: helperNumbers, numberIndex: helperNumbers },
  constants: {
    ...finishNumbers,
    ...valueNumbers,
    ...splitNumbers,
    stampFrom: fieldsAt + stampAt * 4,
    stampBytes,
    dataStart,
    ...Object.fromEntries(Object.keys(finishReasons).map((name, i) => [name, i])),
  },
  imports,
  doubles: { isAtMost: ['most'] },
  functions: {
    ...Object.fromEntries(
      Object.entries({
        ...valueParts,
        ...orientParts,
        ...finishParts,
        ...helperParts,
        ...splitParts,
      }).map(([name, part]) => [name, part.toString()]),
    ),
    plainEpoch: plainEpoch.toString(),
    isAddressIn: isKnownAddress.toString(),
    timeOf: timeOf.toString(),
    isTime: '(c,start,end)=>!Number.isNaN(timeOf(start,end,0,0))',
  },
}
/* The functions below are compiled with the formats: `known`, `stampFrom` and `stampOf` mean what stands above. */
declare const known: KnownWords
declare const stampFrom: number
declare const stampOf: (start: number, end: number, order: number, isUtc: number) => number

/** As `isAddressIn` of parse/values.ts. */
function isKnownAddress(buf: Uint8Array, start: number, end: number): boolean | number {
  // the scratch is written anew within a record
  if (start < dataStart) return isAddress(buf, start, end)
  if (start === known.start && end === known.end) return known.is
  if (start === known.otherStart && end === known.otherEnd) return known.otherIs
  known.otherStart = known.start
  known.otherEnd = known.end
  known.otherIs = known.is
  known.start = start
  known.end = end
  known.is = Number(isAddress(buf, start, end))
  return known.is
}

/** The time of a stamp. Lines of one second have the same: the last one is kept. */
function timeOf(
  buf: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  order: number,
  isUtc: number,
): number {
  const epoch = plainEpoch(buf, start, end)
  if (!Number.isNaN(epoch)) return epoch
  const length = end - start
  const mode = order * 2 + isUtc
  if (length < 8 || length > stampBytes) return stampOf(start, end, order, isUtc)
  const last = length - 4
  if (length === known.stampLength && mode === known.stampMode) {
    let p = 0
    while (p < last && view.getInt32(stampFrom + p, true) === view.getInt32(start + p, true)) p += 4
    if (p >= last && view.getInt32(stampFrom + last, true) === view.getInt32(start + last, true))
      return known.stamp
  }
  const time = stampOf(start, end, order, isUtc)
  known.stampLength = length
  known.stampMode = mode
  for (let p = 0; p < length; p++) buf[stampFrom + p] = buf[start + p]
  known.stamp = time
  return time
}

/** What belongs to the texts of a format. */
export interface FormatRest {
  constants: readonly unknown[]
  reasons: readonly string[]
  /** How pairs are read, of a definition that is split into pairs. */
  pairs: FastKvOptions | null
  /** The split, where it is JavaScript: -1 = go on, else the line's outcome. */
  cut: ((c: LineContext, end: number, layout: Layout | null) => number) | null
}

/** Code of one format, compiled when its first line comes. */
export class FormatCode {
  readonly reasons: readonly string[]
  readonly #functions: Record<string, string>
  readonly #rest: FormatRest
  #compiled: { module: WebAssembly.Module; imports: readonly string[] } | null = null

  /** `functions`: texts by name, of which `read` is called with the line's end, and `line` too where it is there. */
  constructor(functions: Record<string, string>, rest: FormatRest) {
    this.#functions = functions
    this.#rest = rest
    this.reasons = rest.reasons
  }

  /** Throws what is wrong with the text. */
  module(): { module: WebAssembly.Module; imports: readonly string[] } {
    if (this.#compiled === null) {
      const { functions } = surroundings
      const made = new WordModule({
        ...surroundings,
        functions: { ...functions, ...this.#functions },
      })
      const { bytes, imports: named } = made.finish(
        'line' in this.#functions ? ['read', 'line'] : ['read'],
      )
      this.#compiled = { module: new WebAssembly.Module(bytes), imports: named }
    }
    return this.#compiled
  }

  #context: LineContext | null = null
  #readers: FormatReaders = { read: () => 0, line: null }

  /** What reads lines of `c`; that of the context asked last is kept. */
  over(c: LineContext): FormatReaders {
    if (c === this.#context) return this.#readers
    const readers = c.codes.get(this) ?? this.#instance(c)
    c.codes.set(this, readers)
    this.#context = c
    this.#readers = readers
    return readers
  }

  #instance(c: LineContext): FormatReaders {
    const { module, imports: named } = this.module()
    const all = outside(c, this.#rest)
    const env = Object.fromEntries(named.map((name) => [name, all[name]]))
    const { exports } = new WebAssembly.Instance(module, { env: { memory: c.memory, ...env } })
    const { read, line } = exports as unknown as Pick<FormatReaders, 'read'> & {
      line?: FormatReaders['line']
    }
    return { read, line: line ?? null }
  }

  /** Where the keys stand that the next line of `c` is expected to have; 0 = nowhere. */
  keysAt(c: LineContext): number {
    const { pairs } = this.#rest
    return pairs === null ? 0 : keysFor(c, pairs)
  }
}

/** Functions of a format over the memory of a context; each is given where the line ends. */
export interface FormatReaders {
  /** Behind what is JavaScript. */
  read: (end: number) => number
  /** The whole of it, of formats whose lines hold one record (parse/line-run.ts); else null. */
  line: ((end: number) => number) | null
}

/** Reads the line of `c` behind what of the format is JavaScript. */
export function readByCode(c: LineContext, end: number, code: FormatCode): number {
  const { read } = code.over(c)
  tellWords(c)
  c.fields[place.keysAt] = code.keysAt(c)
  const outcome = read(end)
  takeWords(c, code.reasons)
  return outcome
}

/**
 * What the code calls of JavaScript. What it changes of the context is told in the words, and what of it was changed there is taken
 * from them first.
 */
function outside(c: LineContext, { constants, cut }: FormatRest): Record<string, Outside> {
  const taken = (): void => {
    c.scratch = c.fields[place.scratch]
    c.lineStart = c.fields[place.lineStart]
    c.recordStop = c.fields[place.recordStop]
    c.payloadStart = c.fields[place.payloadStart]
    c.messageStart = c.fields[place.messageStart]
    c.stampStart = c.fields[place.stampStart]
    c.mayBeCut = c.fields[place.mayBeCut] !== 0
    c.truncated = c.fields[place.truncated] !== 0
    c.surplus = c.fields[place.surplus] !== 0
  }
  const told = (): void => {
    c.fields[place.scratch] = c.scratch
    c.fields[place.truncated] = Number(c.truncated)
    c.fields[place.surplus] = Number(c.surplus)
    c.fields[rewrittenAt] = rewritten.start
    c.fields[rewrittenAt + 1] = rewritten.end
  }
  const telling =
    (act: Outside): Outside =>
    (...numbers) => {
      taken()
      const result = act(...numbers)
      told()
      return result
    }
  const readSince = (): number => {
    const read = c.fields[place.pairsRead]
    c.fields[place.pairsRead] = 0
    return read
  }
  return {
    ...seekersOf(c),
    ...splittersOf(c, constants, telling, readSince),
    stampOf: (start, end, order, isUtc) => {
      const { zone } = c
      if (isUtc !== 0) c.zone = null
      const time = readStamp(c, start, end, dayOrders[order])
      c.zone = zone
      return time
    },
    cutOf: telling((end) => (cut === null ? -1 : cut(c, end, c.layout))),
    timeAtStart: telling(() => timeAtStart(c)),
    readAction: (start, end) => readAction(c.buf, start, end),
    readGrouped: (start, end) => readGrouped(c.buf, start, end),
    readShown: (start, end) => readShown(c.buf, start, end),
    readScaled: (start, end, scale) => readScaled(c.buf, start, end, scale),
    serviceOf: (start, end) => serviceOf(c.buf, start, end),
    otherProtocol: (start, end) => otherProtocol(c.buf, start, end),
    otherProtocolEnd,
    percentDecode: telling((start, end) => percentDecode(c, start, end)),
    hexDecode: telling((start, end) => hexDecode(c, start, end)),
    labelsDecode: telling((start, end) => labelsDecode(c, start, end)),
    addressOfNumber: telling((start, end) => addressOfNumber(c, start, end)),
    replaceBytes: telling((start, end, map) =>
      replaceBytes(c, start, end, constants[map] as Uint8Array),
    ),
    partOf: telling((start, end, by, at) =>
      partOf(c.buf, start, end, constants[by] as Uint8Array, at),
    ),
    put: telling((start, end) => put(c, start, end)),
    buildUrl: telling(() => {
      for (const [i, name] of urlWords.entries()) urlParts[name] = c.fields[urlAt + i]
      buildUrl(c)
    }),
  }
}
