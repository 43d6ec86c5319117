/**
 * The headers of the lines before. A device writes the same header (PRI, stamp, host) before all lines of one second, so that most
 * lines need no header read: what stood there is compared. Only headers are kept whose reading ends for certain where it ended: the payload
 * begins like none of the words that a header may go on with, whatever stands behind it.
 */
import type { LineContext, ZoneOffset } from './line-context.ts'
import { headersAt } from './native-code.ts'

/** Relays mix the lines of many devices; each has a place of its own, most of the time. */
const entries = 32
const headerBytesMax = 96
const fieldsKept = 8
/** So many headers are kept in vain before most are passed over. */
const unusedMax = 64
/** Bytes that are there behind a header that is kept or found, so that no test of a stamp meets the line's end. */
const payloadBytesMin = 64
/** A key or a number of columns in front of a payload is found within so many bytes. */
const firstWordMax = 24

/** Of each header its bytes (0 = none is kept), then places of its parts, counted from the line's start; behind all their bytes. */
const keptAt = headersAt + entries * headerBytesMax
const timesAt = keptAt + entries * fieldsKept * 4

export class EnvelopeMemory {
  #kept = new Int32Array(0)
  #times = new Float64Array(0)
  #receivedAtMs = NaN
  #zone: ZoneOffset | null = null
  /** Headers kept since one was found. */
  #unused = 0

  /** The memory of the context is at another place now. */
  look(buffer: ArrayBuffer): void {
    this.#kept = new Int32Array(buffer, keptAt, entries * fieldsKept)
    this.#times = new Float64Array(buffer, timesAt, entries)
  }

