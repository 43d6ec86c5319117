/**
 * Reads lines: envelope, format, record. What is no line of a device is told apart here: directives and header rows, lines that hold
 * several records, records wrapped in another (parse/wrapped.ts).
 */
import { lineLimits } from '../limits.ts'
import { askAll, askObjects, askTexts } from './candidates.ts'
import { endsAtLimit } from './cut-values.ts'
import { peelEnvelope } from './envelope.ts'
import { finishReasons } from './finish.ts'
import { formatOfLine, nameLineFormat, searchFormats } from './format-search.ts'
import type { FormatSet } from './formats.ts'
import { readDirective, readHeaderRow } from './header-line.ts'
import { constantBytes, refused, skipped, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { batchStart, isPair, nextRecord, recordEnd } from './several.ts'
import { countLines } from './stream-reader.ts'
import type { StreamReader } from './stream-reader.ts'
import { unknownLine } from './unknown-line.ts'
import {
  keepsLine,
  readForeign,
  readKeptLine,
  readObjectBehind,
  readPrefaced,
  readQuoted,
  readRawCell,
  readTimeless,
  readWrapped,
} from './wrapped.ts'

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
  // a file that is emptied while it is written begins with zeros
  while (start < end && buf[start] === 0) start++
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
    outcome = readQuoted(c, payload, end, formats, reader)
  // pairs would be seen in an object behind words
  if (outcome === refused && reader.headed === null && first === askAll && c.buf[end - 1] === 125)
    outcome = readPrefaced(c, payload, end, formats, reader)
  if (outcome === refused) {
    outcome = searchFormats(c, end, formats, reader, first)
    if (outcome !== refused && keepsLine(c, reader))
      outcome = readKeptLine(c, { payload, end, first }, formats, reader)
  }
  if (outcome === refused) outcome = readWrapped(c, payload, end, formats, reader)
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
  else if (outcome === unparsed && c.reason === finishReasons.noTime && reader.fixed === null)
    outcome = readTimeless(c, payload, end, formats, reader)
  countLines(reader, outcome === refused ? null : formatOfLine())
  if ((outcome === unparsed || outcome === skipped) && reader.headed !== null)
    return readAgain(c, { start, end, outcome }, formats, reader)
  if (outcome !== refused) return outcome
  c.clearRecord()
  return readHeaderRow(c, start, end, formats, reader)
    ? skipped
    : refuse(c, ...unknownLine(c, start, payload, end))
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

function refuse(c: LineContext, outcome: number, reason: string): number {
  c.reason = reason
  return outcome
}
