/** The journal of files that were taken: one JSON line for each content, so that a file put twice is taken once. */
import { OperatingError, causeOf } from '../errors.ts'
import { Journal } from '../lib/journal.ts'

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
  #journal: Journal | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** Reads the journal and forgets what is older than `keepMs`: its usage is no longer kept either. Throws SPOOL_UNUSABLE. */
  async open(nowMs: number, keepMs: number): Promise<void> {
    try {
      const { journal, lines } = await Journal.open(this.#path)
      this.#journal = journal
      const kept = lines.filter((line) => {
        const file = entryOf(line)
        if (file === null || nowMs - file.atMs > keepMs) return false
        this.#ids.add(file.id)
        return true
      })
      if (kept.length < lines.length) await journal.replace(async () => kept)
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
    await this.#opened().append(JSON.stringify(file))
    this.#ids.add(file.id)
  }

  /** Takes names of files out of the journal; the files count as taken still. Gives how many. */
  async redact(fits: (name: string) => boolean): Promise<number> {
    const journal = this.#opened()
    let redacted = 0
    await journal.replace(async () => {
      const lines = (await journal.lines()).flatMap((line) => {
        const file = entryOf(line)
        if (file === null) return []
        if (file.name === '' || !fits(file.name)) return [line]
        redacted++
        return [JSON.stringify({ ...file, name: '' })]
      })
      return redacted === 0 ? null : lines
    })
    return redacted
  }

  #opened(): Journal {
    if (this.#journal === null) throw new Error('BUG: the journal of taken files is not open')
    return this.#journal
  }

  async close(): Promise<void> {
    await this.#journal?.close()
    this.#journal = null
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
