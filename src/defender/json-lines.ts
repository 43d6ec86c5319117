/** JSON that is spread over lines (a list of rows, a pretty-printed answer) to one top-level object a line. */
import { lineLimits } from '../limits.ts'

const [lf, cr, quote, backslash] = [10, 13, 34, 92]
const [openBrace, closeBrace, openBracket, closeBracket] = [123, 125, 91, 93]

/**
 * Objects of a top-level list are a line each, all else is a line as it stands. What is between them (commas, brackets of the list) is
 * no row. An object that has no end within the bound is given cut, and the search goes on at the next line's object.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const cutter = new ObjectCutter()
  for await (const chunk of chunks) {
    const lines = cutter.feed(chunk)
    if (lines.length > 0) yield Buffer.concat(lines)
  }
  const rest = cutter.end()
  if (rest !== null) yield rest
}

class ObjectCutter {
  #depth = 0
  #inString = false
  #escaped = false
  #held: Buffer[] = []
  #heldBytes = 0

  feed(chunk: Uint8Array): Buffer[] {
    const lines: Buffer[] = []
    let from = this.#depth > 0 ? 0 : -1
    for (let i = 0; i < chunk.length; i++) {
      const before = this.#depth
      this.#step(chunk[i])
      if (before === 0 && this.#depth === 1) from = i
      if (before === 1 && this.#depth === 0 && from >= 0) {
        lines.push(this.#line(chunk.subarray(from, i + 1)))
        from = -1
      }
    }
    if (from >= 0) this.#hold(chunk.subarray(from))
    if (this.#heldBytes > lineLimits.batchBytes) {
      lines.push(this.#line(new Uint8Array()))
      this.#depth = 0
      this.#inString = false
    }
    return lines
  }

  /** What was not closed. */
  end(): Buffer | null {
    return this.#heldBytes === 0 ? null : this.#line(new Uint8Array())
  }

  /** Objects count, lists outside of them do not. */
  #step(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) this.#inString = false
      return
    }
    if (this.#depth > 0 && byte === quote) this.#inString = true
    else if (byte === openBrace || (byte === openBracket && this.#depth > 0)) this.#depth++
    else if ((byte === closeBrace || byte === closeBracket) && this.#depth > 0) this.#depth--
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
  }

  /** Line ends inside are blanks between values: in a JSON string they are escaped. */
  #line(last: Uint8Array): Buffer {
    const line = Buffer.concat([...this.#held, last, Buffer.of(lf)])
    this.#held = []
    this.#heldBytes = 0
    for (let i = 0; i < line.length - 1; i++) if (line[i] === lf || line[i] === cr) line[i] = 32
    return line
  }
}
