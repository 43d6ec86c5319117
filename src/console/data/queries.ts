/** The questions the pages ask, with how long an answer is good. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import type {
  AppDetail,
  FormatRow,
  PersonDetail,
  Readiness,
  ReportEntry,
  Summary,
  Timeline,
  UnparsedRow,
  UploadResult,
  UploadRow,
  judgedLedgerRowSchema,
  sourceRowSchema,
} from '../../api/schemas.ts'
import type { accountSchema, nameRequestSchema, tokenSchema } from '../../api/access-schemas.ts'
import type {
  appEntrySchema,
  candidateSchema,
  headquartersSchema,
} from '../../api/catalog-schemas.ts'
import type { tagSchema } from '../../api/govern-schemas.ts'
import type { freshnessSchema } from '../../api/merged-schemas.ts'
import type { parseSchema } from '../../api/routes-definitions.ts'
import type { doorsSchema } from '../../api/door-schemas.ts'
import type { PersonKind, UsageOf } from '../../api/backend.ts'
import type { CatalogMatch } from '../../catalog/match.ts'
import type { ReportApp, ReportPerson, ReportUnknown } from '../../report/report.ts'
import { ask, tell } from './ask.ts'
import { headOf } from './file-head.ts'
import type { Query } from './ask.ts'
import type { Scope } from './scope.ts'

export type Source = z.infer<typeof sourceRowSchema>
type Parsed = z.infer<typeof parseSchema>
export type Doors = z.infer<typeof doorsSchema>
export type NameRequest = z.infer<typeof nameRequestSchema>
export type LedgerHour = z.infer<typeof judgedLedgerRowSchema>

export interface Rows<Row> {
  rows: Row[]
  total: number
}

/** Figures that move: asked again while somebody looks. */
const liveMs = 30_000
const pageRows = 200

export const reportsQuery = queryOptions({
  queryKey: ['reports'],
  queryFn: ({ signal }) => ask<Rows<ReportEntry>>('/reports', {}, { signal }),
  refetchInterval: liveMs,
})

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: ({ signal }) => ask<Rows<Source>>('/sources', {}, { signal }),
  refetchInterval: 5000,
})

export const doorsQuery = queryOptions({
  queryKey: ['doors'],
  queryFn: ({ signal }) => ask<Doors>('/doors', {}, { signal }),
  refetchInterval: liveMs,
})

export const formatsQuery = queryOptions({
  queryKey: ['formats'],
  queryFn: ({ signal }) => ask<Rows<FormatRow>>('/formats', {}, { signal }),
  staleTime: Infinity,
})

export const readinessQuery = queryOptions({
  queryKey: ['readiness'],
  queryFn: async ({ signal }) => (await (await fetch('/readyz', { signal })).json()) as Readiness,
  refetchInterval: liveMs,
})

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: async ({ signal }) =>
    (await (await fetch('/healthz', { signal })).json()) as { version: string },
  staleTime: Infinity,
})

export function summaryQuery({ query }: Scope) {
  return queryOptions({
    queryKey: ['summary', query],
    queryFn: ({ signal }) => ask<Summary>('/summary', query, { signal }),
    refetchInterval: liveMs,
    placeholderData: keepPreviousData,
  })
}

