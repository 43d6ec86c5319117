/**
 * The risk score of an app, 0-10, 10 safest: the mean of four groups by their weights, each the mean of its factors by theirs. What is
 * not known is not counted as no; instead each group begins at a neutral score that facts move, so one good fact makes no safe app, and
 * no certificate known is not the same as a certificate.
 */
import { factorById, riskFactors, riskGroups } from './risk-factors.ts'
import type { Counting, RiskFactor, RiskGroup } from './risk-factors.ts'
import { weightFactors } from './risk-schema.ts'
import type { FactStatement, RiskWeightsFile, ScoreOverride, Weight } from './risk-schema.ts'

/** What is known of one factor, and who says so. */
export interface Fact {
  factor: string
  /** true, false, a level, a year or day, a text; null = does not apply. */
  value: boolean | string | number | null
  source: string
  date: string
  note: string | null
}

export interface RiskWeights {
  reckonedOn: string
  irrelevantCounts: 'out' | 'as-no'
  neutral: Record<RiskGroup, number> & { weight: number }
  factsMin: number
  groups: Record<RiskGroup, Weight>
  factors: ReadonlyMap<string, Weight>
  overrides: ReadonlyMap<string, ScoreOverride>
}

export interface RatedFact extends Fact {
  name: string
  group: RiskGroup
  weight: Weight
  /** 0-10; null = not counted. */
  points: number | null
  /** What the score would lose without this fact; negative = would gain. null = not counted. */
  difference: number | null
}

export interface AppRisk {
  /** 0-10 with one decimal; null = too little is known. */
  score: number | null
  /** What the facts say; differs from `score` where a person overrode it. */
  reckoned: number | null
  override: ScoreOverride | null
  /** 0-1: share of the weight of all counted factors that is known. */
  confidence: number
  groups: Record<RiskGroup, { score: number | null; known: number; of: number; weight: Weight }>
  facts: RatedFact[]
}

const dayMs = 24 * 60 * 60 * 1000
const yearMs = 365.25 * dayMs

/** Weights of several files; a later one changes what it names. */
export function combineWeights(files: readonly RiskWeightsFile[]): RiskWeights {
  const groups: Record<RiskGroup, Weight> = {
    general: 'medium',
    security: 'medium',
    compliance: 'medium',
    legal: 'medium',
  }
  const factors = new Map<string, Weight>()
  const overrides = new Map<string, ScoreOverride>()
  const weights: RiskWeights = {
    reckonedOn: '2026-01-01',
    irrelevantCounts: 'out',
    neutral: { weight: 4, general: 5, security: 5, compliance: 3, legal: 5 },
    factsMin: 3,
    groups,
    factors,
    overrides,
  }
  for (const file of files) {
    Object.assign(groups, file.groups)
    for (const [id, weight] of Object.entries(file.factors ?? {})) factors.set(id, weight)
    for (const override of file.overrides ?? []) overrides.set(override.app, override)
    weights.reckonedOn = file.reckonedOn ?? weights.reckonedOn
    weights.irrelevantCounts = file.irrelevantCounts ?? weights.irrelevantCounts
    weights.neutral = file.neutral ?? weights.neutral
    weights.factsMin = file.factsMin ?? weights.factsMin
  }
  return weights
}

/** Facts of each app; of two about one factor the later layer's wins, then the newer, then the one written last. */
export function factsByApp(
  layers: readonly (readonly FactStatement[])[],
): Map<string, Map<string, Fact>> {
  const byApp = new Map<string, Map<string, Fact>>()
  for (const layer of layers) {
    const ofLayer = new Map<string, Map<string, Fact>>()
    for (const statement of layer) addStatement(ofLayer, statement)
    for (const [app, facts] of ofLayer) {
      const known = byApp.get(app)
      if (known === undefined) byApp.set(app, facts)
      else for (const [id, fact] of facts) known.set(id, fact)
    }
  }
  return byApp
}

function addStatement(byApp: Map<string, Map<string, Fact>>, statement: FactStatement): void {
  const { source, date, note = null } = statement
  for (const { factor, value } of saidBy(statement)) {
    const fact: Fact = { factor, value, source, date, note }
    for (const app of statement.apps) {
      const facts = byApp.get(app) ?? new Map<string, Fact>()
      if (facts.size === 0) byApp.set(app, facts)
      const other = facts.get(factor)
      if (other === undefined || other.date <= date) facts.set(factor, fact)
    }
  }
}

/** Factors and values of a statement. */
export function saidBy(statement: FactStatement): Pick<Fact, 'factor' | 'value'>[] {
  const { has, lacks, irrelevant, values } = statement
  return [
    ...has.map((factor) => ({ factor, value: true })),
    ...lacks.map((factor) => ({ factor, value: false })),
    ...irrelevant.map((factor) => ({ factor, value: null })),
    ...Object.entries(values).map(([factor, value]) => ({ factor, value })),
  ]
}

