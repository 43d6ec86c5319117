/**
 * Reads lines: envelope, format, record. What is no line of a device is told apart here: directives and header rows, lines that hold
 * several records, records wrapped in another.
 */
import { lineLimits } from '../limits.ts'
import { askAll, askObjects, askTexts } from './candidates.ts'
import type { CompiledFormat } from './compile.ts'
import { endsAtLimit } from './cut-values.ts'
import { peelEnvelope, peelTag } from './envelope.ts'
import { formatOfLine, nameLineFormat, searchFormats, searchProducts } from './format-search.ts'
import type { FormatSet } from './formats.ts'
import { readDirective, readHeaderRow } from './header-line.ts'
import type { Layout } from './layout.ts'
import { constantBytes, refused, skipped, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { lineOfRow } from './preface.ts'
import { ShapeMemory } from './shape-memory.ts'
import {
  batchStart,
  isPair,
  nextRecord,
  rawCell,
  recordEnd,
  unwrap,
  wrapperTag,
  wrapperTime,
} from './several.ts'
import type { RawColumn } from './several.ts'
import { unknownLine } from './unknown-line.ts'

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
  /** The column of an export that holds the lines of devices (parse/several.ts). */
  raw: RawColumn | null
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
    raw: null,
    software: '',
    lines: new Map(),
    counted: null,
    tally: null,
    total: 0,
    mayBeCut: false,
  }
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
  nameLineFormat(null)
  formats.candidates.forget()
  const buf = c.buf
  c.reason = ''
  c.clearLine()
  end = trimmedEnd(buf, start, end)
  if (buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf && end - start >= 3)
    start += 3
  if (end <= start) return refuse(c, skipped, 'empty line')
  const payload = peelEnvelope(c, start, end)
  c.lineEnd = end
  c.mayBeCut = reader.mayBeCut || endsAtLimit(end - start)
  const first = batchStart(buf, payload, end)
  if (first !== payload) return readBatched(c, first, formats, reader)
  if (end - start > lineLimits.lineBytes) return refuse(c, unparsed, 'line too long')
  if (buf[payload] === 35 && end > payload)
    return readDirectiveLine(c, payload, end, formats, reader)
  const outcome = readRecord(c, start, payload, end, formats, reader)
  // objects and events that stand one behind the other
  if (c.scratchBase !== constantBytes || formatOfLine() === null)
    c.recordEnd = buf[payload] === 123 ? recordEnd(buf, payload, end) : 0
  if (c.recordEnd > 0) c.following = nextRecord(buf, c.recordEnd, end)
  return outcome
}

/** Where the line ends without the CR of its line end, and the NULs and blanks before it. Compiled as well (parse/line-run.ts). */
export function trimmedEnd(buf: Uint8Array, start: number, end: number): number {
  if (end > start && buf[end - 1] === 13) end--
  while (end > start && (buf[end - 1] === 0 || buf[end - 1] === 32)) end--
  return end
}

/** Reads the next record of the line that `readLine` read, in the same way; -1 when there is none. */
export function readNext(c: LineContext, formats: FormatSet, reader: StreamReader): number {
  const format = formatOfLine()
  if (c.part + 1 < c.parts && format !== null) {
    c.part++
    c.clearRecord()
    const outcome = format.parse(c, c.recordStop, null)
    return outcome === refused ? refuse(c, unparsed, 'part of the record not understood') : outcome
  }
  const at = c.following
  if (at === 0) return -1
  nameLineFormat(null)
  c.clearLine()
  return readBatched(c, at, formats, reader)
}

