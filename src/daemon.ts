/** `gnomon serve`: all doors on one pipeline. Started in the order of the flow's end to its beginning, stopped the other way round. */
import type { Logger } from 'pino'
import { Access } from './access/access.ts'
import { viewedStore } from './access/viewer-store.ts'
import { createCatalogService } from './api/catalog-service.ts'
import { currentViewer } from './api/current-viewer.ts'
import type { Readiness, ReloadResult } from './api/schemas.ts'
import type { LoadedConfig } from './config/config.ts'
import { changedKeys } from './config/changes.ts'
import { createDaemonApi } from './daemon-api.ts'
import { createDoors, portsOf } from './daemon-doors.ts'
import type { DoorPorts, Doors } from './daemon-doors.ts'
import { createOutlets } from './daemon-outlets.ts'
import { causeOf } from './errors.ts'
import { mergeTroubleInWords } from './govern/merge-troubles.ts'
import { InForce } from './in-force.ts'
import type { Component } from './lib/component.ts'
import { oneByOne } from './lib/one-by-one.ts'
import { version } from './lib/version.ts'
import { Pipeline, readSoundDefinitions } from './pipeline.ts'

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
  ports(): DoorPorts & { api: number }
  reload(): Promise<ReloadResult>
  /** Everything taken so far is parsed, stored and merged. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** Starts everything, or nothing: what was started is stopped again when a later part fails. Throws OperatingError. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const started: Pick<Component<unknown>, 'stop'>[] = []
  let ready = false
  const stop = async (): Promise<void> => {
    ready = false
    for (const component of started.splice(0).reverse())
      await component
        .stop()
        .catch((error: unknown) =>
          options.log.error({ error: causeOf(error) }, 'a part did not stop cleanly'),
        )
  }
  try {
    const parts = await assemble(options, started, () => ready)
    const { pipeline, doors, outlets, api, reload } = parts
    const { syslog, folders, feeds, ftp } = doors
    const { publisher, records, reports, govern } = outlets
    const outwards = [publisher, ...records, reports, govern]
    for (const component of [...outwards, api, syslog, folders, ftp, feeds]) {
      started.push(component)
      await component.start()
    }
    pipeline.mergeInTurns()
    ready = true
    const ports = () => ({ ...portsOf(doors), api: api.status().port })
    options.log.info({ version, dataDir: options.dataDir, ...ports() }, 'gnomon serves')
    return { ports, reload, settle: () => pipeline.settle(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Makes all parts; those that others need at once are started, and in `started`. */
async function assemble(
  { dataDir, loaded, readConfig, log, now, onFatal, env }: DaemonOptions,
  started: Pick<Component<unknown>, 'stop'>[],
  ready: () => boolean,
) {
  const { config } = loaded
  const pipeline = await Pipeline.open(dataDir, config, log, now)
  started.push(pipeline)
  pipeline.keepsSegments =
    config.publish.backup.maxBytes > 0 ||
    config.publish.uploads.some(({ content }) => content === 'raw')
  const inForce = new InForce(config, pipeline.ingest.definitions)
  await pipeline.start()
  const shared = { dataDir, inForce, pipeline, log, now }
  const readAgain = async () => (await readConfig()).config
  const doors = createDoors({ ...shared, readConfig: readAgain, onFatal })
  const { store } = pipeline
  const access = await Access.open({ dataDir, store, config: () => inForce.config, log, now })
  started.push(access)
  await access.start()
  const catalogs = createCatalogService({
    own: pipeline.ownCatalog,
    first: pipeline.firstCatalog,
    store,
    viewed: () => viewedStore(store, access.viewOf(currentViewer())),
    use: (catalog) => pipeline.merge.useCatalog(catalog),
    now,
  })
  const outlets = createOutlets({
    ...shared,
    feeds: doors.feeds,
    catalog: () => catalogs.catalog(),
  })
  await outlets.exports.start()

  const reloadInTurn = oneByOne()
  const reload = async (): Promise<ReloadResult> =>
    reloadInTurn(async () => {
      const next = await readAgain()
      const catalog = await pipeline.ownCatalog.load(next.catalog.folders)
      const definitions = await readSoundDefinitions(dataDir, next)
      await doors.syslog.reconfigure({ syslog: next.syslog, sources: next.sources })
      await doors.ftp.setAccounts(next.ftp.accounts)
      await api.reloadCertificate()
      const moved = await catalogs.use(catalog)
      const result = { ...changedKeys(inForce.config, next), moved }
      inForce.use(next, definitions)
      pipeline.ingest.useDefinitions(definitions)
      log.info({ ...result, moved: moved.words }, 'configuration read again')
      return result
    })
  const api = createDaemonApi({
    ...shared,
    doors,
    outlets,
    access,
    catalogs,
    configFile: loaded.path === null || env === undefined ? null : { path: loaded.path, env },
    reload,
    readiness: () => readinessOf(pipeline, doors, ready()),
  })
  return { pipeline, doors, outlets, api, reload }
}

function readinessOf(pipeline: Pipeline, { syslog }: Doors, started: boolean): Readiness {
  const { trouble } = pipeline.ingest.status()
  const writable = syslog.status()?.writer.writable !== false
  const checks = [
    { name: 'started', ok: started, reason: started ? null : 'starting or stopping' },
    { name: 'store', ok: trouble === null, reason: trouble },
    { name: 'spool', ok: writable, reason: writable ? null : 'a write failed' },
    // reports stand still, nothing is lost: told, but no reason to send traffic elsewhere
    { name: 'merge', ok: true, reason: mergeTroubleInWords(pipeline.merge.status()) },
  ]
  return { ready: checks.every(({ ok }) => ok), checks }
}
