/** Sends what is in the outbox: each upload in its own order, several uploads of a tenant beside each other, until receipted. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { causeOf } from '../errors.ts'
import { publishLimits } from '../limits.ts'
import type { MdaClient } from './mda-client.ts'
import type { Job, Outbox } from './outbox.ts'
import { isOpen, sendJob } from './send-job.ts'
import { pauseMs, TryAgain } from './transport.ts'

export interface SenderOptions {
  outbox: Outbox
  /** By name of the tenant; a job of another tenant waits until there is one. */
  clients: ReadonlyMap<string, MdaClient>
  /** Enters the receipt; the job's file leaves afterwards. Rejects = is tried again. */
  onClosed: (job: Job) => Promise<void>
  log: Logger
  now: () => number
  random?: () => number
}

export interface SenderStatus {
  /** Files receipted, refused and uncertain since start. */
  receipted: number
  refused: number
  uncertain: number
  receiptedBytes: number
  receiptedRows: number
  /** Steps that failed and were tried again. */
  retries: number
}

export class Sender {
  readonly #options: SenderOptions
  readonly #working = new Map<string, Promise<void>>()
  readonly #perTenant = new Map<string, number>()
  readonly #status: SenderStatus = {
    receipted: 0,
    refused: 0,
    uncertain: 0,
    receiptedBytes: 0,
    receiptedRows: 0,
    retries: 0,
  }
  #abort = new AbortController()

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Begins work on all uploads that have files; call it when a file was added. */
  kick(): void {
    if (this.#abort.signal.aborted) return
    const { outbox, clients } = this.#options
    for (const { upload, tenant, state } of outbox.jobs()) {
      const key = `${tenant}|${upload}`
      const client = clients.get(tenant)
      const busy = this.#perTenant.get(tenant) ?? 0
      const done = state === 'refused' || state === 'uncertain'
      if (
        done ||
        client === undefined ||
        this.#working.has(key) ||
        busy >= publishLimits.uploadsAtOnce
      )
        continue
      this.#perTenant.set(tenant, busy + 1)
      const work = this.#work(tenant, upload, client).finally(() => {
        this.#working.delete(key)
        this.#perTenant.set(tenant, (this.#perTenant.get(tenant) ?? 1) - 1)
        this.kick()
      })
      this.#working.set(key, work)
    }
  }

  /** Resolves when nothing that could be sent waits. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working.values())
  }

  #next(tenant: string, upload: string): Job | undefined {
    return this.#options.outbox
      .jobs()
      .find(
        (job) =>
          job.tenant === tenant &&
          job.upload === upload &&
          (isOpen(job) || job.state === 'receipted'),
      )
  }

  async #work(tenant: string, upload: string, client: MdaClient): Promise<void> {
    const { signal } = this.#abort
    for (
      let job = this.#next(tenant, upload);
      job !== undefined && !signal.aborted;
      job = this.#next(tenant, upload)
    )
      await this.#untilClosed(job, client)
  }

  /** Until it is receipted or put aside, its receipt too, or until we stop. */
  async #untilClosed(job: Job, client: MdaClient): Promise<void> {
    const { outbox, now } = this.#options
    const { signal } = this.#abort
    for (let failures = 1; !signal.aborted; failures++)
      try {
        await sendJob(job, { client, outbox, signal, now })
        await this.#options.onClosed(job)
        this.#count(job)
        if (job.state === 'receipted') await outbox.remove(job)
        return
      } catch (error) {
        if (!signal.aborted) await this.#pause(job, error, failures)
      }
  }

  async #pause({ upload, id, state }: Job, error: unknown, failures: number): Promise<void> {
    this.#status.retries++
    const random = this.#options.random ?? Math.random
    const waitMs = (error instanceof TryAgain ? error.waitMs : null) ?? pauseMs(failures, random)
    this.#options.log.warn(
      { upload, file: id, state, error: causeOf(error), waitMs: Math.round(waitMs) },
      'publish: an upload did not get on, it is tried again',
    )
    await delay(waitMs, undefined, { signal: this.#abort.signal }).catch(() => undefined)
  }

  #count({ state, bytes, rows, id, trouble }: Job): void {
    if (state !== 'receipted' && state !== 'refused' && state !== 'uncertain') return
    this.#status[state]++
    if (state === 'receipted') {
      this.#status.receiptedBytes += bytes
      this.#status.receiptedRows += rows
    } else
      this.#options.log.error(
        { file: id, state, trouble },
        'publish: a file needs a look; see GET /api/v1/publish/files, mend it or send it again',
      )
  }

  /** Cuts off what is under way: its state is on disk. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'))
    await Promise.all(this.#working.values())
  }

  status(): SenderStatus {
    return { ...this.#status }
  }
}
