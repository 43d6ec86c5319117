/** Uploads in work and the last ones done: what `GET /uploads/{id}` tells. Kept in memory, bounded. */
import { randomUUID } from 'node:crypto'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { viewerOf } from '../access/rights.ts'
import { causeOf, OperatingError } from '../errors.ts'
import { apiLimits, fileLimits } from '../limits.ts'
import type { ApiBackend, UploadRequest, UploadTaken } from './backend.ts'
import { currentViewer, viewers } from './current-viewer.ts'
import { ApiProblem, notFound } from './problem.ts'
import type { UploadRow } from './schemas.ts'
import { tooLarge } from './upload-parts.ts'
import type { PartialUpload, UploadParts } from './upload-parts.ts'

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

/** What came by uploads since the start, for /metrics. */
export interface UploadNumbers {
  files: number
  lines: number
  bytes: number
  duplicates: number
  refused: Record<string, number>
}

export class Uploads {
  readonly #backend: ApiBackend
  readonly #now: () => number
  readonly #onFault: (error: unknown, id: string) => void
  readonly #parts: UploadParts | null
  readonly #sums = { files: 0, lines: 0, bytes: 0, duplicates: 0, refused: 0 }
  readonly #rows = new Map<string, UploadRow>()
  readonly #inWork = new Set<Promise<void>>()
  #receiving = 0

  constructor(
    backend: ApiBackend,
    now: () => number,
    onFault: (error: unknown, id: string) => void,
    parts: UploadParts | null = null,
  ) {
    this.#backend = backend
    this.#now = now
    this.#onFault = onFault
    this.#parts = parts
  }

