/** What stands behind a number: who used an app from where, and what a user, address or device used. */
import { apiLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { inScope, scopeParams, volumeColumns, volumeOf } from './scope.ts'
import type { UsageScope, VolumeRow } from './scope.ts'

/** Columns of `usage` that can be asked for, and be the condition. */
export type UsageColumn = 'user' | 'src_ip' | 'device' | 'host' | 'app_id' | 'process'

export interface Use {
  name: string
  /** App id; null = no app, or not in the catalog. */
  id: string | null
  transactions: number
  bytesTotal: number | null
  blocked: number
  lastSeen: string
}

interface UseRow extends VolumeRow {
  name: string
  id: string
  blocked: number
  last_seen: string
}

/** Values of `column` where `condition.column` is `condition.value`, most traffic first; infrastructure left out. */
export async function usesOf(
  store: Store,
  scope: UsageScope,
  column: UsageColumn,
  condition: { column: UsageColumn; value: string },
): Promise<Use[]> {
  const apps = column === 'app_id'
  const name = apps
    ? "if(usage.app = '', toString(usage.domain), toString(usage.app))"
    : `toString(usage.${column})`
  const rows = await store.query<UseRow>(
    `SELECT ${name} AS name, ${apps ? 'toString(usage.app_id)' : "''"} AS id, sumIf(transactions, action = 'blocked') AS blocked,
       max(usage.last_seen) AS last_seen, ${volumeColumns}
     FROM db.current_usage AS usage
     WHERE ${inScope} AND infrastructure = 0 AND ${condition.column} = {value:String} ${apps ? '' : `AND ${column} != ''`}
     GROUP BY name, id ORDER BY sum(bytes_total) DESC, sum(transactions) DESC, name LIMIT {limit:UInt32}`,
    { ...scopeParams(scope), value: condition.value, limit: apiLimits.detailRows },
  )
  return rows.map((row) => {
    const { transactions, bytesTotal } = volumeOf(row)
    const id = row.id === '' ? null : row.id
    return {
      name: row.name,
      id,
      transactions,
      bytesTotal,
      blocked: row.blocked,
      lastSeen: row.last_seen,
    }
  })
}
