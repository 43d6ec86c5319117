/** What parse hands to the store: one segment's minute flows as columns, its ledger rows, the lines it could not read. */
import type { AgentTables } from '../defender/agent-tables.ts'
import type { ClockSkew } from './clock-skew.ts'
import type { DriftNotice } from './drift-watch.ts'

/**
 * A column of text whose values repeat: `dictionary[index[row]]`. The empty string stands for unknown
 * (a log cannot say "", so nothing is lost). Entries are UTF-8.
 */
export interface TextColumn {
  dictionary: readonly Uint8Array[]
  index: Uint32Array
}

/**
 * Minute flows: one row for each distinct combination of all columns but the counters. All arrays have `rows` entries.
 * Byte counters are sums over the transactions that told them; `…Known` says of how many: 0 = unknown (the sum is then 0),
 * less than `transactions` = a lower bound.
 */
export interface FlowColumns {
  rows: number
  /** Minutes since the epoch (UTC) of the transaction's own time. */
  minute: Uint32Array
  /** Stream key and data source (StreamDescription). */
  stream: TextColumn
  source: TextColumn
  format: TextColumn
  /** `session` (a connection's end), `web` (a request or URL record), `dns` (a query). */
  record: TextColumn
  srcIp: TextColumn
  srcHost: TextColumn
  user: TextColumn
  device: TextColumn
  dstHost: TextColumn
  dstIp: TextColumn
  /** Of all transactions of the row; 0 = unknown, or more than one. No part of the combination. */
  srcPort: Uint16Array
  /** 0 = unknown. */
  dstPort: Uint16Array
  protocol: TextColumn
  appProtocol: TextColumn
  /** `allowed`, `blocked` or empty. */
  action: TextColumn
  appHint: TextColumn
  /** The vendor's category of the first transaction of the row; no part of the key. */
  category: TextColumn
  transactions: Uint32Array
  bytesUp: Float64Array
  bytesUpKnown: Uint32Array
  bytesDown: Float64Array
  bytesDownKnown: Uint32Array
  bytesTotal: Float64Array
  bytesTotalKnown: Uint32Array
}

/** One entry of the ledger; several may stand for one (hour, stream, outcome, reason) and are summed. */
export interface LedgerEntry {
  /** Start of the hour of receipt, epoch milliseconds. */
  hourMs: number
  stream: string
  source: string
  /** `received` is counted by intake, the rest by parse (or by intake for drops). */
  outcome: 'received' | 'transaction' | 'skipped' | 'unparsed' | 'dropped'
  /** Reason of skip, of failure or of drop; '' for received and transactions. */
  reason: string
  /** Format id, '' when none. */
  format: string
  lines: number
  /** null = unknown (the kernel counts datagrams, not bytes). */
  bytes: number | null
}

export interface UnparsedLine {
  receivedAtMs: number
  stream: string
  source: string
  reason: string
  /** At most lineLimits.unparsedKeptBytes, as received. */
  text: Uint8Array
  /** Length before it was cut. */
  bytes: number
}

/** What is known of a stream after a segment: shown by `gnomon sources`, kept over restarts. */
export interface StreamState {
  key: string
  source: string
  listener: string
  peer: string
  /** The format it is pinned to, or null. */
  format: string | null
  /** 0..1 */
  confidence: number
  /** In words: why this format. */
  reason: string
  lastSeenMs: number
  /** Header lines in force (`#Fields`, CSV header), so that lines after a restart are read. */
  layout: string | null
  /** All since it was first seen. */
  transactions: number
  /**
   * Shares for "what your firewall is not telling you": of so many transactions (DNS queries have no bytes and are not asked) so many
   * tell it. Old ones fade, so that what was switched on shows within a day.
   */
  judged: number
  withUser: number
  withHost: number
  withBytes: number
  withAction: number
  /** IANA zone of its stamps without one; null = UTC. */
  zone: string | null
  /** null = no live clock (files), or no stamp yet. */
  skew: ClockSkew | null
  /** How its lines changed, the last first. */
  drift: readonly DriftNotice[]
  /** What the parse thread needs to go on after a restart; null = as it was told last. */
  memory: string | null
}

export interface SegmentBatch {
  /** The segment's id: the insert's deduplication token. */
  segment: string
  /** Report the segment belongs to: 'continuous', or a snapshot's id. */
  report: string
  flows: FlowColumns
  /** Rows of the devices' agents, null = none. */
  agent: AgentTables | null
  ledger: LedgerEntry[]
  unparsed: UnparsedLine[]
  streams: StreamState[]
}
