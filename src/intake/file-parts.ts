/** Cuts the bytes of a log into parts at line ends; the same bytes give the same parts, however they arrive. */
import { fileLimits } from '../limits.ts'

/** Whole lines, the last byte is LF. */
export interface FilePart {
  /** Valid until the next part is asked for: the buffer is used again. */
  bytes: Uint8Array
  lines: number
  /** Lines cut because they had no end within `partBytesMax`; the rest of each is a line of its own. */
  cutLines: number
}

/** Bounds that tests make small. */
export interface PartLimits {
  partBytes: number
  partBytesMax: number
}

const lf = 10

/**
 * A part ends at the last LF within `partBytes`; when there is none, at the first one after it; when there is none within
 * `partBytesMax`, there, and an LF is added. The last line gets its LF when it has none. CR is left where it is.
 */
export async function* cutParts(
  chunks: AsyncIterable<Uint8Array>,
  limits: PartLimits = fileLimits,
): AsyncGenerator<FilePart> {
  const cutter = new PartCutter(limits)
  for await (const chunk of chunks) {
    let from = 0
    while (from < chunk.length) {
      from += cutter.fill(chunk, from)
      const part = cutter.next()
      if (part === null) continue
      yield part
      cutter.forget()
    }
  }
  const last = cutter.last()
  if (last !== null) yield last
}

class PartCutter {
  readonly #limits: PartLimits
  #buffer: Buffer
  #used = 0
  /** Bytes of the part that was given and is to be forgotten. */
  #given = 0
  /** Up to here there is no LF, when the buffer is filled beyond `partBytes`. */
  #searched = 0

  constructor(limits: PartLimits) {
    this.#limits = limits
    // One byte more, for an LF that is added.
    this.#buffer = Buffer.allocUnsafeSlow(limits.partBytes + 1)
  }

  /** Takes as much as has room before the next decision; returns how much that was (at least 1). */
  fill(chunk: Uint8Array, from: number): number {
    const { partBytes, partBytesMax } = this.#limits
    const until = this.#used < partBytes ? partBytes : partBytesMax
    if (until > this.#buffer.length - 1) this.#grow(until + 1)
    const take = Math.min(chunk.length - from, until - this.#used)
    this.#buffer.set(chunk.subarray(from, from + take), this.#used)
    this.#used += take
    return take
  }

  /** The next part when it is decided, else null. */
  next(): FilePart | null {
    const { partBytes, partBytesMax } = this.#limits
    if (this.#used < partBytes) return null
    if (this.#searched === 0) {
      const end = this.#buffer.lastIndexOf(lf, partBytes - 1) + 1
      if (end > 0) return this.#give(end, 0)
      this.#searched = partBytes
    }
    const end = this.#buffer.subarray(0, this.#used).indexOf(lf, this.#searched) + 1
    if (end > 0) return this.#give(end, 0)
    this.#searched = this.#used
    return this.#used < partBytesMax ? null : this.#cut(1)
  }

  /** What is left at the end of the input. */
  last(): FilePart | null {
    if (this.#used === 0) return null
    return this.#buffer[this.#used - 1] === lf ? this.#give(this.#used, 0) : this.#cut(0)
  }

  /** The last part's bytes make room. */
  forget(): void {
    this.#buffer.copyWithin(0, this.#given, this.#used)
    this.#used = Math.max(0, this.#used - this.#given)
    this.#given = 0
    this.#searched = 0
  }

  #cut(cutLines: number): FilePart {
    const end = this.#used
    this.#buffer[end] = lf
    return this.#give(end + 1, cutLines)
  }

  #give(end: number, cutLines: number): FilePart {
    this.#given = end
    const bytes = this.#buffer.subarray(0, end)
    return { bytes, lines: countLines(bytes), cutLines }
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(size)
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
  }
}

/** LFs in the bytes. */
export function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) lines++
  return lines
}
