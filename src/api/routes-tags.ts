/** Tags of apps, their history, and undoing. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Catalog } from '../catalog/match.ts'
import type { Govern } from '../govern/govern.ts'
import type { AppTag, TagEvent } from '../govern/tags.ts'
import type { View } from '../access/viewer-store.ts'
import { governLimits } from '../limits.ts'
import type { Backup } from '../spool/backup.ts'
import type { Store } from '../store/store.ts'
import { changeSchema, tagBodySchema, tagEventSchema, tagSchema } from './govern-schemas.ts'
import { ApiProblem } from './problem.ts'
import { idParams, noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'

const tags = ['governance']
const write = { right: 'govern.write' } as const

/** What routes of governing share. */
export interface GovernContext {
  govern: Govern
  catalog: () => Catalog
  /** What the one who asks may see; without it, all. */
  viewer?: {
    view: () => View
    /** The store as he may see it. */
    store: () => Store
    /** Whole, for pseudonyms. */
    whole: Pick<Store, 'query'>
  }
  /** Raw lines that are kept; without it there are none. */
  backup?: Backup
}

/** Reading that keeps to the viewer's bounds. */
export const bounded = { right: 'reports.read', bounded: true } as const

export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** Who asks, for what is kept beside the audit trail. */
export function actorOf(request: { viewer?: { name: string } | null }): string {
  return request.viewer?.name ?? 'this machine'
}

function rowOf(catalog: Catalog, tag: AppTag): z.infer<typeof tagSchema> {
  return {
    appId: tag.appId,
    app: catalog.apps.get(tag.appId)?.name ?? null,
    tag: tag.tag,
    actor: tag.actor,
    reason: tag.reason,
    expires: isoOrNull(tag.expiresMs),
    at: iso(tag.atMs),
  }
}

function eventOf(catalog: Catalog, event: TagEvent): z.infer<typeof tagEventSchema> {
  return { ...rowOf(catalog, event), active: event.active, change: event.change }
}

export function tagRoutes({ govern, catalog }: GovernContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/tags',
      config: bounded,
      schema: {
        operationId: 'listTags',
        summary: 'Tags in force',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(tagSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = (await govern.tags.current()).map((tag) => rowOf(catalog(), tag))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/tags',
      config: write,
      schema: {
        operationId: 'tagApps',
        summary:
          'Sets or takes away a tag of apps; one of sanctioned, unsanctioned, monitored replaces another',
        tags,
        querystring: noQuerySchema,
        body: tagBodySchema,
        response: answers(changeSchema),
      },
      handler: async (request) => {
        const { apps, tag, active, reason, expires } = request.body
        // an app that has left the catalog may still lose its tags
        const unknown = active ? apps.find((one) => !catalog().apps.has(one)) : undefined
        if (unknown !== undefined)
          throw new ApiProblem(
            422,
            'UNPROCESSABLE',
            `cannot tag ${unknown}: no app of the catalog has this id; see /api/v1/apps or gnomon lookup`,
          )
        request.told = {
          object: tag,
          detail: { apps: apps.slice(0, 20), count: apps.length, active, reason },
        }
        const expiresMs = expires === undefined ? null : Date.parse(expires)
        const change = await govern.tag({
          appIds: apps,
          tag,
          active,
          actor: actorOf(request),
          reason,
          expiresMs,
        })
        return { change }
      },
    })

    app.route({
      method: 'GET',
      url: '/tags/history',
      config: bounded,
      schema: {
        operationId: 'listTagHistory',
        summary: 'Every change of tags, the last first',
        tags,
        querystring: z.strictObject({
          app: z.string().min(1).max(100).optional().describe('Only this app (its id)'),
        }),
        response: answers(z.object({ rows: z.array(tagEventSchema) })),
      },
      handler: async ({ query }) => {
        const events = await govern.tags.history(query.app ?? null, governLimits.historyRows)
        return { rows: events.map((event) => eventOf(catalog(), event)) }
      },
    })

    app.route({
      method: 'POST',
      url: '/tags/changes/:id/undo',
      config: write,
      schema: {
        operationId: 'undoTagChange',
        summary: 'Puts back what was in force before a change',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(changeSchema),
      },
      handler: async (request) => {
        request.told = { object: request.params.id }
        return { change: await govern.undoTag(request.params.id, actorOf(request)) }
      },
    })
  }
}
