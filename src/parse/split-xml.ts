/** One XML element a line (Windows events), read without building it: values of the asked paths become spans. */
import type { ByteMap } from '../lib/byte-map.ts'
import { dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'

const depthMax = 16
const path = new Uint8Array(4096)
/** Length of the path at each depth. */
const lengths = new Int32Array(depthMax + 1)

const lt = 60
const gt = 62
const slash = 47

/**
 * Reads the element `root` that begins at or after `start`. Fields are named by the path below it (`System.EventID`), with
 * `@` for attributes (`System.Provider@Name`); `<Data Name="x">` is `….x`. Prefixes of name spaces do not count, the first of
 * equal paths wins. Only the five predefined entities and numbers are resolved; document types are skipped. Returns the number
 * of elements seen, -1 = no such element. With an empty `root` the first element counts, whatever its name, and fields go by their own
 * names alone, at any depth; `<field name="x">` is `x`. A cut-off element gives what was read before the cut and sets `truncated`;
 * `c.recordEnd` is where a whole one ended.
 */
export function splitXml(
  c: LineContext,
  start: number,
  end: number,
  keys: ByteMap,
  root: Uint8Array,
): number {
  const buf = c.buf
  const any = root.length === 0
  let p = any ? firstElement(buf, start, end) : findRoot(buf, start, end, root)
  if (p < 0) return -1
  let depth = 0
  let elements = 0
  let text = 0 // where the text of the element that was opened last begins; 0 = it has children
  lengths[0] = 0
  while (p < end) {
    if (buf[p] !== lt) {
      p++
      continue
    }
    const next = buf[p + 1]
    if (p + 1 >= end) break
    if (next === 33 || next === 63) {
      const cdata = isCdata(buf, p, end)
      const close = cdata ? afterMark(buf, p + 9, end, 93, 2) : afterMisc(buf, p, end)
      if (close < 0) break
      if (!cdata && text === p) text = close
      p = close
    } else if (next === slash) {
      const close = indexIn(buf, gt, p, end)
      if (close < 0 || close >= end) break
      if (text > 0 && depth > 0) keep(c, keys.get(path, 0, lengths[depth]), text, p)
      text = 0
      p = close + 1
      if (--depth <= 0) {
        c.recordEnd = p
        return elements
      }
    } else {
      elements++
      if (depth >= depthMax) break
      const length = depth === 0 ? 0 : named(buf, p + 1, end, any ? 0 : lengths[depth])
      const tag = attributes(c, p + 1, end, keys, any ? 0 : length)
      if (tag < 0) break
      if (buf[tag - 2] === slash) {
        if (depth === 0) {
          // a record may be all attributes
          if (!any) break
          c.recordEnd = tag
          return elements
        }
        text = 0
      } else {
        lengths[++depth] =
          length < 0
            ? lengths[depth - 1]
            : any
              ? ownName(c, p + 1, tag)
              : dataName(c, p + 1, tag, length)
        text = length < 0 ? 0 : tag
      }
      p = tag
    }
  }
  c.truncated = true
  return elements === 0 ? -1 : elements
}

/** As `indexOf`, which would look for what a line has not in all lines behind it. */
function indexIn(buf: Uint8Array, byte: number, from: number, end: number): number {
  for (let p = from; p < end; p++) if (buf[p] === byte) return p
  return -1
}

/** The first `<` before a letter. */
function firstElement(buf: Uint8Array, start: number, end: number): number {
  for (let p = indexIn(buf, lt, start, end); p >= 0; p = indexIn(buf, lt, p + 1, end))
    if (p + 1 < end && ((buf[p + 1] | 32) - 97) >>> 0 < 26) return p
  return -1
}

/** `<root` or `<prefix:root`, followed by a blank, `/` or `>`. */
function findRoot(buf: Uint8Array, start: number, end: number, root: Uint8Array): number {
  for (let p = indexIn(buf, lt, start, end); p >= 0; p = indexIn(buf, lt, p + 1, end)) {
    const name = localName(buf, p + 1, end)
    const stop = name + root.length
    if (stop >= end) return -1
    let i = 0
    while (i < root.length && buf[name + i] === root[i]) i++
    if (i === root.length && isNameEnd(buf[stop])) return p
  }
  return -1
}

const isNameEnd = (b: number): boolean => b <= 32 || b === gt || b === slash

function nameEnd(buf: Uint8Array, p: number, end: number): number {
  while (p < end && !isNameEnd(buf[p]) && buf[p] !== 61) p++
  return p
}

/** Behind the prefix of a name space. */
function localName(buf: Uint8Array, p: number, end: number): number {
  const stop = nameEnd(buf, p, end)
  for (let q = p; q < stop; q++) if (buf[q] === 58) return q + 1
  return p
}

/** Puts the element's name behind the path; its new length, -1 = too long. */
function named(buf: Uint8Array, p: number, end: number, length: number): number {
  if (length < 0) return -1
  const from = localName(buf, p, end)
  return append(buf, from, nameEnd(buf, from, end), length, 46)
}

function append(buf: Uint8Array, from: number, to: number, length: number, joint: number): number {
  if (to - from > 256 || length + to - from + 1 > path.length) return -1
  if (length > 0) path[length++] = joint
  for (let i = 0; i < to - from; i++) path[length + i] = buf[from + i]
  return length + to - from
}

/** Reads the attributes of the tag whose name begins at `p`; where the tag ended, -1 = cut off. */
function attributes(c: LineContext, p: number, end: number, keys: ByteMap, length: number): number {
  const buf = c.buf
  p = nameEnd(buf, p, end)
  for (;;) {
    while (p < end && (buf[p] <= 32 || buf[p] === slash)) p++
    if (p >= end) return -1
    if (buf[p] === gt) return p + 1
    const from = localName(buf, p, end)
    const to = nameEnd(buf, p, end)
    p = to
    while (p < end && buf[p] <= 32) p++
    if (buf[p] !== 61 || p >= end) {
      if (p === to && !isNameEnd(buf[p])) p++
      continue
    }
    p++
    while (p < end && buf[p] <= 32) p++
    const quote = buf[p]
    if ((quote !== 34 && quote !== 39) || p >= end) continue
    const close = indexIn(buf, quote, p + 1, end)
    if (close < 0 || close >= end) return -1
    const full = length < 0 ? -1 : append(buf, from, to, length, 64)
    if (full > 0) keep(c, keys.get(path, 0, full), p + 1, close)
    p = close + 1
  }
}

const data = Buffer.from('Data')
const nameAttribute = Buffer.from('Name')

/** `<Data Name="SourceIp">` goes by its `Name`: the path's length with that instead of `Data`. */
function dataName(c: LineContext, from: number, tag: number, length: number): number {
  const buf = c.buf
  const local = localName(buf, from, tag)
  for (let i = 0; i < 4; i++) if (buf[local + i] !== data[i]) return length
  if (!isNameEnd(buf[local + 4])) return length
  for (let p = local + 4; p + 6 < tag; p++) {
    if (buf[p] > 32) continue
    let i = 0
    while (i < 4 && buf[p + 1 + i] === nameAttribute[i]) i++
    if (i < 4) continue
    let q = p + 5
    while (q < tag && buf[q] <= 32) q++
    if (buf[q] !== 61) continue
    q++
    while (q < tag && buf[q] <= 32) q++
    const close = buf[q] === 34 || buf[q] === 39 ? indexIn(buf, buf[q], q + 1, tag) : -1
    if (close < 0 || close >= tag) return length
    const parent = Math.max(0, length - 5)
    return append(buf, q + 1, close, parent, 46)
  }
  return length
}

/** The path of an element that goes by its own name, or by what its attribute `name` says: its length. */
function ownName(c: LineContext, from: number, tag: number): number {
  const buf = c.buf
  const local = localName(buf, from, tag)
  const stop = nameEnd(buf, local, tag)
  for (let p = stop; p + 7 < tag; p++) {
    if (buf[p] > 32 || (buf[p + 1] | 32) !== 110) continue
    if (buf[p + 2] !== 97 || buf[p + 3] !== 109 || buf[p + 4] !== 101 || buf[p + 5] !== 61) continue
    const mark = buf[p + 6]
    const close = mark === 34 || mark === 39 ? indexIn(buf, mark, p + 7, tag) : -1
    if (close > 0) return append(buf, p + 7, close, 0, 46)
  }
  return append(buf, local, stop, 0, 46)
}

const isCdata = (buf: Uint8Array, p: number, end: number): boolean =>
  p + 9 <= end && buf[p + 2] === 91 && buf[p + 3] === 67 && buf[p + 8] === 91

/** Behind `<!-- … -->`, `<? … ?>`, `<!DOCTYPE …>` (with its internal subset), or -1. */
function afterMisc(buf: Uint8Array, p: number, end: number): number {
  if (buf[p + 1] === 63) return afterMark(buf, p + 2, end, 63, 1)
  if (buf[p + 2] === 45 && buf[p + 3] === 45) return afterMark(buf, p + 4, end, 45, 2)
  let open = 0
  for (let q = p + 2; q < end; q++) {
    if (buf[q] === 91) open++
    else if (buf[q] === 93) open--
    else if (buf[q] === gt && open <= 0) return q + 1
  }
  return -1
}

/** Behind the next `>` that has `count` bytes `mark` before it, or -1. */
function afterMark(buf: Uint8Array, p: number, end: number, mark: number, count: number): number {
  for (let q = indexIn(buf, gt, p, end); q >= 0; q = indexIn(buf, gt, q + 1, end)) {
    if (q - count < p || buf[q - 1] !== mark) continue
    if (count === 1 || buf[q - 2] === mark) return q + 1
  }
  return -1
}

/** The text `[from, to)` into `slot`, without blanks around it, entities and CDATA resolved. */
function keep(c: LineContext, slot: number, from: number, to: number): void {
  if (slot < 0 || c.slotEnd[slot] > c.slotStart[slot]) return
  const buf = c.buf
  while (from < to && buf[from] <= 32) from++
  while (to > from && buf[to - 1] <= 32) to--
  let p = from
  while (p < to && buf[p] !== 38 && buf[p] !== lt) p++
  if (p >= to) {
    c.slotStart[slot] = from
    c.slotEnd[slot] = to
    return
  }
  const start = c.scratch
  let out = start
  for (p = from; p < to && out < dataStart - 4;) {
    if (buf[p] === 38) {
      const semicolon = entityEnd(buf, p, to)
      const text = semicolon < 0 ? null : entity(buf, p + 1, semicolon)
      if (text !== null) {
        for (const byte of text) buf[out++] = byte
        p = semicolon + 1
        continue
      }
    } else if (buf[p] === lt && isCdata(buf, p, to)) {
      const close = afterMark(buf, p + 9, to, 93, 2)
      if (close > 0) {
        for (p += 9; p < close - 3 && out < dataStart - 4; p++) buf[out++] = buf[p]
        p = close
        continue
      }
    } else if (buf[p] === lt && (buf[p + 1] === 33 || buf[p + 1] === 63)) {
      const close = afterMisc(buf, p, to)
      if (close > 0) {
        p = close
        continue
      }
    }
    buf[out++] = buf[p++]
  }
  c.scratch = out
  c.slotStart[slot] = start
  c.slotEnd[slot] = out
}

/** The `;` of the entity at `p`; the longest, `&#x10FFFF;`, has ten bytes. */
function entityEnd(buf: Uint8Array, p: number, end: number): number {
  for (let q = p + 2; q < end && q < p + 10; q++) if (buf[q] === 59) return q
  return -1
}

const predefined: Record<string, Uint8Array> = {
  amp: Buffer.from('&'),
  lt: Buffer.from('<'),
  gt: Buffer.from('>'),
  quot: Buffer.from('"'),
  apos: Buffer.from("'"),
}

/** Bytes of an entity, or null for one that stays as it is written. Never longer than the entity. */
function entity(buf: Uint8Array, from: number, to: number): Uint8Array | null {
  let name = ''
  for (let p = from; p < to; p++) name += String.fromCharCode(buf[p])
  if (!name.startsWith('#')) return predefined[name] ?? null
  const code = /^#x[\da-f]+$/i.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#\d+$/.test(name)
      ? Number.parseInt(name.slice(1), 10)
      : NaN
  // surrogates and NUL are no characters of XML
  if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code < 0xe000)) return null
  return Buffer.from(String.fromCodePoint(code))
}
