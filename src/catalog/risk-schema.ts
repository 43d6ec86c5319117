/** The shapes of risk files: what is known of apps (facts/*.yaml) and what it weighs (risk-weights.yaml). */
import { z } from 'zod'
import { factorById, riskGroups } from './risk-factors.ts'
import type { RiskFactor } from './risk-factors.ts'

const appId = z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'not an app id')
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'not a day as YYYY-MM-DD')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'not a day of the calendar')

const factorId = z.string().refine((id) => factorById.has(id), {
  error: ({ input }) => `no risk factor ${String(input)}`,
})
const yesNoFactor = factorId.refine(
  (id) => !factorById.has(id) || factorById.get(id)?.counting.kind === 'yes-no',
  { error: ({ input }) => `${String(input)} is no yes-or-no factor; write it under values` },
)

/** Why a value does not fit its factor, or null. */
function valueFault(id: string, value: string | number): string | null {
  const factor: RiskFactor | undefined = factorById.get(id)
  if (factor === undefined) return `no risk factor ${id}`
  const { counting } = factor
  if (counting.kind === 'yes-no') return `${id} is yes or no; write it under has or lacks`
  if (counting.kind === 'level' && !Object.hasOwn(counting.points, String(value)))
    return `${id} cannot be ${value}; choose ${Object.keys(counting.points).join(', ')}`
  if (counting.kind === 'age' && !/^(?:1[89]|20)\d\d(?:-\d{2}-\d{2})?$/.test(String(value)))
    return `${id} must be a year or a day`
  return null
}

/** One public page, and what it says of one or more apps. */
export const factStatementSchema = z.strictObject({
  apps: z.array(appId).min(1).max(5000).describe('Ids of the apps it speaks of'),
  source: z.url({ protocol: /^https?$/ }).describe('Page that says so'),
  date: day.describe('Day of the page, or when it was read'),
  note: z.string().min(1).max(300).optional(),
  has: z.array(yesNoFactor).default([]).describe('Factors that are yes'),
  lacks: z.array(yesNoFactor).default([]).describe('Factors that are no'),
  irrelevant: z.array(factorId).default([]).describe('Factors that do not apply'),
  values: z
    .record(z.string(), z.union([z.string().min(1).max(200), z.number()]))
    .default({})
    .superRefine((values, context) => {
      for (const [id, value] of Object.entries(values)) {
        const message = valueFault(id, value)
        if (message !== null) context.addIssue({ code: 'custom', path: [id], message })
      }
    })
    .describe('Factors with a value: a level, a year or day, a text'),
})

export const factFileSchema = z.strictObject({ facts: z.array(factStatementSchema) })

export type FactStatement = z.infer<typeof factStatementSchema>

/** What a weight multiplies by; the reference product names Low x1 and Medium x2. */
export const weightFactors = { ignored: 0, low: 1, medium: 2, high: 3, 'very-high': 4 } as const

const weight = z.enum(['ignored', 'low', 'medium', 'high', 'very-high'])

export type Weight = z.infer<typeof weight>

/** A score given by a person. */
export const overrideSchema = z.strictObject({
  app: appId,
  score: z.number().min(0).max(10),
  note: z.string().min(1).max(500).describe('Why'),
})

export type ScoreOverride = z.infer<typeof overrideSchema>

const points = z.number().min(0).max(10)
const neutralScores = { general: points, security: points, compliance: points, legal: points }

export const riskWeightsSchema = z.strictObject({
  reckonedOn: day.optional().describe('Ages of companies and breaches are counted to this day'),
  irrelevantCounts: z
    .enum(['out', 'as-no'])
    .optional()
    .describe('Factors that do not apply: left out, or counted as no'),
  neutral: z
    .strictObject({
      weight: z.number().min(0).max(50).describe('How much must be known to move a group half way'),
      ...neutralScores,
    })
    .optional()
    .describe('Where a group stands before anything is known of it'),
  factsMin: z.int().min(1).max(50).optional().describe('Fewer counted facts give no score'),
  groups: z.partialRecord(z.enum(riskGroups), weight).optional(),
  factors: z.record(factorId, weight).optional().describe('Default: medium'),
  overrides: z.array(overrideSchema).max(10_000).optional(),
})

export type RiskWeightsFile = z.infer<typeof riskWeightsSchema>
