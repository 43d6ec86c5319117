/** What a report is ranked and drawn by: bytes where logs tell them, else transactions. */

import type { Report, Volume } from './report.ts'
import { formatBytes, formatNoun } from './format.ts'

export interface Measure {
  /** In words, for titles: `traffic` or `transactions`. */
  word: 'traffic' | 'transactions'
  /** null = unknown. */
  of: (row: { bytesTotal: number | null; transactions: number }) => number | null
  format: (value: number | null) => string
}

const byBytes: Measure = { word: 'traffic', of: (row) => row.bytesTotal, format: formatBytes }

const byTransactions: Measure = {
  word: 'transactions',
  of: (row) => row.transactions,
  format: (value) => formatNoun(value ?? 0, 'transaction'),
}

/** Bytes when the report knows any, else transactions. */
export function measureOf(report: Report): Measure {
  return report.totals.bytesTotal === null || report.totals.bytesTotal === 0
    ? byTransactions
    : byBytes
}

/** Largest first by total bytes, unknown bytes last, then by transactions; the input is left as it is. */
export function byVolume<Row extends Volume>(rows: readonly Row[]): Row[] {
  return rows.toSorted(
    (one, other) =>
      (other.bytesTotal ?? -1) - (one.bytesTotal ?? -1) || other.transactions - one.transactions,
  )
}

/** Byte text with its honesty: `≥` marks a lower bound, "–" the unknown. */
export function formatVolume(row: Volume, bytes: number | null): string {
  const bound = bytes !== null && row.bytesKnown !== undefined && row.bytesKnown < row.transactions
  return bound ? `≥ ${formatBytes(bytes)}` : formatBytes(bytes)
}
