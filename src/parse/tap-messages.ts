/** What the tap's thread is given and gives. Plain data: it is cloned. */
import type { StreamState } from './batch.ts'
import type { Definition } from './definition.ts'
import type { Outcome } from './transaction.ts'

export interface TapStart {
  definitions: readonly Definition[]
  /** What streams have shown so far: their format, their header lines. */
  streams: readonly StreamState[]
}

export interface TapOrder {
  /** Beginning of a segment. */
  bytes: Uint8Array
  /** Data sources that somebody looks at. */
  sources: readonly string[]
}

/** One line as it came, and what it says: one row, or several where it holds several records. */
export interface TapLine {
  source: string
  peer: string
  listener: string
  receivedAtMs: number
  text: string
  rows: Outcome[]
}

export interface TapAnswer {
  lines: TapLine[]
  /** Lines of these sources in the segment, shown or not. */
  total: Record<string, number>
}
