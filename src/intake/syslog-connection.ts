/** One TCP or TLS sender: framing on one side, the spool on the other, back-pressure between them. */
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { causeOf } from '../errors.ts'
import { syslogLimits } from '../limits.ts'
import type { FrameKind, FrameSink, StreamDescription } from '../spool/frame-sink.ts'
import { Framer } from './framing.ts'
import type { SyslogListenerStatus } from './syslog-status.ts'
import { countDrop } from './syslog-status.ts'

/** What the connections of a listener share. */
export interface ConnectionContext {
  sink: FrameSink
  /** Its `framing` is set. */
  status: SyslogListenerStatus
  now: () => number
  warn: (message: string, fields: Record<string, unknown>) => void
  scratch: Buffer
  lineBytes: number
  frameBytes: number
}

interface HeldFrame {
  kind: FrameKind
  bytes: Buffer
  lines: number
  receivedAtMs: number
}

/** A connected peer. The socket's events are wired by the listener. */
export class SyslogConnection {
  readonly socket: Socket
  /** Changes when the configuration is reloaded. */
  stream: StreamDescription
  readonly #context: ConnectionContext
  readonly #framer: Framer
  /** Frames the spool refused, in order; the socket is paused while there are any. */
  #held: HeldFrame[] = []
  #draining: Promise<void> | null = null
  #givenUp = false
  #fedSinceTick = false
  #ended = false

  constructor(socket: Socket, stream: StreamDescription, context: ConnectionContext) {
    this.socket = socket
    this.stream = stream
    this.#context = context
    const { framing } = context.status
    if (framing === null) throw new Error('BUG: a stream listener counts its framing')
    this.#framer = new Framer({
      emit: (kind, bytes, lines) => this.#give(kind, bytes, lines),
      counts: framing,
      lineBytes: context.lineBytes,
      frameBytes: context.frameBytes,
      scratch: context.scratch,
    })
  }

  /** Whether frames wait for room in the spool. */
  get isHeld(): boolean {
    return this.#held.length > 0
  }

  /** Resolves when nothing waits any more. */
  async delivered(): Promise<void> {
    await this.#draining
  }

  receive(chunk: Buffer): void {
    this.#context.status.received.bytes += chunk.length
    this.#fedSinceTick = true
    this.#framer.feed(chunk)
  }

  /** Called each `settleMs`. */
  tick(): void {
    if (!this.#fedSinceTick && this.#framer.undecided) this.#framer.settle()
    this.#fedSinceTick = false
  }

  /** The peer is gone: its unterminated rest goes to the spool. Safe to call twice. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#framer.end()
  }

  /** Counts what still waits as dropped; for a stop while the spool stays full. */
  giveUp(): void {
    this.#givenUp = true
    const held = this.#held
    this.#held = []
    if (held.length === 0) return
    const drop = {
      reason: 'spool-full' as const,
      lines: held.reduce((sum, frame) => sum + frame.lines, 0),
      bytes: held.reduce((sum, frame) => sum + frame.bytes.length, 0),
    }
    countDrop(this.#context.status, drop)
    this.#context.sink.drop({ ...drop, stream: this.stream, atMs: this.#context.now() })
  }

  #give(kind: FrameKind, bytes: Buffer, lines: number): void {
    const receivedAtMs = this.#context.now()
    if (this.#held.length === 0 && this.#append({ kind, bytes, lines, receivedAtMs })) return
    // The framer's memory is used again: what waits is copied.
    this.#held.push({ kind, bytes: Buffer.from(bytes), lines, receivedAtMs })
    this.#draining ??= this.#drain()
  }

  #append(frame: HeldFrame): boolean {
    const { sink, status } = this.#context
    if (!sink.append(this.stream, frame.receivedAtMs, frame.kind, frame.bytes, frame.lines))
      return false
    status.received.frames++
    status.received.lines += frame.lines
    return true
  }

  async #drain(): Promise<void> {
    const { sink, warn } = this.#context
    this.socket.pause()
    while (this.#held.length > 0) {
      try {
        await sink.drained()
      } catch (error) {
        warn('syslog: waiting for the spool failed, trying again', { cause: causeOf(error) })
      }
      if (this.#appendHeld() === 0 && !this.#givenUp) await delay(syslogLimits.retryMs)
    }
    this.#draining = null
    if (!this.socket.destroyed) this.socket.resume()
  }

  /** Appends held frames in order until one is refused; returns how many were taken. */
  #appendHeld(): number {
    const taken = this.#held.findIndex((frame) => !this.#append(frame))
    const count = taken === -1 ? this.#held.length : taken
    this.#held.splice(0, count)
    return count
  }
}
