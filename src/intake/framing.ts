/**
 * Syslog framing over a byte stream (RFC 6587, RFC 5425): octet counting (`LEN SP MSG`) and terminated lines, told apart
 * at each frame's start, so that both may come on one port and even on one connection.
 *
 * What is cut depends on the bytes alone, never on how the network cut them into chunks. No byte is lost: what turns out
 * not to be a count stays part of its line. The rules:
 *
 * - `[1-9][0-9]{0,8} SP <` is a count. A message with LF inside is believed once what follows it looks like a frame.
 * - `[1-9][0-9]{0,8} SP` before anything else is a count only where no line was seen on the connection so far, no LF stands
 *   inside the message and another frame (or nothing) follows: lines of logs do begin with numbers.
 * - All else is a line, ended by LF, CRLF or NUL (which becomes LF). Lines without content are counted and left out.
 * - After a broken count the connection is read as lines to its end.
 */
import type { FrameKind } from '../spool/frame-sink.ts'

/** Counters over all connections of a listener; they only grow. */
export interface FramingCounts {
  /** Terminated lines. */
  lines: number
  /** Octet-counted messages. */
  counted: number
  /** Lines without content, left out. */
  empty: number
  /** Pieces cut from lines that were longer than allowed. */
  cutLines: number
  /** Connections that ended within an octet-counted message; what came of it is kept as lines. */
  truncated: number
  /** Connections with a broken or oversized count; they were read as lines from there on. */
  errors: number
}

/** All zero. */
export function createFramingCounts(): FramingCounts {
  return { lines: 0, counted: 0, empty: 0, cutLines: 0, truncated: 0, errors: 0 }
}

export interface FramerOptions {
  /** Takes runs of whole frames of one kind. The bytes are only valid during the call. */
  emit(kind: FrameKind, bytes: Buffer, lines: number): void
  counts: FramingCounts
  /** Longest line; a longer one is cut into pieces of this size. */
  lineBytes: number
  /** Largest octet count that is believed. */
  frameBytes: number
  /** Working memory, shared by all framers of a thread (it holds nothing between two calls). */
  scratch: Buffer
}

/** A tail up to this size is copied in front of each new chunk; a longer one grows where it is. */
const smallTailBytes = 16 * 1024

/** Working memory for framers: a small tail and one read of a socket (64 KiB). */
export function createFramingScratch(): Buffer {
  return Buffer.allocUnsafe(smallTailBytes + 64 * 1024)
}

const nothing: Buffer = Buffer.alloc(0)

const NUL = 0
const LF = 10
const CR = 13
const SPACE = 32
const ONE = 49
const NINE = 57
const LESS = 60
const countDigits = 9

/** Answers of the count's reader beside the end of the frame. */
const isLine = -1
const needsMore = -2

/** How much the reader may conclude from the absence of bytes. */
type Patience = 'more-may-come' | 'quiet' | 'ended'

/** The state of one connection. */
export class Framer {
  readonly #options: FramerOptions
  /** Bytes of unfinished frames: the first `#tailBytes` of `#tail`. */
  #tail: Buffer = nothing
  #tailBytes = 0
  /** Bytes at the head of the tail known to hold no terminator. */
  #scanned = 0
  #linesOnly = false
  #linesSeen = false
  #afterCounted = false
  /** Within a line whose beginning was cut off and emitted. */
  #inLine = false
  /** Whether `quiet` would conclude something. */
  #undecided = false
  #work: Buffer = nothing
  #nextLf = -1
  #nextNul = -1
  #runKind: FrameKind = 'lines'
  #runStart = 0
  #runEnd = 0
  #runLines = 0

  constructor(options: FramerOptions) {
    this.#options = options
  }

  /** True when a whole message waits only for what follows it; `settle` after a quiet moment lets it go. */
  get undecided(): boolean {
    return this.#undecided
  }

