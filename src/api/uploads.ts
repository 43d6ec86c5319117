/** Uploads in work and the last ones done: what `GET /uploads/{id}` tells. Kept in memory, bounded. */
import { randomUUID } from 'node:crypto'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { causeOf, OperatingError } from '../errors.ts'
import { apiLimits, fileLimits } from '../limits.ts'
import type { ApiBackend, UploadRequest } from './backend.ts'
import { ApiProblem } from './problem.ts'
import type { UploadRow } from './schemas.ts'

export interface UploadDetails {
  /** As the client says; becomes a label. */
  name: string
  source: string | null
  snapshot: boolean
  /** The snapshot's name. */
  title: string | null
  /** An earlier snapshot that the file belongs to. */
  into: string | null
  sizeBytes: number | null
}

const finished = new Set<UploadRow['state']>(['done', 'duplicate', 'refused', 'failed'])

export class Uploads {
  readonly #backend: ApiBackend
  readonly #now: () => number
  readonly #onFault: (error: unknown, id: string) => void
  readonly #rows = new Map<string, UploadRow>()
  readonly #inWork = new Set<Promise<void>>()
  #receiving = 0

  constructor(
    backend: ApiBackend,
    now: () => number,
    onFault: (error: unknown, id: string) => void,
  ) {
    this.#backend = backend
    this.#now = now
    this.#onFault = onFault
  }

  /** Takes a body. Resolves when all of it is here (the rest goes on behind it), rejects when it was not to be had. */
  async take(body: Readable, details: UploadDetails): Promise<UploadRow> {
    if (details.sizeBytes !== null && details.sizeBytes > fileLimits.uploadBytes) throw tooLarge()
    if (this.#receiving >= apiLimits.uploadsAtOnce)
      throw new ApiProblem(
        503,
        'UNAVAILABLE',
        `cannot take more than ${apiLimits.uploadsAtOnce} uploads at a time; try again when one is done`,
      )
    if (details.into !== null && !(await this.#isSnapshot(details.into)))
      throw new ApiProblem(
        404,
        'NOT_FOUND',
        `cannot find ${details.into}; name the report of an earlier upload`,
      )
    const row = this.#open(details)
    this.#receiving++
    try {
      await this.#receive(body, row, details)
    } finally {
      this.#receiving--
    }
    return row
  }

  /** Waits for uploads that are received and not yet wholly in the spool. */
  async settled(): Promise<void> {
    await Promise.all(this.#inWork)
  }

  /** null = never heard of, or long ago. */
  async get(id: string): Promise<UploadRow | null> {
    const row = this.#rows.get(id)
    if (row === undefined) return null
    const parsed = await this.#backend.uploadParsed(id)
    if (parsed === null) return row
    row.transactions = parsed.transactions
    row.skipped = parsed.skipped
    row.unparsed = parsed.unparsed
    row.parsedLines = parsed.transactions + parsed.skipped + parsed.unparsed
    row.format = parsed.format
    row.confidence = parsed.confidence
    row.formatReason = parsed.reason
    if (row.state === 'parsing' && row.parsedLines >= (row.lines ?? Infinity)) row.state = 'done'
    return row
  }

  async #isSnapshot(report: string): Promise<boolean> {
    for (const row of this.#rows.values()) if (row.report === report) return true
    return (await this.#backend.reports()).some(({ id }) => id === report)
  }

  #open(details: UploadDetails): UploadRow {
    const id = randomUUID()
    for (const [key, old] of this.#rows) {
      if (this.#rows.size < apiLimits.uploadsRemembered) break
      if (old.state !== 'receiving' && old.state !== 'taking') this.#rows.delete(key)
    }
    const row: UploadRow = {
      id,
      name: labelOf(details.name),
      source: details.source ?? 'upload',
      report: details.into ?? (details.snapshot ? `snapshot-${id}` : 'continuous'),
      startedAt: new Date(this.#now()).toISOString(),
      state: 'receiving',
      receivedBytes: 0,
      totalBytes: details.sizeBytes,
      lines: null,
      parsedLines: 0,
      transactions: 0,
      skipped: 0,
      unparsed: 0,
      format: null,
      confidence: null,
      formatReason: null,
      error: null,
    }
    this.#rows.set(id, row)
    return row
  }

  async #receive(body: Readable, row: UploadRow, details: UploadDetails): Promise<void> {
    const here = Promise.withResolvers<void>()
    const counted = countBytes(body, row)
    const request: UploadRequest = {
      id: row.id,
      name: row.name,
      source: row.source,
      report: row.report,
      title: details.title,
      sizeBytes: details.sizeBytes,
    }
    const work = this.#backend
      .takeUpload(counted, request, ({ phase }) => {
        if (phase !== 'taking' || row.state !== 'receiving') return
        row.state = 'taking'
        here.resolve()
      })
      .then(
        (taken) => {
          row.lines = taken.lines
          row.state = 'parsing'
          if (taken.duplicate) row.state = 'duplicate'
          else if (taken.lines === 0) row.state = 'done'
          if (taken.refused !== undefined) {
            row.state = 'refused'
            row.error = { code: 'ARCHIVE_REFUSED', detail: taken.refused }
          }
          here.resolve()
        },
        (error: unknown) => {
          const early = row.state === 'receiving'
          row.state = 'failed'
          row.error = errorOf(error)
          if (early) here.reject(error)
          else this.#onFault(error, row.id)
        },
      )
      .finally(() => {
        body.resume()
        this.#inWork.delete(work)
      })
    this.#inWork.add(work)
    await here.promise
  }

  /** Uploads that are neither done nor failed. */
  get open(): number {
    let open = 0
    for (const row of this.#rows.values()) if (!finished.has(row.state)) open++
    return open
  }
}

function tooLarge(): ApiProblem {
  return new ApiProblem(
    413,
    'TOO_LARGE',
    `cannot take an upload of more than ${fileLimits.uploadBytes} bytes; send it in several files`,
  )
}

function errorOf(error: unknown): { code: string; detail: string } {
  if (error instanceof OperatingError || error instanceof ApiProblem)
    return { code: error.code, detail: causeOf(error) }
  return { code: 'INTERNAL', detail: 'cannot take the upload: it ended early, or a fault of ours' }
}

/** Counts what comes, and ends the stream with an error over the bound. */
function countBytes(body: Readable, row: UploadRow): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      row.receivedBytes += chunk.length
      if (row.receivedBytes > fileLimits.uploadBytes) done(tooLarge())
      else done(null, chunk)
    },
  })
  // No pipeline(): it would destroy the request before the refusal is sent.
  body.once('error', (error) => counter.destroy(error))
  body.once('close', () => {
    if (!body.readableEnded) counter.destroy(new Error('the client went away'))
  })
  return body.pipe(counter)
}

/** The last part of a path, without control characters, cut. Never empty. */
export function labelOf(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const shown = last.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '').trim()
  return Array.from(shown).slice(0, fileLimits.labelCharacters).join('') || 'upload'
}
