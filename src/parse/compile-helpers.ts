/**
 * What the generated code may call, under the name `h`: splitters and what comes before them as they are, the functions of
 * `helperParts` in WebAssembly (parse/format-code.ts).
 */
import { numberIndex, textIndex } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { dropCut } from './cut-values.ts'
import { buildUrl, isWholeUrl, rewritten, urlParts } from './rewrite.ts'
import { splitRow } from './native-splits.ts'
import { seekAny, seekIn, seekPair } from './seek.ts'
import { splitCef, splitLeef, splitSpaced } from './split-spaced.ts'
import { nextPart, splitJson } from './split-json.ts'
import { splitLoose } from './split-loose.ts'
import { splitRegex } from './split-regex.ts'
import { splitW3c } from './split-w3c.ts'
import { splitXml } from './split-xml.ts'
import { readTime } from './time.ts'
import { allDigits, isAddressIn, readNumber, readPort } from './values.ts'

function same(buf: Uint8Array, s: number, e: number, otherS: number, otherE: number): boolean {
  if (e <= s || otherE <= otherS) return e <= s && otherE <= otherS
  if (e - s !== otherE - otherS) return false
  for (let i = 0; i < e - s; i++) if (buf[s + i] !== buf[otherS + i]) return false
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

/** No number is in no range. */
function isAtMost(buf: Uint8Array, start: number, end: number, most: number): boolean {
  const n = readNumber(buf, start, end)
  return n >= 0 && n <= most
}

/** A bare value that ends with the line may be half of one. */
function dropLast(c: LineContext, end: number, slots: number): void {
  for (let slot = 0; slot < slots; slot++)
    if (c.slotEnd[slot] === end) c.slotStart[slot] = c.slotEnd[slot] = 0
}

/** Compiled to WebAssembly, and the numbers these name. */
export const helperParts = { dropLast, isAtMost, isWholeUrl, same, setText, urlFacts }
export const helperNumbers = {
  dstHost: textIndex.dstHost,
  appProtocol: textIndex.appProtocol,
  dstPort: numberIndex.dstPort,
}

/** What is asked before the split, and the splitters. */
export const compileHelpers = {
  allDigits,
  dropCut,
  dropLast,
  isAddressIn,
  isAtMost,
  isTime,
  nextPart,
  readNumber,
  same,
  seekAny,
  seekIn,
  seekPair,
  splitCef,
  splitJson,
  splitLeef,
  splitLoose,
  splitRegex,
  splitRow,
  splitSpaced,
  splitW3c,
  splitXml,
}
