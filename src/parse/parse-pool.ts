/** Parse threads. A lane's segments always go to the same thread, in order, so that a stream's state is in one place. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { OperatingError } from '../errors.ts'
import { parseLimits } from '../limits.ts'
import type { Definition } from './definition.ts'
import type { StreamState } from './batch.ts'
import type {
  ParseAnswer,
  ParseOrder,
  ParseThreadOptions,
  RenewOrder,
  ThreadReady,
} from './parse-messages.ts'

export interface ParsePoolOptions extends Omit<ParseThreadOptions, 'streams'> {
  /** What streams have shown so far; a thread that is started anew takes it up. */
  streams: () => readonly StreamState[]
  /** 0 = cores - 1, at least 1. */
  workers: number
}

export interface Ordered extends ParseOrder {
  lane: number
}

interface Thread {
  worker: Worker
  /** Given to the thread, oldest first; stays until `release`. */
  inFlight: Ordered[]
  /** How many of them are answered. */
  answered: Set<string>
  waiting: Ordered[]
}

/** Number of threads for a configured value. */
export function parseWorkers(configured: number): number {
  return configured > 0 ? configured : Math.max(1, availableParallelism() - 1)
}

/**
 * Each order ends in exactly one answer. A segment counts as in flight until `release`, and a thread has at most
 * `segmentsInFlight` of them: a slow store holds parsing back, and the disk is not filled with batches.
 */
export class ParsePool {
  #options: ParsePoolOptions
  readonly #onAnswer: (answer: ParseAnswer) => void
  #threads: Thread[] = []
  #stopping = false
  /** Threads that died and were replaced. */
  restarts = 0

  constructor(options: ParsePoolOptions, onAnswer: (answer: ParseAnswer) => void) {
    this.#options = options
    this.#onAnswer = onAnswer
  }

  /** Resolves when every thread has compiled its definitions; throws DEFINITION_INVALID when they do not. */
  async start(): Promise<void> {
    this.#stopping = false
    const made = Array.from({ length: parseWorkers(this.#options.workers) }, () => this.#spawn())
    this.#threads = made.map(({ worker }) => ({
      worker,
      inFlight: [],
      answered: new Set(),
      waiting: [],
    }))
    for (const thread of this.#threads) this.#attach(thread)
    await Promise.all(made.map(({ ready }) => ready))
  }

  submit(order: Ordered): void {
    const thread = this.#threads[order.lane % this.#threads.length]
    thread.waiting.push(order)
    this.#feed(thread)
  }

  /** The segment is done with: its thread may have another. */
  release(segment: string): void {
    for (const thread of this.#threads) {
      const at = thread.inFlight.findIndex((order) => order.segment === segment)
      if (at < 0) continue
      thread.inFlight.splice(at, 1)
      thread.answered.delete(segment)
      this.#feed(thread)
      return
    }
  }

  /** Other definitions from the next segment of each thread on. They must compile: a thread that cannot read them ends, and is started anew. */
  useDefinitions(definitions: readonly Definition[]): void {
    this.#options = { ...this.#options, definitions }
    for (const { worker } of this.#threads) worker.postMessage({ definitions } satisfies RenewOrder)
  }

  /** Segments given or waiting. */
  get pending(): number {
    return this.#threads.reduce(
      (sum, { inFlight, waiting }) => sum + inFlight.length + waiting.length,
      0,
    )
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
    this.#threads = []
  }

  #feed(thread: Thread): void {
    while (thread.inFlight.length < parseLimits.segmentsInFlight && thread.waiting.length > 0) {
      const order = thread.waiting.shift() as Ordered
      thread.inFlight.push(order)
      thread.worker.postMessage({ segment: order.segment, path: order.path } satisfies ParseOrder)
    }
  }

  #spawn(): { worker: Worker; ready: Promise<void> } {
    const { definitions, pastMsMax, futureMsMax, batchFolder } = this.#options
    const streams = this.#options.streams()
    const workerData: ParseThreadOptions = {
      definitions,
      pastMsMax,
      futureMsMax,
      batchFolder,
      streams,
    }
    const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
      workerData,
      name: 'gnomon-parse',
    })
    const ready = new Promise<void>((resolve, reject) => {
      worker.once('message', ({ fault }: ThreadReady) => {
        if (fault === null) resolve()
        else reject(new OperatingError('DEFINITION_INVALID', fault))
      })
      worker.once('error', reject)
    })
    return { worker, ready }
  }

  #attach(thread: Thread): void {
    thread.worker.on('message', (answer: ParseAnswer | ThreadReady) => {
      if (answer.kind === 'ready') return
      thread.answered.add(answer.kind === 'batch' ? answer.batch.segment : answer.segment)
      this.#onAnswer(answer)
    })
    thread.worker.on('error', (error) => this.#revive(thread, error))
  }

  /** A thread died of a segment (out of memory, a bug): that segment fails, the rest goes to a new thread. */
  #revive(thread: Thread, error: unknown): void {
    if (this.#stopping) return
    this.restarts++
    const open = thread.inFlight.filter((order) => !thread.answered.has(order.segment))
    const message = error instanceof Error ? error.message : String(error)
    const { worker, ready } = this.#spawn()
    ready.catch(() => undefined)
    thread.worker = worker
    this.#attach(thread)
    const [culprit, ...rest] = open
    for (const order of rest)
      worker.postMessage({ segment: order.segment, path: order.path } satisfies ParseOrder)
    if (culprit === undefined) return
    thread.answered.add(culprit.segment)
    this.#onAnswer({
      kind: 'failed',
      segment: culprit.segment,
      message: `the parse thread ended: ${message}`,
      gone: false,
    })
  }
}
