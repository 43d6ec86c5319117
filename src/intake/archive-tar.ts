/** Members of a tar file (POSIX.1-2001 pax and ustar, GNU), as they stream by, one after the other. */
import { ReadableStream } from 'node:stream/web'
import { createTarDecoder } from 'modern-tar'
import type { ParsedTarEntry } from 'modern-tar'
import { label } from './archive-bounds.ts'
import type { ArchiveBounds } from './archive-bounds.ts'

/**
 * Gives the files in a tar. Each one's chunks must be read to their end, or returned, before the next is asked for. Names may be
 * anything: they are labels. Links and devices are no logs, but count as members. Throws ARCHIVE_REFUSED.
 */
export async function* tarMembers(
  chunks: AsyncGenerator<Buffer>,
  bounds: ArchiveBounds,
): AsyncGenerator<{ name: string; chunks: AsyncGenerator<Buffer> }> {
  // one class with two declarations: the browser's has no `from`
  const packed = ReadableStream.from(chunks) as unknown as globalThis.ReadableStream<Uint8Array>
  const entries = packed.pipeThrough(createTarDecoder({ strict: true }))[Symbol.asyncIterator]()
  try {
    for (;;) {
      const entry = await bounds.guard('tar', () => entries.next())
      if (entry.done === true) return
      const { header, body } = entry.value
      if (header.type !== undefined && header.type !== 'file') {
        bounds.member()
        await bounds.guard('tar', () => body.cancel())
        continue
      }
      yield { name: label(header.name), chunks: memberChunks(body, bounds) }
    }
  } finally {
    // also when nobody came as far as the end: what is packed around it must be closed
    await entries.return?.()
    await chunks.return(undefined)
  }
}

async function* memberChunks(
  body: ParsedTarEntry['body'],
  bounds: ArchiveBounds,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  } catch (error) {
    throw bounds.damaged('tar', error)
  }
}