/** Points of a value; null = it does not count. */
export function pointsOf(
  counting: Counting,
  value: Fact['value'],
  { reckonedOn, irrelevantCounts }: Pick<RiskWeights, 'reckonedOn' | 'irrelevantCounts'>,
): number | null {
  if (counting.kind === 'info') return null
  if (value === null) return irrelevantCounts === 'out' ? null : 0
  if (counting.kind === 'yes-no') return value === true ? 10 : 0
  if (counting.kind === 'level') return counting.points[String(value)] ?? null
  const fromMs = Date.parse(/^\d{4}$/.test(String(value)) ? `${value}-07-01` : String(value))
  const years = (Date.parse(reckonedOn) - fromMs) / yearMs
  const share = (years - counting.zeroYears) / (counting.fullYears - counting.zeroYears)
  return Math.min(10, Math.max(0, share * 10))
}

interface Counted {
  factor: RiskFactor
  weight: number
  points: number
}

export function weightOf(factor: RiskFactor, weights: RiskWeights): Weight {
  if (factor.counting.kind === 'info') return 'ignored'
  return weights.factors.get(factor.id) ?? 'medium'
}

/** The score alone: what the catalog needs of 10,000 apps. */
export function reckon(facts: ReadonlyMap<string, Fact>, weights: RiskWeights): number | null {
  return meanOf(countedOf(facts, weights), weights)
}

function countedOf(facts: ReadonlyMap<string, Fact>, weights: RiskWeights): Counted[] {
  const counted: Counted[] = []
  for (const fact of facts.values()) {
    const factor = factorById.get(fact.factor)
    if (factor === undefined) continue
    const weight = weightFactors[weightOf(factor, weights)]
    const points = pointsOf(factor.counting, fact.value, weights)
    if (weight > 0 && points !== null) counted.push({ factor, weight, points })
  }
  return counted
}

/** Null when fewer than `factsMin` facts count. */
function meanOf(counted: readonly Counted[], weights: RiskWeights): number | null {
  if (
    counted.filter(({ factor }) => weights.groups[factor.group] !== 'ignored').length <
    weights.factsMin
  )
    return null
  let sum = 0
  let total = 0
  for (const group of riskGroups) {
    const score = groupScore(counted, group, weights)
    if (score === null) continue
    const weight = weightFactors[weights.groups[group]]
    sum += weight * score
    total += weight
  }
  return total === 0 ? null : Math.round((sum / total) * 10) / 10
}

/** The neutral score moved by what is known; null when the group is ignored. */
function groupScore(
  counted: readonly Counted[],
  group: RiskGroup,
  { groups, neutral }: RiskWeights,
): number | null {
  const own = counted.filter(({ factor }) => factor.group === group)
  if (groups[group] === 'ignored') return null
  let sum = neutral[group] * neutral.weight
  let total = neutral.weight
  for (const { weight, points } of own) {
    sum += weight * points
    total += weight
  }
  return total === 0 ? neutral[group] : sum / total
}

/** The score with all that led to it. */
export function explainRisk(
  app: string,
  facts: ReadonlyMap<string, Fact>,
  weights: RiskWeights,
): AppRisk {
  const counted = countedOf(facts, weights)
  const reckoned = meanOf(counted, weights)
  const override = weights.overrides.get(app) ?? null
  const groups = Object.fromEntries(
    riskGroups.map((group) => {
      const score = groupScore(counted, group, weights)
      const of = riskFactors.filter(
        (factor) => factor.group === group && weightOf(factor, weights) !== 'ignored',
      )
      const known = of.filter(({ id }) => facts.has(id)).length
      const rounded = score === null ? null : Math.round(score * 10) / 10
      return [group, { score: rounded, known, of: of.length, weight: weights.groups[group] }]
    }),
  ) as AppRisk['groups']
  return {
    score: override?.score ?? reckoned,
    reckoned,
    override,
    confidence: confidenceOf(facts, weights),
    groups,
    facts: ratedFacts(facts, weights, counted, reckoned),
  }
}

function confidenceOf(facts: ReadonlyMap<string, Fact>, weights: RiskWeights): number {
  let known = 0
  let all = 0
  for (const factor of riskFactors) {
    const weight =
      weightFactors[weightOf(factor, weights)] * weightFactors[weights.groups[factor.group]]
    all += weight
    if (facts.has(factor.id)) known += weight
  }
  return all === 0 ? 0 : Math.round((known / all) * 1000) / 1000
}

function ratedFacts(
  facts: ReadonlyMap<string, Fact>,
  weights: RiskWeights,
  counted: readonly Counted[],
  reckoned: number | null,
): RatedFact[] {
  const rated: RatedFact[] = []
  for (const factor of riskFactors) {
    const fact = facts.get(factor.id)
    if (fact === undefined) continue
    const own = counted.find((entry) => entry.factor === factor)
    const without = meanOf(
      counted.filter((entry) => entry !== own),
      { ...weights, factsMin: 1 },
    )
    const difference =
      own === undefined || reckoned === null || without === null
        ? null
        : Math.round((reckoned - without) * 10) / 10
    rated.push({
      ...fact,
      name: factor.name,
      group: factor.group,
      weight: weightOf(factor, weights),
      points: own === undefined ? null : Math.round(own.points * 10) / 10,
      difference,
    })
  }
  return rated
}
