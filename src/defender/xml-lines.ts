/** Windows events (`wevtutil qe /f:xml`, exports with a root of their own, forwarded events) cut out of XML, one `<Event>` a line. */
import { defenderLimits } from '../limits.ts'

const close = Buffer.from('</Event>')
const openings = [60, 69, 118, 101, 110, 116] // <Event
const lf = 10

/** Begins an event, not `<Events>` or `<EventData>`. */
function opening(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf('<Event', from); at >= 0; at = bytes.indexOf('<Event', at + 1)) {
    const after = bytes[at + openings.length]
    if (after === undefined || after === 62 || after <= 32) return at
  }
  return -1
}

/** An event that has no end within the bound is given cut (it ends as unparsed), and the search goes on behind its beginning. */
export async function* xmlLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk])
    const { lines, rest } = cut(held)
    if (lines.length > 0) yield Buffer.concat(lines)
    held = Buffer.from(rest)
  }
  const at = opening(held, 0)
  if (at >= 0 && held.length > at + openings.length) yield lineOf(held.subarray(at))
}

function cut(bytes: Buffer): { lines: Buffer[]; rest: Buffer } {
  const lines: Buffer[] = []
  let from = 0
  for (;;) {
    const at = opening(bytes, from)
    // what may be the beginning of an event waits for the next chunk
    if (at < 0) return { lines, rest: bytes.subarray(Math.max(from, bytes.length - 8)) }
    const end = bytes.indexOf(close, at)
    if (end >= 0 && end - at <= defenderLimits.recordBytes) {
      lines.push(lineOf(bytes.subarray(at, end + close.length)))
      from = end + close.length
    } else if (bytes.length - at > defenderLimits.recordBytes) {
      lines.push(lineOf(bytes.subarray(at, at + defenderLimits.recordBytes)))
      from = at + defenderLimits.recordBytes
    } else return { lines, rest: bytes.subarray(at) }
  }
}

/** Line ends become blanks: events are one line each in the spool. */
function lineOf(event: Buffer): Buffer {
  const line = Buffer.concat([event, Buffer.of(lf)])
  for (let i = 0; i < event.length; i++) if (line[i] === lf || line[i] === 13) line[i] = 32
  return line
}
