/** The numbers of the console's first page, without building a whole report. */
import { apiLimits } from '../limits.ts'
import { riskOf } from '../report/build-report.ts'
import type { totalsOf } from '../report/build-report.ts'
import { appRows, unknownRows } from '../report/usage-lists.ts'
import type { Store } from '../store/store.ts'
import type { Scope } from './queries.ts'
import type { Summary } from './schemas.ts'

export async function summaryOf(
  store: Store,
  scope: Scope,
  { totals, from, to }: Awaited<ReturnType<typeof totalsOf>>,
  nowMs: number,
): Promise<Summary> {
  const top = { descending: true, filter: null, limit: apiLimits.summaryRows, offset: 0 } as const
  return {
    report: scope.report,
    source: scope.source,
    generatedAt: new Date(nowMs).toISOString(),
    from,
    to,
    totals,
    risk: await riskOf(store, scope),
    topApps: await appRows(store, scope, { ...top, sort: 'bytesTotal' }),
    topUnknown: await unknownRows(store, scope, { ...top, sort: 'transactions' }),
  }
}
