/** Small readers of values in bytes, used by the compiled parsers: numbers, ports, addresses, words. */
import { ByteMap } from '../lib/byte-map.ts'
import { double } from '../lib/double.ts'
import { constantBytes, constantSpan, dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import {
  allowedBeginnings,
  allowedWords,
  blockedBeginnings,
  blockedWords,
  protocolNames,
  serviceNames,
} from './value-words.ts'

/** Decimal digits (a leading + is none), in groups of three by commas too (`15,230`), or -1. A fraction is cut off. */
export function readNumber(buf: Uint8Array, start: number, end: number): number {
  // eighteen digits: a double
  let n = double(0)
  let p = start
  if (end - start > 18) return -1
  while (p < end) {
    const b = buf[p]
    if (b < 48 || b > 57) break
    n = n * 10 + (b - 48)
    p++
  }
  if (p === start) return -1
  if (p < end && buf[p] === 46) {
    p++
    while (p < end && buf[p] >= 48 && buf[p] <= 57) p++
  }
  return p === end ? n : buf[p] === 44 ? readGrouped(buf, start, end) : -1
}

/** `1,234,567`, or -1. */
export function readGrouped(buf: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(buf.buffer, buf.byteOffset + start, end - start).toString('latin1')
  return /^\d{1,3}(?:,\d{3})+$/.test(text) ? Number(text.replaceAll(',', '')) : -1
}

/**
 * A count of bytes: a number, or what people are shown (`1.2 MB`, `1'234'567`, `300 KB`; 1 KB is 1,024). -1 = none, and of `1.234`,
 * which is a thousand where a point groups digits.
 */
export function readBytes(buf: Uint8Array, start: number, end: number): number {
  const n = readNumber(buf, start, end)
  if (n >= 0) return n > 0 && n < 1000 && end - start > 4 && buf[end - 4] === 46 ? -1 : n
  return readShown(buf, start, end)
}

/** What people are shown of a count of bytes. */
export function readShown(buf: Uint8Array, start: number, end: number): number {
  if (end - start < 2 || end - start > 32 || buf[start] < 48 || buf[start] > 57) return -1
  const text = Buffer.from(buf.buffer, buf.byteOffset + start, end - start).toString('utf8')
  const match =
    /^(\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d[\d.,]*)[ \u00a0]*(?:([kmgt]?)i?(?:b|o|bytes?|octets?)|)$/i.exec(
      text,
    )
  if (match === null) return -1
  const digits = match[1].replaceAll(/[ '\u00a0\u202f]/g, '')
  const power = 'kmgt'.indexOf((match[2] ?? '').toLowerCase() || '?') + 1
  const grouped = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d{1,3}(?:\.\d{3}){2,}$/.test(digits)
  const plain = grouped
    ? digits.replaceAll(digits.includes(',') ? ',' : '.', '')
    : /^\d{1,3}(?:\.\d{3})+,\d+$/.test(digits)
      ? digits.replaceAll('.', '').replace(',', '.')
      : digits.replace(',', '.')
  const bytes = /^\d+(?:\.\d+)?$/.test(plain) ? Math.round(Number(plain) * 1024 ** power) : -1
  return Number.isSafeInteger(bytes) ? bytes : -1
}

/** A number times `scale`, rounded; its fraction counts (`4.52` KB, `4,52` KB; `4,520` are thousands). -1 when it is none. */
export function readScaled(buf: Uint8Array, start: number, end: number, scale: number): number {
  let whole = readNumber(buf, start, end)
  let point = 46
  if (whole < 0) {
    point = 44
    let comma = start
    while (comma < end && buf[comma] !== point) comma++
    if (comma + 1 >= end || !allDigits(buf, start, comma)) return -1
    whole = readNumber(buf, start, comma)
    if (whole < 0) return -1
  }
  let p = start
  while (p < end && buf[p] !== point) p++
  let fraction = 0
  let unit = 1
  for (p++; p < end; p++) {
    if (buf[p] < 48 || buf[p] > 57) return -1
    unit /= 10
    fraction += (buf[p] - 48) * unit
  }
  return Math.round((whole + fraction) * scale)
}

const services = new ByteMap(Object.entries(serviceNames), { fold: true })

/** A port: 1..65535, or a service name that means one; -1 = unknown (0 is "none" in every log). */
export function readPort(buf: Uint8Array, start: number, end: number): number {
  const n = readNumber(buf, start, end)
  if (n > 0) return n <= 65535 ? n : -1
  if (n === 0) return -1
  return serviceOf(buf, start, end)
}

/** The port of a service's name, or -1. */
export function serviceOf(buf: Uint8Array, start: number, end: number): number {
  return services.get(buf, start, end)
}

const hexDigit = (b: number): boolean => (b >= 48 && b <= 57) || ((b | 32) >= 97 && (b | 32) <= 102)

/** `isAddress` of a span of the record in `c`, which remembers the two asked last: both ends are asked about several times. */
export function isAddressIn(c: LineContext, start: number, end: number): boolean {
  // the scratch is written anew within a record
  if (start < dataStart) return isAddress(c.buf, start, end)
  const known = c.addresses
  if (start === known.start && end === known.end) return known.is
  if (start === known.otherStart && end === known.otherEnd) return known.otherIs
  known.otherStart = known.start
  known.otherEnd = known.end
  known.otherIs = known.is
  known.start = start
  known.end = end
  known.is = isAddress(c.buf, start, end)
  return known.is
}

/** Whether `[start, end)` is written as an IPv4 or IPv6 address (zone index allowed). Cheap, exact for IPv4. */
export function isAddress(buf: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  if (length < 2 || length > 64) return false
  let colons = 0
  let dots = 0
  let octet = 0
  let digits = 0
  for (let p = start; p < end; p++) {
    const b = buf[p]
    if (b >= 48 && b <= 57) {
      if (octet < 256) octet = octet * 10 + b - 48
      digits++
    } else if (b === 46) {
      if (digits === 0 || octet > 255) return false
      dots++
      octet = digits = 0
    } else if (b === 58) {
      colons++
      octet = digits = 0
    } else if (hexDigit(b)) {
      octet = 1000
      digits++
    } else if (b === 37 && colons > 1) break
    else return false
  }
  if (colons === 0) return dots === 3 && digits > 0 && digits <= 3 && octet <= 255
  // eight colons: `::` at an end of seven groups
  return colons >= 2 && colons <= 8 && (dots === 0 || dots === 3)
}

/** End of the run of bytes of an address or host name at `p`; a colon after a dotted name ends it (`203.0.113.1:443`). */
export function addressEnd(buf: Uint8Array, p: number, end: number): number {
  const start = p
  let dots = 0
  let colons = 0
  while (p < end) {
    const b = buf[p]
    if (b === 58) {
      if (dots > 0 && colons === 0) break
      colons++
    } else if (b === 46) dots++
    else if (
      !(
        (b >= 48 && b <= 57) ||
        ((b | 32) >= 97 && (b | 32) <= 122) ||
        b === 45 ||
        b === 95 ||
        b === 37
      )
    )
      break
    p++
  }
  while (p > start && buf[p - 1] === 58 && (p - 1 === start || buf[p - 2] !== 58)) p--
  return p
}

/** RFC 1918, RFC 4193, loopback, link-local, shared (RFC 6598): an inside address. */
export function isPrivateAddress(buf: Uint8Array, start: number, end: number): boolean {
  const a = octetAt(buf, start, end)
  if (a < 0) {
    const first = buf[start] | 32
    const second = buf[start + 1] | 32
    return (
      (first === 102 && (second === 99 || second === 100 || second === 101)) ||
      (buf[start] === 58 && end - start <= 3)
    )
  }
  if (a === 10 || a === 127) return true
  let p = start
  while (p < end && buf[p] !== 46) p++
  const b = octetAt(buf, p + 1, end)
  return (
    (a === 192 && b === 168) ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b <= 127)
  )
}

export function octetAt(buf: Uint8Array, p: number, end: number): number {
  let n = 0
  const from = p
  while (p < end && buf[p] >= 48 && buf[p] <= 57 && p - from < 4) n = n * 10 + buf[p++] - 48
  return p > from && (p === end || buf[p] === 46) ? n : -1
}

const tcp = constantSpan('tcp')
const protocolSpans: { start: number; end: number }[] = []
const protocols = new ByteMap(
  Object.entries(protocolNames).map(([word, name]) => [
    word,
    protocolSpans.push(constantSpan(name)) - 1,
  ]),
  { fold: true },
)

const [tcpStart, tcpEnd] = [tcp.start, tcp.end]

/**
 * The transport named or numbered in `[start, end)`: where its constant begins, 0 = none. `protocolEnd` tells where the constant
 * that was found last ends.
 */
export function protocolStart(buf: Uint8Array, start: number, end: number): number {
  // nearly all of them: `tcp`, `6`
  if (end - start === 3 && (buf[start] | 32) === 116 && (buf[start + 1] | 32) === 99) {
    if ((buf[start + 2] | 32) === 112) return tcpStart
  } else if (end - start === 1 && buf[start] === 54) return tcpStart
  return otherProtocol(buf, start, end)
}

export function otherProtocol(buf: Uint8Array, start: number, end: number): number {
  const index = protocols.get(buf, start, end)
  return index < 0 ? 0 : protocolSpans[index].start
}

/** Where the constant of a transport ends that begins there. */
export function protocolEnd(start: number): number {
  return start === tcpStart ? tcpEnd : otherProtocolEnd(start)
}

export function otherProtocolEnd(start: number): number {
  return protocolSpans.find((span) => span.start === start)?.end ?? 0
}

/** The transport named or numbered in `[start, end)` as a constant's span, or null. */
export function readProtocol(
  buf: Uint8Array,
  start: number,
  end: number,
): { start: number; end: number } | null {
  const at = protocolStart(buf, start, end)
  return at === 0 ? null : { start: at, end: protocolEnd(at) }
}

const actionWords = new ByteMap(
  [
    ...allowedWords.map((word) => [word, 1] as const),
    ...blockedWords.map((word) => [word, 2] as const),
  ],
  { fold: true },
)
const blockedPrefixes = blockedBeginnings.map((word) => Buffer.from(word))
const allowedPrefixes = allowedBeginnings.map((word) => Buffer.from(word))

/** What the definitions' constants mean, by their place, and where they end; 0 = not asked yet. */
const constantActions = new Uint8Array(constantBytes)
const constantEnds = new Int32Array(constantBytes)

/** A vendor's word for what happened: 1 allowed, 2 blocked, 0 unknown. */
export function readAction(buf: Uint8Array, start: number, end: number): number {
  if (start >= constantBytes) return actionOf(buf, start, end)
  if (constantEnds[start] !== end) {
    constantActions[start] = actionOf(buf, start, end)
    constantEnds[start] = end
  }
  return constantActions[start]
}

export function actionOf(buf: Uint8Array, start: number, end: number): number {
  const word = actionWords.get(buf, start, end)
  if (word > 0) return word
  for (const prefix of blockedPrefixes) if (hasPrefix(buf, start, end, prefix)) return 2
  for (const prefix of allowedPrefixes) if (hasPrefix(buf, start, end, prefix)) return 1
  return 0
}

/** `[start, end)` begins with `prefix` (lower case), letters of both cases alike. */
export function hasPrefix(
  buf: Uint8Array,
  start: number,
  end: number,
  prefix: Uint8Array,
): boolean {
  if (end - start < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (fold(buf[start + i]) !== prefix[i]) return false
  return true
}

/** `[start, end)` is `word` (lower case). */
export function equals(buf: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  return end - start === word.length && hasPrefix(buf, start, end, word)
}

export function allDigits(buf: Uint8Array, start: number, end: number): boolean {
  if (end <= start) return false
  for (let p = start; p < end; p++) if (buf[p] < 48 || buf[p] > 57) return false
  return true
}

function fold(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte
}

/** What is compiled to WebAssembly (parse/format-code.ts), and the numbers it names. */
export const valueParts = {
  addressEnd, allDigits, hexDigit, isAddress, isPrivateAddress, octetAt, readNumber, readBytes, readPort, protocolStart, protocolEnd,
} // prettier-ignore
export const valueNumbers = { tcpStart, tcpEnd, constantBytes }
