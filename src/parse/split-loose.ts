/** `key=value` of writers unknown: the line itself shows what parts its pairs, values may hold blanks, some are quoted. */
import type { LineContext } from './line-context.ts'
import { unslash } from './split.ts'
import { isKeyByte, openParenthesis } from './split-kv.ts'
import type { KvOptions } from './split-kv.ts'

/** 1 for each byte that may stand in a key, and in one that pairs parted by no blank have. */
const wordBytes = Uint8Array.from({ length: 256 }, (_, b) => Number(isKeyByte(b) || b === 64))
const nameBytes = wordBytes.map((is, b) => (b === 32 || b === 47 ? 1 : is))

const isBlank = (b: number): boolean => b === 32 || b === 9

const keyBytesMax = 64
const colon = 58
const equal = 61

/**
 * Of a definition that names `=` and `:` as assignments the line shows which one it uses (`assign`; 0 = the definition names one), and
 * keys may stand in quotes and hold letters beyond ASCII. One thread, set for each line.
 */
let assign = 0

/**
 * The end of a key that begins at `p` and is followed by an assignment, or -1. Where pairs are parted by something else than a
 * blank, keys may hold blanks and `/` (`Source IP`, `i/f_dir`).
 */
function keyEnd(buf: Uint8Array, p: number, end: number, o: KvOptions, blank: boolean): number {
  const first = buf[p] | 32
  const stop = Math.min(end, p + keyBytesMax)
  let q = p + 1
  if ((first < 97 || first > 122) && buf[p] !== 95 && buf[p] !== 64) {
    if (assign === 0) return -1
    if (o.quotes[buf[p]] === 1) {
      while (q < stop && (nameBytes[buf[q]] === 1 || buf[q] >= 128)) q++
      if (q >= stop || buf[q] !== buf[p] || q === p + 1) return -1
      return assignOf(buf, q + 1, Math.min(end, stop + 1), o) < 0 ? -1 : q + 1
    }
    if (buf[p] < 128) return -1
  }
  const isPart = blank ? wordBytes : nameBytes
  const beyond = assign === 0 ? 256 : 128
  while (q < stop && (isPart[buf[q]] === 1 || buf[q] >= beyond)) q++
  return assignOf(buf, q, stop, o) < 0 ? -1 : q
}

/**
 * Where the assignment behind the key that ends at `q` stands, or -1: `key=value`, `key = value` with a blank on both sides, and in
 * lines of unknown writers `key: value`, `key => value`.
 */
function assignOf(buf: Uint8Array, q: number, end: number, o: KvOptions): number {
  if (q >= end) return -1
  if (isAssign(buf, q, o)) return q
  return isBlank(buf[q]) &&
    q + 2 < end &&
    isAssign(buf, q + 1, o) &&
    (isBlank(buf[q + 2]) || (assign !== 0 && buf[q + 2] === 62))
    ? q + 1
    : -1
}

function isAssign(buf: Uint8Array, p: number, o: KvOptions): boolean {
  if (assign === 0) return o.assigns[buf[p]] === 1
  // `https://…` is a value
  return buf[p] === assign && (assign !== colon || buf[p + 1] !== 47 || buf[p + 2] !== 47)
}

/** Fewest keys before a colon that make it the assignment of a line. */
const colonKeysMin = 4

/** The assignment that stands behind most words of the line; 0 = the definition leaves no choice. */
function assignFor(buf: Uint8Array, start: number, end: number, o: KvOptions): number {
  if (o.assigns[equal] === 0 || o.assigns[colon] === 0) return 0
  let equals = 0
  let colons = 0
  for (let p = start; p < end; p++) {
    let q = p
    if (buf[q] === 123) q++
    if (o.quotes[buf[q]] === 1) q++
    const first = q
    while (q < end && (wordBytes[buf[q]] === 1 || buf[q] >= 128)) q++
    if (q > first && (buf[first] < 48 || buf[first] > 57)) {
      if (o.quotes[buf[q]] === 1) q++
      const at = buf[q] === 32 ? q + 1 : q
      if (at < end && buf[at] === equal) equals++
      else if (at < end && buf[at] === colon && (buf[at + 1] !== 47 || buf[at + 2] !== 47)) colons++
    }
    while (q < end && !isBlank(buf[q]) && o.separators[buf[q]] === 0) q++
    p = q
  }
  return colons >= colonKeysMin && colons > equals ? colon : equal
}

/** Where the word before `start` begins when the envelope took a key for the tag of its line (`fw1 srcIP: 192.0.2.1, dstIP: …`), or `start`. */
function tagStart(c: LineContext, start: number, o: KvOptions): number {
  const { buf, lineStart } = c
  if (
    o.assigns[colon] === 0 ||
    start < lineStart + 3 ||
    !isBlank(buf[start - 1]) ||
    buf[start - 2] !== colon
  )
    return start
  let p = start - 2
  while (p > lineStart && wordBytes[buf[p - 1]] === 1) p--
  return p < start - 2 && o.keys.get(buf, p, start - 2) >= 0 ? p : start
}

/** So many keys behind one separator, and none behind another, say enough. */
const keysAlike = 8

/** The separator that stands before most keys. Words within a key (`ip` of `, source ip=`) stand behind none. */
function separatorOf(buf: Uint8Array, start: number, end: number, o: KvOptions): number {
  counts.fill(0)
  let keys = 0
  let best = 32
  const first = start < end ? keyEnd(buf, start, end, o, false) : -1
  for (let p = Math.max(start, first) + 1; p < end; p++) {
    if (o.separators[buf[p - 1]] === 0 && !isBlank(buf[p - 1])) continue
    if (isBlank(buf[p])) continue
    let q = p - 1
    while (q > start && buf[q] === 32) q--
    const by = o.separators[buf[q]] === 1 ? buf[q] : 32
    const key = keyEnd(buf, p, end, o, by === 32)
    if (key < 0) continue
    counts[by]++
    if (++keys === counts[by] && keys === keysAlike) return by
    if (counts[by] > counts[best] || (by === 32 && counts[by] === counts[best])) best = by
    p = key
  }
  return best
}

