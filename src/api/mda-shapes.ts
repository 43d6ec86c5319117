/** Streams, apps and categories in the words of Defender for Cloud Apps, for scripts written for it. */
import { createHash } from 'node:crypto'
import { logTypeOf } from '../publish/mda-sources.ts'
import type { ReportApp } from '../report/report.ts'
import type { ApiBackend } from './backend.ts'
import type { Scope } from './queries.ts'

export interface MdaStream {
  _id: string
  displayName: string
  [field: string]: unknown
}

/** Which usage a stream stands for. */
export interface NamedStream {
  /** The stream's `_id`. */
  id: string
  stream: MdaStream
  scope: Pick<Scope, 'report' | 'source'>
}

/** 24 hex characters, always the same for the same thing. */
export function streamId(kind: 'source' | 'report', name: string): string {
  return createHash('sha256').update(`${kind}\0${name}`).digest('hex').slice(0, 24)
}

/** The continuous report (a VIEW), each data source (INPUT), each snapshot (PREVIEW). */
export async function mdaStreams(backend: ApiBackend): Promise<NamedStream[]> {
  const sources = (await backend.sources()).map(({ name, lastSeen, streams }): NamedStream => {
    const format = streams[0]?.format ?? null
    const overSyslog = streams.length > 0 && streams[0].listener.startsWith('syslog')
    return {
      id: streamId('source', name),
      scope: { report: 'continuous', source: name },
      stream: {
        ...common('source', name, name),
        streamType: 1,
        logType: format === null ? null : logTypeOf(overSyslog ? `${format}_SYSLOG` : format),
        receiverType: overSyslog ? 'syslog' : 'ftp',
        protocol: overSyslog ? streams[0].listener.replace('syslog-', '') : null,
        lastDataReceived: lastSeen === null ? null : Date.parse(lastSeen),
        snapshotData: false,
      },
    }
  })
  const reports = (await backend.reports()).map(({ id, title, kind, to }): NamedStream => ({
    id: streamId('report', id),
    scope: { report: id, source: null },
    stream: {
      ...common('report', id, kind === 'continuous' ? 'Global report' : title),
      streamType: kind === 'continuous' ? 3 : 5,
      globalAggregated: kind === 'continuous',
      lastDataReceived: to === null ? null : Date.parse(to),
      snapshotData: kind !== 'continuous',
    },
  }))
  return [...reports, ...sources]
}

function common(kind: 'source' | 'report', name: string, displayName: string): MdaStream {
  return {
    _id: streamId(kind, name),
    displayName,
    comment: '',
    isManual: false,
    globalAggregated: false,
    anonymizeUsers: false,
    anonymizeMachines: false,
    supportedEntityTypes: [1, 2, 3],
    supportedTrafficTypes: [1, 2, 3],
    timeFrames: [7, 30, 90],
    validTimeFrames: [7, 30, 90],
  }
}

/** The scope of the last days, up to now. */
export function lastDays(
  scope: Pick<Scope, 'report' | 'source'>,
  days: number,
  nowMs: number,
): Scope {
  const bounded = scope.report === 'continuous'
  return { ...scope, fromMs: bounded ? nowMs - days * 86_400_000 : null, toMs: null }
}

export function mdaApp(app: ReportApp & { tags: readonly string[] }): object {
  return {
    appId: app.appId,
    name: app.name,
    category: categoryId(app.category),
    score: app.score,
    usersCount: app.users,
    ipAddressesCount: app.addresses,
    machinesCount: app.devices,
    lastUsed: Date.parse(app.lastSeen),
    trafficTotalBytes: app.bytesTotal,
    trafficUploadedBytes: app.bytesUp,
    trafficDownloadedBytes: app.bytesDown,
    trafficTotalEvents: app.transactions,
    trafficBlockedEvents: app.blocked,
    firstUsed: Date.parse(app.firstSeen),
    appTags: app.tags,
  }
}

/** `Cloud storage` → `SAASDB_CATEGORY_CLOUD_STORAGE`; the reference spells one of them in its own way. */
export function categoryId(category: string): string {
  const name = category
    .toUpperCase()
    .replaceAll('E-COMMERCE', 'ECOMMERCE')
    .replaceAll('&', 'AND')
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
  return `SAASDB_CATEGORY_${name.replace(/^SUPPLY_CHAIN/, 'SUPLLY_CHAIN') || 'UNCLASSIFIED'}`
}
