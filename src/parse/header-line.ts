/** Lines that tell of the lines behind them: `#Fields: …` and its kin, the first row of a CSV file. */
import type { FormatSet } from './formats.ts'
import { nameLineFormat, rowStart } from './format-search.ts'
import {
  claimsHeader,
  columnSlotsOf,
  csvCells,
  csvLayout,
  squash,
  w3cFields,
  w3cLayout,
} from './layout.ts'
import { skipped } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { decode } from './normalise.ts'
import { countLines } from './stream-reader.ts'
import type { StreamReader } from './stream-reader.ts'

/** `#Fields: …` and its kin (W3C), and comments. */
export function readDirective(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const line = decode(c.buf.subarray(start, Math.min(end, start + 16_384)))
  if (line.startsWith('#Software:')) reader.software = line.slice(10).trim()
  const fields = w3cFields(line)
  if (fields !== null) {
    reader.headed = null // also when no definition claims the new columns: the old ones are over
    for (const format of reader.fixed === null ? formats.ordered : [reader.fixed]) {
      if (format.definition.split.type !== 'w3c' || format.tables.fields === null) continue
      const layout = w3cLayout(line, fields, format.tables.fields)
      if (
        reader.fixed === null &&
        !claimsHeader(format.definition, fields.names, layout.columnSlots, reader.software)
      )
        continue
      reader.headed = { format, layout }
      reader.last = format
      break
    }
  }
  const format = reader.headed?.format ?? null
  nameLineFormat(format)
  countLines(reader, format)
  c.reason = 'directive'
  return skipped
}

/** A blank counts only for definitions that name it: prose is full of them. */
const delimiters = [',', ';', '\t', '|', ' ']

const headerBytesMax = 16_384

/** Columns in which exports of searches and log managers keep the line itself. */
const rawNames = new Set([
  'raw', 'rawlog', 'rawlogs', 'rawevent', 'rawdata', 'rawmessage', 'rawtext', 'syslogmessage', 'message', 'log', 'logline', 'logmessage',
  'payload', 'payloadasutf', 'payloadasutf8', 'utf8payload', 'eventoriginal', 'originalmessage', 'originallog', 'originalevent',
  'fullmessage', 'textpayload', 'line', '@message', '@rawstring', 'eventpayload',
]) // prettier-ignore

/** Whether the line is the first row of a CSV file of which a definition knows enough columns; `formatOfLine` tells which. */
export function readHeaderRow(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): boolean {
  const from = rowStart(c, start)
  if (end - from > headerBytesMax || end - from < 8) return false
  let line = ''
  for (const delimiter of delimiters) {
    if (!mayName(c.buf, from, end, delimiter.charCodeAt(0))) continue
    if (line === '') line = decode(c.buf.subarray(from, end))
    // blanks part the columns of any table whose every cell stands in quotes
    const quoted = line.startsWith('"') && line.includes('" "')
    const cells = csvCells(line, delimiter === ' ' && quoted ? '" "' : delimiter)
    if (cells.length < 3 || !cells.every(isColumnName)) continue
    if (new Set(cells.map(squash)).size < cells.length * 0.6) continue
    const claimed = claimRow(line, cells, { delimiter, quoted }, formats, reader)
    // three words of prose are no row of names
    const parted = delimiter !== ' ' || quoted
    const place = parted ? cells.findIndex((cell) => rawNames.has(squash(cell))) : -1
    if (claimed || (place >= 0 && reader.fixed === null)) {
      if (!claimed) reader.headed = null
      reader.raw = place < 0 ? null : { place, delimiter: delimiter.charCodeAt(0) }
      c.reason = 'header'
      return true
    }
  }
  return false
}

/** The first definition that knows the columns `cells` has the rows behind them. */
function claimRow(
  line: string,
  cells: string[],
  { delimiter, quoted }: { delimiter: string; quoted: boolean },
  formats: FormatSet,
  reader: StreamReader,
): boolean {
  for (const format of reader.fixed === null ? formats.ordered : [reader.fixed]) {
    const { split } = format.definition
    if (split.type !== 'csv' || !split.header || format.tables.fields === null) continue
    if (delimiter === ' ' && split.delimiter !== ' ' && !quoted) continue
    const columnSlots = columnSlotsOf(cells, format.tables.fields)
    if (!claimsHeader(format.definition, cells, columnSlots, reader.software)) continue
    reader.headed = { format, layout: csvLayout(line, cells, columnSlots, delimiter) }
    // the rows behind it are asked here first: a layout of other columns may pass for them
    reader.last = format
    nameLineFormat(format)
    return true
  }
  return false
}

/**
 * Whether every piece between `delimiter` could name a column, by its first byte: most lines that are no header are told from one
 * here. Says yes too often, never no to a header.
 */
function mayName(buf: Uint8Array, start: number, end: number, delimiter: number): boolean {
  // cells in quotes may hold blanks
  if (delimiter === 32 && buf[start] === 34) return true
  let pieces = 1
  let begins = true
  for (let p = start; p < end; p++) {
    const b = buf[p]
    if (b === delimiter) {
      if (begins && delimiter !== 32) return false
      pieces++
      begins = true
    } else if (begins && b > 32 && b !== 34) {
      if (!maysBeginName(b)) return false
      begins = false
    }
  }
  return pieces >= 3
}

/** A letter, one of `#_*@`, or a byte of a letter beyond ASCII. */
function maysBeginName(b: number): boolean {
  const letter = b | 32
  return (letter >= 97 && letter <= 122) || b === 35 || b === 95 || b === 42 || b === 64 || b >= 128
}

/** A cell that could name a column: no address, number or time. */
function isColumnName(cell: string): boolean {
  return cell.length <= 80 && /^[\p{L}#_*@]/u.test(cell) && !/^[0-9a-f]*:[0-9a-f:]+$/i.test(cell)
}
