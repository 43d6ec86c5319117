/**
 * Finds for each line of a stream the format that reads it. A definition refuses lines that do not show its signature (a test holds
 * that no sample line shows two), so the order of asking decides speed, not the result: first formats that read lines which began
 * alike, then all with a signature of their own, then layouts named by a header, then the generic families.
 */
import { lineLimits } from '../limits.ts'
import type { CompiledFormat } from './compile.ts'
import { endsAtLimit } from './cut-values.ts'
import { peelEnvelope } from './envelope.ts'
import type { FormatSet } from './formats.ts'
import { claimsHeader, columnSlotsOf, csvCells, squash, w3cFields, w3cLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { constantBytes, refused, skipped, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { linePairs, notePairs } from './needed-words.ts'
import { decode } from './normalise.ts'
import { shapeOf, ShapeMemory } from './shape-memory.ts'
import { batchStart, nextRecord, recordEnd, unwrap, wrapperTime } from './several.ts'

/** What a stream has shown so far. */
export interface StreamReader {
  /** Fixed by the admin, else null. */
  fixed: CompiledFormat | null
  /** Read the last line, and has a signature of its own. */
  last: CompiledFormat | null
  /** Formats with a signature by how the lines they read begin. */
  shapes: ShapeMemory
  /** Format and columns named by the last header line. */
  headed: { format: CompiledFormat; layout: Layout } | null
  /** `#Software` of the file. */
  software: string
  /** Lines by format id; lines no format read are under ''. */
  lines: Map<string, { lines: number }>
  /** The format of the line before, and its entry of `lines`. */
  counted: CompiledFormat | null
  tally: { lines: number } | null
  total: number
  /** Every line may be cut off, whatever its length. */
  mayBeCut: boolean
}

export function newReader(fixed: CompiledFormat | null): StreamReader {
  return {
    fixed,
    last: null,
    shapes: new ShapeMemory(),
    headed: null,
    software: '',
    lines: new Map(),
    counted: null,
    tally: null,
    total: 0,
    mayBeCut: false,
  }
}

/** The format of the last line read by `readLine`, or null. One thread, no allocation. */
let lineFormat: CompiledFormat | null = null

export function formatOfLine(): CompiledFormat | null {
  return lineFormat
}

/**
 * Reads the line `[start, end)` of `c.buf` (without its line end) into `c`. Returns transaction, skipped or unparsed, the last
 * two with `c.reason`; `formatOfLine()` tells the format. Of a line with several records this is the first: `readNext`.
 */
export function readLine(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  lineFormat = null
  const buf = c.buf
  c.reason = ''
  c.clearLine()
  if (end > start && buf[end - 1] === 13) end--
  while (end > start && (buf[end - 1] === 0 || buf[end - 1] === 32)) end--
  if (buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf && end - start >= 3)
    start += 3
  if (end <= start) return refuse(c, skipped, 'empty line')
  const payload = peelEnvelope(c, start, end)
  c.lineEnd = end
  c.mayBeCut = reader.mayBeCut || endsAtLimit(end - start)
  const first = batchStart(buf, payload, end)
  if (first !== payload) return readBatched(c, first, formats, reader)
  if (end - start > lineLimits.lineBytes) return refuse(c, unparsed, 'line too long')
  if (buf[payload] === 35 && end > payload) return readDirective(c, payload, end, formats, reader)
  const outcome = readRecord(c, start, payload, end, formats, reader)
  // objects and events that stand one behind the other
  if (c.scratchBase !== constantBytes || lineFormat === null)
    c.recordEnd = buf[payload] === 123 ? recordEnd(buf, payload, end) : 0
  if (c.recordEnd > 0) c.following = nextRecord(buf, c.recordEnd, end)
  return outcome
}

/** Reads the next record of the line that `readLine` read, in the same way; -1 when there is none. */
export function readNext(c: LineContext, formats: FormatSet, reader: StreamReader): number {
  if (c.part + 1 < c.parts && lineFormat !== null) {
    c.part++
    c.clearRecord()
    const outcome = lineFormat.parse(c, c.recordStop, null)
    return outcome === refused ? refuse(c, unparsed, 'part of the record not understood') : outcome
  }
  const at = c.following
  if (at === 0) return -1
  lineFormat = null
  c.clearLine()
  return readBatched(c, at, formats, reader)
}

/** One of several records of a line, which begins at `at`. */
function readBatched(c: LineContext, at: number, formats: FormatSet, reader: StreamReader): number {
  const stop = recordEnd(c.buf, at, c.lineEnd)
  c.following = nextRecord(c.buf, stop, c.lineEnd)
  c.lineStart = c.payloadStart = c.messageStart = at
  if (stop - at > lineLimits.lineBytes) return refuse(c, unparsed, 'line too long')
  return readRecord(c, at, at, stop, formats, reader)
}

function readRecord(
  c: LineContext,
  start: number,
  payload: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  c.recordFrom = start
  c.recordTo = c.recordStop = end
  // an object is asked for what it is, then for the line that it wraps: text formats would read that line with its JSON around
  objectsOnly = c.buf[payload] === 123 && c.scratchBase === constantBytes
  let outcome =
    c.buf[payload] === 34
      ? readUnwrapped(c, payload, end, { objects: false, nth: 0 }, formats, reader)
      : refused
  if (outcome === refused) outcome = tryFormats(c, end, formats, reader)
  const most = c.buf[payload] === 123 ? wrappedMax : 1
  for (let nth = 0; nth < most && outcome === refused; nth++) {
    outcome = readUnwrapped(c, payload, end, { objects: false, nth }, formats, reader)
    if (outcome === refused)
      outcome = readUnwrapped(c, payload, end, { objects: true, nth }, formats, reader)
  }
  if (outcome === refused && objectsOnly) {
    objectsOnly = false
    outcome = tryFormats(c, end, formats, reader)
  }
  if (outcome === refused && c.messageStart > c.payloadStart && c.messageStart < end) {
    // structured data of a relay, which is none of the device's
    c.payloadStart = c.messageStart
    outcome = tryFormats(c, end, formats, reader)
  }
  count(reader, outcome === refused ? null : lineFormat)
  if (outcome === unparsed && reader.headed !== null)
    return readAgain(c, start, end, formats, reader)
  if (outcome !== refused) return outcome
  c.clearRecord()
  return (
    readHeaderRow(c, start, end, formats, reader) ??
    refuse(c, ...unknownLine(c, start, payload, end))
  )
}

/** The line that a shipper put into a text of its own object. */
function readUnwrapped(
  c: LineContext,
  payload: number,
  end: number,
  { objects, nth }: { objects: boolean; nth: number },
  formats: FormatSet,
  reader: StreamReader,
): number {
  const inner = unwrap(c, payload, end, objects, nth)
  if (inner === 0) return refused
  const { lineStart } = c
  const text = peelEnvelope(c, constantBytes, inner)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = wrapperTime(c, payload, end)
  c.recordStop = inner
  if (c.buf[text] === 35) return readDirective(c, text, inner, formats, reader)
  const asked = objectsOnly
  objectsOnly = c.buf[text] === 123
  const outcome = tryFormats(c, inner, formats, reader)
  objectsOnly = asked
  if (outcome !== refused) return outcome
  const header = readHeaderRow(c, constantBytes, inner, formats, reader)
  if (header !== null) return header
  c.scratchBase = constantBytes
  peelEnvelope(c, lineStart, end)
  return refused
}

/** A line that the header in force cannot read may be a new header: files of several exports are put together. */
function readAgain(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const { reason } = c
  return readHeaderRow(c, start, end, formats, reader) ?? refuse(c, unparsed, reason)
}

function refuse(c: LineContext, outcome: number, reason: string): number {
  c.reason = reason
  return outcome
}

function count(reader: StreamReader, format: CompiledFormat | null): void {
  reader.total++
  // most lines are of the format of the line before
  if (format !== reader.counted || reader.tally === null) {
    const id = format?.id ?? ''
    reader.counted = format
    reader.tally = reader.lines.get(id) ?? { lines: 0 }
    reader.lines.set(id, reader.tally)
  }
  reader.tally.lines++
}

/** Only formats of JSON objects are asked. */
let objectsOnly = false

/** Texts of an object that are tried as the line it wraps. */
const wrappedMax = 4

function tryFormat(
  c: LineContext,
  end: number,
  format: CompiledFormat,
  reader: StreamReader,
): number {
  if (objectsOnly && format.definition.split.type !== 'json') return refused
  c.clearRecord()
  c.part = c.parts = c.recordEnd = 0
  const layout =
    reader.headed !== null && reader.headed.format === format ? reader.headed.layout : null
  const { messageStart } = c
  const outcome = format.parse(c, end, layout)
  if (outcome !== refused) lineFormat = format
  // prose is looked for from an anchor on: the next format asks from the envelope's end again
  else c.messageStart = messageStart
  return outcome
}

function tryFormats(c: LineContext, end: number, formats: FormatSet, reader: StreamReader): number {
  if (reader.fixed !== null) return tryFixed(c, end, reader.fixed, formats, reader)
  const last = reader.last
  const headed = reader.headed
  if (last !== null && last === headed?.format) {
    const outcome = tryFormat(c, end, last, reader)
    if (outcome !== refused)
      return outcome !== unparsed && !c.truncated && !c.surplus
        ? outcome
        : readStray(c, end, formats, reader)
  }
  const shape = shapeOf(c, end)
  const first = reader.shapes.first[shape]
  const second = reader.shapes.second[shape]
  if (first !== null && first !== headed?.format) {
    const outcome = tryFormat(c, end, first, reader)
    if (outcome !== refused) return outcome
  }
  if (second !== null && second !== headed?.format) {
    const outcome = tryFormat(c, end, second, reader)
    if (outcome !== refused) return outcome
  }
  if (last !== null && last !== first && last !== second && last !== headed?.format) {
    const outcome = tryFormat(c, end, last, reader)
    if (outcome !== refused) return outcome
  }
  notePairs(c.buf, c.lineStart, end)
  let askedHeaded = headed === null
  for (const format of formats.ordered) {
    if (format === last || format === first || format === second || format === headed?.format)
      continue
    // a header's format keeps its place by `order`, but stands before the generic families
    if (
      headed !== null &&
      !askedHeaded &&
      (format.definition.generic || format.definition.order > headed.format.definition.order)
    ) {
      askedHeaded = true
      const outcome = readHeaded(c, end, reader)
      if (outcome !== refused) return outcome
    }
    if (format.needs !== null && !format.needs(linePairs)) continue
    const outcome = tryFormat(c, end, format, reader)
    if (outcome === refused) continue
    // A definition that needs a header has no signature of its own: others are asked before it each time.
    if (!format.definition.generic && format.definition.when !== undefined) {
      reader.shapes.remember(shape, format, formats.ordered)
      reader.last = format
    }
    return outcome
  }
  return askedHeaded ? refused : readHeaded(c, end, reader)
}

/** A line that has not the columns of the header in force: another device's behind the same relay, if a signature says so. */
function readStray(c: LineContext, end: number, formats: FormatSet, reader: StreamReader): number {
  for (const format of formats.ordered) {
    if (format === reader.headed?.format || format.definition.generic) continue
    const outcome = tryFormat(c, end, format, reader)
    if (outcome !== refused) return outcome
  }
  return readHeaded(c, end, reader)
}

/** The format the admin fixed, then its other layouts. */
function tryFixed(
  c: LineContext,
  end: number,
  fixed: CompiledFormat,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const outcome = tryFormat(c, end, fixed, reader)
  if (outcome !== refused) return outcome
  for (const format of formats.ordered) {
    if (format.id !== fixed.id || format === fixed) continue
    const other = tryFormat(c, end, format, reader)
    if (other !== refused) return other
  }
  return refused
}

/** Where a row of names begins: a line with a PRI came by syslog, and the row stands behind its header. */
function rowStart(c: LineContext, start: number): number {
  return c.buf[start] === 60 && c.payloadStart > start ? c.payloadStart : start
}

/** A line of the file whose header named the columns. A header row again is no data. */
function readHeaded(c: LineContext, end: number, reader: StreamReader): number {
  const headed = reader.headed
  if (headed === null || repeatsHeader(c, end, headed.layout)) return refused
  const outcome = tryFormat(c, end, headed.format, reader)
  // A whole row that shows what its columns must: the next line is asked here first.
  if (outcome !== refused && headed.format.definition.when !== undefined && !c.truncated)
    reader.last = headed.format
  return outcome
}

/** Whether the line begins like the CSV header in force (log rotation concatenates files). */
function repeatsHeader(c: LineContext, end: number, layout: Layout): boolean {
  if (layout.text.startsWith('#')) return false
  const first = layout.text.slice(0, 12).toLowerCase()
  const from = rowStart(c, c.lineStart)
  if (end - from < first.length) return false
  for (let i = 0; i < first.length; i++) {
    const b = c.buf[from + i]
    if ((b >= 65 && b <= 90 ? b | 32 : b) !== first.charCodeAt(i)) return false
  }
  return true
}

/** `#Fields: …` and its kin (W3C), and comments. */
function readDirective(
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
      reader.last = null
      break
    }
  }
  lineFormat = reader.headed?.format ?? null
  count(reader, lineFormat)
  return refuse(c, skipped, 'directive')
}

