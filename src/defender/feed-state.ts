/** What a feed has taken, in one small file: written whole, beside the old one, and moved over it, so that a crash leaves either. */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'

export class FeedState<T extends object> {
  readonly #path: string
  readonly #empty: () => T
  #value: T | null = null

  constructor(path: string, empty: () => T) {
    this.#path = path
    this.#empty = empty
  }

  /** Read once; then what is in memory counts. Throws SPOOL_UNUSABLE for a file that is not ours: to begin anew would count twice. */
  async read(): Promise<T> {
    if (this.#value !== null) return this.#value
    const text = await readFile(this.#path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw this.#unusable(cause)
    })
    if (text === null) return (this.#value = this.#empty())
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value !== 'object' || value === null) throw new Error('no object')
      return (this.#value = value as T)
    } catch (cause) {
      throw this.#unusable(cause)
    }
  }

  /** Resolves when it is on disk. */
  async write(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const file = await open(`${this.#path}.new`, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(this.#value))
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(`${this.#path}.new`, this.#path)
  }

  #unusable(cause: unknown): OperatingError {
    return new OperatingError(
      'SPOOL_UNUSABLE',
      `cannot use ${this.#path}: ${causeOf(cause)}; check rights, or delete it: all is read again then, and counts once`,
      { cause },
    )
  }
}
