/** What the parse threads and the pool tell each other. Plain data: it is cloned. */
import type { LedgerEntry, StreamState } from './batch.ts'
import type { Definition } from './definition.ts'

export interface ParseThreadOptions {
  /** Read and checked by whoever starts the thread: reading them takes longer than all else a thread does at its start. */
  definitions: readonly Definition[]
  pastMsMax: number
  futureMsMax: number
  /** Where the batches' files go. */
  batchFolder: string
  /** What streams had shown before. */
  streams: readonly StreamState[]
}

/** Other definitions from the next segment on; they were compiled once before. */
export interface RenewOrder {
  definitions: readonly Definition[]
}

/** A thread's first word. `fault`: its definitions do not compile, and it has ended. */
export interface ThreadReady {
  kind: 'ready'
  fault: string | null
}

export interface ParseOrder {
  segment: string
  path: string
}

/** A parsed segment: its columns lie in files (Native), the small rest is here. */
export interface ParsedBatch {
  segment: string
  report: string
  /** Rows in `flowsFile`. */
  flows: number
  flowsFile: string | null
  unparsedFile: string | null
  /** Tables of the devices' agents, and how many rows they have together. */
  agentFiles: { table: string; file: string }[]
  agentRows: number
  /** Hours (epoch ms) its rows touch. */
  hours: number[]
  ledger: LedgerEntry[]
  streams: StreamState[]
  /** A block's check sum did not fit, or bytes lie between blocks. */
  damaged: boolean
  lines: number
  bytes: number
  /** The thread's dictionaries were full behind this segment, and begin anew. */
  forgot: boolean
}

export type ParseAnswer =
  | { kind: 'batch'; batch: ParsedBatch }
  /** The segment cannot be parsed at all. `gone`: there is no such file. */
  | { kind: 'failed'; segment: string; message: string; gone: boolean }
  /** A batch could not be written (full disk): the segment is to be ordered again. */
  | { kind: 'unwritten'; segment: string; message: string }
