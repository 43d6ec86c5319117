/**
 * A group of files out of the device's own lines, untouched, as they stand in kept segments (spool/backup.ts). How far an upload is, is
 * written down before and after the group appears: a process that dies in between neither sends twice nor leaves out.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StreamState } from '../parse/batch.ts'
import type { Backup, KeptSegment } from '../spool/backup.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { kindCounted, kindLines, kindStream, readBlocks } from '../spool/segment.ts'
import { mdaSourceOf } from './mda-sources.ts'
import type { NewJob, Outbox } from './outbox.ts'
import { PartWriter } from './part-writer.ts'

export interface RawOutput {
  upload: string
  tenant: string
  stream: string
  source: string
  /** null = by the recognised format of each stream. */
  format: string | null
  partBytes: number
  fileName: (id: string) => string
}

export interface RawParts {
  backup: Backup
  outbox: Outbox
  /** Latest state of every stream: which format its lines are of. */
  streams: () => readonly StreamState[]
  now: () => number
}

interface Cursor {
  /** Name of the last kept segment that was taken. */
  at: string
  /** A group in the making, and the cursor when it is made. */
  making: { group: string; at: string } | null
}

/** How far each raw upload is. */
export class RawCursors {
  readonly #path: string
  #cursors: Record<string, Cursor> = {}

  private constructor(path: string) {
    this.#path = path
  }

