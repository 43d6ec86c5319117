/** The shapes of accounts, sessions, tokens, names and audit in questions and answers. */
import { z } from 'zod'
import { rights, roles } from '../access/rights.ts'
import { accessLimits, apiLimits } from '../limits.ts'

const name = z
  .string()
  .min(1)
  .max(accessLimits.nameCharacters)
  .regex(/^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u, 'no control characters, no space at its ends')
const password = z
  .string()
  .min(1)
  .max(4 * accessLimits.passwordCharacters)
const time = z.string().meta({ format: 'date-time' })
const sources = z
  .array(z.string().min(1).max(apiLimits.nameCharacters))
  .min(1)
  .max(1000)
  .nullable()
  .describe('Data sources it is limited to; null = all')
const role = z.enum(roles)
const code = z.string().min(6).max(40).describe('Of the authenticator app, or a recovery code')

export const setupStateSchema = z
  .object({ needed: z.boolean().describe('true = nobody may sign in yet') })
  .meta({ id: 'SetupState' })

export const setupBodySchema = z.strictObject({
  code: z.string().min(1).max(100).describe("From the appliance's log"),
  name,
  password,
})

export const sessionSchema = z
  .object({
    signedIn: z.boolean(),
    setupNeeded: z.boolean(),
    signOn: z.boolean().describe('An identity provider is configured: GET /api/v1/session/oidc'),
    name: z.string().nullable(),
    accountId: z.string().nullable(),
    kind: z.enum(['account', 'token', 'machine', 'anyone']).nullable(),
    role: role.nullable(),
    rights: z.array(z.enum(rights)),
    sources: z.array(z.string()).nullable().describe('null = all'),
    secondFactor: z.boolean().describe('A second factor is in force'),
    local: z.boolean().describe('Has a password here that it can change'),
    passwordCharacters: z.int().describe('Least length of a new password'),
  })
  .meta({ id: 'Session' })

export const signInBodySchema = z.strictObject({
  name: z.string().min(1).max(accessLimits.nameCharacters),
  password,
  code: code.optional(),
})

export const newPasswordBodySchema = z.strictObject({ current: password, next: password })
export const passwordBodySchema = z.strictObject({ password })
export const totpSchema = z
  .object({ secret: z.string(), uri: z.string().describe('For the QR code') })
  .meta({ id: 'SecondFactor' })
export const codeBodySchema = z.strictObject({ code })
export const recoverySchema = z
  .object({ recovery: z.array(z.string()).describe('Each good once; shown this once') })
  .meta({ id: 'RecoveryCodes' })

export const accountSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role,
    sources: z.array(z.string()).nullable(),
    origin: z.enum(['local', 'provider']),
    disabled: z.boolean(),
    secondFactor: z.boolean(),
    created: time,
    signedIn: time.nullable(),
    sessions: z.int().describe('Open now'),
    lockedSeconds: z.int().describe('Until it may try again; 0 = not locked'),
  })
  .meta({ id: 'Account' })

export const accountBodySchema = z.strictObject({
  name,
  role,
  sources: sources.default(null),
  password,
})
export const accountChangeSchema = z.strictObject({
  role: role.optional(),
  sources: sources.optional(),
  disabled: z.boolean().optional(),
  password: password.optional().describe('A new one; its sessions end'),
  removeSecondFactor: z.literal(true).optional(),
  unlock: z.literal(true).optional(),
})

export const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    account: z.string().describe('Name of its owner'),
    scope: z.array(z.enum(rights)),
    sources: z.array(z.string()).nullable(),
    created: time,
    expires: time,
    used: time.nullable().describe('Since the start of the appliance'),
  })
  .meta({ id: 'Token' })
export const newTokenSchema = tokenSchema
  .extend({ token: z.string().describe('Shown this once: Authorization: Bearer …') })
  .meta({ id: 'NewToken' })
export const tokenBodySchema = z.strictObject({
  name,
  scope: z.array(z.enum(rights)).min(1).max(rights.length).default(['reports.read']),
  sources: sources.default(null),
  days: z.int().min(1).max(accessLimits.tokenDays).default(90).describe('Until it ends'),
})

export const auditRowSchema = z
  .object({
    at: time,
    actor: z.string(),
    action: z.string(),
    object: z.string(),
    detail: z.string().describe('JSON'),
  })
  .meta({ id: 'AuditRow' })

export const nameBodySchema = z.strictObject({
  pseudonym: z.string().regex(/^(user|device|address)-[0-9a-f]{16}$/, 'not a pseudonym'),
  reason: z.string().trim().min(10).max(accessLimits.reasonCharacters).describe('Why'),
})
export const nameDecisionSchema = z.strictObject({ agree: z.boolean() })
export const nameRequestSchema = z
  .object({
    id: z.string(),
    pseudonym: z.string(),
    reason: z.string(),
    asker: z.string(),
    asked: time,
    state: z.enum(['waiting', 'agreed', 'refused']),
    decider: z.string().nullable(),
    names: z
      .array(z.string())
      .nullable()
      .describe('null = not agreed to, too long ago, or not asked by you'),
  })
  .meta({ id: 'NameRequest' })
export const goneSchema = z.object({ done: z.literal(true) }).meta({ id: 'Done' })
