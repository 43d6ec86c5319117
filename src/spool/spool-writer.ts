/** The spool's door for one thread: lanes, the bound on bytes, drops, timers. */
import type { Component } from '../lib/component.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import { spoolLimits } from '../limits.ts'
import type { Drop, FrameKind, FrameSink, StreamDescription } from './frame-sink.ts'
import { encodeDrop } from './segment.ts'
import { LaneWriter } from './segment-writer.ts'
import type { SealedSegment } from './segment-writer.ts'

export interface SpoolWriterOptions {
  folder: string
  lanes: number
  tag: string
  maxBytes: number
  fsync: 'interval' | 'always' | 'never'
  /** Bytes in the spool, shared by all writers and the remover (one BigInt64 in a SharedArrayBuffer). */
  usage: BigInt64Array
  now: () => number
  onSealed: (segment: SealedSegment) => void
  /** A write failed: the spool takes nothing until it succeeds again. */
  onTrouble: (error: unknown) => void
}

export interface SpoolWriterStatus {
  frames: number
  bytes: number
  lines: number
  /** Appends refused because the spool was full or unwritable. */
  refused: number
  usedBytes: number
  maxBytes: number
  writable: boolean
}

/** How long the spool is left alone after a failed write (full disk, I/O error). */
const retryMs = 1000
const hourMs = 3_600_000

export class SpoolWriter implements FrameSink, Component<SpoolWriterStatus> {
  readonly #options: SpoolWriterOptions
  readonly #lanes: LaneWriter[]
  #flushTimer: NodeJS.Timeout | null = null
  #ageTimer: NodeJS.Timeout | null = null
  #syncTimer: NodeJS.Timeout | null = null
  #waiting: (() => void)[] = []
  #drops = new Map<string, Drop>()
  /** When a write failed last. */
  #failedAtMs = -Infinity
  #frames = 0
  #bytes = 0
  #lines = 0
  #refused = 0

  constructor(options: SpoolWriterOptions) {
    this.#options = options
    this.#lanes = Array.from(
      { length: options.lanes },
      (_, lane) =>
        new LaneWriter({
          folder: options.folder,
          lane,
          tag: options.tag,
          now: options.now,
          fsync: options.fsync !== 'never',
          onSealed: options.onSealed,
          onOverhead: (bytes) => void Atomics.add(options.usage, 0, BigInt(bytes)),
          onTrouble: (error) => this.#trouble(error),
        }),
    )
  }

  async start(): Promise<void> {
    this.#ageTimer = setInterval(() => this.#tick(), spoolLimits.segmentAgeMs / 8)
    if (this.#options.fsync === 'interval') this.#syncTimer = setInterval(() => this.#sync(), 1000)
  }

  append(
    stream: StreamDescription,
    receivedAtMs: number,
    kind: FrameKind,
    bytes: Uint8Array,
    lines: number,
  ): boolean {
    if (!this.#room(bytes.length)) {
      this.#refused++
      return false
    }
    const lane = this.#lanes[laneOf(stream.key, this.#lanes.length)]
    try {
      lane.append(stream, receivedAtMs, kind, bytes, lines)
    } catch (error) {
      this.#trouble(error)
      this.#refused++
      return false
    }
    Atomics.add(this.#options.usage, 0, BigInt(bytes.length))
    this.#frames++
    this.#bytes += bytes.length
    this.#lines += lines
    this.#flushTimer ??= setTimeout(() => this.#flush(), spoolLimits.writeDelayMs)
    // The frame is taken: what fails from here on is tried again.
    if (this.#options.fsync === 'always') this.#attempt(() => lane.flushAndSync())
    if (lane.isFull) this.#attempt(() => lane.seal())
    return true
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Kept in memory while the spool takes nothing, summed by hour, stream and reason. */
  drop(drop: Drop): void {
    const key = `${Math.floor(drop.atMs / hourMs)} ${drop.reason} ${drop.stream.key}`
    const known = this.#drops.get(key)
    if (known === undefined) {
      this.#drops.set(key, { ...drop })
      return
    }
    known.lines += drop.lines
    known.bytes = known.bytes === null || drop.bytes === null ? null : known.bytes + drop.bytes
  }

  #room(bytes: number): boolean {
    if (!this.#writable) return false
    return Number(Atomics.load(this.#options.usage, 0)) + bytes <= this.#options.maxBytes
  }

  /** A clock that was set back must not keep the door shut. */
  get #writable(): boolean {
    const sinceMs = this.#options.now() - this.#failedAtMs
    return sinceMs < 0 || sinceMs >= retryMs
  }

  /** Room that is worth waking peers for; a spool smaller than that is waited for until it is empty. */
  get #roomy(): number {
    return Math.min(spoolLimits.writeBufferBytes, this.#options.maxBytes)
  }

  #trouble(error: unknown): void {
    this.#failedAtMs = this.#options.now()
    this.#options.onTrouble(error)
  }

  #flush(): void {
    this.#flushTimer = null
    for (const lane of this.#lanes) this.#attempt(() => lane.flush())
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#trouble(error)
      // what is gathered stays in the buffer and is tried again
      this.#flushTimer ??= setTimeout(() => this.#flush(), retryMs)
    }
  }

  #tick(): void {
    const now = this.#options.now()
    if (this.#drops.size > 0 && this.#room(0)) this.#writeDrops()
    for (const lane of this.#lanes) {
      const ageMs = elapsedMs(lane.openedAtMs, now)
      if (lane.isOpen && ageMs >= spoolLimits.segmentAgeMs) this.#attempt(() => lane.seal())
    }
    if (this.#waiting.length > 0 && this.#room(this.#roomy)) {
      const waiting = this.#waiting
      this.#waiting = []
      for (const resolve of waiting) resolve()
    }
  }

  /** A drop that cannot be written now stays for the next time. */
  #writeDrops(): void {
    for (const [key, drop] of this.#drops)
      this.#attempt(() => {
        const lane = laneOf(drop.stream.key, this.#lanes.length)
        this.#lanes[lane].appendBlock(encodeDrop(drop))
        this.#drops.delete(key)
      })
  }

  #sync(): void {
    for (const lane of this.#lanes)
      lane.sync((error) => {
        if (error !== null) this.#trouble(error)
      })
  }

  async stop(): Promise<void> {
    for (const timer of [this.#flushTimer, this.#ageTimer, this.#syncTimer])
      if (timer !== null) clearTimeout(timer)
    this.#flushTimer = this.#ageTimer = this.#syncTimer = null
    this.#writeDrops()
    for (const lane of this.#lanes) this.#attempt(() => lane.seal())
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer)
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  status(): SpoolWriterStatus {
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      lines: this.#lines,
      refused: this.#refused,
      usedBytes: Number(Atomics.load(this.#options.usage, 0)),
      maxBytes: this.#options.maxBytes,
      writable: this.#writable,
    }
  }
}

/** A stream always has the same lane: its lines are parsed in order, by one thread. */
export function laneOf(key: string, lanes: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 15)) >>> 0) % lanes
}
