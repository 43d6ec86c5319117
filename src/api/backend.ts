/** What the API needs of the appliance: a narrow interface, so that routes are tested without a store. */
import type { Readable } from 'node:stream'
import type { CatalogMatch } from '../catalog/match.ts'
import type { Report, ReportApp, ReportPerson, ReportUnknown, UsageRow } from '../report/report.ts'
import type { Freshness } from '../report/freshness.ts'
import type { Overlap } from '../report/overlap.ts'
import type { Trace, TraceQuestion } from '../report/trace.ts'
import type { AppSort, ListQuery, Page, Paging, PersonSort, Scope, UnknownSort } from './queries.ts'
import type {
  AppDetail,
  FormatRow,
  LedgerRow,
  PersonDetail,
  Readiness,
  ReloadResult,
  ReplayResult,
  ReportEntry,
  SourceRow,
  Summary,
  Timeline,
  UnparsedRow,
  UploadResult,
} from './schemas.ts'

/** Kinds of names that use apps. */
export type PersonKind = 'users' | 'addresses' | 'devices'

/** Whose usage: an app by its id, the others by their names. */
export interface UsageOf {
  kind: 'app' | 'user' | 'address' | 'device'
  name: string
}

export interface UploadRequest {
  /** Made by the API, unguessable; the stream's key is `upload:<id>`. */
  id: string
  /** A label, cut and without folders; never a path. */
  name: string
  /** null = the backend's default. */
  source: string | null
  /** A snapshot's id, or 'continuous'. */
  report: string
  /** The snapshot's name as given, or null. */
  title: string | null
  /** As announced, or null. */
  sizeBytes: number | null
}

/** What became of an upload once all of it is in the spool (intake/upload.ts, FileSummary). */
export interface UploadTaken {
  lines: number
  duplicate: boolean
  /** Why it was refused. */
  refused?: string
}

/** How far parse and store are with an upload's lines. */
export interface UploadParsed {
  transactions: number
  skipped: number
  unparsed: number
  format: string | null
  confidence: number | null
  reason: string | null
}

/** All methods may throw OperatingError; it becomes a problem with its code. `null` = there is no such thing (404). */
export interface ApiBackend {
  sources(): Promise<SourceRow[]>
  ledger(query: Omit<Scope, 'report'> & Paging): Promise<Page<LedgerRow> & { totals: LedgerTotals }>
  unparsed(
    query: { source: string | null; reason: string | null; upload: string | null } & Paging,
  ): Promise<Page<UnparsedRow>>
  replay(query: { source: string | null; reason: string | null }): Promise<ReplayResult>

  reports(): Promise<ReportEntry[]>
  summary(scope: Scope): Promise<Summary | null>
  report(scope: Scope): Promise<Report | null>
  /** Rows in order of time; the caller checked that the report exists. */
  usage(scope: Scope): AsyncIterable<UsageRow>
  /** Traffic over time; `only` narrows it to one app, user, address or device. */
  timeline(scope: Scope, only: UsageOf | null): Promise<Timeline | null>
  unknown(query: ListQuery<UnknownSort>): Promise<Page<ReportUnknown>>
  apps(query: ListQuery<AppSort>): Promise<Page<ReportApp>>
  app(id: string, scope: Scope): Promise<AppDetail | null>
  people(kind: PersonKind, query: ListQuery<PersonSort>): Promise<Page<ReportPerson>>
  person(kind: PersonKind, name: string, scope: Scope): Promise<PersonDetail | null>

  /** How far the network's view and the agents' overlap. */
  overlap(scope: Scope): Promise<Overlap>
  /** How fresh each hour is. */
  freshness(scope: Scope): Promise<Freshness>
  trace(scope: Scope, question: TraceQuestion): Promise<Trace>

  lookup(host: string): CatalogMatch
  formats(): FormatRow[]

  /** Throws ACCESS_DENIED when the viewer may not upload to this source (null = the default). */
  checkUpload(source: string | null): Promise<void>
  /**
   * Reads the stream to its end, or rejects with its error; or reads the file of this path, which stays. Resolves when all of it is in
   * the spool.
   */
  takeUpload(
    body: Readable | string,
    request: UploadRequest,
    onProgress: (progress: {
      phase: 'receiving' | 'taking'
      bytes: number
      totalBytes: number | null
    }) => void,
  ): Promise<UploadTaken>
  uploadParsed(id: string): Promise<UploadParsed | null>
  uploadResult(id: string): Promise<UploadResult | null>

  /** The configuration in force, secrets replaced. */
  config(): unknown
  /** All or nothing: an invalid configuration throws CONFIG_INVALID and changes nothing. */
  reload(): Promise<ReloadResult>
  readiness(): Promise<Readiness>
}

/** Sums over all rows of a ledger query, not only its page. */
export interface LedgerTotals {
  received: number
  transactions: number
  skipped: number
  unparsed: number
  dropped: number
  /** Rows (source and hour) that do not balance. */
  unbalanced: number
}
