/** Lookup, formats, configuration; health beside the API. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { lookupQuerySchema, noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import { formatSchema, matchSchema, readinessSchema, reloadSchema } from './schemas.ts'

export function systemRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/lookup',
      schema: {
        operationId: 'lookup',
        summary: 'Which app a host name or address belongs to, and by which rule',
        tags: ['catalog'],
        querystring: lookupQuerySchema,
        response: answers(matchSchema),
      },
      handler: async ({ query }) => backend.lookup(query.host),
    })

    app.route({
      method: 'GET',
      url: '/formats',
      schema: {
        operationId: 'listFormats',
        summary: 'Log formats that are read',
        tags: ['catalog'],
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(formatSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = backend.formats()
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/config',
      schema: {
        operationId: 'getConfig',
        summary: 'The configuration in force, secrets hidden',
        tags: ['system'],
        querystring: noQuerySchema,
        response: answers(z.record(z.string(), z.unknown())),
      },
      handler: async () => backend.config() as Record<string, unknown>,
    })

    app.route({
      method: 'POST',
      url: '/config/reload',
      schema: {
        operationId: 'reloadConfig',
        summary: 'Reads the configuration again: all or nothing, sockets stay open',
        tags: ['system'],
        querystring: noQuerySchema,
        response: answers(reloadSchema),
      },
      handler: async () => backend.reload(),
    })
  }
}

/** `/healthz`: this process answers. `/readyz`: it can do its work, or why not. */
export function healthRoutes({ backend, version }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/healthz',
      schema: {
        operationId: 'getHealth',
        summary: 'Alive',
        tags: ['system'],
        response: answers(z.object({ status: z.literal('ok'), version: z.string() })),
      },
      handler: async () => ({ status: 'ok' as const, version }),
    })

    app.route({
      method: 'GET',
      url: '/readyz',
      schema: {
        operationId: 'getReadiness',
        summary: 'Ready: store open, spool writable, listeners bound',
        tags: ['system'],
        response: { 200: readinessSchema, 503: readinessSchema },
      },
      handler: async (_request, reply) => {
        const readiness = await backend.readiness()
        return reply.status(readiness.ready ? 200 : 503).send(readiness)
      },
    })
  }
}
