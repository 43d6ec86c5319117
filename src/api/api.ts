/** The HTTP server: console at /, API under /api/v1/, /metrics, /healthz, /readyz. Fastify 5 (https://fastify.dev). */
import { STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import helmet from '@fastify/helmet'
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Access } from '../access/access.ts'
import { pseudonymOf } from '../access/pseudonyms.ts'
import { OperatingError, causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { apiLimits } from '../limits.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Store } from '../store/store.ts'
import { readApiCertificate } from './api-tls.ts'
import type { ApiTlsFiles } from './api-tls.ts'
import { learnMethods } from './allowed-methods.ts'
import { MdaUploads } from './mda-uploads.ts'
import { graphRoutes } from './routes-graph.ts'
import { mdaListRoutes, mdaUploadRoutes } from './routes-mda.ts'
import type { AppTags } from './routes-mda.ts'
import { publishRoutes } from './routes-publish.ts'
import type { PublishContext } from './routes-publish.ts'
import { authenticate } from './authenticate.ts'
import type { ApiBackend } from './backend.ts'
import { isPage, sendPage, serveConsole } from './console-files.ts'
import { describeApi } from './document.ts'
import { exportRoutes } from './routes-export.ts'
import type { ExportContext } from './routes-export.ts'
import { guard } from './guard.ts'
import { isLoopback } from './loopback.ts'
import { ApiProblem, sendProblem } from './problem.ts'
import type { RouteContext } from './route-context.ts'
import type { CatalogService } from './catalog-service.ts'
import { catalogChangeRoutes, catalogRoutes } from './routes-catalog.ts'
import { configRoutes } from './routes-config.ts'
import type { ConfigContext } from './routes-config.ts'
import { doorsRoutes } from './routes-doors.ts'
import type { DoorsContext } from './routes-doors.ts'
import { headquartersRoutes } from './routes-headquarters.ts'
import { accountRoutes, auditRoutes, nameRoutes, tokenRoutes } from './routes-accounts.ts'
import { alertRoutes, policyRoutes } from './routes-alerts.ts'
import { blockRoutes, mdaBlockRoutes } from './routes-blocks.ts'
import { intakeRoutes } from './routes-intake.ts'
import { uploadRoutes } from './routes-uploads.ts'
import { definitionRoutes } from './routes-definitions.ts'
import type { DefinitionContext } from './routes-definitions.ts'
import { listRoutes } from './routes-lists.ts'
import { deletionRoutes, exclusionRoutes, groupRoutes, rangeRoutes } from './routes-people.ts'
import { reportRoutes } from './routes-report.ts'
import { sessionRoutes } from './routes-session.ts'
import { healthRoutes, systemRoutes } from './routes-system.ts'
import { subnetRoutes } from './routes-subnet.ts'
import { tagRoutes } from './routes-tags.ts'
import type { GovernContext } from './routes-tags.ts'
import { supportRoutes } from './routes-support.ts'
import { tapRoutes } from './routes-tap.ts'
import type { TapContext } from './routes-tap.ts'
import { mergedRoutes } from './routes-merged.ts'
import { appRoutes, personRoutes } from './routes-usage.ts'
import { UploadParts } from './upload-parts.ts'
import { Uploads } from './uploads.ts'
import type { UploadNumbers } from './uploads.ts'

export interface ApiOptions {
  /** Without it there are no routes for the catalog. */
  catalog?: CatalogService | undefined
  /** `::` = all addresses, IPv4 too. */
  host: string
  /** 0 = any free one; `status().port` tells which. */
  port: number
  /** Live lines; without it the route is not there. */
  tap?: TapContext | undefined
  /** Playground and formats made here; without it their routes are not there. */
  definitions?: DefinitionContext | undefined
  /** undefined = plain HTTP. */
  tls?: ApiTlsFiles | undefined
  /** Answers for the viewer of the request. */
  backend: ApiBackend
  access: Access
  /** Whole, for the audit trail and pseudonyms. */
  store: Pick<Store, 'query'>
  /** What leaves the box; without it its routes are not there. */
  publish?: PublishContext
  /** The configuration file; without it its routes are not there. */
  configFile?: ConfigContext | undefined
  /** Listeners and their certificates; without it the route is not there. */
  doors?: DoorsContext
  /** Tables as files; without it the route is not there. */
  exports?: ExportContext
  /** Folder for logs put in the way of Defender for Cloud Apps; without it those routes are not there. */
  blobFolder?: string
  /** Folder for uploads by parts, on the data disk; without it uploads come whole. */
  partsFolder?: string
  /** Tags, blocks, policies, alerts; without it their routes are not there. */
  govern?: GovernContext
  metrics: Metrics
  log: Logger
  now: () => number
  version: string
}

export interface ApiStatus {
  /** '' before `start` and after `stop`. */
  address: string
  /** 0 before `start` and after `stop`. */
  port: number
}

/** Nothing from anywhere but our own files; no frames, no forms that leave. */
const contentPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
}

