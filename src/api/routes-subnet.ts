/**
 * Address ranges under the paths and in the shapes of Defender for Cloud Apps' data enrichment API
 * (https://learn.microsoft.com/defender-cloud-apps/api-data-enrichment-manage): the same ranges as /api/v1/ranges.
 */
import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { rangeCategories, rangeSchema } from '../govern/people.ts'
import type { Range } from '../govern/people.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams } from './queries.ts'
import { answers } from './route-context.ts'
import { bounded } from './routes-tags.ts'
import type { GovernContext } from './routes-tags.ts'

const tags = ['compatible']
const write = { right: 'govern.write' } as const
/** The API's own bound. */
const pageRows = 100

const bodySchema = z.looseObject({
  name: z.string(),
  category: z.coerce
    .number()
    .default(rangeCategories.other)
    .describe('1 corporate, 2 administrative, 3 risky, 4 VPN, 5 cloud provider, 6 other'),
  subnets: z.array(z.string()),
  tags: z.array(z.string()).default([]),
  organization: z.string().nullish(),
  location: z.string().nullish(),
})
const listSchema = z.looseObject({
  skip: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).default(pageRows),
})
const rowSchema = z.object({
  _id: z.string(),
  name: z.string(),
  subnets: z.array(z.object({ originalString: z.string(), address: z.string(), mask: z.int() })),
  category: z.int(),
  tags: z.array(z.object({ id: z.string(), name: z.string() })),
  organization: z.string().nullable(),
  location: z.string().nullable(),
})
const pageSchema = z.object({ data: z.array(rowSchema), total: z.int(), hasNext: z.boolean() })

function rowOf(id: string, range: Range): z.infer<typeof rowSchema> {
  return {
    _id: id,
    name: range.name,
    subnets: range.networks.map((network) => {
      const [address, prefix] = network.split('/')
      return {
        originalString: network,
        address,
        mask: prefix === undefined ? (address.includes(':') ? 128 : 32) : Number(prefix),
      }
    }),
    category: rangeCategories[range.category],
    tags: range.tags.map((name) => ({ id: name, name })),
    organization: range.organisation === '' ? null : range.organisation,
    location: range.location === '' ? null : range.location,
  }
}

function rangeOf(body: z.output<typeof bodySchema>): Range {
  const category = Object.entries(rangeCategories).find(([, number]) => number === body.category)
  const range = rangeSchema.safeParse({
    name: body.name,
    networks: body.subnets,
    category: category?.[0],
    tags: body.tags,
    location: body.location ?? '',
    organisation: body.organization ?? '',
  })
  if (category !== undefined && range.success) return range.data
  const why = range.success ? 'category is 1 to 6' : z.prettifyError(range.error).slice(0, 300)
  throw new ApiProblem(
    422,
    'UNPROCESSABLE',
    `cannot keep this range: ${why}; see /api/v1/openapi.json`,
  )
}

export function subnetRoutes({ govern: { people } }: GovernContext): FastifyPluginAsyncZod {
  const page = async ({ skip, limit }: z.output<typeof listSchema>) => {
    const all = [...(await people.ranges.all())]
    const rows = all.slice(skip, skip + Math.min(limit, pageRows))
    return {
      data: rows.map(([id, range]) => rowOf(id, range)),
      total: all.length,
      hasNext: skip + rows.length < all.length,
    }
  }
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/api/v1/subnet/',
      config: bounded,
      schema: {
        operationId: 'listSubnets',
        summary: 'Address ranges, as Defender for Cloud Apps lists them',
        tags,
        querystring: listSchema,
        response: answers(pageSchema),
      },
      handler: async ({ query }) => page(query),
    })
    app.route({
      method: 'POST',
      url: '/api/v1/subnet/',
      config: bounded,
      schema: {
        operationId: 'querySubnets',
        summary: 'The same, asked by POST',
        tags,
        body: listSchema,
        response: answers(pageSchema),
      },
      handler: async ({ body }) => page(body),
    })
    app.route({
      method: 'POST',
      url: '/api/v1/subnet/create_rule/',
      config: write,
      schema: {
        operationId: 'createSubnet',
        summary: 'Makes an address range; answers its id',
        tags,
        body: bodySchema,
        response: answers(z.string()),
      },
      handler: async ({ body }, reply) => {
        const id = await people.putRange(rangeOf(body), randomUUID())
        return reply.type('application/json').serializer(JSON.stringify).send(id)
      },
    })
    app.route({
      method: 'POST',
      url: '/api/v1/subnet/:id/update_rule/',
      config: write,
      schema: {
        operationId: 'updateSubnet',
        summary: 'Replaces an address range',
        tags,
        params: idParams,
        body: bodySchema,
        response: answers(z.object({})),
      },
      handler: async ({ params, body }) => {
        if ((await people.ranges.get(params.id)) === null) throw notFound(`range ${params.id}`)
        await people.putRange(rangeOf(body), params.id)
        return {}
      },
    })
    app.route({
      method: 'DELETE',
      url: '/api/v1/subnet/:id/',
      config: write,
      schema: {
        operationId: 'deleteSubnet',
        summary: 'Takes an address range away',
        tags,
        params: idParams,
        response: answers(z.object({})),
      },
      handler: async ({ params }) => {
        if (!(await people.ranges.remove(params.id))) throw notFound(`range ${params.id}`)
        return {}
      },
    })
  }
}
