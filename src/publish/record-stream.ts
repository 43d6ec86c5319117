/**
 * Merged usage as records, to a SIEM: taken like an upload (sent-usage.ts), kept in an outbox of its own, delivered in batches in their
 * order. A batch that was cut off is sent again whole: each record has an id that stays the same, so that a receiver can tell.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Keys } from '../access/keys.ts'
import type { RecordsConfig } from '../config/publish-schema.ts'
import { causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { version } from '../lib/version.ts'
import { publishLimits } from '../limits.ts'
import { linesOf } from '../parse/line-reader.ts'
import type { Store } from '../store/store.ts'
import { makeMerged, settlePending } from './make-merged.ts'
import type { MergedOutput } from './make-merged.ts'
import { Outbox } from './outbox.ts'
import type { Job } from './outbox.ts'
import { receiptOf, storeReceipt } from './receipts.ts'
import { recordLine } from './record-lines.ts'
import { recordTarget } from './record-targets.ts'
import type { RecordTarget } from './record-targets.ts'
import { dueHours } from './sent-usage.ts'
import { pauseMs, Refused, TryAgain } from './transport.ts'

export interface RecordStreamOptions {
  dataDir: string
  config: RecordsConfig
  outboxBytes: number
  store: Store
  log: Logger
  now: () => number
}

export interface RecordStreamStatus {
  name: string
  delivered: number
  waitingFiles: number
  /** Batches sent again. */
  retries: number
  trouble: string | null
  /** Since when (epoch ms). */
  troubleMs: number | null
}

const minuteMs = 60_000

export class RecordStream implements Component<RecordStreamStatus> {
  readonly #options: RecordStreamOptions
  readonly #target: RecordTarget
  readonly #abort = new AbortController()
  #outbox: Outbox | null = null
  #keys: Keys | null = null
  #working: Promise<void> = Promise.resolve()
  #delivered = 0
  #retries = 0
  #trouble: string | null = null
  #troubleMs: number | null = null

  constructor(options: RecordStreamOptions) {
    this.#options = options
    this.#target = recordTarget(options.config)
  }

  async start(): Promise<void> {
    const { dataDir, config, store } = this.#options
    this.#keys = await Keys.open(dataDir)
    this.#outbox = await Outbox.open(join(dataDir, 'records', config.name))
    await settlePending(store, this.#outbox)
    this.#working = this.#work()
  }

  async #work(): Promise<void> {
    const { signal } = this.#abort
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#turn()
        failures = 0
        this.#trouble = null
        this.#troubleMs = null
        await delay(publishLimits.turnMs, undefined, { signal })
      } catch (error) {
        if (signal.aborted) return
        failures++
        this.#retries++
        this.#trouble = causeOf(error)
        this.#troubleMs ??= this.#options.now()
        const waitMs =
          (error instanceof TryAgain ? error.waitMs : null) ?? pauseMs(failures, Math.random)
        this.#options.log.warn(
          { records: this.#options.config.name, error: causeOf(error), waitMs: Math.round(waitMs) },
          'publish: records were not taken, they are sent again',
        )
        await delay(waitMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /** All that waits is delivered, then what is due is taken. */
  async #turn(): Promise<void> {
    const { config, store, now, outboxBytes } = this.#options
    const outbox = this.#outbox as Outbox
    for (const job of outbox.jobs()) await this.#deliver(job, outbox)
    if (outbox.bytes >= outboxBytes) return
    const output = outputOf(config)
    const untilMs = now() - config.settleMinutes * minuteMs
    const hours = await dueHours(store, output.output, untilMs, publishLimits.hoursPerFile)
    if (hours.length === 0) return
    await makeMerged({ store, outbox, keys: this.#keys as Keys, now }, output, hours)
    for (const job of outbox.jobs()) await this.#deliver(job, outbox)
  }

  async #deliver(job: Job, outbox: Outbox): Promise<void> {
    const { store, now } = this.#options
    const { signal } = this.#abort
    let lines: string[] = []
    let read = 0
    const flush = async (): Promise<void> => {
      if (lines.length === 0) return
      try {
        await this.#target.deliver(lines, now(), signal)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        throw new TryAgain(error.message, { sent: false, cause: error })
      }
      job.blocksDone += lines.length
      this.#delivered += lines.length
      lines = []
      await outbox.save(job)
    }
    for await (const line of linesOf(createReadStream(outbox.bodyOf(job)))) {
      signal.throwIfAborted()
      if (read++ < job.blocksDone) continue
      lines.push(Buffer.from(line).toString('utf8'))
      if (lines.length >= publishLimits.recordsPerBatch) await flush()
    }
    await flush()
    job.state = 'receipted'
    job.closed = new Date(now()).toISOString()
    await storeReceipt(store, receiptOf(job), now())
    await outbox.remove(job)
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'))
    await this.#working
    await this.#target.close()
  }

  status(): RecordStreamStatus {
    return {
      name: this.#options.config.name,
      delivered: this.#delivered,
      waitingFiles: this.#outbox?.jobs().length ?? 0,
      retries: this.#retries,
      trouble: this.#trouble,
      troubleMs: this.#troubleMs,
    }
  }
}

function outputOf(config: RecordsConfig): MergedOutput {
  const output = `records:${config.name}`
  return {
    output,
    source: config.source ?? null,
    leaveOut: config.leaveOut,
    pseudonyms: config.pseudonyms,
    partBytes: publishLimits.fileBytes,
    header: '',
    line: (row) => `${recordLine(config.shape, row, version)}\n`,
    job: { upload: output, tenant: '', stream: withoutPassword(config.to), format: config.shape },
    fileName: (id) => id,
  }
}

function withoutPassword(to: string): string {
  return to.replace(/\/\/[^/@]*@/, '//')
}
