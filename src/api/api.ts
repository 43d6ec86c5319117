/** The HTTP server: console at /, API under /api/v1/, /metrics, /healthz, /readyz. Fastify 5 (https://fastify.dev). */
import { STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import helmet from '@fastify/helmet'
import statics from '@fastify/static'
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { z } from 'zod'
import { OperatingError, causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { apiLimits } from '../limits.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { learnMethods } from './allowed-methods.ts'
import type { ApiBackend } from './backend.ts'
import { describeApi } from './document.ts'
import { guard } from './guard.ts'
import { ApiProblem, sendProblem } from './problem.ts'
import type { RouteContext } from './route-context.ts'
import { intakeRoutes, uploadRoutes } from './routes-intake.ts'
import { reportRoutes } from './routes-report.ts'
import { healthRoutes, systemRoutes } from './routes-system.ts'
import { appRoutes, personRoutes } from './routes-usage.ts'
import { Uploads } from './uploads.ts'

export interface ApiOptions {
  /** `::` = all addresses, IPv4 too. */
  host: string
  /** 0 = any free one; `status().port` tells which. */
  port: number
  backend: ApiBackend
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

const consoleFolder = join(import.meta.dirname, '../console')

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
  const app = Fastify({
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

  const uploads = new Uploads(backend, now, (error, upload) =>
    log.error({ err: error, upload }, 'an upload that was received could not be taken'),
  )
  const allowed = learnMethods(app)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy },
    // Plain HTTP: browsers ignore these there, and say so in the console.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  guard(app, now)
  observe(app, metrics)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed.of(request.url)
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
  await addRoutes(app, { backend, uploads, now, version }, metrics)
  await app.ready()
  return { app, uploads }
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
    appRoutes,
    personRoutes,
    systemRoutes,
  ])
    await app.register(routes(context), { prefix })
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
  await app.register(statics, {
    root: consoleFolder,
    prefix: '/console/',
    index: false,
    cacheControl: true,
    maxAge: 0,
    schemaHide: true,
  })
  app.get('/console/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/'))
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.sendFile('index.html'))
}

function observe(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    const { statusCode: status, elapsedTime } = reply
    metrics.request({ method: request.method, route, status, seconds: elapsedTime / 1000 })
    request.log.debug({ method: request.method, route, status, ms: elapsedTime }, 'request')
  })
}

/** Makes the server; `start` listens. Throws LISTENER_FAILED when the port cannot be had. */
export function createApi(options: ApiOptions): Component<ApiStatus> {
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
      if (!isLoopback(address))
        log.warn(
          { address, port },
          'the console and the API have no accounts yet: whoever reaches this port can read reports and upload logs; ' +
            'set api.host to 127.0.0.1, or let only administrators reach it',
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

/** Whether only this machine reaches the address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
