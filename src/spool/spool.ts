/**
 * The spool on disk: `open/` (being written), `sealed/` (waiting for parse and store), `quarantine/` (damaged, never deleted).
 * One process owns it. Whatever comes in ends here; a segment leaves when its insert is in the store.
 */
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'
import type { StreamDescription } from './frame-sink.ts'
import { encodeBlock, encodeStream, kindLines, kindStream, readBlocks } from './segment.ts'
import { parseSegmentName, segmentName } from './segment-writer.ts'
import type { SealedSegment } from './segment-writer.ts'
import { laneOf } from './spool-writer.ts'

/** The file that `probe` writes and deletes. */
const probeName = '.probe'

export interface Recovery {
  segments: SealedSegment[]
  /** Bytes of torn tails (written when the process died, never acknowledged). */
  tornBytes: number
  quarantined: string[]
}

export class Spool {
  readonly folder: string
  readonly lanes: number
  /** Bytes of all segments, shared with the writers of other threads. */
  readonly usage: BigInt64Array<SharedArrayBuffer>
  #serial = 0

  constructor(folder: string, lanes: number) {
    this.folder = folder
    this.lanes = lanes
    this.usage = new BigInt64Array(new SharedArrayBuffer(8))
  }

  /** Makes the folders and takes up what the last process left: open segments are sealed behind their last whole block. */
  async recover(): Promise<Recovery> {
    try {
      for (const name of ['open', 'sealed', 'quarantine'])
        await mkdir(join(this.folder, name), { recursive: true, mode: 0o700 })
      const recovery: Recovery = { segments: [], tornBytes: 0, quarantined: [] }
      for (const name of await readdir(join(this.folder, 'open')))
        await this.#sealLeftOver(name, recovery)
      for (const name of (await readdir(join(this.folder, 'sealed'))).toSorted()) {
        const parsed = parseSegmentName(name)
        if (parsed === null) continue
        const { size } = await stat(join(this.folder, 'sealed', name))
        recovery.segments.push({ id: parsed.id, name, lane: parsed.lane, sizeBytes: size })
        Atomics.add(this.usage, 0, BigInt(size))
      }
      return recovery
    } catch (cause) {
      throw new OperatingError(
        'SPOOL_UNUSABLE',
        `cannot use the spool in ${this.folder}: ${causeOf(cause)}; check owner, rights and space of the data folder`,
        { cause },
      )
    }
  }

  async #sealLeftOver(name: string, recovery: Recovery): Promise<void> {
    const path = join(this.folder, 'open', name)
    const bytes = await readFile(path)
    let blocks = 0
    let told = 0
    const { end } = readBlocks(bytes, 0, bytes.length, ({ kind, sound }) => {
      blocks++
      if (!sound || kind !== kindStream) told++
    })
    if (name === probeName) return unlink(path)
    if (
      parseSegmentName(name) === null ||
      (blocks === 0 && bytes.length > 0 && !isTornHeader(bytes))
    ) {
      await rename(path, join(this.folder, 'quarantine', name))
      recovery.quarantined.push(name)
      return
    }
    if (end < bytes.length) {
      recovery.tornBytes += bytes.length - end
      await truncate(path, end)
    }
    // Streams without a frame say nothing, and a part of a file with its id may come again.
    if (told === 0) await unlink(path)
    else await rename(path, join(this.folder, 'sealed', name))
  }

  path(segment: SealedSegment): string {
    return join(this.folder, 'sealed', segment.name)
  }

  /** The segment is in the store: it leaves the spool. */
  async remove(segment: SealedSegment): Promise<void> {
    await rm(this.path(segment), { force: true })
    Atomics.sub(this.usage, 0, BigInt(segment.sizeBytes))
  }

  /** A damaged segment is kept for a person to look at; it no longer counts against the bound. */
  async quarantine(segment: SealedSegment): Promise<void> {
    await rename(this.path(segment), join(this.folder, 'quarantine', segment.name))
    Atomics.sub(this.usage, 0, BigInt(segment.sizeBytes))
  }

  /**
   * Writes whole lines as a sealed segment of their own, under an id the caller derives from the content: the same id again
   * gives the same rows once. Resolves when the file is on disk.
   */
  async writeSealed(
    id: string,
    stream: StreamDescription,
    receivedAtMs: number,
    bytes: Uint8Array,
    lines: number,
  ): Promise<SealedSegment> {
    const lane = laneOf(stream.key, this.lanes)
    const name = segmentName(lane, receivedAtMs, ++this.#serial % 2_000_000_000, id)
    const path = join(this.folder, 'open', name)
    const head = encodeStream(1, stream)
    const block = encodeBlock({ kind: kindLines, stream: 1, receivedAtMs, lines }, bytes)
    const file = await open(path, 'wx', 0o600)
    try {
      try {
        await file.writeFile(head)
        await file.writeFile(block)
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(path, join(this.folder, 'sealed', name))
    } catch (error) {
      // The caller tries again under a new name: what is here would only fill a full disk.
      await rm(path, { force: true })
      throw error
    }
    const sizeBytes = head.length + block.length
    Atomics.add(this.usage, 0, BigInt(sizeBytes))
    return { id, name, lane, sizeBytes }
  }

  /** Fails early when the folder cannot be written. */
  async probe(): Promise<void> {
    const path = join(this.folder, 'open', probeName)
    await writeFile(path, '')
    await unlink(path)
  }
}

/** A file that ends within its first block's header: the process died in its first write. */
function isTornHeader(bytes: Uint8Array): boolean {
  return (
    bytes.length < 4 ||
    (bytes[0] === 0x47 && bytes[1] === 0x4e && bytes[2] === 0x42 && bytes[3] === 0x31)
  )
}
