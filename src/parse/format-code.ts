/**
 * The part of a format behind its split as WebAssembly: conditions, values, templates and what `finish` does, over the memory of a
 * line's context. The text is what the compiler writes, together with the functions it calls, taken as they stand in their files
 * (lib/wasm-words.ts): there is one source for each. What needs strings, tables or the zone stays in JavaScript and is called.
 */
import { f64, i32 } from '../lib/wasm-code.ts'
import { WordModule } from '../lib/wasm-words.ts'
import type { Signature, Surroundings } from '../lib/wasm-words.ts'
import { plainEpoch } from './civil.ts'
import { helperNumbers, helperParts } from './compile-helpers.ts'
import { finishNumbers, finishParts, finishReasons, timeAtStart } from './finish.ts'
import {
  dataStart,
  fieldInts,
  fieldsAt,
  momentsAt,
  numbersAt,
  slotsMax,
  textAt,
} from './line-context.ts'
import type { LineContext } from './line-context.ts'
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

/** Fields of the context that the code reads or writes, each a word, in this order. */
const words = [
  'lineStart', 'payloadStart', 'messageStart', 'tagStart', 'tagEnd', 'hostStart', 'hostEnd', 'mayBeCut', 'truncated', 'scratch',
  'recordStop', 'action', 'record', 'reason',
] as const // prettier-ignore
const urlWords = [
  'schemeStart', 'schemeEnd', 'hostStart', 'hostEnd', 'portStart', 'portEnd', 'pathStart', 'pathEnd', 'queryStart', 'queryEnd',
] as const // prettier-ignore
const place = Object.fromEntries(words.map((name, i) => [name, i])) as Record<
  (typeof words)[number],
  number
>
const rewrittenAt = words.length
const urlAt = rewrittenAt + 2
const knownAt = urlAt + urlWords.length
/** Spans that were asked whether they are an address, and the stamp that was read last. */
const knownWords = [
  'start',
  'end',
  'is',
  'otherStart',
  'otherEnd',
  'otherIs',
  'stampLength',
  'stampMode',
] as const
const stampAt = knownAt + knownWords.length
const stampBytes = 40
if (stampAt + stampBytes / 4 > fieldInts) throw new Error('BUG: the fields of a line do not fit')

const int = (i: number) => ({ field: 'i32', at: fieldsAt + i * 4 }) as const
const moment = (i: number) => ({ field: 'f64', at: momentsAt + i * 8 }) as const

const signature = (parameters: number, result: number | null = null): Signature => ({
  parameters: new Array<number>(parameters).fill(i32),
  result,
})

const imports: Surroundings['imports'] = {
  stampOf: signature(4, f64),
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
}

const surroundings: Surroundings = {
  arrays: {
    buf: { kind: 'u8', at: 0 },
    S: { kind: 'i32', at: 0 },
    E: { kind: 'i32', at: slotsMax * 4 },
    view: { kind: 'u8', at: 0 },
    T: { kind: 'i32', at: textAt },
    N: { kind: 'f64', at: numbersAt },
    pairs: { kind: 'f64', at: textAt },
  },
  objects: {
    c: {
      ...Object.fromEntries(words.map((name, i) => [name, int(i)])),
      time: moment(0),
      envelopeTime: moment(1),
      receivedAtMs: moment(2),
      buf: 'buf',
      text: 'T',
      numbers: 'N',
    },
    u: Object.fromEntries(urlWords.map((name, i) => [name, int(urlAt + i)])),
    urlParts: Object.fromEntries(urlWords.map((name, i) => [name, int(urlAt + i)])),
    known: {
      ...Object.fromEntries(knownWords.map((name, i) => [name, int(knownAt + i)])),
      stamp: moment(3),
    },
    rewritten: { start: int(rewrittenAt), end: int(rewrittenAt + 1) },
    textIndex: helperNumbers,
    numberIndex: helperNumbers,
  },
  constants: {
    ...finishNumbers,
    ...valueNumbers,
    stampFrom: fieldsAt + stampAt * 4,
    stampBytes,
    dataStart,
    ...Object.fromEntries(Object.keys(finishReasons).map((name, i) => [name, i])),
  },
  imports,
  doubles: { isAtMost: ['most'] },
  functions: {
    ...Object.fromEntries(
      Object.entries({ ...valueParts, ...orientParts, ...finishParts, ...helperParts }).map(
        ([name, part]) => [name, part.toString()],
      ),
    ),
    plainEpoch: plainEpoch.toString(),
    isAddressIn: isKnownAddress.toString(),
    timeOf: timeOf.toString(),
    isTime: '(c,start,end)=>!Number.isNaN(timeOf(start,end,0,0))',
  },
}
/* The functions below are compiled with the formats: `known`, `stampFrom` and `stampOf` mean what stands above. */
declare const known: Record<(typeof knownWords)[number] | 'stamp', number>
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

