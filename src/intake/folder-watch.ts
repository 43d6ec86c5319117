/** One drop folder: sees files come, waits until they are whole, hands them on one at a time, cleans up behind. */
import { lstat, mkdir } from 'node:fs/promises'
import { basename, relative, sep } from 'node:path'
import type { Stats } from 'node:fs'
import { watch } from 'chokidar'
import type { FSWatcher } from 'chokidar'
import { causeOf, OperatingError } from '../errors.ts'
import { fileLimits } from '../limits.ts'
import { label } from './archive-bounds.ts'
import { identityOf } from './file-intake.ts'
import type { FileIdentity, FileSummary } from './file-intake.ts'
import { sourceOfFolder } from './folder-name.ts'
import { putAside } from './folder-refuse.ts'
import {
  isFileSystemError,
  isIgnoredName,
  isSameFile,
  scanFolder,
  Settling,
} from './folder-scan.ts'
import { newRange } from './folder-state.ts'
import type { FolderState } from './folder-state.ts'
import { deleteTaken, restoreTaken } from './folder-taken.ts'

export interface WatchedFolder {
  path: string
  polling: boolean
  afterwards: 'delete' | 'keep'
  /** Made when it is not there (the appliance's own). */
  create: boolean
  settleMs: number
  rescanMs: number
}

/** What a folder needs from the outside. */
export interface FolderHost {
  now: () => number
  state: FolderState
  /** Takes one file; `source` is the sub-folder's name (decoded), or the folder's own for files right in it. */
  take: (
    path: string,
    source: string,
    range: { from: number; to: number } | null,
  ) => Promise<FileSummary>
  warn: (message: string, fields: Record<string, unknown>) => void
  info: (message: string, fields: Record<string, unknown>) => void
}

export type RefusalReason = 'link' | 'special' | 'unreadable' | 'archive'

/** Counters grow from the making of the component on. */
export interface FolderStatus {
  path: string
  /** `absent`: it cannot be read at the moment; each rescan tries again. */
  state: 'off' | 'watching' | 'absent'
  /** Files that are still being written, or wait for their turn. */
  waiting: number
  /** The file that is read at the moment, relative to the folder. */
  taking: string | null
  taken: { files: number; parts: number; lines: number; bytes: number; rawBytes: number }
  duplicates: number
  refused: Record<RefusalReason, number>
  /** Times a file was put off because the spool or the system could not take it. */
  retries: number
}

export class FolderWatch {
  readonly #folder: WatchedFolder
  readonly #host: FolderHost
  readonly #settling: Settling
  readonly #ready = new Set<string>()
  #taking: string | null = null
  readonly #status: FolderStatus
  #watcher: FSWatcher | null = null
  #timers: NodeJS.Timeout[] = []
  #busy: Promise<void> = Promise.resolve()
  #scanning: Promise<void> | null = null
  #draining = false
  #open = false

