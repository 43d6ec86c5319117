/** The appliance's inside, from the spool to merged usage, in one data folder. The daemon and `gnomon snapshot` put doors on it. */
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { LoadedCatalog } from './catalog/catalog.ts'
import { OwnCatalog } from './catalog/own-catalog.ts'
import type { Config } from './config/schema.ts'
import { OperatingError, causeOf } from './errors.ts'
import { FileSpool } from './intake/file-spool.ts'
import type { Component } from './lib/component.ts'
import { elapsedMs } from './lib/elapsed.ts'
import { oneByOne } from './lib/one-by-one.ts'
import { mergeLimits, parseLimits } from './limits.ts'
import { readDirectory } from './merge/directory.ts'
import { Merge } from './merge/merge.ts'
import type { MergeStatus } from './merge/merge.ts'
import { ownerOf } from './merge/owner.ts'
import type { Definition } from './parse/definition.ts'
import { compileFormats, loadDefinitions, shippedParsers } from './parse/formats.ts'
import { ownDefinitionsFolder } from './parse/own-definitions.ts'
import { Tap } from './parse/tap.ts'
import { parseWorkers } from './parse/parse-pool.ts'
import { rememberedStreams } from './report/ledger-queries.ts'
import type { Recovery } from './spool/spool.ts'
import { Backup } from './spool/backup.ts'
import { Spool } from './spool/spool.ts'
import { SpoolWriter } from './spool/spool-writer.ts'
import type { SpoolWriterStatus } from './spool/spool-writer.ts'
import { TakenFiles } from './spool/taken-files.ts'
import { Ingest } from './store/ingest.ts'
import type { IngestStatus } from './store/ingest.ts'
import { markClock } from './store/mark-clock.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/store.ts'

export type PipelineConfig = Pick<Config, 'spool' | 'parse' | 'store' | 'catalog' | 'merge'>

export interface PipelineStatus {
  spool: SpoolWriterStatus
  ingest: IngestStatus
  merge: MergeStatus
  recovered: { segments: number; tornBytes: number; quarantined: number }
}

const dayMs = 24 * 60 * 60 * 1000

/** The shipped definitions, the administrator's, those made in the console. Throws DEFINITION_INVALID. */
function readDefinitions(dataDir: string, config: Pick<Config, 'parse'>): Promise<Definition[]> {
  return loadDefinitions([
    shippedParsers,
    ...config.parse.definitions,
    ownDefinitionsFolder(dataDir),
  ])
}

/** As `readDefinitions`, and tried: what is put in force while threads run must compile. */
export async function readSoundDefinitions(
  dataDir: string,
  config: Pick<Config, 'parse'>,
): Promise<Definition[]> {
  const definitions = await readDefinitions(dataDir, config)
  compileFormats(definitions, { full: false })
  return definitions
}

export class Pipeline implements Component<PipelineStatus> {
  readonly store: Store
  readonly spool: Spool
  readonly ingest: Ingest
  /** For whoever looks at lines as they come. */
  readonly tap: Tap
  readonly merge: Merge
  /** The part of the catalog that lies in the data folder. */
  readonly ownCatalog: OwnCatalog
  /** The catalog as it was when the pipeline was opened. */
  readonly firstCatalog: LoadedCatalog
  /** Door for whole files. */
  readonly files: FileSpool
  /** Door for what the main thread itself has to tell (refused files). */
  readonly writer: SpoolWriter
  /** Segments kept after they are stored. */
  readonly backup: Backup
  /** Whether they are: somebody wants them. */
  keepsSegments = false
  /** The journal of whole files that were taken. */
  readonly takenFiles: TakenFiles
  readonly #config: PipelineConfig
  readonly #log: Logger
  readonly #now: () => number
  #recovery: Recovery = { segments: [], tornBytes: 0, quarantined: [] }
  #timer: NodeJS.Timeout | undefined
  /** Merges, and work that none may disturb, follow each other. */
  readonly #inTurn = oneByOne()
  #cleanedMs = 0
  #stopping = true

