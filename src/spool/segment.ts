/**
 * The segment file: blocks of frames, each with its own check sum, so that a torn or damaged file still gives what is whole.
 *
 *     block   = magic(4) kind(4) stream(4) length(4) receivedAt(8, float64 ms) lines(4) crc32(4) payload(length)
 *     kind    = 1 lines, 2 counted (RFC 6587), 3 stream description (JSON), 4 drop (JSON)
 *
 * The check sum covers the payload, then the 28 bytes of the header before it: a wrong stream number or line count is damage too.
 * All numbers little-endian. A stream's description stands before its first frame in every segment: a segment explains itself.
 */
import { crc32 } from 'node:zlib'
import { lineLimits } from '../limits.ts'
import type { Drop, StreamDescription } from './frame-sink.ts'

const magic = 0x31424e47 // "GNB1"
export const headerBytes = 32
/** Place of the check sum in the header. */
const sumAt = 28
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

/** Writes a header for the payload that follows it in `out` at `at + headerBytes`; `crc` is the payload's own. */
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
  out.writeUInt32LE(crc32(out.subarray(at, at + sumAt), block.crc), at + sumAt)
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
 * The blocks of `buf[from, to)`. `end` is where the last block ends: what is behind it is a torn tail. `lostBytes` belong to
 * no block: a torn tail, or damage between blocks (the search goes on at the next magic). A block that is not sound may tell a
 * wrong length: it is believed only when no sound block begins within it, and one or the end of the bytes follows.
 */
export function readBlocks(
  buf: Uint8Array,
  from: number,
  to: number,
  visit: (block: Block) => void,
): { end: number; lostBytes: number } {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  let at = from
  let last = from
  let lostBytes = 0
  while (at + headerBytes <= to) {
    let end = blockEnd(view, at, to)
    if (end < 0) {
      const next = nextMagic(buf, at + 1, to)
      lostBytes += next - at
      at = next
      continue
    }
    const sound = isSound(buf, view, at, end)
    if (!sound) end = damagedEnd(buf, view, at, end, to)
    visit({
      kind: view.getUint32(at + 4, true),
      stream: view.getUint32(at + 8, true),
      receivedAtMs: view.getFloat64(at + 16, true),
      lines: view.getUint32(at + 24, true),
      start: at + headerBytes,
      end,
      sound,
    })
    at = last = end
  }
  return { end: last, lostBytes: lostBytes + (to - at) }
}

/** Where the block at `at` says it ends, or -1 when there is none. */
function blockEnd(view: DataView, at: number, to: number): number {
  if (at + headerBytes > to || view.getUint32(at, true) !== magic) return -1
  const length = view.getUint32(at + 12, true)
  const end = at + headerBytes + length
  return length > blockBytesMax || end > to ? -1 : end
}

function isSound(buf: Uint8Array, view: DataView, at: number, end: number): boolean {
  const sum = crc32(buf.subarray(at, at + sumAt), crc32(buf.subarray(at + headerBytes, end)))
  return sum === view.getUint32(at + sumAt, true)
}

/** Where a block that is not sound ends: at the sound block it would swallow, else where it says when that can be, else at the next magic. */
function damagedEnd(buf: Uint8Array, view: DataView, at: number, told: number, to: number): number {
  const start = at + headerBytes
  for (let p = nextMagic(buf, start, told); p < told; p = nextMagic(buf, p + 1, told)) {
    const end = blockEnd(view, p, to)
    if (end >= 0 && isSound(buf, view, p, end)) return p
  }
  return told === to || blockEnd(view, told, to) >= 0 ? told : nextMagic(buf, start, to)
}

function nextMagic(buf: Uint8Array, from: number, to: number): number {
  for (let p = from; p + 4 <= to; p++)
    if (buf[p] === 0x47 && buf[p + 1] === 0x4e && buf[p + 2] === 0x42 && buf[p + 3] === 0x31)
      return p
  return to
}
