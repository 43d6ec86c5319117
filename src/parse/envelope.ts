/**
 * The syslog envelope: RFC 3164 with its vendors' deviations, RFC 5424, relays that wrap a message in a second header.
 * `peelEnvelope` finds where the payload begins and notes time, host and tag. What does not look like a header is left alone:
 * better a header in the payload than a payload in the header.
 */
import { startsWith } from './line-bytes.ts'
import type { LineContext } from './line-context.ts'
import { peelLogRhythm, skipLabels } from './preface.ts'
import { readHeaderStamp, readTime, timeEnd } from './time.ts'

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** End of `<PRI>` at `p` (with blanks after it), or `p`. */
function skipPriority(buf: Uint8Array, p: number, end: number): number {
  if (buf[p] !== 60 || p + 2 >= end) return p
  let q = p + 1
  while (q < end && q - p < 5 && isDigit(buf[q])) q++
  if (q === p + 1 || buf[q] !== 62 || q >= end) return p
  q++
  while (q < end && buf[q] === 32) q++
  return q
}

/** A byte of a host name, an address, or WatchGuard's and relays' decorations; never of a payload's first token. */
function isHostByte(b: number): boolean {
  return (
    (b >= 97 && b <= 122) ||
    (b >= 65 && b <= 90) ||
    (b >= 45 && b <= 58) ||
    b === 95 ||
    b === 37 ||
    b >= 128
  )
}

/** Fills the envelope fields of `c` for the line `[start, end)`. Returns where the payload begins. */
export function peelEnvelope(c: LineContext, start: number, end: number): number {
  const known = c.envelopes.find(c, start, end)
  if (known >= 0) return known
  const payload = readEnvelope(c, start, end)
  c.envelopes.keep(c, start, end)
  return payload
}

/** The same without what is known of the lines before: the envelope of `c` is empty (`beginEnvelope`). */
export function readEnvelope(c: LineContext, start: number, end: number): number {
  let p = start
  for (let depth = 0; depth < 3; depth++) {
    const header = peelOnce(c, p, end, depth)
    const next = c.buf[header] === 91 ? skipRegistered(c.buf, header, end) : header
    if (next === p) break
    p = next
  }
  c.payloadStart = p
  c.messageStart = p
  if (p < end && c.buf[p] === 91) c.messageStart = afterStructuredData(c.buf, p, end)
  return p
}

/** Structured data that is about the message's way (RFC 5424 section 7) is no part of any payload. */
function skipRegistered(buf: Uint8Array, p: number, end: number): number {
  for (const id of ['[meta ', '[timeQuality ', '[origin ip='])
    if (startsWith(buf, p, end, id)) {
      const behind = afterStructuredData(buf, p, end, 1)
      return behind === p || behind >= end ? p : skipRegistered(buf, behind, end)
    }
  return p
}

/** Behind the octet count of RFC 6587 that a capture or a relay left before a PRI, or `p`. */
function skipOctetCount(buf: Uint8Array, p: number, end: number): number {
  let q = p
  while (q < end && q - p < 6 && isDigit(buf[q])) q++
  return q > p && q + 2 < end && buf[q] === 32 && skipPriority(buf, q + 1, end) > q + 1 ? q + 1 : p
}

function peelOnce(c: LineContext, from: number, end: number, depth: number): number {
  const buf = c.buf
  const p = isDigit(buf[from]) ? skipOctetCount(buf, from, end) : from
  const q = skipPriority(buf, p, end)
  const hasPriority = q > p
  // relays that write the fields of RFC 5424 without the PRI in front
  const isVersion = hasPriority || (buf[q + 2] === 50 && buf[q + 12] === 84)
  if (isVersion && isDigit(buf[q]) && buf[q] <= 57) {
    const version = q + 1 < end && buf[q + 1] === 32 ? q + 2 : q
    if (version > q && buf[q] === 49) {
      const rest = peel5424(c, version, end)
      if (rest > 0) return rest
    }
  }
  const rest = peel3164(c, q, end, hasPriority)
  if (rest > q) return rest
  // behind a relay's header: `rtr1: *Oct 15 …` of Cisco
  const { tagStart, tagEnd } = c
  const named = depth > 0 && !hasPriority ? peelTag(c, q, end) : q
  if (named > q && (buf[named] === 42 || !Number.isNaN(headerTime(c, named, end, false))))
    return named
  // else it is a word of the payload's, and the header's own tag holds
  c.tagStart = tagStart
  c.tagEnd = tagEnd
  // A bare PRI: the payload begins right after it. Without one a second round ends the peeling.
  return hasPriority || depth === 0 ? q : p
}

