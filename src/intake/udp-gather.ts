/**
 * Gathers datagrams into large appends: one datagram is one message (RFC 5426), but an append for each would cost more than
 * the datagram. The order of one peer's datagrams is kept; between peers there is none to keep.
 */
import { syslogLimits } from '../limits.ts'
import type { DropReason, FrameKind, FrameSink } from '../spool/frame-sink.ts'
import type { SyslogPeer } from './syslog-peers.ts'
import { countDrop } from './syslog-status.ts'
import type { SyslogListenerStatus } from './syslog-status.ts'

const NUL = 0
const LF = 10
const CR = 13
/** Largest UDP payload, and room for its count. */
const datagramRoom = 65_536 + 16

/** A peer and what waits of it. */
export interface UdpPeer extends SyslogPeer {
  kind: FrameKind
  waiting: Buffer[]
  /** Size of what waits, with its framing. */
  waitingBytes: number
  waitingLines: number
}

/** The record of a peer of which nothing waits. */
export function createUdpPeer(peer: SyslogPeer): UdpPeer {
  return { ...peer, kind: 'lines', waiting: [], waitingBytes: 0, waitingLines: 0 }
}

/** The gatherer of one listener. It keeps the datagrams it is given until `flush`. */
export class UdpGather {
  readonly #sink: FrameSink
  readonly #status: SyslogListenerStatus
  readonly #scratch = Buffer.allocUnsafe(syslogLimits.udpGatherBytes + datagramRoom)
  #dirty: UdpPeer[] = []
  #refused: UdpPeer[] = []
  #bytes = 0

  constructor(sink: FrameSink, status: SyslogListenerStatus) {
    this.#sink = sink
    this.#status = status
  }

  /** Bytes that wait, over all peers. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes one datagram; the time is the receive time of what must be handed on to make room. */
  take(peer: UdpPeer, datagram: Buffer, nowMs: number): void {
    const { received } = this.#status
    received.datagrams++
    received.bytes += datagram.length
    const end = messageEnd(datagram)
    if (end === 0) {
      received.empty++
      return
    }
    if (!peer.allowed) {
      if (peer.waitingLines === 0) this.#refused.push(peer)
      peer.waitingLines++
      peer.waitingBytes += datagram.length
      return
    }
    const message = end === datagram.length ? datagram : datagram.subarray(0, end)
    const lines = lineCount(message)
    const kind = lines === 0 ? 'counted' : 'lines'
    const size = lines === 0 ? end + 1 + String(end).length : end + 1
    const full = peer.waitingBytes + size > syslogLimits.udpGatherBytes
    if (peer.waitingLines === 0) this.#dirty.push(peer)
    else if (full || peer.kind !== kind) this.#flushPeer(peer, nowMs)
    peer.kind = kind
    peer.waiting.push(message)
    peer.waitingBytes += size
    peer.waitingLines += lines || 1
    this.#bytes += size
  }

  /** Hands on all that waits. */
  flush(nowMs: number): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const peer of dirty) this.#flushPeer(peer, nowMs)
    this.#bytes = 0
  }

  /** Reports refused senders; apart and seldom, so that a flood of them is not a flood of entries in the ledger. */
  reportRefused(nowMs: number): void {
    const refused = this.#refused
    this.#refused = []
    for (const peer of refused) {
      const { waitingLines: lines, waitingBytes: bytes } = peer
      reset(peer)
      this.#drop(peer, 'sender-refused', { lines, bytes, atMs: nowMs })
    }
  }

  #flushPeer(peer: UdpPeer, nowMs: number): void {
    const { kind, waitingBytes: bytes, waitingLines: lines } = peer
    const frame = pack(this.#scratch, kind, peer.waiting)
    this.#bytes -= bytes
    reset(peer)
    if (this.#sink.append(peer.stream, nowMs, kind, frame, lines)) {
      this.#status.received.frames++
      this.#status.received.lines += lines
    } else this.#drop(peer, 'spool-full', { lines, bytes, atMs: nowMs })
  }

  #drop(
    peer: UdpPeer,
    reason: DropReason,
    amount: { lines: number; bytes: number; atMs: number },
  ): void {
    countDrop(this.#status, { reason, ...amount })
    this.#sink.drop({ stream: peer.stream, reason, ...amount })
  }
}

function reset(peer: UdpPeer): void {
  peer.waiting = []
  peer.waitingBytes = 0
  peer.waitingLines = 0
}

/** Copies messages behind each other with their framing; returns the part of the scratch that was filled. */
function pack(scratch: Buffer, kind: FrameKind, messages: readonly Buffer[]): Buffer {
  let at = 0
  for (const message of messages) {
    if (kind === 'counted') at += scratch.write(`${message.length} `, at, 'latin1')
    scratch.set(message, at)
    at += message.length
    if (kind === 'lines') scratch[at++] = LF
  }
  return scratch.subarray(0, at)
}

/** The length without trailing LF, CR and NUL. */
function messageEnd(datagram: Buffer): number {
  let end = datagram.length
  while (end > 0) {
    const last = datagram[end - 1]
    if (last !== LF && last !== CR && last !== NUL) break
    end--
  }
  return end
}

/**
 * The number of lines in a message, or 0 when it is one message with LF inside: it is cut only where each further line
 * begins with a priority, as relays send them that put several messages in one datagram.
 */
export function lineCount(message: Buffer): number {
  let lines = 1
  let lf = message.indexOf(LF)
  while (lf !== -1) {
    if (!hasPriority(message, lf + 1)) return 0
    lines++
    lf = message.indexOf(LF, lf + 1)
  }
  return lines
}

/** `<` 1 to 3 digits `>` (RFC 3164, RFC 5424). */
function hasPriority(message: Buffer, at: number): boolean {
  if (message[at] !== 60) return false
  let digit = at + 1
  while (digit < message.length && digit <= at + 3 && message[digit] >= 48 && message[digit] <= 57)
    digit++
  return digit > at + 1 && message[digit] === 62
}