/** One of several records of a line, which begins at `at`. */
function readBatched(c: LineContext, at: number, formats: FormatSet, reader: StreamReader): number {
  const stop = recordEnd(c.buf, at, c.lineEnd)
  c.following = nextRecord(c.buf, stop, c.lineEnd)
  c.lineStart = c.payloadStart = c.messageStart = at
  formats.candidates.forget()
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
  const first = c.buf[payload] === 123 && c.scratchBase === constantBytes ? askObjects : askAll
  let outcome = reader.raw === null ? refused : readRawCell(c, start, end, formats, reader)
  if (outcome === refused && (c.buf[payload] === 34 || isPair(c.buf, payload, end)))
    outcome = readUnwrapped(c, payload, end, { objects: false, nth: 0 }, formats, reader)
  if (outcome === refused) {
    outcome = searchFormats(c, end, formats, reader, first)
    if (outcome !== refused && keepsLine(c, reader))
      outcome = readKeptLine(c, { payload, end, first }, formats, reader)
  }
  const most = c.buf[payload] === 123 ? wrappedMax : 1
  for (let nth = 0; nth < most && outcome === refused; nth++) {
    unwrapped = false
    outcome = readUnwrapped(c, payload, end, { objects: false, nth }, formats, reader)
    if (outcome === refused)
      outcome = readUnwrapped(c, payload, end, { objects: true, nth }, formats, reader)
    if (!unwrapped) break
  }
  if (outcome === refused && first === askObjects)
    outcome = searchFormats(c, end, formats, reader, askTexts)
  if (outcome === refused && c.messageStart > c.payloadStart && c.messageStart < end) {
    // structured data of a relay, which is none of the device's
    c.payloadStart = c.messageStart
    outcome = searchFormats(c, end, formats, reader, askAll)
  }
  if (outcome === refused) outcome = readObjectBehind(c, payload, end, formats, reader)
  if (outcome === refused && reader.fixed === null)
    outcome = readForeign(c, payload, end, formats, reader)
  count(reader, outcome === refused ? null : formatOfLine())
  if ((outcome === unparsed || outcome === skipped) && reader.headed !== null)
    return readAgain(c, { start, end, outcome }, formats, reader)
  if (outcome !== refused) return outcome
  c.clearRecord()
  return readHeaderRow(c, start, end, formats, reader)
    ? skipped
    : refuse(c, ...unknownLine(c, start, payload, end))
}

/** An object behind words of its sender (`INFO  uvm[0]: {"…`), of a product that is known: what else it may be is not guessed. */
function readObjectBehind(
  c: LineContext,
  payload: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const { buf, payloadStart, messageStart } = c
  if (buf[end - 1] !== 125 || reader.fixed !== null) return refused
  const stop = Math.min(end, payload + prefaceBytes)
  let at = payload + 1
  while (at < stop && (buf[at] !== 123 || buf[at - 1] !== 32 || buf[at + 1] !== 34)) at++
  if (at >= stop) return refused
  c.payloadStart = c.messageStart = at
  const outcome = searchProducts(c, end, formats, reader)
  if (outcome !== refused) return outcome
  c.payloadStart = payloadStart
  c.messageStart = messageStart
  return refused
}

/** So far a sender's own words may stand before its object. */
const prefaceBytes = 64

/** Whether the format that read the object found a line in the field where shippers keep one. */
function keepsLine(c: LineContext, reader: StreamReader): boolean {
  const slot = formatOfLine()?.lineSlot ?? -1
  if (slot < 0 || reader.fixed !== null || c.scratchBase !== constantBytes) return false
  return c.slotEnd[slot] - c.slotStart[slot] > keptBytesMin
}

/** Shorter texts are no line of a device. */
const keptBytesMin = 40

/** The device's line in an object that could be read by its own members: they tell less. */
function readKeptLine(
  c: LineContext,
  {
    payload,
    end,
    first,
  }: { payload: number; end: number; first: typeof askAll | typeof askObjects },
  formats: FormatSet,
  reader: StreamReader,
): number {
  const { lineStart } = c
  for (let nth = 0; nth < wrappedMax; nth++) {
    unwrapped = false
    const outcome = readUnwrapped(c, payload, end, { objects: false, nth }, formats, reader)
    if (outcome !== refused && formatOfLine()?.definition.generic === false) return outcome
    if (!unwrapped) break
    c.scratch = c.scratchBase = constantBytes
    c.recordStop = end
    peelEnvelope(c, lineStart, end)
    formats.candidates.forget()
  }
  return searchFormats(c, end, formats, reader, first)
}

/** What no format reads as it stands: behind a tag without a header, in a cell of a row without one. */
function readForeign(
  c: LineContext,
  payload: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  if (c.scratchBase !== constantBytes || c.buf[payload] === 123) return refused
  let outcome = readTagged(c, payload, end, formats, reader)
  if (outcome !== refused) return outcome
  const { lineStart, envelopeTime } = c
  const inner = lineOfRow(c, payload, end)
  if (inner === 0) return refused
  const text = peelEnvelope(c, constantBytes, inner)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = c.rowTime
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = envelopeTime
  c.recordStop = inner
  formats.candidates.forget()
  outcome = searchProducts(c, inner, formats, reader)
  if (outcome === refused) outcome = readTagged(c, text, inner, formats, reader)
  if (outcome !== refused) return outcome
  c.scratchBase = constantBytes
  c.recordStop = end
  peelEnvelope(c, lineStart, end)
  formats.candidates.forget()
  return refused
}

