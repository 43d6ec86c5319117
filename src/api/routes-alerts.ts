/** Policies and their templates, alerts, mutings. */
import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { View } from '../access/viewer-store.ts'
import { alertKinds, alertStatuses } from '../govern/alerts.ts'
import type { Alert, Muting } from '../govern/alerts.ts'
import { rawLines } from '../govern/raw-lines.ts'
import { policyOf, policyPartSchema, policySchema, policyTemplates } from '../govern/policy.ts'
import {
  alertChangeSchema,
  alertSchema,
  goneSchema,
  idSchema,
  mutingBodySchema,
  mutingSchema,
  policyRowSchema,
  rawLinesSchema,
  templateSchema,
} from './alert-schemas.ts'
import { viewedAlerts } from './alert-view.ts'
import type { ShownAlert } from './alert-view.ts'
import { ApiProblem, notFound } from './problem.ts'
import { idParams, noQuerySchema, pagingSchema } from './queries.ts'
import { answers, pageOf } from './route-context.ts'
import { actorOf, bounded, iso } from './routes-tags.ts'
import type { GovernContext } from './routes-tags.ts'

const tags = ['governance']
const write = { right: 'govern.write' } as const
const done = { done: true } as const
/** Where there is no viewer there are no pseudonyms to ask for. */
const noNames = { query: async () => [] }

