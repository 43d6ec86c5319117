/**
 * Writes one lane's frames into segment files: gathered in memory for at most `writeDelayMs`, written whole blocks at a time,
 * sealed by size or age. What `append` took and `flush` wrote survives kill -9; `sync` makes it survive a power cut.
 */
import { closeSync, fdatasync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
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
  onSealed: (segment: SealedSegment) => void
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
  #openedAtMs = 0
  #dirty = false
  #streams = new Map<string, number>()
  #serial = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Bytes of the open segment, written or gathered. */
  get sizeBytes(): number {
    return this.#written + this.#used
  }

  get openedAtMs(): number {
    return this.#fd < 0 ? Infinity : this.#openedAtMs
  }

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
    if (this.sizeBytes >= spoolLimits.segmentBytes) this.seal()
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

  /** Frames larger than the buffer are written as they are. */
  #large(
    stream: number,
    kind: number,
    receivedAtMs: number,
    bytes: Uint8Array,
    lines: number,
  ): void {
    if (bytes.length > blockBytesMax)
      throw new Error(`BUG: a frame of ${bytes.length} bytes exceeds a block`)
    this.#blockAt = -1
    this.#used -= headerBytes
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
    this.#write(header)
    this.#write(bytes)
  }

  #number(stream: StreamDescription): number {
    const known = this.#streams.get(stream.key)
    if (known !== undefined) return known
    const number = this.#streams.size + 1
    this.#streams.set(stream.key, number)
    this.appendBlock(encodeStream(number, stream))
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

  #write(bytes: Uint8Array): void {
    let from = 0
    while (from < bytes.length) from += writeSync(this.#fd, bytes, from, bytes.length - from)
    this.#written += bytes.length
    this.#dirty = true
  }

  #open(): void {
    const { folder, lane, tag, now } = this.#options
    this.#openedAtMs = now()
    this.#id = `${tag}${this.#openedAtMs.toString(36)}-${(this.#serial++).toString(36)}-${lane}`
    this.#name = segmentName(lane, this.#openedAtMs, this.#serial, this.#id)
    this.#fd = openSync(join(folder, 'open', this.#name), 'wx', 0o600)
    this.#written = 0
    this.#streams = new Map()
  }

  /** Closes the segment and hands it on; an empty one vanishes. */
  seal(): void {
    if (this.#fd < 0) return
    this.flush()
    const { folder, lane, onSealed } = this.#options
    closeSync(this.#fd)
    this.#fd = -1
    this.#dirty = false
    const open = join(folder, 'open', this.#name)
    if (this.#written === 0) return unlinkSync(open)
    renameSync(open, join(folder, 'sealed', this.#name))
    onSealed({ id: this.#id, name: this.#name, lane, sizeBytes: this.#written })
  }

  /** Makes what was written survive a power cut, without holding this thread up. */
  sync(done: (error: NodeJS.ErrnoException | null) => void): void {
    if (this.#fd < 0 || !this.#dirty) return done(null)
    this.#dirty = false
    fdatasync(this.#fd, (error) => done(error?.code === 'EBADF' ? null : error))
  }
}

/** `<lane>.<time>.<serial>.<id>.seg`: names sort in the order of writing, the id is the insert's deduplication token. */
export function segmentName(lane: number, atMs: number, serial: number, id: string): string {
  return `${lane.toString().padStart(2, '0')}.${atMs.toString(36).padStart(9, '0')}.${serial.toString(36).padStart(6, '0')}.${id}.seg`
}

/** Lane and id of a segment's file name, or null. */
export function parseSegmentName(name: string): { lane: number; id: string } | null {
  const match = /^(\d\d)\.[0-9a-z]{9}\.[0-9a-z]{6}\.([A-Za-z0-9_-]+)\.seg$/.exec(name)
  return match === null ? null : { lane: Number(match[1]), id: match[2] }
}
