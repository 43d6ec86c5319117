/**
 * What every format has in common once its fields are mapped: host from URL, ports, transport, totals, what is missing. The functions
 * of this file are compiled to WebAssembly (parse/format-code.ts): integers and bytes only.
 */
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
import { isAddressIn, readNumber } from './values.ts'

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
const [tcpStart, tcpEnd, udpStart, udpEnd] = [tcp.start, tcp.end, udp.start, udp.end]
const noTime = 'no time'
const cutBefore = 'cut before the destination'
const noDestination = 'no destination'
const noSource = 'no source'
/** Why a record is none, by the names that stand for it below. */
export const finishReasons = { noTime, cutBefore, noDestination, noSource }
/** Numbers that the functions below name. */
export const finishNumbers = {
  hostAt, ipAt, urlAt, srcIpAt, srcHostAt, userAt, deviceAt, protocolAt, appProtocolAt, methodAt,
  dstPort, bytesUp, bytesDown, bytesTotal, tcpStart, tcpEnd, udpStart, udpEnd, transaction, unparsed,
} // prettier-ignore

/** Completes the record in `c`; returns transaction, skipped or unparsed with `c.reason`. */
export function finish(c: LineContext, kind: number, withoutDestination: string | null): number {
  return finishRecord(
    c,
    kind,
    withoutDestination ?? noDestination,
    withoutDestination === null ? unparsed : skipped,
  )
}

/** As `finish`; a record without a destination is `outcome`, because of `reason`. */
export function finishRecord(
  c: LineContext,
  kind: number,
  reason: string,
  outcome: number,
): number {
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
      c.reason = noTime
      return unparsed
    }
  }
  if (text[hostAt + 1] === text[hostAt] && text[ipAt + 1] === text[ipAt]) {
    if (c.truncated) {
      c.reason = cutBefore
      return unparsed
    }
    c.reason = reason
    return outcome
  }
  if (
    text[srcIpAt + 1] === text[srcIpAt] &&
    text[userAt + 1] === text[userAt] &&
    text[srcHostAt + 1] === text[srcHostAt] &&
    text[deviceAt + 1] === text[deviceAt]
  ) {
    c.reason = noSource
    return unparsed
  }
  return transaction
}

const dayMs = 86_400_000

/** A stamp in a form that no syslog header has, which the writer of a file put before each line; of the last year, or it is none. */
export function timeAtStart(c: LineContext): number {
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
  for (; end < to; end++) {
    const b = buf[end]
    // most bytes are letters
    if (b > 64) continue
    if (b === 47 || b === 63 || b === 35 || b <= 32) break
    if (b === 64) start = end + 1
  }
  const path = end < to
  if (text[hostAt + 1] === text[hostAt]) {
    text[hostAt] = start
    text[hostAt + 1] = end
  } else portOf(c, start, end)
  // A tunnel's `host:port` is no URL.
  if (schemeEnd < 0 && !path && isConnect(buf, text[methodAt], text[methodAt + 1]))
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
  const quic = isQuic(c.buf, start, end)
  if (text[protocolAt + 1] === text[protocolAt] && (kind === 1 || quic)) {
    text[protocolAt] = quic ? udpStart : tcpStart
    text[protocolAt + 1] = quic ? udpEnd : tcpEnd
  }
  if (c.numbers[dstPort] >= 0 || end <= start) return
  const port = schemePort(c.buf, start, end)
  if (port > 0) c.numbers[dstPort] = port
}

function isQuic(buf: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    (buf[start] | 32) === 113 &&
    (buf[start + 1] | 32) === 117 &&
    (buf[start + 2] | 32) === 105 &&
    (buf[start + 3] | 32) === 99
  )
}

/** The method of a tunnel. */
function isConnect(buf: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 7 &&
    (buf[start] | 32) === 99 &&
    (buf[start + 1] | 32) === 111 &&
    (buf[start + 2] | 32) === 110 &&
    (buf[start + 3] | 32) === 110 &&
    (buf[start + 4] | 32) === 101 &&
    (buf[start + 5] | 32) === 99 &&
    (buf[start + 6] | 32) === 116
  )
}

/** Ports of `https`, `http`, `ftp`, `ssl`, `wss` and `ws`, 0 = another scheme. */
function schemePort(buf: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < 2 || length > 5) return 0
  const a = buf[start] | 32
  const b = buf[start + 1] | 32
  if (length === 2) return a === 119 && b === 115 ? 80 : 0
  const d = buf[start + 2] | 32
  if (length === 3) {
    if (a === 102 && b === 116 && d === 112) return 21
    if (a === 115 && b === 115 && d === 108) return 443
    return a === 119 && b === 115 && d === 115 ? 443 : 0
  }
  if (a !== 104 || b !== 116 || d !== 116 || (buf[start + 3] | 32) !== 112) return 0
  if (length === 4) return 80
  return (buf[start + 4] | 32) === 115 ? 443 : 0
}

export const finishParts = {
  finishRecord, hasPriority, moveName, cleanHost, setPort, hostFromUrl, portOf, transport, isQuic, isConnect, schemePort,
} // prettier-ignore
