/** Sources, ledger, lines that could not be read, and uploads. */
import type { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { fileLimits } from '../limits.ts'
import { ApiProblem, notFound } from './problem.ts'
import {
  idParams,
  ledgerQuerySchema,
  noQuerySchema,
  replayBodySchema,
  scopeOf,
  unparsedQuerySchema,
  uploadQuerySchema,
} from './queries.ts'
import { answers, pageOf } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import {
  judgedLedgerRowSchema,
  replaySchema,
  sourceRowSchema,
  unparsedRowSchema,
  uploadSchema,
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
        const { page, limit, source = null, reason = null } = query
        return { ...(await backend.unparsed({ source, reason, page, limit })), page, limit }
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

/** The one file of a form, or the body itself. */
async function uploadedFile(
  request: FastifyRequest,
): Promise<{ body: Readable; name: string; sizeBytes: number | null }> {
  const { headers } = request
  const announced = Number(headers['content-length'] ?? 0)
  if (request.isMultipart()) {
    const file = await request.file().catch((error: unknown) => {
      throw error instanceof Error && 'statusCode' in error ? error : endedEarly()
    })
    if (file !== undefined) return { body: file.file, name: file.filename, sizeBytes: null }
  } else if (announced > 0)
    return { body: request.body as Readable, name: 'upload', sizeBytes: announced }
  else if (headers['transfer-encoding'] !== undefined)
    return { body: request.body as Readable, name: 'upload', sizeBytes: null }
  throw new ApiProblem(
    422,
    'UNPROCESSABLE',
    'cannot take an upload without a file; send a form with one file, or the bytes as the body',
  )
}

function endedEarly(): ApiProblem {
  return new ApiProblem(
    400,
    'BAD_REQUEST',
    'cannot read the upload: it ended early, or is no form; send it again',
  )
}

/** `POST uploads` and `GET uploads/{id}`. Bodies are streams here, whatever their type: an encapsulated plugin. */
export function uploadRoutes({ uploads }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(multipart, {
      // The stream's own bound (uploads.ts) is hit first and ends it; busboy's would cut it silently.
      limits: {
        fileSize: fileLimits.uploadBytes + 1,
        files: 1,
        fields: 10,
        fieldSize: 1024,
        parts: 11,
      },
      throwFileSizeLimit: false,
    })
    app.removeContentTypeParser(['application/json', 'text/plain'])
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    app.route({
      method: 'POST',
      url: '/uploads',
      bodyLimit: fileLimits.uploadBytes,
      schema: {
        operationId: 'createUpload',
        summary:
          'Takes a log file: plain, gz, zip, zstd; as a form with one file, or as the body itself',
        description:
          'Send `Content-Type: multipart/form-data` with one file, or the bytes with any other type and `?name=`. ' +
          'Answers when all bytes are here; `GET /uploads/{id}` tells how far the parsers are.',
        tags: ['intake'],
        consumes: ['multipart/form-data', 'application/octet-stream'],
        querystring: uploadQuerySchema,
        response: answers(uploadSchema, 202),
      },
      handler: async (request, reply) => {
        const { query } = request
        const { body, name, sizeBytes } = await uploadedFile(request)
        const details = {
          name: query.name ?? name,
          source: query.source ?? null,
          snapshot: query.snapshot === 'true',
          title: query.report ?? null,
          into: query.into ?? null,
          sizeBytes,
        }
        const row = await uploads.take(body, details).catch((error: unknown) => {
          throw (body.errored ?? null) === null ? error : endedEarly()
        })
        void reply.header('location', `/api/v1/uploads/${row.id}`)
        return reply.status(202).send(row)
      },
    })

    app.route({
      method: 'GET',
      url: '/uploads/:id',
      schema: {
        operationId: 'getUpload',
        summary: 'How far an upload is',
        tags: ['intake'],
        params: idParams,
        querystring: noQuerySchema,
        response: answers(uploadSchema),
      },
      handler: async ({ params }) => {
        const row = await uploads.get(params.id)
        if (row === null) throw notFound(`upload ${params.id}`)
        return row
      },
    })
  }
}
