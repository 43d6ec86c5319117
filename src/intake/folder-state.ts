/** How far files were taken that stay where they are: they may grow, and must go on where they ended, over restarts too. */
import { z } from 'zod'
import { Journal } from '../lib/journal.ts'
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
  #journal: Journal | null = null
  #lines = 0

  constructor(path: string | null) {
    this.#path = path
  }

  /** Reads what the last process left. A damaged line counts as none: its file is then known by its content only. */
  async open(): Promise<void> {
    if (this.#path === null || this.#journal !== null) return
    const { journal, lines } = await Journal.open(this.#path)
    this.#journal = journal
    for (const line of lines) {
      const parsed = lineSchema.safeParse(jsonOrNull(line))
      if (parsed.success) this.#remember(...parsed.data)
    }
    await this.#shorten(journal)
  }

  async close(): Promise<void> {
    await this.#journal?.close()
    this.#journal = null
  }

  get(path: string): TakenFile | undefined {
    return this.#files.get(path)
  }

  /** Null forgets the file. Resolves when it is on disk. */
  async set(path: string, file: TakenFile | null): Promise<void> {
    if (file === null && !this.#files.has(path)) return
    this.#remember(path, file)
    const journal = this.#journal
    if (journal === null) return
    await journal.append(JSON.stringify([path, file]))
    if (++this.#lines >= journalLines) await this.#shorten(journal)
  }

  #remember(path: string, file: TakenFile | null): void {
    this.#files.delete(path)
    if (file === null) return
    this.#files.set(path, file)
    if (this.#files.size <= fileLimits.folderFiles) return
    const [oldest] = this.#files.keys()
    this.#files.delete(oldest)
  }

  async #shorten(journal: Journal): Promise<void> {
    await journal.replace(async () => {
      const lines = Array.from(this.#files, (file) => JSON.stringify(file))
      this.#lines = lines.length
      return lines
    })
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
