/** How far files were taken that stay where they are: they may grow, and must go on where they ended, over restarts too. */
import { open, readFile, rename, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { fileLimits } from '../limits.ts'
import type { FileIdentity } from './file-intake.ts'

const entrySchema = z.strictObject({
  dev: z.number(),
  ino: z.number(),
  birthtimeMs: z.number(),
  /** Bytes taken, and the time of change they were taken at. */
  size: z.number(),
  mtimeMs: z.number(),
  /** Set while bytes up to here are being taken: after a kill -9 the same range is taken again, under the same ids. */
  to: z.number().optional(),
})
/** The path, and what is known of it; null = the file is gone. */
const lineSchema = z.tuple([z.string(), entrySchema.nullable()])

/** Lines of the journal at which it is written anew. */
const journalLines = 4 * fileLimits.folderFiles

export type TakenFile = z.infer<typeof entrySchema>

/**
 * Remembers the latest `fileLimits.folderFiles` files in a journal of one JSON line for each change, which is written anew at
 * each start and when it is long; without a path, in memory only.
 */
export class FolderState {
  readonly #path: string | null
  readonly #files = new Map<string, TakenFile>()
  #journal: FileHandle | null = null
  #lines = 0
  /** Writes follow each other. */
  #queue: Promise<void> = Promise.resolve()

  constructor(path: string | null) {
    this.#path = path
  }

  /** Reads what the last process left. A damaged line counts as none: its file is then known by its content only. */
  async open(): Promise<void> {
    if (this.#path === null || this.#journal !== null) return
    for (const line of (await readOrEmpty(this.#path)).split('\n')) {
      const parsed = lineSchema.safeParse(jsonOrNull(line))
      if (parsed.success) this.#remember(...parsed.data)
    }
    await this.#writeAnew(this.#path)
  }

  async close(): Promise<void> {
    await this.#queue
    await this.#journal?.close()
    this.#journal = null
  }

  get(path: string): TakenFile | undefined {
    return this.#files.get(path)
  }

  /** Null forgets the file. Resolves when it is in the journal; a kill -9 keeps it then. */
  set(path: string, file: TakenFile | null): Promise<void> {
    if (file === null && !this.#files.has(path)) return Promise.resolve()
    this.#remember(path, file)
    const write = this.#queue.then(() => this.#append([path, file]))
    // The next write must not fail for this one; who asked for this one sees its error.
    this.#queue = write.catch(() => undefined)
    return write
  }

  #remember(path: string, file: TakenFile | null): void {
    this.#files.delete(path)
    if (file === null) return
    this.#files.set(path, file)
    if (this.#files.size <= fileLimits.folderFiles) return
    const [oldest] = this.#files.keys()
    this.#files.delete(oldest)
  }

  async #append(line: [string, TakenFile | null]): Promise<void> {
    if (this.#journal === null || this.#path === null) return
    await this.#journal.appendFile(`${JSON.stringify(line)}\n`)
    if (++this.#lines < journalLines) return
    await this.#journal.close()
    await this.#writeAnew(this.#path)
  }

  async #writeAnew(path: string): Promise<void> {
    const lines = [...this.#files].map((file) => `${JSON.stringify(file)}\n`)
    await writeFile(`${path}.tmp`, lines.join(''), { mode: 0o600, flush: true })
    await rename(`${path}.tmp`, path)
    this.#lines = lines.length
    this.#journal = await open(path, 'a', 0o600)
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller takes null for a line that says nothing.
    return null
  }
}

/** Which bytes of a file are new; null = none. A smaller file, or another one under the same name, begins anew. */
export function newRange(
  file: FileIdentity,
  before: TakenFile | undefined,
): { from: number; to: number } | null {
  const same =
    before !== undefined &&
    before.dev === file.dev &&
    before.ino === file.ino &&
    before.birthtimeMs === file.birthtimeMs &&
    file.size >= (before.to ?? before.size)
  if (!same) return { from: 0, to: file.size }
  if (before.to !== undefined) return { from: before.size, to: before.to }
  if (file.size > before.size) return { from: before.size, to: file.size }
  // Written over in place to the same size: another content.
  return file.mtimeMs === before.mtimeMs ? null : { from: 0, to: file.size }
}
