/** A sink for files that remembers everything, and folders that clean up after themselves. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { FileSink, SinkPart } from '../../src/intake/file-sink.ts'
import type { Drop, StreamDescription } from '../../src/spool/frame-sink.ts'

export const silent = pino({ level: 'silent' })

export class RecordingSink implements FileSink {
  /** By id, as the spool would keep them; a second part of one id is a no-op. */
  readonly parts = new Map<string, { text: string; stream: StreamDescription; lines: number }>()
  readonly doneIds: string[] = []
  readonly drops: Drop[] = []
  /** Ids that came more than once. */
  readonly repeated: string[] = []
  /** Parts that are taken before the sink fails; Infinity = never. */
  failAfter = Infinity

  taken(contentId: string): boolean {
    return this.doneIds.includes(contentId)
  }

  async part(part: SinkPart): Promise<void> {
    if (this.failAfter-- <= 0) throw new Error('the disk is full')
    await new Promise(setImmediate)
    if (this.parts.has(part.id)) this.repeated.push(part.id)
    else {
      const { stream, lines } = part
      this.parts.set(part.id, { text: Buffer.from(part.bytes).toString(), stream, lines })
    }
  }

  async done(contentId: string): Promise<void> {
    if (this.failAfter-- <= 0) throw new Error('the disk is full')
    this.doneIds.push(contentId)
  }

  drop(drop: Drop): void {
    this.drops.push(drop)
  }

  /** All text, in the order it came. */
  get text(): string {
    return [...this.parts.values()].map((part) => part.text).join('')
  }
}

export function streamOf(source: string): StreamDescription {
  const key = `folder:${source}`
  return { key, listener: 'folder', peer: source, source, format: null, zone: null }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What a step makes of a file that comes in pieces of so many bytes. */
export async function inPieces(
  bytes: Buffer,
  step: number,
  made: (chunks: AsyncGenerator<Buffer>) => AsyncIterable<Uint8Array>,
): Promise<string> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
  }
  const out: Uint8Array[] = []
  for await (const chunk of made(pieces())) out.push(Buffer.from(chunk))
  return Buffer.concat(out).toString()
}
