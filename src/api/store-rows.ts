/** Rows of the store in the API's shapes. */
import type { LedgerSum } from '../report/ledger-queries.ts'
import { timestamp } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import type { Page } from './queries.ts'
import type { LedgerRow, UnparsedRow, UploadResult } from './schemas.ts'

/** The continuous report and every snapshot, the newest snapshot first. */
export const reportsQuery = `
  SELECT r.report AS id, r.title AS title, u.from AS from, u.to AS to, u.transactions AS transactions
  FROM (
    SELECT 'continuous' AS report, '' AS title, toDateTime64(4102444800, 3, 'UTC') AS created
    UNION ALL
    SELECT report, argMax(title, created), max(created) FROM db.reports GROUP BY report
  ) AS r
  LEFT JOIN (
    SELECT toString(report) AS report, min(hour) AS from, max(hour) AS to, sum(transactions) AS transactions
    FROM db.current_usage GROUP BY report
  ) AS u USING (report)
  ORDER BY r.created DESC`

const words = {
  transaction: 'transactions',
  skipped: 'skipped',
  unparsed: 'unparsed',
  dropped: 'dropped',
  received: 'received',
} as const

/** One row for each hour and source, in the order in which they come. */
export function ledgerRows(sums: readonly (LedgerSum & { hour: string })[]): LedgerRow[] {
  const rows = new Map<string, LedgerRow>()
  for (const sum of sums) {
    const key = JSON.stringify([sum.hour, sum.source])
    const row = rows.get(key) ?? emptyRow(sum)
    rows.set(key, row)
    const quantity = row[words[sum.outcome]]
    quantity.lines += sum.lines
    quantity.bytes =
      quantity.bytes === null || sum.bytes === null ? null : quantity.bytes + sum.bytes
    if (sum.outcome !== 'received' && sum.outcome !== 'transaction' && sum.lines !== 0)
      row.reasons.push({
        outcome: sum.outcome,
        reason: sum.reason,
        lines: sum.lines,
        bytes: sum.bytes,
      })
  }
  return [...rows.values()]
}

function emptyRow({ hour, source }: { hour: string; source: string }): LedgerRow {
  const none = (): LedgerRow['received'] => ({ lines: 0, bytes: 0 })
  return {
    hour,
    source,
    received: none(),
    transactions: none(),
    skipped: none(),
    unparsed: none(),
    dropped: none(),
    reasons: [],
  }
}

interface KeptRow {
  id: string
  received: string
  source: string
  stream: string
  reason: string
  text: string
  bytes: number
}

/** Kept unread lines, the last first. */
export async function unparsedPage(
  store: Store,
  query: { source: string | null; reason: string | null; upload: string | null },
  bounds: { limit: number; offset: number },
): Promise<Page<UnparsedRow>> {
  const condition = `({source:String} = '' OR source = {source:String}) AND ({reason:String} = '' OR reason = {reason:String})
    AND ({stream:String} = '' OR stream = {stream:String})`
  const stream = query.upload === null ? '' : `upload:${query.upload}`
  const params = { source: query.source ?? '', reason: query.reason ?? '', stream, ...bounds }
  const rows = await store.query<KeptRow>(
    `SELECT hex(cityHash64(segment, stream, received, text)) AS id, received, source, stream, reason, toValidUTF8(text) AS text, bytes
     FROM db.unparsed WHERE ${condition} ORDER BY received DESC, id LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
    params,
  )
  const [count] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM db.unparsed WHERE ${condition}`,
    params,
  )
  return {
    rows: rows.map(({ received, ...row }) => ({ ...row, receivedAt: received })),
    total: count.rows,
  }
}

/** What became of an upload's lines; null when nothing of it was read yet. */
export function resultOf(sums: readonly LedgerSum[]): UploadResult | null {
  if (sums.length === 0) return null
  const formats = new Map<string, UploadResult['formats'][number]>()
  const reasons: UploadResult['reasons'] = []
  for (const { outcome, reason, format: id, lines } of sums) {
    if (outcome === 'received' || outcome === 'dropped' || lines === 0) continue
    const format = id === '' ? null : id
    const row = formats.get(id) ?? { format, transactions: 0, skipped: 0, unparsed: 0 }
    formats.set(id, row)
    row[words[outcome]] += lines
    if (outcome !== 'transaction') reasons.push({ outcome, reason, format, lines })
  }
  const all = (row: UploadResult['formats'][number]): number =>
    row.transactions + row.skipped + row.unparsed
  return {
    formats: [...formats.values()].toSorted((a, b) => all(b) - all(a)),
    reasons: reasons.toSorted((a, b) => b.lines - a.lines),
  }
}

/** A row of `reports`. */
export function reportRow(report: string, title: string, createdMs: number): object {
  return { report, title, created: timestamp(createdMs) }
}
