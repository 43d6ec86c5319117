/** The API's view of the appliance: questions to the store, orders to spool and parsers. */
import type { Readable } from 'node:stream'
import type { Catalog } from '../catalog/match.ts'
import type { Config } from '../config/schema.ts'
import type { ResolvedSource } from '../config/sources.ts'
import type { FeedStatus } from '../defender/feed.ts'
import { expectedAgents } from '../defender/feed-troubles.ts'
import { OperatingError } from '../errors.ts'
import { takeUpload } from '../intake/upload.ts'
import type { FileSink } from '../intake/file-sink.ts'
import { version } from '../lib/version.ts'
import type { StreamState } from '../parse/batch.ts'
import type { Definition } from '../parse/definition.ts'
import { buildReport, timelineOf, timelineUnit, totalsOf } from '../report/build-report.ts'
import { helpFrom, helpWith } from '../report/format-help.ts'
import type { HelpOf } from '../report/format-help.ts'
import { freshnessOf } from '../report/freshness.ts'
import { ledgerHours, ledgerTotals, streamCounts, streamSums } from '../report/ledger-queries.ts'
import {
  appCount,
  appRows,
  oneApp,
  onePerson,
  personCount,
  personRows,
  unknownCount,
  unknownRows,
} from '../report/usage-lists.ts'
import { appSeenBy, pictureOf } from '../report/merged.ts'
import { deviceHistory } from '../report/device-history.ts'
import { deviceFacts, overlapOf } from '../report/overlap.ts'
import { clockOf, driftShown, noticesOf } from '../report/stream-words.ts'
import { traceOf } from '../report/trace.ts'
import { usesOf } from '../report/usage-details.ts'
import { usageRows } from '../report/usage-rows.ts'
import type { Spool } from '../spool/spool.ts'
import type { SealedSegment } from '../spool/segment-writer.ts'
import { replayUnparsed } from '../store/replay.ts'
import type { Store } from '../store/store.ts'
import type { ApiBackend, PersonKind, UsageOf } from './backend.ts'
import { ledgerRows, reportRow, reportsQuery, resultOf, unparsedPage } from './store-rows.ts'
import type { LineRates } from './line-rates.ts'
import type { Paging, Scope } from './queries.ts'
import type {
  FeedRow,
  Readiness,
  ReloadResult,
  ReportEntry,
  SourceRow,
  StreamRow,
  Summary,
  Timeline,
} from './schemas.ts'
import { summaryOf } from './summary.ts'

export interface BackendParts {
  /** As the viewer may see it. */
  store: Store
  /** For what changes it. */
  whole: Store
  /** Data sources the viewer may see; null = all. */
  visible: readonly string[] | null
  spool: Spool
  files: FileSink
  catalog: () => Catalog
  definitions: () => readonly Definition[]
  /** Latest state of every stream. */
  streams: () => StreamState[]
  /** Feeds of agent data. */
  feeds: () => readonly FeedStatus[]
  rates: LineRates
  submit: (segment: SealedSegment) => void
  config: () => Config
  describeConfig: () => unknown
  reload: () => Promise<ReloadResult>
  readiness: () => Readiness
  /** Folder for uploads on their way, on the data disk. */
  tempDir: string
  now: () => number
}