const counts = new Int32Array(256)

function skipBlanks(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] === 32) p++
  return p
}

/** The next `separator`, or where it is a blank the next tab, too: a tab parts alone, a blank beside one does not. */
function wordEnd(buf: Uint8Array, p: number, end: number, separator: number): number {
  const other = separator === 32 ? 9 : separator
  while (p < end && buf[p] !== separator && buf[p] !== other) p++
  return p
}

/**
 * Where the first pair begins: words of the sender (`2026-10-30 10:15:08 fw1 src=1, dst=2`) may stand before a key that is known, up to
 * the first separator.
 */
function firstKey(
  buf: Uint8Array,
  start: number,
  end: number,
  separator: number,
  o: KvOptions,
): number {
  for (let p = start; p < end && buf[p] !== separator; p++) {
    if (p > start && !isBlank(buf[p - 1])) continue
    const key = keyEnd(buf, p, end, o, false)
    if (key < 0) continue
    const quoted = Number(o.quotes[buf[p]] === 1)
    let stop = key - quoted
    while (buf[stop - 1] === 32) stop--
    if (o.keys.get(buf, p + quoted, stop) >= 0) return p
  }
  return start
}

/** Cuts the pairs of `[start, end)`; returns their number. */
export function splitLoose(c: LineContext, payload: number, end: number, o: KvOptions): number {
  const buf = c.buf
  let start = tagStart(c, payload, o)
  assign = assignFor(buf, start, end, o)
  if (assign !== colon) start = payload
  const separator = separatorOf(buf, start, end, o)
  const blank = separator === 32
  let pairs = 0
  let slot = -1
  let valueStart = -1
  let p = start
  // an object as a script prints it: `{'src': '192.0.2.1', …}`
  const any = assign !== 0
  if (any) p = skipBlanks(buf, p, end)
  if (any && buf[p] === 123) p = skipBlanks(buf, p + 1, end)
  if (!blank) p = firstKey(buf, p, end, separator, o)
  while (p < end) {
    while (p < end && (isBlank(buf[p]) || buf[p] === separator)) p++
    const key = keyEnd(buf, p, end, o, blank)
    if (key >= 0) {
      const quoted = Number(o.quotes[buf[p]] === 1)
      let keyStop = key - quoted
      if (any) while (buf[keyStop - 1] === 32) keyStop--
      const next = o.keys.get(buf, p + quoted, keyStop)
      const parted = valueStart < 0 || next >= 0 || !openParenthesis(buf, valueStart, p)
      if (parted) {
        if (valueStart >= 0) keep(c, slot, valueStart, p, separator, o)
        slot = next
        pairs++
        const at = assignOf(buf, key, end, o)
        p = valueStart = at + (assign !== 0 && buf[at + 1] === 62 ? 2 : 1)
        if (!blank || at > key || assign === colon || p > at + 1)
          p = valueStart = skipBlanks(buf, p, end)
        if (p < end && o.quotes[buf[p]] === 1) {
          const close = closingQuote(buf, p, end, separator, o)
          if (close < 0) {
            // half a name is no name
            c.truncated = true
            return pairs
          }
          keep(c, slot, p + 1, close, 0, o)
          valueStart = -1
          p = close + 1
        }
      }
    }
    p = wordEnd(buf, p, end, separator)
  }
  if (valueStart >= 0) keep(c, slot, valueStart, end, separator, o)
  return pairs
}

/** The quote that ends the value: not escaped, and followed by what parts pairs; -1 = the line is cut. */
function closingQuote(
  buf: Uint8Array,
  open: number,
  end: number,
  separator: number,
  o: KvOptions,
): number {
  const quote = buf[open]
  for (let p = open + 1; p < end; p++) {
    if (buf[p] === 92 && o.escapes) p++
    else if (buf[p] === quote && endsValue(buf, p + 1, end, separator)) return p
  }
  return -1
}

/** Whether a value may end before `p`: at the end, before what parts pairs, before the `]` of structured data. */
function endsValue(buf: Uint8Array, p: number, end: number, separator: number): boolean {
  return (
    p >= end ||
    isBlank(buf[p]) ||
    buf[p] === separator ||
    (buf[p] === 93 && (p + 1 >= end || isBlank(buf[p + 1]) || buf[p + 1] === 91)) ||
    (buf[p] === 125 && p + 1 >= end)
  )
}

function keep(
  c: LineContext,
  slot: number,
  from: number,
  to: number,
  separator: number,
  o: KvOptions,
): void {
  const buf = c.buf
  let start = from
  let end = to
  while (start < end && isBlank(buf[start])) start++
  while (end > start && (isBlank(buf[end - 1]) || buf[end - 1] === 13)) end--
  if (separator !== 0 && end > start && buf[end - 1] === separator) end--
  // `dstport=443, action=permit` between pairs that blanks part
  else if (assign !== 0 && separator === 32 && end > start && buf[end - 1] === 44) end--
  while (end > start && isBlank(buf[end - 1])) end--
  if (slot < 0 || end <= start || (!o.repeatedLast && c.slotEnd[slot] !== 0)) return
  if (o.escapes && holdsSlash(buf, start, end)) unslash(c, slot, start, end)
  else {
    c.slotStart[slot] = start
    c.slotEnd[slot] = end
  }
}

function holdsSlash(buf: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end && buf[p] !== 92) p++
  return p < end
}
