/**
 * A file of lines that outlives the process. A line counts when it is on disk; what a failed write, a kill or a power cut leaves of one is
 * a line of its own, which readers pass over. One process writes it.
 */
import { open, readFile, rename, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { oneByOne } from './one-by-one.ts'

export class Journal {
  readonly #path: string
  #file: FileHandle
  /** The last line may be half a one. */
  #torn: boolean
  readonly #inTurn = oneByOne()

  private constructor(path: string, file: FileHandle, torn: boolean) {
    this.#path = path
    this.#file = file
    this.#torn = torn
  }

  /** Makes the file when there is none. Rejects with the file system's error. */
  static async open(path: string): Promise<{ journal: Journal; lines: string[] }> {
    const text = await readOrEmpty(path)
    const file = await open(path, 'a', 0o600)
    const torn = text !== '' && !text.endsWith('\n')
    return { journal: new Journal(path, file, torn), lines: linesOf(text) }
  }

  /** Resolves when the line is on disk. */
  append(line: string): Promise<void> {
    return this.#inTurn(async () => {
      const text = `${this.#torn ? '\n' : ''}${line}\n`
      this.#torn = true
      await this.#file.appendFile(text)
      this.#torn = false
      await this.#file.datasync()
    })
  }

  /** What is in it, empty lines left out. */
  async lines(): Promise<string[]> {
    return linesOf(await readOrEmpty(this.#path))
  }

  /** Puts other lines in place of all; `make` is asked when no write is under way, null = they stay. A failure leaves the old ones in force. */
  replace(make: () => Promise<readonly string[] | null>): Promise<void> {
    return this.#inTurn(async () => {
      const lines = await make()
      if (lines === null) return
      const path = `${this.#path}.new`
      await writeFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600, flush: true })
      const next = await open(path, 'a', 0o600)
      try {
        await rename(path, this.#path)
      } catch (error) {
        await next.close()
        throw error
      }
      const last = this.#file
      this.#file = next
      this.#torn = false
      await last.close()
    })
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => this.#file.close())
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

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
