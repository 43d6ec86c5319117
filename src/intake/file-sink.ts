/** The door of the spool for whole files: written part by part, exactly once. */
import type { Drop, StreamDescription } from '../spool/frame-sink.ts'

/** Whole lines of one file: the last byte is LF. */
export interface SinkPart {
  /** `<contentId>-<member>-<part>`, both counted from 0: the same content gives the same ids. */
  id: string
  stream: StreamDescription
  receivedAtMs: number
  /** Valid until the promise of `part` settles: the buffer is used again. */
  bytes: Uint8Array
  lines: number
}

/**
 * Where files go. A file that is interrupted (kill -9, full disk) is offered again from its beginning: the parts that are
 * there already are known by their ids.
 */
export interface FileSink {
  /** True when this content was taken before (by content id). */
  taken(contentId: string): boolean
  /**
   * Writes one part as a sealed segment under its id; resolves when durable; waits (back-pressure) while the spool is full.
   * The same id again is a no-op.
   */
  part(part: SinkPart): Promise<void>
  /** Marks the content as taken, after all parts are written (journalled). */
  done(contentId: string, summary: { name: string; bytes: number; lines: number }): Promise<void>
  /** Enters a refusal into the ledger. */
  drop(drop: Drop): void
}