/** A blank counts only for definitions that name it: prose is full of them. */
const delimiters = [',', ';', '\t', '|', ' ']

/** The first row of a CSV file, when a definition knows enough of its columns. */
function readHeaderRow(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number | null {
  const from = rowStart(c, start)
  if (end - from > 16_384 || end - from < 8) return null
  const line = decode(c.buf.subarray(from, end))
  // blanks part the columns of any table whose every cell stands in quotes
  const quoted = line.startsWith('"') && line.includes('" "')
  for (const delimiter of delimiters) {
    const cells = csvCells(line, delimiter === ' ' && quoted ? '" "' : delimiter)
    if (cells.length < 3 || !cells.every(isColumnName)) continue
    if (new Set(cells.map(squash)).size < cells.length * 0.6) continue
    for (const format of reader.fixed === null ? formats.ordered : [reader.fixed]) {
      const { split } = format.definition
      if (split.type !== 'csv' || !split.header || format.tables.fields === null) continue
      if (delimiter === ' ' && split.delimiter !== ' ' && !quoted) continue
      const columnSlots = columnSlotsOf(cells, format.tables.fields)
      if (!claimsHeader(format.definition, cells, columnSlots, reader.software)) continue
      const text = line.replace(/^\uFEFF/, '')
      reader.headed = {
        format,
        layout: {
          text,
          columns: cells.length,
          columnSlots,
          tab: false,
          dated: false,
          brackets: false,
          delimiter: delimiter.charCodeAt(0),
        },
      }
      lineFormat = format
      return refuse(c, skipped, 'header')
    }
  }
  return null
}

/** A cell that could name a column: no address, number or time. */
function isColumnName(cell: string): boolean {
  return cell.length <= 80 && /^[\p{L}#_*@]/u.test(cell) && !/^[0-9a-f]*:[0-9a-f:]+$/i.test(cell)
}

/** Why a line is left: housekeeping of syslog daemons, bytes that are no text, or just unknown. */
function unknownLine(
  c: LineContext,
  start: number,
  payload: number,
  end: number,
): [number, string] {
  const text = Buffer.from(c.buf.subarray(payload, Math.min(end, payload + 200))).toString('latin1')
  if (
    /^-- MARK --|last message repeated \d+ times|message repeated \d+ times: \[|^\[origin software=/.test(
      text,
    )
  )
    return [skipped, 'syslog housekeeping']
  let control = 0
  const stop = Math.min(end, start + 512)
  for (let p = start; p < stop; p++) if (c.buf[p] < 32 && c.buf[p] !== 9) control++
  return [unparsed, control * 10 > stop - start ? 'binary data' : 'no format matches']
}
