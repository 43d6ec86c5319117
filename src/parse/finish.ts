/** What every format has in common once its fields are mapped: host from URL, ports, transport, totals, what is missing. */
import {
  constantSpan,
  numberIndex,
  skipped,
  textIndex,
  transaction,
  unparsed,
} from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { readTime } from './time.ts'
import { equals, isAddressIn, readNumber } from './values.ts'

const hostAt = textIndex.dstHost * 2
const ipAt = textIndex.dstIp * 2
const urlAt = textIndex.url * 2
const srcIpAt = textIndex.srcIp * 2
const srcHostAt = textIndex.srcHost * 2
const userAt = textIndex.user * 2
const deviceAt = textIndex.device * 2
const protocolAt = textIndex.protocol * 2
const appProtocolAt = textIndex.appProtocol * 2
const methodAt = textIndex.method * 2
const { dstPort, bytesUp, bytesDown, bytesTotal } = numberIndex

const tcp = constantSpan('tcp')
const udp = constantSpan('udp')
const quic = Buffer.from('quic')
const connect = Buffer.from('connect')
const schemes = [
  { word: Buffer.from('https'), port: 443 },
  { word: Buffer.from('http'), port: 80 },
  { word: Buffer.from('ftp'), port: 21 },
  { word: Buffer.from('ssl'), port: 443 },
  { word: Buffer.from('wss'), port: 443 },
  { word: Buffer.from('ws'), port: 80 },
] as const

/** Completes the record in `c`; returns transaction, skipped or unparsed with `c.reason`. */
export function finish(c: LineContext, kind: number, withoutDestination: string | null): number {
  const text = c.text
  const buf = c.buf
  c.record = kind
  if (text[urlAt + 1] > text[urlAt]) hostFromUrl(c, text[urlAt], text[urlAt + 1])
  if (text[hostAt + 1] > text[hostAt]) cleanHost(c)
  moveName(c, ipAt, hostAt)
  moveName(c, srcIpAt, srcHostAt)
  if (text[ipAt + 1] === text[ipAt] && isAddressIn(c, text[hostAt], text[hostAt + 1])) {
    text[ipAt] = text[hostAt]
    text[ipAt + 1] = text[hostAt + 1]
  }
  transport(c, kind)
  const n = c.numbers
  if (n[bytesTotal] < 0 && n[bytesUp] >= 0 && n[bytesDown] >= 0)
    n[bytesTotal] = n[bytesUp] + n[bytesDown]
  if (Number.isNaN(c.time)) {
    // a line with a PRI comes off the wire: without a stamp the time of its receipt holds (RFC 3164 section 4.3.2)
    if (!Number.isNaN(c.envelopeTime)) c.time = c.envelopeTime
    else c.time = hasPriority(buf, c.lineStart) ? c.receivedAtMs : timeAtStart(c)
    if (Number.isNaN(c.time)) {
      c.reason = 'no time'
      return unparsed
    }
  }
  if (text[hostAt + 1] === text[hostAt] && text[ipAt + 1] === text[ipAt]) {
    if (c.truncated) {
      c.reason = 'cut before the destination'
      return unparsed
    }
    c.reason = withoutDestination ?? 'no destination'
    return withoutDestination === null ? unparsed : skipped
  }
  if (
    text[srcIpAt + 1] === text[srcIpAt] &&
    text[userAt + 1] === text[userAt] &&
    text[srcHostAt + 1] === text[srcHostAt] &&
    text[deviceAt + 1] === text[deviceAt]
  ) {
    c.reason = 'no source'
    return unparsed
  }
  return transaction
}

const dayMs = 86_400_000

/** A stamp in a form that no syslog header has, which the writer of a file put before each line; of the last year, or it is none. */
function timeAtStart(c: LineContext): number {
  const time = readTime(c, c.lineStart, c.recordStop)
  const ageMs = c.receivedAtMs - time
  return ageMs > -2 * dayMs && ageMs < 400 * dayMs ? time : NaN
}

/** `<0>` to `<191>` at `p`. */
function hasPriority(buf: Uint8Array, p: number): boolean {
  if (buf[p] !== 60) return false
  let q = p + 1
  while (q - p < 4 && buf[q] >= 48 && buf[q] <= 57) q++
  return q > p + 1 && buf[q] === 62
}

