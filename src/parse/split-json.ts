/** One JSON object a line, read without building it: values of the asked paths become spans, escapes are rewritten. */
import { ByteMap } from '../lib/byte-map.ts'
import { dataStart } from './line-context.ts'
import { recordEnd } from './several.ts'
import type { LineContext } from './line-context.ts'

const depthMax = 16
/** More than any definition has. */
const slotsMax = 1024
const path = new Uint8Array(4096)

/** Position of the reader; one thread, no allocation for a line. */
let at = 0
let ok = true
let pairs = 0
let leaves = false

/** Members of arrays, texts or objects, that are a record each: flow logs put many into one object. */
export interface EachSplit {
  /** Paths of the arrays. */
  paths: ByteMap
  delimiter: number
  /** Slot of each column, -1 = not asked for. */
  columnSlots: Int16Array
  /** Slots of the members of objects (`each.src`): a part that lacks one has none. */
  memberSlots: Int16Array
}

let each: EachSplit | null = null
/** The line in which each slot was filled by its whole path, and the number of this one. */
const wholeIn = new Int32Array(slotsMax)
let lineNumber = 0
/** Whether the slot asked for last goes by the tail of its path. */
let byTail = false
/** Start and end of each member of the last object, and how far it had filled the scratch. */
let members = new Int32Array(256)
let scratchMark = 0

/**
 * Reads the object that begins at `start` (blanks before it allowed). Paths are dotted (`client.ip`); members of arrays have
 * the array's path, its texts are joined by commas. The last of equal keys wins. Returns the number of members seen, -1 = no JSON object.
 * With `leaf` of a path that is not asked for the longest tail that is counts, unless the field was told by a whole path. A cut-off object gives what was read before the cut and sets `truncated`.
 */
export function splitJson(
  c: LineContext,
  start: number,
  end: number,
  keys: ByteMap,
  leaf: boolean,
  parts: EachSplit | null = null,
): number {
  at = start
  leaves = leaf
  each = parts
  c.parts = 0
  skipBlanks(c.buf, end)
  if (c.buf[at] === 91) at++ // an array of one object
  skipBlanks(c.buf, end)
  if (at >= end || c.buf[at] !== 123) return -1
  ok = true
  pairs = 0
  lineNumber = (lineNumber + 1) | 0
  readObject(c, end, keys, 0, 0)
  if (!ok) c.truncated = true
  else c.recordEnd = at
  if (each !== null) {
    scratchMark = c.scratch
    if (c.parts > 0) partColumns(c, each, keys)
  }
  return pairs === 0 && !ok ? -1 : pairs
}

/** The next part of the object read last: the columns of member `c.part`, the rest of its fields stays. */
export function nextPart(c: LineContext, parts: EachSplit, keys: ByteMap): void {
  c.scratch = scratchMark
  partColumns(c, parts, keys)
}

function partColumns(c: LineContext, parts: EachSplit, keys: ByteMap): void {
  const { delimiter, columnSlots } = parts
  const end = members[c.part * 2 + 1]
  let p = members[c.part * 2]
  if (c.buf[p] === 123) return partMembers(c, p, end, parts, keys)
  for (let column = 0; column < columnSlots.length; column++) {
    let q = p
    while (q < end && c.buf[q] !== delimiter) q++
    const slot = columnSlots[column]
    if (slot >= 0) {
      c.slotStart[slot] = p
      c.slotEnd[slot] = Math.max(p, q)
    }
    p = q + 1
  }
}

/** The members of an object that is a part, as `each.name`. */
function partMembers(
  c: LineContext,
  p: number,
  end: number,
  parts: EachSplit,
  keys: ByteMap,
): void {
  for (const slot of parts.memberSlots) c.slotStart[slot] = c.slotEnd[slot] = 0
  at = p
  each = null
  ok = true
  path.set(eachName)
  readObject(c, end, keys, eachName.length, 1)
  each = parts
}

const eachName = Buffer.from('each')

function keepMember(c: LineContext, from: number, to: number): void {
  if (c.parts * 2 >= members.length) {
    const more = new Int32Array(members.length * 2)
    more.set(members)
    members = more
  }
  members[c.parts * 2] = from
  members[c.parts * 2 + 1] = to
  c.parts++
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
    // most keys are shorter than what a view of them costs
    for (let i = 0; i < keyLength; i++) path[length++] = buf[keyStart + i]
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
    if (slot >= 0 && whole && to > from) {
      keepString(c, slot, from, to)
      if (!byTail) wholeIn[slot] = lineNumber
    }
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
  if (!byTail) wholeIn[slot] = lineNumber
}

