/** Takes one whole file into the spool, exactly once, however often it is offered or interrupted. */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { defenderLimits } from '../limits.ts'
import { agentCsvHeader, agentLines, agentStream, peekAgentFile } from '../defender/agent-file.ts'
import { causeOf, OperatingError } from '../errors.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { openLogFile } from './archive.ts'
import type { ArchiveOptions, LogChunk } from './archive.ts'
import { label } from './archive-bounds.ts'
import { contentKind, headBytes } from './archive-magic.ts'
import { OpenFile } from './archive-source.ts'
import { cutParts } from './file-parts.ts'
import type { PartLimits } from './file-parts.ts'
import type { FileSink } from './file-sink.ts'

export interface TakeFileOptions {
  /** What a person calls the file; a label only. */
  name: string
  /** Where its lines belong. */
  stream: StreamDescription
  /**
   * Only these bytes of it: a file that grew after it was taken goes on where it ended. Its place in the file is part of the
   * content id then, since two pieces of one file may well be alike.
   */
  range?: { from: number; to: number }
  /** Stops between two parts; the promise rejects with the signal's reason. The file is to be offered again. */
  signal?: AbortSignal
  /** `readBytes` of `totalBytes`, over all passes (identify, check, take). */
  onProgress?: (progress: { readBytes: number; totalBytes: number }) => void
  archive?: ArchiveOptions
  partLimits?: PartLimits
  /** The caller says that it holds rows of the devices' agents, whatever its first bytes look like. */
  agent?: boolean
}

/** What a file was when it was read. */
export interface FileIdentity {
  size: number
  mtimeMs: number
  /** Device, inode and birth (0 where the file system does not tell): the same path may be another file later. */
  dev: number
  ino: number
  birthtimeMs: number
}

/** The identity out of a `stat`. */
export function identityOf(stat: Stats): FileIdentity {
  const { size, mtimeMs, dev, ino, birthtimeMs } = stat
  return { size, mtimeMs, dev, ino, birthtimeMs }
}

export interface FileSummary {
  name: string
  /** SHA-256 of the raw bytes (and of the report, for other reports than the continuous one), in hex. */
  contentId: string
  /** Parts, lines and bytes (as unpacked, whole lines) of the file; 0 when it was a duplicate or refused. */
  parts: number
  lines: number
  bytes: number
  /** Bytes of the file as it came that were looked at: all, or its range. */
  rawBytes: number
  /** Lines without end that were cut. */
  cutLines: number
  /** The same content was taken before: nothing was written. */
  duplicate: boolean
  /** Why it was refused: nothing was written. */
  refused?: string
  file: FileIdentity
}

/**
 * Reads the file three times at most: its content id, then (archives) whether all of it can be unpacked, so that a damaged one
 * leaves nothing behind, then its parts. A path must be a regular file, no link. Throws FILE_UNREADABLE, and what the sink
 * throws; then the same call again goes on: parts that are written keep their ids.
 */
export async function takeFile(
  input: string | FileHandle,
  options: TakeFileOptions,
  sink: FileSink,
  now: () => number,
): Promise<FileSummary> {
  if (typeof input !== 'string') return await takeOpen(input, options, sink, now)
  const handle = await openRegular(input, options.name)
  try {
    return await takeOpen(handle, options, sink, now)
  } finally {
    await handle.close()
  }
}

/** Without following a link in the last place, and without waiting for a FIFO's writer. */
async function openRegular(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    throw unreadable(name, causeOf(cause), cause)
  }
}

function unreadable(name: string, why: string, cause?: unknown): OperatingError {
  return new OperatingError(
    'FILE_UNREADABLE',
    `cannot read ${label(name)}: ${label(why)}; it must be a regular file that this process may read`,
    { cause },
  )
}

