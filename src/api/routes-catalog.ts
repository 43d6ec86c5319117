/** The catalog: its apps with their risk and evidence, own apps, weights, and services that are in no list. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { everyApp, findApps, suggestedQueries } from '../catalog/app-queries.ts'
import type { AppQuery, FactorCondition } from '../catalog/app-queries.ts'
import { riskFactors } from '../catalog/risk-factors.ts'
import { weightOf } from '../catalog/risk.ts'
import { categories as allCategories } from '../catalog/schema.ts'
import { changeSchema } from './catalog-change-schema.ts'
import {
  appEntrySchema,
  candidateSchema,
  catalogAppSchema,
  catalogQuerySchema,
  categorySchema,
  countrySchema,
  factorIds,
  finderQuerySchema,
  ownAppBodySchema,
  scoreBodySchema,
  suggestedSchema,
  weightsBodySchema,
  weightsSchema,
} from './catalog-schemas.ts'
import type { CatalogService } from './catalog-service.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams, noQuerySchema, scopeOf } from './queries.ts'
import { answers, pageOf } from './route-context.ts'

const tags = ['catalog']
const reading = { right: 'reports.read', bounded: true } as const
const changing = { right: 'govern.write' } as const

export function catalogRoutes(service: CatalogService): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/catalog/apps',
      config: reading,
      schema: {
        operationId: 'listCatalogApps',
        summary: 'Apps of the catalog, used or not, by category, score and what is known of them',
        tags,
        querystring: catalogQuerySchema,
        response: answers(pageOf(catalogAppSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit } = query
        const found = findApps(service.catalog(), appQueryOf(query))
        const rows = found.slice((page - 1) * limit, page * limit)
        return { rows, total: found.length, page, limit }
      },
    })

    app.route({
      method: 'GET',
      url: '/catalog/queries',
      config: reading,
      schema: {
        operationId: 'listSuggestedQueries',
        summary: 'Suggested queries, for `query` of /catalog/apps',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(suggestedSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = suggestedQueries.map(({ id, name, query }) => ({
          id,
          name,
          apps: findApps(service.catalog(), { ...everyApp, ...query }).length,
        }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/catalog/categories',
      config: reading,
      schema: {
        operationId: 'listCategories',
        summary: 'All categories, with how many apps of the catalog are in each',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(categorySchema), total: z.int() })),
      },
      handler: async () => {
        const apps = new Map<string, number>()
        for (const { category } of service.catalog().apps.values())
          apps.set(category, (apps.get(category) ?? 0) + 1)
        const rows = allCategories.map((name) => ({ name, apps: apps.get(name) ?? 0 }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/catalog/app-ids',
      config: reading,
      schema: {
        operationId: 'listCatalogAppIds',
        summary: 'Ids of all apps of the catalog that fit: for tables that filter by themselves',
        tags,
        querystring: catalogQuerySchema
          .omit({ page: true, limit: true })
          .extend({ headquarters: countrySchema.optional().describe('Country of the vendor') }),
        response: answers(z.object({ ids: z.array(z.string()) })),
      },
      handler: async ({ query }) => ({
        ids: findApps(service.catalog(), appQueryOf(query))
          .map(({ id }) => id)
          .filter(
            (id) =>
              query.headquarters === undefined ||
              service.detail(id)?.entry.headquarters === query.headquarters,
          ),
      }),
    })

    app.route({
      method: 'GET',
      url: '/catalog/apps/:id',
      config: reading,
      schema: {
        operationId: 'getCatalogApp',
        summary: 'One app of the catalog: its names, its score and the evidence for it',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(appEntrySchema),
      },
      handler: async ({ params }) => {
        const detail = service.detail(params.id)
        if (detail === null) throw notFound(`app ${params.id} in the catalog`)
        const own = (await service.ownApps()).has(params.id)
        return { app: detail.entry, own, risk: detail.risk }
      },
    })

    app.route({
      method: 'GET',
      url: '/catalog/finder',
      config: reading,
      schema: {
        operationId: 'findServices',
        summary: 'Services in no list that look like apps, best first, each with its evidence',
        tags,
        querystring: finderQuerySchema,
        response: answers(pageOf(candidateSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit } = query
        const found = await service.find(scopeOf(query))
        const rows = found.slice((page - 1) * limit, page * limit)
        return { rows, total: found.length, page, limit }
      },
    })
  }
}

/** What changes the catalog. Who did it stands in the audit trail, with what moved. */
export function catalogChangeRoutes(service: CatalogService): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'PUT',
      url: '/catalog/apps/:id',
      config: changing,
      schema: {
        operationId: 'putOwnApp',
        summary: 'Makes or replaces an app of your own; the past is named anew',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: ownAppBodySchema,
        response: answers(changeSchema),
      },
      handler: async (request) => {
        const { params, body } = request
        const change = await service.putApp({ ...body, id: params.id })
        request.told = { object: params.id, detail: { app: body, moved: change.words } }
        return change
      },
    })

    app.route({
      method: 'DELETE',
      url: '/catalog/apps/:id',
      config: changing,
      schema: {
        operationId: 'removeOwnApp',
        summary: 'Removes an app of your own',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(changeSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        const change = await service.removeApp(id)
        if (change === null) throw notFound(`own app ${id}`)
        request.told = { object: id, detail: { moved: change.words } }
        return change
      },
    })

    app.route({
      method: 'PUT',
      url: '/catalog/apps/:id/score',
      config: changing,
      schema: {
        operationId: 'putScore',
        summary: 'Gives an app a score by hand, with a note why',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: scoreBodySchema,
        response: answers(changeSchema),
      },
      handler: async (request) => {
        const { params, body } = request
        if (service.detail(params.id) === null) throw notFound(`app ${params.id} in the catalog`)
        request.told = { object: params.id, detail: body }
        return service.setScore(params.id, { app: params.id, ...body })
      },
    })

    app.route({
      method: 'DELETE',
      url: '/catalog/apps/:id/score',
      config: changing,
      schema: {
        operationId: 'removeScore',
        summary: 'Takes a score given by hand back',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(changeSchema),
      },
      handler: async ({ params }) => {
        const override = service.detail(params.id)?.risk.override ?? null
        if (override === null) throw notFound(`score of ${params.id} given by hand`)
        return service.setScore(params.id, null)
      },
    })
    weightRoutes(app, service)
  }
}

