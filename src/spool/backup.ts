/**
 * Segments after they are stored: hard links in `<data>/backup`, so that keeping them costs no write (copies where it is another disk). Kept by size and age, and as long
 * as an upload of raw lines still needs them. Names sort in the order the segments were stored: `<ms, 15 digits>-<segment's name>`.
 */
import { copyFile, link, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'

/** Ending of a copy that is not whole. */
const copying = '.part'

export interface BackupLimits {
  maxBytes: number
  maxAgeMs: number
}

export interface KeptSegment {
  name: string
  bytes: number
  keptMs: number
}

export interface BackupStatus {
  segments: number
  bytes: number
  /** Segments that an upload still needed and that had to go. */
  lost: number
}

export class Backup {
  readonly folder: string
  #kept: KeptSegment[] = []
  /** Names of segments without the time: the same one again is there already. */
  readonly #known = new Set<string>()
  #lastMs = 0
  #lost = 0

  constructor(folder: string) {
    this.folder = folder
  }

  /** Throws SPOOL_UNUSABLE. */
  async open(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      for (const name of (await readdir(this.folder)).toSorted()) {
        if (!/^\d{15}-/.test(name) || name.endsWith(copying)) continue
        const { size } = await stat(join(this.folder, name))
        this.#add({ name, bytes: size, keptMs: Number(name.slice(0, 15)) })
      }
    } catch (cause) {
      throw new OperatingError(
        'SPOOL_UNUSABLE',
        `cannot use the backup folder ${this.folder}: ${causeOf(cause)}; check owner, rights and space`,
        { cause },
      )
    }
  }

  #add(segment: KeptSegment): void {
    this.#kept.push(segment)
    this.#known.add(segment.name.slice(16))
    this.#lastMs = Math.max(this.#lastMs, segment.keptMs)
  }

  /** Keeps a segment that is in the store and about to leave the spool. Twice is once. */
  async keep(path: string, name: string, nowMs: number): Promise<void> {
    if (this.#known.has(name)) return
    const keptMs = Math.max(nowMs, this.#lastMs + 1)
    const kept = `${String(keptMs).padStart(15, '0')}-${name}`
    await linkOrCopy(path, join(this.folder, kept))
    this.#add({ name: kept, bytes: (await stat(path)).size, keptMs })
  }

  /** Kept after this name, oldest first; '' = all. */
  after(name: string): KeptSegment[] {
    return this.#kept.filter((segment) => segment.name > name)
  }

  path({ name }: KeptSegment): string {
    return join(this.folder, name)
  }

  /** Deletes one, on somebody's order. */
  async remove(segment: KeptSegment): Promise<void> {
    await unlink(this.path(segment)).catch(unlessGone)
    this.#kept = this.#kept.filter(({ name }) => name !== segment.name)
    this.#known.delete(segment.name.slice(16))
  }

  /**
   * Deletes what is too much or too old, oldest first. `neededFrom`: uploads have not read what comes after this name (null = nobody
   * waits); it goes only beyond `hardBytes`, and is counted.
   */
  async prune(
    limits: BackupLimits,
    nowMs: number,
    need: { neededFrom: string | null; hardBytes: number },
  ): Promise<void> {
    let { bytes } = this.status()
    while (this.#kept.length > 0) {
      const [oldest] = this.#kept
      const needed = need.neededFrom !== null && oldest.name > need.neededFrom
      const over = bytes > (needed ? need.hardBytes : limits.maxBytes)
      const old = !needed && nowMs - oldest.keptMs > limits.maxAgeMs
      if (!over && !old) return
      await unlink(this.path(oldest)).catch(unlessGone)
      this.#kept.shift()
      this.#known.delete(oldest.name.slice(16))
      if (needed) this.#lost++
      bytes -= oldest.bytes
    }
  }

  status(): BackupStatus {
    let bytes = 0
    for (const segment of this.#kept) bytes += segment.bytes
    return { segments: this.#kept.length, bytes, lost: this.#lost }
  }
}

/** Another file system, or one that knows no hard links, takes a copy. */
async function linkOrCopy(path: string, to: string): Promise<void> {
  try {
    await link(path, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS'].includes(code)) throw error
    const part = `${to}${copying}`
    await copyFile(path, part)
    await rename(part, to)
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
