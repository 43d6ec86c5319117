/** Where the bytes of a file are read from, and small parts for streams of chunks. */
import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileLimits } from '../limits.ts'

/** A file that is open: read by position, as often as needed, never beyond `size`. */
export class OpenFile {
  /** Bytes that are read; what is written behind them later is not. */
  readonly size: number
  readonly #handle: FileHandle
  readonly #from: number
  readonly #onRead: (bytes: number) => void

  /** All of it, or `size` bytes of it behind the first `from`. */
  constructor(
    handle: FileHandle,
    size: number,
    options: { from?: number; onRead?: (bytes: number) => void } = {},
  ) {
    this.#handle = handle
    this.size = size
    this.#from = options.from ?? 0
    this.#onRead = options.onRead ?? (() => undefined)
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    const room = Math.min(buffer.length, Math.max(0, this.size - position))
    if (room === 0) return 0
    const { bytesRead } = await this.#handle.read(buffer, 0, room, this.#from + position)
    this.#onRead(bytesRead)
    return bytesRead
  }

  /** Each chunk has memory of its own. */
  async *chunks(start = 0, end = this.size): AsyncGenerator<Buffer> {
    let at = start
    while (at < end) {
      const buffer = Buffer.allocUnsafe(Math.min(fileLimits.readBytes, end - at))
      const bytes = await this.read(buffer, at)
      if (bytes === 0) return
      at += bytes
      yield buffer.subarray(0, bytes)
    }
  }
}

/** The chunks of a stream, whatever it gives; text counts as UTF-8. */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const bytes: unknown = chunk
    if (bytes instanceof Uint8Array)
      yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    else yield Buffer.from(String(bytes))
  }
}

/** The first `bytes` bytes (fewer when there are no more), and all chunks with them. */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
  bytes: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const first: Buffer[] = []
  let have = 0
  while (have < bytes) {
    const next = await chunks.next()
    if (next.done === true) break
    first.push(next.value)
    have += next.value.length
  }
  return { head: Buffer.concat(first).subarray(0, bytes), all: joined(first, chunks) }
}

async function* joined(first: Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* first
    yield* rest
  } finally {
    // Also when nobody came as far as the rest: its file or decompressor must be closed.
    await rest.return(undefined)
  }
}

/** A file without a name: it is gone when it is closed or the process dies. `folder` must be on a disk with room. */
export async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `.gnomon-${randomUUID()}.tmp`)
  const handle = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
  } catch (error) {
    await handle.close()
    throw error
  }
  return handle
}

/** Appends all of `bytes`; a plain write may be short. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let from = 0
  while (from < bytes.length)
    from += (await handle.write(bytes, from, bytes.length - from)).bytesWritten
}
