/**
 * From the spool into the store: each sealed segment is parsed by its thread, inserted, and only then leaves the spool. Whatever
 * is interrupted is done again under the same tokens, so that it counts once.
 */
import { mkdir, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { OperatingError, causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import { storeLimits } from '../limits.ts'
import type { StreamState } from '../parse/batch.ts'
import type { ParseAnswer, ParsedBatch } from '../parse/parse-messages.ts'
import type { Definition } from '../parse/definition.ts'
import { ParsePool } from '../parse/parse-pool.ts'
import type { Drop } from '../spool/frame-sink.ts'
import { parseSegmentName } from '../spool/segment-writer.ts'
import type { SealedSegment } from '../spool/segment-writer.ts'
import type { Spool } from '../spool/spool.ts'
import type { Store } from './store.ts'

export interface IngestOptions {
  workers: number
  definitions: readonly Definition[]
  pastMsMax: number
  futureMsMax: number
  /** Folder for batches on their way from parse to store; emptied at start. */
  batchFolder: string
  now: () => number
  /** Marks of hours with new rows (store/mark-clock.ts). */
  mark: () => number
  /** Enters into the ledger what could not be parsed at all. */
  drop: (drop: Drop) => void
  /** Called with a segment that is in the store, before it leaves the spool. */
  keep?: (segment: SealedSegment, path: string) => Promise<void>
}

export interface IngestStatus {
  segments: number
  lines: number
  bytes: number
  /** Segments not yet in the store. */
  pending: number
  quarantined: number
  /** Rows of minute flows. */
  flows: number
  /** Opening of the oldest segment that is not in the store, epoch ms; null = nothing waits. */
  oldestMs: number | null
  /** Failed tries by their error's code. */
  failures: Record<string, number>
  /** Steps that failed (an insert, a batch, a segment's leaving), each tried again. */
  retries: number
  threadRestarts: number
  /** Times a parse thread's dictionaries were full and began anew. */
  dictionaryResets: number
  /** Why nothing gets on at the moment, or null. */
  trouble: string | null
  transactions: number
  /** Lines by reason. */
  skipped: Record<string, number>
  unparsed: Record<string, number>
  dropped: Record<string, number>
}

/** Called after each segment that is in the store. */
export type Inserted = (batch: ParsedBatch) => void

export class Ingest implements Component<IngestStatus> {
  readonly #spool: Spool
  readonly #store: Store
  readonly #options: IngestOptions
  readonly #log: Logger
  readonly #pool: ParsePool
  #definitions: readonly Definition[]
  readonly #segments = new Map<string, SealedSegment>()
  readonly #streams = new Map<string, StreamState>()
  /** When each stream's state was written last; it changes with every segment. */
  readonly #streamsWritten = new Map<string, { atMs: number; mark: string }>()
  readonly #answers: ParseAnswer[] = []
  readonly #inserted: Inserted[] = []
  #working: Promise<void> | null = null
  /** Segments that somebody waits for. */
  #idle: { segments: Set<string>; resolve: () => void }[] = []
  #stopping = false
  readonly #status = {
    segments: 0,
    lines: 0,
    bytes: 0,
    quarantined: 0,
    retries: 0,
    transactions: 0,
    flows: 0,
    dictionaryResets: 0,
  }
  readonly #failures = new Map<string, number>()
  readonly #reasons = {
    skipped: new Map<string, number>(),
    unparsed: new Map<string, number>(),
    dropped: new Map<string, number>(),
  }
  #trouble: string | null = null

  constructor(spool: Spool, store: Store, options: IngestOptions, log: Logger) {
    this.#spool = spool
    this.#store = store
    this.#options = options
    this.#log = log
    const { workers, definitions, pastMsMax, futureMsMax, batchFolder } = options
    this.#definitions = definitions
    this.#pool = new ParsePool(
      {
        workers,
        definitions,
        pastMsMax,
        futureMsMax,
        batchFolder,
        streams: () => [...this.#streams.values()],
      },
      (answer) => {
        this.#answers.push(answer)
        this.#working ??= this.#work()
      },
    )
  }

  /** `streams`: what the store knows of them. */
  async start(streams: readonly StreamState[] = []): Promise<void> {
    this.#stopping = false
    for (const state of streams) this.#streams.set(state.key, state)
    await mkdir(this.#options.batchFolder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#options.batchFolder))
      await unlink(join(this.#options.batchFolder, name))
    await this.#pool.start()
  }

  /** Whether segments wait to be stored. */
  get busy(): boolean {
    return this.#segments.size > 0
  }

  /** Those in force. */
  get definitions(): readonly Definition[] {
    return this.#definitions
  }

  /** Other definitions, for segments that are not being read yet. */
  useDefinitions(definitions: readonly Definition[]): void {
    this.#definitions = definitions
    this.#pool.useDefinitions(definitions)
  }

  /** Takes a sealed segment. The same id again, while it is under way, is left to the first one. */
  submit(segment: SealedSegment): void {
    const known = this.#segments.get(segment.id)
    if (known !== undefined) {
      if (known.name !== segment.name)
        this.#spool
          .remove(segment)
          .catch((error: unknown) => this.#warn('remove', segment.id, error))
      return
    }
    this.#segments.set(segment.id, segment)
    this.#pool.submit({ segment: segment.id, path: this.#spool.path(segment), lane: segment.lane })
  }

  /** Resolves when every segment submitted so far is in the store. */
  async idle(): Promise<void> {
    const segments = new Set(this.#segments.keys())
    if (segments.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push({ segments, resolve }))
  }

  onInserted(listener: Inserted): void {
    this.#inserted.push(listener)
  }

  /** A thread tells what it needs after a restart only when there is news of it. */
  #remember(state: StreamState): void {
    state.memory ??= this.#streams.get(state.key)?.memory ?? null
    this.#streams.set(state.key, state)
  }

  /** Latest state of every stream. */
  streams(): StreamState[] {
    return [...this.#streams.values()]
  }

  async #work(): Promise<void> {
    while (this.#answers.length > 0 && !this.#stopping) {
      const answer = this.#answers.shift() as ParseAnswer
      if (answer.kind === 'batch') await this.#insert(answer.batch)
      else if (answer.kind === 'failed') await this.#failed(answer)
      else await this.#again(answer)
    }
    this.#working = null
  }

  async #insert(batch: ParsedBatch): Promise<void> {
    const segment = this.#segments.get(batch.segment)
    if (segment === undefined) throw new Error(`BUG: nobody asked for segment ${batch.segment}`)
    const memories = batch.streams.filter(({ memory }) => memory !== null)
    for (const state of batch.streams) this.#remember(state)
    const streams = this.#worthWriting(batch.streams)
    const store = async (): Promise<void> =>
      this.#store.insertSegment({ ...batch, streams, memories }, this.#options.mark)
    if (!(await this.#untilDone(segment, 'store: an insert failed', store))) return
    const leave = async (): Promise<void> => this.#leave(segment, batch)
    if (!(await this.#untilDone(segment, 'spool: a stored segment cannot leave', leave))) return
    this.#status.segments++
    this.#status.lines += batch.lines
    this.#status.flows += batch.flows
    if (batch.forgot) this.#status.dictionaryResets++
    this.#status.bytes += batch.bytes
    this.#count(batch)
    this.#done(segment)
    for (const listener of this.#inserted) listener(batch)
  }

  #count({ ledger }: ParsedBatch): void {
    for (const { outcome, reason, lines } of ledger) {
      if (outcome === 'transaction') this.#status.transactions += lines
      else if (outcome !== 'received') {
        const reasons = this.#reasons[outcome]
        reasons.set(reason, (reasons.get(reason) ?? 0) + lines)
      }
    }
  }

  /** Its rows are in the store: batch files go, the segment is kept or put into quarantine, and leaves the spool. May be done again. */
  async #leave(segment: SealedSegment, batch: ParsedBatch): Promise<void> {
    const agentFiles = batch.agentFiles.map(({ file }) => file)
    for (const file of [batch.flowsFile, batch.unparsedFile, ...agentFiles])
      if (file !== null) await rm(file, { force: true })
    if (batch.damaged)
      return this.#quarantine(segment, 'a block of it is damaged; what is whole was read')
    await this.#options.keep?.(segment, this.#spool.path(segment))
    await this.#spool.remove(segment)
  }

  /** Tries until it succeeds, or until we stop (then the segment stays in the spool). */
  async #untilDone(
    { id }: SealedSegment,
    what: string,
    work: () => Promise<void>,
  ): Promise<boolean> {
    for (
      let pauseMs: number = storeLimits.retryMs;
      ;
      pauseMs = Math.min(pauseMs * 2, storeLimits.retryMsMax)
    ) {
      try {
        await work()
        this.#trouble = null
        return true
      } catch (error) {
        this.#status.retries++
        this.#trouble = causeOf(error)
        const code = error instanceof OperatingError ? error.code : 'UNKNOWN'
        this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1)
        this.#log.error(
          { segment: id, error: causeOf(error), pauseMs },
          `${what}, it is tried again`,
        )
      }
      for (let waited = 0; waited < pauseMs; waited += storeLimits.retryMs) {
        if (this.#stopping) return false
        await delay(storeLimits.retryMs)
      }
    }
  }

  /** Stream states change with every segment; they are written when what matters after a restart changed, else now and then. */
  #worthWriting(states: readonly StreamState[]): StreamState[] {
    const nowMs = this.#options.now()
    return states.filter((state) => {
      const mark = JSON.stringify([state.format, state.layout, state.source, state.drift.length])
      const last = this.#streamsWritten.get(state.key)
      const sinceMs = elapsedMs(last?.atMs ?? -Infinity, nowMs)
      if (last?.mark === mark && sinceMs < storeLimits.streamStateMs) return false
      this.#streamsWritten.set(state.key, { atMs: nowMs, mark })
      return true
    })
  }

  async #failed(answer: Extract<ParseAnswer, { kind: 'failed' }>): Promise<void> {
    const segment = this.#segments.get(answer.segment)
    if (segment === undefined) throw new Error(`BUG: nobody asked for segment ${answer.segment}`)
    this.#log.error(
      { segment: segment.name, error: answer.message, gone: answer.gone },
      'parse: a segment cannot be read',
    )
    const stream = {
      key: 'spool',
      listener: 'spool',
      peer: 'spool',
      source: 'spool',
      format: null,
      zone: null,
    }
    this.#options.drop({
      stream,
      reason: 'segment-damaged',
      lines: 0,
      bytes: segment.sizeBytes,
      atMs: this.#options.now(),
    })
    if (!answer.gone) await this.#quarantine(segment, answer.message)
    this.#done(segment)
  }

  /** A batch found no room on the disk: wait, and parse the segment again. */
  async #again(answer: Extract<ParseAnswer, { kind: 'unwritten' }>): Promise<void> {
    this.#status.retries++
    this.#trouble = answer.message
    this.#log.error(
      { segment: answer.segment, error: answer.message },
      'parse: a batch cannot be written, it is tried again',
    )
    await delay(storeLimits.retryMsMax / 10)
    const segment = this.#segments.get(answer.segment)
    if (segment === undefined) return
    this.#pool.release(segment.id)
    this.#pool.submit({ segment: segment.id, path: this.#spool.path(segment), lane: segment.lane })
  }

  async #quarantine(segment: SealedSegment, reason: string): Promise<void> {
    await this.#spool.quarantine(segment)
    this.#status.quarantined++
    this.#log.error({ segment: segment.name, reason }, 'spool: a damaged segment is in quarantine')
  }

  #done(segment: SealedSegment): void {
    this.#segments.delete(segment.id)
    this.#pool.release(segment.id)
    for (const waiting of this.#idle) {
      waiting.segments.delete(segment.id)
      if (waiting.segments.size === 0) waiting.resolve()
    }
    this.#idle = this.#idle.filter(({ segments }) => segments.size > 0)
  }

  #warn(what: string, segment: string, error: unknown): void {
    this.#log.warn({ segment, error: causeOf(error) }, `spool: cannot ${what} a segment`)
  }

  /** What is not in the store stays in the spool. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#working
    await this.#pool.stop()
    for (const { resolve } of this.#idle.splice(0)) resolve()
  }

  #oldestMs(): number | null {
    const times = Array.from(
      this.#segments.values(),
      ({ name }) => parseSegmentName(name)?.openedAtMs ?? Infinity,
    )
    const oldest = times.reduce((least, time) => Math.min(least, time), Infinity)
    return oldest === Infinity ? null : oldest
  }

  status(): IngestStatus {
    return {
      ...this.#status,
      pending: this.#segments.size,
      oldestMs: this.#oldestMs(),
      failures: Object.fromEntries(this.#failures),
      threadRestarts: this.#pool.restarts,
      trouble: this.#trouble,
      skipped: Object.fromEntries(this.#reasons.skipped),
      unparsed: Object.fromEntries(this.#reasons.unparsed),
      dropped: Object.fromEntries(this.#reasons.dropped),
    }
  }
}
