/** What became of one row, and what every reader of rows is given. */
import { hash } from 'node:crypto'
import type { AgentTables } from './agent-tables.ts'

export interface RowOutcome {
  outcome: 'transaction' | 'skipped' | 'unparsed'
  /** Why it was skipped or cannot be read; '' for a transaction. */
  reason: string
  /** `DEFENDER_NETWORK_EVENTS` and so on; '' = not known. */
  format: string
  withUser?: boolean
  withHost?: boolean
  withAction?: boolean
  /** A record that cannot be read, of a line that holds several: kept by itself, for what is read of the line counts already. */
  text?: string
}

/** Where rows come from and go to. */
export interface RowContext {
  tables: AgentTables
  source: string
  stream: string
  /** Checks a stamp: '' when it may be kept, else why not. */
  refuseTime: (ms: number) => string
}

export function skip(format: string, reason: string): RowOutcome {
  return { outcome: 'skipped', reason, format }
}

export function unread(format: string, reason: string): RowOutcome {
  return { outcome: 'unparsed', reason, format }
}

/** A row's own identity: the same row by another feed, or read again, has the same. */
export function feedRow(...parts: readonly (string | number)[]): bigint {
  return hash('md5', parts.join('\0'), 'buffer').readBigUInt64LE(0)
}

/** The last part of a Windows or POSIX path: `C:\\a\\msedge.exe` is `msedge.exe`. */
export function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1)
}
