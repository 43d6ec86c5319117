/** The joined view: how far network and agents overlap, and what stands behind a number. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { freshnessSchema, overlapSchema, traceSchema } from './merged-schemas.ts'
import { scopeOf, scopeQuerySchema, traceQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import type { RouteContext } from './route-context.ts'

export function mergedRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/overlap',
      // agents' tables know no source: not for viewers of some sources
      config: { right: 'reports.read', bounded: false, names: true },
      schema: {
        operationId: 'getOverlap',
        summary: "How far the network's view and the agents' overlap",
        tags: ['usage'],
        querystring: scopeQuerySchema,
        response: answers(overlapSchema),
      },
      handler: async ({ query }) => backend.overlap(scopeOf(query)),
    })

    app.route({
      method: 'GET',
      url: '/freshness',
      // it names feeds and sources
      config: { right: 'reports.read', bounded: false, names: false },
      schema: {
        operationId: 'getFreshness',
        summary:
          'How fresh each hour is: when its rows came, when it was merged, which feeds were silent',
        tags: ['usage'],
        querystring: scopeQuerySchema,
        response: answers(freshnessSchema),
      },
      handler: async ({ query }) => backend.freshness(scopeOf(query)),
    })

    app.route({
      method: 'GET',
      url: '/trace',
      config: { right: 'reports.read', bounded: true, names: true },
      schema: {
        operationId: 'traceUsage',
        summary: 'Which flows, rows of agents, leases and rules stand behind a number',
        tags: ['usage'],
        querystring: traceQuerySchema,
        response: answers(traceSchema),
      },
      handler: async ({ query }) => {
        const { app: appId = null, host = null, user = null, device = null, address = null } = query
        return backend.trace(scopeOf(query), { app: appId, host, user, device, address })
      },
    })
  }
}
