/** The playground, and formats made here: tried, kept, in force without a restart. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { definitionOf, lackOf, mappedFormatSchema } from '../parse/mapped-format.ts'
import { importSettings } from '../parse/mda-settings.ts'
import type { Definition } from '../parse/definition.ts'
import type { OwnDefinitions } from '../parse/own-definitions.ts'
import type { Playground } from '../parse/playground.ts'
import { apiLimits, playgroundLimits } from '../limits.ts'
import { goneSchema } from './access-schemas.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams, noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'

export interface DefinitionContext {
  playground: Playground
  definitions: OwnDefinitions
  /** What a line without a definition of its own is tried on. */
  inForce: () => readonly Definition[]
  /** Reads the folders again, and puts what lies in them in force. */
  use: () => Promise<void>
  now: () => number
}

const tags = ['catalog']
const text = z.string().max(playgroundLimits.definitionCharacters)

const parseBodySchema = z.strictObject({
  lines: z.string().max(playgroundLimits.lineCharacters).describe('As received, LF between them'),
  format: z.string().max(128).default('auto').describe('Format id, or auto'),
  definition: text.optional().describe('A definition (YAML); it alone is used then'),
  zone: z.string().max(64).optional().describe('IANA zone of stamps without one; default UTC'),
})

const line = z.int().describe('From 1; a line with several records gives one row for each')
const outcomeSchema = z.discriminatedUnion('outcome', [
  z.object({
    line,
    outcome: z.literal('transaction'),
    format: z.string(),
    transaction: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  }),
  z.object({ line, outcome: z.literal('skipped'), format: z.string(), reason: z.string() }),
  z.object({
    line,
    outcome: z.literal('unparsed'),
    format: z.string().nullable(),
    reason: z.string(),
  }),
])

export const parseSchema = z
  .object({
    rows: z.array(outcomeSchema),
    format: z.string().nullable().describe('Format of most lines'),
    confidence: z.number(),
    reason: z.string(),
    transactions: z.int(),
    skipped: z.int(),
    unparsed: z.int(),
  })
  .meta({ id: 'Parsed' })

const definitionSchema = z
  .object({ id: z.string(), text: z.string().describe('YAML') })
  .meta({ id: 'Definition' })

const writeBodySchema = z.union([
  z.strictObject({ mapping: mappedFormatSchema.describe('Columns and what they are') }),
  z.strictObject({ settings: text.describe("The dialog's entries, as YAML or JSON") }),
])
const writtenSchema = definitionSchema
  .extend({ notes: z.array(z.string()).describe('What is read another way than there') })
  .meta({ id: 'WrittenDefinition' })

export function definitionRoutes(context: DefinitionContext): FastifyPluginAsyncZod {
  const { playground, definitions, now } = context
  const attempt = (part: {
    lines: string
    format: string
    definition: string | null
    zone: string | null
  }) => {
    const among = part.definition === null ? context.inForce() : []
    return playground.try({ ...part, definitions: among, receivedAtMs: now() })
  }
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/parse',
      config: { right: 'raw.read', bounded: true },
      schema: {
        operationId: 'tryLines',
        summary: 'Reads pasted lines and tells of each what it says, or why it is not understood',
        tags,
        querystring: noQuerySchema,
        body: parseBodySchema,
        response: answers(parseSchema),
      },
      handler: async (request) => {
        const { lines, format, definition = null, zone = null } = request.body
        const result = await attempt({ lines, format, definition, zone })
        const count = (outcome: string) =>
          result.rows.filter((row) => row.outcome === outcome).length
        request.told = { object: 'playground' }
        return {
          ...result,
          // a transaction is a plain record to the outside
          rows: result.rows as z.infer<typeof parseSchema>['rows'],
          transactions: count('transaction'),
          skipped: count('skipped'),
          unparsed: count('unparsed'),
        }
      },
    })

    app.route({
      method: 'GET',
      url: '/definitions',
      schema: {
        operationId: 'listDefinitions',
        summary: 'Formats made here',
        tags,
        querystring: noQuerySchema,
        response: answers(
          z.object({ rows: z.array(z.object({ id: z.string() })), total: z.int() }),
        ),
      },
      handler: async () => {
        const rows = (await definitions.list()).map((id) => ({ id }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/definitions',
      bodyLimit: apiLimits.bodyBytes,
      schema: {
        operationId: 'writeDefinition',
        summary:
          'Writes a definition out of named columns, or out of the settings of a custom parser of Defender for Cloud Apps',
        description: 'Nothing is kept: try it on lines (POST /api/v1/parse), then PUT it.',
        tags,
        querystring: noQuerySchema,
        body: writeBodySchema,
        response: answers(writtenSchema),
      },
      handler: async ({ body }) => {
        const { format, notes } =
          'settings' in body ? importSettings(body.settings) : { format: body.mapping, notes: [] }
        const lack = lackOf(format)
        if (lack !== null)
          throw new ApiProblem(422, 'UNPROCESSABLE', `cannot write the definition: ${lack}`)
        return { id: format.id, text: definitionOf(format), notes }
      },
    })

    app.route({
      method: 'GET',
      url: '/definitions/:id',
      schema: {
        operationId: 'getDefinition',
        summary: 'The text of a format made here',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(definitionSchema),
      },
      handler: async ({ params: { id } }) => {
        const kept = await definitions.read(id)
        if (kept === null) throw notFound(`definition ${id}`)
        return { id, text: kept }
      },
    })

    app.route({
      method: 'PUT',
      url: '/definitions/:id',
      bodyLimit: apiLimits.bodyBytes,
      schema: {
        operationId: 'putDefinition',
        summary:
          'Keeps a format and puts it in force: lines that come from now on are read with it',
        description: 'Replay unread lines afterwards: POST /api/v1/unparsed/replay.',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: z.strictObject({ text }),
        response: answers(definitionSchema),
      },
      handler: async ({ params: { id }, body }) => {
        const tried = await attempt({
          lines: '',
          format: 'auto',
          definition: body.text,
          zone: null,
        })
        // a format that is fixed is its own verdict
        if (tried.format !== id)
          throw new ApiProblem(
            422,
            'UNPROCESSABLE',
            `cannot keep the definition as ${id}: its id is ${tried.format}; write the same`,
          )
        const before = await definitions.read(id)
        await definitions.write(id, body.text)
        await context.use().catch(async (error: unknown) => {
          if (before === null) await definitions.remove(id)
          else await definitions.write(id, before)
          throw error
        })
        return { id, text: body.text }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/definitions/:id',
      schema: {
        operationId: 'removeDefinition',
        summary: 'Takes a format made here away',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async ({ params: { id } }) => {
        if (!(await definitions.remove(id))) throw notFound(`definition ${id}`)
        await context.use()
        return { done: true as const }
      },
    })
  }
}
