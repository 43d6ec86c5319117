/** `GET headquarters`: usage by the country in which an app's vendor has its seat. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { apiLimits } from '../limits.ts'
import type { ReportApp } from '../report/report.ts'
import type { ApiBackend } from './backend.ts'
import type { CatalogService } from './catalog-service.ts'
import { headquartersSchema } from './catalog-schemas.ts'
import { scopeOf, scopeQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'

type Row = z.infer<typeof headquartersSchema>

export interface HeadquartersContext {
  backend: Pick<ApiBackend, 'apps'>
  catalog: Pick<CatalogService, 'detail'>
}

export function headquartersRoutes(context: HeadquartersContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/headquarters',
      config: { right: 'reports.read', bounded: true },
      schema: {
        operationId: 'listHeadquarters',
        summary: 'Usage by the country of the vendor, most traffic first',
        tags: ['reports'],
        querystring: scopeQuerySchema,
        response: answers(z.object({ rows: z.array(headquartersSchema), total: z.int() })),
      },
      handler: async ({ query }) => {
        const asked = { page: 1, limit: apiLimits.tableRows, sort: 'bytesTotal' as const }
        const { rows: apps } = await context.backend.apps({
          ...scopeOf(query),
          ...asked,
          order: 'desc',
          filter: null,
        })
        const rows = byCountry(apps, (id) => context.catalog.detail(id)?.entry.headquarters ?? null)
        return { rows, total: rows.length }
      },
    })
  }
}

/** Sums are of what is known; a country none of whose apps told bytes has null. */
export function byCountry(
  apps: readonly ReportApp[],
  countryOf: (appId: string) => string | null,
): Row[] {
  const rows = new Map<string | null, Row>()
  for (const { appId, transactions, bytesUp, bytesDown, bytesTotal } of apps) {
    const country = countryOf(appId)
    const row = rows.get(country)
    if (row === undefined) {
      rows.set(country, { country, apps: 1, transactions, bytesUp, bytesDown, bytesTotal })
      continue
    }
    row.apps++
    row.transactions += transactions
    row.bytesUp = sum(row.bytesUp, bytesUp)
    row.bytesDown = sum(row.bytesDown, bytesDown)
    row.bytesTotal = sum(row.bytesTotal, bytesTotal)
  }
  return [...rows.values()].toSorted(
    (a, b) => (b.bytesTotal ?? 0) - (a.bytesTotal ?? 0) || b.transactions - a.transactions,
  )
}

const sum = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : a + b
