/** Values put together from several fields, written into the scratch of the line; results are in `rewritten`. */
import { dataStart } from './line-context.ts'
import { findLiteral } from './pattern.ts'
import type { LineContext } from './line-context.ts'
import { allDigits, equals, readPort } from './values.ts'

/** Span of the last value made by this file (one thread, no allocation). */
export const rewritten = { start: 0, end: 0 }

/** Copies `[start, end)` behind what was put before; cut where the scratch ends, since the segment's lines begin there. */
export function put(c: LineContext, start: number, end: number): void {
  const buf = c.buf
  let out = c.scratch
  const stop = Math.min(end, start + dataStart - out)
  for (let p = start; p < stop; p++) buf[out++] = buf[p]
  c.scratch = out
}

/** `%41` → `A`, once. Sets `rewritten`. */
export function percentDecode(c: LineContext, start: number, end: number): void {
  const buf = c.buf
  rewritten.start = start
  rewritten.end = end
  let p = start
  while (p < end && buf[p] !== 37) p++
  if (p >= end) return
  const from = c.scratch
  let out = from
  for (p = start; p < end && out < dataStart; p++) {
    if (buf[p] === 37 && p + 2 < end) {
      const high = hex(buf[p + 1])
      const low = hex(buf[p + 2])
      if (high >= 0 && low >= 0) {
        buf[out++] = high * 16 + low
        p += 2
        continue
      }
    }
    buf[out++] = buf[p]
  }
  c.scratch = out
  rewritten.start = from
  rewritten.end = out
}

/** `\xc3` → its byte, once. Sets `rewritten`. */
export function hexDecode(c: LineContext, start: number, end: number): void {
  const buf = c.buf
  rewritten.start = start
  rewritten.end = end
  let p = start
  while (p < end && buf[p] !== 92) p++
  if (p >= end) return
  const from = c.scratch
  let out = from
  for (p = start; p < end && out < dataStart; p++) {
    if (buf[p] === 92 && p + 3 < end && buf[p + 1] === 120) {
      const high = hex(buf[p + 2])
      const low = hex(buf[p + 3])
      if (high >= 0 && low >= 0) {
        buf[out++] = high * 16 + low
        p += 3
        continue
      }
    }
    buf[out++] = buf[p]
  }
  c.scratch = out
  rewritten.start = from
  rewritten.end = out
}

/** `(3)www(7)example(3)org(0)` of Windows' DNS server → `www.example.org`; what is written otherwise stays. Sets `rewritten`. */
export function labelsDecode(c: LineContext, start: number, end: number): void {
  const buf = c.buf
  rewritten.start = start
  rewritten.end = end
  if (buf[start] !== 40) return
  const from = c.scratch
  let out = from
  let p = start
  while (p < end && buf[p] === 40) {
    let length = 0
    for (p++; p < end && buf[p] >= 48 && buf[p] <= 57; p++) length = length * 10 + buf[p] - 48
    // a name ends with the empty label; one whose labels do not fit is cut off
    if (p >= end || buf[p] !== 41 || length === 0) break
    if (p + 1 + length >= end || length > 63) return
    if (out > from && out < dataStart) buf[out++] = 46
    for (const stop = ++p + length; p < stop; p++) if (out < dataStart) buf[out++] = buf[p]
  }
  c.scratch = out
  rewritten.start = from
  rewritten.end = out
}

/** Each byte through `map` (256 bytes). Sets `rewritten`. */
export function replaceBytes(c: LineContext, start: number, end: number, map: Uint8Array): void {
  const buf = c.buf
  const from = c.scratch
  const stop = Math.min(end, start + dataStart - from)
  for (let p = start; p < stop; p++) buf[c.scratch++] = map[buf[p]]
  rewritten.start = from
  rewritten.end = c.scratch
}