export function policyRoutes({ govern }: GovernContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/policies',
      config: bounded,
      schema: {
        operationId: 'listPolicies',
        summary: 'App discovery policies',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(policyRowSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = [...(await govern.policies.all())].map(([id, policy]) => ({ id, ...policy }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'GET',
      url: '/policies/templates',
      config: bounded,
      schema: {
        operationId: 'listPolicyTemplates',
        summary: 'Policies to begin with',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(templateSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = policyTemplates.map(({ id, policy }) => ({
          id,
          policy: policySchema.parse(policy),
        }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/policies',
      config: write,
      schema: {
        operationId: 'createPolicy',
        summary: 'Makes a policy',
        tags,
        querystring: z.strictObject({
          template: z
            .string()
            .max(60)
            .optional()
            .describe('What the body does not say is taken from it'),
        }),
        body: policyPartSchema,
        response: answers(idSchema),
      },
      handler: async (request) => {
        const { query, body } = request
        const base = query.template === undefined ? {} : policyOf(query.template)
        if (base === null) throw notFound(`template ${String(query.template)}`)
        const policy = policySchema.safeParse({ ...base, ...body })
        if (!policy.success)
          throw new ApiProblem(
            422,
            'UNPROCESSABLE',
            `cannot make this policy: ${z.prettifyError(policy.error).slice(0, 300)}; see /api/v1/openapi.json`,
          )
        const id = randomUUID()
        await govern.policies.put(id, policy.data)
        request.told = { object: id, detail: { name: policy.data.name } }
        return { id }
      },
    })

    app.route({
      method: 'PUT',
      url: '/policies/:id',
      config: write,
      schema: {
        operationId: 'putPolicy',
        summary: 'Replaces a policy',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: policySchema,
        response: answers(idSchema),
      },
      handler: async (request) => {
        const { id } = request.params
        if ((await govern.policies.get(id)) === null) throw notFound(`policy ${id}`)
        await govern.policies.put(id, request.body)
        request.told = { object: id, detail: { name: request.body.name } }
        return { id }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/policies/:id',
      config: write,
      schema: {
        operationId: 'deletePolicy',
        summary: 'Takes a policy away; its alerts stay',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async ({ params }) => {
        if (!(await govern.policies.remove(params.id))) throw notFound(`policy ${params.id}`)
        return done
      },
    })
  }
}

export function alertRoutes({ govern, viewer, backup }: GovernContext): FastifyPluginAsyncZod {
  const viewOf = (): View => viewer?.view() ?? { sources: null, masked: [], key: ['0', '0'] }
  const shown = async (alerts: readonly Alert[]): Promise<ShownAlert[]> =>
    viewedAlerts(viewer?.whole ?? noNames, alerts, viewOf())
  /** One, as it is and as it may be seen. Throws 404 where nothing of it may be. */
  const one = async (id: string): Promise<{ alert: Alert; row: ShownAlert }> => {
    const alert = await govern.alerts.get(id)
    const [row] = alert === null ? [] : await shown([alert])
    if (alert === null || row === undefined) throw notFound(`alert ${id}`)
    return { alert, row }
  }
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/alerts',
      config: { ...bounded, names: true },
      schema: {
        operationId: 'listAlerts',
        summary: 'Alerts, the last first',
        tags,
        querystring: pagingSchema.extend({
          status: z.enum(alertStatuses).optional(),
          kind: z.enum(alertKinds).optional(),
          app: z.string().min(1).max(100).optional().describe('Id of an app'),
        }),
        response: answers(pageOf(alertSchema)),
      },
      handler: async ({ query }) => {
        const { page, limit, status = null, kind = null, app: appId = null } = query
        const { sources } = viewOf()
        const asked = { status, kind, appId, sources, limit, offset: (page - 1) * limit }
        const { rows, total } = await govern.alerts.list(asked)
        return { rows: await shown(rows), total, page, limit }
      },
    })

    app.route({
      method: 'GET',
      url: '/alerts/:id',
      config: { ...bounded, names: true },
      schema: {
        operationId: 'getAlert',
        summary: 'One alert with its evidence',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(alertSchema),
      },
      handler: async ({ params }) => (await one(params.id)).row,
    })

    app.route({
      method: 'GET',
      url: '/alerts/:id/lines',
      config: { right: 'raw.read', bounded: true, names: true },
      schema: {
        operationId: 'getAlertLines',
        summary: 'The raw lines behind its evidence, where they are still kept (publish.backup)',
        description:
          "Lines of the evidence's sources and time with its host and one of its names or addresses. None of sources that show pseudonyms.",
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(rawLinesSchema),
      },
      handler: async ({ params }) => {
        const { alert } = await one(params.id)
        const { sources, masked } = viewOf()
        const rows = alert.evidence.filter(
          ({ source }) =>
            (sources === null || sources.includes(source)) &&
            masked !== 'all' &&
            !masked.includes(source),
        )
        if (backup === undefined) return { lines: [], whole: true, segments: 0 }
        return rawLines(backup, rows, Date.parse(alert.to))
      },
    })

    app.route({
      method: 'PATCH',
      url: '/alerts/:id',
      config: { ...write, bounded: true },
      schema: {
        operationId: 'changeAlert',
        summary: 'Dismisses, resolves or opens an alert again, with a comment',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        body: alertChangeSchema,
        response: answers(alertSchema),
      },
      handler: async (request) => {
        const { status, comment } = request.body
        const change = {
          ...(status !== undefined && { status }),
          ...(comment !== undefined && { comment }),
        }
        const { alert } = await one(request.params.id)
        const changed = await govern.alerts.change(alert.id, change)
        if (changed === null) throw notFound(`alert ${request.params.id}`)
        request.told = { object: alert.id, detail: change }
        const [row] = await shown([changed])
        return row
      },
    })

    app.route({
      method: 'GET',
      url: '/alerts/mutings',
      schema: {
        operationId: 'listMutings',
        summary: 'What is muted, and until when',
        tags,
        querystring: noQuerySchema,
        response: answers(z.object({ rows: z.array(mutingSchema), total: z.int() })),
      },
      handler: async () => {
        const rows = [...(await govern.mutings.all())].map(([id, { untilMs, ...muting }]) => ({
          id,
          ...muting,
          until: iso(untilMs),
        }))
        return { rows, total: rows.length }
      },
    })

    app.route({
      method: 'POST',
      url: '/alerts/mutings',
      config: write,
      schema: {
        operationId: 'muteAlerts',
        summary:
          'Mutes alerts of a policy, an app, a person or a kind until a time; they are kept and tell nobody',
        tags,
        querystring: noQuerySchema,
        body: mutingBodySchema,
        response: answers(idSchema),
      },
      handler: async (request) => {
        const {
          policy = null,
          app: appId = null,
          user = null,
          kind = null,
          until,
          reason,
        } = request.body
        const id = randomUUID()
        const muting: Muting = {
          policy,
          appId,
          user,
          kind,
          untilMs: Date.parse(until),
          reason,
          actor: actorOf(request),
        }
        await govern.mutings.put(id, muting)
        request.told = { object: id, detail: { policy, appId, kind, until, reason } }
        return { id }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/alerts/mutings/:id',
      config: write,
      schema: {
        operationId: 'unmuteAlerts',
        summary: 'Ends a muting before its time',
        tags,
        params: idParams,
        querystring: noQuerySchema,
        response: answers(goneSchema),
      },
      handler: async ({ params }) => {
        if (!(await govern.mutings.remove(params.id))) throw notFound(`muting ${params.id}`)
        return done
      },
    })
  }
}
