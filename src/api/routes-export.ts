/** `GET exports/{table}`: usage, apps, evidence or the ledger as a file for other programs. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Exports } from '../publish/exports.ts'
import { exportFormats, exportTables } from '../report/export-tables.ts'
import type { Store } from '../store/store.ts'
import { scope, scopeOf } from './queries.ts'
import { problems } from './route-context.ts'

export interface ExportContext {
  exports: Exports
  /** As who asks may see it. */
  viewed: () => Store
}

const types = {
  parquet: 'application/vnd.apache.parquet',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const

const file = z.string()

export function exportRoutes({ exports, viewed }: ExportContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/exports/:table',
      config: { right: 'reports.read', bounded: true, names: true },
      // a file is made for each answer
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportTable',
        summary: 'Merged usage, apps, evidence of alerts, or the ledger, as a file',
        description: '`X-Gnomon-Rows` tells how many rows are in it. Evidence knows no snapshots.',
        tags: ['reports'],
        params: z.strictObject({ table: z.enum(exportTables) }),
        querystring: z.strictObject({
          ...scope,
          format: z.enum(exportFormats).default('parquet'),
        }),
        response: {
          200: {
            description: 'The file',
            content: {
              'application/vnd.apache.parquet': { schema: file },
              'application/x-ndjson': { schema: file },
              'text/csv': { schema: file },
            },
          },
          ...problems,
        },
      },
      handler: async ({ params, query }, reply) => {
        const { table } = params
        const { format } = query
        const asked = scopeOf(query)
        const { body, bytes, rows } = await exports.make(viewed(), table, format, asked)
        return reply
          .type(types[format])
          .header('content-length', bytes)
          .header('content-disposition', `attachment; filename="gnomon-${table}.${format}"`)
          .header('cache-control', 'no-store')
          .header('x-gnomon-rows', rows)
          .send(body as never)
      },
    })
  }
}
