/**
 * What all feeds have in common: one turn after the other, a pause that grows while the other side fails, counters, and a word when a
 * feed is silent. What a feed takes goes into the spool as sealed segments; what it has is written down before and after.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { OperatingError, causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { defenderLimits } from '../limits.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { agentListenerPrefix } from './agent-lines.ts'

export type FeedKind = 'storage' | 'hunting' | 'event-hub'

/** The door of the spool: a segment under an id of its content; the same id again is a no-op. Resolves when it is durable. */
export interface FeedSink {
  part(part: {
    id: string
    stream: StreamDescription
    receivedAtMs: number
    bytes: Uint8Array
    lines: number
  }): Promise<void>
}

export interface FeedStatus {
  name: string
  kind: FeedKind
  source: string
  /** `waiting` between two turns, `failing` from a failed turn to the next good one. */
  state: 'off' | 'waiting' | 'working' | 'failing'
  /** It brought nothing for longer than its silentMinutes. */
  silent: boolean
  /** Start of the last turn that went well, epoch ms. */
  lastTurnMs: number | null
  /** When it brought something last, epoch ms; null = never, as far as is known. */
  lastDataMs: number | null
  /** Since when its turns fail; null = the last one went well. */
  failingSinceMs: number | null
  lines: number
  bytes: number
  segments: number
  /** Rows that came again and were left out. */
  repeated: number
  /** Failed turns by what failed. */
  failures: Record<string, number>
  /** Why it does not go on at the moment, or null. */
  trouble: string | null
}

/** A failure that names its kind (`denied`, `throttled`, ...) and perhaps how long to wait. */
export class FeedTrouble extends OperatingError {
  readonly kind: string
  readonly retryAfterMs: number | null

