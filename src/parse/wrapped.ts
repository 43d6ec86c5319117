/**
 * Records that hold the line of a device: in a text of a shipper's object, in a cell of an export, behind words or a tag of another's. What
 * was unwrapped is read like a line; where nothing reads it, the line around it is read as it stands.
 */
import { askAll, askObjects } from './candidates.ts'
import { peelEnvelope, peelTag } from './envelope.ts'
import { formatOfLine, nameLineFormat, searchFormats, searchProducts } from './format-search.ts'
import type { FormatSet } from './formats.ts'
import { readDirective, readHeaderRow } from './header-line.ts'
import { constantBytes, refused, skipped, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { lineOfRow } from './preface.ts'
import { rawCell } from './unquote.ts'
import { unwrap, wrapperTag, wrapperTime } from './unwrap.ts'
import type { StreamReader } from './stream-reader.ts'

/** Reads `[payload, end)` another way than as it stands: transaction, skipped or unparsed, or refused when it is none of that. */
type Reading = (
  c: LineContext,
  payload: number,
  end: number,
  formats: FormatSet,
  reader: StreamReader,
) => number

/** Texts of an object that are tried as the line it wraps. */
const wrappedMax = 4

/** An object behind words of its sender (`INFO  uvm[0]: {"…`): of a product that is known, else of anyone. */
export const readObjectBehind: Reading = (c, payload, end, formats, reader) => {
  const { buf, payloadStart, messageStart } = c
  if (buf[end - 1] !== 125 || reader.fixed !== null) return refused
  const stop = Math.min(end, payload + prefaceBytes)
  let at = payload + 1
  while (at < stop && (buf[at] !== 123 || buf[at - 1] !== 32 || buf[at + 1] !== 34)) at++
  if (at >= stop) return refused
  c.payloadStart = c.messageStart = at
  let outcome = searchProducts(c, end, formats, reader)
  if (outcome === refused) outcome = searchFormats(c, end, formats, reader, askObjects)
  if (outcome !== refused) return outcome
  formats.candidates.forget()
  c.payloadStart = payloadStart
  c.messageStart = messageStart
  return refused
}

/** A line of a product that ends in an object, else the object behind words of its sender. */
export const readPrefaced: Reading = (c, payload, end, formats, reader) => {
  if (reader.fixed !== null) return refused
  const outcome = searchProducts(c, end, formats, reader)
  return outcome === refused ? readObjectBehind(c, payload, end, formats, reader) : outcome
}

/** So far a sender's own words may stand before its object. */
const prefaceBytes = 64

/** Whether the format that read the object found a line in the field where shippers keep one. */
export function keepsLine(c: LineContext, reader: StreamReader): boolean {
  const slot = formatOfLine()?.lineSlot ?? -1
  if (slot < 0 || reader.fixed !== null || c.scratchBase !== constantBytes) return false
  return c.slotEnd[slot] - c.slotStart[slot] > keptBytesMin
}

/** Shorter texts are no line of a device. */
const keptBytesMin = 40

/** The device's line in an object that could be read by its own members: they tell less. */
export function readKeptLine(
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
    leave(c, lineStart, end, formats)
  }
  return searchFormats(c, end, formats, reader, first)
}

/** What no format reads as it stands: behind a tag without a header, in a cell of a row without one. */
export const readForeign: Reading = (c, payload, end, formats, reader) => {
  if (c.scratchBase !== constantBytes || c.buf[payload] === 123) return refused
  let outcome = readTagged(c, payload, end, formats, reader)
  if (outcome !== refused) return outcome
  const { lineStart, envelopeTime } = c
  const inner = lineOfRow(c, payload, end)
  if (inner === 0) return refused
  const text = enter(c, inner, formats)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = c.rowTime
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = envelopeTime
  outcome = searchProducts(c, inner, formats, reader)
  if (outcome === refused) outcome = readTagged(c, text, inner, formats, reader)
  if (outcome !== refused) return outcome
  return leave(c, lineStart, end, formats)
}

