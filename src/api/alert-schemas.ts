/** Shapes of policies and alerts. */
import { z } from 'zod'
import { alertKinds, alertStatuses } from '../govern/alerts.ts'
import { policySchema, severities } from '../govern/policy.ts'
import { governLimits } from '../limits.ts'
import { id, instant, shortText, stamp } from './govern-schemas.ts'

export const policyRowSchema = z.object({ id: z.string(), ...policySchema.shape })
export const templateSchema = z.object({ id: z.string(), policy: policySchema })
export const idSchema = z.object({ id: z.string() })
export const goneSchema = z.object({ done: z.literal(true) })

const count = z.int().nullable()
export const alertSchema = z.object({
  id: z.string(),
  kind: z.enum(alertKinds),
  severity: z.enum(severities),
  status: z.enum(alertStatuses),
  title: z.string(),
  detail: z.string(),
  policy: z.string().nullable(),
  appId: z.string().nullable(),
  app: z.string().nullable(),
  user: z.string().nullable(),
  measures: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
  evidence: z.array(
    z.object({
      hour: stamp,
      source: z.string(),
      user: z.string().nullable(),
      device: z.string().nullable(),
      address: z.string().nullable(),
      host: z.string(),
      transactions: z.int(),
      bytesUp: count,
      bytesDown: count,
      trace: z.string().describe('Path that tells what stands behind the row (traceUsage)'),
    }),
  ),
  from: stamp,
  to: stamp,
  raised: stamp,
  seen: stamp.describe('When the same event was last seen'),
  notices: z.array(
    z.object({
      way: z.string(),
      status: z.enum(['pending', 'sent', 'failed']),
      at: stamp,
      error: z.string().nullable(),
    }),
  ),
  comment: z.string(),
})
export const rawLinesSchema = z.object({
  lines: z.array(
    z.object({ receivedAt: stamp, source: z.string(), stream: z.string(), text: z.string() }),
  ),
  whole: z.boolean().describe('false = there may be more'),
  segments: z.int().describe('Kept segments that were read; 0 = none of that time is kept'),
})
export const alertChangeSchema = z.strictObject({
  status: z.enum(['open', 'dismissed', 'resolved']).optional(),
  comment: z.string().trim().max(governLimits.textCharacters).optional(),
})

export const mutingBodySchema = z
  .strictObject({
    policy: id.optional(),
    app: id.optional(),
    user: shortText.optional(),
    kind: z.enum(alertKinds).optional(),
    until: instant.describe('It ends by itself'),
    reason: shortText,
  })
  .refine(
    ({ policy, app, user, kind }) => [policy, app, user, kind].some((one) => one !== undefined),
    {
      error: 'one of policy, app, user and kind must be given',
    },
  )
export const mutingSchema = z.object({
  id: z.string(),
  policy: z.string().nullable(),
  appId: z.string().nullable(),
  user: z.string().nullable(),
  kind: z.enum(alertKinds).nullable(),
  until: stamp,
  reason: z.string(),
  actor: z.string(),
})
