/**
 * Writes one lane's frames into segment files: gathered in memory for at most `writeDelayMs`, written whole blocks at a time,
 * sealed by size or age. What `append` took and `flush` wrote survives kill -9; `sync` makes it survive a power cut.
 */
import {
  close,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { spoolLimits } from '../limits.ts'
import type { FrameKind, StreamDescription } from './frame-sink.ts'
import {
  blockBytesMax,
  encodeStream,
  headerBytes,
  kindCounted,
  kindLines,
  writeHeader,
} from './segment.ts'

export interface SealedSegment {
  id: string
  /** File name within the spool's `sealed` folder. */
  name: string
  lane: number
  sizeBytes: number
}

export interface LaneOptions {
  folder: string
  lane: number
  /** Letter that keeps the names of several writers apart. */
  tag: string
  now: () => number
  /** The rest of a segment is synced when it is sealed, in the background. */
  fsync: boolean
  onSealed: (segment: SealedSegment) => void
  /** Bytes of a segment beyond its frames (headers, descriptions, drops), told when it is sealed; negative = it vanished. */
  onOverhead: (bytes: number) => void
  onTrouble: (error: unknown) => void
}

/** Frames of one stream that come within this time share a block. */
const blockSpanMs = 1000

export class LaneWriter {
  readonly #options: LaneOptions
  readonly #buffer = Buffer.allocUnsafe(spoolLimits.writeBufferBytes)
  #used = 0
  /** Start of the open block in the buffer, -1 = none. */
  #blockAt = -1
  #blockStream = -1
  #blockKind = 0
  #blockReceivedAtMs = 0
  #blockLines = 0
  #fd = -1
  #name = ''
  #id = ''
  #written = 0
  /** Bytes of frames in the open segment. */
  #frameBytes = 0
  #openedAtMs = 0
  #dirty = false
  /** A failed write may have left bytes behind what counts. */
  #torn = false
  #streams = new Map<string, number>()
  #serial = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Bytes of the open segment, written or gathered. */
  get sizeBytes(): number {
    return this.#written + this.#used
  }

  get isOpen(): boolean {
    return this.#fd >= 0
  }

  /** Of the open segment. */
  get openedAtMs(): number {
    return this.#openedAtMs
  }

  /** The segment has reached its size: it is to be sealed. */
  get isFull(): boolean {
    return this.sizeBytes >= spoolLimits.segmentBytes
  }

  /** Takes a whole frame; throws the file system's error when it took nothing. */
  append(
    stream: StreamDescription,
    receivedAtMs: number,
    kind: FrameKind,
    bytes: Uint8Array,
    lines: number,
  ): void {
    if (this.#fd < 0) this.#open()
    const number = this.#number(stream)
    const kindNumber = kind === 'lines' ? kindLines : kindCounted
    let from = 0
    let counted = lines
    while (from < bytes.length) {
      this.#begin(number, kindNumber, receivedAtMs)
      const room = this.#buffer.length - this.#used
      if (bytes.length - from > room && this.#used - this.#blockAt > headerBytes) {
        this.flush()
        continue
      }
      if (bytes.length > room) {
        this.#large(number, kindNumber, receivedAtMs, bytes, counted)
        break
      }
      this.#buffer.set(bytes, this.#used)
      this.#used += bytes.length
      this.#blockLines += counted
      from = bytes.length
      counted = 0
    }
    this.#frameBytes += bytes.length
  }

  /** Writes a ready block (a drop, …) of its own. */
  appendBlock(block: Buffer): void {
    if (this.#fd < 0) this.#open()
    this.#endBlock()
    if (block.length > this.#buffer.length - this.#used) this.flush()
    if (block.length > this.#buffer.length) return this.#write(block)
    block.copy(this.#buffer, this.#used)
    this.#used += block.length
  }

  /** Frames larger than the buffer are written as they are; what was written counts only when all of it was. */
  #large(
    stream: number,
    kind: number,
    receivedAtMs: number,
    bytes: Uint8Array,
    lines: number,
  ): void {
    if (bytes.length > blockBytesMax)
      throw new Error(`BUG: a frame of ${bytes.length} bytes exceeds a block`)
    this.flush()
    const header = Buffer.allocUnsafe(headerBytes)
    writeHeader(header, 0, {
      kind,
      stream,
      length: bytes.length,
      receivedAtMs,
      lines,
      crc: crc32(bytes),
    })
    const written = this.#written
    try {
      this.#write(header)
      this.#write(bytes)
    } catch (error) {
      this.#written = written
      this.#torn = true
      throw error
    }
  }

  #number(stream: StreamDescription): number {
    const known = this.#streams.get(stream.key)
    if (known !== undefined) return known
    const number = this.#streams.size + 1
    this.appendBlock(encodeStream(number, stream))
    this.#streams.set(stream.key, number)
    return number
  }

  /** Opens a block for the stream, or goes on with the open one. */
  #begin(stream: number, kind: number, receivedAtMs: number): void {
    const same =
      this.#blockAt >= 0 &&
      this.#blockStream === stream &&
      this.#blockKind === kind &&
      receivedAtMs - this.#blockReceivedAtMs < blockSpanMs &&
      receivedAtMs >= this.#blockReceivedAtMs
    if (same) return
    this.#endBlock()
    if (this.#buffer.length - this.#used < headerBytes + 4096) this.flush()
    this.#blockAt = this.#used
    this.#blockStream = stream
    this.#blockKind = kind
    this.#blockReceivedAtMs = receivedAtMs
    this.#blockLines = 0
    this.#used += headerBytes
  }

  #endBlock(): void {
    if (this.#blockAt < 0) return
    const from = this.#blockAt + headerBytes
    const length = this.#used - from
    if (length === 0) this.#used = this.#blockAt
    else
      writeHeader(this.#buffer, this.#blockAt, {
        kind: this.#blockKind,
        stream: this.#blockStream,
        length,
        receivedAtMs: this.#blockReceivedAtMs,
        lines: this.#blockLines,
        crc: crc32(this.#buffer.subarray(from, this.#used)),
      })
    this.#blockAt = -1
  }

  /** Hands everything gathered to the kernel. Throws the file system's error; nothing is taken out of the buffer then. */
  flush(): void {
    this.#endBlock()
    if (this.#used === 0) return
    this.#write(this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }

  /** Writes all of `bytes` or nothing that counts: what a failed write left behind is cut off by the next one. */
  #write(bytes: Uint8Array): void {
    this.#cutTorn()
    let from = 0
    try {
      while (from < bytes.length)
        from += writeSync(this.#fd, bytes, from, bytes.length - from, this.#written + from)
    } catch (error) {
      this.#torn = true
      throw error
    }
    this.#written += bytes.length
    this.#dirty = true
  }

  #cutTorn(): void {
    if (!this.#torn) return
    ftruncateSync(this.#fd, this.#written)
    this.#torn = false
  }

  #open(): void {
    const { folder, lane, tag, now } = this.#options
    this.#openedAtMs = now()
    this.#id = `${tag}${this.#openedAtMs.toString(36)}-${(this.#serial++).toString(36)}-${lane}`
    this.#name = segmentName(lane, this.#openedAtMs, this.#serial, this.#id)
    this.#fd = openSync(join(folder, 'open', this.#name), 'wx', 0o600)
    this.#streams = new Map()
  }

  /** Hands the segment on; an empty one vanishes. Throws the file system's error; the segment stays open then. */
  seal(): void {
    if (this.#fd < 0) return
    this.flush()
    const { folder, lane, onSealed, onOverhead } = this.#options
    const open = join(folder, 'open', this.#name)
    const segment = { id: this.#id, name: this.#name, lane, sizeBytes: this.#written }
    try {
      this.#cutTorn()
      if (this.#written === 0) unlinkSync(open)
      else renameSync(open, join(folder, 'sealed', this.#name))
    } catch (error) {
      // a file that is gone cannot be sealed by trying again
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        onOverhead(-this.#close())
      throw error
    }
    const frameBytes = this.#close()
    if (segment.sizeBytes === 0) return
    onOverhead(segment.sizeBytes - frameBytes)
    onSealed(segment)
  }

  /** Lets go of the file without holding this thread up; returns the bytes of its frames. */
  #close(): number {
    const { fsync, onTrouble } = this.#options
    const fd = this.#fd
    const frameBytes = this.#frameBytes
    const letGo = (): void =>
      close(fd, (error) => {
        if (error !== null) onTrouble(error)
      })
    if (fsync && this.#dirty)
      fdatasync(fd, (error) => {
        if (error !== null) onTrouble(error)
        letGo()
      })
    else letGo()
    this.#fd = -1
    this.#written = this.#frameBytes = 0
    this.#dirty = this.#torn = false
    return frameBytes
  }

  /** Hands everything gathered to the disk before it returns. */
  flushAndSync(): void {
    this.flush()
    if (this.#fd < 0 || !this.#dirty) return
    fdatasyncSync(this.#fd)
    this.#dirty = false
  }

  /** Makes what was written survive a power cut, without holding this thread up. */
  sync(done: (error: NodeJS.ErrnoException | null) => void): void {
    if (this.#fd < 0 || !this.#dirty) return done(null)
    this.#dirty = false
    fdatasync(this.#fd, (error) => {
      // sealed and closed meanwhile: it was synced for the last time then
      if (error?.code === 'EBADF') return done(null)
      if (error !== null) this.#dirty = true
      done(error)
    })
  }
}

/** `<lane>.<time>.<serial>.<id>.seg`: names sort in the order of writing, the id is the insert's deduplication token. */
export function segmentName(lane: number, atMs: number, serial: number, id: string): string {
  return `${lane.toString().padStart(2, '0')}.${atMs.toString(36).padStart(9, '0')}.${serial.toString(36).padStart(6, '0')}.${id}.seg`
}

/** Lane, id and time of opening of a segment's file name, or null. */
export function parseSegmentName(
  name: string,
): { lane: number; id: string; openedAtMs: number } | null {
  const match = /^(\d\d)\.([0-9a-z]{9})\.[0-9a-z]{6}\.([A-Za-z0-9_-]+)\.seg$/.exec(name)
  if (match === null) return null
  return { lane: Number(match[1]), id: match[3], openedAtMs: Number.parseInt(match[2], 36) }
}
