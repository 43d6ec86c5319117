/** Console, API and metrics of `gnomon serve`, over all its parts: each answer is the one of the viewer who asks. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Access } from './access/access.ts'
import { viewedStore } from './access/viewer-store.ts'
import { createApi } from './api/api.ts'
import type { Api } from './api/api.ts'
import type { CatalogService } from './api/catalog-service.ts'
import { currentViewer, viewedBackend } from './api/current-viewer.ts'
import { LineRates } from './api/line-rates.ts'
import type { Readiness, ReloadResult } from './api/schemas.ts'
import { createBackend } from './api/store-backend.ts'
import { describeConfig } from './config/config.ts'
import { ConfigFile } from './config/config-file.ts'
import type { Doors } from './daemon-doors.ts'
import type { Outlets } from './daemon-outlets.ts'
import type { InForce } from './in-force.ts'
import { version } from './lib/version.ts'
import { createMetrics } from './metrics/metrics.ts'
import { metricSources } from './metric-sources.ts'
import { OwnDefinitions } from './parse/own-definitions.ts'
import { Playground } from './parse/playground.ts'
import { readSoundDefinitions } from './pipeline.ts'
import type { Pipeline } from './pipeline.ts'

export interface DaemonApiOptions {
  dataDir: string
  inForce: InForce
  pipeline: Pipeline
  doors: Doors
  outlets: Outlets
  access: Access
  catalogs: CatalogService
  /** The file the configuration was read from, and what its references are taken from; null = it cannot be written. */
  configFile: { path: string; env: NodeJS.ProcessEnv } | null
  reload: () => Promise<ReloadResult>
  readiness: () => Readiness
  log: Logger
  now: () => number
}

export function createDaemonApi(options: DaemonApiOptions): Api {
  const { dataDir, inForce, pipeline, doors, outlets, access, catalogs, log, now } = options
  const { publisher, records, reports, exports, govern } = outlets
  const { host, port, tls } = inForce.config.api
  const { store } = pipeline
  const view = () => access.viewOf(currentViewer())
  const viewed = () => viewedStore(store, view())
  const metrics = createMetrics(
    metricSources({ pipeline, ...doors, ...outlets, uploads: () => api.uploads(), now }),
    version,
  )
  const api = createApi({
    host,
    port,
    tls,
    tap: { tap: pipeline.tap, view },
    definitions: {
      playground: new Playground(),
      definitions: new OwnDefinitions(dataDir),
      inForce: () => inForce.definitions,
      use: async () => {
        const { config } = inForce
        inForce.use(config, await readSoundDefinitions(dataDir, config))
        pipeline.ingest.useDefinitions(inForce.definitions)
      },
      now,
    },
    backend: createDaemonBackend(options),
    doors: {
      config: () => inForce.config,
      listeners: () => doors.syslog.status()?.listeners ?? [],
      ftp: () => doors.ftp.status(),
    },
    configFile: configContext(options),
    access,
    store,
    govern: {
      govern,
      catalog: () => pipeline.merge.catalog,
      viewer: { view, store: viewed, whole: store },
      backup: pipeline.backup,
    },
    catalog: catalogs,
    metrics,
    log,
    publish: { publisher, records, reports, store },
    exports: { exports, viewed },
    blobFolder: join(dataDir, 'served-uploads'),
    partsFolder: join(dataDir, 'upload-parts'),
    now,
    version,
  })
  return api
}

function createDaemonBackend(options: DaemonApiOptions) {
  const { dataDir, inForce, pipeline, doors, access, reload, readiness, now } = options
  const rates = new LineRates(now)
  pipeline.ingest.onInserted(({ ledger }) => rates.add(ledger))
  const parts = {
    whole: pipeline.store,
    spool: pipeline.spool,
    files: pipeline.files,
    catalog: () => pipeline.merge.catalog,
    definitions: () => inForce.definitions,
    streams: () => pipeline.ingest.streams(),
    feeds: () => doors.feeds.status(),
    rates,
    submit: pipeline.ingest.submit.bind(pipeline.ingest),
    config: () => inForce.config,
    describeConfig: () => describeConfig(inForce.config),
    reload,
    readiness,
    tempDir: dataDir,
    now,
  }
  return viewedBackend(
    (viewer) =>
      createBackend({
        ...parts,
        store: viewedStore(pipeline.store, access.viewOf(viewer)),
        visible: viewer.sources,
      }),
    { readiness: async () => readiness() },
  )
}

function configContext({ configFile, inForce, reload }: DaemonApiOptions) {
  if (configFile === null) return undefined
  return { file: new ConfigFile({ ...configFile, config: () => inForce.config }), reload }
}