/** Answers over the store. */
export function createBackend(parts: BackendParts): ApiBackend {
  const { store } = parts
  const report = async (scope: Scope) => {
    const title = await titleOf(store, scope)
    if (title === null) return null
    const { version: catalogVersion } = parts.catalog()
    return buildReport(store, {
      ...scope,
      title,
      catalogVersion,
      gnomonVersion: version,
      nowMs: parts.now(),
      expected: expectedAgents(parts.config().defender),
      bounded: parts.visible !== null,
      helpOf: helpOfAll(parts),
    })
  }
  return {
    sources: async () => sourcesOf(parts),
    ledger: async (query) => {
      const scope = { ...query, report: 'continuous' }
      const { rows, unbalanced, ...sums } = await ledgerTotals(store, scope)
      const hours = await ledgerHours(store, scope, bounds(query))
      return { rows: ledgerRows(hours), total: rows, totals: { ...sums, unbalanced } }
    },
    unparsed: async (query) => unparsedPage(store, query, bounds(query)),
    replay: async (request) =>
      replayUnparsed(
        within(parts, request.source, 'replay lines of'),
        parts.spool,
        request,
        (key, source) => describeStream(parts, key, source),
        parts.submit,
      ),
    reports: async () => reportsOf(store),
    summary: async (scope) => summaryFor(parts, scope),
    report,
    usage: (scope) => usageRows(store, scope),
    timeline: async (scope, only) => timelineFor(store, scope, only),
    unknown: async (query) => {
      const part = {
        ...bounds(query),
        sort: query.sort,
        descending: query.order === 'desc',
        filter: query.filter,
      }
      return {
        rows: await unknownRows(store, query, part),
        total: await unknownCount(store, query, query.filter),
      }
    },
    apps: async (query) => {
      const part = {
        ...bounds(query),
        sort: query.sort,
        descending: query.order === 'desc',
        filter: query.filter,
      }
      return {
        rows: await appRows(store, query, part),
        total: await appCount(store, query, query.filter),
      }
    },
    app: async (id, scope) => {
      const app = await oneApp(store, scope, id)
      if (app === null) return null
      const condition = { column: 'app_id', value: id } as const
      return {
        app,
        users: await usesOf(store, scope, 'user', condition),
        addresses: await usesOf(store, scope, 'src_ip', condition),
        devices: await usesOf(store, scope, 'device', condition),
        hosts: await usesOf(store, scope, 'host', condition),
        programs: await usesOf(store, scope, 'process', condition),
        seenBy: await appSeenBy(store, scope, id),
      }
    },
    people: async (kind, query) => {
      const part = {
        ...bounds(query),
        sort: query.sort,
        descending: query.order === 'desc',
        filter: query.filter,
      }
      return {
        rows: await personRows(store, kind, query, part),
        total: await personCount(store, kind, query, query.filter),
      }
    },
    person: async (kind, name, scope) => {
      const person = await onePerson(store, kind, scope, name)
      if (person === null) return null
      const condition = { column: personColumn[kind], value: name }
      return {
        person,
        apps: await usesOf(store, scope, 'app_id', condition),
        others: await usesOf(store, scope, kind === 'users' ? 'src_ip' : 'user', condition),
        picture: await pictureOf(store, scope, condition),
        ...(kind === 'devices' && {
          facts: await deviceFacts(store, scope, name),
          history: await deviceHistory(store, scope, name),
        }),
      }
    },
    overlap: async (scope) => overlapOf(store, scope),
    freshness: async (scope) =>
      freshnessOf(store, scope, {
        nowMs: parts.now(),
        expected: expectedAgents(parts.config().defender),
      }),
    trace: async (scope, question) => traceOf(store, scope, question),
    lookup: (host) => parts.catalog().lookup({ host, ip: null, hint: null }),
    formats: () =>
      parts.definitions().map((definition) => ({
        id: definition.id,
        aliases: definition.aliases,
        vendor: definition.vendor,
        product: definition.product,
        documentation: definition.documentation ?? null,
        summary: definition.summary,
        enable: definition.enable,
        blind: definition.blind ?? null,
      })),
    checkUpload: async (source) => void uploadStore(parts, source),
    takeUpload: async (body, request, onProgress) => takeInto(parts, body, request, onProgress),
    uploadParsed: async (id) => {
      const counts = await streamCounts(store, `upload:${id}`)
      if (counts === null) return null
      const state = parts.streams().find(({ key }) => key === `upload:${id}`)
      return {
        ...counts,
        format: state?.format ?? null,
        confidence: state?.confidence ?? null,
        reason: state?.reason ?? null,
      }
    },
    uploadResult: async (id) => resultOf(await streamSums(store, `upload:${id}`)),
    config: parts.describeConfig,
    reload: parts.reload,
    readiness: async () => parts.readiness(),
  }
}

/** The whole store, for work on a source that the viewer may see. Throws ACCESS_DENIED. */
function within({ whole, visible }: BackendParts, source: string | null, what: string): Store {
  if (visible !== null && (source === null || !visible.includes(source)))
    throw new OperatingError(
      'ACCESS_DENIED',
      `cannot ${what} ${source ?? 'all sources'}: this account is limited to ${visible.join(', ')}; name one of them`,
    )
  return whole
}

const personColumn = {
  users: 'user',
  addresses: 'src_ip',
  devices: 'device',
} as const satisfies Record<PersonKind, string>

function bounds({ page, limit }: Paging): { limit: number; offset: number } {
  return { limit, offset: (page - 1) * limit }
}

/** The title of a report, or null when there is none of this id. */
async function titleOf(store: Store, scope: Scope): Promise<string | null> {
  if (scope.report === 'continuous')
    return scope.source === null
      ? 'Cloud Discovery: all sources'
      : `Cloud Discovery: ${scope.source}`
  const entry = (await reportsOf(store)).find(({ id }) => id === scope.report)
  return entry?.title ?? null
}

async function reportsOf(store: Store): Promise<ReportEntry[]> {
  const rows = await store.query<{
    id: string
    title: string
    from: string
    to: string
    transactions: number
  }>(reportsQuery)
  return rows.map(({ id, title, from, to, transactions }) => ({
    id,
    title: id === 'continuous' ? 'Continuous report' : title,
    kind: id === 'continuous' ? 'continuous' : 'snapshot',
    from: transactions === 0 ? null : from,
    to: transactions === 0 ? null : to,
    transactions,
  }))
}

async function summaryFor(parts: BackendParts, scope: Scope): Promise<Summary | null> {
  if ((await titleOf(parts.store, scope)) === null) return null
  return summaryOf(parts.store, scope, await totalsOf(parts.store, scope), parts.now())
}

const usageColumn = {
  app: 'app_id',
  user: 'user',
  address: 'src_ip',
  device: 'device',
} as const satisfies Record<UsageOf['kind'], string>

