/** Merged usage row by row, in order of time: what `usage.ndjson` holds. */
import type { Store } from '../store/store.ts'
import type { UsageRow } from './report.ts'
import { inScope, known, scopeParams, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

interface StoredUsage extends VolumeRow {
  hour: string
  source: string
  app: string
  host: string
  user: string
  device: string
  src_ip: string
  action: '' | 'allowed' | 'blocked'
  seen_by: ('network' | 'agent')[]
}

/**
 * All rows of the scope, infrastructure included (its `app` is null, like that of unknown services). Asked for hour by hour: the
 * embedded store answers each question as one piece.
 */
export async function* usageRows(store: Store, scope: UsageScope): AsyncGenerator<UsageRow> {
  const hours = await store.query<{ hour: number }>(
    `SELECT DISTINCT toUnixTimestamp(hour) AS hour FROM db.current_usage AS usage WHERE ${inScope} ORDER BY hour`,
    scopeParams(scope),
  )
  for (const { hour } of hours)
    yield* hourRows(store, { ...scope, fromMs: hour * 1000, toMs: hour * 1000 + hourMs })
}

const hourMs = 3_600_000

async function* hourRows(store: Store, scope: UsageScope): AsyncGenerator<UsageRow> {
  const rows = store.stream<StoredUsage>(
    `SELECT hour, source, app, host, user, device, src_ip, action, seen_by, transactions, bytes_up, bytes_up_known, bytes_down,
       bytes_down_known, bytes_total, bytes_total_known
     FROM db.current_usage AS usage WHERE ${inScope} ORDER BY source, app, host, user, src_ip`,
    scopeParams(scope),
  )
  for await (const row of rows) {
    const { transactions, bytesUp, bytesDown, bytesTotal } = volumeOf(row)
    yield {
      hour: row.hour,
      source: row.source,
      app: known(row.app),
      host: known(row.host),
      user: known(row.user),
      device: known(row.device),
      srcIp: known(row.src_ip),
      action: row.action === '' ? null : row.action,
      transactions,
      bytesUp,
      bytesDown,
      bytesTotal,
      seenBy: row.seen_by,
    }
  }
}
