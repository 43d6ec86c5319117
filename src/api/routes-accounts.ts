/** Accounts, tokens, the audit trail, and names behind pseudonyms. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Access } from '../access/access.ts'
import type { Account } from '../access/accounts.ts'
import { auditPage } from '../access/audit.ts'
import type { NameRequest } from '../access/naming.ts'
import type { Viewer } from '../access/rights.ts'
import type { Token } from '../access/tokens.ts'
import type { Store } from '../store/store.ts'
import {
  accountBodySchema,
  accountChangeSchema,
  accountSchema,
  auditRowSchema,
  goneSchema,
  nameBodySchema,
  nameDecisionSchema,
  nameRequestSchema,
  newTokenSchema,
  tokenBodySchema,
  tokenSchema,
} from './access-schemas.ts'
import { currentViewer } from './current-viewer.ts'
import { ApiProblem, notFound } from './problem.ts'
import { auditQuerySchema, idParams, noQuerySchema, scopeOf } from './queries.ts'
import { answers, pageOf } from './route-context.ts'

const tags = ['access']
const done = { done: true } as const
const iso = (ms: number): string => new Date(ms).toISOString()

function accountRow(access: Access, account: Account): z.infer<typeof accountSchema> {
  const { id, name, role, sources, disabled, createdMs, signedInMs, provider, totp } = account
  return {
    id,
    name,
    role,
    sources,
    disabled,
    origin: provider === null ? 'local' : 'provider',
    secondFactor: totp?.confirmed === true,
    created: iso(createdMs),
    signedIn: signedInMs === null ? null : iso(signedInMs),
    sessions: access.sessions.of(id).length,
    lockedSeconds: provider === null ? access.lockout.wait(name) : 0,
  }
}

export function accountRoutes(access: Access): FastifyPluginAsyncZod {
  const { accounts, sessions, tokens } = access
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/accounts',
      schema: {
        operationId: 'listAccounts',
        summary: 'Who may sign in',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(accountSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = accounts.all().map((account) => accountRow(access, account))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/accounts',
      schema: {
        operationId: 'createAccount',
        summary: 'Makes a local account',
        tags,
        querystring: noQuerySchema,
        body: accountBodySchema,
        response: answers(accountSchema),
      },
      handler: async (request) => {
        const { password, ...wish } = request.body
        const account = await accounts.create(wish, password)
        // the set-up is finished by whoever makes the first account, the program on this machine too
        access.setup.close()
        request.told = { object: wish.name, detail: { role: wish.role, sources: wish.sources } }
        return accountRow(access, account)
      },
    })

    app.route({
      method: 'PATCH',
      url: '/accounts/:id',
      schema: {
        operationId: 'changeAccount',
        summary: 'Changes role, sources or password; disables, unlocks; its sessions end',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: accountChangeSchema,
        response: answers(accountSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        const { password, removeSecondFactor, unlock, role, sources, disabled } = request.body
        const account = accounts.get(id)
        if (account === null) throw notFound(`account ${id}`)
        const change = {
          ...(role !== undefined && { role }),
          ...(sources !== undefined && { sources }),
          ...(disabled !== undefined && { disabled }),
        }
        if (Object.keys(change).length > 0) await accounts.change(id, change)
        if (password !== undefined) await accounts.setPassword(id, password)
        if (removeSecondFactor === true) await accounts.removeTotp(id)
        if (unlock === true) access.lockout.clear(account.name)
        // only an unlocked name keeps its sessions
        const more = Object.keys(change).length > 0 || password !== undefined || removeSecondFactor
        if (more === true) await sessions.endOf(id)
        const detail = { ...change, password: password !== undefined, removeSecondFactor, unlock }
        request.told = { object: account.name, detail }
        return accountRow(access, accounts.get(id) ?? account)
      },
    })

    app.route({
      method: 'DELETE',
      url: '/accounts/:id',
      schema: {
        operationId: 'removeAccount',
        summary: 'Takes an account away, with its sessions and tokens',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        const account = await accounts.remove(id)
        if (account === null) throw notFound(`account ${id}`)
        await sessions.endOf(id)
        await tokens.removeOf(id)
        request.told = { object: account.name }
        return done
      },
    })
  }
}

export function tokenRoutes(access: Access): FastifyPluginAsyncZod {
  const { accounts, tokens } = access
  const row = (token: Token): z.infer<typeof tokenSchema> => ({
    id: token.id,
    name: token.name,
    account: accounts.get(token.accountId)?.name ?? '',
    scope: token.scope,
    sources: token.sources,
    created: iso(token.createdMs),
    expires: iso(token.expiresMs),
    used: token.usedMs === null ? null : iso(token.usedMs),
  })
  const mine = (viewer: Viewer, token: Token): boolean =>
    viewer.rights.has('access.write') || token.accountId === viewer.accountId
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/tokens',
      schema: {
        operationId: 'listTokens',
        summary: "One's own tokens; an administrator sees all",
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(tokenSchema), total: z.int() })),
      },
      handler: async () => {
        const viewer = currentViewer()
        const rows = tokens
          .all()
          .filter((token) => mine(viewer, token))
          .map(row)
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/tokens',
      schema: {
        operationId: 'createToken',
        summary: 'Makes a token for a program; its text is shown this once',
        tags,
        querystring: noQuerySchema,
        body: tokenBodySchema,
        response: answers(newTokenSchema),
      },
      handler: async (request, reply) => {
        const viewer = currentViewer()
        const account = viewer.accountId === null ? null : accounts.get(viewer.accountId)
        if (account === null || viewer.kind !== 'account')
          throw new ApiProblem(
            403,
            'FORBIDDEN',
            'cannot make a token without an account: tokens have an owner; sign in',
          )
        const { token, text } = await tokens.create(account, request.body)
        void reply.header('cache-control', 'no-store')
        const { scope, sources, days } = request.body
        request.told = { object: token.name, detail: { id: token.id, scope, sources, days } }
        return { ...row(token), token: text }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/tokens/:id',
      schema: {
        operationId: 'removeToken',
        summary: 'Ends a token at once',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async (request) => {
        const token = tokens.get(request.params.id)
        if (token === null || !mine(currentViewer(), token))
          throw notFound(`token ${request.params.id}`)
        await tokens.remove(token.id)
        request.told = { object: token.name, detail: { id: token.id } }
        return done
      },
    })
  }
}

export function auditRoutes(access: Access, store: Pick<Store, 'query'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/audit',
      schema: {
        operationId: 'listAudit',
        summary: 'Every change and every look at a name, the last first',
        tags,
        querystring: auditQuerySchema,
        response: answers(pageOf(auditRowSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, actor = null, action = null } = query
        const { fromMs, toMs } = scopeOf(query)
        await access.audit.flush()
        const part = { actor, action, fromMs, toMs, limit, offset: (page - 1) * limit }
        return { ...(await auditPage(store, part)), page, limit }
      },
    })
  }
}

export function nameRoutes(access: Access): FastifyPluginAsyncZod {
  const { naming } = access
  const row = (request: NameRequest, names: string[] | null): z.infer<typeof nameRequestSchema> => {
    const { id, pseudonym, reason, asker, askedMs, state, decider } = request
    return { id, pseudonym, reason, asker, asked: iso(askedMs), state, decider, names }
  }
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/names',
      schema: {
        operationId: 'listNameRequests',
        summary: 'Questions for names behind pseudonyms, the last asked first',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(nameRequestSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = naming.all().map((request) => row(request, null))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/names',
      schema: {
        operationId: 'askName',
        summary: 'Asks for the name behind a pseudonym, with a reason',
        description: 'Answers with the names, or waits for a second person (privacy.secondPerson).',
        tags,
        querystring: noQuerySchema,
        body: nameBodySchema,
        response: answers(nameRequestSchema),
      },
      handler: async (request, reply) => {
        const { pseudonym, reason } = request.body
        const { request: asked, names } = await naming.ask(currentViewer(), pseudonym, reason)
        void reply.header('cache-control', 'no-store')
        request.told = { written: true }
        return row(asked, names)
      },
    })

    app.route({
      method: 'GET',
      url: '/names/:id',
      schema: {
        operationId: 'getName',
        summary: 'The names, to who asked, once it is agreed',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(nameRequestSchema),
      },
      handler: async ({ params }, reply) => {
        const found = await naming.names(currentViewer(), params.id)
        if (found === null) throw notFound(`question ${params.id} of yours`)
        void reply.header('cache-control', 'no-store')
        return row(found.request, found.names)
      },
    })

    app.route({
      method: 'POST',
      url: '/names/:id',
      schema: {
        operationId: 'decideName',
        summary: "The second person's word",
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: nameDecisionSchema,
        response: answers(nameRequestSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        const decided = await naming.decide(currentViewer(), id, request.body.agree)
        if (decided === null) throw notFound(`question ${id}`)
        request.told = { written: true }
        return row(decided, null)
      },
    })
  }
}
