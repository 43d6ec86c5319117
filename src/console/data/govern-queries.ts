/** The questions of governing: policies, alerts, blocks. */
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import type {
  alertSchema,
  mutingSchema,
  policyRowSchema,
  templateSchema,
} from '../../api/alert-schemas.ts'
import type {
  indicatorPlanSchema,
  indicatorReportSchema,
  rehearsalSchema,
} from '../../api/block-schemas.ts'
import type {
  catalogAppSchema,
  categorySchema,
  suggestedSchema,
  weightsSchema,
} from '../../api/catalog-schemas.ts'
import type {
  blockListSchema,
  formatSchema,
  leftOutSchema,
  scriptSchema,
  tagEventSchema,
} from '../../api/govern-schemas.ts'
import type { Policy } from '../../govern/policy.ts'
import { asksCatalog, listOf } from './app-filter.ts'
import type { AppSearch } from './app-filter.ts'
import { ask } from './ask.ts'
import type { Query } from './ask.ts'
import { pagesOf } from './queries.ts'
import type { Rows } from './queries.ts'

export type { Policy }
export type PolicyRow = z.infer<typeof policyRowSchema>
export type Template = z.infer<typeof templateSchema>
export type Alert = z.infer<typeof alertSchema>
export type Muting = z.infer<typeof mutingSchema>
export type BlockList = z.infer<typeof blockListSchema>
export type LeftOut = z.infer<typeof leftOutSchema>
export type ScriptFormat = z.infer<typeof formatSchema>
export type TagEvent = z.infer<typeof tagEventSchema>
export type Script = z.infer<typeof scriptSchema>
export type Rehearsal = z.infer<typeof rehearsalSchema>
export type IndicatorReport = z.infer<typeof indicatorReportSchema>
export type IndicatorPlan = z.infer<typeof indicatorPlanSchema>
type CatalogApp = z.infer<typeof catalogAppSchema>

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => ask<Rows<PolicyRow>>('/policies', {}, { signal }),
})

export const templatesQuery = queryOptions({
  queryKey: ['templates'],
  queryFn: ({ signal }) => ask<Rows<Template>>('/policies/templates', {}, { signal }),
  staleTime: Infinity,
})

export const alertPages = (query: Query) => ({
  ...pagesOf<Alert>('/alerts', query),
  refetchInterval: 30_000,
})

export function alertQuery(id: string) {
  return queryOptions({
    queryKey: ['alert', id],
    queryFn: ({ signal }) => ask<Alert>(`/alerts/${encodeURIComponent(id)}`, {}, { signal }),
  })
}

export const mutingsQuery = queryOptions({
  queryKey: ['mutings'],
  queryFn: ({ signal }) => ask<Rows<Muting>>('/alerts/mutings', {}, { signal }),
})

export const blockListQuery = queryOptions({
  queryKey: ['block-list'],
  queryFn: ({ signal }) => ask<BlockList>('/block-list', {}, { signal }),
})

export const scriptFormatsQuery = queryOptions({
  queryKey: ['script-formats'],
  queryFn: ({ signal }) => ask<Rows<ScriptFormat>>('/block-scripts', {}, { signal }),
  staleTime: Infinity,
})

export function scriptQuery(format: string, mode: string) {
  return queryOptions({
    queryKey: ['script', format, mode],
    queryFn: ({ signal }) => ask<Script>(`/block-scripts/${format}`, { mode }, { signal }),
    enabled: format !== '',
    retry: false,
  })
}

export const indicatorsQuery = queryOptions({
  queryKey: ['indicators'],
  queryFn: ({ signal }) =>
    ask<{ configured: boolean; last: IndicatorReport | null }>('/indicators', {}, { signal }),
})

export const categoriesQuery = queryOptions({
  queryKey: ['categories'],
  queryFn: ({ signal }) =>
    ask<Rows<z.infer<typeof categorySchema>>>('/catalog/categories', {}, { signal }),
  staleTime: Infinity,
})

/** Factors of the risk score with their weights. */
export const weightsQuery = queryOptions({
  queryKey: ['weights'],
  queryFn: ({ signal }) => ask<z.infer<typeof weightsSchema>>('/catalog/weights', {}, { signal }),
  staleTime: 60_000,
})

/** Apps of the catalog by a part of their name. */
export function catalogSearchQuery(filter: string) {
  return queryOptions({
    queryKey: ['catalog-search', filter],
    queryFn: ({ signal }) =>
      ask<Rows<CatalogApp>>('/catalog/apps', { filter, limit: 20 }, { signal }),
    enabled: filter.length > 1,
    staleTime: 60_000,
  })
}

/** Lists that people keep; who may not see them gets none. */
export type KeptPath = 'groups' | 'exclusions' | 'ranges'
export type Kept = { name: string } & Record<string, unknown>

export function keptQuery(path: KeptPath) {
  return queryOptions({
    queryKey: [path],
    queryFn: ({ signal }) => ask<Rows<Kept & { id: string }>>(`/${path}`, {}, { signal }),
    retry: false,
  })
}

/** Suggested queries of the catalog, by the reference product's names. */
export const suggestedQuery = queryOptions({
  queryKey: ['suggested'],
  queryFn: ({ signal }) =>
    ask<Rows<z.infer<typeof suggestedSchema>>>('/catalog/queries', {}, { signal }),
  staleTime: Infinity,
})

/** Which apps of the catalog fit what only the catalog knows: a suggested query, risk factors (all of them), the vendor's country. */
export function fittingQuery(search: AppSearch) {
  const { suggested, country, factor } = search
  const asked = new URLSearchParams(listOf(factor).map((one) => ['factor', one]))
  if (suggested !== undefined) asked.set('query', suggested)
  if (country !== undefined) asked.set('headquarters', country)
  const text = asked.toString()
  return queryOptions({
    queryKey: ['fitting', text],
    queryFn: async ({ signal }) => {
      const { ids } = await ask<{ ids: string[] }>(`/catalog/app-ids?${text}`, {}, { signal })
      return new Set(ids)
    },
    enabled: asksCatalog(search),
    staleTime: 60_000,
  })
}

export function tagHistoryQuery(app: string) {
  return queryOptions({
    queryKey: ['tag-history', app],
    queryFn: ({ signal }) => ask<{ rows: TagEvent[] }>('/tags/history', { app }, { signal }),
    retry: false,
  })
}
