/**
 * What log tools write before the line of a device that they show or export, where it is no syslog header: Kiwi's commas, LogRhythm's
 * stamp, Loki's labels, rows without a header of which one cell holds the line, a bare `tag[pid]:`.
 */
import { constantBytes, dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { readTime } from './time.ts'

const quote = 34
const comma = 44
const tab = 9

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57
const isLetter = (byte: number): boolean => ((byte | 32) - 97) >>> 0 < 26

/** Behind `{host="fw1", job="syslog"}` and the blank or tab that follows, as Loki's clients write it; `p` when it is none. */
export function skipLabels(buf: Uint8Array, p: number, end: number): number {
  if (buf[p] !== 123 || !isLetter(buf[p + 1])) return p
  let q = p + 1
  while (q < end && (isLetter(buf[q]) || isDigit(buf[q]) || buf[q] === 95)) q++
  if (buf[q] !== 61 || buf[q + 1] !== quote) return p
  for (; q < end && buf[q] !== 125; q++) {
    if (buf[q] !== quote) continue
    for (q++; q < end && buf[q] !== quote; q++) if (buf[q] === 92) q++
  }
  q++
  if (q >= end || (buf[q] !== 32 && buf[q] !== tab)) return p
  while (q < end && (buf[q] === 32 || buf[q] === tab)) q++
  return q
}

/**
 * Behind `10 21 2026 09:00:00 192.0.2.1 <LOC0:INFO> `, which LogRhythm's agents put before the line they collect; `p` when it is none.
 * Notes time and host.
 */
export function peelLogRhythm(c: LineContext, p: number, end: number): number {
  const { buf } = c
  if (p + 32 > end || buf[p + 2] !== 32 || buf[p + 5] !== 32 || buf[p + 10] !== 32) return p
  if (buf[p + 13] !== 58 || buf[p + 16] !== 58 || buf[p + 19] !== 32) return p
  let host = p + 20
  while (host < end && buf[host] > 32) host++
  if (buf[host] !== 32 || buf[host + 1] !== 60) return p
  let level = host + 2
  while (level < end && (isLetter(buf[level]) || isDigit(buf[level]))) level++
  if (buf[level] !== 58 || !isLetter(buf[level + 1])) return p
  while (level < end && buf[level] > 32 && buf[level] !== 62) level++
  if (buf[level] !== 62 || buf[level + 1] !== 32) return p
  const time = readParts(c, [[p + 6, 4, 45], [p, 2, 45], [p + 3, 2, 32], [p + 11, 8, 0]]) // prettier-ignore
  if (Number.isNaN(time)) return p
  c.envelopeTime = time
  c.hostStart = p + 20
  c.hostEnd = host
  return level + 2
}

/** The time written by pieces `[from, length, byte behind it]` of the line, put together in the scratch. */
function readParts(c: LineContext, parts: readonly (readonly [number, number, number])[]): number {
  const { buf } = c
  const from = c.scratch
  let to = from
  if (to + 32 > dataStart) return NaN
  for (const [at, length, behind] of parts) {
    buf.copyWithin(to, at, at + length)
    to += length
    if (behind > 0) buf[to++] = behind
  }
  return readTime(c, from, to)
}

function isCount(buf: Uint8Array, from: number, end: number): boolean {
  let p = from
  while (p < end && isDigit(buf[p])) p++
  return p === end && p > from
}

/** The time of a row that begins with a stamp, or with a date and a time in cells of their own. */
function rowTime(c: LineContext, start: number, end: number): number {
  const quoted = c.buf[start] === quote
  const p = quoted ? start + 1 : start
  let stop = p
  // a comma within quotes is the stamp's
  const closing = quoted ? quote : comma
  while (stop < end && c.buf[stop] !== closing && c.buf[stop] !== tab) stop++
  // digits before a date are the number of the event, though they may read as an epoch
  if (!quoted && c.buf[stop + 1] === 50 && c.buf[stop + 5] === 45 && isCount(c.buf, p, stop))
    return rowTime(c, stop + 1, end)
  const whole = readTime(c, p, stop)
  if (!Number.isNaN(whole) || stop - p !== 10) return whole
  let clock = stop
  while (clock < end && clock - stop < 4 && !isDigit(c.buf[clock])) clock++
  return clock + 8 > end ? NaN : readParts(c, [[p, 10, 32], [clock, 8, 0]]) // prettier-ignore
}

/** Shortest cell that is taken for a line. */
const lineBytesMin = 16

/**
 * The cell of a row without a header that holds the line of a device: the longest that stands in quotes, else what stands behind
 * the last tab, of which the cell before is the tag. Written to the beginning of the scratch, quotes made single; its end there, 0 = none.
 * `rowTime` of `c` is the row's.
 */
export function lineOfRow(c: LineContext, p: number, end: number): number {
  const { buf } = c
  if (c.scratchBase !== constantBytes || end - p > (dataStart - constantBytes) >> 1) return 0
  let from = 0
  let to = 0
  for (let at = p; at < end; at++) {
    const begins = buf[at] === quote && (at === p || buf[at - 1] === comma || buf[at - 1] === tab)
    if (!begins) continue
    const open = ++at
    while (at < end && (buf[at] !== quote || buf[at + 1] === quote)) at += buf[at] === quote ? 2 : 1
    if (at >= end || (at + 1 < end && buf[at + 1] !== comma && buf[at + 1] !== tab)) return 0
    if (at - open > to - from) [from, to] = [open, at]
  }
  const quoted = to > from
  if (!quoted) {
    from = buf.subarray(p, end).lastIndexOf(tab) + p + 1
    to = from > p ? end : 0
  }
  // a cell that is the whole row was asked already
  if (to - from < lineBytesMin || from <= p + 1) return 0
  c.rowTime = rowTime(c, p, from)
  if (Number.isNaN(c.rowTime) && !isDigit(buf[p])) return 0
  let out = constantBytes
  for (let at = from; at < to; at++) {
    buf[out++] = buf[at]
    if (quoted && buf[at] === quote && buf[at + 1] === quote) at++
  }
  c.scratch = c.scratchBase = out
  return out
}