  /** Goes on with what was whole, and not yet in the spool, when the process ended. */
  async start(): Promise<void> {
    const appliance = viewerOf('machine', { name: 'appliance', role: 'administrator' })
    for (const upload of (await this.#parts?.start()) ?? [])
      viewers.run(appliance, () => this.#takeWhole(upload, this.#rowOf(upload)))
  }

  /** Since the start. */
  numbers(): UploadNumbers {
    const { refused, ...sums } = this.#sums
    return {
      ...sums,
      refused: { 'archive-refused': refused, abandoned: this.#parts?.abandoned ?? 0 },
    }
  }

  /** Takes a body. Resolves when all of it is here (the rest goes on behind it), rejects when it was not to be had. */
  async take(body: Readable, details: UploadDetails): Promise<UploadRow> {
    if (this.#receiving >= apiLimits.uploadsAtOnce) throw tooMany()
    this.#receiving++
    try {
      await this.#check(details)
      const row = this.#open(details)
      await this.#receive(body, row, details)
      return row
    } finally {
      this.#receiving--
    }
  }

  /** Opens an upload that comes by parts; `append` fills it. */
  async openParts(
    { sizeBytes, ...details }: UploadDetails & { sizeBytes: number },
    modifiedMs: number | null,
  ): Promise<UploadRow> {
    const parts = this.#byParts()
    await this.#check({ ...details, sizeBytes })
    await this.#backend.checkUpload(details.source)
    const row = this.#open({ ...details, sizeBytes })
    try {
      await parts.open({
        id: row.id,
        owner: owner(),
        name: row.name,
        source: details.source,
        report: row.report,
        title: details.title,
        sizeBytes,
        modifiedMs,
        startedMs: this.#now(),
      })
    } catch (error) {
      this.#rows.delete(row.id)
      throw error
    }
    return (await this.get(row.id)) ?? row
  }

  /** The next part of an upload; with the last one its lines are taken. */
  async append(id: string, offset: number, body: Readable): Promise<UploadRow> {
    const upload = this.#own(id)
    const row = this.#rowOf(upload)
    if (this.#receiving >= apiLimits.uploadsAtOnce) throw tooMany()
    this.#receiving++
    let whole
    try {
      whole = await this.#byParts().append(upload, offset, body)
    } finally {
      this.#receiving--
    }
    if (whole && !upload.taking) this.#takeWhole(upload, row)
    return (await this.get(id)) ?? row
  }

  /** Deletes what arrived of an upload that is not whole. */
  async giveUp(id: string): Promise<void> {
    const upload = this.#own(id)
    if (upload.taking)
      throw new ApiProblem(
        409,
        'CONFLICT',
        'cannot give the upload up: all of it is here, and its lines are being taken',
      )
    await this.#byParts().drop(id)
    this.#rows.delete(id)
  }

  /** Uploads by parts of the one who asks that are not whole. */
  async unfinished(): Promise<UploadRow[]> {
    const found = (await this.#parts?.of(owner())) ?? []
    return found.filter(({ taking }) => !taking).map((upload) => this.#rowOf(upload))
  }

  /** Waits for uploads that are received and not yet wholly in the spool. */
  async settled(): Promise<void> {
    await Promise.all(this.#inWork)
  }

  /** null = never heard of, or long ago. */
  async get(id: string): Promise<UploadRow | null> {
    const upload = this.#parts?.find(id) ?? null
    const row = upload === null ? this.#rows.get(id) : this.#rowOf(upload)
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

  async #check({ into, sizeBytes }: UploadDetails): Promise<void> {
    if (sizeBytes !== null && sizeBytes > fileLimits.uploadBytes) throw tooLarge()
    if (into !== null && !(await this.#isSnapshot(into)))
      throw new ApiProblem(
        404,
        'NOT_FOUND',
        `cannot find ${into}; name the report of an earlier upload`,
      )
  }

  #byParts(): UploadParts {
    if (this.#parts !== null) return this.#parts
    throw new ApiProblem(503, 'UNAVAILABLE', 'cannot take uploads by parts here; send it whole')
  }

  #own(id: string): PartialUpload {
    const upload = this.#byParts().find(id)
    if (upload === null || upload.kept.owner !== owner()) throw notFound(`upload ${id}`)
    return upload
  }

  /** As it stands now; made anew after a restart. */
  #rowOf({ kept, receivedBytes, touchedMs }: PartialUpload): UploadRow {
    const row = this.#rows.get(kept.id) ?? this.#keep(rowOf(kept.id, kept, kept.startedMs))
    row.receivedBytes = receivedBytes
    row.modified = kept.modifiedMs === null ? null : new Date(kept.modifiedMs).toISOString()
    row.expires = new Date(touchedMs + apiLimits.uploadAbandonedMs).toISOString()
    return row
  }

  /** Without waiting: `get` tells how far it is. What fails stays, and the same last part again tries once more. */
  #takeWhole(upload: PartialUpload, row: UploadRow): void {
    const { id, title, sizeBytes, source } = upload.kept
    const path = this.#byParts().pathOf(id)
    upload.taking = true
    row.state = 'taking'
    row.error = null
    const request = { id, name: row.name, source, report: row.report, title, sizeBytes }
    const work = this.#backend
      .takeUpload(
        path,
        request,
        ({ bytes, totalBytes }) => (row.takenShare = share(bytes, totalBytes)),
      )
      .then(async (taken) => {
        await this.#byParts().drop(id)
        this.#end(row, taken)
      })
      .catch((error: unknown) => {
        row.state = 'failed'
        row.error = errorOf(error)
        this.#onFault(error, id)
      })
      .finally(() => {
        upload.taking = false
        this.#inWork.delete(work)
      })
    this.#inWork.add(work)
  }

  /** All of it is in the spool, or will never be. */
  #end(row: UploadRow, { lines, duplicate, refused }: UploadTaken): void {
    row.lines = lines
    row.state = duplicate ? 'duplicate' : lines === 0 ? 'done' : 'parsing'
    if (refused !== undefined) {
      row.state = 'refused'
      row.error = { code: 'ARCHIVE_REFUSED', detail: refused }
      this.#sums.refused++
    } else if (duplicate) this.#sums.duplicates++
    else {
      this.#sums.files++
      this.#sums.lines += lines
      this.#sums.bytes += row.receivedBytes
    }
  }

  async #isSnapshot(report: string): Promise<boolean> {
    for (const row of this.#rows.values()) if (row.report === report) return true
    return (await this.#backend.reports()).some(({ id }) => id === report)
  }

  #open(details: UploadDetails): UploadRow {
    const id = randomUUID()
    const report = details.into ?? (details.snapshot ? `snapshot-${id}` : 'continuous')
    return this.#keep(rowOf(id, { ...details, report }, this.#now()))
  }

  #keep(row: UploadRow): UploadRow {
    for (const [key, old] of this.#rows) {
      if (this.#rows.size < apiLimits.uploadsRemembered) break
      if (finished.has(old.state) || old.state === 'parsing') this.#rows.delete(key)
    }
    this.#rows.set(row.id, row)
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
      .takeUpload(counted, request, ({ phase, bytes, totalBytes }) => {
        if (phase !== 'taking') return
        row.takenShare = share(bytes, totalBytes)
        row.state = 'taking'
        here.resolve()
      })
      .then(
        (taken) => {
          this.#end(row, taken)
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

/** Who may go on with an upload: the account, or what stands for one. */
function owner(): string {
  const { accountId, kind, name } = currentViewer()
  return accountId ?? `${kind}:${name}`
}

function share(bytes: number, totalBytes: number | null): number | null {
  return totalBytes === null || totalBytes === 0 ? null : Math.min(1, bytes / totalBytes)
}

function rowOf(
  id: string,
  {
    name,
    source,
    report,
    sizeBytes,
  }: Pick<UploadDetails, 'name' | 'source' | 'sizeBytes'> & {
    report: string
  },
  startedMs: number,
): UploadRow {
  return {
    id,
    name: labelOf(name),
    source: source ?? 'upload',
    report,
    startedAt: new Date(startedMs).toISOString(),
    state: 'receiving',
    receivedBytes: 0,
    totalBytes: sizeBytes,
    modified: null,
    expires: null,
    takenShare: null,
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
}

function tooMany(): ApiProblem {
  return new ApiProblem(
    503,
    'UNAVAILABLE',
    `cannot take more than ${apiLimits.uploadsAtOnce} uploads at a time; try again when one is done`,
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
