/** Before each route: who asks, and whether he may. After it: what was changed or looked at goes into the audit trail. */
import cookie from '@fastify/cookie'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import { pseudonymKind } from '../access/pseudonyms.ts'
import { isLimited } from '../access/rights.ts'
import type { Viewer } from '../access/rights.ts'
import { viewers } from './current-viewer.ts'
import { ownHeader } from './guard.ts'
import { isLoopback } from './loopback.ts'
import { ApiProblem, problemOf } from './problem.ts'
import { ruleOf } from './route-rights.ts'

/** A route with what it says of itself. */
export interface KnownRoute {
  method: string
  url: string
  config: FastifyContextConfig
}

declare module 'fastify' {
  interface FastifyInstance {
    /** All routes that were registered after `authenticate`. */
    knownRoutes: KnownRoute[]
  }
  interface FastifyRequest {
    /** null on open routes, when nobody signed in. */
    viewer: Viewer | null
    /** What the audit trail is told besides who, what and when; never a secret. `written`: the act has its entry. */
    told: { object?: string; detail?: Record<string, unknown>; written?: true }
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** `__Host-` binds the cookie to this very host, over TLS only (RFC 6265bis). */
export function sessionCookie(request: FastifyRequest): string {
  return request.protocol === 'https' ? '__Host-gnomon' : 'gnomon'
}

/** To be registered before the routes. */
export async function authenticate(
  app: FastifyInstance,
  access: Access,
  pseudonym: (kind: 'user' | 'device' | 'address', name: string) => Promise<string>,
): Promise<void> {
  await app.register(cookie)
  const routes: KnownRoute[] = []
  app.decorate('knownRoutes', routes)
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, config: config ?? {} })
  })
  app.decorateRequest('viewer', null)
  app.decorateRequest('told', null as never)

  app.addHook('onRequest', (request, reply, done) => {
    request.told = {}
    admit(request, reply, access).then(
      (viewer) => {
        request.viewer = viewer
        viewers.run(viewer, done)
      },
      (error: unknown) => done(error as Error),
    )
  })
  // a body's events come from the socket, which knows no viewer: the rest of the request gets him again
  app.addHook('preValidation', (request, _reply, done) => viewers.run(request.viewer, done))

  app.addHook('onSend', async (request, reply, payload) => {
    try {
      await tell(request, reply)
      return payload
    } catch (error) {
      // what nobody can know of is not given out: a problem goes in place of the answer
      const problem = problemOf(error, request.id)
      request.log.error({ err: error, code: problem.code }, 'an answer could not be audited')
      void reply.status(problem.status).type('application/problem+json').removeHeader('set-cookie')
      return JSON.stringify(problem)
    }
  })

  async function tell(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { viewer } = request
    if (viewer === null || request.is404) return
    const { url = '', config, schema } = request.routeOptions
    const status = reply.statusCode
    const action = schema?.operationId ?? request.method
    if (config.parts === true && request.told.object === undefined && status < 400) return
    if (request.told.written === true) return
    if (!safeMethods.has(request.method)) {
      const object = request.told.object ?? pathOf(request)
      const detail = { status, ...request.told.detail }
      // told before the answer leaves
      await access.audit.write({ actor: viewer.name, action, object, detail })
    } else if (ruleOf(request.method, url, config).names && status < 400 && !isLimited(viewer)) {
      const object = await lookedAt(request, pseudonym)
      const filters = Object.keys(request.query ?? {})
      access.audit.look({ actor: viewer.name, action, object, detail: { filters } })
    }
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]
}

const people: Record<string, 'user' | 'device' | 'address'> = {
  '/api/v1/users/:name': 'user',
  '/api/v1/devices/:name': 'device',
  '/api/v1/addresses/:address': 'address',
}

/** The trail itself holds no names: who reads it may not be allowed to. */
async function lookedAt(
  request: FastifyRequest,
  pseudonym: (kind: 'user' | 'device' | 'address', name: string) => Promise<string>,
): Promise<string> {
  const kind = people[request.routeOptions.url ?? '']
  if (kind === undefined) return pathOf(request)
  const [name] = Object.values(request.params as Record<string, string>)
  return pseudonymKind(name) === null ? pseudonym(kind, name) : name
}

/** The viewer, or null on an open route. Throws 401 and 403. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
): Promise<Viewer | null> {
  if (request.is404) return null
  const { url = '', config } = request.routeOptions
  const ruled = ruleOf(request.method, url, config)
  const asks = url === '/metrics' && access.metricsAsk
  const rule = asks ? { ...ruled, need: 'reports.read' as const } : ruled
  const viewer = await identify(request, reply, access, rule.need === 'open')
  if (rule.need === 'open') return viewer
  if (access.setupNeeded && viewer?.kind !== 'machine')
    throw new ApiProblem(
      401,
      'SETUP_NEEDED',
      'cannot answer yet: nobody finished the set-up; open the console and give the code from the log',
    )
  if (viewer === null) {
    void reply.header('www-authenticate', 'Bearer')
    throw new ApiProblem(401, 'UNAUTHORIZED', 'cannot tell who asks; sign in, or send a token')
  }
  if (rule.need !== 'any' && !viewer.rights.has(rule.need))
    throw new ApiProblem(
      403,
      'FORBIDDEN',
      `cannot do this as ${viewer.role}: it needs the right ${rule.need}; ask an administrator`,
    )
  if (!rule.bounded && isLimited(viewer))
    throw new ApiProblem(
      403,
      'FORBIDDEN',
      'cannot show this to an account that sees only some sources, or no names; ask an administrator',
    )
  return viewer
}

/** By token, by session, or because the API is open. A wrong token is never overlooked, but on an open route. */
async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  isOpen: boolean,
): Promise<Viewer | null> {
  // `Token` is how Defender for Cloud Apps' own scripts say it
  const [, token] = /^(?:Bearer|Token) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token !== undefined) {
    const viewer = access.byToken(token, isLoopback(request.ip))
    if (viewer !== null || isOpen) return viewer
    void reply.header('www-authenticate', 'Bearer error="invalid_token"')
    throw new ApiProblem(
      401,
      'UNAUTHORIZED',
      'cannot accept this token: it is unknown, or has ended; make a new one',
    )
  }
  const secret = request.cookies[sessionCookie(request)]
  const viewer = secret === undefined ? null : await access.bySession(secret)
  if (viewer === null)
    return access.anyone(request.ip) ?? (isOwnProgram(request) ? access.beforeSetup : null)
  if (!safeMethods.has(request.method) && !isOwnPage(request))
    throw new ApiProblem(
      403,
      'CROSS_SITE',
      'cannot change anything by this request: a session must show that it comes from the console; send X-Gnomon: 1',
    )
  return viewer
}

/** From this machine, to this machine by name, and not by a browser: a page may have been led here (DNS rebinding). */
function isOwnProgram({ ip, headers, hostname }: FastifyRequest): boolean {
  return (
    isLoopback(ip) &&
    (hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))) &&
    headers['sec-fetch-site'] === undefined &&
    headers.origin === undefined &&
    headers['x-forwarded-for'] === undefined &&
    headers.forwarded === undefined
  )
}

/** The guard refuses what is known to come from elsewhere; with a cookie it must be known to come from here. */
function isOwnPage({ headers }: FastifyRequest): boolean {
  return (
    headers[ownHeader] !== undefined ||
    headers['sec-fetch-site'] === 'same-origin' ||
    headers.origin !== undefined
  )
}
