/** Lines of a byte stream, one after the other, read with full records: `gnomon parse`, the tap, the playground, replay. */
import { dataStart, LineContext, transaction, skipped } from './line-context.ts'
import { lineLimits } from '../limits.ts'
import type { FormatSet } from './formats.ts'
import { formatOfLine } from './format-search.ts'
import { readLine, readNext } from './recognise.ts'
import type { StreamReader } from './stream-reader.ts'
import { toTransaction } from './record.ts'
import type { Outcome } from './transaction.ts'
import type { ZoneOffset } from './line-context.ts'

/** Gives the lines of `chunks` without their LF; a line beyond the limit is given cut, one byte longer than allowed. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = []
  let restBytes = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const piece = chunk.subarray(from, at)
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece])
      rest = []
      restBytes = 0
      from = at + 1
    }
    if (from < chunk.length && restBytes <= longest(rest[0] ?? chunk.subarray(from))) {
      rest.push(Buffer.from(chunk.subarray(from)))
      restBytes += chunk.length - from
    }
  }
  if (restBytes > 0) yield Buffer.concat(rest)
}

/** A line that may hold many records is kept longer. */
function longest(start: Uint8Array): number {
  return start[0] === 123 || start[0] === 91 ? lineLimits.batchBytes : lineLimits.lineBytes
}

/** Reads single lines of one stream in full. `formats` must be compiled with `full`. */
export class LineReader {
  readonly #c = new LineContext(lineLimits.lineBytes + 16)
  readonly #formats: FormatSet
  readonly #reader: StreamReader
  #line = 0

  constructor(formats: FormatSet, reader: StreamReader, zone: ZoneOffset | null) {
    this.#formats = formats
    this.#reader = reader
    this.#c.zone = zone
  }

  get reader(): StreamReader {
    return this.#reader
  }

  /** What one line says: of a line with several records the first. `receivedAtMs` gives stamps without a year theirs. */
  read(bytes: Uint8Array, receivedAtMs: number): Outcome {
    const c = this.#c
    const length = Math.min(bytes.length, lineLimits.batchBytes + 1)
    c.reserve(length)
    c.buf.set(bytes.subarray(0, length), dataStart)
    c.receivedAtMs = receivedAtMs
    const outcome = readLine(c, dataStart, dataStart + length, this.#formats, this.#reader)
    this.#line++
    return this.#outcome(outcome)
  }

  /** What each record of one line says. Most lines hold one. */
  *readAll(bytes: Uint8Array, receivedAtMs: number): Generator<Outcome> {
    yield this.read(bytes, receivedAtMs)
    for (;;) {
      const outcome = readNext(this.#c, this.#formats, this.#reader)
      if (outcome < 0) return
      yield this.#outcome(outcome)
    }
  }

  #outcome(outcome: number): Outcome {
    const c = this.#c
    const format = formatOfLine()?.id ?? null
    const line = this.#line
    if (outcome === transaction)
      return { line, outcome: 'transaction', format: format ?? '', transaction: toTransaction(c) }
    if (outcome === skipped && format !== null)
      return { line, outcome: 'skipped', format, reason: c.reason }
    if (outcome === skipped) return { line, outcome: 'skipped', format: '', reason: c.reason }
    return { line, outcome: 'unparsed', format, reason: c.reason }
  }
}
