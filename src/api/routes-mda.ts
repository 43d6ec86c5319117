/**
 * The paths of Defender for Cloud Apps, served here under its names (https://learn.microsoft.com/defender-cloud-apps/api-discovery): a script
 * or collector written for it works with another host and one of our tokens. Unknown keys are let through, as there.
 */
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { apiLimits, fileLimits } from '../limits.ts'
import { filtersAfter, mdaFilter } from './mda-filters.ts'
import { allApps, appsOfUser } from './mda-apps.ts'
import { categoryId, lastDays, mdaApp, mdaStreams, streamId } from './mda-shapes.ts'
import type { MdaUploads } from './mda-uploads.ts'
import { ApiProblem, notFound } from './problem.ts'
import type { AppSort } from './queries.ts'
import { problems } from './route-context.ts'
import type { RouteContext } from './route-context.ts'

const tags = ['compatible']
const json = { ...problems, 200: z.any() }
const text = z.string().min(1).max(apiLimits.nameCharacters)

const sorts: Record<string, AppSort> = {
  name: 'name',
  score: 'score',
  usersCount: 'users',
  ipAddressesCount: 'addresses',
  machinesCount: 'devices',
  lastUsed: 'lastSeen',
  trafficUploadedBytes: 'bytesUp',
  trafficDownloadedBytes: 'bytesDown',
  trafficTotalBytes: 'bytesTotal',
  trafficTotalEvents: 'transactions',
}
const listBody = z.looseObject({
  streamId: text.optional(),
  timeFrame: z.coerce.number().int().min(1).max(3650).optional(),
  timeframe: z.coerce.number().int().min(1).max(3650).optional(),
  skip: z.int().min(0).max(100_000).default(0),
  limit: z.int().min(1).max(100).default(100),
  sortField: z.string().optional(),
  sortDirection: z.enum(['asc', 'desc']).default('desc'),
  filters: z.unknown().optional(),
})

/** Tags in force by app; who has no govern has none. */
export type AppTags = () => Promise<ReadonlyMap<string, readonly string[]>>

/** With and without the last slash, and under the portal's own prefix. */
function spellings(path: string): string[] {
  return [`${path}/`, path, `/cas${path}/`, `/cas${path}`]
}

export function mdaUploadRoutes(context: RouteContext, served: MdaUploads): FastifyPluginAsyncZod {
  return async (app) => {
    for (const url of spellings('/api/v1/discovery/upload_url'))
      app.route({
        method: 'GET',
        url,
        config: { right: 'intake.write', bounded: true },
        schema: {
          ...(url === '/api/v1/discovery/upload_url/'
            ? { operationId: 'getUploadUrl' }
            : { hide: true }),
          summary: 'An address to put a log at',
          tags,
          querystring: z.looseObject({ filename: text, source: text }),
          response: json,
        },
        handler: async (request) => {
          const { id, secret } = await served.issue(request.query.filename)
          const address = `${request.protocol}://${request.host}/api/v1/discovery/blob/${id}?sig=${secret}`
          return { url: address, provider: 'azure' }
        },
      })
    for (const url of spellings('/api/v1/discovery/done_upload'))
      app.route({
        method: 'POST',
        url,
        config: { right: 'intake.write', bounded: true },
        schema: {
          ...(url === '/api/v1/discovery/done_upload/'
            ? { operationId: 'doneUpload' }
            : { hide: true }),
          summary: 'The log that was put there counts',
          tags,
          body: z.looseObject({
            uploadUrl: z.string().min(1).max(4096),
            inputStreamName: text,
            uploadAsSnapshot: z.boolean().default(false),
          }),
          response: json,
        },
        handler: async ({ body }) => finalise(context, served, body),
      })
    await app.register(blobRoutes(served))
  }
}

async function finalise(
  { uploads }: RouteContext,
  served: MdaUploads,
  body: { uploadUrl: string; inputStreamName: string; uploadAsSnapshot: boolean },
): Promise<object> {
  const upload = served.findUrl(body.uploadUrl)
  if (upload === null) throw notFound('this upload address; it may have expired')
  if (upload.done !== null) return upload.done
  if (upload.files.length === 0)
    throw new ApiProblem(
      400,
      'BAD_REQUEST',
      'cannot finalise this upload: nothing was put at its address; put the log there first',
    )
  const name = body.inputStreamName
  const row = await uploads.take(served.body(upload), {
    name: upload.fileName,
    source: name,
    snapshot: body.uploadAsSnapshot,
    title: body.uploadAsSnapshot ? name : null,
    into: null,
    sizeBytes: upload.bytes,
  })
  const inputStreamId = body.uploadAsSnapshot
    ? streamId('report', row.report)
    : streamId('source', name)
  upload.done = { success: true, inputStreamId }
  await served.taken(upload)
  return upload.done
}