async function timelineFor(
  store: Store,
  scope: Scope,
  only: UsageOf | null,
): Promise<Timeline | null> {
  if ((await titleOf(store, scope)) === null) return null
  const { from, to } = await totalsOf(store, scope)
  const unit = timelineUnit(from, to)
  const condition = only === null ? null : { column: usageColumn[only.kind], value: only.name }
  return { unit, points: await timelineOf(store, scope, unit, condition) }
}

function helpOfAll({ definitions }: BackendParts): HelpOf {
  return helpFrom(definitions())
}

/** Sources that have spoken, and configured ones that have not. */
function sourcesOf(parts: BackendParts): SourceRow[] {
  const nowMs = parts.now()
  const helpOf = helpOfAll(parts)
  const states = Map.groupBy(parts.streams(), ({ source }) => source)
  const streams = new Map<string, StreamRow[]>(parts.config().sources.map(({ name }) => [name, []]))
  const feeds = parts.feeds()
  for (const { source } of feeds) if (!streams.has(source)) streams.set(source, [])
  for (const state of parts.streams()) {
    const rows = streams.get(state.source)
    if (rows === undefined) streams.set(state.source, [streamRow(state, nowMs)])
    else rows.push(streamRow(state, nowMs))
  }
  const { visible } = parts
  const shown = [...streams].filter(([name]) => visible === null || visible.includes(name))
  return shown.map(([name, rows]) => {
    rows.sort((a, b) => (b.lastSeen ?? '').localeCompare(a.lastSeen ?? ''))
    return {
      name,
      lastSeen: rows[0]?.lastSeen ?? null,
      linesPerSecond: parts.rates.of(name),
      streams: rows,
      notices: noticesOf(states.get(name) ?? [], nowMs),
      commands: helpWith(
        [...new Set(rows.flatMap(({ format }) => format ?? []))].toSorted(),
        helpOf,
      ),
      feeds: feeds.filter(({ source }) => source === name).map(feedRow),
    }
  })
}

function feedRow({ name, kind, state, silent, lastDataMs, lines, trouble }: FeedStatus): FeedRow {
  const lastData = lastDataMs === null ? null : new Date(lastDataMs).toISOString()
  return { name, kind, state, silent, lastData, lines, trouble }
}

function streamRow(state: StreamState, nowMs: number): StreamRow {
  const share = (count: number): number | null =>
    state.judged === 0 ? null : Math.min(1, count / state.judged)
  const { state: clock, medianMs, lowMs, highMs, text } = clockOf(state)
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000)
  return {
    key: state.key,
    listener: state.listener,
    peer: state.peer,
    format: state.format,
    confidence: state.confidence,
    reason: state.reason,
    lastSeen: state.lastSeenMs === 0 ? null : new Date(state.lastSeenMs).toISOString(),
    transactions: state.transactions,
    withUser: share(state.withUser),
    withHost: share(state.withHost),
    withBytes: share(state.withBytes),
    withAction: share(state.withAction),
    judged: state.judged,
    zone: state.zone,
    clock: {
      state: clock,
      seconds: seconds(medianMs),
      low: seconds(lowMs),
      high: seconds(highMs),
      text,
    },
    drift: driftShown(state, nowMs).map(({ sinceMs, endedMs, words }) => ({
      since: new Date(sinceMs).toISOString(),
      ended: endedMs === null ? null : new Date(endedMs).toISOString(),
      words,
    })),
  }
}

/** Format and zone that the configuration gives a source by its name. */
function configuredAs(config: Config, name: string): ResolvedSource {
  const source = config.sources.find((entry) => entry.name === name)
  return { source: name, format: source?.format ?? null, zone: source?.zone ?? null }
}

function describeStream(parts: BackendParts, key: string, source: string) {
  const state = parts.streams().find((stream) => stream.key === key)
  return {
    key,
    listener: state?.listener ?? 'replay',
    peer: state?.peer ?? key,
    ...configuredAs(parts.config(), source),
  }
}

function uploadStore(parts: BackendParts, source: string | null): Store {
  return within(parts, source ?? 'upload', 'upload to')
}

async function takeInto(
  parts: BackendParts,
  body: Readable | string,
  request: Parameters<ApiBackend['takeUpload']>[1],
  onProgress: Parameters<ApiBackend['takeUpload']>[2],
): ReturnType<ApiBackend['takeUpload']> {
  const { files, now, tempDir } = parts
  const store = uploadStore(parts, request.source)
  // the first file of a snapshot names it
  if (request.report === `snapshot-${request.id}`)
    await store.insert('reports', [reportRow(request.report, request.title ?? request.name, now())])
  const stream = {
    key: `upload:${request.id}`,
    listener: 'upload',
    peer: request.name,
    ...configuredAs(parts.config(), request.source ?? 'upload'),
    report: request.report,
  }
  const size = request.sizeBytes === null ? {} : { sizeBytes: request.sizeBytes }
  const { lines, duplicate, refused } = await takeUpload(
    body,
    { name: request.name, stream, ...size },
    tempDir,
    files,
    now,
    onProgress,
  )
  return refused === undefined ? { lines, duplicate } : { lines, duplicate, refused }
}
