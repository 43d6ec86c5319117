/** The spool as file intake sees it: parts become sealed segments under ids of their content, each content is taken once. */
import { setTimeout as delay } from 'node:timers/promises'
import { fileLimits } from '../limits.ts'
import type { Drop } from '../spool/frame-sink.ts'
import type { SealedSegment } from '../spool/segment-writer.ts'
import type { Spool } from '../spool/spool.ts'
import type { TakenFiles } from '../spool/taken-files.ts'
import type { FileSink, SinkPart } from './file-sink.ts'

export interface FileSpoolOptions {
  /** Parts wait while the spool holds more. */
  maxBytes: number
  now: () => number
  onSealed: (segment: SealedSegment) => void
  drop: (drop: Drop) => void
}

export class FileSpool implements FileSink {
  readonly #spool: Spool
  readonly #takenFiles: TakenFiles
  readonly #options: FileSpoolOptions

  constructor(spool: Spool, takenFiles: TakenFiles, options: FileSpoolOptions) {
    this.#spool = spool
    this.#takenFiles = takenFiles
    this.#options = options
  }

  taken(contentId: string): boolean {
    return this.#takenFiles.has(contentId)
  }

  async part({ id, stream, receivedAtMs, bytes, lines }: SinkPart): Promise<void> {
    while (Number(Atomics.load(this.#spool.usage, 0)) + bytes.length > this.#options.maxBytes)
      await delay(fileLimits.fullSpoolMs)
    this.#options.onSealed(await this.#spool.writeSealed(id, stream, receivedAtMs, bytes, lines))
  }

  async done(
    contentId: string,
    summary: { name: string; bytes: number; lines: number },
  ): Promise<void> {
    await this.#takenFiles.add({ id: contentId, ...summary, atMs: this.#options.now() })
  }

  drop(drop: Drop): void {
    this.#options.drop(drop)
  }
}