/** The server with all its routes, not listening: tests ask it by `inject`. */
export async function buildServer(options: ApiOptions): Promise<{
  app: FastifyInstance
  uploads: Uploads
}> {
  const { backend, log, now, version, metrics } = options
  const certificate = options.tls === undefined ? null : await readApiCertificate(options.tls)
  const app = Fastify({
    ...(certificate !== null && { https: certificate }),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: apiLimits.bodyBytes,
    connectionTimeout: apiLimits.idleMs,
    http: { headersTimeout: apiLimits.headersMs },
    routerOptions: { maxParamLength: 3 * apiLimits.nameCharacters },
    forceCloseConnections: 'idle',
    // A path that is no UTF-8, or has a part that is too long: refused before any hook.
    frameworkErrors: sendProblem,
    // Malformed requests never reach a route: answered here, and not echoed.
    clientErrorHandler(error, socket) {
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
      if (socket.writable)
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`)
      else socket.destroy()
    },
  }) as unknown as FastifyInstance
  app.server.maxConnections = apiLimits.connections
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)

  const { partsFolder } = options
  const parts = partsFolder === undefined ? null : new UploadParts(partsFolder, now)
  const uploads = new Uploads(
    backend,
    now,
    (error, upload) =>
      log.error({ err: error, upload }, 'an upload that was received could not be taken'),
    parts,
  )
  await uploads.start()
  if (parts !== null) sweep(app, parts, log)
  const allowed = learnMethods(app)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy },
    // Over plain HTTP browsers ignore these, and say so in the console.
    strictTransportSecurity: certificate === null ? false : { includeSubDomains: false },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  guard(app, now)
  await authenticate(app, options.access, (kind, name) =>
    pseudonymOf(options.store, kind, name, options.access.pseudonymKey),
  )
  observe(app, metrics)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed.of(request.url)
    if (isPage(request)) return sendPage(reply, contentPolicy)
    if (methods === null)
      throw new ApiProblem(404, 'NOT_FOUND', 'cannot find this path; see /api/v1/openapi.json')
    void reply.header('allow', methods)
    throw new ApiProblem(
      405,
      'METHOD_NOT_ALLOWED',
      `cannot ${request.method} this path; use ${methods}`,
    )
  })
  await describeApi(app, version)
  await addAccessRoutes(app, options)
  if (options.tap !== undefined) await app.register(tapRoutes(options.tap), { prefix: '/api/v1' })
  if (options.definitions !== undefined)
    await app.register(definitionRoutes(options.definitions), { prefix: '/api/v1' })
  await addCatalogRoutes(app, options.catalog)
  if (options.catalog !== undefined)
    await app.register(headquartersRoutes({ backend, catalog: options.catalog }), {
      prefix: '/api/v1',
    })
  if (options.doors !== undefined)
    await app.register(doorsRoutes(options.doors), { prefix: '/api/v1' })
  if (options.configFile !== undefined)
    await app.register(configRoutes(options.configFile), { prefix: '/api/v1' })
  if (options.govern !== undefined) await addGovernRoutes(app, options.govern)
  if (options.publish !== undefined)
    await app.register(publishRoutes(options.publish), { prefix: '/api/v1' })
  if (options.exports !== undefined)
    await app.register(exportRoutes(options.exports), { prefix: '/api/v1' })
  if (options.blobFolder !== undefined)
    await addMdaRoutes(app, { backend, uploads, now, version }, options.blobFolder, options)
  await addRoutes(app, { backend, uploads, now, version }, metrics)
  await app.ready()
  return { app, uploads }
}

/** Looks for uploads that nobody goes on with, until the server is closed. */
function sweep(app: FastifyInstance, parts: UploadParts, log: Logger): void {
  const timer = setInterval(() => {
    parts
      .forgetOld()
      .catch((error: unknown) => log.error({ err: error }, 'an abandoned upload stays'))
  }, apiLimits.uploadSweepMs)
  timer.unref()
  app.addHook('onClose', () => clearInterval(timer))
}

async function addMdaRoutes(
  app: FastifyInstance,
  context: RouteContext,
  folder: string,
  { govern, catalog }: Pick<ApiOptions, 'govern' | 'catalog'>,
): Promise<void> {
  const tagsOf: AppTags = async () => (await govern?.govern.tags.byApp()) ?? new Map()
  const served = new MdaUploads(folder, context.now)
  await served.start()
  for (const routes of [
    mdaUploadRoutes(context, served),
    mdaListRoutes(context, tagsOf),
    graphRoutes(context, { tagsOf, catalog: catalog ?? null }),
  ])
    await app.register(routes)
}

async function addAccessRoutes(
  app: FastifyInstance,
  { access, store }: Pick<ApiOptions, 'access' | 'store'>,
): Promise<void> {
  const prefix = '/api/v1'
  for (const routes of [
    sessionRoutes(access),
    accountRoutes(access),
    tokenRoutes(access),
    auditRoutes(access, store),
    nameRoutes(access),
  ])
    await app.register(routes, { prefix })
}

async function addGovernRoutes(app: FastifyInstance, context: GovernContext): Promise<void> {
  for (const routes of [
    tagRoutes,
    blockRoutes,
    policyRoutes,
    alertRoutes,
    exclusionRoutes,
    groupRoutes,
    rangeRoutes,
    deletionRoutes,
  ])
    await app.register(routes(context), { prefix: '/api/v1' })
  await app.register(mdaBlockRoutes(context))
  await app.register(subnetRoutes(context))
}

async function addCatalogRoutes(
  app: FastifyInstance,
  catalog: CatalogService | undefined,
): Promise<void> {
  if (catalog === undefined) return
  for (const routes of [catalogRoutes(catalog), catalogChangeRoutes(catalog)])
    await app.register(routes, { prefix: '/api/v1' })
}

async function addRoutes(
  app: FastifyInstance,
  context: RouteContext,
  metrics: Metrics,
): Promise<void> {
  const prefix = '/api/v1'
  for (const routes of [
    intakeRoutes,
    uploadRoutes,
    reportRoutes,
    listRoutes,
    appRoutes,
    personRoutes,
    mergedRoutes,
    systemRoutes,
  ])
    await app.register(routes(context), { prefix })
  await app.register(supportRoutes(context, metrics), { prefix })
  await app.register(healthRoutes(context))
  app.get(
    `${prefix}/openapi.json`,
    {
      schema: {
        operationId: 'getDocument',
        summary: 'This document',
        tags: ['system'],
        response: { 200: z.looseObject({ openapi: z.string() }) },
      },
    },
    async (_request, reply) => reply.type('application/json').send(JSON.stringify(app.swagger())),
  )
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Counters and gauges in the Prometheus text format',
        tags: ['system'],
        response: { 200: { content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  )
  await serveConsole(app, contentPolicy)
}

function observe(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    const { statusCode: status, elapsedTime } = reply
    metrics.request({ method: request.method, route, status, seconds: elapsedTime / 1000 })
    request.log.debug({ method: request.method, route, status, ms: elapsedTime }, 'request')
  })
}

export interface Api extends Component<ApiStatus> {
  /** What came by uploads since the start. */
  uploads(): UploadNumbers
  /** Reads the certificate again; open connections go on. Throws LISTENER_FAILED and keeps the old one. */
  reloadCertificate(): Promise<void>
}

/** Makes the server; `start` listens. Throws LISTENER_FAILED when the port cannot be had. */
export function createApi(options: ApiOptions): Api {
  const { host, log } = options
  let server: Awaited<ReturnType<typeof buildServer>> | null = null
  let bound: ApiStatus = { address: '', port: 0 }
  return {
    async start() {
      if (server !== null) return
      const started = await buildServer(options)
      try {
        await listen(started.app, host, options.port)
      } catch (error) {
        await started.app.close()
        throw error
      }
      server = started
      const { address, port } = started.app.server.address() as AddressInfo
      bound = { address, port }
      log.info({ address, port }, 'console and API listen')
      if (options.access.open && !isLoopback(address))
        log.warn(
          { address, port },
          'api.access is open: whoever reaches this port can read reports and upload logs; ' +
            'set it to accounts, or api.host to 127.0.0.1',
        )
    },
    async stop() {
      const stopping = server
      if (stopping === null) return
      server = null
      bound = { address: '', port: 0 }
      const timer = setTimeout(() => {
        stopping.app.server.closeAllConnections()
      }, apiLimits.stopGraceMs)
      await stopping.app.close()
      clearTimeout(timer)
      await Promise.race([stopping.uploads.settled(), delay(apiLimits.stopGraceMs)])
    },
    async reloadCertificate() {
      if (options.tls === undefined || server === null) return
      const certificate = await readApiCertificate(options.tls)
      // Fastify made an HTTPS server of it: its type does not tell
      const listening = server.app.server as unknown as Server
      listening.setSecureContext(certificate)
    },
    uploads: () =>
      server?.uploads.numbers() ?? { files: 0, lines: 0, bytes: 0, duplicates: 0, refused: {} },
    status: () => ({ ...bound }),
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (host === '::' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(code)) {
      await listen(app, '0.0.0.0', port)
      return
    }
    const cure =
      code === 'EADDRINUSE' ? 'another program listens there: stop it, or change' : 'check'
    const at = `${host.includes(':') ? `[${host}]` : host}:${port}`
    throw new OperatingError(
      'LISTENER_FAILED',
      `cannot listen for the console and API on ${at}: ${causeOf(cause)}; ${cure} api.host and api.port`,
      { cause },
    )
  }
}
