/** Lines of a segment that nobody could read, kept as they came: some of each segment. */
import { lineLimits } from '../limits.ts'
import type { UnparsedLine } from './batch.ts'
import type { LineContext } from './line-context.ts'
import type { KnownStream } from './stream-registry.ts'

export class KeptLines {
  readonly #c: LineContext
  #lines: UnparsedLine[] = []

  constructor(c: LineContext) {
    this.#c = c
  }

  /** Hands over what was kept. */
  take(): UnparsedLine[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  /** Keeps the line `[start, end)`, or the one record of it that `record` is, with the reason in the context. */
  keep(start: number, end: number, stream: KnownStream, record: string | null = null): void {
    if (this.#lines.length >= lineLimits.unparsedKeptPerSegment) return
    const c = this.#c
    const most = lineLimits.unparsedKeptBytes
    const bytes = record === null ? null : Buffer.from(record)
    this.#lines.push({
      receivedAtMs: c.receivedAtMs,
      stream: stream.description.key,
      source: stream.description.source,
      reason: c.reason,
      text: bytes?.subarray(0, most) ?? c.buf.slice(start, Math.min(end, start + most)),
      bytes: bytes?.length ?? end - start,
    })
  }
}
