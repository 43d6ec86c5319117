/** Apps, users, addresses and devices: lists and their pages. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { PersonKind } from './backend.ts'
import { notFound } from './problem.ts'
import {
  addressParams,
  appQuerySchema,
  idParams,
  nameParams,
  personQuerySchema,
  scopeOf,
  scopeQuerySchema,
} from './queries.ts'
import { reportAppSchema, reportPersonSchema } from './report-schemas.ts'
import { answers, pageOf } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import { appDetailSchema, personDetailSchema } from './schemas.ts'

export function appRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/apps',
      schema: {
        operationId: 'listApps',
        summary: 'Discovered apps',
        tags: ['usage'],
        querystring: appQuerySchema,
        response: answers(pageOf(reportAppSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, sort, order, filter = null } = query
        const asked = { ...scopeOf(query), page, limit, sort, order, filter }
        return { ...(await backend.apps(asked)), page, limit }
      },
    })

    app.route({
      method: 'GET',
      url: '/apps/:id',
      schema: {
        operationId: 'getApp',
        summary: 'One app: who uses it, and by which hosts it was seen',
        tags: ['usage'],
        params: idParams,
        querystring: scopeQuerySchema,
        response: answers(appDetailSchema),
      },
      handler: async ({ params, query }) => {
        const detail = await backend.app(params.id, scopeOf(query))
        if (detail === null) throw notFound(`app ${params.id} in this report`)
        return detail
      },
    })
  }
}

const kinds: { kind: PersonKind; one: string; param: 'name' | 'address' }[] = [
  { kind: 'users', one: 'User', param: 'name' },
  { kind: 'addresses', one: 'Address', param: 'address' },
  { kind: 'devices', one: 'Device', param: 'name' },
]

export function personRoutes({ backend }: RouteContext): FastifyPluginAsyncZod {
  return async (app) => {
    for (const { kind, one, param } of kinds) {
      app.route({
        method: 'GET',
        url: `/${kind}`,
        schema: {
          operationId: `list${kind[0].toUpperCase()}${kind.slice(1)}`,
          summary: `${one}s that used apps`.replace('Addresss', 'Addresses'),
          tags: ['usage'],
          querystring: personQuerySchema,
          response: answers(pageOf(reportPersonSchema)),
        },
        handler: async ({ query }) => {
          const { page, limit, sort, order, filter = null } = query
          const asked = { ...scopeOf(query), page, limit, sort, order, filter }
          return { ...(await backend.people(kind, asked)), page, limit }
        },
      })

      app.route({
        method: 'GET',
        url: `/${kind}/:${param}`,
        schema: {
          operationId: `get${one}`,
          summary: `One ${one.toLowerCase()}: its apps, and whom it goes with`,
          tags: ['usage'],
          params: param === 'name' ? nameParams : addressParams,
          querystring: scopeQuerySchema,
          response: answers(personDetailSchema),
        },
        handler: async ({ params, query }) => {
          const name = 'name' in params ? params.name : params.address
          const detail = await backend.person(kind, name, scopeOf(query))
          if (detail === null) throw notFound(`${one.toLowerCase()} ${name} in this report`)
          return detail
        },
      })
    }
  }
}
