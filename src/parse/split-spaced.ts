/** `key=value with blanks key2=…`: CEF extensions and the key=value dialects that do not quote. Also CEF and LEEF headers. */
import type { ByteMap } from '../lib/byte-map.ts'
import type { LineContext } from './line-context.ts'
import { unslash } from './split.ts'
import { isKeyByte, openParenthesis, splitKv } from './split-kv.ts'
import type { KvOptions } from './split-kv.ts'

/** Custom CEF columns whose meaning stands in a sibling `<key>Label`. */
export interface LabelTable {
  /** Key (`cs1`) and label key (`cs1Label`) → place; label text → slot. */
  keys: ByteMap
  labelKeys: ByteMap
  labels: ByteMap
  count: number
  /** value start/end, label start/end by place */
  spans: Int32Array
}

/**
 * Pairs whose values may hold blanks: a value runs to the blank before the next key. `=` after a backslash is none.
 * A candidate key that no field is named after is refused while a parenthesis of the value before it is open, and always when
 * `closed`.
 */
export function splitSpaced(
  c: LineContext,
  start: number,
  end: number,
  keys: ByteMap,
  labels: LabelTable | null,
  closed = false,
): number {
  const buf = c.buf
  if (labels !== null) labels.spans.fill(0)
  let pairs = 0
  let keyStart = -1
  let keyEnd = -1
  let keySlot = -1
  let valueStart = -1
  let slashed = false
  let p = start
  let wordStart = start
  while (p < end) {
    const b = buf[p]
    if (b === 32 || b === 9) wordStart = p + 1
    else if (b === 92) {
      slashed = true
      p++
    } else if (b === 61 && isKey(buf, wordStart, p)) {
      const slot = keys.get(buf, wordStart, p)
      if (
        valueStart < 0 ||
        slot >= 0 ||
        (!closed && !openParenthesis(buf, valueStart, wordStart))
      ) {
        if (valueStart >= 0) {
          keepPair(
            c,
            keySlot,
            labels,
            keyStart,
            keyEnd,
            valueStart,
            trimEnd(buf, valueStart, wordStart),
            slashed,
          )
          pairs++
        }
        keyStart = wordStart
        keyEnd = p
        keySlot = slot
        valueStart = p + 1
        slashed = false
        wordStart = p + 1 // a second `=` in the same word is part of the value
        p = skipWord(buf, p + 1, end)
        for (let i = valueStart; i < p; i++) if (buf[i] === 92) slashed = true
        continue
      }
    }
    p++
  }
  if (valueStart >= 0) {
    keepPair(
      c,
      keySlot,
      labels,
      keyStart,
      keyEnd,
      valueStart,
      trimEnd(buf, valueStart, end),
      slashed,
    )
    pairs++
  }
  if (labels !== null) applyLabels(c, labels)
  return pairs
}

/** The first word of a value cannot hold a key. */
function skipWord(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] !== 32 && buf[p] !== 9) p++
  return p
}

function isKey(buf: Uint8Array, start: number, end: number): boolean {
  if (end <= start || end - start > 64) return false
  const first = buf[start] | 32
  if ((first < 97 || first > 122) && buf[start] !== 95) return false
  // `methods:=x` of Check Point
  const stop = buf[end - 1] === 58 ? end - 1 : end
  for (let i = start + 1; i < stop; i++) if (!isKeyByte(buf[i])) return false
  return true
}

function trimEnd(buf: Uint8Array, start: number, end: number): number {
  let q = end
  while (q > start && (buf[q - 1] === 32 || buf[q - 1] === 9 || buf[q - 1] === 13)) q--
  return q
}

/** `"…"` around a whole value, which CEF and LEEF do not know but devices write: the quotes are none of the value's. */
function isQuoted(buf: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || buf[start] !== 34 || buf[end - 1] !== 34) return false
  for (let p = start + 1; p < end - 1; p++) if (buf[p] === 34) return false
  return true
}

