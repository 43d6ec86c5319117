/** `gnomon serve`: all doors on one pipeline. Started in the order of the flow's end to its beginning, stopped the other way round. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Access } from './access/access.ts'
import { viewedStore } from './access/viewer-store.ts'
import { createApi } from './api/api.ts'
import type { Api } from './api/api.ts'
import { createCatalogService } from './api/catalog-service.ts'
import { currentViewer, viewedBackend } from './api/current-viewer.ts'
import { LineRates } from './api/line-rates.ts'
import { createBackend } from './api/store-backend.ts'
import type { Readiness, ReloadResult } from './api/schemas.ts'
import type { LoadedConfig } from './config/config.ts'
import { describeConfig } from './config/config.ts'
import { changedKeys } from './config/changes.ts'
import { ConfigFile } from './config/config-file.ts'
import type { Config } from './config/schema.ts'
import { compileSources } from './config/sources.ts'
import { expectedAgents, feedAlarms } from './defender/feed-troubles.ts'
import { createFeeds } from './defender/feeds.ts'
import { answersTo } from './catalog/app-queries.ts'
import { causeOf } from './errors.ts'
import { Govern } from './govern/govern.ts'
import { mergeTroubleInWords, mergeTroubles } from './govern/merge-troubles.ts'
import { publishTroubles } from './govern/publish-troubles.ts'
import { sourceTroubles } from './govern/source-troubles.ts'
import { createFolderIntake } from './intake/folder.ts'
import { createFtpServer } from './intake/ftp.ts'
import { createSyslogThread } from './intake/syslog-thread.ts'
import type { Component } from './lib/component.ts'
import { version } from './lib/version.ts'
import { helpFrom } from './report/format-help.ts'
import { createMetrics } from './metrics/metrics.ts'
import { compileFormats, loadDefinitions } from './parse/formats.ts'
import { OwnDefinitions } from './parse/own-definitions.ts'
import { Playground } from './parse/playground.ts'
import { metricSources } from './metric-sources.ts'
import { Pipeline, definitionFolders } from './pipeline.ts'
import { Exports } from './publish/exports.ts'
import { Publisher } from './publish/publisher.ts'
import { RecordStream } from './publish/record-stream.ts'
import { ScheduledReports } from './publish/scheduled-reports.ts'
import type { SealedSegment } from './spool/segment-writer.ts'

export interface DaemonOptions {
  dataDir: string
  loaded: LoadedConfig
  /** Reads the configuration file again; throws CONFIG_INVALID. */
  readConfig: () => Promise<LoadedConfig>
  log: Logger
  now: () => number
  /** Called when the daemon cannot go on (the intake thread died). */
  onFatal: (error: unknown) => void
  /** For references of a configuration that is written from the console; without it none is. */
  env?: NodeJS.ProcessEnv
}

