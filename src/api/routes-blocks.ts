/** Block lists and block scripts, also under the path that Defender for Cloud Apps has for them. */
import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { pseudonymsOf } from '../access/pseudonyms.ts'
import { scriptWriters } from '../govern/block-script.ts'
import { blockListSchema, formatSchema, scriptMode, scriptSchema } from './govern-schemas.ts'
import {
  indicatorPlanSchema,
  indicatorReportSchema,
  rehearsalBodySchema,
  rehearsalSchema,
} from './block-schemas.ts'
import { ApiProblem, notFound } from './problem.ts'
import { noQuerySchema } from './queries.ts'
import { answers, problems } from './route-context.ts'
import { actorOf, bounded } from './routes-tags.ts'
import type { GovernContext } from './routes-tags.ts'

const tags = ['governance']
const text = { ...problems, 200: { content: { 'text/plain': { schema: z.string() } } } }
const format = z.string().min(1).max(60).describe('Id, alias, or number of Defender for Cloud Apps')
const modeQuery = z.strictObject({ mode: scriptMode })

export function blockRoutes({ govern, viewer }: GovernContext): FastifyPluginAsyncZod {
  /** The rehearsal's ground: the viewer's part of usage, and the names he sees. */
  const seen = () => {
    if (viewer === undefined) return undefined
    const { masked, key } = viewer.view()
    const plain = masked !== 'all' && masked.length === 0
    return {
      store: viewer.store(),
      shownAs: async (names: readonly string[]) =>
        plain ? new Map<string, string>() : pseudonymsOf(viewer.whole, 'user', names, key),
    }
  }
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/block-scripts',
      config: bounded,
      schema: {
        operationId: 'listBlockScriptFormats',
        summary: 'Devices that a block script can be written for',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(formatSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = scriptWriters.map((writer) => ({ ...writer, change: writer.change !== null }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/block-scripts/:format',
      schema: {
        operationId: 'previewBlockScript',
        summary: 'A block script as it would be; it does not count as given out',
        tags,
        params: z.strictObject({ format }),
        querystring: modeQuery,
        response: answers(scriptSchema),
      },
      handler: async ({ params, query }) => govern.script(params.format, query.mode),
    })

    app.route({
      method: 'POST',
      url: '/block-scripts/:format',
      config: { right: 'govern.write' },
      schema: {
        operationId: 'giveBlockScript',
        summary: 'A block script, given out: the next change is told against it',
        tags,
        params: z.strictObject({ format }),
        querystring: modeQuery,
        response: answers(scriptSchema),
      },
      handler: async (request) => {
        const { params, query } = request
        const script = await govern.giveScript(params.format, query.mode, actorOf(request))
        const { names, added, removed } = script
        request.told = {
          object: script.format,
          detail: { mode: query.mode, names, added: added.length, removed: removed.length },
        }
        return script
      },
    })

    app.route({
      method: 'GET',
      url: '/block-list',
      schema: {
        operationId: 'getBlockList',
        summary: 'Names of the unsanctioned apps, and names that are left out and why',
        tags,
        querystring: noQuerySchema,
        response: answers(blockListSchema),
      },
      handler: async () => govern.blockList(),
    })

    app.route({
      method: 'POST',
      url: '/rehearsals',
      config: { names: true, right: 'govern.write', bounded: true },
      schema: {
        operationId: 'rehearseBlock',
        summary: 'Whom and what a block would have hit in the last 30 days; it changes nothing',
        tags,
        querystring: noQuerySchema,
        body: rehearsalBodySchema,
        response: answers(rehearsalSchema),
      },
      handler: async ({ body }) =>
        govern.rehearse(body.apps === undefined ? null : new Set(body.apps), seen()),
    })

    app.route({
      method: 'GET',
      url: '/indicators',
      schema: {
        operationId: 'getIndicators',
        summary: "What the last comparison with Defender's indicators did",
        tags,
        querystring: noQuerySchema,
        response: answers(
          z.object({ configured: z.boolean(), last: indicatorReportSchema.nullable() }),
        ),
      },
      handler: async () => ({
        configured: govern.indicators.configured,
        last: await govern.indicators.last(),
      }),
    })

    app.route({
      method: 'GET',
      url: '/indicators/plan',
      schema: {
        operationId: 'planIndicators',
        summary: 'What a comparison would do now; it changes nothing',
        tags,
        querystring: noQuerySchema,
        response: answers(indicatorPlanSchema),
      },
      handler: async () => {
        const { put, remove, ...plan } = await govern.indicators.plan()
        return {
          ...plan,
          put: put.map(({ indicatorValue, action }) => ({ value: indicatorValue, action })),
          remove: remove.map(({ value }) => value),
        }
      },
    })

    app.route({
      method: 'POST',
      url: '/indicators/sync',
      config: { right: 'govern.write' },
      schema: {
        operationId: 'syncIndicators',
        summary: 'Compares both sides now and mends; only ours are touched',
        tags,
        querystring: noQuerySchema,
        body: z.strictObject({
          removeAll: z
            .boolean()
            .default(false)
            .describe('true = takes all of ours away, whatever the tags say'),
        }),
        response: answers(indicatorReportSchema),
      },
      handler: async (request) => {
        const { indicators } = govern
        const report = await (request.body.removeAll ? indicators.removeAll() : indicators.sync())
        const { created, updated, removed, failures } = report
        request.told = {
          object: 'indicators',
          detail: { created, updated, removed, failures: failures.length },
        }
        return report
      },
    })

    app.route({
      method: 'GET',
      url: '/block-lists/:file',
      schema: {
        operationId: 'getExternalBlockList',
        summary: 'A list that a firewall fetches by itself (external dynamic list): FORMAT.txt',
        tags,
        params: z.strictObject({ file: z.string().max(60) }),
        querystring: noQuerySchema,
        response: text,
      },
      handler: async (request, reply) => {
        const [, asked] = /^([a-z-]+)\.txt$/.exec(request.params.file) ?? []
        const writer = scriptWriters.find(
          ({ id, extension }) => id === asked && extension === 'txt',
        )
        if (writer === undefined) throw notFound(`list ${request.params.file}`)
        const { text: body } = await govern.script(writer.id, 'full')
        // without the line that tells the time, the same list has the same tag
        const stable = body.replaceAll(/^[#;!] Gnomon, .*$/gm, '')
        const etag = `"${createHash('sha256').update(stable).digest('hex').slice(0, 32)}"`
        void reply
          .header('etag', etag)
          .header('cache-control', 'no-cache')
          .type('text/plain; charset=utf-8')
        if (request.headers['if-none-match'] !== etag) return body
        void reply.status(304 as never)
        return ''
      },
    })
  }
}

/** `GET /api/discovery_block_scripts/?format=108&type=banned`, with and without the last slash. */
export function mdaBlockRoutes({ govern }: GovernContext): FastifyPluginAsyncZod {
  return async (app) => {
    for (const url of ['/api/discovery_block_scripts/', '/api/discovery_block_scripts'])
      app.route({
        method: 'GET',
        url,
        config: { right: 'govern.write' },
        schema: {
          operationId: 'getDiscoveryBlockScript',
          summary: 'A block script, as Defender for Cloud Apps gives it; it counts as given out',
          tags: ['compatible'],
          hide: !url.endsWith('/'),
          querystring: z.object({ format, type: z.string().max(40).default('banned') }),
          response: text,
        },
        handler: async (request, reply) => {
          const { format: asked, type } = request.query
          if (type !== 'banned')
            throw new ApiProblem(
              422,
              'UNPROCESSABLE',
              'cannot write this script: type is banned; use type=banned',
            )
          const script = await govern.giveScript(asked, 'full', actorOf(request))
          void reply
            .type('text/plain; charset=utf-8')
            .header('content-disposition', `attachment; filename="${script.fileName}"`)
          return script.text
        },
      })
  }
}
