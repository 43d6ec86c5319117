/** The journal of files that were taken: one JSON line for each content, so that a file put twice is taken once. */
import { open, readFile, rename, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { OperatingError, causeOf } from '../errors.ts'

interface TakenFile {
  id: string
  name: string
  bytes: number
  lines: number
  atMs: number
}

export class TakenFiles {
  readonly #path: string
  readonly #ids = new Set<string>()
  #file: FileHandle | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Reads the journal and forgets what is older than `keepMs`: its usage is no longer kept either. Throws SPOOL_UNUSABLE. */
  async open(nowMs: number, keepMs: number): Promise<void> {
    try {
      const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      const lines = text.split('\n').filter((line) => line !== '')
      const kept = lines.filter((line) => {
        const file = entryOf(line)
        if (file === null || nowMs - file.atMs > keepMs) return false
        this.#ids.add(file.id)
        return true
      })
      if (kept.length < lines.length || (text !== '' && !text.endsWith('\n'))) {
        await writeFile(`${this.#path}.new`, kept.map((line) => `${line}\n`).join(''), {
          mode: 0o600,
          flush: true,
        })
        await rename(`${this.#path}.new`, this.#path)
      }
      this.#file = await open(this.#path, 'a', 0o600)
    } catch (cause) {
      throw new OperatingError(
        'SPOOL_UNUSABLE',
        `cannot use ${this.#path}: ${causeOf(cause)}; check owner, rights and space of the data folder`,
        { cause },
      )
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Resolves when the entry is on disk. */
  async add(file: TakenFile): Promise<void> {
    await this.#alone(async () => {
      if (this.#file === null) throw new Error('BUG: the journal of taken files is not open')
      await this.#file.appendFile(`${JSON.stringify(file)}\n`)
      await this.#file.datasync()
      this.#ids.add(file.id)
    })
  }

  /** One after the other: the journal may be written anew. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** Takes names of files out of the journal; the files count as taken still. Gives how many. */
  async redact(fits: (name: string) => boolean): Promise<number> {
    return this.#alone(async () => this.#redact(fits))
  }

  async #redact(fits: (name: string) => boolean): Promise<number> {
    if (this.#file === null) throw new Error('BUG: the journal of taken files is not open')
    let redacted = 0
    const lines = (await readFile(this.#path, 'utf8')).split('\n').flatMap((line) => {
      const file = entryOf(line)
      if (file === null) return []
      if (file.name === '' || !fits(file.name)) return [`${line}\n`]
      redacted++
      return [`${JSON.stringify({ ...file, name: '' })}\n`]
    })
    if (redacted === 0) return 0
    await writeFile(`${this.#path}.new`, lines.join(''), { mode: 0o600, flush: true })
    await this.#file.close()
    await rename(`${this.#path}.new`, this.#path)
    this.#file = await open(this.#path, 'a', 0o600)
    return redacted
  }

  async close(): Promise<void> {
    await this.#turn
    await this.#file?.close()
    this.#file = null
  }
}

/** A torn last line (power cut) is no entry: its file is offered again, and its parts are known by their ids. */
function entryOf(line: string): TakenFile | null {
  try {
    const entry: unknown = JSON.parse(line)
    return isTaken(entry) ? entry : null
  } catch {
    return null
  }
}

function isTaken(entry: unknown): entry is TakenFile {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'id' in entry &&
    typeof entry.id === 'string' &&
    'atMs' in entry &&
    typeof entry.atMs === 'number'
  )
}
