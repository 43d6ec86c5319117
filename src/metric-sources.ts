/** Where /metrics reads: the parts' own status, brought into its shape. */
import type { FeedStatus } from './defender/feed.ts'
import type { createFolderIntake } from './intake/folder.ts'
import type { FolderStatus } from './intake/folder-watch.ts'
import type { SyslogThread } from './intake/syslog-thread.ts'
import type { Component } from './lib/component.ts'
import type { FileNumbers } from './metrics/intake-metrics.ts'
import type { MetricSources } from './metrics/metric-table.ts'
import type { SourceNumbers } from './metrics/source-metrics.ts'
import type { StreamState } from './parse/batch.ts'
import { clockOf } from './report/stream-words.ts'
import type { Govern } from './govern/govern.ts'
import type { Pipeline } from './pipeline.ts'
import type { Publisher } from './publish/publisher.ts'
import type { RecordStream } from './publish/record-stream.ts'
import type { ScheduledReports } from './publish/scheduled-reports.ts'

export interface MetricParts {
  pipeline: Pipeline
  syslog: SyslogThread
  folders: ReturnType<typeof createFolderIntake>
  feeds: Pick<Component<FeedStatus[]>, 'status'>
  publisher: Publisher
  records: readonly RecordStream[]
  reports: ScheduledReports
  govern: Govern
  uploads: () => Omit<FileNumbers, 'listener'>
  now: () => number
}

export function metricSources({
  pipeline,
  syslog,
  folders,
  feeds,
  publisher,
  records,
  reports,
  govern,
  uploads,
  now,
}: MetricParts): MetricSources {
  return {
    feeds: () => feeds.status(),
    sources: () => sourceNumbers(pipeline.ingest.streams()),
    publish: () => ({
      uploads: publisher.status(),
      backup: pipeline.backup.status(),
      records: records.map((stream) => stream.status()),
      reports: reports.status(),
      notices: govern.status().notices,
    }),
    merge: () => pipeline.merge.status(),
    intake: () => ({
      listeners: syslog.status()?.listeners ?? [],
      files: [folderNumbers(folders.status().folders), { listener: 'upload', ...uploads() }],
    }),
    spool: () => {
      const { spool, ingest, recovered } = pipeline.status()
      return {
        bytes: spool.usedBytes,
        maxBytes: spool.maxBytes,
        segmentsWaiting: ingest.pending,
        segmentsSealed: ingest.segments + ingest.pending,
        segmentsQuarantined: ingest.quarantined + recovered.quarantined,
        tornBytes: recovered.tornBytes,
      }
    },
    parse: () => {
      const {
        segments,
        bytes,
        transactions,
        skipped,
        unparsed,
        dropped,
        threadRestarts,
        dictionaryResets,
      } = pipeline.ingest.status()
      return {
        workers: pipeline.spool.lanes,
        segments,
        bytes,
        transactions,
        skipped,
        unparsed,
        dropped,
        restarts: threadRestarts,
        dictionaryResets,
      }
    },
    store: () => {
      const { segments, flows, failures, retries, oldestMs, trouble } = pipeline.ingest.status()
      const lagMs = oldestMs === null ? null : now() - oldestMs
      return { inserts: segments, flows, failures, retries, lagMs, open: trouble === null }
    },
  }
}

/** By source, those heard last first. */
function sourceNumbers(streams: readonly StreamState[]): SourceNumbers[] {
  const bySource = Map.groupBy(
    streams.toSorted((a, b) => b.lastSeenMs - a.lastSeenMs),
    ({ source }) => source,
  )
  return Array.from(bySource, ([source, own]) => {
    const offsets = own.flatMap((stream) => clockOf(stream).medianMs ?? [])
    const furthest = offsets.reduce((most, ms) => (Math.abs(ms) > Math.abs(most) ? ms : most), 0)
    return {
      source,
      clockSeconds: offsets.length === 0 ? null : furthest / 1000,
      changes: own.reduce(
        (sum, { drift }) => sum + drift.filter(({ endedMs }) => endedMs === null).length,
        0,
      ),
    }
  })
}

/** All drop folders as one door; files by FTP come this way too. */
function folderNumbers(folders: readonly FolderStatus[]): FileNumbers {
  const sum = {
    listener: 'folder',
    files: 0,
    lines: 0,
    bytes: 0,
    duplicates: 0,
    refused: {} as Record<string, number>,
  }
  for (const { taken, duplicates, refused } of folders) {
    sum.files += taken.files
    sum.lines += taken.lines
    sum.bytes += taken.bytes
    sum.duplicates += duplicates
    for (const [reason, count] of Object.entries(refused))
      sum.refused[reason] = (sum.refused[reason] ?? 0) + count
  }
  return sum
}
