/**
 * Microsoft Graph's shapes of cloud discovery, read only (https://learn.microsoft.com/graph/api/resources/security-cloudappdiscovery-overview):
 * `…/uploadedStreams`, `…/{id}/aggregatedAppsDetails(period=duration'P7D')`, one app, its users and addresses. Spelling as there.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ReportApp } from '../report/report.ts'
import { apiLimits } from '../limits.ts'
import type { CatalogService } from './catalog-service.ts'
import { graphAppInfo } from './graph-app-info.ts'
import { graphField, graphFilter } from './graph-filter.ts'
import { allApps } from './mda-apps.ts'
import { lastDays, mdaStreams } from './mda-shapes.ts'
import { ApiProblem, notFound } from './problem.ts'
import type { Scope } from './queries.ts'
import { problems } from './route-context.ts'
import type { RouteContext } from './route-context.ts'
import type { AppTags } from './routes-mda.ts'

const pageRows = 100
const query = z.looseObject({
  $skip: z
    .string()
    .regex(/^\d{1,6}$/)
    .optional(),
  $top: z
    .string()
    .regex(/^\d{1,4}$/)
    .optional(),
  $filter: z.string().max(apiLimits.nameCharacters).optional(),
  $select: z.string().max(apiLimits.nameCharacters).optional(),
  $orderby: z.string().max(apiLimits.nameCharacters).optional(),
  $count: z.enum(['true', 'false']).optional(),
})
const details =
  /^(?:microsoft\.graph\.security\.)?aggregatedAppsDetails ?\( ?period ?= ?(?:duration ?)?'(P\d{1,4}D)' ?\)(?:\/([^/]+))?(?:\/(users|ipAddress|name|appInfo))?\/?$/

/** What else the answers need, where it is there. */
export interface GraphParts {
  tagsOf: AppTags
  catalog: Pick<CatalogService, 'catalog' | 'detail'> | null
}

export function graphRoutes(
  { backend, now }: RouteContext,
  { tagsOf, catalog }: GraphParts,
): FastifyPluginAsyncZod {
  return async (app) => {
    for (const version of ['beta', 'v1.0']) {
      const root = `/${version}/security/dataDiscovery/cloudAppDiscovery/uploadedStreams`
      const config = { right: 'reports.read', bounded: true, names: true } as const
      const schema = {
        tags: ['compatible'],
        querystring: query,
        response: { ...problems, 200: z.any() },
      }
      app.route({
        method: 'GET',
        url: root,
        config,
        schema: {
          ...schema,
          hide: version !== 'beta',
          summary: 'Streams, as Microsoft Graph lists them',
        },
        handler: async (request) => {
          const value = (await mdaStreams(backend)).map(({ id, stream }) => ({
            id,
            displayName: stream.displayName,
            logFileCount: null,
            snapshotReport: stream['snapshotData'] === true,
            lastDataReceivedDateTime:
              typeof stream['lastDataReceived'] === 'number'
                ? new Date(stream['lastDataReceived']).toISOString()
                : null,
          }))
          return { '@odata.context': `${request.protocol}://${request.host}${root}`, value }
        },
      })
      app.route({
        method: 'GET',
        url: `${root}/:id/*`,
        config,
        schema: {
          ...schema,
          hide: version !== 'beta',
          summary:
            "Apps of a stream: aggregatedAppsDetails(period=duration'P7D')[/{appId}[/users | /ipAddress | /name | /appInfo]]",
          params: z.looseObject({
            id: z.string().min(1).max(100),
            '*': z.string().max(3 * apiLimits.nameCharacters),
          }),
        },
        handler: async (request) => {
          const { id, '*': rest } = request.params
          const match = details.exec(rest)
          if (match === null)
            throw notFound(`${rest}: it is aggregatedAppsDetails(period=duration'P7D') here`)
          const found = (await mdaStreams(backend)).find((stream) => stream.id === id)
          if (found === undefined) throw notFound(`stream ${id}`)
          const [, period, appId, part] = match
          const scope = lastDays(found.scope, Number(period.slice(1, -1)), now())
          if (appId === undefined)
            return pageOf(
              await listed(scope),
              request.query,
              `${request.protocol}://${request.host}${request.url}`,
            )
          return oneOf(scope, appId, part, request.query.$select)
        },
      })
    }

    async function listed(scope: Scope): Promise<object[]> {
      const byApp = await tagsOf()
      const apps = await allApps(backend, scope, 'name', 'asc')
      return apps.map((row) => graphApp(row, byApp.get(row.appId) ?? []))
    }

    async function oneOf(
      scope: Scope,
      appId: string,
      part: string | undefined,
      select: string | undefined,
    ): Promise<object> {
      const found = await backend.app(appId, scope)
      if (found === null) throw notFound(`app ${appId}`)
      const domains = found.hosts.map(({ name }) => name)
      if (part === 'users')
        return { value: found.users.map(({ name }) => ({ userIdentifier: name })) }
      if (part === 'ipAddress')
        return { value: found.addresses.map(({ name }) => ({ ipAddress: name })) }
      if (part === 'name') return { value: domains.map((name) => ({ name })) }
      if (part === 'appInfo') {
        const facts = catalog?.catalog().facts(appId) ?? new Map()
        return only(graphAppInfo(appId, catalog?.detail(appId) ?? null, facts), select)
      }
      const tags = (await tagsOf()).get(appId) ?? []
      return only({ ...graphApp(found.app, tags), domains }, select)
    }
  }
}

