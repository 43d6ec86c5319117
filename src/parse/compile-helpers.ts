/** What the generated code may call, under the name `h`. */
import { numberIndex, textIndex } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { dropCut } from './cut-values.ts'
import { finish } from './finish.ts'
import { orient } from './orient.ts'
import { findLiteral, matchLiteral } from './pattern.ts'
import {
  addressOfNumber,
  buildUrl,
  hexDecode,
  isWholeUrl,
  partOf,
  percentDecode,
  put,
  replaceBytes,
  rewritten,
  urlParts,
} from './rewrite.ts'
import { fastBlanks, fastCsv, fastKv } from './native-splits.ts'
import { delimiterOf, splitTabs } from './split.ts'
import { splitCef, splitLeef, splitSpaced } from './split-spaced.ts'
import { nextPart, splitJson } from './split-json.ts'
import { splitLoose } from './split-loose.ts'
import { splitRegex } from './split-regex.ts'
import { splitW3c } from './split-w3c.ts'
import { splitXml } from './split-xml.ts'
import { readTime } from './time.ts'
import {
  addressEnd,
  allDigits,
  isAddressIn,
  readAction,
  readNumber,
  readPort,
  readProtocol,
  readScaled,
} from './values.ts'

/** Where the first `text` begins, or -1. */
function beforeFirst(buf: Uint8Array, start: number, end: number, text: Uint8Array): number {
  return findLiteral(buf, start, end, text)
}

/** Where the last `text` begins, or -1. */
function beforeLast(buf: Uint8Array, start: number, end: number, text: Uint8Array): number {
  let last = -1
  for (
    let at = findLiteral(buf, start, end, text);
    at >= 0;
    at = findLiteral(buf, at + 1, end, text)
  )
    last = at
  return last
}

function afterFirst(buf: Uint8Array, start: number, end: number, text: Uint8Array): number {
  const at = beforeFirst(buf, start, end, text)
  return at < 0 ? -1 : at + text.length
}

function afterLast(buf: Uint8Array, start: number, end: number, text: Uint8Array): number {
  const at = beforeLast(buf, start, end, text)
  return at < 0 ? -1 : at + text.length
}

function same(buf: Uint8Array, s: number, e: number, otherS: number, otherE: number): boolean {
  if (e <= s || otherE <= otherS) return e <= s && otherE <= otherS
  if (e - s !== otherE - otherS) return false
  for (let i = 0; i < e - s; i++) if (buf[s + i] !== buf[otherS + i]) return false
  return true
}

/** The first place in the first 512 bytes where one of `texts` begins, or -1. */
function findAny(
  buf: Uint8Array,
  start: number,
  end: number,
  texts: readonly Uint8Array[],
): number {
  const stop = Math.min(end, start + 512)
  const [one] = texts
  if (texts.length === 1) return findLiteral(buf, start, stop, one)
  // all at once, by their first byte: an anchor that is not in the line costs nothing
  const alike = texts.every((text) => text[0] === one[0])
  for (let p = start; p < stop; p++) {
    if (alike && buf[p] !== one[0]) continue
    for (const text of texts) if (p + text.length <= stop && startsAt(buf, p, text)) return p
  }
  return -1
}

function startsAt(buf: Uint8Array, p: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (buf[p + i] !== text[i]) return false
  return true
}

/**
 * What the parts of a URL tell: host, port and scheme go to the record unless known; the URL itself is put together only for
 * a full record (`rewritten`, which is left empty or raw otherwise: the host is all a flow needs).
 */
function urlFacts(c: LineContext, full: boolean): void {
  const u = urlParts
  const whole = u.pathEnd > u.pathStart && isWholeUrl(c.buf, u.pathStart, u.pathEnd)
  if (!whole) {
    setText(c, textIndex.dstHost, u.hostStart, u.hostEnd)
    setText(c, textIndex.appProtocol, u.schemeStart, u.schemeEnd)
    if (u.portEnd > u.portStart && c.numbers[numberIndex.dstPort] < 0) {
      const port = readPort(c.buf, u.portStart, u.portEnd)
      if (port > 0) c.numbers[numberIndex.dstPort] = port
    }
  }
  if (full) return buildUrl(c)
  const raw = whole || (u.hostEnd <= u.hostStart && c.buf[u.pathStart] !== 47)
  rewritten.start = raw ? u.pathStart : 0
  rewritten.end = raw ? u.pathEnd : 0
}

function setText(c: LineContext, field: number, start: number, end: number): void {
  if (end <= start || c.text[field * 2 + 1] > c.text[field * 2]) return
  c.text[field * 2] = start
  c.text[field * 2 + 1] = end
}

function isTime(c: LineContext, start: number, end: number): boolean {
  return !Number.isNaN(readTime(c, start, end))
}

/** A bare value that ends with the line may be half of one. */
function dropLast(c: LineContext, end: number, slots: number): void {
  for (let slot = 0; slot < slots; slot++)
    if (c.slotEnd[slot] === end) c.slotStart[slot] = c.slotEnd[slot] = 0
}

export const compileHelpers = {
  addressEnd,
  addressOfNumber,
  afterFirst,
  afterLast,
  allDigits,
  beforeFirst,
  beforeLast,
  delimiterOf,
  dropCut,
  dropLast,
  findAny,
  findLiteral,
  finish,
  hexDecode,
  isAddressIn,
  isTime,
  matchLiteral,
  nextPart,
  orient,
  partOf,
  percentDecode,
  put,
  readAction,
  readNumber,
  readPort,
  readProtocol,
  readScaled,
  readTime,
  replaceBytes,
  rewritten,
  same,
  splitBlanks: fastBlanks,
  splitCef,
  splitCsv: fastCsv,
  splitJson,
  splitKv: fastKv,
  splitLeef,
  splitLoose,
  splitRegex,
  splitSpaced,
  splitTabs,
  splitW3c,
  splitXml,
  urlFacts,
  urlParts,
}
