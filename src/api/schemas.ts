/** The shapes of the API's answers. From these come the validation, the OpenAPI document and the row types. */
import { z } from 'zod'
import type { CatalogMatch } from '../catalog/match.ts'
import { changeSchema } from './catalog-change-schema.ts'
import {
  deviceFactsSchema,
  deviceHistorySchema,
  pictureSchema,
  seenBySchema,
} from './merged-schemas.ts'
import {
  reportAppSchema,
  reportPersonSchema,
  reportUnknownSchema,
  riskSchema,
  totalsSchema,
} from './report-schemas.ts'
import { count, formatHelpSchema, share, time } from './shared-schemas.ts'

/** Problem details (RFC 9457), with our code and the fields at fault. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable; scripts may rely on it'),
    detail: z.string().describe('What went wrong, and what to do'),
    requestId: z.string().describe("The same id stands in the appliance's log"),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .exactOptional()
      .describe('Each field at fault'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problemSchema>

const quantity = z.object({ lines: count, bytes: z.number().min(0).nullable() })

const seconds = z.number().nullable()
const clockSchema = z
  .object({
    state: z
      .enum(['files', 'unknown', 'right', 'zone', 'ahead', 'late'])
      .describe(
        'files: no clock to compare with; unknown: too few stamps; zone: evidently another zone; late: a slow clock, or lines held back',
      ),
    seconds: seconds.describe('Stamps minus time of receipt, the median'),
    low: seconds.describe('A tenth lies below'),
    high: seconds.describe('A tenth lies above'),
    text: z.string().describe('The same in words, with the setting that mends it'),
  })
  .meta({ id: 'Clock' })

const driftSchema = z
  .object({
    since: time,
    ended: time.nullable().describe('When lines were as before again'),
    words: z.array(z.string()),
  })
  .meta({ id: 'Drift' })

export const streamSchema = z
  .object({
    key: z.string(),
    listener: z.string(),
    peer: z.string().describe("The sender's address, or the file's name"),
    format: z.string().nullable().describe('Format the stream is pinned to'),
    confidence: z.number().min(0).max(1),
    reason: z.string().describe('In words: why this format'),
    lastSeen: time.nullable(),
    transactions: count,
    judged: z
      .number()
      .min(0)
      .describe('Transactions that the shares are of; old ones fade, DNS queries are not asked'),
    withUser: share,
    withHost: share,
    withBytes: share,
    withAction: share,
    zone: z.string().nullable().describe('Of its stamps without one; null = UTC'),
    clock: clockSchema,
    drift: z.array(driftSchema).describe('How its lines changed, the last first'),
  })
  .meta({ id: 'Stream' })
export type StreamRow = z.infer<typeof streamSchema>

const feedSchema = z
  .object({
    name: z.string(),
    kind: z.enum(['storage', 'hunting', 'event-hub']),
    state: z.enum(['off', 'waiting', 'working', 'failing']).describe('waiting: for its next turn'),
    silent: z.boolean().describe('It brought nothing for longer than its silentMinutes'),
    lastData: time
      .nullable()
      .describe('When it brought something last; null = never, as far as is known'),
    lines: count.describe('Rows since the start'),
    trouble: z.string().nullable().describe('Why it does not go on at the moment'),
  })
  .meta({ id: 'Feed' })

export type FeedRow = z.infer<typeof feedSchema>

const sourceFields = {
  name: z.string(),
  lastSeen: time.nullable().describe('null = configured, and nothing came yet'),
  linesPerSecond: z
    .number()
    .min(0)
    .nullable()
    .describe('Over the last minute or so; null = not known'),
  streams: z.array(streamSchema).describe('Its senders, the last seen first'),
  notices: z.array(z.string()).describe('Wrong clocks and changed lines of its senders, in words'),
  commands: z
    .array(formatHelpSchema)
    .describe('Where its lines leave something out: what its devices must be told'),
  feeds: z
    .array(feedSchema)
    .optional()
    .describe('Feeds of agent data (defender:) that bring its rows'),
}

/** A data source as the backend tells it. */
export interface SourceRow {
  name: string
  lastSeen: string | null
  linesPerSecond: number | null
  streams: StreamRow[]
  notices: string[]
  /** For all formats of its streams; told where they leave something out. */
  commands: z.infer<typeof formatHelpSchema>[]
  feeds?: FeedRow[]
}

