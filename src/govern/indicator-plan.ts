/**
 * What must be done so that Defender for Endpoint blocks and warns of what is tagged, and of nothing else: the tags' wish beside what is
 * there. Pure; `indicators.ts` does it. https://learn.microsoft.com/defender-endpoint/api/ti-indicator
 */
import { z } from 'zod'
import type { IndicatorsConfig } from '../config/govern-schema.ts'
import type { BlockList } from './block-list.ts'

/** An indicator as the API tells of it; fields of other kinds are kept away from us. */
export const remoteIndicatorSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  indicatorValue: z.string(),
  indicatorType: z.string(),
  action: z.string(),
  application: z.string().nullish(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  severity: z.string().nullish(),
  generateAlert: z.boolean().nullish(),
  educateUrl: z.string().nullish(),
  rbacGroupNames: z.array(z.string()).nullish(),
  expirationTime: z.string().nullish(),
})
export type RemoteIndicator = z.output<typeof remoteIndicatorSchema>

/** What we want, as `import` takes it. */
export interface WantedIndicator {
  indicatorValue: string
  indicatorType: 'DomainName'
  action: string
  application: string
  title: string
  description: string
  severity: string
  generateAlert: boolean
  educateUrl?: string
  rbacGroupNames?: string[]
  expirationTime?: string
}

export interface IndicatorPlan {
  /** New ones, and ours that are not as we want them. */
  put: WantedIndicator[]
  created: number
  updated: number
  /** Ours that nobody wants any more. */
  remove: { id: string; value: string }[]
  unchanged: number
  /** Names that somebody else's indicator has: left alone. */
  foreign: string[]
  /** Wanted, but beyond the budget. */
  overBudget: string[]
  /** Active indicators of the tenant when the plan is done. */
  after: number
}

const dayMs = 86_400_000
/** Ends our descriptions: with `application` it says whose an indicator is. */
const ownMark = /\[gnomon:([a-z0-9-]+)\]$/

export function isOurs(indicator: RemoteIndicator, mark: string): boolean {
  return indicator.application === mark && ownMark.test(indicator.description ?? '')
}

/** Indicators for the apps of a list. `endsMs`: when an app's tag ends. */
export function wantedOf(
  list: BlockList,
  {
    action,
    config,
    nowMs,
    endsMs,
  }: {
    action: string
    config: IndicatorsConfig
    nowMs: number
    endsMs: ReadonlyMap<string, number>
  },
): WantedIndicator[] {
  return list.names.map(({ name, appId, app }) => {
    const end = Math.min(
      config.days === 0 ? Infinity : nowMs + config.days * dayMs,
      endsMs.get(appId) ?? Infinity,
    )
    return {
      indicatorValue: name,
      indicatorType: 'DomainName',
      action,
      application: config.mark,
      title: `${config.mark}: ${app}`.slice(0, 200),
      description: `${action === 'Warn' ? 'Monitored' : 'Unsanctioned'} cloud app ${app} [gnomon:${appId}]`,
      severity: config.severity,
      generateAlert: config.generateAlert || action === 'Audit',
      ...(config.educateUrl !== undefined && { educateUrl: config.educateUrl }),
      ...(config.deviceGroups.length > 0 && { rbacGroupNames: config.deviceGroups.toSorted() }),
      ...(Number.isFinite(end) && { expirationTime: new Date(end).toISOString() }),
    }
  })
}

/** `wanted` in order of weight: what comes last stays away first when the budget ends. */
export function planIndicators(
  wanted: readonly WantedIndicator[],
  there: readonly RemoteIndicator[],
  { config, nowMs }: { config: IndicatorsConfig; nowMs: number },
): IndicatorPlan {
  const active = there.filter(({ expirationTime }) => isActive(expirationTime, nowMs))
  const ours = new Map<string, RemoteIndicator>()
  const others = new Set<string>()
  const twice: RemoteIndicator[] = []
  for (const one of there) {
    const value = one.indicatorValue.toLowerCase()
    if (!isOurs(one, config.mark)) {
      if (['DomainName', 'Url'].includes(one.indicatorType)) others.add(value)
    } else if (ours.has(value) || one.indicatorType !== 'DomainName') twice.push(one)
    else ours.set(value, one)
  }
  const seen = new Set<string>()
  const plan: IndicatorPlan = {
    put: [],
    created: 0,
    updated: 0,
    remove: twice.map(removal),
    unchanged: 0,
    foreign: [],
    overBudget: [],
    after: 0,
  }
  const kept = new Map<string, WantedIndicator>()
  for (const one of wanted) if (!kept.has(one.indicatorValue)) kept.set(one.indicatorValue, one)
  for (const [value, one] of ours) if (!kept.has(value)) plan.remove.push(removal(one))
  const gone = new Set(plan.remove.map(({ id }) => id))
  plan.after = active.filter(({ id }) => !gone.has(id)).length
  for (const [value, one] of kept) {
    if (seen.has(value)) continue
    seen.add(value)
    const mine = ours.get(value)
    if (mine === undefined && others.has(value)) plan.foreign.push(value)
    else if (mine !== undefined && isActive(mine.expirationTime, nowMs)) {
      if (sameAs(mine, one, { config, nowMs })) plan.unchanged++
      else {
        plan.put.push(one)
        plan.updated++
      }
    } else if (plan.after >= config.budget) plan.overBudget.push(value)
    else {
      plan.put.push(one)
      plan.created++
      plan.after++
    }
  }
  return plan
}

function removal({ id, indicatorValue }: RemoteIndicator): { id: string; value: string } {
  return { id, value: indicatorValue }
}

function isActive(expirationTime: string | null | undefined, nowMs: number): boolean {
  return (
    expirationTime === null || expirationTime === undefined || Date.parse(expirationTime) > nowMs
  )
}

/** Whether nothing drifted. An end is renewed once half of its time is over, so that not every turn touches all. */
function sameAs(
  mine: RemoteIndicator,
  one: WantedIndicator,
  { config, nowMs }: { config: IndicatorsConfig; nowMs: number },
): boolean {
  return (
    mine.action === one.action &&
    (mine.title ?? '') === one.title &&
    (mine.description ?? '') === one.description &&
    (mine.severity ?? '') === one.severity &&
    (mine.generateAlert ?? false) === one.generateAlert &&
    (mine.educateUrl ?? '') === (one.educateUrl ?? '') &&
    (mine.rbacGroupNames ?? []).toSorted().join('\n') === (one.rbacGroupNames ?? []).join('\n') &&
    sameEnd(mine.expirationTime ?? null, one.expirationTime ?? null, { config, nowMs })
  )
}

function sameEnd(
  mine: string | null,
  wanted: string | null,
  { config, nowMs }: { config: IndicatorsConfig; nowMs: number },
): boolean {
  if (mine === null || wanted === null) return mine === wanted
  const [ends, wantedEnds] = [Date.parse(mine), Date.parse(wanted)]
  if (Math.abs(ends - wantedEnds) < 1000) return true
  const half = (config.days * dayMs) / 2
  return config.days > 0 && ends <= wantedEnds && ends - nowMs > half
}