/** A name in an address' place goes to the host's, unless that is known. */
function moveName(c: LineContext, ip: number, host: number): void {
  const text = c.text
  // `[2001:db8::1]` without its port
  if (c.buf[text[ip]] === 91 && text[ip + 1] - text[ip] > 2 && c.buf[text[ip + 1] - 1] === 93) {
    text[ip]++
    text[ip + 1]--
  }
  if (text[ip + 1] === text[ip] || isAddressIn(c, text[ip], text[ip + 1])) return
  if (text[host + 1] === text[host]) {
    text[host] = text[ip]
    text[host + 1] = text[ip + 1]
  }
  text[ip] = text[ip + 1] = 0
}

/** Brackets, a port and a trailing dot leave the host. */
function cleanHost(c: LineContext): void {
  const text = c.text
  const buf = c.buf
  let start = text[hostAt]
  let end = text[hostAt + 1]
  if (buf[start] === 91) {
    let close = start
    while (close < end && buf[close] !== 93) close++
    if (close < end) {
      if (close + 2 < end && buf[close + 1] === 58) setPort(c, close + 2, end)
      start++
      end = close
    }
  } else {
    let colon = end - 1
    while (colon > start && buf[colon] !== 58) colon--
    if (colon > start && !isAddressIn(c, start, end)) {
      setPort(c, colon + 1, end)
      end = colon
    }
  }
  while (end > start && buf[end - 1] === 46) end--
  text[hostAt] = start
  text[hostAt + 1] = end
}

function setPort(c: LineContext, start: number, end: number): void {
  if (c.numbers[dstPort] >= 0) return
  const port = readNumber(c.buf, start, end)
  if (port > 0 && port <= 65535) c.numbers[dstPort] = port
}

/** RFC 3986 authority of `[scheme://][user@]host[:port][/…]`; the scheme becomes appProtocol when none is known. */
function hostFromUrl(c: LineContext, from: number, to: number): void {
  const buf = c.buf
  const text = c.text
  let p = from
  let schemeEnd = -1
  while (p < to && p - from < 16) {
    const b = buf[p]
    if (b === 58) {
      if (buf[p + 1] === 47 && buf[p + 2] === 47) schemeEnd = p
      break
    }
    if (b === 47 || b === 63 || b === 46) break
    p++
  }
  let start = from
  if (schemeEnd > from) {
    if (text[appProtocolAt + 1] === text[appProtocolAt]) {
      text[appProtocolAt] = from
      text[appProtocolAt + 1] = schemeEnd
    }
    start = schemeEnd + 3
  } else if (buf[from] === 47) return
  let end = start
  while (end < to && buf[end] !== 47 && buf[end] !== 63 && buf[end] !== 35 && buf[end] > 32) {
    if (buf[end] === 64) start = end + 1
    end++
  }
  const path = end < to
  if (text[hostAt + 1] === text[hostAt]) {
    text[hostAt] = start
    text[hostAt + 1] = end
  } else portOf(c, start, end)
  // A tunnel's `host:port` is no URL.
  if (schemeEnd < 0 && !path && equals(buf, text[methodAt], text[methodAt + 1], connect))
    text[urlAt] = text[urlAt + 1] = 0
}

/** The port of a URL whose host is known from elsewhere. */
function portOf(c: LineContext, start: number, end: number): void {
  let p = end - 1
  while (p > start && c.buf[p] >= 48 && c.buf[p] <= 57) p--
  if (p > start && c.buf[p] === 58 && p < end - 1) setPort(c, p + 1, end)
}

function transport(c: LineContext, kind: number): void {
  const text = c.text
  const start = text[appProtocolAt]
  const end = text[appProtocolAt + 1]
  const isQuic = end - start === quic.length && equals(c.buf, start, end, quic)
  if (text[protocolAt + 1] === text[protocolAt] && (kind === 1 || isQuic)) {
    const span = isQuic ? udp : tcp
    text[protocolAt] = span.start
    text[protocolAt + 1] = span.end
  }
  if (c.numbers[dstPort] >= 0 || end <= start) return
  for (const scheme of schemes)
    if (equals(c.buf, start, end, scheme.word)) {
      c.numbers[dstPort] = scheme.port
      return
    }
}
