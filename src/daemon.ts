/** `gnomon serve`: all doors on one pipeline. Started in the order of the flow's end to its beginning, stopped the other way round. */
import type { Logger } from 'pino'
import { createApi } from './api/api.ts'
import { LineRates } from './api/line-rates.ts'
import { createBackend } from './api/store-backend.ts'
import type { Readiness, ReloadResult } from './api/schemas.ts'
import { loadCatalog, shippedCatalog } from './catalog/catalog.ts'
import type { LoadedConfig } from './config/config.ts'
import { describeConfig } from './config/config.ts'
import { changedKeys } from './config/changes.ts'
import { compileSources } from './config/sources.ts'
import { causeOf } from './errors.ts'
import { createFolderIntake } from './intake/folder.ts'
import { createFtpServer } from './intake/ftp.ts'
import { createSyslogThread } from './intake/syslog-thread.ts'
import type { Component } from './lib/component.ts'
import { version } from './lib/version.ts'
import { createMetrics } from './metrics/metrics.ts'
import { compileFormats, loadDefinitions, shippedParsers } from './parse/formats.ts'
import { metricSources } from './metric-sources.ts'
import { Pipeline } from './pipeline.ts'

export interface DaemonOptions {
  dataDir: string
  loaded: LoadedConfig
  /** Reads the configuration file again; throws CONFIG_INVALID. */
  readConfig: () => Promise<LoadedConfig>
  log: Logger
  now: () => number
  /** Called when the daemon cannot go on (the intake thread died). */
  onFatal: (error: unknown) => void
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
  let formats = compileFormats(
    await loadDefinitions([shippedParsers, ...config.parse.definitions]),
    { full: false },
  )
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
      ]
      return { ready: checks.every(({ ok }) => ok), checks }
    }

    const reload = async (): Promise<ReloadResult> => {
      const next = (await options.readConfig()).config
      const catalog = await loadCatalog([shippedCatalog, ...next.catalog.folders])
      const definitions = compileFormats(
        await loadDefinitions([shippedParsers, ...next.parse.definitions]),
        { full: false },
      )
      await syslog.reconfigure({ syslog: next.syslog, sources: next.sources })
      await ftp.setAccounts(next.ftp.accounts)
      const result = changedKeys(config, next)
      pipeline.merge.useCatalog(catalog)
      resolve = compileSources(next.sources)
      formats = definitions
      config = next
      log.info(result, 'configuration read again')
      return result
    }

    const backend = createBackend({
      store: pipeline.store,
      spool: pipeline.spool,
      files: pipeline.files,
      catalog: () => pipeline.merge.catalog,
      formats: () => formats,
      streams: () => pipeline.ingest.streams(),
      rates,
      submit: (segment) => pipeline.ingest.submit(segment),
      config: () => config,
      describeConfig: () => describeConfig(config),
      reload,
      readiness,
      tempDir: dataDir,
      now,
    })
    const metrics = createMetrics(metricSources({ pipeline, syslog, folders, now }), version)
    const api = createApi({
      host: config.api.host,
      port: config.api.port,
      backend,
      metrics,
      log,
      now,
      version,
    })

    for (const component of [api, syslog, folders, ftp]) {
      started.push(component)
      await component.start()
    }
    pipeline.mergeInTurns()
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