/** Each hour: complete, may still change, or without rows of a feed. */
export function freshnessQuery({ query }: Scope) {
  return queryOptions({
    queryKey: ['freshness', query],
    queryFn: ({ signal }) => ask<z.infer<typeof freshnessSchema>>('/freshness', query, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 2 * liveMs,
  })
}

/** Usage by the country of the vendor. */
export function headquartersQuery({ query }: Scope) {
  return queryOptions({
    queryKey: ['headquarters', query],
    queryFn: ({ signal }) =>
      ask<Rows<z.infer<typeof headquartersSchema>>>('/headquarters', query, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}

/** Traffic over time; `only` narrows it to one app, user, address or device. */
export function timelineQuery({ query }: Scope, only: UsageOf | null = null) {
  const asked: Query = only === null ? query : { ...query, [only.kind]: only.name }
  return queryOptions({
    queryKey: ['timeline', asked],
    queryFn: ({ signal }) => ask<Timeline>('/timeline', asked, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 2 * liveMs,
  })
}

export function topQuery(kind: PersonKind, { query }: Scope, limit = 8) {
  return queryOptions({
    queryKey: ['top', kind, query, limit],
    queryFn: ({ signal }) => ask<Rows<ReportPerson>>(`/${kind}`, { ...query, limit }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 2 * liveMs,
  })
}

/** Apps by the time they were first seen, the newest first, over all time. */
export function newestAppsQuery({ report, source }: Scope) {
  const query = { report, source, sort: 'firstSeen', order: 'desc', limit: 50 }
  return queryOptions({
    queryKey: ['newest', query],
    queryFn: ({ signal }) => ask<Rows<ReportApp>>('/apps', query, { signal }),
  })
}

export function appTableQuery({ query }: Scope) {
  return queryOptions({
    queryKey: ['app-table', query],
    queryFn: ({ signal }) => ask<Rows<ReportApp>>('/app-table', query, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}

export function appQuery({ query }: Scope, id: string) {
  return queryOptions({
    queryKey: ['app', id, query],
    queryFn: ({ signal }) => ask<AppDetail>(`/apps/${encodeURIComponent(id)}`, query, { signal }),
  })
}

export function personQuery(kind: PersonKind, { query }: Scope, name: string) {
  return queryOptions({
    queryKey: ['person', kind, name, query],
    queryFn: ({ signal }) =>
      ask<PersonDetail>(`/${kind}/${encodeURIComponent(name)}`, query, { signal }),
  })
}

export function lookupQuery(host: string) {
  return queryOptions({
    queryKey: ['lookup', host],
    queryFn: ({ signal }) => ask<CatalogMatch>('/lookup', { host }, { signal }),
    staleTime: Infinity,
  })
}

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: ({ signal }) => ask<Record<string, unknown>>('/config', {}, { signal }),
})

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => ask<Rows<z.infer<typeof accountSchema>>>('/accounts', {}, { signal }),
})

export const namesQuery = queryOptions({
  queryKey: ['names'],
  queryFn: ({ signal }) => ask<Rows<NameRequest>>('/names', {}, { signal }),
  refetchInterval: liveMs,
})

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => ask<Rows<z.infer<typeof tokenSchema>>>('/tokens', {}, { signal }),
})

export const tagsQuery = queryOptions({
  queryKey: ['tags'],
  queryFn: ({ signal }) => ask<Rows<z.infer<typeof tagSchema>>>('/tags', {}, { signal }),
  staleTime: 60_000,
  retry: false,
})

/** What the catalog knows of an app, used or not: names, score, evidence. */
export function catalogAppQuery(id: string) {
  return queryOptions({
    queryKey: ['catalog-app', id],
    queryFn: ({ signal }) =>
      ask<z.infer<typeof appEntrySchema>>(
        `/catalog/apps/${encodeURIComponent(id)}`,
        {},
        { signal },
      ),
    retry: false,
  })
}

/** Services in no list that look like apps, best first. */
export const finderPages = (query: Query) =>
  pagesOf<z.infer<typeof candidateSchema>>('/catalog/finder', query)

/** What the appliance makes of a file's first lines; null when they cannot be seen from here. */
export function previewQuery(key: number, file: File) {
  return queryOptions({
    queryKey: ['preview', key],
    queryFn: async () => {
      const head = await headOf(file)
      if (head === null) return null
      const parsed = await tell<Parsed>('POST', '/parse', { lines: head.text })
      return { ...parsed, lineBytes: head.lineBytes }
    },
    staleTime: Infinity,
    retry: false,
  })
}

/** A list that goes on while one scrolls; sorted and filtered by the appliance. */
export function pagesOf<Row, Page extends Rows<Row> = Rows<Row>>(path: string, query: Query) {
  return infiniteQueryOptions({
    queryKey: [path, query],
    queryFn: ({ pageParam, signal }) =>
      ask<Page>(path, { ...query, page: pageParam, limit: pageRows }, { signal }),
    initialPageParam: 1,
    getNextPageParam: (last: Page, all: Page[]) =>
      all.length * pageRows < last.total ? all.length + 1 : undefined,
    placeholderData: keepPreviousData,
  })
}

export const peoplePages = (kind: PersonKind, query: Query) =>
  pagesOf<ReportPerson>(`/${kind}`, query)
export const unknownPages = (query: Query) => pagesOf<ReportUnknown>('/unknown', query)
export const unparsedPages = (query: Query) => pagesOf<UnparsedRow>('/unparsed', query)

export interface LedgerPage extends Rows<LedgerHour> {
  /** Over all pages. */
  balanced: boolean
  sentence: string
}

export const ledgerPages = (query: Query) => pagesOf<LedgerHour, LedgerPage>('/ledger', query)

export function uploadQuery(id: string) {
  return queryOptions({
    queryKey: ['upload', id],
    queryFn: ({ signal }) => ask<UploadRow>(`/uploads/${id}`, {}, { signal }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isOver(state.data.state) ? false : 1000,
  })
}

/** Uploads by parts that broke off: they go on when the same file is chosen again. */
export const unfinishedQuery = queryOptions({
  queryKey: ['uploads'],
  queryFn: ({ signal }) => ask<Rows<UploadRow>>('/uploads', {}, { signal }),
})

/** What became of the lines of an upload. */
export function uploadResultQuery(id: string) {
  return queryOptions({
    queryKey: ['upload-result', id],
    queryFn: ({ signal }) => ask<UploadResult>(`/uploads/${id}/result`, {}, { signal }),
    refetchInterval: 5000,
    retry: false,
  })
}

export function isOver(state: UploadRow['state']): boolean {
  return ['done', 'duplicate', 'refused', 'failed'].includes(state)
}