  /** Takes what the peer sent. The chunk's bytes may be changed in place. */
  feed(chunk: Buffer): void {
    const length = this.#tailBytes + chunk.length
    if (this.#tailBytes === 0) {
      this.#finish(chunk, this.#scan(chunk, 'more-may-come'))
      return
    }
    const { scratch } = this.#options
    if (this.#tailBytes <= smallTailBytes && length <= scratch.length) {
      this.#tail.copy(scratch, 0, 0, this.#tailBytes)
      chunk.copy(scratch, this.#tailBytes)
      const work = scratch.subarray(0, length)
      this.#finish(work, this.#scan(work, 'more-may-come'))
      return
    }
    this.#reserve(length)
    chunk.copy(this.#tail, this.#tailBytes)
    this.#tailBytes = length
    this.#again('more-may-come')
  }

  /** The peer has been quiet: a message that is whole is believed without a look at what follows. */
  settle(): void {
    if (this.#undecided) this.#again('quiet')
  }

  /** The peer is gone: emits all that is left, the unterminated rest as a line with LF added. */
  end(): void {
    this.#again('ended')
    const rest = this.#tailBytes
    this.#tailBytes = 0
    this.#scanned = 0
    this.#inLine = false
    if (rest === 0) return
    if (rest === 1 && this.#tail[0] === CR) this.#options.counts.empty++
    else this.#emitWithLf(this.#tail.subarray(0, rest))
  }

  #again(patience: Patience): void {
    const work = this.#tail.subarray(0, this.#tailBytes)
    const used = this.#scan(work, patience)
    if (used === 0) return
    const left = this.#tailBytes - used
    // A tail that grew for one long line is given back after it.
    if (left <= smallTailBytes && this.#tail.length > smallTailBytes)
      this.#tail = Buffer.from(this.#tail.subarray(used, this.#tailBytes))
    else this.#tail.copyWithin(0, used, this.#tailBytes)
    this.#tailBytes = left
  }

  /** Keeps what the scan left of foreign memory. */
  #finish(work: Buffer, used: number): void {
    const left = work.length - used
    this.#tailBytes = 0
    if (left > 0) {
      this.#reserve(left)
      work.copy(this.#tail, 0, used)
    } else if (this.#tail.length > smallTailBytes) this.#tail = nothing
    this.#tailBytes = left
  }

  /** Makes room in the tail, keeping its bytes; doubled, so that a line that grows in drops is not copied for each. */
  #reserve(length: number): void {
    if (this.#tail.length >= length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#tail.length * 2, 1024))
    this.#tail.copy(larger, 0, 0, this.#tailBytes)
    this.#tail = larger
  }

  /** Emits all whole frames; returns the number of bytes used. */
  #scan(work: Buffer, patience: Patience): number {
    this.#work = work
    this.#nextLf = -1
    this.#nextNul = -1
    this.#undecided = false
    let at = 0
    while (at < work.length) {
      const end = this.#inLine ? isLine : this.#frameAtStart(at, patience)
      if (end === needsMore) break
      const next = end === isLine ? this.#line(at) : end
      if (next === needsMore) break
      at = next
      this.#scanned = 0
    }
    this.#flushRun()
    this.#work = nothing
    return at
  }

  /** At a frame's start: skips an empty line or takes a counted message and returns its end. */
  #frameAtStart(at: number, patience: Patience): number {
    const first = this.#work[at]
    if (first === LF || first === NUL) {
      this.#options.counts.empty++
      return at + 1
    }
    if (this.#afterCounted) {
      this.#afterCounted = false
      // The count before was too small: the message goes on here.
      if (first !== LESS && first !== CR && !isDigit(first)) this.#broken()
    }
    if (this.#linesOnly || first < ONE || first > NINE) return isLine
    const end = this.#countedEnd(at, patience)
    if (end < 0) return end
    this.#options.counts.counted++
    this.#keep('counted', at, end)
    this.#afterCounted = true
    return end
  }

  /** Takes the line at `at` (or its first piece); returns its end. */
  #line(at: number): number {
    const { counts, lineBytes } = this.#options
    const stop = this.#terminator(at + this.#scanned)
    if (stop - at > lineBytes) {
      this.#flushRun()
      counts.cutLines++
      this.#emitWithLf(this.#work.subarray(at, at + lineBytes))
      this.#inLine = true
      return at + lineBytes
    }
    if (stop === this.#work.length) {
      this.#scanned = stop - at
      return needsMore
    }
    this.#work[stop] = LF
    if (stop === at + 1 && this.#work[at] === CR && !this.#inLine) counts.empty++
    else {
      counts.lines++
      this.#linesSeen = true
      this.#keep('lines', at, stop + 1)
    }
    this.#inLine = false
    return stop + 1
  }

  /** The end of the octet-counted message at `at`, or that there is none. */
  #countedEnd(at: number, patience: Patience): number {
    const work = this.#work
    let length = 0
    let space = at
    while (space < work.length && space - at < countDigits && isDigit(work[space])) {
      length = length * 10 + work[space] - 48
      space++
    }
    const start = space + 1
    if (space < work.length && work[space] !== SPACE) return isLine
    if (start >= work.length) return patience === 'ended' ? isLine : needsMore
    if (work[start] !== LESS) {
      if (this.#linesSeen || length > this.#options.frameBytes) return isLine
      return this.#doubtfulEnd(at, start, start + length, patience)
    }
    if (length > this.#options.frameBytes) return this.#broken()
    return this.#likelyEnd(start, start + length, patience)
  }

  /** A count before `<`: believed, but for LF inside, which a wrong count over lines has too. */
  #likelyEnd(start: number, end: number, patience: Patience): number {
    if (end > this.#work.length) {
      if (patience !== 'ended') return needsMore
      this.#options.counts.truncated++
      this.#linesOnly = true
      return isLine
    }
    if (this.#lineFeed(start) >= end - 1) return end
    const follows = frameFollows(this.#work, end, true)
    if (follows === 'yes' || (follows === 'unknown' && patience !== 'more-may-come')) return end
    if (follows === 'no') return this.#broken()
    this.#undecided = true
    return needsMore
  }

  /** A number before anything else: more likely a line that begins with a number. */
  #doubtfulEnd(at: number, start: number, end: number, patience: Patience): number {
    const { length } = this.#work
    const stop = this.#terminator(Math.max(start, at + this.#scanned))
    if (stop < length && stop < end - 1) return isLine
    if (end > length) {
      this.#scanned = length - at
      return patience === 'ended' ? isLine : needsMore
    }
    const follows = frameFollows(this.#work, end, false)
    if (follows === 'yes' || (follows === 'unknown' && patience !== 'more-may-come')) return end
    if (follows === 'no') return isLine
    this.#undecided = true
    return needsMore
  }

  #broken(): number {
    this.#options.counts.errors++
    this.#linesOnly = true
    return isLine
  }

  /** Position of the next LF or NUL from `from` on, or the length when there is none. */
  #terminator(from: number): number {
    if (this.#nextNul < from) this.#nextNul = orEnd(this.#work.indexOf(NUL, from), this.#work)
    return Math.min(this.#lineFeed(from), this.#nextNul)
  }

  #lineFeed(from: number): number {
    if (this.#nextLf < from) this.#nextLf = orEnd(this.#work.indexOf(LF, from), this.#work)
    return this.#nextLf
  }

  /** Adds a frame to the run; frames that were left out between are closed over in place. */
  #keep(kind: FrameKind, start: number, end: number): void {
    if (this.#runKind !== kind) this.#flushRun()
    if (this.#runLines === 0) {
      this.#runKind = kind
      this.#runStart = start
      this.#runEnd = start
    }
    if (this.#runEnd !== start) this.#work.copyWithin(this.#runEnd, start, end)
    this.#runEnd += end - start
    this.#runLines++
  }

  #flushRun(): void {
    if (this.#runLines === 0) return
    const lines = this.#runLines
    this.#runLines = 0
    this.#options.emit(this.#runKind, this.#work.subarray(this.#runStart, this.#runEnd), lines)
  }

  /** For the few lines without terminator: the copy is not worth avoiding. */
  #emitWithLf(bytes: Buffer): void {
    const line = Buffer.allocUnsafe(bytes.length + 1)
    bytes.copy(line)
    line[bytes.length] = LF
    this.#options.counts.lines++
    this.#options.emit('lines', line, 1)
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= NINE
}

function orEnd(index: number, work: Buffer): number {
  return index === -1 ? work.length : index
}

/** Whether a frame begins at `at`: `<digit`, `LEN SP`, or (with `trailers`) an empty line. */
function frameFollows(work: Buffer, at: number, trailers: boolean): 'yes' | 'no' | 'unknown' {
  if (at >= work.length) return 'unknown'
  const first = work[at]
  if (first === LF || first === CR || first === NUL) return trailers ? 'yes' : 'no'
  if (first === LESS) {
    if (at + 1 >= work.length) return 'unknown'
    return isDigit(work[at + 1]) ? 'yes' : 'no'
  }
  if (first < ONE || first > NINE) return 'no'
  const end = Math.min(work.length, at + countDigits)
  let digit = at + 1
  while (digit < end && isDigit(work[digit])) digit++
  if (digit === work.length) return 'unknown'
  return work[digit] === SPACE ? 'yes' : 'no'
}