export const sourceRowSchema = z
  .object({
    ...sourceFields,
    state: z
      .enum(['receiving', 'quiet', 'silent', 'waiting'])
      .describe('receiving: minutes ago; quiet: within a day; silent: longer; waiting: never'),
    format: z.string().nullable().describe('Format of most of its transactions'),
    confidence: z.number().min(0).max(1).nullable(),
    reason: z.string().nullable(),
    transactions: count,
    withUser: share,
    withHost: share,
    withBytes: share,
    withAction: share,
    words: z.array(z.string()).describe('What its lines do not tell, and what to switch on'),
  })
  .meta({ id: 'Source' })

export const ledgerRowSchema = z
  .object({
    hour: time.describe('Start of the hour of receipt'),
    source: z.string(),
    received: quantity,
    transactions: quantity,
    skipped: quantity,
    unparsed: quantity,
    dropped: quantity,
    reasons: z.array(
      z.object({
        outcome: z.enum(['skipped', 'unparsed', 'dropped']),
        reason: z.string(),
        lines: count,
        bytes: z.number().min(0).nullable(),
      }),
    ),
  })
  .meta({ id: 'LedgerRow' })
export type LedgerRow = z.infer<typeof ledgerRowSchema>

export const judgedLedgerRowSchema = ledgerRowSchema
  .extend({
    missing: z.int().describe('Lines that came in and went nowhere; negative = more out than in'),
    balanced: z.boolean(),
  })
  .meta({ id: 'JudgedLedgerRow' })

export const unparsedRowSchema = z
  .object({
    id: z.string(),
    receivedAt: time,
    source: z.string(),
    stream: z.string(),
    reason: z.string(),
    text: z.string().describe('As received, cut; bytes that are no UTF-8 show as U+FFFD'),
    bytes: count.describe('Length before it was cut'),
  })
  .meta({ id: 'UnparsedLine' })
export type UnparsedRow = z.infer<typeof unparsedRowSchema>

export const replaySchema = z
  .object({
    lines: count.describe('Lines given to the parsers again'),
    left: count.describe('Lines that are still kept as unparsed and were not part of it'),
  })
  .meta({ id: 'Replay' })
export type ReplayResult = z.infer<typeof replaySchema>

export const reportEntrySchema = z
  .object({
    id: z.string(),
    title: z.string(),
    kind: z.enum(['continuous', 'snapshot']),
    from: time.nullable(),
    to: time.nullable(),
    transactions: count,
  })
  .meta({ id: 'ReportEntry' })
export type ReportEntry = z.infer<typeof reportEntrySchema>

export const summarySchema = z
  .object({
    report: z.string(),
    source: z.string().nullable(),
    generatedAt: time,
    from: time.nullable(),
    to: time.nullable(),
    totals: totalsSchema,
    risk: z.array(riskSchema),
    topApps: z.array(reportAppSchema),
    topUnknown: z.array(reportUnknownSchema),
  })
  .meta({ id: 'Summary' })
export type Summary = z.infer<typeof summarySchema>

export const timelineSchema = z
  .object({
    unit: z.enum(['hour', 'day']),
    points: z.array(
      z.object({
        at: time,
        category: z.string(),
        transactions: count,
        bytesTotal: z.number().min(0).nullable(),
      }),
    ),
  })
  .meta({ id: 'Timeline' })
export type Timeline = z.infer<typeof timelineSchema>

export const useSchema = z
  .object({
    name: z.string(),
    id: z.string().nullable().describe('App id; null = no app, or not in the catalog'),
    transactions: count,
    bytesTotal: z.number().min(0).nullable(),
    blocked: count,
    lastSeen: time,
  })
  .meta({ id: 'Use' })
export type UseRow = z.infer<typeof useSchema>

