/**
 * Uploads to Defender for Cloud Apps on their own: looks what is due, makes files into the outbox, sends them until receipted, keeps the
 * receipts, and asks the tenants what became of the files.
 */
import { join } from 'node:path'
import type { ScheduledTask } from 'node-cron'
import type { Logger } from 'pino'
import { Keys } from '../access/keys.ts'
import type { PublishConfig, UploadConfig } from '../config/publish-schema.ts'
import { causeOf, OperatingError } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import { oneByOne } from '../lib/one-by-one.ts'
import { publishLimits } from '../limits.ts'
import type { StreamState } from '../parse/batch.ts'
import type { Backup } from '../spool/backup.ts'
import type { Store } from '../store/store.ts'
import { atTimes, dueReason } from './due.ts'
import type { DueReason } from './due.ts'
import { makeMerged, settlePending } from './make-merged.ts'
import type { MergedOutput } from './make-merged.ts'
import { makeRaw, RawCursors } from './make-raw.ts'
import { MdaClient } from './mda-client.ts'
import type { RemoteStream } from './mda-client.ts'
import { Outbox } from './outbox.ts'
import type { Job } from './outbox.ts'
import { receiptOf, storeReceipt } from './receipts.ts'
import type { RemoteVerdict } from './receipts.ts'
import { ReceiptsFile } from './receipts-file.ts'
import { Sender } from './sender.ts'
import type { SenderStatus } from './sender.ts'
import { isOpen } from './send-job.ts'
import { dueHours } from './sent-usage.ts'
import { lineFormats } from './usage-lines.ts'

export interface PublisherOptions {
  dataDir: string
  config: PublishConfig
  store: Store
  backup: Backup
  streams: () => readonly StreamState[]
  log: Logger
  now: () => number
}

export interface PublisherStatus extends SenderStatus {
  waitingFiles: number
  waitingBytes: number
  /** Files that need a person. */
  putAside: number
  verdicts: RemoteVerdict[]
  uploads: {
    name: string
    waiting: number
    lastMade: string | null
    lastReason: DueReason | null
    trouble: string | null
  }[]
}

/** Bytes of one merged row, about: for the estimate of what waits. */
const rowBytes = 130
const minuteMs = 60_000

interface UploadState {
  called: 'schedule' | 'asked' | null
  lookedMs: number
  lastMade: string | null
  lastReason: DueReason | null
  trouble: string | null
}

