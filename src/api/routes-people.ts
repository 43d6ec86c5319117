/** Exclusions, groups of users, address ranges: lists that are made, replaced and taken away alike. Deletion of data beside them. */
import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { exclusionSchema, groupSchema, rangeSchema } from '../govern/people.ts'
import { governLimits } from '../limits.ts'
import { goneSchema, idSchema } from './alert-schemas.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams, noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'
import type { GovernContext } from './routes-tags.ts'

const tags = ['governance']
const write = { right: 'govern.write' } as const
const done = { done: true } as const

/** Made by people, by the noun of its path. */
interface Kept<T extends z.ZodObject> {
  path: string
  noun: string
  Noun: string
  schema: T
  all: () => Promise<ReadonlyMap<string, z.output<T>>>
  put: (value: z.output<T>, id: string) => Promise<string>
  remove: (id: string) => Promise<boolean>
}

function keptRoutes<T extends z.ZodObject>(kept: Kept<T>): FastifyPluginAsyncZod {
  const { path, noun, Noun, schema } = kept
  const row = z.object({ id: z.string(), ...schema.shape })
  const put = async (id: string, body: unknown) => ({ id: await kept.put(body as never, id) })
  return async (app) => {
    app.route({
      method: 'GET',
      url: `/${path}`,
      // members of groups and excluded people are names
      config: { right: 'govern.write', names: true },
      schema: {
        operationId: `list${Noun}s`,
        summary: `All ${noun}s`,
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(row), total: z.int() })),
      },
      handler: async () => {
        const rows = [...(await kept.all())].map(([id, value]) => ({ id, ...value }))
        return { rows, total: rows.length }
      },
    })
    app.route({
      method: 'POST',
      url: `/${path}`,
      config: write,
      bodyLimit: governLimits.listBytes,
      schema: {
        operationId: `create${Noun}`,
        summary: `Makes one ${noun}`,
        tags,
        querystring: noQuerySchema,
        body: schema,
        response: answers(idSchema),
      },
      handler: async (request) => put(randomUUID(), request.body),
    })
    app.route({
      method: 'PUT',
      url: `/${path}/:id`,
      config: write,
      bodyLimit: governLimits.listBytes,
      schema: {
        operationId: `put${Noun}`,
        summary: `Replaces one ${noun}`,
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: schema,
        response: answers(idSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        if (!(await kept.all()).has(id)) throw notFound(`${noun} ${id}`)
        return put(id, request.body)
      },
    })
    app.route({
      method: 'DELETE',
      url: `/${path}/:id`,
      config: write,
      schema: {
        operationId: `delete${Noun}`,
        summary: `Takes one ${noun} away`,
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async ({ params }) => {
        if (!(await kept.remove(params.id))) throw notFound(`${noun} ${params.id}`)
        return done
      },
    })
  }
}

export function exclusionRoutes({ govern: { people } }: GovernContext): FastifyPluginAsyncZod {
  return keptRoutes({
    path: 'exclusions',
    noun: 'exclusion',
    Noun: 'Exclusion',
    schema: exclusionSchema,
    all: async () => people.exclusions.all(),
    put: async (value, id) => people.exclude(value, id),
    remove: async (id) => people.includeAgain(id),
  })
}

export function groupRoutes({ govern: { people } }: GovernContext): FastifyPluginAsyncZod {
  return keptRoutes({
    path: 'groups',
    noun: 'group',
    Noun: 'Group',
    schema: groupSchema,
    all: async () => people.groups.all(),
    put: async (value, id) => people.putGroup(value, id),
    remove: async (id) => people.removeGroup(id),
  })
}

export function rangeRoutes({ govern: { people } }: GovernContext): FastifyPluginAsyncZod {
  return keptRoutes({
    path: 'ranges',
    noun: 'range',
    Noun: 'Range',
    schema: rangeSchema,
    all: async () => people.ranges.all(),
    put: async (value, id) => people.putRange(value, id),
    remove: async (id) => people.ranges.remove(id),
  })
}

const orderSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('all'),
    confirm: z.literal('delete all data').describe('These very words'),
  }),
  z.strictObject({
    kind: z.literal('source'),
    source: z.string().min(1).max(governLimits.textCharacters),
  }),
  z.strictObject({
    kind: z.literal('person'),
    names: z
      .array(z.string().trim().min(3).max(governLimits.textCharacters))
      .min(1)
      .max(100)
      .describe('All forms of the name: as logged, UPN, account'),
  }),
])
const proofSchema = z.object({
  at: z.string(),
  deleted: z.int().describe('Rows, over all tables'),
  left: z.int().describe('Rows that fit the order afterwards; 0 = all is gone'),
  tables: z.array(z.object({ table: z.string(), deleted: z.int(), left: z.int() })),
  places: z
    .array(z.object({ place: z.string(), deleted: z.int(), left: z.int(), says: z.string() }))
    .describe('Everything else: files, what an administrator wrote, what has left the box'),
})

export function deletionRoutes({ govern }: GovernContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/deletions',
      config: { right: 'settings.write' },
      schema: {
        operationId: 'deleteData',
        summary:
          'Deletes all data, those of a source, or those of a person; the counts stand in the audit trail',
        tags,
        querystring: noQuerySchema,
        body: orderSchema,
        response: answers(proofSchema),
      },
      handler: async (request) => {
        const order = request.body
        const { at, tables, places } = await govern.deleteData(
          order.kind === 'all' ? { kind: 'all' } : order,
        )
        const deleted = tables.reduce((sum, one) => sum + one.deleted, 0)
        const left = tables.reduce((sum, one) => sum + one.left, 0)
        // the name that is deleted does not live on in the trail
        request.told = {
          object: order.kind === 'source' ? `source ${order.source}` : order.kind,
          detail: {
            deleted,
            left,
            tables,
            places: places.map(({ says: _says, ...counts }) => counts),
          },
        }
        if (left > 0)
          throw new ApiProblem(
            500,
            'INTERNAL',
            `cannot say that all is gone: ${left} rows came in meanwhile; ask again`,
          )
        return { at, deleted, left, tables, places }
      },
    })
  }
}