type App = Parameters<FastifyPluginAsyncZod>[0]

function weightRoutes(app: App, service: CatalogService): void {
  app.route({
    method: 'GET',
    url: '/catalog/weights',
    config: reading,
    schema: {
      operationId: 'getWeights',
      summary: 'What the risk score is made of: factors and their weights',
      tags,
      querystring: noQuerySchema,
      response: answers(weightsSchema),
    },
    handler: async () => {
      const { weights } = service.catalog()
      const { reckonedOn, irrelevantCounts, neutral, factsMin, groups } = weights
      const factors = riskFactors.map((factor) => ({
        id: factor.id,
        group: factor.group,
        name: factor.name,
        counts: factor.counting.kind,
        weight: weightOf(factor, weights),
      }))
      const own: Record<string, unknown> = await service.ownWeights()
      return { reckonedOn, irrelevantCounts, neutral, factsMin, groups, factors, own }
    },
  })

  app.route({
    method: 'PUT',
    url: '/catalog/weights',
    config: changing,
    schema: {
      operationId: 'putWeights',
      summary: 'Replaces what was changed of the shipped weights; all scores are reckoned anew',
      tags,
      querystring: noQuerySchema,
      body: weightsBodySchema,
      response: answers(changeSchema),
    },
    handler: async (request) => {
      request.told = { detail: request.body }
      return service.setWeights(request.body)
    },
  })
}

/** A suggested query narrowed by what else is asked. Throws 400 for a factor or query that is not there. */
function appQueryOf(query: Omit<z.infer<typeof catalogQuerySchema>, 'page' | 'limit'>): AppQuery {
  const suggested = suggestedQueries.find(({ id }) => id === query.query)
  if (query.query !== undefined && suggested === undefined)
    throw bad(`query ${query.query}`, suggestedQueries.map(({ id }) => id).join(', '))
  const base: AppQuery = { ...everyApp, ...suggested?.query }
  const categories = listOf(query.category)
  return {
    text: query.filter ?? null,
    categories: categories.length > 0 ? categories : base.categories,
    scoreMin: query.scoreMin ?? base.scoreMin,
    scoreMax: query.scoreMax ?? base.scoreMax,
    all: [...base.all, ...listOf(query.factor).map(conditionOf)],
    any: base.any,
  }
}

function conditionOf(text: string): FactorCondition {
  const colon = text.indexOf(':')
  const factor = colon < 0 ? text : text.slice(0, colon)
  if (!factorIds.has(factor)) throw bad(`factor ${factor}`, 'one of GET /api/v1/catalog/weights')
  return { factor, is: colon < 0 ? 'yes' : text.slice(colon + 1) }
}

function bad(what: string, choose: string): ApiProblem {
  return new ApiProblem(400, 'BAD_REQUEST', `cannot use ${what}: there is none; choose ${choose}`)
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}