export interface Daemon {
  /** Bound ports; null = that door is closed. */
  ports(): {
    udp: number | null
    tcp: number | null
    tls: number | null
    ftp: number | null
    sftp: number | null
    api: number
  }
  reload(): Promise<ReloadResult>
  /** Everything taken so far is parsed, stored and merged. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** Starts everything, or nothing: what was started is stopped again when a later part fails. Throws OperatingError. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dataDir, log, now } = options
  let { config } = options.loaded
  const own = new OwnDefinitions(dataDir)
  const started: Pick<Component<unknown>, 'stop'>[] = []
  let ready = false

  const stop = async (): Promise<void> => {
    ready = false
    for (const component of started.splice(0).reverse())
      await component
        .stop()
        .catch((error: unknown) =>
          log.error({ error: causeOf(error) }, 'a part did not stop cleanly'),
        )
  }

  try {
    const pipeline = await Pipeline.open(dataDir, config, log, now)
    started.push(pipeline)
    pipeline.keepsSegments =
      config.publish.backup.maxBytes > 0 ||
      config.publish.uploads.some(({ content }) => content === 'raw')
    const compileDefinitions = async (from: Config) =>
      compileFormats(await loadDefinitions(definitionFolders(dataDir, from)), { full: false })
    let formats = await compileDefinitions(config)
    await pipeline.start()
    const rates = new LineRates(now)
    pipeline.ingest.onInserted(({ ledger }) => rates.add(ledger))

    const syslog = createSyslogThread(
      {
        config: { syslog: config.syslog, sources: config.sources },
        folder: pipeline.spool.folder,
        lanes: pipeline.spool.lanes,
        maxBytes: config.spool.maxBytes,
        fsync: config.spool.fsync,
        usage: pipeline.spool.usage,
        logLevel: config.log.level,
      },
      (segment) => pipeline.ingest.submit(segment),
      options.onFatal,
    )
    let resolve = compileSources(config.sources)
    const folders = createFolderIntake(
      { dataDir, folders: config.folders, resolve: (stream) => resolve(stream) },
      pipeline.files,
      log,
      now,
    )
    const feeds = createFeeds({
      config: config.defender,
      dataDir,
      sink: pipeline.files,
      log,
      now,
      readAgain: async () => (await options.readConfig()).config.defender,
      lastSeen: (key) =>
        pipeline.ingest.streams().find((stream) => stream.key === key)?.lastSeenMs ?? null,
    })
    const ftp = createFtpServer({ dataDir, ftp: config.ftp }, log, now)

    const readiness = (): Readiness => {
      const { trouble } = pipeline.ingest.status()
      const intake = syslog.status()
      const checks = [
        { name: 'started', ok: ready, reason: ready ? null : 'starting or stopping' },
        { name: 'store', ok: trouble === null, reason: trouble },
        {
          name: 'spool',
          ok: intake?.writer.writable !== false,
          reason: intake?.writer.writable === false ? 'a write failed' : null,
        },
        // reports stand still, nothing is lost: told, but no reason to send traffic elsewhere
        { name: 'merge', ok: true, reason: mergeTroubleInWords(pipeline.merge.status()) },
      ]
      return { ready: checks.every(({ ok }) => ok), checks }
    }

    let renewCertificate = async (): Promise<void> => undefined
    const reload = async (): Promise<ReloadResult> => {
      const next = (await options.readConfig()).config
      const catalog = await pipeline.ownCatalog.load(next.catalog.folders)
      const definitions = await compileDefinitions(next)
      await syslog.reconfigure({ syslog: next.syslog, sources: next.sources })
      await ftp.setAccounts(next.ftp.accounts)
      await renewCertificate()
      const moved = await catalogs.use(catalog)
      const result = { ...changedKeys(config, next), moved }
      resolve = compileSources(next.sources)
      formats = definitions
      pipeline.ingest.useDefinitions(definitionFolders(dataDir, next))
      config = next
      log.info({ ...result, moved: moved.words }, 'configuration read again')
      return result
    }

    const access = await Access.open({
      dataDir,
      store: pipeline.store,
      config: () => config,
      log,
      now,
    })
    started.push(access)
    await access.start()
    const parts = {
      whole: pipeline.store,
      spool: pipeline.spool,
      files: pipeline.files,
      catalog: () => pipeline.merge.catalog,
      formats: () => formats,
      streams: () => pipeline.ingest.streams(),
      feeds: () => feeds.status(),
      rates,
      submit: (segment: SealedSegment) => pipeline.ingest.submit(segment),
      config: () => config,
      describeConfig: () => describeConfig(config),
      reload,
      readiness,
      tempDir: dataDir,
      now,
    }
    const backend = viewedBackend(
      (viewer) =>
        createBackend({
          ...parts,
          store: viewedStore(pipeline.store, access.viewOf(viewer)),
          visible: viewer.sources,
        }),
      { readiness: async () => readiness() },
    )
    const catalogs = createCatalogService({
      own: pipeline.ownCatalog,
      first: pipeline.firstCatalog,
      store: pipeline.store,
      viewed: () => viewedStore(pipeline.store, access.viewOf(currentViewer())),
      use: (catalog) => pipeline.merge.useCatalog(catalog),
      now,
    })
    const govern = new Govern({
      store: pipeline.store,
      catalog: () => pipeline.merge.catalog,
      config: () => config,
      log,
      now,
      dataDir,
      lastSeen: () => {
        const seen = new Map<string, number>()
        for (const { source, lastSeenMs } of pipeline.ingest.streams())
          seen.set(source, Math.max(seen.get(source) ?? 0, lastSeenMs))
        return seen
      },
      factor: (appId, factor) => {
        const fact = catalogs.catalog().facts(appId).get(factor)
        return fact === undefined ? null : answersTo(fact, 'yes')
      },
      settled: () => pipeline.settle(),
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
    const publisher = new Publisher({
      dataDir,
      config: config.publish,
      store: pipeline.store,
      backup: pipeline.backup,
      streams: () => pipeline.ingest.streams(),
      log,
      now,
    })

    const { outboxBytes } = config.publish
    const records = config.publish.records.map(
      (entry) =>
        new RecordStream({ dataDir, config: entry, outboxBytes, store: pipeline.store, log, now }),
    )
    const reports = new ScheduledReports({
      dataDir,
      config: config.publish,
      store: pipeline.store,
      catalogVersion: () => pipeline.merge.catalog.version,
      expected: () => expectedAgents(config.defender),
      helpOf: (format) => helpFrom(formats.ordered.map(({ definition }) => definition))(format),
      log,
      now,
    })

    const exports = new Exports(dataDir)
    await exports.start()
    const parted = { pipeline, syslog, folders, feeds, publisher, records, reports, govern, now }
    const uploads = () => api.uploads()
    const metrics = createMetrics(metricSources({ ...parted, uploads }), version)
    const api: Api = createApi({
      host: config.api.host,
      port: config.api.port,
      tls: config.api.tls,
      tap: { tap: pipeline.tap, view: () => access.viewOf(currentViewer()) },
      definitions: {
        playground: new Playground(),
        definitions: own,
        folders: () => definitionFolders(dataDir, config),
        use: async () => {
          formats = await compileDefinitions(config)
          pipeline.ingest.useDefinitions(definitionFolders(dataDir, config))
        },
        now,
      },
      backend,
      doors: {
        config: () => config,
        listeners: () => syslog.status()?.listeners ?? [],
        ftp: () => ftp.status(),
      },
      configFile:
        options.loaded.path === null || options.env === undefined
          ? undefined
          : {
              file: new ConfigFile({
                path: options.loaded.path,
                env: options.env,
                config: () => config,
              }),
              reload,
            },
      access,
      store: pipeline.store,
      govern: {
        govern,
        catalog: () => pipeline.merge.catalog,
        viewer: {
          view: () => access.viewOf(currentViewer()),
          store: () => viewedStore(pipeline.store, access.viewOf(currentViewer())),
          whole: pipeline.store,
        },
        backup: pipeline.backup,
      },
      catalog: catalogs,
      metrics,
      log,
      publish: { publisher, records, reports, store: pipeline.store },
      exports: {
        exports,
        viewed: () => viewedStore(pipeline.store, access.viewOf(currentViewer())),
      },
      blobFolder: join(dataDir, 'served-uploads'),
      partsFolder: join(dataDir, 'upload-parts'),
      now,
      version,
    })

    renewCertificate = () => api.reloadCertificate()
    for (const component of [publisher, ...records, reports, api, syslog, folders, ftp, feeds]) {
      started.push(component)
      await component.start()
    }
    pipeline.mergeInTurns()
    started.push(govern)
    await govern.start()
    ready = true
    const ports: Daemon['ports'] = () => {
      const of = (name: string): number | null =>
        syslog.status()?.listeners.find(({ listener }) => listener === name)?.port ?? null
      const { port, sftpPort } = ftp.status()
      return {
        udp: of('syslog-udp'),
        tcp: of('syslog-tcp'),
        tls: of('syslog-tls'),
        ftp: port,
        sftp: sftpPort,
        api: api.status().port,
      }
    }
    log.info({ version, dataDir, ...ports() }, 'gnomon serves')
    return { ports, reload, settle: () => pipeline.settle(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