/** The same for a line whose product is known and whose time is not: a row around it may tell that. */
export const readTimeless: Reading = (c, payload, end, formats, reader) => {
  const { reason } = c
  const format = formatOfLine()
  const outcome = readForeign(c, payload, end, formats, reader)
  if (outcome !== refused) return outcome
  nameLineFormat(format)
  c.reason = reason
  return unparsed
}

/** The line of a product behind a `tag[pid]:` that has no header before it. */
const readTagged: Reading = (c, text, end, formats, reader) => {
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
  const text = enter(c, inner, formats)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = wrapperTime(c, payload, end)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = envelopeTime
  if (c.tagEnd === c.tagStart) wrapperTag(c, payload, end)
  if (c.buf[text] === 35) return readDirective(c, text, inner, formats, reader)
  const which = c.buf[text] === 123 ? askObjects : askAll
  let outcome = searchFormats(c, inner, formats, reader, which)
  if (outcome !== refused) return outcome
  if (which === askObjects) {
    // Docker's log of a shipper's object
    const deeper = unwrap(c, text, inner, false, 0, true)
    if (deeper > 0) {
      const outer = c.envelopeTime
      enter(c, deeper, formats)
      if (Number.isNaN(c.envelopeTime)) c.envelopeTime = outer
      outcome = searchFormats(c, deeper, formats, reader, askAll)
      if (outcome !== refused) return outcome
    }
  } else {
    outcome = readTagged(c, text, inner, formats, reader)
    if (outcome === refused) outcome = readObjectBehind(c, text, inner, formats, reader)
    if (outcome !== refused) return outcome
    if (readHeaderRow(c, constantBytes, inner, formats, reader)) return skipped
  }
  return leave(c, lineStart, end, formats)
}

/** The line that stands in a column of an export: a product's own. What may be anything is read by the columns, if they tell. */
export const readRawCell: Reading = (c, start, end, formats, reader) => {
  if (reader.raw === null) return refused
  const inner = rawCell(c, start, end, reader.raw)
  if (inner === 0) return refused
  const { lineStart } = c
  enter(c, inner, formats)
  if (Number.isNaN(c.envelopeTime)) c.envelopeTime = c.rowTime
  const { headed, last } = reader
  reader.headed = null
  if (last === headed?.format) reader.last = null
  let outcome = searchFormats(c, inner, formats, reader, askAll)
  if (outcome === refused) outcome = readObjectBehind(c, c.payloadStart, inner, formats, reader)
  reader.headed = headed
  if (outcome !== refused && (headed === null || formatOfLine()?.definition.generic !== true))
    return outcome
  return leave(c, lineStart, end, formats)
}

/** What a text in quotes, or the second of a pair, says as a line. */
export const readQuoted: Reading = (c, payload, end, formats, reader) => {
  return readUnwrapped(c, payload, end, { objects: false, nth: 0 }, formats, reader)
}

/** The line or the object that the record's own object wraps. */
export const readWrapped: Reading = (c, payload, end, formats, reader) => {
  const most = c.buf[payload] === 123 ? wrappedMax : 1
  let outcome = refused
  for (let nth = 0; nth < most && outcome === refused; nth++) {
    unwrapped = false
    outcome = readUnwrapped(c, payload, end, { objects: false, nth }, formats, reader)
    if (outcome === refused)
      outcome = readUnwrapped(c, payload, end, { objects: true, nth }, formats, reader)
    if (!unwrapped) break
  }
  return outcome
}

/** Goes on with what was unwrapped to the scratch, up to `inner`; where its payload begins. */
function enter(c: LineContext, inner: number, formats: FormatSet): number {
  const text = peelEnvelope(c, constantBytes, inner)
  c.recordStop = inner
  formats.candidates.forget()
  return text
}

/** Back to the line around it: nothing read what it wraps. */
function leave(c: LineContext, lineStart: number, end: number, formats: FormatSet): number {
  c.scratch = c.scratchBase = constantBytes
  c.recordStop = end
  peelEnvelope(c, lineStart, end)
  formats.candidates.forget()
  return refused
}
