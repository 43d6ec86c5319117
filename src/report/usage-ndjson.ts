/** `usage.ndjson`: one merged row a line, for SIEMs and scripts. The key order is part of the promise. */

import type { UsageRow } from './report.ts'

/** One line with its line feed. Unknown is null. */
export function usageLine(row: UsageRow): string {
  // Written out: a literal in fixed order keeps JSON.stringify on its fast path for millions of rows.
  const line: UsageRow = {
    hour: row.hour,
    source: row.source,
    app: row.app,
    host: row.host,
    user: row.user,
    device: row.device,
    srcIp: row.srcIp,
    action: row.action,
    transactions: row.transactions,
    bytesUp: row.bytesUp,
    bytesDown: row.bytesDown,
    bytesTotal: row.bytesTotal,
    seenBy: row.seenBy,
  }
  return `${JSON.stringify(line)}\n`
}