function keepPair(
  c: LineContext,
  slot: number,
  labels: LabelTable | null,
  keyStart: number,
  keyEnd: number,
  start: number,
  end: number,
  slashed: boolean,
): void {
  if (isQuoted(c.buf, start, end)) {
    start++
    end--
  }
  if (end <= start) return
  if (slot >= 0 && c.slotEnd[slot] === 0) {
    if (slashed) unslash(c, slot, start, end)
    else {
      c.slotStart[slot] = start
      c.slotEnd[slot] = end
    }
  }
  if (labels === null || !beginsLabelled(c.buf[keyStart] | 32)) return
  const value = labels.keys.get(c.buf, keyStart, keyEnd)
  if (value >= 0) {
    labels.spans[value * 4] = start
    labels.spans[value * 4 + 1] = end
    return
  }
  const label = labels.labelKeys.get(c.buf, keyStart, keyEnd)
  if (label >= 0) {
    labels.spans[label * 4 + 2] = start
    labels.spans[label * 4 + 3] = end
  }
}

/** `cs1`, `cn1`, `c6a1`, `cfp1`, `flexString1`, `deviceCustomDate1` and their labels. */
function beginsLabelled(first: number): boolean {
  return first === 99 || first === 100 || first === 102
}

function applyLabels(c: LineContext, labels: LabelTable): void {
  const s = labels.spans
  for (let i = 0; i < labels.count; i++) {
    if (s[i * 4 + 1] === 0 || s[i * 4 + 3] === 0) continue
    const slot = labels.labels.get(c.buf, s[i * 4 + 2], s[i * 4 + 3])
    if (slot < 0 || c.slotEnd[slot] !== 0) continue
    c.slotStart[slot] = s[i * 4]
    c.slotEnd[slot] = s[i * 4 + 1]
  }
}

/** Header slots of CEF and LEEF, -1 = not asked for. */
export interface HeaderSlots {
  vendor: number
  product: number
  version: number
  event: number
  name: number
  severity: number
}

/** The start of `CEF:0|` (or of `0|` when a relay ate the word) within the first 300 bytes, or -1. */
function familyStart(buf: Uint8Array, start: number, end: number, word: readonly number[]): number {
  const stop = Math.min(end - word.length, start + 300)
  for (let p = start; p <= stop; p++) {
    if (buf[p] !== word[0]) continue
    let i = 1
    while (i < word.length && buf[p + i] === word[i]) i++
    if (i === word.length) return p + word.length
  }
  return -1
}

/** Pipe-parted header parts from `p`; spans into `parts`. Returns the position behind the last pipe, or -1. */
function headerParts(
  buf: Uint8Array,
  from: number,
  end: number,
  count: number,
  parts: Int32Array,
): number {
  let p = from
  for (let i = 0; i < count; i++) {
    parts[i * 2] = p
    while (p < end && buf[p] !== 124) p += buf[p] === 92 ? 2 : 1
    if (p >= end) return -1
    parts[i * 2 + 1] = p
    p++
  }
  return p
}

const cefWord = [...Buffer.from('CEF:')]
const leefWord = [...Buffer.from('LEEF:')]
const parts = new Int32Array(16)

function keepHeader(c: LineContext, slot: number, part: number): void {
  if (slot < 0) return
  let start = parts[part * 2]
  const end = parts[part * 2 + 1]
  for (let p = start; p < end; p++) if (c.buf[p] === 92) return unslash(c, slot, start, end)
  c.slotStart[slot] = start
  c.slotEnd[slot] = end
}

/** `CEF:0|vendor|product|version|event|name|severity|extension`; returns the number of pairs, -1 = no CEF. */
export function splitCef(
  c: LineContext,
  start: number,
  end: number,
  keys: ByteMap,
  header: HeaderSlots,
  labels: LabelTable | null,
): number {
  const buf = c.buf
  let p = familyStart(buf, start, end, cefWord)
  if (p < 0) {
    if (start + 2 >= end || (buf[start] !== 48 && buf[start] !== 49) || buf[start + 1] !== 124)
      return -1
    p = start
  }
  const extension = headerParts(buf, p, end, 7, parts)
  if (extension < 0) return -1
  keepHeader(c, header.vendor, 1)
  keepHeader(c, header.product, 2)
  keepHeader(c, header.version, 3)
  keepHeader(c, header.event, 4)
  keepHeader(c, header.name, 5)
  keepHeader(c, header.severity, 6)
  return splitSpaced(c, extension, end, keys, labels)
}

