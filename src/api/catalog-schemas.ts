/** Shapes of the catalog's answers and questions. */
import { z } from 'zod'
import { riskFactors, riskGroups } from '../catalog/risk-factors.ts'
import { riskWeightsSchema } from '../catalog/risk-schema.ts'
import { ownAppSchema } from '../catalog/schema.ts'
import { apiLimits } from '../limits.ts'
import { paging, scope } from './queries.ts'

const text = z.string().min(1).max(apiLimits.nameCharacters)
const many = z.union([text, z.array(text).max(50)]).optional()
const score = z.coerce.number().min(0).max(10).optional()

export const catalogQuerySchema = z.strictObject({
  ...paging,
  query: text.optional().describe('Id of a suggested query'),
  filter: text.optional().describe('Part of name, vendor or id'),
  category: many.describe('May be given several times: one of them'),
  scoreMin: score,
  scoreMax: score,
  factor: many.describe(
    '`factor:answer` with yes, no, unknown, irrelevant or a value, e.g. soc-2:yes, fedramp:high; all must hold',
  ),
})

export const finderQuerySchema = z.strictObject({ ...scope, ...paging })

export const catalogAppSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    vendor: z.string().nullable(),
    category: z.string(),
    score: z.number().nullable(),
  })
  .meta({ id: 'CatalogApp' })

const weight = z.enum(['ignored', 'low', 'medium', 'high', 'very-high'])
const group = z.enum(riskGroups)

const overrideSchema = z.object({ app: z.string(), score: z.number(), note: z.string() })

export const riskSchema = z
  .object({
    score: z.number().nullable().describe('0-10, 10 safest; null = too little is known'),
    reckoned: z.number().nullable().describe('What the facts say'),
    override: overrideSchema.nullable(),
    confidence: z
      .number()
      .describe('0-1: share of the weight of all counted factors that is known'),
    groups: z.record(
      group,
      z.object({ score: z.number().nullable(), known: z.int(), of: z.int(), weight }),
    ),
    facts: z.array(
      z.object({
        factor: z.string(),
        name: z.string(),
        group,
        value: z.union([z.boolean(), z.string(), z.number()]).nullable(),
        source: z.string(),
        date: z.string(),
        note: z.string().nullable(),
        weight,
        points: z.number().nullable(),
        difference: z.number().nullable().describe('What the score would lose without it'),
      }),
    ),
  })
  .meta({ id: 'AppRisk' })

export const appEntrySchema = z
  .object({
    app: z.looseObject({ id: z.string(), name: z.string(), category: z.string() }),
    own: z.boolean().describe('Made here; can be changed and removed'),
    risk: riskSchema,
  })
  .meta({ id: 'CatalogEntry' })

export const ownAppBodySchema = ownAppSchema
export const scoreBodySchema = z.strictObject({
  score: z.number().min(0).max(10),
  note: z.string().min(1).max(500).describe('Why'),
})
export const weightsBodySchema = riskWeightsSchema.omit({ overrides: true })

export const weightsSchema = z
  .object({
    reckonedOn: z.string(),
    irrelevantCounts: z.enum(['out', 'as-no']),
    neutral: z.record(z.string(), z.number()),
    factsMin: z.int(),
    groups: z.record(group, weight),
    factors: z.array(
      z.object({ id: z.string(), group, name: z.string(), counts: z.string(), weight }),
    ),
    own: z.looseObject({}).describe('What was changed here of the shipped weights'),
  })
  .meta({ id: 'RiskWeights' })

export const candidateSchema = z
  .object({
    domain: z.string(),
    rank: z.number().describe('0-100'),
    evidence: z.array(z.object({ kind: z.string(), points: z.number(), text: z.string() })),
    users: z.int(),
    devices: z.int(),
    addresses: z.int(),
    days: z.int(),
    firstSeen: z.string(),
    lastSeen: z.string(),
    hosts: z.array(z.string()),
    near: z.array(z.string()).describe('Domains that seem to belong to the same service'),
    suggestion: z.object({
      id: z.string(),
      name: z.string(),
      domains: z.array(z.string()),
      ranges: z.array(z.string()),
    }),
    transactions: z.int(),
    bytesUp: z.number().nullable(),
    bytesDown: z.number().nullable(),
    bytesTotal: z.number().nullable(),
  })
  .meta({ id: 'Candidate' })

export const countrySchema = z.string().regex(/^[A-Z]{2}$/)

export const headquartersSchema = z.object({
  country: z.string().nullable().describe('ISO 3166-1; null = not known'),
  apps: z.int(),
  transactions: z.int(),
  bytesUp: z.number().nullable(),
  bytesDown: z.number().nullable(),
  bytesTotal: z.number().nullable(),
})

export const categorySchema = z.object({ name: z.string(), apps: z.int() })

export const suggestedSchema = z.object({
  id: z.string(),
  name: z.string(),
  apps: z.int().describe('Apps of the catalog that fit'),
})

/** For messages: factors by their ids. */
export const factorIds: ReadonlySet<string> = new Set(riskFactors.map(({ id }) => id))
