/** Set-up, sign-in and sign-out, sign-on with an identity provider, and one's own password and second factor. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Access } from '../access/access.ts'
import type { Account } from '../access/accounts.ts'
import { accessLimits } from '../limits.ts'
import {
  codeBodySchema,
  goneSchema,
  newPasswordBodySchema,
  recoverySchema,
  sessionSchema,
  setupBodySchema,
  setupStateSchema,
  signInBodySchema,
  totpSchema,
} from './access-schemas.ts'
import { sessionCookie } from './authenticate.ts'
import { ApiProblem } from './problem.ts'
import { noQuerySchema } from './queries.ts'
import { answers, problems } from './route-context.ts'

const done = { done: true } as const
const tags = ['access']

function cookieOptions(request: FastifyRequest) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
  } as const
}

/** A new session for each sign-in: a cookie from before is worth nothing after it. */
async function signIn(
  access: Access,
  account: Account,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const name = sessionCookie(request)
  const before = request.cookies[name]
  if (before !== undefined) await access.sessions.end(before)
  const secret = await access.sessions.open(account.id, request.ip)
  void reply.setCookie(name, secret, cookieOptions(request)).header('cache-control', 'no-store')
  request.viewer = access.viewer(account)
}

function sessionOf(access: Access, request: FastifyRequest) {
  const { viewer } = request
  const account = access.accounts.get(viewer?.accountId ?? '')
  return {
    signedIn: viewer !== null,
    setupNeeded: access.setupNeeded,
    signOn: access.signOn !== null,
    name: viewer?.name ?? null,
    accountId: viewer?.accountId ?? null,
    kind: viewer?.kind ?? null,
    role: viewer?.role ?? null,
    rights: [...(viewer?.rights ?? [])],
    sources: viewer?.sources === null || viewer === null ? null : [...viewer.sources],
    secondFactor: account?.totp?.confirmed === true,
    local: account !== null && account.provider === null,
    passwordCharacters: access.passwordCharacters,
  }
}

export function sessionRoutes(access: Access): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/setup',
      schema: {
        operationId: 'getSetup',
        summary: 'Whether the first administrator is still to be made',
        tags,
        querystring: noQuerySchema,
        response: answers(setupStateSchema),
      },
      handler: async () => ({ needed: access.setupNeeded }),
    })

    app.route({
      method: 'POST',
      url: '/setup',
      schema: {
        operationId: 'finishSetup',
        summary: 'Makes the first administrator, with the code from the log, and signs in',
        tags,
        querystring: noQuerySchema,
        body: setupBodySchema,
        response: answers(sessionSchema),
      },
      handler: async (request, reply) => {
        const { code, name, password } = request.body
        if (!access.setupNeeded)
          throw new ApiProblem(403, 'FORBIDDEN', 'cannot set up: it is done; sign in')
        if (!access.setup.accept(code)) {
          await access.audit.write({ actor: request.ip, action: 'setup.refused', object: 'setup' })
          throw new ApiProblem(403, 'FORBIDDEN', 'cannot set up: wrong code; see the log for it')
        }
        const account = await access.accounts.create(
          { name, role: 'administrator', sources: null },
          password,
        )
        access.setup.close()
        await access.accounts.signedIn(account.id)
        await signIn(access, account, request, reply)
        request.told = { object: name }
        return sessionOf(access, request)
      },
    })

    app.route({
      method: 'GET',
      url: '/session',
      schema: {
        operationId: 'getSession',
        summary: 'Who asks, and what he may',
        tags,
        querystring: noQuerySchema,
        response: answers(sessionSchema),
      },
      handler: async (request, reply) => {
        void reply.header('cache-control', 'no-store')
        return sessionOf(access, request)
      },
    })

    app.route({
      method: 'POST',
      url: '/session',
      schema: {
        operationId: 'signIn',
        summary: 'Signs in; the session is a cookie',
        description: 'Code CODE_NEEDED: the password is right, send it again with `code`.',
        tags,
        querystring: noQuerySchema,
        body: signInBodySchema,
        response: answers(sessionSchema),
      },
      handler: async (request, reply) => {
        const { name, password, code } = request.body
        const result = await access.signIn(name, password, code ?? null).catch((error: unknown) => {
          if (!(error instanceof RangeError)) throw error
          throw new ApiProblem(503, 'UNAVAILABLE', `cannot sign in: ${error.message}; try again`)
        })
        if (result.state === 'in') {
          await signIn(access, result.account, request, reply)
          request.told = { object: name, detail: { address: request.ip } }
          return sessionOf(access, request)
        }
        if (result.state === 'code')
          throw new ApiProblem(401, 'CODE_NEEDED', 'cannot sign in yet: give the code of your app')
        // passwords are typed into the wrong field now and then: only names we know are kept
        const object = access.accounts.named(name)?.name ?? '(no such name)'
        await access.audit.write({
          actor: request.ip,
          action: result.state === 'locked' ? 'signIn.locked' : 'signIn.refused',
          object,
        })
        if (result.state === 'wrong')
          throw new ApiProblem(401, 'UNAUTHORIZED', 'cannot sign in: wrong name, password or code')
        void reply.header('retry-after', result.seconds)
        throw new ApiProblem(
          429,
          'LOCKED',
          `cannot sign in: too many wrong tries; wait ${result.seconds} s, or ask an administrator`,
        )
      },
    })

    app.route({
      method: 'DELETE',
      url: '/session',
      schema: {
        operationId: 'signOut',
        summary: 'Ends the session',
        tags,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async (request, reply) => {
        const name = sessionCookie(request)
        const secret = request.cookies[name]
        if (secret !== undefined) await access.sessions.end(secret)
        void reply.clearCookie(name, cookieOptions(request))
        return done
      },
    })
    await app.register(signOnRoutes(access))
    await app.register(ownAccountRoutes(access))
  }
}