/** An IPv4 address written as one number, signed or not → dotted; empty when it is none. Sets `rewritten`. */
export function addressOfNumber(c: LineContext, start: number, end: number): void {
  const buf = c.buf
  rewritten.start = rewritten.end = 0
  const negative = buf[start] === 45
  let n = 0
  let p = negative ? start + 1 : start
  if (p >= end || end - p > 10) return
  for (; p < end; p++) {
    if (buf[p] < 48 || buf[p] > 57) return
    n = n * 10 + buf[p] - 48
  }
  if (negative) n = 0x1_0000_0000 - n
  if (n < 0 || n > 0xffff_ffff) return
  rewritten.start = c.scratch
  ascii(c, [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.'))
  rewritten.end = c.scratch
}

function hex(b: number): number {
  if (b >= 48 && b <= 57) return b - 48
  const letter = b | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Behind the quotes of a piece that is quoted as a whole and may hold `by`; else `from`. */
function quotedEnd(buf: Uint8Array, from: number, end: number, by: Uint8Array): number {
  if (buf[from] !== 34) return from
  for (let p = from + 1; p < end; p++)
    if (buf[p] === 34 && (p + 1 === end || buf[p + 1] === by[0])) return p + 1
  return from
}

/** The piece at place `at` of `[start, end)` parted by `by` (a blank parts in runs). Sets `rewritten`, empty when there is none. */
export function partOf(
  buf: Uint8Array,
  start: number,
  end: number,
  by: Uint8Array,
  at: number,
): void {
  rewritten.start = rewritten.end = 0
  const runs = by.length === 1 && by[0] === 32
  let from = start
  for (let place = 0; ; place++) {
    if (runs) while (from < end && buf[from] === 32) from++
    const cut = findLiteral(buf, quotedEnd(buf, from, end, by), end, by)
    if (place === at) {
      const to = cut < 0 ? end : cut
      const quoted = to - from > 1 && buf[from] === 34 && buf[to - 1] === 34
      rewritten.start = quoted ? from + 1 : from
      rewritten.end = quoted ? to - 1 : to
      return
    }
    if (cut < 0) return
    from = cut + by.length
  }
}

/** Spans of the parts of a URL; empty = not known. */
export interface UrlParts {
  schemeStart: number
  schemeEnd: number
  hostStart: number
  hostEnd: number
  portStart: number
  portEnd: number
  pathStart: number
  pathEnd: number
  queryStart: number
  queryEnd: number
}

export const urlParts: UrlParts = {
  schemeStart: 0, schemeEnd: 0, hostStart: 0, hostEnd: 0, portStart: 0, portEnd: 0,
  pathStart: 0, pathEnd: 0, queryStart: 0, queryEnd: 0,
} // prettier-ignore

/** Whether `[start, end)` begins with `scheme://`. */
export function isWholeUrl(buf: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p + 2 < end && p - start < 16; p++) {
    const b = buf[p]
    if (b === 58) return buf[p + 1] === 47 && buf[p + 2] === 47 && p > start
    if (b === 47 || b === 63 || b === 46) return false
  }
  return false
}

/** Puts the URL of `urlParts` together: `rewritten`, empty when there is neither host nor path. */
export function buildUrl(c: LineContext): void {
  const u = urlParts
  const buf = c.buf
  rewritten.start = rewritten.end = 0
  if (u.pathEnd > u.pathStart && isWholeUrl(buf, u.pathStart, u.pathEnd)) {
    rewritten.start = u.pathStart
    rewritten.end = u.pathEnd
    if (u.queryEnd <= u.queryStart || buf.subarray(u.pathStart, u.pathEnd).includes(63)) return
    rewritten.start = c.scratch
    put(c, u.pathStart, u.pathEnd)
    putQuery(c)
    rewritten.end = c.scratch
    return
  }
  const hasHost = u.hostEnd > u.hostStart
  if (!hasHost && (u.pathEnd <= u.pathStart || buf[u.pathStart] === 47)) return
  const from = c.scratch
  if (u.schemeEnd > u.schemeStart) {
    lower(c, u.schemeStart, u.schemeEnd)
    ascii(c, '://')
  }
  if (hasHost) {
    const v6 = isV6(buf, u.hostStart, u.hostEnd)
    if (v6) ascii(c, '[')
    put(c, u.hostStart, u.hostEnd)
    if (v6) ascii(c, ']')
    if (isPort(buf, u.portStart, u.portEnd) && !isDefaultPort(buf)) {
      ascii(c, ':')
      put(c, u.portStart, u.portEnd)
    }
    if (u.pathEnd > u.pathStart && buf[u.pathStart] !== 47) ascii(c, '/')
    put(c, u.pathStart, u.pathEnd)
  } else putWithoutDefaultPort(c)
  // some writers repeat the query behind the path
  if (u.queryEnd > u.queryStart && !buf.subarray(u.pathStart, u.pathEnd).includes(63)) putQuery(c)
  rewritten.start = from
  rewritten.end = c.scratch
}

function putQuery(c: LineContext): void {
  if (c.buf[urlParts.queryStart] !== 63) ascii(c, '?')
  put(c, urlParts.queryStart, urlParts.queryEnd)
}

function ascii(c: LineContext, text: string): void {
  for (let i = 0; i < text.length && c.scratch < dataStart; i++)
    c.buf[c.scratch++] = text.charCodeAt(i)
}

function lower(c: LineContext, start: number, end: number): void {
  for (let p = start; p < end && c.scratch < dataStart; p++) {
    const b = c.buf[p]
    c.buf[c.scratch++] = b >= 65 && b <= 90 ? b | 32 : b
  }
}

function isV6(buf: Uint8Array, start: number, end: number): boolean {
  let colons = 0
  for (let p = start; p < end; p++) if (buf[p] === 58) colons++
  return colons > 1 && buf[start] !== 91
}

const https = Buffer.from('https')
const http = Buffer.from('http')
const ftp = Buffer.from('ftp')

/** Anything else in a port's place would make another authority. */
function isPort(buf: Uint8Array, start: number, end: number): boolean {
  return allDigits(buf, start, end) && readPort(buf, start, end) > 0
}

function isDefaultPort(buf: Uint8Array): boolean {
  const u = urlParts
  let port = 0
  for (let p = u.portStart; p < u.portEnd; p++) port = port * 10 + buf[p] - 48
  if (port === 0) return true
  const word = port === 443 ? https : port === 80 ? http : port === 21 ? ftp : null
  return word !== null && equals(buf, u.schemeStart, u.schemeEnd, word)
}

/** `host:443/path` of a log that leaves the scheme out; the scheme's own port is left out too. */
function putWithoutDefaultPort(c: LineContext): void {
  const u = urlParts
  const buf = c.buf
  let slash = u.pathStart
  while (slash < u.pathEnd && buf[slash] !== 47 && buf[slash] !== 63) slash++
  let colon = slash - 1
  while (colon > u.pathStart && buf[colon] >= 48 && buf[colon] <= 57) colon--
  if (buf[colon] === 58 && colon > u.pathStart) {
    u.portStart = colon + 1
    u.portEnd = slash
    if (isDefaultPort(buf)) {
      put(c, u.pathStart, colon)
      put(c, slash, u.pathEnd)
      return
    }
  }
  put(c, u.pathStart, u.pathEnd)
}