export class Publisher implements Component<PublisherStatus> {
  readonly #options: PublisherOptions
  readonly #clients = new Map<string, MdaClient>()
  readonly #uploads: Map<string, UploadState>
  readonly #tasks: ScheduledTask[] = []
  readonly #receipts: ReceiptsFile
  #outbox: Outbox | null = null
  #sender: Sender | null = null
  #cursors: RawCursors | null = null
  #keys: Keys | null = null
  #timer: NodeJS.Timeout | undefined
  /** Two looks at one upload at a time would take the same lines twice. */
  readonly #inTurn = oneByOne()
  #stopping = false
  #abort = new AbortController()
  #verdicts: RemoteVerdict[] = []
  #askedMs = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#receipts = new ReceiptsFile(options.dataDir)
    this.#uploads = new Map(
      options.config.uploads.map(({ name }) => [
        name,
        { called: null, lookedMs: 0, lastMade: null, lastReason: null, trouble: null },
      ]),
    )
  }

  async start(): Promise<void> {
    const { dataDir, config, store, log, now } = this.#options
    this.#turnIn(publishLimits.turnMs)
    if (config.tenants.length === 0) return
    this.#keys = await Keys.open(dataDir)
    const outbox = await Outbox.open(join(dataDir, 'outbox'))
    this.#outbox = outbox
    await settlePending(store, outbox)
    this.#cursors = await RawCursors.open(outbox)
    for (const tenant of config.tenants) this.#clients.set(tenant.name, new MdaClient(tenant, now))
    const onClosed = async (job: Job): Promise<void> => storeReceipt(store, receiptOf(job), now())
    this.#sender = new Sender({ outbox, clients: this.#clients, onClosed, log, now })
    // a process that died between the last step and the receipt
    for (const job of outbox.jobs()) if (!isOpen(job)) await onClosed(job)
    for (const upload of config.uploads)
      if (upload.schedule !== undefined)
        this.#tasks.push(
          await atTimes(upload.schedule, upload.zone, () => this.#call(upload.name, 'schedule')),
        )
    this.#sender.kick()
  }

  #call(name: string, called: 'schedule' | 'asked'): void {
    const state = this.#uploads.get(name)
    if (state !== undefined) state.called = called
  }

  #turnIn(waitMs: number): void {
    if (this.#stopping) return
    this.#timer = setTimeout(() => {
      void this.#inTurn(async () => this.#turn()).finally(() => this.#turnIn(publishLimits.turnMs))
    }, waitMs)
  }

  async #turn(): Promise<void> {
    await this.#takeReceipts()
    for (const upload of this.#options.config.uploads) await this.#look(upload)
    await this.#ask()
    await this.#prune()
  }

  /** Makes what is due of one upload; what goes wrong is told and tried again in the next turn. */
  async #look(upload: UploadConfig): Promise<void> {
    const state = this.#uploads.get(upload.name)
    const outbox = this.#outbox
    if (state === undefined || outbox === null || this.#stopping) return
    const nowMs = this.#options.now()
    const each =
      upload.content === 'raw'
        ? publishLimits.turnMs
        : Math.min(minuteMs, upload.everyMinutes * 6000)
    if (state.called === null && elapsedMs(state.lookedMs, nowMs) < each) return
    state.lookedMs = nowMs
    try {
      if (outbox.bytes >= this.#options.config.outboxBytes) {
        state.trouble = 'the outbox is full: nothing new is made until something is sent'
        return
      }
      const reason = await (upload.content === 'raw'
        ? this.#raw(upload, state)
        : this.#merged(upload, state))
      state.called = null
      state.trouble = null
      if (reason === null) return
      state.lastMade = new Date(nowMs).toISOString()
      state.lastReason = reason
      this.#sender?.kick()
    } catch (error) {
      state.trouble = causeOf(error)
      this.#options.log.error(
        { upload: upload.name, error: causeOf(error) },
        'publish: files could not be made, it is tried again',
      )
    }
  }

  async #merged(upload: UploadConfig, state: UploadState): Promise<DueReason | null> {
    const { store, now } = this.#options
    const settleMs = upload.settleMinutes * minuteMs
    const hours = await dueHours(store, upload.name, now() - settleMs, publishLimits.hoursPerFile)
    const bytes = hours.reduce((sum, { rows }) => sum + rows * rowBytes, 0)
    // a late hour waits from when it was merged anew: its generation is that time
    const since = hours.map(({ hour, generation, again }) =>
      again ? generation : hour * 1000 + 60 * minuteMs + settleMs,
    )
    const sinceMs = since.length === 0 ? null : Math.min(...since)
    const rule = { everyBytes: upload.everyBytes, everyMs: upload.everyMinutes * minuteMs }
    const reason = dueReason(rule, { bytes, sinceMs }, state.called, now())
    if (reason === null) return null
    const made = await makeMerged(this.#parts(), mergedOutput(upload), hours)
    if (made !== null)
      this.#options.log.info(
        { upload: upload.name, reason, rows: made.rows, bytes: made.bytes, leftOut: made.leftOut },
        'publish: merged records wait to be uploaded',
      )
    return made === null ? null : reason
  }

  async #raw(upload: UploadConfig, state: UploadState): Promise<DueReason | null> {
    const { backup, streams, now, log } = this.#options
    const cursors = this.#cursors as RawCursors
    const kept = backup.after(cursors.of(upload.name))
    const bytes = kept.reduce((sum, segment) => sum + segment.bytes, 0)
    const rule = { everyBytes: upload.everyBytes, everyMs: upload.everyMinutes * minuteMs }
    const reason = dueReason(rule, { bytes, sinceMs: kept[0]?.keptMs ?? null }, state.called, now())
    if (reason === null) return null
    const output = {
      upload: upload.name,
      tenant: upload.tenant,
      stream: upload.stream,
      source: upload.source ?? '',
      format: upload.format ?? null,
      partBytes: upload.everyBytes,
      fileName: fileNameOf(upload.name),
    }
    const { rows, left } = await makeRaw(
      { ...this.#parts(), backup, streams },
      cursors,
      output,
      kept,
    )
    if (rows > 0 || Object.keys(left).length > 0)
      log.info(
        { upload: upload.name, reason, rows, left },
        'publish: raw lines wait to be uploaded',
      )
    return rows > 0 ? reason : null
  }

  #parts() {
    const { store, now } = this.#options
    return { store, outbox: this.#outbox as Outbox, keys: this.#keys as Keys, now }
  }

  /** What the tenants say of the streams; a failure is told once and does not hold up anything. */
  async #ask(): Promise<void> {
    const { config, now, log } = this.#options
    if (this.#stopping || elapsedMs(this.#askedMs, now()) < publishLimits.verdictMs) return
    if (this.#askedMs !== 0 || (this.#sender?.status().receipted ?? 0) > 0) {
      const verdicts: RemoteVerdict[] = []
      for (const [name, client] of this.#clients)
        try {
          const mine = config.uploads
            .filter(({ tenant }) => tenant === name)
            .map(({ stream }) => stream)
          if (mine.length > 0)
            verdicts.push(...verdictsOf(mine, await client.streams(this.#abort.signal), now()))
        } catch (error) {
          log.warn(
            { tenant: name, error: causeOf(error) },
            'publish: a tenant does not tell about its streams',
          )
        }
      if (verdicts.length > 0) this.#verdicts = verdicts
      this.#askedMs = now()
    }
  }

  async #takeReceipts(): Promise<void> {
    const { store, now, log } = this.#options
    await this.#receipts
      .take(store, now())
      .catch((error: unknown) =>
        log.error({ error: causeOf(error) }, 'publish: receipts of gnomon upload were not taken'),
      )
  }

  async #prune(): Promise<void> {
    const { backup, config, now } = this.#options
    const raw = config.uploads.filter(({ content }) => content === 'raw').map(({ name }) => name)
    const limits = {
      maxBytes: config.backup.maxBytes,
      maxAgeMs: config.backup.days * 24 * 60 * minuteMs,
    }
    const need = { neededFrom: this.#cursors?.least(raw) ?? null, hardBytes: config.outboxBytes }
    await backup
      .prune(limits, now(), need)
      .catch((error: unknown) =>
        this.#options.log.error(
          { error: causeOf(error) },
          'backup: old segments cannot be deleted',
        ),
      )
  }

  /** Makes and sends now what waits. Resolves when it is in the outbox. Throws USAGE for a name that is none. */
  async run(name: string): Promise<void> {
    const upload = this.#named(name)
    this.#call(name, 'asked')
    await this.#inTurn(async () => this.#look(upload))
  }

  #named(name: string): UploadConfig {
    const upload = this.#options.config.uploads.find((entry) => entry.name === name)
    if (upload !== undefined) return upload
    throw new OperatingError(
      'USAGE',
      `cannot find the upload ${name}: it is not in publish.uploads; check its name`,
    )
  }

  /** Files in the outbox, in their order. */
  jobs(): Job[] {
    return this.#outbox?.jobs() ?? []
  }

  /** A file that was put aside goes again from the beginning. Throws USAGE when there is none of this id, or it is not put aside. */
  async resend(id: string): Promise<Job> {
    const job = this.#putAside(id)
    job.state = 'waiting'
    Object.assign(job, {
      url: null,
      provider: null,
      blocksDone: 0,
      mayBeTaken: false,
      addresses: 0,
      trouble: null,
      closed: null,
    })
    job.steps.push({
      at: new Date(this.#options.now()).toISOString(),
      step: 'resend',
      answer: 'asked for by a person',
    })
    await this.#outbox?.save(job)
    this.#sender?.kick()
    return job
  }

  /** A file that was put aside leaves; its receipt stays. */
  async discard(id: string): Promise<void> {
    await this.#outbox?.remove(this.#putAside(id))
  }

  #putAside(id: string): Job {
    const job = this.#outbox?.get(id) ?? null
    if (job?.state === 'refused' || job?.state === 'uncertain') return job
    throw new OperatingError(
      'USAGE',
      `cannot take ${id.slice(0, 100)}: no file of this id was refused or is uncertain; see GET /api/v1/publish/files`,
    )
  }

  /** Everything that could be sent is sent. */
  async idle(): Promise<void> {
    await this.#inTurn(async () => undefined)
    await this.#sender?.idle()
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    clearTimeout(this.#timer)
    for (const task of this.#tasks) await task.destroy()
    this.#abort.abort(new Error('stopping'))
    await this.#inTurn(async () => undefined)
    await this.#sender?.stop()
    for (const client of this.#clients.values()) await client.transport.close()
  }

  status(): PublisherStatus {
    const jobs = this.jobs()
    const waiting = jobs.filter(isOpen)
    const none = {
      receipted: 0,
      refused: 0,
      uncertain: 0,
      receiptedBytes: 0,
      receiptedRows: 0,
      retries: 0,
    }
    return {
      ...(this.#sender?.status() ?? none),
      waitingFiles: waiting.length,
      waitingBytes: waiting.reduce((sum, { bytes }) => sum + bytes, 0),
      putAside: jobs.filter(({ state }) => state === 'refused' || state === 'uncertain').length,
      verdicts: this.#verdicts,
      uploads: [...this.#uploads].map(([name, { lastMade, lastReason, trouble }]) => ({
        name,
        waiting: waiting.filter(({ upload }) => upload === name).length,
        lastMade,
        lastReason,
        trouble:
          trouble ??
          waiting.find((job) => job.upload === name && job.trouble !== null)?.trouble ??
          null,
      })),
    }
  }
}

/** What one upload of merged records takes and writes. */
export function mergedOutput(upload: UploadConfig): MergedOutput {
  const format =
    lineFormats.find(({ id }) => id === (upload.format ?? 'GENERIC_W3C')) ?? lineFormats[0]
  return {
    output: upload.name,
    source: upload.source ?? null,
    leaveOut: upload.leaveOut,
    pseudonyms: upload.pseudonyms,
    partBytes: upload.everyBytes,
    header: format.header,
    line: format.line,
    job: { upload: upload.name, tenant: upload.tenant, stream: upload.stream, format: format.id },
    fileName: fileNameOf(upload.name),
  }
}

/** Names at the tenant hold the id, so that a person finds one there and here. */
export function fileNameOf(upload: string): (id: string) => string {
  return (id) => `gnomon-${upload}-${id}.log`
}

function verdictsOf(
  names: readonly string[],
  streams: readonly RemoteStream[],
  nowMs: number,
): RemoteVerdict[] {
  return names.map((name) => {
    const found = streams.find(({ displayName }) => displayName === name)
    return {
      stream: name,
      files: found?.logFilesHistoryCount ?? null,
      failed: found?.logFilesFailsCount ?? null,
      asked: new Date(nowMs).toISOString(),
    }
  })
}