const ticketCookie = 'gnomon-sign-on'
const beginSchema = {
  operationId: 'beginSignOn',
  summary: 'Goes to the identity provider (OpenID Connect)',
  tags,
}
const finishSchema = {
  operationId: 'finishSignOn',
  summary: 'Where the identity provider sends the browser back to',
  tags,
}

function signOnRoutes(access: Access): FastifyPluginAsyncZod {
  // The provider sends the browser back from its own site: this cookie must come along, the session's need not.
  const options = (request: FastifyRequest) =>
    ({
      ...cookieOptions(request),
      sameSite: 'lax',
      path: '/api/v1/session/oidc',
      maxAge: accessLimits.signOnMs / 1000,
    }) as const
  const signOn = () => {
    if (access.signOn === null)
      throw new ApiProblem(404, 'NOT_FOUND', 'cannot sign on: set access.oidc first')
    return access.signOn
  }
  return async (app) => {
    const redirect = { 302: z.null().describe('To the identity provider'), ...problems }
    app.get(
      '/session/oidc',
      { schema: { ...beginSchema, response: redirect } },
      async (request, reply) => {
        const { url, ticket } = await signOn().begin()
        return reply.setCookie(ticketCookie, ticket, options(request)).redirect(url)
      },
    )
    const page = {
      200: {
        description: 'A page that goes on to the console',
        content: { 'text/html': { schema: z.string() } },
      },
      ...problems,
    }
    app.get(
      '/session/oidc/callback',
      { schema: { ...finishSchema, response: page } },
      async (request, reply) => {
        const ticket = request.cookies[ticketCookie] ?? ''
        void reply.clearCookie(ticketCookie, options(request))
        const query = request.url.split('?')[1] ?? ''
        const { provider, wish } = await signOn().finish(ticket, query)
        const account = await access.accounts.fromProvider(provider, wish)
        if (account.disabled)
          throw new ApiProblem(403, 'FORBIDDEN', 'cannot sign on: the account is disabled here')
        await access.accounts.signedIn(account.id)
        await signIn(access, account, request, reply)
        await access.audit.write({
          actor: access.viewer(account).name,
          action: 'signOn',
          object: account.name,
          detail: { address: request.ip, role: account.role },
        })
        // A redirect would still count as the provider's doing, and the strict cookie stay behind: our own page goes on.
        return reply
          .type('text/html; charset=utf-8')
          .send('<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Gnomon</title>')
      },
    )
  }
}

function ownAccountRoutes(access: Access): FastifyPluginAsyncZod {
  const own = (request: FastifyRequest): Account => {
    const { viewer } = request
    const account = access.accounts.get(viewer?.accountId ?? '')
    if (account === null || viewer?.kind !== 'account')
      throw new ApiProblem(403, 'FORBIDDEN', 'cannot do this without an account; sign in')
    return account
  }
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/account/password',
      schema: {
        operationId: 'changePassword',
        summary: "Changes one's own password; other sessions end",
        tags,
        querystring: noQuerySchema,
        body: newPasswordBodySchema,
        response: answers(goneSchema),
      },
      handler: async (request) => {
        const account = own(request)
        await proveAgain(access, account, request.body.current)
        await access.accounts.setPassword(account.id, request.body.next)
        await access.sessions.endOf(account.id, request.cookies[sessionCookie(request)] ?? null)
        return done
      },
    })

    app.route({
      method: 'POST',
      url: '/account/totp',
      schema: {
        operationId: 'beginSecondFactor',
        summary: 'Begins a second factor: put the secret into an authenticator app, then confirm',
        tags,
        querystring: noQuerySchema,
        response: answers(totpSchema),
      },
      handler: async (request, reply) => {
        void reply.header('cache-control', 'no-store')
        return access.accounts.beginTotp(own(request).id)
      },
    })

    app.route({
      method: 'POST',
      url: '/account/totp/confirm',
      schema: {
        operationId: 'confirmSecondFactor',
        summary: 'Puts the second factor in force; answers with recovery codes',
        tags,
        querystring: noQuerySchema,
        body: codeBodySchema,
        response: answers(recoverySchema),
      },
      handler: async (request, reply) => {
        void reply.header('cache-control', 'no-store')
        const recovery = await access.accounts.confirmTotp(own(request).id, request.body.code)
        if (recovery === null)
          throw new ApiProblem(403, 'FORBIDDEN', 'cannot confirm: wrong code; try the next one')
        return { recovery }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/account/totp',
      schema: {
        operationId: 'removeSecondFactor',
        summary: "Takes one's second factor away; needs a code of it",
        tags,
        querystring: noQuerySchema,
        body: codeBodySchema,
        response: answers(goneSchema),
      },
      handler: async (request) => {
        const account = own(request)
        if (
          access.lockout.wait(account.name) > 0 ||
          !(await access.accounts.acceptCode(account, request.body.code))
        ) {
          access.lockout.fail(account.name)
          throw new ApiProblem(
            403,
            'FORBIDDEN',
            'cannot take it away: wrong code; try the next one',
          )
        }
        await access.accounts.removeTotp(account.id)
        return done
      },
    })
  }
}

/** A session left open is not enough to take an account over. */
async function proveAgain(access: Access, account: Account, password: string): Promise<void> {
  const { verifyPassword } = await import('../access/password.ts')
  if (access.lockout.wait(account.name) === 0 && (await verifyPassword(password, account.password)))
    return
  access.lockout.fail(account.name)
  throw new ApiProblem(403, 'FORBIDDEN', 'cannot change the password: the present one is wrong')
}