/** `TIMESTAMP HOST APP PROCID MSGID SD [MSG]` (RFC 5424 section 6); 0 when it is none. */
function peel5424(c: LineContext, from: number, end: number): number {
  const buf = c.buf
  let p = from
  let time = NaN
  if (buf[p] === 45 && buf[p + 1] === 32) p += 2
  else {
    // `1 1792056600.25 host …` (Meraki) only looks like it: an epoch is no time stamp there
    time = buf[p + 4] === 45 ? readTime(c, p, end) : NaN
    if (Number.isNaN(time)) return 0
    p = timeEnd()
    while (p < end && buf[p] !== 32) p++
    p++
  }
  const host = p
  p = tokenEnd(buf, p, end)
  const hostEnd = p
  const tag = ++p
  p = tokenEnd(buf, p, end)
  const tagEnd = p
  p = tokenEnd(buf, p + 1, end) // PROCID
  if (p >= end) return 0
  const messageId = p + 1
  p = tokenEnd(buf, messageId, end)
  if (p > end) return 0
  c.envelopeTime = time
  if (buf[host] !== 45 || hostEnd - host > 1) {
    c.hostStart = host
    c.hostEnd = hostEnd
  }
  if (buf[messageId] !== 45 || p - messageId > 1) {
    c.tagStart = messageId
    c.tagEnd = p
  } else {
    c.tagStart = tag
    c.tagEnd = tagEnd
  }
  p++
  if (p >= end) return end
  if (buf[p] === 45 && (p + 1 === end || buf[p + 1] === 32)) p += 2
  return skipBom(buf, Math.min(p, end), end)
}

function tokenEnd(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] !== 32) p++
  return p
}

function skipBom(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] === 32) p++
  if (p + 2 < end && buf[p] === 0xef && buf[p + 1] === 0xbb && buf[p + 2] === 0xbf) return p + 3
  return p
}

/** Behind `[id name="value" …]…` (at most `most` elements) with its escapes, or `p` when it is no structured data of RFC 5424. */
function afterStructuredData(buf: Uint8Array, start: number, end: number, most = 64): number {
  let p = start
  for (let n = 0; n < most && p < end && buf[p] === 91; n++) {
    for (p++; p < end && buf[p] !== 93; p++) {
      if (buf[p] !== 34) continue
      // values stand behind `=` there: `[action:"Accept"; …]` of Check Point is a payload, and a long one
      if (buf[p - 1] === 58) return start
      for (p++; p < end && buf[p] !== 34; p++) if (buf[p] === 92) p++
    }
    if (p >= end) return start
    p++
  }
  return skipBom(buf, p, end)
}

/** A stamp a header may begin with. The forms of payloads (`2026-10-15 09:30:00 …`, `1792056600.123`) are not. */
function headerTime(c: LineContext, p: number, end: number, hasPriority: boolean): number {
  const buf = c.buf
  const b = buf[p]
  if (!isDigit(b)) {
    // `Oct 15 …`, `Thu Oct 15 …`
    if (p + 15 > end || (b & 0xdf) < 65 || (b & 0xdf) > 90) return NaN
    if (buf[p + 3] !== 32 && buf[p + 3] !== 44) return NaN
    const plain = readHeaderStamp(c, p, end)
    return Number.isNaN(plain) ? readTime(c, p, end) : plain
  }
  if (p + 19 > end || !isDigit(buf[p + 3])) return NaN
  const iso = buf[p + 4] === 45 && (buf[p + 10] === 84 || (hasPriority && buf[p + 10] === 32))
  const sophos = buf[p + 4] === 58 && buf[p + 10] === 45
  const cisco = buf[p + 4] === 32 && (buf[p + 5] & 0xdf) >= 65
  return iso || sophos || cisco ? readTime(c, p, end) : NaN
}

