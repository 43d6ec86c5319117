/** What a request may ask: unknown keys are refused by name, every value has its bound. */
import { z } from 'zod'
import { apiLimits } from '../limits.ts'

const text = z.string().min(1).max(apiLimits.nameCharacters)
const instant = z.iso
  .datetime({ offset: true })
  .describe('ISO 8601 with zone, e.g. 2026-09-21T14:00:00Z')

/** A whole number in a query string. */
function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}

export const paging = {
  page: whole(1, apiLimits.pages).default(1).describe('From 1'),
  limit: whole(1, apiLimits.pageRows).default(100).describe('Rows of a page'),
}

export const pagingSchema = z.strictObject(paging)

const period = {
  source: text.optional().describe('Data source; default: all'),
  from: instant.optional(),
  to: instant.optional(),
}

export const scope = {
  report: text.default('continuous').describe("'continuous', or a snapshot's id"),
  ...period,
}

/** Which part of the usage a question is about. */
export interface Scope {
  report: string
  /** null = all. */
  source: string | null
  /** Inclusive; null = from the first. */
  fromMs: number | null
  /** Exclusive; null = to the last. */
  toMs: number | null
}

/** One page of a longer list; rows `(page - 1) * limit` and on. */
export interface Paging {
  page: number
  limit: number
}

export interface Page<Row> {
  rows: Row[]
  /** Over all pages. */
  total: number
}

export type ListQuery<Sort extends string> = Scope &
  Paging & {
    sort: Sort
    order: 'asc' | 'desc'
    /** Part of a name, letters of both cases alike; null = all. Plain text, no pattern. */
    filter: string | null
  }

const volumeSorts = ['transactions', 'bytesTotal', 'bytesUp', 'bytesDown', 'blocked'] as const
export const appSorts = [
  ...volumeSorts,
  'name',
  'category',
  'score',
  'users',
  'devices',
  'addresses',
  'firstSeen',
  'lastSeen',
] as const
export const personSorts = [...volumeSorts, 'name', 'apps', 'others', 'lastSeen'] as const
export const unknownSorts = [...volumeSorts, 'name', 'lastSeen'] as const
export type UnknownSort = (typeof unknownSorts)[number]
export type AppSort = (typeof appSorts)[number]
export type PersonSort = (typeof personSorts)[number]

function list<const Sorts extends readonly [string, ...string[]]>(sorts: Sorts) {
  return z.strictObject({
    ...scope,
    ...paging,
    sort: z
      .enum(sorts)
      .default('bytesTotal' as never)
      .describe('Unknown values stand last in both orders'),
    order: z.enum(['asc', 'desc']).default('desc'),
    filter: text.optional().describe('Part of the name (of an app also of its category)'),
  })
}

export const appQuerySchema = list(appSorts)
export const personQuerySchema = list(personSorts)
export const unknownQuerySchema = list(unknownSorts)
export const scopeQuerySchema = z.strictObject(scope)
export const traceQuerySchema = z.strictObject({
  ...scope,
  app: text.optional().describe("An app's id"),
  host: text.optional(),
  user: text.optional(),
  device: text.optional(),
  address: text.optional(),
})
export const timelineQuerySchema = z
  .strictObject({
    ...scope,
    app: text.optional().describe("Only this app's traffic (its id)"),
    user: text.optional(),
    address: text.optional(),
    device: text.optional(),
  })
  .refine(
    ({ app, user, address, device }) =>
      [app, user, address, device].filter((one) => one !== undefined).length < 2,
    {
      error: 'only one of app, user, address and device',
    },
  )
export const reportQuerySchema = z.strictObject(period)
export const noQuerySchema = z.strictObject({})

export const exportTables = [
  'apps',
  'unknown',
  'users',
  'addresses',
  'devices',
  'infrastructure',
  'sources',
  'unparsed',
  'unknown-addresses',
  'unseen-devices',
  'unfit-devices',
] as const
export const exportQuerySchema = z.strictObject({
  ...period,
  format: z.enum(['html', 'json', 'csv', 'ndjson']),
  table: z.enum(exportTables).default('apps').describe('Which table, for csv'),
  download: z.enum(['true', 'false']).default('false').describe('true = as a file to save'),
})

export const ledgerQuerySchema = z.strictObject({ ...period, ...paging })
export const auditQuerySchema = z.strictObject({
  actor: text.optional().describe('Who'),
  action: text.optional().describe('What was done, or its beginning'),
  from: instant.optional(),
  to: instant.optional(),
  ...paging,
})
export const unparsedQuerySchema = z.strictObject({
  source: text.optional(),
  reason: text.optional(),
  upload: z.uuid().optional().describe('Only lines of this upload'),
  ...paging,
})
export const replayBodySchema = z.strictObject({
  source: text.optional().describe('Only lines of this source'),
  reason: text.optional().describe('Only lines with this reason'),
})
export const lookupQuerySchema = z.strictObject({
  host: text.describe('Host name or address'),
})
export const uploadQuerySchema = z.strictObject({
  name: text.optional().describe("The file's name; default: the form's, or `upload`"),
  source: text.optional().describe('Data source its lines belong to; default: `upload`'),
  snapshot: z.enum(['true', 'false']).default('false').describe('true = a report of its own'),
  report: text.optional().describe("The snapshot's name"),
  into: z
    .string()
    .regex(/^snapshot-[0-9a-f-]{36}$/, 'not the `report` of an upload')
    .optional()
    .describe('Adds the file to this snapshot: the `report` of an earlier upload'),
  sizeBytes: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Opens an upload by parts of this size; no body'),
  modified: instant.optional().describe('By parts: when the file was changed last'),
})
export const partQuerySchema = z.strictObject({
  offset: z.coerce.number().int().min(0).describe('Bytes that came before: its `receivedBytes`'),
})

export const idParams = z.strictObject({ id: text })
export const nameParams = z.strictObject({ name: text })
export const addressParams = z.strictObject({ address: text })

/** The scope of a query, as the backend takes it. */
export function scopeOf(query: {
  report?: string | undefined
  source?: string | undefined
  from?: string | undefined
  to?: string | undefined
}): Scope {
  return {
    report: query.report ?? 'continuous',
    source: query.source ?? null,
    fromMs: query.from === undefined ? null : Date.parse(query.from),
    toMs: query.to === undefined ? null : Date.parse(query.to),
  }
}
