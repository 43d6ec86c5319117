/**
 * The splitters: each cuts a line into spans of the fields a definition names (`LineContext.slotStart/slotEnd`) and makes no
 * string. A value with escapes is rewritten into the scratch, so that spans are always the value itself.
 */
import type { LineContext } from './line-context.ts'

/** Removes a quote's doubling from `[start, end)` into the scratch; slot `slot` then spans the scratch. */
export function undouble(
  c: LineContext,
  slot: number,
  start: number,
  end: number,
  quote: number,
): void {
  const buf = c.buf
  const from = c.scratch
  let out = from
  for (let p = start; p < end; p++) {
    buf[out++] = buf[p]
    if (buf[p] === quote && p + 1 < end && buf[p + 1] === quote) p++
  }
  c.scratch = out
  c.slotStart[slot] = from
  c.slotEnd[slot] = out
}

/** Removes backslashes before `\`, quotes, a comma and `]`, `=`, `|`; others stay (`CORP\ann`). */
export function unslash(c: LineContext, slot: number, start: number, end: number): void {
  const buf = c.buf
  const from = c.scratch
  let out = from
  for (let p = start; p < end; p++) {
    if (buf[p] === 92 && p + 1 < end) {
      const next = buf[p + 1]
      if (
        next === 92 ||
        next === 34 ||
        next === 39 ||
        next === 44 ||
        next === 93 ||
        next === 61 ||
        next === 124
      )
        p++
    }
    buf[out++] = buf[p]
  }
  c.scratch = out
  c.slotStart[slot] = from
  c.slotEnd[slot] = out
}

/** Runs of columns that nobody reads, at least so many, are counted four bytes at a time. */
const runMin = 4
/** The column of the last `skipColumns`; it gives where that begins. */
let skippedTo = 0

/**
 * Skips up to `count` columns from the one that begins at `p`: whole words of bytes, as long as no quote and no brace is in them
 * and the last column is not reached. `skippedTo` tells how many are behind, the result where the next begins.
 */
function skipColumns(
  view: DataView,
  p: number,
  end: number,
  delimiter: number,
  count: number,
): number {
  const delimiters = delimiter * 0x01010101
  const stop = end - 4
  let left = count
  let start = p
  for (; p <= stop; p += 4) {
    const word = view.getInt32(p, true)
    const quotes = word ^ 0x22222222
    const braces = word ^ 0x7b7b7b7b
    // a byte that is zero, or one behind it: false alarms only end the skipping
    const special = ((quotes - 0x01010101) & ~quotes) | ((braces - 0x01010101) & ~braces)
    if ((special & 0x80808080) !== 0) break
    const x = word ^ delimiters
    const found = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f)
    if (found === 0) continue
    const many = Math.imul(found >>> 7, 0x01010101) >>> 24
    if (many >= left) break
    left -= many
    start = p + 4 - (Math.clz32(found) >>> 3)
  }
  skippedTo = count - left
  return start
}

/**
 * RFC 4180 with one delimiter. `columnSlots[i]` is the slot of column i, or minus the number of columns from there that nobody
 * reads (at least -1); columns beyond it are not looked at. Returns the number of columns seen.
 */
export function splitCsv(
  c: LineContext,
  start: number,
  end: number,
  delimiter: number,
  columnSlots: Int16Array,
  braces: boolean,
): number {
  const buf = c.buf
  const starts = c.slotStart
  const ends = c.slotEnd
  const last = columnSlots.length
  let p = start
  let column = 0
  while (column < last) {
    const slot = columnSlots[column]
    if (slot <= -runMin) {
      p = skipColumns(c.view, p, end, delimiter, -slot)
      if (skippedTo > 0) {
        column += skippedTo
        continue
      }
    }
    let q = p
    // a blank between delimiter and quote is a deviation seen in the field
    while (q < end && buf[q] === 32) q++
    if (q < end && buf[q] === 34) {
      const from = ++q
      let doubled = false
      for (;;) {
        while (q < end && buf[q] !== 34) q++
        if (q + 1 < end && buf[q + 1] === 34) {
          doubled = true
          q += 2
          continue
        }
        break
      }
      if (q >= end) keepCut(c, slot, from, end)
      else if (slot >= 0) {
        if (doubled) undouble(c, slot, from, q, 34)
        else {
          starts[slot] = from
          ends[slot] = q
        }
      }
      p = q + 1
      while (p < end && buf[p] !== delimiter) p++
    } else if (braces && buf[p] === 123) {
      while (p < end && buf[p] !== 125) p++
      while (p < end && buf[p] !== delimiter) p++
    } else {
      const from = p
      while (p < end && buf[p] !== delimiter) p++
      if (slot >= 0) {
        starts[slot] = from
        ends[slot] = p
      }
    }
    column++
    if (p >= end) return column
    p++
  }
  c.surplus = true
  return column
}

