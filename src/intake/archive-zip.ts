/** Members of a zip file, through its central directory (APPNOTE.TXT 4.3), one after the other. */
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import { label } from './archive-bounds.ts'
import type { ArchiveBounds } from './archive-bounds.ts'
import { chunksOf } from './archive-source.ts'
import type { OpenFile } from './archive-source.ts'

/** Reads the open file; it is closed by whoever opened it. */
class FileReader extends RandomAccessReader {
  readonly #file: OpenFile

  constructor(file: OpenFile) {
    super()
    this.#file = file
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#file.chunks(start, end), { objectMode: false })
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#fill(buffer.subarray(offset, offset + length), position).then(
      (bytes) => callback(null, bytes),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    )
  }

  async #fill(buffer: Buffer, position: number): Promise<number> {
    let have = 0
    while (have < buffer.length) {
      const bytes = await this.#file.read(buffer.subarray(have), position + have)
      if (bytes === 0) break
      have += bytes
    }
    return have
  }

  override close(callback: (error?: Error | null) => void): void {
    callback()
  }
}

/**
 * Gives the files in a zip. Each one's chunks must be read to their end, or returned, before the next is asked for. Names may
 * be anything ("../../etc/passwd" is a label like others). Throws ARCHIVE_REFUSED.
 */
export async function* zipMembers(
  file: OpenFile,
  bounds: ArchiveBounds,
): AsyncGenerator<{ name: string; chunks: AsyncGenerator<Buffer> }> {
  // Names stay bytes: the library refuses a whole archive for one name that climbs ("../"), and ours are no paths.
  const options = { decodeStrings: false, autoClose: false }
  const zip = await bounds.guard('zip', () =>
    fromRandomAccessReaderPromise(new FileReader(file), file.size, options),
  )
  try {
    bounds.announced(zip.entryCount)
    for await (const entry of entriesOf(zip, bounds)) {
      const name = nameOf(entry)
      if (name.endsWith('/') || name.startsWith('__MACOSX/')) {
        // A folder, or the Finder's notes on a file: no log, but it counts as a member.
        bounds.member()
        continue
      }
      yield { name: label(name), chunks: memberChunks(zip, entry, label(name), bounds) }
    }
  } finally {
    zip.close()
  }
}

async function* entriesOf(zip: ZipFile, bounds: ArchiveBounds): AsyncGenerator<Entry> {
  const entries = zip.eachEntry()
  for (;;) {
    const next = await bounds.guard('zip', () => entries.next())
    if (next.done === true) return
    yield next.value
  }
}

async function* memberChunks(
  zip: ZipFile,
  entry: Entry,
  name: string,
  bounds: ArchiveBounds,
): AsyncGenerator<Buffer> {
  if (entry.isEncrypted())
    throw bounds.refusal(`its member ${name} is encrypted`, 'send it without a password')
  if (!entry.canDecodeFileData())
    throw bounds.refusal(
      `its member ${name} is packed by method ${entry.compressionMethod}, which is not read`,
      'pack it with the usual method (deflate)',
    )
  let sum = 0
  try {
    const stream = await zip.openReadStreamPromise(entry)
    for await (const chunk of chunksOf(stream)) {
      bounds.unpacked(chunk.length)
      sum = crc32(chunk, sum)
      yield chunk
    }
  } catch (error) {
    throw bounds.damaged('zip', error)
  }
  if (sum !== entry.crc32)
    throw bounds.refusal(
      `the checksum of its member ${name} does not fit`,
      'send the whole file again',
    )
}

/** UTF-8 when bit 11 says so or it reads as such, else Latin-1: a label only (the standard's code page 437 is hardly met). */
function nameOf(entry: Entry): string {
  const text = entry.fileNameRaw.toString('utf8').replaceAll('\\', '/')
  return text.includes('\uFFFD') ? entry.fileNameRaw.toString('latin1') : text
}