export const appDetailSchema = z
  .object({
    app: reportAppSchema,
    users: z.array(useSchema),
    addresses: z.array(useSchema),
    devices: z.array(useSchema),
    hosts: z.array(useSchema),
    programs: z.array(useSchema).describe('On the devices, as agents tell them'),
    seenBy: seenBySchema,
  })
  .meta({ id: 'AppDetail' })
export type AppDetail = z.infer<typeof appDetailSchema>

export const personDetailSchema = z
  .object({
    person: reportPersonSchema,
    apps: z.array(useSchema),
    others: z.array(useSchema).describe('Addresses of a user; users of an address or device'),
    picture: pictureSchema.nullable().describe('Over network and agents'),
    facts: z
      .array(deviceFactsSchema)
      .exactOptional()
      .describe(
        'Of a device: what its agent told of it; several when several devices have this name',
      ),
    history: deviceHistorySchema
      .exactOptional()
      .describe(
        'Of a device: its addresses and who was logged on, as its agent told, the last first',
      ),
  })
  .meta({ id: 'PersonDetail' })
export type PersonDetail = z.infer<typeof personDetailSchema>

export const matchSchema = z
  .object({
    host: z.string(),
    app: z.string().nullable(),
    appId: z.string().nullable(),
    category: z.string().nullable(),
    score: z.number().nullable(),
    rule: z.string().nullable(),
    infrastructure: z.boolean(),
    domain: z.string().nullable(),
  })
  .meta({ id: 'Lookup' }) satisfies z.ZodType<CatalogMatch>

export const formatSchema = z
  .object({
    id: z.string(),
    aliases: z.array(z.string()),
    vendor: z.string(),
    product: z.string(),
    documentation: z.string().nullable().describe("The vendor's manual"),
    summary: z.string(),
    enable: z.string().describe('What the device must be told'),
    blind: z.string().nullable().describe('What stays blind without it'),
  })
  .meta({ id: 'Format' })
export type FormatRow = z.infer<typeof formatSchema>

export const uploadSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    source: z.string(),
    report: z.string().describe("'continuous', or the id of the snapshot it makes"),
    startedAt: time,
    state: z.enum(['receiving', 'taking', 'parsing', 'done', 'duplicate', 'refused', 'failed']),
    receivedBytes: count,
    totalBytes: count.nullable().describe('As the client announced it'),
    modified: time.nullable().describe('By parts: when the file was changed last, as announced'),
    expires: time.nullable().describe('By parts: when it is deleted if nobody goes on'),
    takenShare: z.number().min(0).max(1).nullable().describe('While it is taken: how far'),
    lines: count.nullable().describe('Lines in it; null = not known yet'),
    parsedLines: count,
    transactions: count,
    skipped: count,
    unparsed: count,
    format: z.string().nullable(),
    confidence: z.number().min(0).max(1).nullable(),
    formatReason: z.string().nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })
  .meta({ id: 'Upload' })
export type UploadRow = z.infer<typeof uploadSchema>

export const uploadResultSchema = z
  .object({
    formats: z
      .array(
        z.object({
          format: z.string().nullable().describe('null = none was recognised'),
          transactions: count,
          skipped: count,
          unparsed: count,
        }),
      )
      .describe('The one with most lines first'),
    reasons: z
      .array(
        z.object({
          outcome: z.enum(['skipped', 'unparsed']),
          reason: z.string(),
          format: z.string().nullable(),
          lines: count,
        }),
      )
      .describe('Why lines are no transactions, the most frequent first'),
  })
  .meta({ id: 'UploadResult' })
export type UploadResult = z.infer<typeof uploadResultSchema>

export const reloadSchema = z
  .object({
    changed: z.array(z.string()).describe('Keys that took another value'),
    needRestart: z.array(z.string()).describe('Changed keys that only a restart takes up'),
    moved: changeSchema.optional().describe('What the catalog names otherwise now'),
  })
  .meta({ id: 'Reload' })
export type ReloadResult = z.infer<typeof reloadSchema>

export const readinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), reason: z.string().nullable() })),
  })
  .meta({ id: 'Readiness' })
export type Readiness = z.infer<typeof readinessSchema>
