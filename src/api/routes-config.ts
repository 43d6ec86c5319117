/** The configuration file from the console: shown with its secrets hidden, checked, drafted, written and taken into use. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ConfigFile } from '../config/config-file.ts'
import { configShape } from '../config/shape.ts'
import { configLimits } from '../limits.ts'
import { noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import { reloadSchema } from './schemas.ts'
import type { ReloadResult } from './schemas.ts'

export interface ConfigContext {
  file: ConfigFile
  reload: () => Promise<ReloadResult>
}

const write = { right: 'settings.write' } as const
const tags = ['system']
const text = z.string().max(configLimits.fileBytes).describe('YAML, secrets as `***1***`')

export const configFileSchema = z
  .object({
    path: z.string(),
    text,
    revision: z.string().describe('Of the file; given back when it is written'),
    readOnly: z.string().nullable().describe('Why it cannot be written from here'),
  })
  .meta({ id: 'ConfigFile' })

export const configFaultSchema = z.object({
  line: z.int().nullable(),
  column: z.int().nullable(),
  key: z.string(),
  text: z.string(),
})

export const configCheckSchema = z
  .object({
    faults: z.array(configFaultSchema),
    changed: z.array(z.string()).describe('Keys that would take another value'),
    needRestart: z.array(z.string()).describe('Of these, those that only a restart takes up'),
  })
  .meta({ id: 'ConfigCheck' })

const draftBodySchema = z.strictObject({
  text,
  changes: z
    .array(
      z.strictObject({
        path: z
          .array(z.union([z.string(), z.int().min(0)]))
          .min(1)
          .max(12),
        value: z.json().describe('null = taken away'),
      }),
    )
    .min(1)
    .max(200),
})

export function configRoutes({ file, reload }: ConfigContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/config/file',
      config: write,
      schema: {
        operationId: 'getConfigFile',
        summary: 'The configuration file as it is written, secrets hidden',
        tags,
        querystring: noQuerySchema,
        response: answers(configFileSchema),
      },
      handler: async (_request, reply) => {
        void reply.header('cache-control', 'no-store')
        return file.show()
      },
    })

    app.route({
      method: 'GET',
      url: '/config/schema',
      config: { right: 'settings.read', bounded: true },
      schema: {
        operationId: 'getConfigSchema',
        summary: 'What the configuration may hold, as JSON Schema',
        tags,
        querystring: noQuerySchema,
        response: answers(z.record(z.string(), z.unknown())),
      },
      handler: async () => configShape as unknown as Record<string, unknown>,
    })

    app.route({
      method: 'POST',
      url: '/config/check',
      config: write,
      bodyLimit: 2 * configLimits.fileBytes,
      schema: {
        operationId: 'checkConfig',
        summary: 'What a text would do as configuration; nothing is changed',
        tags,
        querystring: noQuerySchema,
        body: z.strictObject({ text }),
        response: answers(configCheckSchema),
      },
      handler: async ({ body }) => file.check(body.text),
    })

    app.route({
      method: 'POST',
      url: '/config/draft',
      config: write,
      bodyLimit: 2 * configLimits.fileBytes,
      schema: {
        operationId: 'draftConfig',
        summary: 'A text with some values set, comments kept; nothing is changed',
        tags,
        querystring: noQuerySchema,
        body: draftBodySchema,
        response: answers(z.object({ text: z.string() })),
      },
      handler: async ({ body }) => ({ text: file.draft(body.text, body.changes) }),
    })

    app.route({
      method: 'PUT',
      url: '/config/file',
      config: write,
      bodyLimit: 2 * configLimits.fileBytes,
      schema: {
        operationId: 'putConfigFile',
        summary:
          'Writes the configuration file and reads it again: all or nothing, the old one is put back when it cannot be used',
        tags,
        querystring: noQuerySchema,
        body: z.strictObject({ text, revision: z.string().max(64) }),
        response: answers(reloadSchema),
      },
      handler: async (request) => {
        const { text: shown, revision } = request.body
        const result = await file.write(shown, revision, reload)
        const { changed, needRestart } = result
        request.told = { object: 'configuration', detail: { changed, needRestart } }
        return result
      },
    })
  }
}