  constructor(
    kind: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | null } = {},
  ) {
    super('FEED_FAILED', message, { cause: options.cause })
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

export interface FeedOptions {
  name: string
  kind: FeedKind
  source: string
  silentMs: number
  /** Pause after a turn that found nothing more. */
  pollMs: number
  retryMs?: number
  sink: FeedSink
  log: Logger
  now: () => number
}

/** What a turn may do. */
export interface FeedTurn {
  signal: AbortSignal
  /** Puts whole lines into the spool; `id` tells the place they come from. */
  put(id: string, bytes: Uint8Array, lines: number): Promise<void>
  /** Counts rows that were left out since they came before. */
  repeated(rows: number): void
  /** The other side asked for patience in the middle of a turn: told and counted like a failure, and the turn goes on after it. */
  wait(trouble: FeedTrouble, tries: number): Promise<void>
}

export interface FeedWork {
  /** Takes what there is. True = there is more at once. Throws FeedTrouble. */
  turn(turn: FeedTurn): Promise<boolean>
  close?(): Promise<void>
  /** It was denied: what it signs in with is to be read again. */
  renew?(): Promise<void>
}

export class Feed implements Component<FeedStatus> {
  readonly #options: FeedOptions
  readonly #work: FeedWork
  readonly #status: FeedStatus
  #startedMs = 0
  #stopping = new AbortController()
  #running: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: FeedOptions, work: FeedWork) {
    const { name, kind, source } = options
    this.#options = options
    this.#work = work
    this.#status = {
      name,
      kind,
      source,
      state: 'off',
      silent: false,
      lastTurnMs: null,
      lastDataMs: null,
      failingSinceMs: null,
      lines: 0,
      bytes: 0,
      segments: 0,
      repeated: 0,
      failures: {},
      trouble: null,
    }
  }

  /** When an earlier process had something of it last: a silence goes on over a restart. */
  remember(lastDataMs: number): void {
    this.#status.lastDataMs ??= lastDataMs
  }

  /** The key of its stream. */
  get key(): string {
    return `defender:${this.#options.name}`
  }

  /** The first turn begins at once; what the other side does wrong is told by `status`, never thrown here. */
  async start(): Promise<void> {
    if (this.#running !== null) return
    this.#stopping = new AbortController()
    this.#startedMs = this.#options.now()
    this.#running = this.#turns()
    this.#timer = setInterval(() => this.#listen(), defenderLimits.silenceEveryMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort(new Error('stopping'))
    await this.#running
    this.#running = null
    await this.#work.close?.()
    this.#status.state = 'off'
  }

  status(): FeedStatus {
    return structuredClone({ ...this.#status, silent: this.#isSilent() })
  }

  #isSilent(): boolean {
    const { lastDataMs, state } = this.#status
    if (state === 'off') return false
    const { silentMs, now } = this.#options
    // after a standstill it has some time to bring what came meanwhile
    if (now() - this.#startedMs <= Math.min(silentMs, defenderLimits.catchUpMs)) return false
    return now() - (lastDataMs ?? this.#startedMs) > silentMs
  }

  #listen(): void {
    const silent = this.#isSilent()
    if (silent && !this.#status.silent)
      this.#options.log.warn(
        { feed: this.#options.name, silentMinutes: Math.round(this.#options.silentMs / 60_000) },
        'defender: a feed is silent; its hours are not complete until it speaks again',
      )
    this.#status.silent = silent
  }

  async #turns(): Promise<void> {
    const { signal } = this.#stopping
    const { pollMs, retryMs = defenderLimits.retryMs } = this.#options
    let failedMs = 0
    while (!signal.aborted) {
      let pauseMs = pollMs
      try {
        if (await this.#turn()) pauseMs = 0
        failedMs = 0
      } catch (error) {
        if (signal.aborted) break
        failedMs = failedMs === 0 ? retryMs : Math.min(failedMs * 2, defenderLimits.retryMsMax)
        pauseMs = this.#fail(error, failedMs)
        if (error instanceof FeedTrouble && error.kind === 'denied') await this.#renew()
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #turn(): Promise<boolean> {
    const { signal } = this.#stopping
    const startedMs = this.#options.now()
    // a feed that tries again is failing until a turn goes well
    if (this.#status.trouble === null) this.#status.state = 'working'
    const more = await this.#work.turn({
      signal,
      put: (id, bytes, lines) => this.#put(id, bytes, lines),
      repeated: (rows) => {
        this.#status.repeated += rows
      },
      wait: async (trouble, tries) => {
        const { retryMs = defenderLimits.retryMs } = this.#options
        const pauseMs = Math.min(retryMs * 2 ** tries, defenderLimits.retryMsMax)
        await delay(this.#fail(trouble, pauseMs), undefined, { signal })
      },
    })
    this.#status.lastTurnMs = startedMs
    this.#status.trouble = null
    this.#status.failingSinceMs = null
    this.#status.state = 'waiting'
    return more
  }

  /** A configuration that cannot be read now leaves what was in force. */
  async #renew(): Promise<void> {
    const { name, log } = this.#options
    await this.#work.renew?.().catch((error: unknown) => {
      log.warn({ feed: name, error: causeOf(error) }, 'defender: secrets could not be read again')
    })
  }

  /** Notes it, and gives the time to wait. */
  #fail(error: unknown, failedMs: number): number {
    const { name, log } = this.#options
    const kind = error instanceof FeedTrouble ? error.kind : 'failed'
    const after = error instanceof FeedTrouble ? error.retryAfterMs : null
    const pauseMs =
      after === null ? failedMs : Math.min(Math.max(after, 0), defenderLimits.retryAfterMsMax)
    const { failures } = this.#status
    failures[kind] = (failures[kind] ?? 0) + 1
    // said once for each kind of trouble, not with each try
    if (this.#status.trouble !== causeOf(error))
      log.warn({ feed: name, error: causeOf(error), pauseMs }, 'defender: a feed does not go on')
    this.#status.trouble = causeOf(error)
    this.#status.state = 'failing'
    this.#status.failingSinceMs ??= this.#options.now()
    return pauseMs
  }

  async #put(id: string, bytes: Uint8Array, lines: number): Promise<void> {
    const { name, kind, source, sink, now } = this.#options
    const stream: StreamDescription = {
      key: this.key,
      listener: `${agentListenerPrefix}${kind}`,
      peer: name,
      source,
      format: null,
      zone: null,
    }
    const receivedAtMs = now()
    await sink.part({ id, stream, receivedAtMs, bytes, lines })
    this.#status.lastDataMs = receivedAtMs
    this.#status.lines += lines
    this.#status.bytes += bytes.length
    this.#status.segments++
  }
}

/** An id of a segment, from what makes its content what it is. */
export function segmentId(...parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(typeof part === 'object' ? part : String(part)).update('\0')
  return `defender-${hash.digest('hex').slice(0, 40)}`
}

export function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
