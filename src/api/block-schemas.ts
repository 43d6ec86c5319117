/** Shapes of rehearsals and of Defender's indicators. */
import { z } from 'zod'
import { governLimits } from '../limits.ts'
import { id, leftOutSchema, stamp } from './govern-schemas.ts'

const bytes = z.int().nullable()

export const rehearsalBodySchema = z.strictObject({
  apps: z
    .array(id)
    .min(1)
    .max(governLimits.appsPerChange)
    .optional()
    .describe('Ids of apps; default: all that are unsanctioned'),
})
export const rehearsalSchema = z.object({
  days: z.int(),
  from: stamp,
  to: stamp,
  apps: z.array(
    z.object({
      appId: z.string(),
      app: z.string(),
      users: z.int(),
      transactions: z.int(),
      bytesUp: bytes,
      bytesDown: bytes,
      lastSeen: stamp,
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      groups: z.array(z.string()),
      apps: z.int(),
      transactions: z.int(),
      bytesUp: bytes,
      bytesDown: bytes,
    }),
  ),
  groups: z.array(z.object({ name: z.string(), users: z.int(), of: z.int() })),
  totals: z.object({
    users: z.int(),
    devices: z.int(),
    addresses: z.int(),
    transactions: z.int(),
    bytesUp: bytes,
    bytesDown: bytes,
    share: z.number().nullable().describe('Of all transactions of these days'),
    passing: z
      .int()
      .describe('Transactions of these apps that no name of the list would have stopped'),
  }),
  passingHosts: z.array(z.object({ host: z.string(), app: z.string(), transactions: z.int() })),
  leftOut: z.array(leftOutSchema),
})

export const indicatorReportSchema = z.object({
  at: stamp,
  created: z.int(),
  updated: z.int(),
  removed: z.int(),
  unchanged: z.int(),
  active: z.int().describe('Of the tenant, those of others counted'),
  budget: z.int(),
  foreign: z.array(z.string()).describe("Names that somebody else's indicator has: left alone"),
  overBudget: z.array(z.string()).describe('Not blocked: there is no room'),
  failures: z.array(z.object({ value: z.string(), reason: z.string() })),
  leftOut: z.array(leftOutSchema),
  error: z.string().nullable(),
})
export const indicatorPlanSchema = z.object({
  put: z.array(z.object({ value: z.string(), action: z.string() })),
  remove: z.array(z.string()),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  foreign: z.array(z.string()),
  overBudget: z.array(z.string()),
  after: z.int(),
  leftOut: z.array(leftOutSchema),
})
