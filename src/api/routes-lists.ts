/** What the console's pages draw beside the lists: traffic over time, unknown services, and all apps at once. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { apiLimits } from '../limits.ts'
import type { UsageOf } from './backend.ts'
import { notFound } from './problem.ts'
import { scopeOf, scopeQuerySchema, timelineQuerySchema, unknownQuerySchema } from './queries.ts'
import { reportAppSchema, reportUnknownSchema } from './report-schemas.ts'
import { answers, pageOf } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import { timelineSchema } from './schemas.ts'

const kinds = ['app', 'user', 'address', 'device'] as const

export function listRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/timeline',
      schema: {
        operationId: 'getTimeline',
        summary:
          'Traffic by category over time: of a report, or of one app, user, address or device',
        tags: ['reports'],
        querystring: timelineQuerySchema,
        response: answers(timelineSchema),
      },
      handler: async ({ query }) => {
        const timeline = await backend.timeline(scopeOf(query), usageOf(query))
        if (timeline === null) throw notFound(`report ${query.report}`)
        return timeline
      },
    })

    app.route({
      method: 'GET',
      url: '/unknown',
      schema: {
        operationId: 'listUnknown',
        summary: 'Destinations in no catalog, by registrable domain or address',
        tags: ['usage'],
        querystring: unknownQuerySchema,
        response: answers(pageOf(reportUnknownSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, sort, order, filter = null } = query
        const asked = { ...scopeOf(query), page, limit, sort, order, filter }
        return { ...(await backend.unknown(asked)), page, limit }
      },
    })

    app.route({
      method: 'GET',
      url: '/app-table',
      config: { right: 'reports.read', bounded: true },
      schema: {
        operationId: 'getAppTable',
        summary:
          'All discovered apps in one answer, most traffic first: for tables that sort and filter by themselves',
        tags: ['usage'],
        querystring: scopeQuerySchema,
        response: answers(z.object({ rows: z.array(reportAppSchema), total: z.int() })),
      },
      handler: async ({ query }, reply) => {
        const { rows, total } = await backend.apps({
          ...scopeOf(query),
          page: 1,
          limit: apiLimits.tableRows,
          sort: 'bytesTotal',
          order: 'desc',
          filter: null,
        })
        // As text: megabytes are not checked against their own schema again. A test does that.
        return reply.type('application/json').send(JSON.stringify({ rows, total }) as never)
      },
    })
  }
}

function usageOf(query: Partial<Record<UsageOf['kind'], string | undefined>>): UsageOf | null {
  for (const kind of kinds) {
    const name = query[kind]
    if (name !== undefined) return { kind, name }
  }
  return null
}