/** `[:] STAMP [:] HOST [:] TAG[pid]:` of RFC 3164 and its relatives; returns `from` when there is none. */
function peel3164(c: LineContext, from: number, end: number, hasPriority: boolean): number {
  const buf = c.buf
  let p = from
  // Cisco: a sequence number (`1234: `), and the mark of an unsynchronised clock (`*Oct 15`, `.Oct 15`)
  if (hasPriority) p = skipCiscoSequence(buf, p, end)
  if (p < end && buf[p] === 58 && hasPriority) p += buf[p + 1] === 32 ? 2 : 1
  if (p < end && (buf[p] === 42 || buf[p] === 46)) p++
  const stamp = p
  const time = headerTime(c, p, end, hasPriority)
  if (Number.isNaN(time)) {
    if (!hasPriority)
      return buf[from + 2] === 32 ? peelLogRhythm(c, from, end) : peelKiwi(c, from, end)
    const tagged = peelTag(c, p, end)
    return tagged > p ? tagged : from
  }
  p = timeEnd()
  const wrapped = hasPriority ? p : skipShipper(buf, p, end)
  if (wrapped > p) {
    // the line itself begins here
    c.lineStart = wrapped
    c.envelopeTime = time
    return wrapped
  }
  // a stamp must end at a blank or colon: `Thu Oct 15 09:30:00 2026,"…` is a payload
  if (p < end && buf[p] !== 32 && buf[p] !== 58) return from
  c.envelopeTime = time
  c.stampStart =
    isDigit(buf[stamp]) && (buf[stamp + 10] === 32 || buf[stamp + 10] === 84) ? stamp : 0
  c.tagStart = c.tagEnd = 0
  if (p < end && buf[p] === 58) p++
  while (p < end && buf[p] === 32) p++
  p = peelHost(c, p, end)
  return peelTag(c, skipLevel(buf, p, end), end)
}

/** Behind ` stdout F ` of a container's log, Loki's labels and `<TAB>tag<TAB>` before the object of a Fluentd file, or `p`. */
function skipShipper(buf: Uint8Array, p: number, end: number): number {
  if (buf[p] === 32) {
    const labels = skipLabels(buf, p + 1, end)
    if (labels > p + 1) return labels
    const stream = startsWith(buf, p, end, ' stdout ') || startsWith(buf, p, end, ' stderr ')
    return stream && (buf[p + 8] === 70 || buf[p + 8] === 80) && buf[p + 9] === 32 ? p + 10 : p
  }
  if (buf[p] !== 9) return p
  let q = p + 1
  while (q < end && q - p < 128 && buf[q] > 32) q++
  return q > p + 1 && buf[q] === 9 && buf[q + 1] === 123 ? q + 1 : p
}

/** Behind `local0.info ` that templates of relays write, or `p`. */
function skipLevel(buf: Uint8Array, p: number, end: number): number {
  let q = p
  while (q < end && q - p < 10 && ((buf[q] >= 97 && buf[q] <= 122) || isDigit(buf[q]))) q++
  if (q === p || buf[q] !== 46) return p
  const level = levels.find((word) => startsWith(buf, q + 1, end, word))
  return level === undefined ? p : q + 1 + level.length
}

const levels = 'emerg panic alert crit err error warning warn notice info debug'
  .split(' ')
  .map((word) => `${word} `)

/**
 * `2026-10-15 09:30:00<TAB>Local7.Info<TAB>192.0.2.1<TAB>` that Kiwi Syslog writes into its files, with commas or with a tab behind the
 * date, too, and `10-15-2026` there; else `from`.
 */
function peelKiwi(c: LineContext, from: number, end: number): number {
  const buf = c.buf
  const by = buf[from + 19]
  if (from + 24 > end || (by !== 9 && by !== 44) || (buf[from + 10] !== 32 && buf[from + 10] !== 9))
    return from
  if (buf[from + 4] !== 45 && (buf[from + 2] !== 45 || buf[from + 5] !== 45)) return from
  const dot = cellEnd(buf, from + 20, end, 46)
  const level = dot < 0 ? -1 : cellEnd(buf, dot, end, by)
  if (level < 0 || !kiwiLevels.some((word) => startsWith(buf, dot, level - 1, word))) return from
  const host = cellEnd(buf, level, end, by)
  if (host < 0) return from
  const time = readTime(c, from, end)
  if (Number.isNaN(time)) return from
  c.envelopeTime = time
  c.stampStart = 0
  c.tagStart = c.tagEnd = 0
  c.hostStart = level
  c.hostEnd = host - 1
  return peelTag(c, host, end)
}

const kiwiLevels = ['Emerg', 'Alert', 'Crit', 'Err', 'Warn', 'Notice', 'Info', 'Debug']

