/** The line of a device within quotes: as the whole of a record, as its first cell, as a cell that a header named. */
import { quote } from './line-bytes.ts'
import { constantBytes, dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { readTime } from './time.ts'

/** A column that holds the line of a device, named by the header of an export. */
export interface RawColumn {
  place: number
  delimiter: number
}

/**
 * The cell of the CSV row `[p, end)` that holds a device's line, its doubled quotes made single, at the beginning of the scratch: its
 * end there, 0 when the row has no such cell. The time of another cell becomes the envelope's.
 */
export function rawCell(c: LineContext, p: number, end: number, raw: RawColumn): number {
  const buf = c.buf
  if (c.scratchBase !== constantBytes || end - p > (dataStart - constantBytes) >> 1) return 0
  let out = 0
  let time = NaN
  for (let place = 0, at = p; at < end; place++) {
    const from = at
    let to = constantBytes
    let inQuotes = buf[at] === quote
    if (inQuotes) at++
    for (; at < end && (inQuotes || buf[at] !== raw.delimiter); at++) {
      // a quote within quotes stands twice
      if (inQuotes && buf[at] === quote && buf[++at] !== quote) inQuotes = false
      if (!inQuotes && (at >= end || buf[at] === raw.delimiter)) break
      if (place === raw.place) buf[to++] = buf[at]
    }
    if (place === raw.place) out = to
    else if (Number.isNaN(time)) time = readTime(c, from, at)
    while (at < end && buf[at] !== raw.delimiter) at++
    at++
  }
  c.rowTime = time
  return out - constantBytes < cellBytesMin ? 0 : (c.scratch = c.scratchBase = out)
}

/** Shortest first cell of a row that is taken for the line of a device: a search's export has it in front of its own columns. */
const cellBytesMin = 60

/**
 * A line that stands in quotes, as a whole or as the first cell of an export, with its own quotes doubled; or whose quotes a shipper
 * escaped (`a=\"b\"`): what it says, at the beginning of the scratch; 0 when it is neither.
 */
export function unquote(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  if (end - p > (dataStart - constantBytes) >> 1) return 0
  const cell = buf[p] === quote
  if (cell && isPairCell(buf, p, end)) return unquotePairs(c, p, end)
  let out = constantBytes
  let escapes = 0
  for (let at = cell ? p + 1 : p; at < end; at++) {
    if (cell && buf[at] === quote && buf[++at] !== quote) {
      const first = buf[at] === 44 && out - constantBytes >= cellBytesMin
      return at >= end || first ? (c.scratch = c.scratchBase = out) : 0
    }
    if (!cell && buf[at] === 92 && buf[at + 1] === quote) {
      if (buf[at - 1] === 61) escapes++
      at++
    }
    buf[out++] = buf[at]
  }
  return escapes === 0 ? 0 : (c.scratch = c.scratchBase = out)
}

/** Whether `unquote` leaves the quoted cell at `p` as it is, told at a glance: it is short, no pair, and another follows. Integers and bytes only. */
export function isShortCell(buf: Uint8Array, p: number, end: number): boolean {
  const stop = Math.min(end - 1, p + cellBytesMin)
  let at = p + 1
  while (at < stop && buf[at] !== quote && buf[at] !== 61) at++
  return at < stop && buf[at] === quote && buf[at + 1] === 44
}

/** Whether a short cell `"key=value"` begins here. */
function isPairCell(buf: Uint8Array, p: number, end: number): boolean {
  let at = p + 1
  while (at < end && isWord(buf[at])) at++
  if (buf[at] !== 61 || at === p + 1) return false
  const close = buf.indexOf(quote, at)
  return close > 0 && close - p < cellBytesMin && buf[close + 1] === 44 && buf[close + 2] === quote
}

/** A row whose cells are pairs in quotes as a whole (`"key=value","key=value"`): each as `key="value"`, at the scratch's beginning. */
function unquotePairs(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  let out = constantBytes
  let inCell = false
  for (let at = p; at < end; at++) {
    if (buf[at] !== quote) buf[out++] = buf[at]
    else if (inCell && buf[at + 1] === quote) {
      buf[out++] = 92
      buf[out++] = buf[at++]
    } else if (inCell) {
      buf[out++] = quote
      inCell = false
    } else {
      while (at + 1 < end && isWord(buf[at + 1])) buf[out++] = buf[++at]
      if (buf[at + 1] !== 61) return 0
      buf[out++] = buf[++at]
      buf[out++] = quote
      inCell = true
    }
  }
  return (c.scratch = c.scratchBase = out)
}

function isWord(b: number): boolean {
  return (b >= 48 && b <= 57) || ((b | 32) - 97) >>> 0 < 26 || b === 95 || b === 45 || b === 46
}

/** For the compiler of parse/line-run.ts. */
export const cellNumbers = { cellBytesMin, quote }
