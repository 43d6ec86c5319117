/**
 * Drop folders: `<data>/drop` (also the home of the FTP accounts) and those of `folders:`. A file is taken when it is whole
 * (renamed in, or quiet for `settleMs`), once, and then deleted or kept; what cannot be read goes to `.refused/` with a reason.
 */
import { basename, join } from 'node:path'
import type { Logger } from 'pino'
import { fileLimits } from '../limits.ts'
import type { Config } from '../config/schema.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { Component } from '../lib/component.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { takeFile } from './file-intake.ts'
import type { FileSink } from './file-sink.ts'
import { FolderState } from './folder-state.ts'
import { FolderWatch } from './folder-watch.ts'
import type { FolderStatus, WatchedFolder } from './folder-watch.ts'
import { createWarner } from './syslog-status.ts'

export interface FolderIntakeOptions {
  /** `<data>`: its `drop` is always watched; `folders.state` in it remembers files that are kept. */
  dataDir: string
  folders: Config['folders']
  resolve: SourceResolver
  /** Default `fileLimits.settleMs` and `fileLimits.rescanMs`. */
  settleMs?: number
  rescanMs?: number
}

export interface FolderIntakeStatus {
  folders: FolderStatus[]
}

/** Makes the watcher of all drop folders. `start` throws the file system's error when `<data>/drop` cannot be made. */
export function createFolderIntake(
  options: FolderIntakeOptions,
  sink: FileSink,
  log: Logger,
  now: () => number,
): Component<FolderIntakeStatus> {
  const state = new FolderState(join(options.dataDir, 'folders.state'))
  const gate = new Gate(fileLimits.filesAtOnce)
  const warn = createWarner(log, now)
  let stopping = new AbortController()
  const watches = watchedFolders(options).map(({ watched, source }) => {
    const take = async (
      path: string,
      folder: string,
      range: { from: number; to: number } | null,
    ) => {
      const stream = describe({ watched, folder, source }, options)
      await gate.enter()
      try {
        const file = { name: basename(path), stream, signal: stopping.signal }
        const archive = { tempDir: options.dataDir }
        const whole = range === null ? file : { ...file, range }
        return await takeFile(path, { ...whole, archive }, sink, now)
      } finally {
        gate.leave()
      }
    }
    const info = (message: string, fields: Record<string, unknown>) => log.debug(fields, message)
    return new FolderWatch(watched, { now, state, take, warn, info })
  })
  return {
    async start() {
      stopping = new AbortController()
      await state.open()
      for (const folder of watches) await folder.start()
    },
    async stop() {
      stopping.abort(new Error('stopping'))
      await Promise.all(watches.map((folder) => folder.stop()))
      await state.close()
    },
    status: () => ({ folders: watches.map((folder) => folder.status()) }),
  }
}

interface ConfiguredFolder {
  watched: WatchedFolder
  /** The data source of all its files, when the configuration says so. */
  source: string | null
}

function watchedFolders(options: FolderIntakeOptions): ConfiguredFolder[] {
  const { settleMs = fileLimits.settleMs, rescanMs = fileLimits.rescanMs } = options
  const own = { path: dropFolder(options.dataDir), polling: false, afterwards: 'delete' } as const
  return [
    { watched: { ...own, create: true, settleMs, rescanMs }, source: null },
    ...options.folders.map(({ path, polling, afterwards, source }) => ({
      watched: { path, polling, afterwards, create: false, settleMs, rescanMs },
      source: source ?? null,
    })),
  ]
}

/** The drop folder of the data folder. */
export function dropFolder(dataDir: string): string {
  return join(dataDir, 'drop')
}

/** `folder:NAME` in the own drop folder, `folder:/path/NAME` elsewhere; a source that is configured wins over the name. */
function describe(
  from: { watched: WatchedFolder; folder: string; source: string | null },
  options: FolderIntakeOptions,
): StreamDescription {
  const { watched, folder, source } = from
  const resolved = options.resolve({ listener: 'folder', peer: folder, folder: source ?? folder })
  const key = watched.create ? `folder:${folder}` : `folder:${join(watched.path, folder)}`
  return { key, listener: 'folder', peer: folder, ...resolved, source: source ?? resolved.source }
}

/** Lets so many through at a time. */
class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
