/** Sources, ledger, and lines that could not be read. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  ledgerQuerySchema,
  noQuerySchema,
  replayBodySchema,
  scopeOf,
  unparsedQuerySchema,
} from './queries.ts'
import { answers, pageOf } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import {
  judgedLedgerRowSchema,
  replaySchema,
  sourceRowSchema,
  unparsedRowSchema,
} from './schemas.ts'
import { changesIn, judgeLedger, judgeLedgerRow, judgeSource } from './words.ts'

/** `GET sources`, `GET ledger`, `GET unparsed`, `POST unparsed/replay`. */
export function intakeRoutes({ backend, now }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/sources',
      schema: {
        operationId: 'listSources',
        summary: 'Data sources with their state, format and what their lines do not tell',
        tags: ['intake'],
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(sourceRowSchema), total: z.int() })),
      },
      handler: async () => {
        const nowMs = now()
        const rows = (await backend.sources()).map((source) => judgeSource(source, nowMs))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/ledger',
      schema: {
        operationId: 'getLedger',
        summary: 'received = transactions + skipped + unparsed + dropped, by source and hour',
        tags: ['intake'],
        querystring: ledgerQuerySchema,
        response: answers(
          pageOf(judgedLedgerRowSchema).extend({
            balanced: z.boolean().describe('Over all pages'),
            sentence: z.string().describe('The sums over all pages, in words'),
            notices: z
              .array(z.string())
              .describe('How lines of these sources changed in this time, in words'),
          }),
        ),
      },
      handler: async ({ query }) => {
        const { fromMs, toMs, source } = scopeOf(query)
        const { page, limit } = query
        const { rows, total, totals } = await backend.ledger({ source, fromMs, toMs, page, limit })
        const notices = changesIn(await backend.sources(), { source, fromMs, toMs })
        return {
          rows: rows.map(judgeLedgerRow),
          total,
          page,
          limit,
          ...judgeLedger(totals),
          notices,
        }
      },
    })

    app.route({
      method: 'GET',
      url: '/unparsed',
      schema: {
        operationId: 'listUnparsed',
        summary: 'Lines that no parser could read, the last first',
        tags: ['intake'],
        querystring: unparsedQuerySchema,
        response: answers(pageOf(unparsedRowSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, source = null, reason = null, upload = null } = query
        const asked = { source, reason, upload, page, limit }
        return { ...(await backend.unparsed(asked)), page, limit }
      },
    })

    app.route({
      method: 'POST',
      url: '/unparsed/replay',
      schema: {
        operationId: 'replayUnparsed',
        summary: 'Gives kept lines to the parsers again, after a definition was mended',
        tags: ['intake'],
        querystring: noQuerySchema,
        body: replayBodySchema.nullish(),
        response: answers(replaySchema),
      },
      handler: async ({ body }) =>
        backend.replay({ source: body?.source ?? null, reason: body?.reason ?? null }),
    })
  }
}
