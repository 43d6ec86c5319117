/**
 * Log files as they come: plain, gzip (RFC 1952), zip (APPNOTE.TXT), tar, zstd (RFC 8878), recognised by their first bytes. All is
 * streamed; what a file may unpack to is bounded (`fileLimits`), and names of members are labels, never paths.
 */
import { constants, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { pipeline, Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { causeOf, OperatingError } from '../errors.ts'
import { fileLimits } from '../limits.ts'
import { ArchiveBounds, label } from './archive-bounds.ts'
import type { ArchiveLimits } from './archive-bounds.ts'
import { contentKind, headBytes } from './archive-magic.ts'
import type { ContentKind } from './archive-magic.ts'
import { chunksOf, OpenFile, openNameless, peek, writeAll } from './archive-source.ts'
import { tarMembers } from './archive-tar.ts'
import { zipMembers } from './archive-zip.ts'
import { elementLines, recordDepth } from './element-lines.ts'
import { isLaidOut, recordLines } from './record-lines.ts'

/** A piece of a log file. */
export interface LogChunk {
  /** The file's name, or the member's in its archive; for people only. */
  member: string
  /** Which member, counted from 0 in the order of the archive: two members may have one name. */
  index: number
  /** As it is in the file; but UTF-16 (Windows exports) as UTF-8, lines that end with CR alone with LF, JSON and XML laid out over lines a record a line. */
  chunk: Uint8Array
}

export interface ArchiveOptions {
  /** Where an archive that is not a file itself (in another archive, on standard input) is laid down; default: the system's. */
  tempDir?: string
  limits?: ArchiveLimits
}

interface Walk {
  bounds: ArchiveBounds
  tempDir: string
  /** Members so far. */
  index: number
}

/**
 * Reads a log file or archive. Members come one after the other; an empty one gives nothing. Content that is not recognised
 * is given as it is. Throws ARCHIVE_REFUSED (bomb, depth, members, encrypted, damaged, a kind that is not read) and
 * FILE_UNREADABLE.
 *
 *     for await (const { member, chunk } of openLogFile('/var/log/proxy.zip', 'proxy.zip')) …
 */
export async function* openLogFile(
  input: string | Readable | OpenFile,
  name: string,
  options: ArchiveOptions = {},
): AsyncGenerator<LogChunk> {
  if (typeof input === 'string') return yield* openPath(input, name, options)
  const counter = { bytes: 0 }
  const packed = input instanceof OpenFile ? () => input.size : () => counter.bytes
  const walk: Walk = {
    bounds: new ArchiveBounds(label(name), packed, options.limits),
    tempDir: options.tempDir ?? tmpdir(),
    index: 0,
  }
  const chunks = input instanceof OpenFile ? input.chunks() : counted(chunksOf(input), counter)
  yield* unpack(walk, label(name), chunks, {
    depth: 0,
    file: input instanceof OpenFile ? input : null,
  })
}

async function* openPath(
  path: string,
  name: string,
  options: ArchiveOptions,
): AsyncGenerator<LogChunk> {
  const handle = await open(path, constants.O_RDONLY).catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read ${label(name)}: ${causeOf(cause)}; check the path and its rights`,
      { cause },
    )
  })
  try {
    const stat = await handle.stat()
    // A pipe (`gnomon parse <(zcat …)`) has no size and is read as a stream.
    const input = stat.isFile()
      ? new OpenFile(handle, stat.size)
      : handle.createReadStream({ autoClose: false, highWaterMark: fileLimits.readBytes })
    yield* openLogFile(input, name, options)
  } finally {
    await handle.close()
  }
}

async function* counted(
  chunks: AsyncGenerator<Buffer>,
  counter: { bytes: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    counter.bytes += chunk.length
    yield chunk
  }
}

/** One layer: `chunks` are the bytes of a file or member; `file` is set when they are a file that can be read by position. */
async function* unpack(
  walk: Walk,
  member: string,
  chunks: AsyncGenerator<Buffer>,
  layer: { depth: number; file: OpenFile | null },
): AsyncGenerator<LogChunk> {
  const { head, all } = await peek(chunks, headBytes)
  const kind = contentKind(head)
  const { depth } = layer
  switch (kind) {
    case 'plain':
    case 'utf-16le':
    case 'utf-16be': {
      walk.bounds.member()
      const index = walk.index++
      const text = kind === 'plain' ? { head, all } : await peek(toUtf8(all, kind), headBytes)
      for await (const chunk of recordsAsLines(text)) yield { member, index, chunk }
      return
    }
    case 'gzip':
    case 'zstd': {
      walk.bounds.depth(depth + 1)
      const inner = inflated(walk.bounds, all, kind)
      return yield* unpack(walk, withoutSuffix(member), inner, { depth: depth + 1, file: null })
    }
    case 'zip': {
      walk.bounds.depth(depth + 1)
      if (layer.file === null) return yield* unpackStreamedZip(walk, all, depth + 1)
      await all.return(undefined)
      return yield* unpackZip(walk, layer.file, depth + 1)
    }
    case 'tar': {
      walk.bounds.depth(depth + 1)
      for await (const { name, chunks: inner } of tarMembers(all, walk.bounds))
        yield* unpack(walk, name, inner, { depth: depth + 1, file: null })
      return
    }
    default: {
      await all.return(undefined)
      const [what, cure = 'send the logs plain, or as gz, zip, tar or zstd'] = unread[kind]
      throw walk.bounds.refusal(`${what}, which is not read`, cure)
    }
  }
}

/** Kinds that are no logs, or are packed otherwise: what it is, and what to do where it is not to pack it anew. */
const unread: Record<
  Exclude<ContentKind, 'plain' | 'utf-16le' | 'utf-16be' | 'gzip' | 'zstd' | 'zip' | 'tar'>,
  [what: string, cure?: string]
> = {
  bzip2: ['it is bzip2-compressed'],
  xz: ['it is xz-compressed'],
  '7z': ['it is a 7-Zip archive'],
  rar: ['it is a RAR archive'],
  pcap: ['it is a packet capture', 'send what the firewall logs'],
  evtx: [
    'it is a binary Windows event log',
    'write it as XML: wevtutil query-events FILE /logfile:true /format:XML',
  ],
  pdf: ['it is a PDF', 'export the log as text or CSV'],
}

async function* unpackZip(walk: Walk, file: OpenFile, depth: number): AsyncGenerator<LogChunk> {
  for await (const { name, chunks } of zipMembers(file, walk.bounds))
    yield* unpack(walk, name, chunks, { depth, file: null })
}

/** A zip is read from its end (the central directory), so a streamed one is laid down first, within the bounds. */
async function* unpackStreamedZip(
  walk: Walk,
  chunks: AsyncGenerator<Buffer>,
  depth: number,
): AsyncGenerator<LogChunk> {
  const handle = await openNameless(walk.tempDir)
  try {
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > fileLimits.uploadBytes)
        throw walk.bounds.refusal('it is larger than one file may be', 'send it in several files')
      await writeAll(handle, chunk)
    }
    yield* unpackZip(walk, new OpenFile(handle, size), depth)
  } finally {
    await chunks.return(undefined)
    await handle.close()
  }
}

async function* inflated(
  bounds: ArchiveBounds,
  chunks: AsyncGenerator<Buffer>,
  kind: 'gzip' | 'zstd',
): AsyncGenerator<Buffer> {
  const options = { chunkSize: fileLimits.readBytes }
  const decoder: Duplex = kind === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  const input = Readable.from(chunks, { objectMode: false })
  // Errors of both sides come out of the loop below; the callback is only there because pipeline demands it.
  pipeline(input, decoder, () => undefined)
  try {
    for await (const chunk of chunksOf(decoder)) {
      bounds.unpacked(chunk.length)
      yield chunk
    }
  } catch (error) {
    throw bounds.damaged(kind, error)
  } finally {
    decoder.destroy()
    input.destroy()
  }
}

/** The chunks, of JSON and XML that are laid out over many lines with a record a line. */
function recordsAsLines({ head, all }: Awaited<ReturnType<typeof peek>>): AsyncGenerator<Buffer> {
  if (isLaidOut(head)) return recordLines(all)
  const depth = recordDepth(head)
  return depth < 0 ? lineFeeds(all) : elementLines(all, depth)
}

/** Lines that end with CR alone, with LF: what stands before the first LF of the file. */
async function* lineFeeds(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk
    const lf = bytes.indexOf(10)
    // whether a CR at the end is one of CRLF the next chunk tells
    const keep = lf < 0 && bytes.at(-1) === 13 ? 1 : 0
    held = bytes.subarray(bytes.length - keep)
    const last = lf < 0 ? bytes.length - keep : bytes[lf - 1] === 13 ? lf - 1 : lf
    for (let at = bytes.indexOf(13); at >= 0 && at < last; at = bytes.indexOf(13, at + 1))
      bytes[at] = 10
    yield bytes.subarray(0, bytes.length - keep)
    if (lf < 0) continue
    yield* chunks
    return
  }
  if (held.length > 0) yield held
}

async function* toUtf8(
  chunks: AsyncGenerator<Buffer>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Buffer> {
  // The mark itself is left out, half a character waits for its other half, a broken one becomes U+FFFD.
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest)
}

function withoutSuffix(name: string): string {
  return name.replace(/(?<=.)\.(gz|gzip|zst|zstd)$/i, '')
}
