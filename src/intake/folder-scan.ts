/** What lies in a drop folder: which names are looked at, and when a file is done being written. */
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileLimits } from '../limits.ts'
import type { FileIdentity } from './file-intake.ts'

/**
 * Names that are never taken: hidden ones (`.in.*` of ProFTPD's HiddenStores, `.refused`, an editor's), and those of files that
 * are being written until they are renamed.
 */
export function isIgnoredName(name: string): boolean {
  return name.startsWith('.') || /\.(tmp|part|partial|filepart|crdownload)$/i.test(name)
}

/**
 * Paths of all entries below a folder that may be logs (links and devices too, so that they can be refused), folders looked
 * into as deep as `fileLimits.folderDepth`. Throws the file system's error for the folder itself only.
 */
export async function* scanFolder(folder: string, depth = 0): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    if (isIgnoredName(entry.name)) continue
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) yield path
    else if (depth + 1 < fileLimits.folderDepth) yield* scanBelow(path, depth + 1)
  }
}

async function* scanBelow(folder: string, depth: number): AsyncGenerator<string> {
  try {
    yield* scanFolder(folder, depth)
  } catch (error) {
    // Gone, or not ours to read: other folders are looked at all the same, and the next scan comes here again.
    if (!isFileSystemError(error)) throw error
  }
}

/** Whether an error has a system's code (ENOENT, EACCES, …). */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}

/** The same file with the same content, as far as the file system tells. */
export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.size === other.size &&
    one.mtimeMs === other.mtimeMs &&
    one.dev === other.dev &&
    one.ino === other.ino &&
    one.birthtimeMs === other.birthtimeMs
  )
}

interface Waiting {
  identity: FileIdentity | null
  dueMs: number
}

/** Files that wait until nobody writes them any more. */
export class Settling {
  readonly #settleMs: number
  readonly #trustTimes: boolean
  readonly #files = new Map<string, Waiting>()

  /** `trustTimes`: a file changed long ago by its own time is done; on network mounts, clocks may differ. */
  constructor(settleMs: number, trustTimes: boolean) {
    this.#settleMs = settleMs
    this.#trustTimes = trustTimes
  }

  get size(): number {
    return this.#files.size
  }

  /** Returns false when there is no room: a later scan brings the file again. */
  notice(path: string, dueMs: number): boolean {
    if (this.#files.has(path)) return true
    if (this.#files.size >= fileLimits.folderFiles) return false
    this.#files.set(path, { identity: null, dueMs })
    return true
  }

  forget(path: string): void {
    this.#files.delete(path)
  }

  /** Files to be looked at now. */
  due(nowMs: number): string[] {
    // nothing is put off for longer: the clock was set back
    const lastMs = nowMs + Math.max(this.#settleMs, fileLimits.retryMs)
    return [...this.#files]
      .filter(([, { dueMs }]) => dueMs <= nowMs || dueMs > lastMs)
      .map(([path]) => path)
  }

  /** True when the file is done (it is forgotten then), false when it is to be looked at again. */
  look(path: string, identity: FileIdentity, nowMs: number): boolean {
    const before = this.#files.get(path)?.identity ?? null
    const quiet =
      before === null
        ? this.#trustTimes && nowMs - identity.mtimeMs >= this.#settleMs
        : isSameFile(before, identity)
    if (quiet) this.#files.delete(path)
    else this.#files.set(path, { identity, dueMs: nowMs + this.#settleMs })
    return quiet
  }
}