/** Behind the `closing` byte of a run of name bytes at `p`, or -1. */
function cellEnd(buf: Uint8Array, p: number, end: number, closing: number): number {
  let q = p
  while (q < end && q - p < 64 && buf[q] !== closing && isHostByte(buf[q])) q++
  // a facility (closed by the dot) is a word, no number of an address
  if (closing === 46 && isDigit(buf[p])) return -1
  return q > p && q < end && buf[q] === closing ? q + 1 : -1
}

function skipCiscoSequence(buf: Uint8Array, p: number, end: number): number {
  let q = p
  while (q < end && q - p < 10 && isDigit(buf[q])) q++
  if (q === p || q + 1 >= end || buf[q] !== 58 || buf[q + 1] !== 32) return p
  return q + 2
}

/** The host after the stamp, unless the token is a tag or already the payload. */
function peelHost(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  let q = p
  while (q < end && isHostByte(buf[q])) q++
  if (q === p || q >= end || buf[q] !== 32) return p
  if (isPayloadStart(buf, p, end) || buf[p] === 37) return p
  // `tag:` is no host; `2001:db8::1` and `host :` are
  if (buf[q - 1] === 58 && !isAddressLike(buf, p, q - 1)) {
    // `host: %ASA-…` and `host: STAMP` of Cisco
    if (buf[q + 1] !== 37) return p
    c.hostStart = p
    c.hostEnd = q - 1
    return q + 1
  }
  // a stamp of the payload's own (`09:30:00`, `1792056600.123`) is no host
  if (isDigit(buf[p]) && !hasHostShape(buf, p, q)) return p
  c.hostStart = p
  c.hostEnd = q
  q++
  while (q < end && buf[q] === 32) q++
  if (q + 1 < end && buf[q] === 58 && buf[q + 1] === 32) q += 2
  return q
}

function isAddressLike(buf: Uint8Array, p: number, end: number): boolean {
  let colons = 0
  for (let i = p; i < end; i++) {
    const b = buf[i]
    if (b === 58) colons++
    else if (!(isDigit(b) || ((b | 32) >= 97 && (b | 32) <= 102))) return false
  }
  return colons >= 2
}

/** A token of digits is a host only with a letter, as an IPv4 address or an IPv6 address. */
function hasHostShape(buf: Uint8Array, p: number, end: number): boolean {
  let dots = 0
  for (let i = p; i < end; i++) {
    const b = buf[i]
    if (b === 46) dots++
    else if (b === 45 && i === p + 4 && end - p === 10 && isDigit(buf[p + 9])) return false // a date, `2026-10-15`
    else if (!isDigit(b)) return b !== 58 || isAddressLike(buf, p, end)
  }
  return dots === 3
}

/** Payloads whose first token could pass for a host or a tag. */
function isPayloadStart(buf: Uint8Array, p: number, end: number): boolean {
  const first = buf[p]
  if (first !== 67 && first !== 76 && first !== 37) return false
  return (
    startsWith(buf, p, end, 'CEF:') ||
    startsWith(buf, p, end, 'LEEF:') ||
    startsWith(buf, p, end, '%ASA') ||
    startsWith(buf, p, end, '%FTD') ||
    startsWith(buf, p, end, '%FWSM') ||
    startsWith(buf, p, end, '%PIX')
  )
}

/** `tag:`, `tag[pid]:`, `(squid-1)[812]:` followed by a blank or the end; the tag is noted and left behind. */
export function peelTag(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  // `#Fields:` of a W3C file is no tag
  if (isPayloadStart(buf, p, end) || buf[p] === 37 || buf[p] === 35) return p
  let q = p
  while (q < end && q - p <= 64) {
    const b = buf[q]
    if (
      b <= 32 ||
      b === 58 ||
      b === 91 ||
      b === 61 ||
      b === 34 ||
      b === 44 ||
      b === 124 ||
      b === 123
    )
      break
    q++
  }
  if (q === p || q >= end) return p
  const tagEnd = q
  if (buf[q] === 91) {
    let r = q + 1
    while (r < end && r - q < 24 && buf[r] !== 93 && buf[r] > 32) r++
    if (r >= end || buf[r] !== 93) return p
    q = r + 1
  }
  if (q >= end || buf[q] !== 58) return p
  q++
  if (q < end && buf[q] !== 32 && buf[q] !== 9) return p
  while (q < end && buf[q] === 32) q++
  c.tagStart = p
  c.tagEnd = tagEnd
  return q
}
