/** Reports: the list, the numbers of the first page, a whole report, and its files. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { renderCsv } from '../report/csv.ts'
import { renderHtml, reportContentPolicy } from '../report/html.ts'
import { renderJson } from '../report/json.ts'
import type { Report, UsageRow } from '../report/report.ts'
import { usageLine } from '../report/usage-ndjson.ts'
import type { ApiBackend } from './backend.ts'
import { notFound } from './problem.ts'
import {
  exportQuerySchema,
  idParams,
  noQuerySchema,
  reportQuerySchema,
  scopeOf,
  scopeQuerySchema,
} from './queries.ts'
import type { Scope } from './queries.ts'
import { reportSchema } from './report-schemas.ts'
import { answers } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import { problemSchema, reportEntrySchema, summarySchema } from './schemas.ts'

async function reportOf(backend: ApiBackend, scope: Scope): Promise<Report> {
  const report = await backend.report(scope)
  if (report === null) throw notFound(`report ${scope.report}`)
  return report
}

export function reportRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/reports',
      schema: {
        operationId: 'listReports',
        summary: 'The continuous report and the snapshots',
        tags: ['reports'],
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(reportEntrySchema), total: z.int() })),
      },
      handler: async () => {
        const rows = await backend.reports()
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/summary',
      schema: {
        operationId: 'getSummary',
        summary: 'The numbers of the first page',
        tags: ['reports'],
        querystring: scopeQuerySchema,
        response: answers(summarySchema),
      },
      handler: async ({ query }) => {
        const summary = await backend.summary(scopeOf(query))
        if (summary === null) throw notFound(`report ${query.report}`)
        return summary
      },
    })

    app.route({
      method: 'GET',
      url: '/reports/:id',
      schema: {
        operationId: 'getReport',
        summary: 'A whole report as data',
        tags: ['reports'],
        params: idParams,
        querystring: reportQuerySchema,
        response: answers(reportSchema),
      },
      handler: async ({ params, query }, reply) => {
        const report = await reportOf(backend, scopeOf({ ...query, report: params.id }))
        // As text: megabytes are not checked against their own schema again. A test does that.
        return reply.type('application/json').send(renderJson(report) as never)
      },
    })
    exportRoute(app, backend)
  }
}

const file = z.string()
const fileTypes = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
} as const

function exportRoute(app: Parameters<FastifyPluginAsyncZod>[0], backend: ApiBackend): void {
  const problem = { content: { 'application/problem+json': { schema: problemSchema } } }
  app.route({
    method: 'GET',
    url: '/reports/:id/export',
    schema: {
      operationId: 'exportReport',
      summary: 'A report as a file: html, json, csv (one table), ndjson (its merged rows)',
      tags: ['reports'],
      params: idParams,
      querystring: exportQuerySchema,
      response: {
        200: {
          description: 'The file',
          content: {
            'text/html': { schema: file },
            'application/json': { schema: reportSchema },
            'text/csv': { schema: file },
            'application/x-ndjson': { schema: file },
          },
        },
        '4xx': problem,
        '5xx': problem,
      },
    },
    handler: async ({ params, query }, reply) => {
      const scope = scopeOf({ ...query, report: params.id })
      const report = await reportOf(backend, scope)
      const table = query.format === 'csv' ? `-${query.table}` : ''
      const name = `gnomon-${slug(scope.report)}${table}.${query.format}`
      const how = query.download === 'true' ? 'attachment' : 'inline'
      void reply
        .type(fileTypes[query.format])
        .header('content-disposition', `${how}; filename="${name}"`)
        .header('cache-control', 'no-store')
      return sendFile(reply, query, { report, rows: () => backend.usage(scope) })
    },
  })
}

function sendFile(
  reply: FastifyReply,
  { format, table }: { format: keyof typeof fileTypes; table: string },
  { report, rows }: { report: Report; rows: () => AsyncIterable<UsageRow> },
): FastifyReply {
  if (format === 'ndjson') return reply.send(Readable.from(batches(rows())))
  if (format === 'json') return reply.send(renderJson(report))
  if (format === 'csv') return reply.send(renderCsv(report).get(`${table}.csv`) ?? '')
  // The page has its style and script in it: its own policy knows them by their hashes.
  void reply.header('content-security-policy', `${reportContentPolicy}; frame-ancestors 'none'`)
  return reply.send(renderHtml(report))
}

/** Lines gathered to some 64 KiB. */
async function* batches(rows: AsyncIterable<UsageRow>): AsyncGenerator<Buffer> {
  let text = ''
  for await (const row of rows) {
    text += usageLine(row)
    if (text.length < 65_536) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}

/** Fit for a file's name anywhere. */
function slug(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(0, 60) || 'report'
}
