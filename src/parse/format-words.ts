/** What the code of a format is given of a line's context and gives back: words and moments in the memory of the context. */
import type { Surroundings } from '../lib/wasm-words.ts'
import { fieldInts, fieldsAt, momentsAt, numbersAt, slotsMax, textAt } from './line-context.ts'
import type { LineContext } from './line-context.ts'

/** Fields of the context that the code reads or writes, each a word, in this order. */
export const words = [
  'lineStart', 'payloadStart', 'messageStart', 'tagStart', 'tagEnd', 'hostStart', 'hostEnd', 'mayBeCut', 'truncated', 'scratch',
  'recordStop', 'action', 'record', 'reason', 'surplus', 'keysAt', 'pairsRead', 'stampStart', 'headerPlace',
] as const // prettier-ignore
export const urlWords = [
  'schemeStart', 'schemeEnd', 'hostStart', 'hostEnd', 'portStart', 'portEnd', 'pathStart', 'pathEnd', 'queryStart', 'queryEnd',
] as const // prettier-ignore
export const place = Object.fromEntries(words.map((name, i) => [name, i])) as Record<
  (typeof words)[number],
  number
>
export const rewrittenAt = words.length
export const urlAt = rewrittenAt + 2
export const knownAt = urlAt + urlWords.length
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
export type KnownWords = Record<(typeof knownWords)[number] | 'stamp', number>
export const stampAt = knownAt + knownWords.length
export const stampBytes = 40
if (stampAt + stampBytes / 4 > fieldInts) throw new Error('BUG: the fields of a line do not fit')

/** By their place in `LineContext.moments`. */
export const moment = { time: 0, envelopeTime: 1, receivedAtMs: 2, stamp: 3 } as const

const int = (i: number) => ({ field: 'i32', at: fieldsAt + i * 4 }) as const
const double = (i: number) => ({ field: 'f64', at: momentsAt + i * 8 }) as const
const wordPlaces = Object.fromEntries(words.map((name, i) => [name, int(i)]))

/** Arrays and objects of the context by the names that compiled functions call them, for lib/wasm-words.ts. */
export const contextArrays: Surroundings['arrays'] = {
  buf: { kind: 'u8', at: 0 },
  S: { kind: 'i32', at: 0 },
  E: { kind: 'i32', at: slotsMax * 4 },
  view: { kind: 'u8', at: 0 },
  T: { kind: 'i32', at: textAt },
  N: { kind: 'f64', at: numbersAt },
  pairs: { kind: 'f64', at: textAt },
  ends: { kind: 'f64', at: slotsMax * 4 },
}
export const contextObjects: Surroundings['objects'] = {
  c: {
    ...wordPlaces,
    time: double(moment.time),
    envelopeTime: double(moment.envelopeTime),
    receivedAtMs: double(moment.receivedAtMs),
    buf: 'buf',
    view: 'view',
    text: 'T',
    numbers: 'N',
    slotStart: 'S',
    slotEnd: 'E',
  },
  /** The words as what they are: numbers. */
  w: wordPlaces,
  u: Object.fromEntries(urlWords.map((name, i) => [name, int(urlAt + i)])),
  urlParts: Object.fromEntries(urlWords.map((name, i) => [name, int(urlAt + i)])),
  known: {
    ...Object.fromEntries(knownWords.map((name, i) => [name, int(knownAt + i)])),
    stamp: double(moment.stamp),
  },
  rewritten: { start: int(rewrittenAt), end: int(rewrittenAt + 1) },
}
export type Words = Record<(typeof words)[number], number>

/** A function of JavaScript that the code calls. */
export type Outside = (...numbers: number[]) => number | boolean | undefined | void

/** Tells the code what is known of the line in `c`. */
export function tellWords(c: LineContext): void {
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
  fields[place.surplus] = Number(c.surplus)
  fields[place.scratch] = c.scratch
  fields[place.recordStop] = c.recordStop
  fields[place.stampStart] = c.stampStart
  fields[place.action] = 0
  fields[place.record] = 0
  fields[place.reason] = -1
  moments[moment.time] = NaN
  moments[moment.envelopeTime] = c.envelopeTime
  tellReceipt(c)
  fields[knownAt] = fields[knownAt + 3] = 0
}

/** Time of receipt and zone give stamps their meaning: with another of either the stamp that was kept is forgotten. */
export function tellReceipt(c: LineContext): void {
  if (c.moments[moment.receivedAtMs] === c.receivedAtMs && c.zone === c.stampZone) return
  c.moments[moment.receivedAtMs] = c.receivedAtMs
  c.stampZone = c.zone
  c.fields[knownAt + 6] = 0
}

/** Takes what the code says of the line. `reasons`: those of the format. */
export function takeWords(c: LineContext, reasons: readonly string[]): void {
  const { fields } = c
  c.messageStart = fields[place.messageStart]
  c.truncated = fields[place.truncated] !== 0
  c.surplus = fields[place.surplus] !== 0
  c.action = fields[place.action]
  c.record = fields[place.record]
  c.time = c.moments[moment.time]
  if (fields[place.reason] >= 0) c.reason = reasons[fields[place.reason]]
}
