/** All discovered apps of a scope, for answers that filter them in another product's words: the catalog has some 10,000. */
import { apiLimits } from '../limits.ts'
import type { ReportApp } from '../report/report.ts'
import type { ApiBackend } from './backend.ts'
import type { AppSort, Scope } from './queries.ts'

export async function allApps(
  backend: ApiBackend,
  scope: Scope,
  sort: AppSort,
  order: 'asc' | 'desc',
): Promise<ReportApp[]> {
  const apps: ReportApp[] = []
  for (let page = 1; ; page++) {
    const asked = { page, limit: apiLimits.pageRows, sort, order, filter: null }
    const { rows, total } = await backend.apps({ ...scope, ...asked })
    apps.push(...rows)
    if (rows.length === 0 || apps.length >= total) return apps
  }
}

/** Ids of the apps a user used; null = no user is asked for. */
export async function appsOfUser(
  backend: ApiBackend,
  scope: Scope,
  user: string | null,
): Promise<ReadonlySet<string> | null> {
  if (user === null) return null
  const detail = await backend.person('users', user, scope)
  return new Set((detail?.apps ?? []).flatMap(({ id }) => (id === null ? [] : [id])))
}
