/** Files of an upload: whole lines, split at a size, each with its header, hashed and counted while written. UTF-8 without BOM. */
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { publishLimits } from '../limits.ts'

export interface Part {
  rows: number
  bytes: number
  sha256: string
}

export interface PartWriterOptions {
  folder: string
  /** A part is closed when it has this much. */
  partBytes: number
  /** Lines at the head of each part, with their line feeds; not counted as rows. */
  header: string
  /** Number of the next file; parts of several writers of one group are numbered through. */
  nextNumber: () => number
}

const bufferBytes = 1024 * 1024

export class PartWriter {
  readonly #options: PartWriterOptions
  readonly #limitBytes: number
  /** By number of the file. */
  readonly parts = new Map<number, Part>()
  #file: FileHandle | null = null
  #number = 0
  #hash: Hash = createHash('sha256')
  #pending: Buffer[] = []
  #pendingBytes = 0
  #bytes = 0
  #rows = 0

  constructor(options: PartWriterOptions) {
    this.#options = options
    // a line more may follow the bound, and the service's own is far above
    this.#limitBytes = Math.min(options.partBytes, publishLimits.fileBytesMax / 2)
  }

  /** Whole lines, each with its line feed. */
  async write(lines: Buffer, rows: number): Promise<void> {
    if (this.#file === null) await this.#begin()
    this.#pending.push(lines)
    this.#pendingBytes += lines.length
    this.#rows += rows
    if (this.#pendingBytes >= bufferBytes) await this.#flush()
    if (this.#bytes + this.#pendingBytes >= this.#limitBytes) await this.#end()
  }

  async close(): Promise<void> {
    if (this.#file !== null) await this.#end()
  }

  async #begin(): Promise<void> {
    this.#number = this.#options.nextNumber()
    this.#file = await open(join(this.#options.folder, `${this.#number}.log`), 'wx', 0o600)
    this.#hash = createHash('sha256')
    this.#bytes = 0
    this.#rows = 0
    if (this.#options.header === '') return
    this.#pending.push(Buffer.from(this.#options.header))
    this.#pendingBytes += this.#pending[0].length
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    await this.#file?.writeFile(bytes)
  }

  async #end(): Promise<void> {
    await this.#flush()
    await this.#file?.close()
    this.#file = null
    this.parts.set(this.#number, {
      rows: this.#rows,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
    })
  }
}
