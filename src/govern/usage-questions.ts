/** What governing asks of merged usage. */
import type { Store } from '../store/store.ts'

/** Hosts seen of some apps since a time, by app, the most used first. */
export async function hostsSeen(
  store: Store,
  apps: readonly string[],
  sinceMs: number,
): Promise<Map<string, string[]>> {
  if (apps.length === 0) return new Map()
  const rows = await store.query<{ app_id: string; hosts: string[] }>(
    `SELECT app_id, groupArray(200)(host) AS hosts FROM (
       SELECT toString(app_id) AS app_id, toString(host) AS host, sum(usage.transactions) AS uses FROM db.current_usage AS usage
       WHERE report = 'continuous' AND app_id IN {apps:Array(String)} AND hour >= toDateTime({since:UInt32}, 'UTC')
       GROUP BY app_id, host ORDER BY uses DESC, host
     ) GROUP BY app_id`,
    { apps: [...apps], since: Math.max(0, Math.floor(sinceMs / 1000)) },
  )
  return new Map(rows.map(({ app_id, hosts }) => [app_id, hosts]))
}