/** Attribute delimiters of LEEF in the order they are tried when none is declared. */
const leefDelimiters = [9, 124, 94]

function attributesBy(buf: Uint8Array, from: number, end: number, delimiter: number): number {
  let count = 0
  let wordStart = from
  let key = true
  for (let p = from; p < end; p++) {
    if (buf[p] === delimiter) {
      wordStart = p + 1
      key = true
    } else if (buf[p] === 61 && key) {
      if (isKey(buf, wordStart, p)) count++
      key = false
    }
  }
  return count
}

/** The declared delimiter (`^`, `x5E`, `0x5E`, `\t`), or 0. */
function declaredDelimiter(buf: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 1) return buf[start]
  const text = Buffer.from(buf.buffer, buf.byteOffset + start, length).toString('latin1')
  const hex = /^(?:0x|x)([0-9a-fA-F]{2})$/.exec(text)
  if (hex !== null) return Number.parseInt(hex[1], 16)
  return text === '\\t' ? 9 : 0
}

/** Rewrites `#011` and `\t` (a tab that a relay escaped) into tabs, in the scratch. Returns the new end. */
function restoreTabs(c: LineContext, start: number, end: number): { start: number; end: number } {
  const buf = c.buf
  const from = c.scratch
  let out = from
  for (let p = start; p < end; p++) {
    if (
      buf[p] === 35 &&
      buf[p + 1] === 48 &&
      buf[p + 2] === 49 &&
      buf[p + 3] === 49 &&
      p + 3 < end
    ) {
      buf[out++] = 9
      p += 3
    } else if (buf[p] === 92 && buf[p + 1] === 116 && p + 1 < end) {
      buf[out++] = 9
      p += 1
    } else buf[out++] = buf[p]
  }
  c.scratch = out
  return { start: from, end: out }
}

/** `LEEF:1.0|vendor|product|version|event|…` and 2.0 with its delimiter; the number of attributes, -1 = no LEEF. */
export function splitLeef(
  c: LineContext,
  start: number,
  end: number,
  o: KvOptions,
  header: HeaderSlots,
  slots: number,
): number {
  const buf = c.buf
  let p = familyStart(buf, start, end, leefWord)
  if (p < 0) {
    if (
      start + 4 >= end ||
      (buf[start] !== 49 && buf[start] !== 50) ||
      buf[start + 1] !== 46 ||
      buf[start + 3] !== 124
    )
      return -1
    p = start
  }
  const two = buf[p] === 50
  let attributes = headerParts(buf, p, end, 5, parts)
  if (attributes < 0) return -1
  keepHeader(c, header.vendor, 1)
  keepHeader(c, header.product, 2)
  keepHeader(c, header.version, 3)
  keepHeader(c, header.event, 4)
  let delimiter = 0
  if (two) {
    let q = attributes
    while (q < end && q - attributes < 6 && buf[q] !== 124 && buf[q] !== 61) q++
    if (q < end && buf[q] === 124) {
      delimiter = declaredDelimiter(buf, attributes, q)
      attributes = q + 1
    } else if (q < end && buf[q] === 94 && buf[q + 1] === 124) attributes = q + 2
  }
  let to = end
  if (delimiter === 0) {
    for (const candidate of leefDelimiters)
      if (attributesBy(buf, attributes, to, candidate) >= 3) {
        delimiter = candidate
        break
      }
    if (delimiter === 0) {
      const restored = restoreTabs(c, attributes, to)
      if (attributesBy(buf, restored.start, restored.end, 9) >= 3) {
        delimiter = 9
        attributes = restored.start
        to = restored.end
      } else return splitSpaced(c, attributes, end, o.keys, null)
    }
  }
  if (o.separators[delimiter] === 0) o.memory.forget()
  o.separators.fill(0)
  o.separators[delimiter] = 1
  o.keyEnds.fill(0)
  o.keyEnds[delimiter] = o.keyEnds[61] = 1
  const count = splitKv(c, attributes, to, o)
  for (let slot = 0; slot < slots; slot++)
    if (isQuoted(c.buf, c.slotStart[slot], c.slotEnd[slot])) {
      c.slotStart[slot]++
      c.slotEnd[slot]--
    }
  return count
}
