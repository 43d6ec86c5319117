/** Uploads, records and reports on their way, and the receipts of what has left. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { apiLimits } from '../limits.ts'
import type { Job } from '../publish/outbox.ts'
import type { Publisher } from '../publish/publisher.ts'
import { receiptRows } from '../publish/receipts.ts'
import type { RecordStream } from '../publish/record-stream.ts'
import type { ScheduledReports } from '../publish/scheduled-reports.ts'
import type { Store } from '../store/store.ts'
import { publishFileSchema, publishStatusSchema, receiptSchema } from './publish-schemas.ts'
import { noQuerySchema } from './queries.ts'
import { answers, pageOf } from './route-context.ts'

const tags = ['publish']
const id = z.strictObject({ id: z.string().min(1).max(200) })

export interface PublishContext {
  publisher: Publisher
  records: readonly RecordStream[]
  reports: ScheduledReports
  store: Store
}

/** Without its address, which carries a right in it. */
function fileOf(job: Job): z.infer<typeof publishFileSchema> {
  return publishFileSchema.parse(job)
}

export function publishRoutes({
  publisher,
  records,
  reports,
  store,
}: PublishContext): FastifyPluginAsyncZod {
  const status = (): z.infer<typeof publishStatusSchema> => ({
    ...publisher.status(),
    records: records.map((stream) => stream.status()),
    reports: reports.status(),
  })
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/publish',
      config: { right: 'settings.read', bounded: false },
      schema: {
        operationId: 'getPublish',
        summary: 'What leaves the box, and how far it is',
        tags,
        querystring: noQuerySchema,
        response: answers(publishStatusSchema),
      },
      handler: async () => status(),
    })
    app.route({
      method: 'GET',
      url: '/publish/files',
      config: { right: 'settings.read', bounded: false },
      schema: {
        operationId: 'listPublishFiles',
        summary: 'Files in the outbox, in their order',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(publishFileSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = publisher.jobs().map(fileOf)
        return { rows, total: rows.length }
      },
    })
    app.route({
      method: 'POST',
      url: '/publish/uploads/:id/run',
      config: { right: 'settings.write', bounded: false },
      schema: {
        operationId: 'runUpload',
        summary: 'Makes and sends now what waits',
        tags,
        params: id,
        querystring: noQuerySchema,
        response: answers(publishStatusSchema),
      },
      handler: async ({ params }) => {
        await publisher.run(params.id)
        return status()
      },
    })
    app.route({
      method: 'POST',
      url: '/publish/files/:id/resend',
      config: { right: 'settings.write', bounded: false },
      schema: {
        operationId: 'resendFile',
        summary: 'Sends a file again that was refused or is uncertain',
        tags,
        params: id,
        querystring: noQuerySchema,
        response: answers(publishFileSchema),
      },
      handler: async ({ params }) => fileOf(await publisher.resend(params.id)),
    })
    app.route({
      method: 'DELETE',
      url: '/publish/files/:id',
      config: { right: 'settings.write', bounded: false },
      schema: {
        operationId: 'discardFile',
        summary: 'Removes a file that was refused or is uncertain; its receipt stays',
        tags,
        params: id,
        querystring: noQuerySchema,
        response: answers(publishStatusSchema),
      },
      handler: async ({ params }) => {
        await publisher.discard(params.id)
        return status()
      },
    })
    app.route({
      method: 'GET',
      url: '/receipts',
      config: { right: 'settings.read', bounded: false },
      schema: {
        operationId: 'listReceipts',
        summary: 'What has left, the last first: hash, rows, bytes, where to, and the answers',
        tags,
        querystring: z.strictObject({
          upload: z.string().min(1).max(200).optional(),
          state: z.enum(['receipted', 'refused', 'uncertain']).optional(),
          page: z.coerce.number().int().min(1).max(apiLimits.pages).default(1),
          limit: z.coerce.number().int().min(1).max(apiLimits.pageRows).default(100),
        }),
        response: answers(pageOf(receiptSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, upload = null, state = null } = query
        const { rows, total } = await receiptRows(store, {
          upload,
          state,
          limit,
          offset: (page - 1) * limit,
        })
        return { rows, total, page, limit }
      },
    })
  }
}