/** Tells at each column that nobody reads how many of them follow one another. */
export function countRuns(columnSlots: Int16Array): void {
  for (let i = columnSlots.length - 1; i >= 0; i--)
    if (columnSlots[i] < 0) columnSlots[i] = Math.min(-1, (columnSlots[i + 1] ?? 0) - 1)
}

/** The one of `delimiters` (a byte set) that comes first outside quotes; 0 when none does. */
export function delimiterOf(
  buf: Uint8Array,
  start: number,
  end: number,
  delimiters: Uint8Array,
): number {
  let quoted = false
  for (let p = start; p < end; p++) {
    if (buf[p] === 34) quoted = !quoted
    else if (!quoted && delimiters[buf[p]] === 1) return buf[p]
  }
  return 0
}

/** Columns parted by runs of blanks, with `"…"` (`""` or `\"` inside) and, if wished, `[…]` and `<…>` as one column. */
export function splitBlanks(
  c: LineContext,
  start: number,
  end: number,
  columnSlots: Int16Array,
  brackets: boolean,
  angles = false,
): number {
  const buf = c.buf
  const starts = c.slotStart
  const ends = c.slotEnd
  const last = columnSlots.length
  let p = start
  let column = 0
  while (p < end) {
    while (p < end && buf[p] === 32) p++
    if (p >= end) break
    const slot = column < last ? columnSlots[column] : -1
    if (buf[p] === 34) {
      p = quotedColumn(c, p, end, slot)
    } else {
      const from = p
      if (brackets && buf[p] === 91) {
        while (p < end && buf[p] !== 93) p++
        if (p < end) p++
      } else if (angles && buf[p] === 60) {
        while (p < end && !(buf[p] === 62 && (p + 1 === end || buf[p + 1] === 32))) p++
      }
      while (p < end && buf[p] !== 32) p++
      if (slot >= 0) {
        starts[slot] = from
        ends[slot] = p
      }
    }
    column++
  }
  return column
}

/** A quoted column from its opening quote; returns where it ends. */
function quotedColumn(c: LineContext, open: number, end: number, slot: number): number {
  const buf = c.buf
  const from = open + 1
  let q = from
  let doubled = false
  let slashed = false
  for (;;) {
    while (q < end && buf[q] !== 34 && buf[q] !== 92) q++
    if (q >= end) break
    if (buf[q] === 92) {
      // `\"` is an escape, but `"C:\"` ends there; behind an escape before it it is one (`"a \"b\" c"`)
      if (q + 1 < end && buf[q + 1] === 34 && q + 2 < end && (slashed || buf[q + 2] !== 32)) {
        slashed = true
        q += 2
      } else q++
      continue
    }
    if (q + 1 < end && buf[q + 1] === 34) {
      doubled = true
      q += 2
      continue
    }
    // a quote inside the value: none ends a column but before a blank
    if (q + 1 < end && buf[q + 1] !== 32) {
      q++
      continue
    }
    break
  }
  if (q >= end) c.truncated = true
  if (slot >= 0) {
    if (doubled) undouble(c, slot, from, Math.min(q, end), 34)
    else if (slashed) unslash(c, slot, from, Math.min(q, end))
    else {
      c.slotStart[slot] = from
      c.slotEnd[slot] = Math.min(q, end)
    }
  }
  return Math.min(q + 1, end)
}

/** Columns parted by single tabs; empty ones count. With `quotes` a column that is quoted as a whole loses its quotes. */
export function splitTabs(
  c: LineContext,
  start: number,
  end: number,
  columnSlots: Int16Array,
  quotes = false,
): number {
  const buf = c.buf
  const last = columnSlots.length
  let p = start
  let column = 0
  for (;;) {
    const from = p
    while (p < end && buf[p] !== 9) p++
    const slot = column < last ? columnSlots[column] : -1
    if (slot >= 0) {
      if (quotes && p - from > 1 && buf[from] === 34 && buf[p - 1] === 34)
        undouble(c, slot, from + 1, p - 1, 34)
      else {
        c.slotStart[slot] = from
        c.slotEnd[slot] = p
      }
    }
    column++
    if (p >= end) return column
    p++
  }
}

/** A quoted value that the end of the line cuts: `dropCut` judges what of it may stay. */
export function keepCut(c: LineContext, slot: number, from: number, end: number): void {
  c.truncated = true
  if (slot < 0 || c.slotEnd[slot] !== 0) return
  c.slotStart[slot] = from
  c.slotEnd[slot] = end
}
