/** Rows of W3C extended log files (https://www.w3.org/TR/WD-logfile.html) under the columns of a layout. */
import type { Layout } from './layout.ts'
import type { LineContext } from './line-context.ts'
import { fastBlanks } from './native-splits.ts'
import { splitTabs } from './split.ts'

/**
 * Cuts a row at tabs or at runs of blanks, whichever it uses. A row with fewer columns than the layout is taken for cut off.
 * Returns the number of columns seen.
 */
export function splitW3c(
  c: LineContext,
  payload: number,
  end: number,
  layout: Layout,
  angles: boolean,
): number {
  const { columnSlots } = layout
  const start = rowStart(c, payload, end, layout.dated)
  const columns = usesTabs(c.buf, start, end, layout.tab)
    ? splitTabs(c, start, end, columnSlots, true)
    : fastBlanks(c, start, end, columnSlots, layout.brackets, angles)
  // an open quote at the end of a whole row is a cut as well
  if (columns < layout.columns) c.truncated = true
  return columns
}

/** The row's own ISO date and time look like a header's, behind a bare PRI and without one. */
function rowStart(c: LineContext, payload: number, end: number, dated: boolean): number {
  const { buf, stampStart } = c
  if (!dated || stampStart === 0 || buf[stampStart + 4] !== 45) return payload
  if (payload + 4 < end && buf[payload + 4] === 45) return payload
  return isEpoch(buf, payload, end) ? payload : stampStart
}

/** Nine digits or more: the row's stamp, behind a header of a relay. */
function isEpoch(buf: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end && p - start < 9 && buf[p] >= 48 && buf[p] <= 57) p++
  return p - start === 9
}

/** The header says what parts the columns, the row may differ: writers that mix both exist. */
function usesTabs(buf: Uint8Array, start: number, end: number, header: boolean): boolean {
  if (header) {
    // no `indexOf`: it looks for what a line has not in all lines behind it
    let tab = start
    while (tab < end && buf[tab] !== 9) tab++
    return tab < end
  }
  let p = start
  // a quoted first value may hold blanks
  if (buf[p] === 34) for (p++; p < end && buf[p] !== 34;) p++
  while (p < end && buf[p] > 32) p++
  return p < end && buf[p] === 9
}
