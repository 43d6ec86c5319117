/**
 * Microsoft Graph's shapes of cloud discovery, read only (https://learn.microsoft.com/graph/api/resources/security-cloudappdiscovery-overview):
 * `…/uploadedStreams`, `…/{id}/aggregatedAppsDetails(period=duration'P7D')`, one app, its users and addresses. Spelling as there.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ReportApp } from '../report/report.ts'
import { apiLimits } from '../limits.ts'
import { graphFilter } from './graph-filter.ts'
import { lastDays, mdaStreams } from './mda-shapes.ts'
import { ApiProblem, notFound } from './problem.ts'
import type { Scope } from './queries.ts'
import { problems } from './route-context.ts'
import type { RouteContext } from './route-context.ts'

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
})
const details =
  /^aggregatedAppsDetails\(period=(?:duration)?'(P\d{1,4}D)'\)(?:\/([^/]+))?(?:\/(users|ipAddress|name|appInfo))?$/

export function graphRoutes({ backend, now }: RouteContext): FastifyPluginAsyncZod {
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
              await allApps(scope),
              request.query,
              `${request.protocol}://${request.host}${request.url}`,
            )
          return oneOf(scope, appId, part)
        },
      })
    }

    async function allApps(scope: Scope): Promise<object[]> {
      const apps: ReportApp[] = []
      for (let page = 1; ; page++) {
        const { rows, total } = await backend.apps({
          ...scope,
          page,
          limit: apiLimits.pageRows,
          sort: 'name',
          order: 'asc',
          filter: null,
        })
        apps.push(...rows)
        if (rows.length === 0 || apps.length >= total) return apps.map(graphApp)
      }
    }

    async function oneOf(scope: Scope, appId: string, part: string | undefined): Promise<object> {
      const found = await backend.app(appId, scope)
      if (found === null) throw notFound(`app ${appId}`)
      const domains = found.hosts.map(({ name }) => name)
      if (part === 'users')
        return { value: found.users.map(({ name }) => ({ userIdentifier: name })) }
      if (part === 'ipAddress')
        return { value: found.addresses.map(({ name }) => ({ ipAddress: name })) }
      if (part === 'name') return { value: domains.map((name) => ({ name })) }
      if (part === 'appInfo')
        throw notFound('appInfo: GET /api/v1/apps/{id} has what the catalog tells')
      return { ...graphApp(found.app), domains }
    }
  }
}

function graphApp(app: ReportApp): object {
  return {
    '@odata.type': '#microsoft.graph.security.discoveredCloudAppDetail',
    id: app.appId,
    displayName: app.name,
    tags: [],
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
  const skip = Number(asked.$skip ?? 0)
  const top = Math.min(pageRows, Math.max(1, Number(asked.$top ?? pageRows)))
  const select = asked.$select?.split(',').map((name) => name.trim())
  const value = rows
    .slice(skip, skip + top)
    .map((row) => (select === undefined ? row : only(row as Record<string, unknown>, select)))
  if (skip + top >= rows.length) return { value }
  const next = new URL(url)
  next.searchParams.set('$skip', String(skip + top))
  return { '@odata.nextLink': next.href, value }
}

function only(row: Record<string, unknown>, names: readonly string[]): object {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]]),
  )
}