/** Parts of a path below which only what is asked for by that part counts: `destination.user.name` is no user of ours. */
export const othersParts = [
  'destination', 'dest', 'dst', 'server', 'responder', 'observer', 'agent', 'geo', 'geoip', 'certificate', 'x509', 'related',
] // prettier-ignore
const others = new ByteMap(
  othersParts.map((part) => [part, 0]),
  { fold: true },
)

function slotOf(keys: ByteMap, pathLength: number): number {
  const slot = keys.get(path, 0, pathLength)
  byTail = slot < 0
  if (slot >= 0 || !leaves) return slot
  for (let dot = 0, from = 0; dot < pathLength; dot++) {
    if (path[dot] !== 46) continue
    // what stands below the far end, or below who writes, is not the client's
    if (others.get(path, from, dot) >= 0) return -1
    from = dot + 1
    const tail = keys.get(path, dot + 1, pathLength)
    if (tail >= 0) return wholeIn[tail] === lineNumber ? -1 : tail
  }
  return -1
}

function readArray(
  c: LineContext,
  end: number,
  keys: ByteMap,
  pathLength: number,
  depth: number,
): void {
  const buf = c.buf
  const records = each !== null && each.paths.get(path, 0, pathLength) >= 0
  const slot = slotOf(keys, pathLength)
  let texts = 0
  let listStart = 0
  let listEnd = 0
  at++
  for (;;) {
    skipBlanks(buf, end)
    if (at >= end) return void (ok = false)
    if (buf[at] === 93) return void at++
    if (buf[at] === 44) {
      at++
      continue
    }
    if (records && buf[at] === 123) {
      const from = at
      at = recordEnd(buf, at, end)
      // an object that reaches the line's end is cut off
      if (at >= end || buf[at - 1] !== 125) return void (ok = false)
      keepMember(c, from, at)
      continue
    }
    if (records && buf[at] === 34) {
      const from = at + 1
      if (!skipString(buf, end)) return void (ok = false)
      keepMember(c, from, at - 1)
      continue
    }
    if (slot >= 0 && buf[at] === 34) {
      const [from, to, before] = [c.slotStart[slot], c.slotEnd[slot], c.scratch]
      readValue(c, end, keys, pathLength, depth)
      if (!ok) return
      // "" is not told
      if (c.slotStart[slot] === from && c.slotEnd[slot] === to) continue
      // what stands bare between texts is no text
      if (texts++ > 0) joinTexts(c, slot, listStart, listEnd, before)
      listStart = c.slotStart[slot]
      listEnd = c.slotEnd[slot]
      continue
    }
    readValue(c, end, keys, pathLength, depth)
    if (!ok) return
  }
}

/** Puts the texts `[start, end)` and a comma before the one in `slot`, which was read when the scratch ended at `before`. */
function joinTexts(c: LineContext, slot: number, start: number, end: number, before: number): void {
  const { buf } = c
  const [from, to] = [c.slotStart[slot], c.slotEnd[slot]]
  if (end <= start || c.scratch + (end - start) + (to - from) >= dataStart) return
  // the list grows where it stands, or moves behind what was written last
  let out = before
  if (end !== before) {
    buf.copyWithin(c.scratch, start, end)
    out = c.scratch + end - start
    start = c.scratch
  }
  buf.copyWithin(out + 1, from, to)
  buf[out] = 44
  c.slotStart[slot] = start
  c.scratch = c.slotEnd[slot] = out + 1 + to - from
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
    c.slotStart[slot] = from
    c.slotEnd[slot] = to
    return
  }
  c.slotStart[slot] = c.scratch
  c.scratch = c.slotEnd[slot] = unescapeJson(buf, from, to, c.scratch)
}

/** Writes the string `[from, to)` to `out` with its escapes resolved; where it ended. */
export function unescapeJson(buf: Uint8Array, from: number, to: number, out: number): number {
  for (let p = from; p < to; p++) {
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
  return out
}

/** `\uXXXX` (and a surrogate pair) as UTF-8. */
function writeEscape(
  buf: Uint8Array,
  p: number,
  to: number,
  out: number,
): { bytes: number; consumed: number } {
  const hex = (from: number): number => {
    const text = String.fromCharCode(buf[from], buf[from + 1], buf[from + 2], buf[from + 3])
    return /^[\da-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : NaN
  }
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
