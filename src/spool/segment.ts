/**
 * The segment file: blocks of frames, each with its own check sum, so that a torn or damaged file still gives what is whole.
 *
 *     block   = magic(4) kind(4) stream(4) length(4) receivedAt(8, float64 ms) lines(4) crc32(4) payload(length)
 *     kind    = 1 lines, 2 counted (RFC 6587), 3 stream description (JSON), 4 drop (JSON)
 *
 * All numbers little-endian. A stream's description stands before its first frame in every segment: a segment explains itself.
 */
import { crc32 } from 'node:zlib'
import { lineLimits } from '../limits.ts'
import type { Drop, StreamDescription } from './frame-sink.ts'

const magic = 0x31424e47 // "GNB1"
export const headerBytes = 32
export const kindLines = 1
export const kindCounted = 2
export const kindStream = 3
export const kindDrop = 4

/** Largest payload of one block. */
export const blockBytesMax = 16 * 1024 * 1024 + 8 * lineLimits.lineBytes

export interface Block {
  kind: number
  stream: number
  receivedAtMs: number
  lines: number
  /** Payload within the buffer. */
  start: number
  end: number
  /** False: the check sum does not fit. */
  sound: boolean
}

/** Writes a header for the payload that follows it in `out` at `at + headerBytes`. */
export function writeHeader(
  out: Buffer,
  at: number,
  block: {
    kind: number
    stream: number
    length: number
    receivedAtMs: number
    lines: number
    crc: number
  },
): void {
  out.writeUInt32LE(magic, at)
  out.writeUInt32LE(block.kind, at + 4)
  out.writeUInt32LE(block.stream, at + 8)
  out.writeUInt32LE(block.length, at + 12)
  out.writeDoubleLE(block.receivedAtMs, at + 16)
  out.writeUInt32LE(block.lines, at + 24)
  out.writeUInt32LE(block.crc, at + 28)
}

/** A whole block with its payload. */
export function encodeBlock(
  block: { kind: number; stream: number; receivedAtMs: number; lines: number },
  payload: Uint8Array,
): Buffer {
  const out = Buffer.allocUnsafe(headerBytes + payload.length)
  out.set(payload, headerBytes)
  writeHeader(out, 0, { ...block, length: payload.length, crc: crc32(payload) })
  return out
}

/** The block that introduces a stream under its number in this segment. */
export function encodeStream(number: number, stream: StreamDescription): Buffer {
  return encodeBlock(
    { kind: kindStream, stream: number, receivedAtMs: 0, lines: 0 },
    Buffer.from(JSON.stringify(stream)),
  )
}

export function encodeDrop(drop: Drop): Buffer {
  return encodeBlock(
    { kind: kindDrop, stream: 0, receivedAtMs: drop.atMs, lines: drop.lines },
    Buffer.from(JSON.stringify(drop)),
  )
}

/**
 * The blocks of `buf[from, to)`. Returns where the last whole block ends: less than `to` means a torn tail, or damage that
 * hides where the next block begins (the search goes on at the next magic).
 */
export function readBlocks(
  buf: Uint8Array,
  from: number,
  to: number,
  visit: (block: Block) => void,
): { end: number; lostBytes: number } {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  let at = from
  let lostBytes = 0
  while (at + headerBytes <= to) {
    const length = view.getUint32(at + 12, true)
    const end = at + headerBytes + length
    if (view.getUint32(at, true) !== magic || length > blockBytesMax || end > to) {
      const next = nextMagic(buf, at + 1, to)
      lostBytes += next - at
      if (next >= to) return { end: at, lostBytes }
      at = next
      continue
    }
    const start = at + headerBytes
    visit({
      kind: view.getUint32(at + 4, true),
      stream: view.getUint32(at + 8, true),
      receivedAtMs: view.getFloat64(at + 16, true),
      lines: view.getUint32(at + 24, true),
      start,
      end,
      sound: crc32(buf.subarray(start, end)) === view.getUint32(at + 28, true),
    })
    at = end
  }
  return { end: at, lostBytes: lostBytes + (to - at) }
}

function nextMagic(buf: Uint8Array, from: number, to: number): number {
  for (let p = from; p + 4 <= to; p++)
    if (buf[p] === 0x47 && buf[p + 1] === 0x4e && buf[p + 2] === 0x42 && buf[p + 3] === 0x31)
      return p
  return to
}
