/** One JSON object a line, read without building it: values of the asked paths become spans, escapes are rewritten. */
import type { ByteMap } from '../lib/byte-map.ts'
import type { LineContext } from './line-context.ts'

const depthMax = 16
const path = new Uint8Array(4096)

/** Position of the reader; one thread, no allocation for a line. */
let at = 0
let ok = true
let pairs = 0
let leaves = false

/**
 * Reads the object that begins at `start` (blanks before it allowed). Paths are dotted (`client.ip`); members of arrays have
 * the array's path. The last of equal keys wins. Returns the number of members seen, -1 = no JSON object.
 * With `leaf` a path that is not asked for is tried by its last name. A cut-off object gives what was read before the cut and sets `truncated`.
 */
export function splitJson(
  c: LineContext,
  start: number,
  end: number,
  keys: ByteMap,
  leaf: boolean,
): number {
  at = start
  leaves = leaf
  skipBlanks(c.buf, end)
  if (c.buf[at] === 91) at++ // an array of one object
  skipBlanks(c.buf, end)
  if (at >= end || c.buf[at] !== 123) return -1
  ok = true
  pairs = 0
  readObject(c, end, keys, 0, 0)
  if (!ok) c.truncated = true
  return pairs === 0 && !ok ? -1 : pairs
}

function skipBlanks(buf: Uint8Array, end: number): void {
  while (at < end && (buf[at] === 32 || buf[at] === 9 || buf[at] === 13 || buf[at] === 10)) at++
}

function readObject(
  c: LineContext,
  end: number,
  keys: ByteMap,
  pathLength: number,
  depth: number,
): void {
  const buf = c.buf
  at++
  for (;;) {
    skipBlanks(buf, end)
    if (at >= end) return void (ok = false)
    if (buf[at] === 125) return void at++
    if (buf[at] === 44) {
      at++
      continue
    }
    if (buf[at] !== 34) return void (ok = false)
    const keyStart = at + 1
    if (!skipString(buf, end)) return void (ok = false)
    const keyLength = Math.min(at - 1 - keyStart, 512)
    let length = pathLength
    if (length > 0) path[length++] = 46
    if (length + keyLength > path.length) return void (ok = false)
    path.set(buf.subarray(keyStart, keyStart + keyLength), length)
    length += keyLength
    skipBlanks(buf, end)
    if (buf[at] !== 58 || at >= end) return void (ok = false)
    at++
    pairs++
    readValue(c, end, keys, length, depth)
    if (!ok) return
  }
}

function readValue(
  c: LineContext,
  end: number,
  keys: ByteMap,
  pathLength: number,
  depth: number,
): void {
  const buf = c.buf
  skipBlanks(buf, end)
  if (at >= end) return void (ok = false)
  const b = buf[at]
  if (b === 123 || b === 91) {
    if (depth >= depthMax) return void (ok = false)
    if (b === 123) readObject(c, end, keys, pathLength, depth + 1)
    else readArray(c, end, keys, pathLength, depth + 1)
    return
  }
  const slot = slotOf(keys, pathLength)
  if (b === 34) {
    const from = at + 1
    const whole = skipString(buf, end)
    const to = whole ? at - 1 : end
    // half a name is no name
    if (slot >= 0 && whole) keepString(c, slot, from, to)
    if (!whole) ok = false
    return
  }
  const from = at
  while (at < end && buf[at] !== 44 && buf[at] !== 125 && buf[at] !== 93 && buf[at] > 32) at++
  if (at === from) return void (ok = false)
  // null is "not told"; a bare value at the end of a cut line may be cut itself
  if (slot < 0 || buf[from] === 110) return
  if (at >= end) return void (ok = false)
  c.slotStart[slot] = from
  c.slotEnd[slot] = at
}

function slotOf(keys: ByteMap, pathLength: number): number {
  const slot = keys.get(path, 0, pathLength)
  if (slot >= 0 || !leaves) return slot
  let dot = pathLength - 1
  while (dot >= 0 && path[dot] !== 46) dot--
  return dot < 0 ? -1 : keys.get(path, dot + 1, pathLength)
}

function readArray(
  c: LineContext,
  end: number,
  keys: ByteMap,
  pathLength: number,
  depth: number,
): void {
  const buf = c.buf
  at++
  for (;;) {
    skipBlanks(buf, end)
    if (at >= end) return void (ok = false)
    if (buf[at] === 93) return void at++
    if (buf[at] === 44) {
      at++
      continue
    }
    readValue(c, end, keys, pathLength, depth)
    if (!ok) return
  }
}

/** From the opening quote to behind the closing one. */
function skipString(buf: Uint8Array, end: number): boolean {
  at++
  while (at < end) {
    const b = buf[at]
    if (b === 34) {
      at++
      return true
    }
    at += b === 92 ? 2 : 1
  }
  at = end
  return false
}

function keepString(c: LineContext, slot: number, from: number, to: number): void {
  const buf = c.buf
  let p = from
  while (p < to && buf[p] !== 92) p++
  if (p >= to) {
    if (to <= from) return
    c.slotStart[slot] = from
    c.slotEnd[slot] = to
    return
  }
  const start = c.scratch
  let out = start
  for (p = from; p < to; p++) {
    if (buf[p] !== 92 || p + 1 >= to) buf[out++] = buf[p]
    else if (buf[p + 1] === 117 && p + 5 < to + 0) {
      const width = writeEscape(buf, p, to, out)
      out += width.bytes
      p += width.consumed - 1
    } else {
      p++
      const e = buf[p]
      buf[out++] =
        e === 110 ? 10 : e === 116 ? 9 : e === 114 ? 13 : e === 98 ? 8 : e === 102 ? 12 : e
    }
  }
  c.scratch = out
  c.slotStart[slot] = start
  c.slotEnd[slot] = out
}

/** `\uXXXX` (and a surrogate pair) as UTF-8. */
function writeEscape(
  buf: Uint8Array,
  p: number,
  to: number,
  out: number,
): { bytes: number; consumed: number } {
  const hex = (from: number): number =>
    Number.parseInt(String.fromCharCode(buf[from], buf[from + 1], buf[from + 2], buf[from + 3]), 16)
  let code = hex(p + 2)
  let consumed = 6
  if (code >= 0xd800 && code < 0xdc00 && p + 11 < to && buf[p + 6] === 92 && buf[p + 7] === 117) {
    const low = hex(p + 8)
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      consumed = 12
    }
  }
  const text = Buffer.from(Number.isNaN(code) ? '\ufffd' : String.fromCodePoint(code))
  buf.set(text, out)
  return { bytes: text.length, consumed }
}