/** The line of a product behind a `tag[pid]:` that has no header before it. */
function readTagged(
  c: LineContext,
  text: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const { tagStart, tagEnd, payloadStart, messageStart } = c
  if (tagEnd > tagStart) return refused
  const behind = peelTag(c, text, end)
  if (behind === text || behind >= end) return refused
  c.payloadStart = c.messageStart = behind
  formats.candidates.forget()
  const outcome = searchProducts(c, end, formats, reader)
  if (outcome !== refused) return outcome
  c.payloadStart = payloadStart
  c.messageStart = messageStart
  c.tagStart = tagStart
  c.tagEnd = tagEnd
  formats.candidates.forget()
  return refused
}

/** Whether the object of the line wrapped another one. */
let unwrapped = false

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
  unwrapped = true
  const { lineStart, envelopeTime } = c
  const text = peelEnvelope(c, constantBytes, inner)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = wrapperTime(c, payload, end)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = envelopeTime
  if (c.tagEnd === c.tagStart) wrapperTag(c, payload, end)
  c.recordStop = inner
  formats.candidates.forget()
  if (c.buf[text] === 35) return readDirectiveLine(c, text, inner, formats, reader)
  const which = c.buf[text] === 123 ? askObjects : askAll
  let outcome = searchFormats(c, inner, formats, reader, which)
  if (outcome !== refused) return outcome
  if (which === askObjects) {
    // Docker's log of a shipper's object
    const deeper = unwrap(c, text, inner, false, 0, true)
    if (deeper > 0) {
      const outer = c.envelopeTime
      peelEnvelope(c, constantBytes, deeper)
      if (Number.isNaN(c.envelopeTime)) c.envelopeTime = outer
      c.recordStop = deeper
      formats.candidates.forget()
      outcome = searchFormats(c, deeper, formats, reader, askAll)
      if (outcome !== refused) return outcome
    }
  } else {
    outcome = readTagged(c, text, inner, formats, reader)
    if (outcome === refused) outcome = readObjectBehind(c, text, inner, formats, reader)
    if (outcome !== refused) return outcome
    if (readHeaderRow(c, constantBytes, inner, formats, reader)) return skipped
  }
  c.scratchBase = constantBytes
  peelEnvelope(c, lineStart, end)
  formats.candidates.forget()
  return refused
}

/** The line that stands in a column of an export: a product's own. What may be anything is read by the columns, if they tell. */
function readRawCell(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  if (reader.raw === null) return refused
  const inner = rawCell(c, start, end, reader.raw)
  if (inner === 0) return refused
  const { lineStart } = c
  peelEnvelope(c, constantBytes, inner)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = c.rowTime
  c.recordStop = inner
  formats.candidates.forget()
  const { headed, last } = reader
  reader.headed = null
  if (last === headed?.format) reader.last = null
  let outcome = searchFormats(c, inner, formats, reader, askAll)
  if (outcome === refused) outcome = readObjectBehind(c, c.payloadStart, inner, formats, reader)
  reader.headed = headed
  if (outcome !== refused && (headed === null || formatOfLine()?.definition.generic !== true))
    return outcome
  c.scratchBase = constantBytes
  c.recordStop = end
  peelEnvelope(c, lineStart, end)
  formats.candidates.forget()
  return refused
}

/** A line that the header in force cannot read may be a new header: files of several exports are put together. */
function readAgain(
  c: LineContext,
  { start, end, outcome }: { start: number; end: number; outcome: number },
  formats: FormatSet,
  reader: StreamReader,
): number {
  const { reason } = c
  return readHeaderRow(c, start, end, formats, reader) ? skipped : refuse(c, outcome, reason)
}

function readDirectiveLine(
  c: LineContext,
  start: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  const outcome = readDirective(c, start, end, formats, reader)
  count(reader, formatOfLine())
  return outcome
}

function refuse(c: LineContext, outcome: number, reason: string): number {
  c.reason = reason
  return outcome
}

/** Counts `lines` that a format read. */
export function count(reader: StreamReader, format: CompiledFormat | null, lines = 1): void {
  reader.total += lines
  // most lines are of the format of the line before
  if (format !== reader.counted || reader.tally === null) {
    const id = format?.id ?? ''
    reader.counted = format
    reader.tally = reader.lines.get(id) ?? { lines: 0 }
    reader.lines.set(id, reader.tally)
  }
  reader.tally.lines += lines
}

/** Texts of an object that are tried as the line it wraps. */
const wrappedMax = 4
