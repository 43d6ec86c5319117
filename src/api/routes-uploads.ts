/** Uploads: a file as one request, or opened with its size and filled by parts. */
import type { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { fileLimits } from '../limits.ts'
import { goneSchema } from './access-schemas.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams, noQuerySchema, partQuerySchema, uploadQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import { uploadResultSchema, uploadSchema } from './schemas.ts'

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

/** Bodies are streams here, whatever their type: an encapsulated plugin. */
export function uploadRoutes({ backend, uploads }: RouteContext): FastifyPluginAsyncZod {
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
          'Takes a log file: plain, gz, zip, tar, zstd; as a form with one file, or as the body itself',
        description:
          'Send `Content-Type: multipart/form-data` with one file, or the bytes with any other type and `?name=`. ' +
          'Answers when all bytes are here; `GET /uploads/{id}` tells how far the parsers are. ' +
          'With `?sizeBytes=` and no body it opens an upload by parts, which `PATCH /uploads/{id}` fills.',
        tags: ['intake'],
        consumes: ['multipart/form-data', 'application/octet-stream'],
        querystring: uploadQuerySchema,
        response: answers(uploadSchema, 202),
      },
      handler: async (request, reply) => {
        const { query } = request
        const details = {
          source: query.source ?? null,
          snapshot: query.snapshot === 'true',
          title: query.report ?? null,
          into: query.into ?? null,
        }
        if (query.sizeBytes !== undefined) {
          const { name = 'upload', sizeBytes, modified } = query
          const modifiedMs = modified === undefined ? null : Date.parse(modified)
          const row = await uploads.openParts({ ...details, name, sizeBytes }, modifiedMs)
          request.told = { object: row.id, detail: { name: row.name, sizeBytes } }
          void reply.header('location', `/api/v1/uploads/${row.id}`)
          return reply.status(202).send(row)
        }
        const { body, name, sizeBytes } = await uploadedFile(request)
        const whole = { ...details, name: query.name ?? name, sizeBytes }
        const row = await uploads.take(body, whole).catch((error: unknown) => {
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

    app.route({
      method: 'GET',
      url: '/uploads',
      schema: {
        operationId: 'listUploads',
        summary: 'Uploads by parts of the one who asks that are not whole, the newest first',
        description:
          'The same file is known by its `name`, `totalBytes` and `modified`: go on at `receivedBytes`.',
        tags: ['intake'],
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(uploadSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = await uploads.unfinished()
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'PATCH',
      url: '/uploads/:id',
      bodyLimit: fileLimits.uploadBytes,
      config: { parts: true },
      schema: {
        operationId: 'appendUpload',
        summary: 'The next part of an upload: the bytes that come after those that arrived',
        description:
          'Answers when the part is on the disk. 409 tells how much arrived when `offset` is not that; with the last part its lines are ' +
          'taken. What came of a part whose line broke counts: `GET /uploads/{id}` tells it as `receivedBytes`.',
        tags: ['intake'],
        consumes: ['application/octet-stream'],
        params: idParams,
        querystring: partQuerySchema,
        response: answers(uploadSchema),
      },
      handler: async (request) => {
        const { params, query, body } = request
        const row = await uploads.append(params.id, query.offset, body as Readable)
        if (row.state !== 'receiving')
          request.told = { object: row.id, detail: { name: row.name, bytes: row.receivedBytes } }
        return row
      },
    })

    app.route({
      method: 'DELETE',
      url: '/uploads/:id',
      schema: {
        operationId: 'giveUpUpload',
        summary: 'Deletes what arrived of an upload by parts that is not whole',
        tags: ['intake'],
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async ({ params }) => {
        await uploads.giveUp(params.id)
        return { done: true as const }
      },
    })

    app.route({
      method: 'GET',
      url: '/uploads/:id/result',
      schema: {
        operationId: 'getUploadResult',
        summary: 'What became of the lines of an upload: by format, and by reason',
        description: 'Its lines that could not be read: `GET /unparsed?upload={id}`.',
        tags: ['intake'],
        params: idParams,
        querystring: noQuerySchema,
        response: answers(uploadResultSchema),
      },
      handler: async ({ params }) => {
        const result = await backend.uploadResult(params.id)
        if (result === null) throw notFound(`lines of upload ${params.id}`)
        return result
      },
    })
  }
}