/** Code of one format, compiled when its first line comes. */
export class FormatCode {
  readonly reasons: readonly string[]
  readonly #functions: Record<string, string>
  readonly #constants: readonly unknown[]
  #compiled: { module: WebAssembly.Module; imports: readonly string[] } | null = null

  /** `functions`: texts by name, of which `read` is called with the line's end. */
  constructor(
    functions: Record<string, string>,
    constants: readonly unknown[],
    reasons: readonly string[],
  ) {
    this.#functions = functions
    this.#constants = constants
    this.reasons = reasons
  }

  /** Throws what is wrong with the text. */
  module(): { module: WebAssembly.Module; imports: readonly string[] } {
    if (this.#compiled === null) {
      const { functions } = surroundings
      const made = new WordModule({
        ...surroundings,
        functions: { ...functions, ...this.#functions },
      })
      const { bytes, imports: named } = made.finish(['read'])
      this.#compiled = { module: new WebAssembly.Module(bytes), imports: named }
    }
    return this.#compiled
  }

  #context: LineContext | null = null
  #read: (end: number) => number = () => 0

  /** What reads lines of `c`; that of the context asked last is kept. */
  readerOf(c: LineContext): (end: number) => number {
    if (c === this.#context) return this.#read
    const read = c.codes.get(this) ?? this.over(c)
    c.codes.set(this, read)
    this.#context = c
    this.#read = read
    return read
  }

  over(c: LineContext): (end: number) => number {
    const { module, imports: named } = this.module()
    const all = outside(c, this.#constants)
    const env = Object.fromEntries(named.map((name) => [name, all[name]]))
    const { exports } = new WebAssembly.Instance(module, { env: { memory: c.memory, ...env } })
    return exports.read as (end: number) => number
  }
}

/** Reads the line of `c` behind its split. */
export function runCode(c: LineContext, end: number, code: FormatCode): number {
  const read = code.readerOf(c)
  const { fields, moments } = c
  fields[place.lineStart] = c.lineStart
  fields[place.payloadStart] = c.payloadStart
  fields[place.messageStart] = c.messageStart
  fields[place.tagStart] = c.tagStart
  fields[place.tagEnd] = c.tagEnd
  fields[place.hostStart] = c.hostStart
  fields[place.hostEnd] = c.hostEnd
  fields[place.mayBeCut] = Number(c.mayBeCut)
  fields[place.truncated] = Number(c.truncated)
  fields[place.scratch] = c.scratch
  fields[place.action] = 0
  fields[place.record] = 0
  fields[place.reason] = -1
  moments[0] = NaN
  moments[1] = c.envelopeTime
  if (moments[2] !== c.receivedAtMs || c.zone !== c.stampZone) {
    moments[2] = c.receivedAtMs
    c.stampZone = c.zone
    fields[knownAt + 6] = 0
  }
  fields[knownAt] = fields[knownAt + 3] = 0
  const outcome = read(end)
  c.messageStart = fields[place.messageStart]
  c.action = fields[place.action]
  c.record = fields[place.record]
  c.time = moments[0]
  if (fields[place.reason] >= 0) c.reason = code.reasons[fields[place.reason]]
  return outcome
}

type Outside = (...numbers: number[]) => number | boolean | undefined | void

/** What the code calls of JavaScript. What was written into the scratch is told in the fields. */
function outside(c: LineContext, constants: readonly unknown[]): Record<string, Outside> {
  const told = (): void => {
    c.fields[place.scratch] = c.scratch
    c.fields[rewrittenAt] = rewritten.start
    c.fields[rewrittenAt + 1] = rewritten.end
  }
  const telling =
    (act: Outside): Outside =>
    (...numbers) => {
      act(...numbers)
      told()
    }
  return {
    ...seekersOf(c),
    stampOf: (start, end, order, isUtc) => {
      const { zone } = c
      if (isUtc !== 0) c.zone = null
      const time = readStamp(c, start, end, dayOrders[order])
      c.zone = zone
      return time
    },
    timeAtStart: () => timeAtStart(c),
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
