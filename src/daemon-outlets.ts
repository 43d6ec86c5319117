/** What leaves `gnomon serve` by itself: uploads, records, scheduled reports, exports; blocks, policies and alerts. */
import type { Logger } from 'pino'
import { answersTo } from './catalog/app-queries.ts'
import type { LoadedCatalog } from './catalog/catalog.ts'
import { expectedAgents, feedAlarms } from './defender/feed-troubles.ts'
import type { Doors } from './daemon-doors.ts'
import { Govern } from './govern/govern.ts'
import { mergeTroubles } from './govern/merge-troubles.ts'
import { publishTroubles } from './govern/publish-troubles.ts'
import { sourceTroubles } from './govern/source-troubles.ts'
import type { InForce } from './in-force.ts'
import type { StreamState } from './parse/batch.ts'
import type { Pipeline } from './pipeline.ts'
import { Exports } from './publish/exports.ts'
import { Publisher } from './publish/publisher.ts'
import { RecordStream } from './publish/record-stream.ts'
import { ScheduledReports } from './publish/scheduled-reports.ts'
import { helpFrom } from './report/format-help.ts'

export interface OutletsOptions {
  dataDir: string
  inForce: InForce
  pipeline: Pipeline
  feeds: Doors['feeds']
  /** The catalog in force, with facts and evidence. */
  catalog: () => LoadedCatalog
  log: Logger
  now: () => number
}

export interface Outlets {
  publisher: Publisher
  records: readonly RecordStream[]
  reports: ScheduledReports
  exports: Exports
  govern: Govern
}

export function createOutlets(options: OutletsOptions): Outlets {
  const { dataDir, inForce, pipeline, log, now } = options
  const { config } = inForce
  const { store } = pipeline
  const publisher = new Publisher({
    dataDir,
    config: config.publish,
    store,
    backup: pipeline.backup,
    streams: () => pipeline.ingest.streams(),
    log,
    now,
  })
  const { outboxBytes } = config.publish
  const records = config.publish.records.map(
    (entry) => new RecordStream({ dataDir, config: entry, outboxBytes, store, log, now }),
  )
  const reports = new ScheduledReports({
    dataDir,
    config: config.publish,
    store,
    catalogVersion: () => pipeline.merge.catalog.version,
    expected: () => expectedAgents(inForce.config.defender),
    helpOf: (format) => helpFrom(inForce.definitions)(format),
    log,
    now,
  })
  const govern = createGovern(options, { publisher, records, reports })
  return { publisher, records, reports, exports: new Exports(dataDir), govern }
}

function createGovern(
  { dataDir, inForce, pipeline, feeds, catalog, log, now }: OutletsOptions,
  { publisher, records, reports }: Pick<Outlets, 'publisher' | 'records' | 'reports'>,
): Govern {
  return new Govern({
    store: pipeline.store,
    catalog: () => pipeline.merge.catalog,
    config: () => inForce.config,
    log,
    now,
    dataDir,
    lastSeen: () => lastSeenOf(pipeline.ingest.streams()),
    factor: (appId, factor) => {
      const fact = catalog().facts(appId).get(factor)
      return fact === undefined ? null : answersTo(fact, 'yes')
    },
    quietly: (work) => pipeline.quietly(work),
    files: { dataDir, backup: pipeline.backup, takenFiles: pipeline.takenFiles },
    troubles: async () => [
      ...feedAlarms(feeds.status(), now()),
      ...sourceTroubles(pipeline.ingest.streams(), now()),
      ...mergeTroubles(pipeline.merge.status()),
      ...publishTroubles(
        {
          jobs: publisher.jobs(),
          uploads: publisher.status().uploads,
          lostSegments: pipeline.backup.status().lost,
          records: records.map((stream) => stream.status()),
          reports: reports.status(),
        },
        now(),
      ),
    ],
  })
}

/** Latest line of each source (epoch ms). */
function lastSeenOf(streams: readonly StreamState[]): Map<string, number> {
  const seen = new Map<string, number>()
  for (const { source, lastSeenMs } of streams)
    seen.set(source, Math.max(seen.get(source) ?? 0, lastSeenMs))
  return seen
}