  static async open(outbox: Outbox): Promise<RawCursors> {
    const cursors = new RawCursors(join(outbox.folder, 'raw-cursors'))
    const text = await readFile(cursors.#path, 'utf8').catch(() => '{}')
    cursors.#cursors = JSON.parse(text) as Record<string, Cursor>
    for (const cursor of Object.values(cursors.#cursors)) {
      if (cursor.making !== null && outbox.hasGroup(cursor.making.group))
        cursor.at = cursor.making.at
      cursor.making = null
    }
    return cursors
  }

  of(upload: string): string {
    return this.#cursors[upload]?.at ?? ''
  }

  async making(upload: string, making: { group: string; at: string }): Promise<void> {
    this.#cursors[upload] = { at: this.of(upload), making }
    await this.#save()
  }

  async made(upload: string, at: string): Promise<void> {
    this.#cursors[upload] = { at, making: null }
    await this.#save()
  }

  /** The first cursor of these uploads; null without any. */
  least(uploads: readonly string[]): string | null {
    return uploads.length === 0
      ? null
      : (uploads.map((name) => this.of(name)).toSorted()[0] ?? null)
  }

  async #save(): Promise<void> {
    await writeFile(`${this.#path}.new`, JSON.stringify(this.#cursors), {
      flush: true,
      mode: 0o600,
    })
    await rename(`${this.#path}.new`, this.#path)
  }
}

export interface RawMade {
  rows: number
  /** Lines that cannot be uploaded, by reason. */
  left: Record<string, number>
}

/** Makes files of these segments' lines of the source. */
export async function makeRaw(
  parts: RawParts,
  cursors: RawCursors,
  output: RawOutput,
  segments: readonly KeptSegment[],
): Promise<RawMade> {
  const last = segments.at(-1)
  if (last === undefined) return { rows: 0, left: {} }
  const { backup, outbox, now } = parts
  const group = outbox.nextGroup(
    now(),
    output.upload
      .replaceAll(/[^a-z0-9]/gi, '')
      .slice(0, 40)
      .padEnd(4, '0'),
  )
  const folder = await outbox.stage(group)
  try {
    const lines = new RawLines(parts, output, folder)
    for (const segment of segments) await lines.add(await readFile(backup.path(segment)))
    const files = await lines.files()
    const at = last.name
    await cursors.making(output.upload, { group, at })
    if (files.length > 0) await outbox.commit(group, files, now())
    await cursors.made(output.upload, at)
    return { rows: files.reduce((sum, { rows }) => sum + rows, 0), left: lines.left }
  } finally {
    await outbox.unstage(group)
  }
}

/** Lines by the format they are uploaded as; a file with a header line has a writer of its own for each stream. */
class RawLines {
  readonly left: Record<string, number> = {}
  readonly #output: RawOutput
  readonly #folder: string
  readonly #states: Map<string, StreamState>
  readonly #writers = new Map<string, { writer: PartWriter; format: string }>()
  #from = Infinity
  #to = 0
  #number = 0

  constructor(parts: RawParts, output: RawOutput, folder: string) {
    this.#output = output
    this.#folder = folder
    this.#states = new Map(parts.streams().map((state) => [state.key, state]))
  }

  async add(segment: Buffer): Promise<void> {
    const streams = new Map<number, StreamDescription>()
    const blocks: { stream: StreamDescription; bytes: Buffer; lines: number; counted: boolean }[] =
      []
    readBlocks(
      segment,
      0,
      segment.length,
      ({ kind, stream, start, end, lines, sound, receivedAtMs }) => {
        if (!sound) return
        if (kind === kindStream) {
          streams.set(stream, JSON.parse(segment.toString('utf8', start, end)) as StreamDescription)
          return
        }
        const from = streams.get(stream)
        if (from === undefined || from.source !== this.#output.source) return
        if ((from.report ?? 'continuous') !== 'continuous') return
        if (kind !== kindLines && kind !== kindCounted) return
        this.#from = Math.min(this.#from, receivedAtMs)
        this.#to = Math.max(this.#to, receivedAtMs)
        blocks.push({
          stream: from,
          bytes: segment.subarray(start, end),
          lines,
          counted: kind === kindCounted,
        })
      },
    )
    for (const { stream, bytes, lines, counted } of blocks) {
      const to = this.#writerOf(stream)
      if (to === null) this.left['no-parser-there'] = (this.left['no-parser-there'] ?? 0) + lines
      else await to.write(withoutMark(counted ? uncounted(bytes) : bytes), lines)
    }
  }

  #writerOf(stream: StreamDescription): PartWriter | null {
    const state = this.#states.get(stream.key)
    const known = stream.format ?? state?.format ?? null
    const overSyslog = stream.listener.startsWith('syslog')
    const format = this.#output.format ?? (known === null ? null : mdaSourceOf(known, overSyslog))
    if (format === null) return null
    const header = state?.layout ?? null
    const key = header === null ? format : `${format}|${stream.key}`
    const found = this.#writers.get(key)
    if (found !== undefined) return found.writer
    const writer = new PartWriter({
      folder: this.#folder,
      partBytes: this.#output.partBytes,
      header: header === null ? '' : `${header.trimEnd()}\n`,
      nextNumber: () => this.#number++,
    })
    this.#writers.set(key, { writer, format })
    return writer
  }

  async files(): Promise<NewJob[]> {
    const files: { number: number; file: NewJob }[] = []
    const { upload, tenant, stream, fileName } = this.#output
    for (const { writer, format } of this.#writers.values()) {
      await writer.close()
      for (const [number, part] of writer.parts)
        files.push({
          number,
          file: {
            ...part,
            upload,
            tenant,
            stream,
            format,
            fileName,
            snapshot: false,
            content: 'raw',
            from: new Date(this.#from).toISOString(),
            to: new Date(this.#to).toISOString(),
          },
        })
    }
    return files.toSorted((a, b) => a.number - b.number).map(({ file }) => file)
  }
}

/** A byte order mark makes the service refuse the file. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** Octet counting undone (RFC 6587): one message a line; a line feed within a message becomes a blank. */
export function uncounted(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length + 1)
  let length = 0
  let at = 0
  while (at < bytes.length) {
    const blank = bytes.indexOf(32, at)
    if (blank < 0) break
    const size = Number(bytes.toString('latin1', at, blank))
    if (!Number.isSafeInteger(size)) break
    let end = Math.min(blank + 1 + size, bytes.length)
    at = end
    while (end > blank + 1 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--
    for (let i = blank + 1; i < end; i++) out[length++] = bytes[i] === 10 ? 32 : bytes[i]
    out[length++] = 10
  }
  return out.subarray(0, length)
}