/** Where the bytes go, in the way of Azure's Put Blob, Put Block and Put Block List. The address is the right. */
function blobRoutes(served: MdaUploads): FastifyPluginAsyncZod {
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    app.route({
      method: 'PUT',
      url: '/api/v1/discovery/blob/:id',
      bodyLimit: fileLimits.uploadBytes,
      config: { right: 'open', bounded: true },
      schema: {
        operationId: 'putBlob',
        summary: 'The bytes of a log, whole or in blocks',
        tags,
        params: z.strictObject({ id: text }),
        querystring: z.looseObject({
          sig: text,
          comp: z.enum(['block', 'blocklist']).optional(),
          blockid: text.optional(),
        }),
        response: { ...problems, 201: z.any() },
      },
      handler: async (request, reply) => {
        const { sig, comp, blockid } = request.query
        const upload = served.find(request.params.id, sig)
        if (upload === null || upload.done !== null)
          throw new ApiProblem(
            403,
            'FORBIDDEN',
            'cannot put anything here: the address is not ours, expired or done; ask for another',
          )
        const body = bodyOf(request)
        if (comp === 'blocklist') await served.putList(upload, await listOf(body))
        else if (comp === 'block') await served.putBlock(upload, blockid ?? '', body)
        else await served.put(upload, body)
        const { id, bytes } = upload
        void reply
          .header('etag', `"${id.slice(0, 16)}-${bytes}"`)
          .header('last-modified', new Date(upload.madeMs).toUTCString())
          .header('x-ms-request-id', request.id)
          .header('x-ms-version', '2026-02-06')
        return reply.status(201).send()
      },
    })
  }
}

function bodyOf(request: FastifyRequest): Readable {
  const body = request.body as Readable | null | undefined
  return body ?? request.raw
}

async function listOf(body: Readable): Promise<string> {
  let xml = ''
  for await (const chunk of body) {
    xml += String(chunk)
    if (xml.length > 8 * 1024 * 1024)
      throw new ApiProblem(413, 'TOO_LARGE', 'cannot read a block list of this size')
  }
  return xml
}

export function mdaListRoutes(
  { backend, now }: RouteContext,
  tagsOf: AppTags,
): FastifyPluginAsyncZod {
  const scopeOf = async (body: z.output<typeof listBody>) => {
    const streams = await mdaStreams(backend)
    const found =
      body.streamId === undefined ? streams[0] : streams.find(({ id }) => id === body.streamId)
    if (found === undefined) throw notFound(`stream ${body.streamId ?? ''}`)
    return lastDays(found.scope, body.timeFrame ?? body.timeframe ?? 90, now())
  }
  return async (app) => {
    for (const url of [
      ...spellings('/api/discovery/streams'),
      ...spellings('/api/v1/discovery/streams'),
    ])
      app.route({
        method: 'GET',
        url,
        config: { right: 'reports.read', bounded: true },
        schema: {
          ...(url === '/api/discovery/streams/'
            ? { operationId: 'listDiscoveryStreams' }
            : { hide: true }),
          summary: 'Reports and data sources, as Defender for Cloud Apps lists them',
          tags,
          response: json,
        },
        handler: async () => ({ streams: (await mdaStreams(backend)).map(({ stream }) => stream) }),
      })
    for (const url of spellings('/api/v1/discovery/discovered_apps'))
      app.route({
        method: 'POST',
        url,
        config: { right: 'reports.read', bounded: true },
        schema: {
          ...(url === '/api/v1/discovery/discovered_apps/'
            ? { operationId: 'listDiscoveredApps' }
            : { hide: true }),
          summary: 'Discovered apps',
          tags,
          body: listBody,
          response: json,
        },
        handler: async ({ body }) => {
          const { limit, sortField, sortDirection, filters } = body
          const filter = mdaFilter(filters, now())
          const scope = await scopeOf(body)
          const byApp = await tagsOf()
          const of = await appsOfUser(backend, scope, filter.user)
          const sort = sorts[sortField ?? ''] ?? 'transactions'
          const all = (await allApps(backend, scope, sort, sortDirection))
            .map((row) => ({ ...row, tags: byApp.get(row.appId) ?? [] }))
            .filter((row) => (of === null || of.has(row.appId)) && filter.keeps(row))
          const from = body.skip + filter.after
          const data = all.slice(from, from + limit).map(mdaApp)
          const seen = from + data.length
          return {
            data,
            total: all.length,
            hasNext: seen < all.length,
            max: limit,
            nextQueryFilters: filtersAfter(filters, filter.after + data.length),
          }
        },
      })
    for (const url of spellings('/api/v1/discovery/discovered_apps/categories'))
      app.route({
        method: 'POST',
        url,
        config: { right: 'reports.read', bounded: true },
        schema: {
          ...(url === '/api/v1/discovery/discovered_apps/categories/'
            ? { operationId: 'listDiscoveredCategories' }
            : { hide: true }),
          summary: 'Categories with the number of their discovered apps',
          tags,
          body: listBody,
          response: json,
        },
        handler: async ({ body }) => {
          const filter = mdaFilter(body.filters, now())
          const scope = await scopeOf(body)
          const byApp = await tagsOf()
          const of = await appsOfUser(backend, scope, filter.user)
          const counts = new Map<string, number>()
          for (const row of await allApps(backend, scope, 'transactions', 'desc'))
            if (
              (of === null || of.has(row.appId)) &&
              filter.keeps({ ...row, tags: byApp.get(row.appId) ?? [] })
            )
              counts.set(row.category, (counts.get(row.category) ?? 0) + 1)
          const rows = Array.from(counts, ([category, total]) => ({
            id: categoryId(category),
            total,
          })).sort((a, b) => b.total - a.total || a.id.localeCompare(b.id))
          if (body.sortDirection === 'asc') rows.reverse()
          return rows.slice(body.skip, body.skip + body.limit)
        },
      })
  }
}
