/** Rows of W3C extended log files (https://www.w3.org/TR/WD-logfile.html) under the columns of a layout. */
import type { Layout } from './layout.ts'
import type { LineContext } from './line-context.ts'
import { splitBlanks, splitTabs } from './split.ts'

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
  const start = rowStart(c, payload, layout.dated)
  const columns = usesTabs(c.buf, start, end, layout.tab)
    ? splitTabs(c, start, end, columnSlots, true)
    : splitBlanks(c, start, end, columnSlots, layout.brackets, angles)
  // an open quote at the end of a whole row is a cut as well
  if (columns < layout.columns) c.truncated = true
  return columns
}

/** Behind a bare PRI the row's own date and time look like a header's. */
function rowStart(c: LineContext, payload: number, dated: boolean): number {
  return dated && c.stampStart > 0 && c.buf[payload + 4] !== 45 ? c.stampStart : payload
}

/** The header says what parts the columns, the row may differ: writers that mix both exist. */
function usesTabs(buf: Uint8Array, start: number, end: number, header: boolean): boolean {
  if (header) {
    const tab = buf.indexOf(9, start)
    return tab >= 0 && tab < end
  }
  let p = start
  // a quoted first value may hold blanks
  if (buf[p] === 34) for (p++; p < end && buf[p] !== 34;) p++
  while (p < end && buf[p] > 32) p++
  return p < end && buf[p] === 9
}
