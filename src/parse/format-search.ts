/**
 * The format that reads a record. A definition refuses lines that do not show its signature (a test holds that no sample line shows
 * two), so the order of asking decides speed, not the result: first formats that read lines which began alike, then all with a
 * signature of their own that could take the line, then layouts named by a header, then the generic families.
 */
import { askAll, askObjects } from './candidates.ts'
import type { askTexts } from './candidates.ts'
import type { CompiledFormat } from './compile.ts'
import type { FormatSet } from './formats.ts'
import type { Layout } from './layout.ts'
import { refused, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import type { StreamReader } from './stream-reader.ts'
import { shapeOf } from './shape-memory.ts'

/** The format of the last line read, or null. One thread, no allocation. */
let lineFormat: CompiledFormat | null = null

export function formatOfLine(): CompiledFormat | null {
  return lineFormat
}

export function nameLineFormat(format: CompiledFormat | null): void {
  lineFormat = format
}

/** Which formats are asked: askAll, askObjects, askTexts. */
let asked: number = askAll

function tryFormat(
  c: LineContext,
  end: number,
  format: CompiledFormat,
  reader: StreamReader,
): number {
  if (asked !== askAll && (format.definition.split.type === 'json') !== (asked === askObjects))
    return refused
  c.beginRecord()
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

/** Reads the record whose envelope is in `c` with the first of the formats `which` that takes it. */
export function searchFormats(
  c: LineContext,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
  which: typeof askAll | typeof askObjects | typeof askTexts,
): number {
  asked = which
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
    if (outcome !== refused) return took(reader, first, outcome)
  }
  if (second !== null && second !== headed?.format) {
    const outcome = tryFormat(c, end, second, reader)
    if (outcome !== refused) return took(reader, second, outcome)
  }
  if (last !== null && last !== first && last !== second && last !== headed?.format) {
    const outcome = tryFormat(c, end, last, reader)
    if (outcome !== refused) return outcome
  }
  return tryOthers(c, end, formats, reader, shape)
}

/** Another's line among the rows of a header: the next line is not asked there first. */
function took(reader: StreamReader, format: CompiledFormat, outcome: number): number {
  if (reader.last === reader.headed?.format) reader.last = format
  return outcome
}

/** All that could take the record, but those of the stream's memory, which were asked. */
function tryOthers(
  c: LineContext,
  end: number,
  { ordered, candidates }: FormatSet,
  reader: StreamReader,
  shape: number,
): number {
  const { last, headed } = reader
  const first = reader.shapes.first[shape]
  const second = reader.shapes.second[shape]
  const count = candidates.find(c, end, asked)
  let askedHeaded = headed === null
  for (let i = 0; i < count; i++) {
    const format = ordered[candidates.places[i]]
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
    const outcome = tryFormat(c, end, format, reader)
    if (outcome === refused) continue
    // A definition that needs a header has no signature of its own, and one of the admin's may claim others' lines: those are
    // asked before it each time.
    const { generic, when, own } = format.definition
    if (!generic && when !== undefined && own !== true) {
      reader.shapes.remember(shape, format, ordered)
      reader.last = format
    }
    return outcome
  }
  return askedHeaded ? refused : readHeaded(c, end, reader)
}

/** A line that has not the columns of the header in force: another device's behind the same relay, if a signature says so. */
function readStray(c: LineContext, end: number, formats: FormatSet, reader: StreamReader): number {
  const outcome = trySigned(c, end, formats, reader)
  return outcome === refused ? readHeaded(c, end, reader) : outcome
}

/** All but the generic families and the header's own format. */
function trySigned(
  c: LineContext,
  end: number,
  { ordered, candidates }: FormatSet,
  reader: StreamReader,
): number {
  const count = candidates.find(c, end, asked)
  for (let i = 0; i < count; i++) {
    const format = ordered[candidates.places[i]]
    if (format === reader.headed?.format || format.definition.generic) continue
    const outcome = tryFormat(c, end, format, reader)
    if (outcome !== refused) return outcome
  }
  return refused
}

/** Reads the record whose payload is in `c` with the first format of a product that takes it; of an object only objects' formats. */
export function searchProducts(
  c: LineContext,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
): number {
  asked = c.buf[c.payloadStart] === 123 ? askObjects : askAll
  return trySigned(c, end, formats, reader)
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
export function rowStart(c: LineContext, start: number): number {
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