  private constructor(parts: {
    store: Store
    merge: Merge
    ownCatalog: OwnCatalog
    catalog: LoadedCatalog
    definitions: Definition[]
    dataDir: string
    config: PipelineConfig
    log: Logger
    now: () => number
    mark: () => number
  }) {
    const { store, merge, dataDir, config, log, now } = parts
    this.store = store
    this.merge = merge
    this.ownCatalog = parts.ownCatalog
    this.firstCatalog = parts.catalog
    this.#config = config
    this.#log = log
    this.#now = now
    const lanes = parseWorkers(config.parse.workers)
    this.spool = new Spool(join(dataDir, 'spool'), lanes)
    const { maxBytes, fsync } = config.spool
    this.writer = new SpoolWriter({
      folder: this.spool.folder,
      lanes,
      tag: 'm',
      maxBytes,
      fsync,
      usage: this.spool.usage,
      now,
      onSealed: (segment) => this.ingest.submit(segment),
      onTrouble: (error) => log.error({ error: causeOf(error) }, 'spool: a write failed'),
    })
    this.ingest = new Ingest(
      this.spool,
      store,
      {
        workers: config.parse.workers,
        definitions: parts.definitions,
        pastMsMax: config.store.retentionDays * dayMs,
        futureMsMax: parseLimits.futureMs,
        batchFolder: join(dataDir, 'batches'),
        now,
        mark: parts.mark,
        drop: (drop) => this.writer.drop(drop),
        keep: async ({ name }, path) => {
          await this.tap.segment(path)
          if (this.keepsSegments) await this.backup.keep(path, name, this.#now())
        },
      },
      log,
    )
    this.tap = new Tap(
      () => this.ingest.definitions,
      () => this.ingest.streams(),
    )
    this.backup = new Backup(join(dataDir, 'backup'))
    this.takenFiles = new TakenFiles(join(dataDir, 'taken-files.jsonl'))
    this.files = new FileSpool(this.spool, this.takenFiles, {
      maxBytes,
      now,
      onSealed: (segment) => this.ingest.submit(segment),
      drop: (drop) => this.writer.drop(drop),
    })
  }

  /** Opens store, catalog and definitions. Throws STORE_LOCKED, STORE_UNAVAILABLE, CATALOG_INVALID, DEFINITION_INVALID, SPOOL_UNUSABLE. */
  static async open(
    dataDir: string,
    config: PipelineConfig,
    log: Logger,
    now: () => number,
  ): Promise<Pipeline> {
    await mkdir(ownDefinitionsFolder(dataDir), { recursive: true, mode: 0o700 }).catch(
      (cause: unknown) => {
        throw new OperatingError(
          'SPOOL_UNUSABLE',
          `cannot use the data folder ${dataDir}: ${causeOf(cause)}; set GNOMON_DATA to a folder that can be written`,
          { cause },
        )
      },
    )
    const ownCatalog = new OwnCatalog(dataDir, config.catalog.folders)
    const catalog = await ownCatalog.load()
    const definitions = await readDefinitions(dataDir, config)
    const store = await openStore({ path: join(dataDir, 'store'), ...config.store })
    let pipeline: Pipeline | undefined
    try {
      const mark = await markClock(store, now)
      const merge = new Merge(store, catalog, mark, {
        serviceAccounts: config.merge.serviceAccounts,
        memoryBytes: config.store.maxMemoryBytes,
        owner: config.store.url === undefined ? '' : await ownerOf(dataDir),
        // what comes in goes first
        threads: () => (pipeline?.ingest.busy === true ? 1 : availableParallelism()),
      })
      if (config.merge.directory !== undefined)
        await merge.addDirectory(await readDirectory(config.merge.directory))
      const shared = { store, merge, mark, dataDir, config, log, now }
      pipeline = new Pipeline({ ...shared, ownCatalog, catalog, definitions })
      return pipeline
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Takes up what the last process left in the spool, and starts parsing. The store is closed again when that fails. */
  async start(): Promise<void> {
    this.#stopping = false
    try {
      this.#recovery = await this.spool.recover()
      if (this.keepsSegments) await this.backup.open()
      await this.takenFiles.open(this.#now(), this.#config.store.retentionDays * dayMs)
      await this.writer.start()
      await this.ingest.start(await rememberedStreams(this.store))
    } catch (error) {
      await this.stop()
      throw error
    }
    for (const segment of this.#recovery.segments) this.ingest.submit(segment)
    if (this.#recovery.segments.length > 0 || this.#recovery.quarantined.length > 0)
      this.#log.info(
        {
          segments: this.#recovery.segments.length,
          tornBytes: this.#recovery.tornBytes,
          quarantined: this.#recovery.quarantined,
        },
        'spool: taken up after a restart',
      )
  }

  /** Merges in turns from now on. */
  mergeInTurns(): void {
    this.#turnIn(mergeLimits.turnMs / 5)
  }

  #turnIn(waitMs: number): void {
    this.#timer = setTimeout(() => void this.#inTurn(() => this.#turn()), waitMs)
  }

  async #turn(): Promise<void> {
    if (this.#stopping) return
    const startedMs = this.#now()
    try {
      await this.merge.recomputeDirty(mergeLimits.hoursPerTurn)
      if (elapsedMs(this.#cleanedMs, startedMs) > mergeLimits.cleanMs) {
        this.#cleanedMs = startedMs
        await this.merge.clean()
      }
    } catch (error) {
      if (!this.#stopping)
        this.#log.error(
          { error: causeOf(error) },
          'merge: an hour could not be merged, it is tried again',
        )
    }
    const tookMs = this.#now() - startedMs
    if (!this.#stopping) this.#turnIn(Math.max(mergeLimits.turnMs, tookMs * mergeLimits.costShare))
  }

  /** Resolves when all that was taken is merged: parsed, stored, its hours recomputed. For one report, or for all. */
  async settle(report: string | null = null): Promise<void> {
    await this.ingest.idle()
    await this.#inTurn(async () => {
      while (
        !this.#stopping &&
        (await this.merge.recomputeDirty(mergeLimits.hoursPerPass, report, true)) > 0
      );
    })
  }

  /** Does work when all that was taken is stored, and while nothing is merged: no merge that read before writes afterwards. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    await this.ingest.idle()
    return this.#inTurn(work)
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    clearTimeout(this.#timer)
    this.tap.stop()
    await this.merge.stop()
    await this.#inTurn(async () => undefined)
    await this.writer.stop()
    await this.ingest.stop()
    await this.takenFiles.close()
    await this.store.close()
  }

  status(): PipelineStatus {
    const { segments, tornBytes, quarantined } = this.#recovery
    return {
      spool: this.writer.status(),
      ingest: this.ingest.status(),
      merge: this.merge.status(),
      recovered: { segments: segments.length, tornBytes, quarantined: quarantined.length },
    }
  }
}
