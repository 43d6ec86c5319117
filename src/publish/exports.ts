/** Tables as files (Parquet, NDJSON, CSV): the engine writes them beside the data, they are sent, and are gone. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError } from '../errors.ts'
import { exportLimits } from '../limits.ts'
import { engineFormat, exportQuestion } from '../report/export-tables.ts'
import type { ExportFormat, ExportTable } from '../report/export-tables.ts'
import type { UsageScope } from '../report/scope.ts'
import type { Store } from '../store/store.ts'

export interface ExportedFile {
  bytes: number
  rows: number
  /** Destroyed or read to its end, the file is gone. */
  body: ReadStream
}

export class Exports {
  readonly #folder: string
  readonly #limits: { rows: number; atOnce: number }
  #running = 0

  constructor(dataDir: string, limits: { rows: number; atOnce: number } = exportLimits) {
    this.#folder = join(dataDir, 'exports')
    this.#limits = limits
  }

  /** What a process that died has left goes. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#folder))
      await rm(join(this.#folder, name), { force: true })
  }

  /** `store`: as the viewer may see it. Throws EXPORT_REFUSED when it is too large, EXPORT_BUSY when too many are being made. */
  async make(
    store: Pick<Store, 'query' | 'writeFile'>,
    table: ExportTable,
    format: ExportFormat,
    scope: UsageScope,
  ): Promise<ExportedFile> {
    if (this.#running >= this.#limits.atOnce)
      throw new OperatingError(
        'EXPORT_BUSY',
        `cannot export ${table}: ${this.#running} exports are being made; try again in a minute`,
      )
    this.#running++
    const file = join(this.#folder, randomUUID())
    try {
      const { sql, params } = exportQuestion(table, format, scope)
      const [{ rows }] = await store.query<{ rows: number }>(
        `SELECT count() AS rows FROM (${sql})`,
        params,
      )
      if (rows > this.#limits.rows)
        throw new OperatingError(
          'EXPORT_REFUSED',
          `cannot export ${rows} rows of ${table}: at most ${this.#limits.rows} are one file; say from, to or source`,
        )
      await store.writeFile(file, engineFormat[format], sql, params)
      // an engine that has nothing to write makes no file of some formats
      const bytes = await stat(file).then(
        ({ size }) => size,
        () => 0,
      )
      const body = createReadStream(bytes === 0 ? '/dev/null' : file)
      body.once('close', () => void rm(file, { force: true }))
      return { bytes, rows, body }
    } catch (error) {
      await rm(file, { force: true })
      throw error
    } finally {
      this.#running--
    }
  }
}