async function takeOpen(
  handle: FileHandle,
  options: TakeFileOptions,
  sink: FileSink,
  now: () => number,
): Promise<FileSummary> {
  const stat = await handle.stat()
  if (!stat.isFile()) throw unreadable(options.name, 'not a regular file')
  const { from, to } = options.range ?? { from: 0, to: stat.size }
  const size = Math.max(0, Math.min(to, stat.size) - from)
  const progress = { readBytes: 0, totalBytes: 2 * size }
  const onRead = (bytes: number): void => {
    progress.readBytes += bytes
    options.onProgress?.({ ...progress })
  }
  const file = new OpenFile(handle, size, { from, onRead })
  const place = from === 0 ? '' : `\0from\0${stat.dev}\0${stat.ino}\0${from}`
  const { contentId, archive } = await identify(file, options, place)
  const summary: FileSummary = {
    name: label(options.name),
    contentId,
    parts: 0,
    lines: 0,
    bytes: 0,
    rawBytes: size,
    cutLines: 0,
    duplicate: sink.taken(contentId),
    file: identityOf(stat),
  }
  if (summary.duplicate) return summary
  if (archive) {
    progress.totalBytes += size
    const refused = await check(file, options)
    if (refused !== null) {
      const drop = { reason: 'archive-refused', lines: 0, bytes: size } as const
      sink.drop({ ...drop, stream: options.stream, atMs: now() })
      return { ...summary, refused }
    }
  }
  const header = from === 0 || archive ? null : await headerOf(handle, from)
  await writeParts(file, { options, sink, now, header }, summary)
  await sink.done(contentId, { name: summary.name, bytes: summary.bytes, lines: summary.lines })
  return summary
}

/** The id of the content, and whether it is packed. */
async function identify(
  file: OpenFile,
  options: TakeFileOptions,
  place: string,
): Promise<{ contentId: string; archive: boolean }> {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  for await (const chunk of file.chunks()) {
    options.signal?.throwIfAborted()
    if (head.length < headBytes) head = Buffer.concat([head, chunk]).subarray(0, headBytes)
    hash.update(chunk)
  }
  hash.update(place)
  const { report } = options.stream
  // A snapshot has the same file of its own: what the continuous report took does not count there.
  if (report !== undefined && report !== 'continuous') hash.update(`\0report\0${report}`)
  const kind = contentKind(head)
  const archive = kind !== 'plain' && kind !== 'utf-16le' && kind !== 'utf-16be'
  return { contentId: hash.digest('hex'), archive }
}

/** Unpacks all of it to nowhere; gives the reason of a refusal, or null. */
async function check(file: OpenFile, options: TakeFileOptions): Promise<string | null> {
  try {
    // One chunk after the other, and nothing is kept.
    for await (const _ of openLogFile(file, options.name, options.archive))
      options.signal?.throwIfAborted()
    return null
  } catch (error) {
    if (error instanceof OperatingError && error.code === 'ARCHIVE_REFUSED') return error.message
    throw error
  }
}

async function writeParts(
  file: OpenFile,
  to: { options: TakeFileOptions; sink: FileSink; now: () => number; header: Uint8Array | null },
  summary: FileSummary,
): Promise<void> {
  const { options, sink, now, header } = to
  const receivedAtMs = now()
  for await (const member of membersOf(openLogFile(file, options.name, options.archive))) {
    let part = 0
    const { kind, all } = await peekAgentFile(behind(header, member.chunks))
    const agent = kind ?? (options.agent === true ? 'lines' : null)
    const stream = agent === null ? options.stream : agentStream(options.stream)
    const text = agent === null ? all : agentLines(all, agent)
    for await (const { bytes, lines, cutLines } of cutParts(text, options.partLimits)) {
      options.signal?.throwIfAborted()
      const id = `${summary.contentId}-${member.index}-${part++}`
      await sink.part({ id, stream, receivedAtMs, bytes, lines })
      summary.parts++
      summary.lines += lines
      summary.bytes += bytes.length
      summary.cutLines += cutLines
    }
  }
}

/** The header of a CSV export that grew: its new rows are read by it. */
async function headerOf(handle: FileHandle, from: number): Promise<Uint8Array | null> {
  const head = Buffer.alloc(Math.min(from, defenderLimits.headBytes))
  const { bytesRead } = await handle.read(head, 0, head.length, 0)
  return agentCsvHeader(head.subarray(0, bytesRead))
}

async function* behind(
  header: Uint8Array | null,
  chunks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (header !== null) yield header
  yield* chunks
}

/** The chunks by member; each member's must be read to their end before the next is asked for. */
async function* membersOf(
  chunks: AsyncGenerator<LogChunk>,
): AsyncGenerator<{ index: number; chunks: AsyncGenerator<Uint8Array> }> {
  try {
    let next = await chunks.next()
    while (next.done !== true) {
      const { index } = next.value
      const own = async function* (): AsyncGenerator<Uint8Array> {
        while (next.done !== true && next.value.index === index) {
          yield next.value.chunk
          next = await chunks.next()
        }
      }
      yield { index, chunks: own() }
    }
  } finally {
    // When a part could not be written, files and decompressors are closed all the same.
    await chunks.return(undefined)
  }
}
