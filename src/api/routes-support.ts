/** `GET support-bundle`: the appliance's state for somebody who helps; no secret, no log line, no person in it. */
import { availableParallelism, freemem, totalmem } from 'node:os'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Metrics } from '../metrics/metrics.ts'
import { noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import type { RouteContext } from './route-context.ts'

const dayMs = 24 * 60 * 60 * 1000

export function supportRoutes(
  { backend, version, now }: RouteContext,
  metrics: Metrics,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/support-bundle',
      schema: {
        operationId: 'getSupportBundle',
        summary:
          'Version, configuration (secrets hidden), health, counters, sources, ledger, formats',
        tags: ['system'],
        querystring: noQuerySchema,
        response: answers(z.record(z.string(), z.unknown())),
      },
      handler: async (_request, reply) => {
        const nowMs = now()
        const day = { source: null, fromMs: nowMs - dayMs, toMs: null, page: 1, limit: 1000 }
        // a store that is down is what help is asked for: the rest is told all the same
        const or = <T>(work: Promise<T>): Promise<T | string> =>
          work.catch((error: unknown) => String(error))
        const ledger = await or(backend.ledger(day))
        void reply.header('cache-control', 'no-store')
        return {
          version,
          generatedAt: new Date(nowMs).toISOString(),
          node: process.version,
          platform: `${process.platform} ${process.arch}`,
          cores: availableParallelism(),
          memory: { totalBytes: totalmem(), freeBytes: freemem(), ...process.memoryUsage() },
          uptimeSeconds: process.uptime(),
          config: backend.config(),
          readiness: await backend.readiness(),
          sources: await or(backend.sources()),
          ledger:
            typeof ledger === 'string' ? ledger : { totals: ledger.totals, rows: ledger.rows },
          formats: backend.formats().map(({ id }) => id),
          metrics: (await metrics.text()).split('\n').filter((line) => !line.startsWith('#')),
        }
      },
    })
  }
}