  constructor(folder: WatchedFolder, host: FolderHost) {
    this.#folder = folder
    this.#host = host
    this.#settling = new Settling(folder.settleMs, !folder.polling)
    this.#status = {
      path: folder.path,
      state: 'off',
      waiting: 0,
      taking: null,
      taken: { files: 0, parts: 0, lines: 0, bytes: 0, rawBytes: 0 },
      duplicates: 0,
      refused: { link: 0, special: 0, unreadable: 0, archive: 0 },
      retries: 0,
    }
  }

  async start(): Promise<void> {
    if (this.#open) return
    this.#open = true
    const { path, create, settleMs, rescanMs } = this.#folder
    if (create) await mkdir(path, { recursive: true, mode: 0o700 })
    await this.#rescan()
    const lookMs = Math.max(10, Math.min(settleMs / 4, 250))
    this.#timers = [
      setInterval(() => this.#look(), lookMs),
      setInterval(() => void this.#rescan(), rescanMs),
    ]
  }

  /** The file that is being read is given up (its taker is told by a signal); the next start takes it again. */
  async stop(): Promise<void> {
    this.#open = false
    for (const timer of this.#timers) clearInterval(timer)
    this.#ready.clear()
    await this.#watcher?.close()
    this.#watcher = null
    await this.#scanning
    const grace = new Promise((resolve) => setTimeout(resolve, fileLimits.stopGraceMs).unref())
    await Promise.race([this.#busy, grace])
    this.#status.state = 'off'
  }

  status(): FolderStatus {
    const waiting = this.#settling.size + this.#ready.size
    return structuredClone({ ...this.#status, waiting })
  }

  #rescan(): Promise<void> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = null
    })
    return this.#scanning
  }

  async #scan(): Promise<void> {
    const { path, afterwards } = this.#folder
    try {
      if (this.#watcher === null && afterwards === 'delete') await restoreTaken(path)
      for await (const found of scanFolder(path)) {
        if (!this.#open) return
        this.#notice(found)
      }
    } catch (error) {
      if (!isFileSystemError(error)) throw error
      if (this.#status.state !== 'absent')
        this.#host.warn(
          `cannot read the folder ${path}: ${causeOf(error)}; make it, or change folders:`,
          {},
        )
      this.#status.state = 'absent'
      await this.#watcher?.close()
      this.#watcher = null
      return
    }
    this.#status.state = 'watching'
    this.#watcher ??= this.#watch()
  }

  #watch(): FSWatcher {
    const { path, polling } = this.#folder
    const watcher = watch(path, {
      backend: polling ? 'polling' : 'auto',
      depth: fileLimits.folderDepth - 1,
      followSymlinks: false,
      // Settling is ours: the library does not hold back what its first scan finds.
      ignoreInitial: false,
      atomic: false,
      ignored: (found: string) => found !== path && isIgnoredName(basename(found)),
    })
    watcher.on('add', (found) => this.#notice(found))
    watcher.on('change', (found) => this.#notice(found))
    // Its inode may be given to the next file: what is known of it must not be believed of that one.
    watcher.on('unlink', (found) => void this.#gone(found))
    watcher.on('error', (error) => {
      this.#host.warn(`the watcher of ${path} failed, files are found by rescans`, {
        cause: causeOf(error),
      })
    })
    return watcher
  }

  #notice(path: string): void {
    if (!this.#open || this.#ready.has(path) || this.#taking === path) return
    this.#settling.notice(path, this.#host.now())
  }

  async #gone(path: string): Promise<void> {
    if (this.#taking === path || (await lstatOrNull(path)) !== null) return
    try {
      await this.#host.state.set(path, null)
    } catch (error) {
      this.#host.warn(`cannot note that a file is gone: ${causeOf(error)}`, { file: label(path) })
    }
  }

  #look(): void {
    const due = this.#settling.due(this.#host.now())
    if (due.length > 0 && !this.#draining) this.#busy = this.#lookAndTake(due)
  }

  async #lookAndTake(due: readonly string[]): Promise<void> {
    this.#draining = true
    try {
      for (const path of due) if (await this.#isReady(path)) this.#ready.add(path)
      for (const path of this.#ready) {
        this.#ready.delete(path)
        this.#taking = path
        if (this.#open) await this.#take(path)
        this.#taking = null
      }
    } catch (error) {
      // A file that cannot be moved, a journal that cannot be written: said, and tried again at the next rescan.
      this.#status.retries++
      this.#host.warn(`cannot go on in ${this.#folder.path}: ${causeOf(error)}`, {})
    } finally {
      this.#ready.clear()
      this.#taking = null
      this.#status.taking = null
      this.#draining = false
    }
  }

  /** A link or device is put aside here; a file waits until it is quiet. */
  async #isReady(path: string): Promise<boolean> {
    if (!this.#open) return false
    const stat = await lstatOrNull(path)
    if (stat === null || stat.isDirectory()) {
      this.#settling.forget(path)
      return false
    }
    const file = identityOf(stat)
    if (newRange(file, this.#host.state.get(path)) === null) {
      this.#settling.forget(path)
      return false
    }
    if (stat.isFile()) return this.#settling.look(path, file, this.#host.now())
    this.#settling.forget(path)
    const link = stat.isSymbolicLink()
    const what = link ? 'a symbolic link' : 'no regular file'
    const why = `it is ${what}; put the file itself here`
    await this.#refuse(path, file, link ? 'link' : 'special', why)
    return false
  }

  async #take(path: string): Promise<void> {
    const stat = await lstatOrNull(path)
    if (stat === null) return
    const { state } = this.#host
    const file = identityOf(stat)
    const range = newRange(file, state.get(path))
    if (range === null) return
    this.#status.taking = relative(this.#folder.path, path)
    // Said before it is done: after a kill -9 the same bytes are taken again, though the file may have grown.
    await state.set(path, { ...file, size: range.from, to: range.to })
    let summary: FileSummary
    try {
      summary = await this.#host.take(path, this.#sourceOf(path), range)
    } catch (error) {
      await this.#failed(path, file, error)
      return
    } finally {
      this.#status.taking = null
    }
    this.#count(summary)
    if (summary.refused !== undefined)
      await this.#refuse(path, summary.file, 'archive', summary.refused)
    else await this.#afterwards(path, { ...summary.file, size: range.to })
  }

  async #failed(path: string, file: FileIdentity, error: unknown): Promise<void> {
    if (!this.#open) return
    if (isOfTheFile(error)) {
      if (await lstatOrNull(path)) await this.#refuse(path, file, 'unreadable', causeOf(error))
      return
    }
    this.#status.retries++
    this.#host.warn(`cannot take a file now: ${causeOf(error)}; it is tried again`, {
      file: label(path),
    })
    this.#settling.notice(path, this.#host.now() + fileLimits.retryMs)
  }

  /** `taken`: what the file was, and how much of it is in the spool now. */
  async #afterwards(path: string, taken: FileIdentity): Promise<void> {
    const stat = await lstatOrNull(path)
    const same = stat !== null && isSameFile(identityOf(stat), taken)
    if (same && this.#folder.afterwards === 'delete') {
      try {
        const deleted = await deleteTaken(this.#folder.path, path, taken)
        await this.#host.state.set(path, null)
        // Another one took its name in this very moment.
        if (!deleted) this.#settling.notice(path, this.#host.now())
        return
      } catch (error) {
        this.#host.warn(`cannot delete a file that was taken: ${causeOf(error)}; it is left`, {
          file: label(path),
        })
      }
    }
    await this.#host.state.set(path, stat === null ? null : taken)
    // It grew while it was read, or another one took its name.
    if (stat !== null && !same) this.#settling.notice(path, this.#host.now())
  }

  async #refuse(
    path: string,
    refused: FileIdentity,
    reason: RefusalReason,
    why: string,
  ): Promise<void> {
    const file = label(relative(this.#folder.path, path))
    try {
      const moved = await putAside(this.#folder.path, path, why, refused)
      await this.#host.state.set(path, null)
      if (!moved) {
        this.#settling.notice(path, this.#host.now())
        return
      }
      this.#host.warn(`a file was refused and put aside into .refused`, { file, why: label(why) })
    } catch (error) {
      // It stays where it is, but it is not looked at again until it changes.
      await this.#host.state.set(path, refused)
      this.#host.warn(`a file was refused and cannot be put aside: ${causeOf(error)}`, { file })
    }
    this.#status.refused[reason]++
  }

  #count(summary: FileSummary): void {
    const { taken } = this.#status
    if (summary.refused !== undefined) return
    if (summary.duplicate) this.#status.duplicates++
    else {
      taken.files++
      taken.parts += summary.parts
      taken.lines += summary.lines
      taken.bytes += summary.bytes
      taken.rawBytes += summary.rawBytes
    }
    const { name, lines, bytes, duplicate } = summary
    this.#host.info(duplicate ? 'a file was taken before' : 'a file was taken', {
      file: name,
      lines,
      bytes,
    })
  }

  #sourceOf(path: string): string {
    const [first, ...below] = relative(this.#folder.path, path).split(sep)
    return below.length === 0 ? basename(this.#folder.path) : sourceOfFolder(first)
  }
}

/** Errors that are the file's own fault; all others (spool, memory, a share that went away) pass. */
function isOfTheFile(error: unknown): boolean {
  if (!(error instanceof OperatingError) || error.code !== 'FILE_UNREADABLE') return false
  const { cause } = error
  if (!isFileSystemError(cause)) return cause === undefined
  return ['EACCES', 'EPERM', 'ELOOP', 'ENXIO', 'EISDIR', 'ENOENT'].includes(cause.code ?? '')
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isFileSystemError(error)) return null
    throw error
  }
}