  /** Fills the envelope of `c` when the line `[start, end)` begins with a header that is kept; where its payload begins, else -1. */
  find(c: LineContext, start: number, end: number): number {
    this.renew(c)
    const payload = findHeader(c, this.#kept, this.#times, start, end)
    if (payload > start) this.found(c)
    return payload
  }

  /** Lines of a run were read by headers that are kept here, or have none. */
  used(): void {
    this.#unused = 0
  }

  /** A header was found: what stands in `c` came from here. */
  found(c: LineContext): void {
    this.used()
    if (this.#kept[c.headerPlace * fieldsKept + 7] > 0 && c.zone !== null)
      c.zone.lastMs = this.#times[c.headerPlace]
  }

  /** Keeps the envelope that was read of the line `[start, end)`, which `find` did not know. */
  keep(c: LineContext, start: number, end: number): void {
    const { buf, payloadStart: payload } = c
    const length = payload - start
    if (length < 4 || length > headerBytesMax || end - payload < payloadBytesMin) return
    // headers that are never the same are kept seldom
    if (++this.#unused > unusedMax && (this.#unused & 15) > 0) return
    if (!beginsAlone(buf, payload) || !isClosed(c, payload)) return
    const place = c.headerPlace
    const kept = this.#kept
    buf.copyWithin(headersAt + place * headerBytesMax, start, payload)
    this.#times[place] = c.envelopeTime
    const at = place * fieldsKept
    kept[at] = length
    kept[at + 1] = c.lineStart - start
    kept[at + 2] = c.stampStart > 0 ? c.stampStart - start : -1
    kept[at + 3] = c.hostStart - start
    kept[at + 4] = c.hostEnd > c.hostStart ? c.hostEnd - start : 0
    kept[at + 5] = c.tagStart - start
    kept[at + 6] = c.tagEnd > c.tagStart ? c.tagEnd - start : 0
    kept[at + 7] = c.zone?.lastMs === c.envelopeTime ? 1 : 0
  }

  /** Stamps without year and zone are read by what is other now: time of receipt, zone. */
  renew(c: LineContext): void {
    if (c.receivedAtMs === this.#receivedAtMs && c.zone === this.#zone) return
    this.#receivedAtMs = c.receivedAtMs
    this.#zone = c.zone
    for (let at = 0; at < entries * fieldsKept; at += fieldsKept) this.#kept[at] = 0
  }
}

/** Whether what stands before the payload ends the stamp, if there is one: a zone or a year may be the word behind it. */
function isClosed(c: LineContext, payload: number): boolean {
  if (Number.isNaN(c.envelopeTime) || c.hostEnd > c.hostStart || c.tagEnd > c.tagStart) return true
  return c.buf[payload - 2] === 58 && c.buf[payload - 1] === 32
}

/* What follows is compiled to WebAssembly as well (parse/line-run.ts): integers and bytes only. */

/** Nothing is known of the header of the line that begins at `start`. */
export function beginEnvelope(c: LineContext, start: number): void {
  c.lineStart = start
  c.envelopeTime = NaN
  c.stampStart = 0
  c.hostStart = c.hostEnd = 0
  c.tagStart = c.tagEnd = 0
}

/** Begins the envelope of the line `[start, end)`, and fills it from `kept` when the line begins with a header that is there. */
export function findHeader(
  c: LineContext,
  kept: Int32Array,
  times: Float64Array,
  start: number,
  end: number,
): number {
  const buf = c.buf
  const view = c.view
  beginEnvelope(c, start)
  if (end - start < payloadBytesMin) return -1
  if (beginsAlone(buf, start) || beginsDated(buf, start))
    return (c.payloadStart = c.messageStart = start)
  const mixed = Math.imul(view.getInt32(start, true) ^ view.getInt32(start + 20, true), 0x9e3779b1)
  const place = mixed >>> 27
  c.headerPlace = place
  const at = place * fieldsKept
  const length = kept[at]
  if (length === 0 || end - start < length + payloadBytesMin) return -1
  const from = headersAt + place * headerBytesMax
  const last = length - 4
  for (let i = 0; i < last; i += 4)
    if (view.getInt32(from + i, true) !== view.getInt32(start + i, true)) return -1
  if (view.getInt32(from + last, true) !== view.getInt32(start + last, true)) return -1
  const payload = start + length
  if (!beginsAlone(buf, payload)) return -1
  c.lineStart = start + kept[at + 1]
  c.envelopeTime = times[place]
  if (kept[at + 2] >= 0) c.stampStart = start + kept[at + 2]
  if (kept[at + 4] > 0) {
    c.hostStart = start + kept[at + 3]
    c.hostEnd = start + kept[at + 4]
  }
  if (kept[at + 6] > 0) {
    c.tagStart = start + kept[at + 5]
    c.tagEnd = start + kept[at + 6]
  }
  return (c.payloadStart = c.messageStart = payload)
}

/**
 * Whether the text at `p`, with `payloadBytesMin` bytes and more, is a payload by its first bytes alone: an event id of Cisco (`%ASA-…`), the
 * first key of pairs (`date=`, `[action:"`), CEF's and LEEF's first word, a number before a comma (`1,2026/…`), seconds since 1970 (`1792056600.123`), a cell in quotes. None of them begins
 * or goes on with a PRI, a stamp, a host or a tag as parse/envelope.ts knows them.
 */
function beginsAlone(buf: Uint8Array, p: number): boolean {
  const first = buf[p]
  if (first === 37 || first === 34) return true
  if (first === 91) return beginsPair(buf, p + 1)
  let q = p
  if (first >= 48 && first <= 57) {
    while (q - p < 10 && buf[q] >= 48 && buf[q] <= 57) q++
    if (q - p === 10) return buf[q] === 46 && isFraction(buf, q + 1)
    // `2026-…`, `2026:…` and `2026 …` are stamps
    return buf[q] === 44 && q - p < 4 && buf[p + 4] !== 45 && buf[p + 4] !== 58 && buf[p + 4] !== 32
  }
  while (q - p < firstWordMax && isKeyByte(buf[q])) q++
  if (q - p < 3) return false
  return (
    (q - p >= 4 && buf[q] === 61) ||
    // `CEF:0|`, `LEEF:2.0|`
    (buf[q] === 58 &&
      buf[q - 1] === 70 &&
      buf[q - 2] === 69 &&
      buf[q + 1] >= 48 &&
      buf[q + 1] <= 57)
  )
}

/** `key:"` behind a bracket, which is no structured data. */
function beginsPair(buf: Uint8Array, p: number): boolean {
  let q = p
  while (q - p < firstWordMax && isKeyByte(buf[q])) q++
  return q > p && buf[q] === 58 && buf[q + 1] === 34
}

/** `2026-10-15 09:30:00 `, with which rows begin; behind a PRI it is a header's stamp. */
function beginsDated(buf: Uint8Array, p: number): boolean {
  return (
    buf[p + 4] === 45 &&
    buf[p + 7] === 45 &&
    buf[p + 10] === 32 &&
    buf[p + 13] === 58 &&
    buf[p + 16] === 58 &&
    buf[p + 19] === 32 &&
    buf[p] === 50 &&
    isNumber(buf, p + 1, 3) &&
    isNumber(buf, p + 5, 2) &&
    isNumber(buf, p + 8, 2) &&
    isNumber(buf, p + 11, 2) &&
    isNumber(buf, p + 14, 2) &&
    isNumber(buf, p + 17, 2)
  )
}

function isNumber(buf: Uint8Array, p: number, digits: number): boolean {
  for (let q = p; q < p + digits; q++) if (buf[q] < 48 || buf[q] > 57) return false
  return true
}

/** One to six digits and a blank: `1792056600.1.2.3` could be a host. */
function isFraction(buf: Uint8Array, p: number): boolean {
  let q = p
  while (q - p < 6 && buf[q] >= 48 && buf[q] <= 57) q++
  return q > p && buf[q] === 32
}

function isKeyByte(b: number): boolean {
  return (b >= 97 && b <= 122) || (b >= 65 && b <= 90) || b === 95
}

/** For the compiler of parse/line-run.ts. */
export const headerParts = {
  beginEnvelope, beginsAlone, beginsDated, beginsPair, findHeader, isFraction, isKeyByte, isNumber,
} // prettier-ignore
export const headerNumbers = {
  fieldsKept,
  firstWordMax,
  headerBytesMax,
  headersAt,
  payloadBytesMin,
}
export const headerArrays = {
  kept: { kind: 'i32', at: keptAt },
  times: { kind: 'f64', at: timesAt },
} as const
