/** The shapes of a report in the API's document. They are held to report/report.ts by the type checker. */
import { z } from 'zod'
import { freshnessSchema, overlapSchema } from './merged-schemas.ts'
import { count, formatHelpSchema, share, time } from './shared-schemas.ts'
import type {
  Report,
  ReportApp,
  ReportInfrastructure,
  ReportPerson,
  ReportSource,
  ReportUnknown,
} from '../report/report.ts'

const bytes = z.number().min(0).nullable()

const volume = {
  transactions: count,
  bytesUp: bytes.describe('Sent by the client; null = no transaction told it'),
  bytesDown: bytes.describe('Received by the client'),
  bytesTotal: bytes,
  bytesKnown: count
    .exactOptional()
    .describe('Transactions that told their bytes; fewer than `transactions` = a lower bound'),
}
const volumeSchema = z.object(volume)
const score = z.number().min(0).max(10).nullable().describe('0-10, 10 safest; null = not rated')

export const reportAppSchema = z
  .object({
    appId: z.string(),
    name: z.string(),
    category: z.string(),
    score,
    users: count,
    devices: count,
    addresses: count,
    blocked: count,
    firstSeen: time,
    lastSeen: time,
    ...volume,
  })
  .meta({ id: 'App' }) satisfies z.ZodType<ReportApp>

export const reportPersonSchema = z
  .object({
    name: z.string().describe('User name, address or device name, as logged'),
    apps: count,
    others: count.describe('Addresses of a user; users of an address or device'),
    topApps: z.array(z.string()),
    blocked: count,
    lastSeen: time,
    ...volume,
  })
  .meta({ id: 'Person' }) satisfies z.ZodType<ReportPerson>

export const reportUnknownSchema = z
  .object({
    domain: z.string().describe('Registrable domain, or address'),
    hosts: count,
    users: count,
    addresses: count,
    blocked: count,
    lastSeen: time,
    ...volume,
  })
  .meta({ id: 'UnknownService' }) satisfies z.ZodType<ReportUnknown>

const infrastructureSchema = z
  .object({ name: z.string(), hosts: count, ...volume })
  .meta({ id: 'Infrastructure' }) satisfies z.ZodType<ReportInfrastructure>

const sourceSchema = z
  .object({
    name: z.string(),
    formats: z.array(z.string()),
    received: count,
    skipped: count,
    unparsed: count,
    dropped: count,
    missing: z
      .int()
      .describe(
        'received - (transactions + skipped + unparsed + dropped); 0 = the ledger balances',
      ),
    withUser: share,
    withHost: share,
    withBytes: share,
    withAction: share,
    merged: z
      .object({ withUser: share.unwrap(), withHost: share.unwrap(), withDevice: share.unwrap() })
      .nullable()
      .describe(
        "The same after its lines and the agents' rows were joined; null = no agent told anything",
      ),
    notices: z
      .array(z.string())
      .describe('Wrong clocks and changed lines of its senders, in words'),
    commands: z
      .array(formatHelpSchema)
      .describe('Where its lines leave something out: what its devices must be told'),
    ...volume,
  })
  .meta({ id: 'ReportSource' }) satisfies z.ZodType<ReportSource>

export const totalsSchema = z
  .object({
    ...volume,
    apps: count,
    unknownDomains: count,
    users: count,
    addresses: count,
    devices: count,
    blocked: count,
  })
  .meta({ id: 'Totals' }) satisfies z.ZodType<Report['totals']>

export const riskSchema = z
  .object({
    band: z.enum(['high', 'medium', 'low', 'unrated']),
    apps: count,
    bytesTotal: bytes,
    transactions: count,
  })
  .meta({ id: 'RiskBand' }) satisfies z.ZodType<Report['risk'][number]>

export const reportSchema = z
  .object({
    title: z.string(),
    report: z.string().describe("'continuous' or the snapshot's id"),
    source: z.string().nullable().describe("One source's report; null = over all"),
    generatedAt: time,
    from: time.nullable().describe('First hour with data'),
    to: time.nullable().describe('Last hour with data'),
    totals: totalsSchema,
    timeline: z.array(
      z.object({ at: time, category: z.string(), transactions: count, bytesTotal: bytes }),
    ),
    timelineUnit: z.enum(['hour', 'day']),
    categories: z.array(volumeSchema.extend({ category: z.string(), apps: count })),
    risk: z.array(riskSchema),
    apps: z.array(reportAppSchema),
    unknown: z.array(reportUnknownSchema),
    infrastructure: z.array(infrastructureSchema),
    users: z.array(reportPersonSchema),
    addresses: z.array(reportPersonSchema),
    devices: z.array(reportPersonSchema),
    sources: z.array(sourceSchema),
    unparsed: z.array(z.object({ reason: z.string(), lines: count })),
    overlap: overlapSchema.nullable().describe('null = no agent told anything'),
    freshness: freshnessSchema,
    catalogVersion: z.string(),
    gnomonVersion: z.string(),
  })
  .meta({ id: 'Report' }) satisfies z.ZodType<Report>