function graphApp(app: ReportApp, tags: readonly string[]): object {
  return {
    '@odata.type': '#microsoft.graph.security.discoveredCloudAppDetail',
    id: app.appId,
    displayName: app.name,
    tags,
    riskScore: app.score,
    uploadNetworkTraficInBytes: app.bytesUp,
    downloadNetworkTraficInBytes: app.bytesDown,
    transactionCount: app.transactions,
    userCount: app.users,
    ipAddressCount: app.addresses,
    deviceCount: app.devices,
    lastSeenDateTime: app.lastSeen,
    category: app.category,
  }
}

function pageOf(all: readonly object[], asked: z.output<typeof query>, url: string): object {
  const filter = asked.$filter === undefined ? null : graphFilter(asked.$filter)
  if (filter === undefined)
    throw new ApiProblem(
      400,
      'BAD_REQUEST',
      "cannot use $filter: write e.g. riskScore le 4 and startswith(displayName,'A')",
    )
  const rows = filter === null ? all : all.filter((row) => filter(row as Record<string, unknown>))
  const ordered = asked.$orderby === undefined ? rows : orderedBy(rows, asked.$orderby)
  const skip = Number(asked.$skip ?? 0)
  const top = Math.min(pageRows, Math.max(1, Number(asked.$top ?? pageRows)))
  const value = ordered.slice(skip, skip + top).map((row) => only(row, asked.$select))
  const count = asked.$count === 'true' ? { '@odata.count': rows.length } : {}
  if (skip + top >= rows.length) return { ...count, value }
  const next = new URL(url)
  next.searchParams.set('$skip', String(skip + top))
  return { ...count, '@odata.nextLink': next.href, value }
}

/** `$orderby=riskScore desc,displayName`; unknown stands last. */
function orderedBy(rows: readonly object[], text: string): object[] {
  const keys = text.split(',').map((part) => {
    const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(part)
    if (match === null)
      throw new ApiProblem(
        400,
        'BAD_REQUEST',
        'cannot use $orderby: write e.g. riskScore desc,displayName',
      )
    return { field: graphField(match[1]), sign: match[2] === 'desc' ? -1 : 1 }
  })
  const compare = (one: unknown, other: unknown, sign: number): number => {
    if (one === other) return 0
    if (one === null || one === undefined) return 1
    if (other === null || other === undefined) return -1
    return (one as string | number) < (other as string | number) ? -sign : sign
  }
  return [...rows].sort((a, b) => {
    for (const { field, sign } of keys) {
      const [one, other] = [a, b].map((row) => (row as Record<string, unknown>)[field])
      const order = compare(one, other, sign)
      if (order !== 0) return order
    }
    return 0
  })
}

/** `$select`: under the names that were asked for. */
function only(row: object, select: string | undefined): object {
  if (select === undefined) return row
  const values = row as Record<string, unknown>
  return Object.fromEntries(
    select
      .split(',')
      .map((name) => name.trim())
      .filter((name) => Object.hasOwn(row, graphField(name)))
      .map((name) => [name, values[graphField(name)]]),
  )
}
