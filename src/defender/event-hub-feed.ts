/**
 * Event Hubs: messages with `records`, several tables mixed. Each partition's place is kept here, behind the spool: what is not in the
 * spool is delivered again.
 * https://learn.microsoft.com/en-us/defender-xdr/streaming-api-event-hub
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EventPosition, ReceivedEventData, Subscription } from '@azure/event-hubs'
import type { Logger } from 'pino'
import type { EventHubConfig } from '../config/defender-schema.ts'
import { causeOf } from '../errors.ts'
import { defenderLimits } from '../limits.ts'
import { entraCredential } from '../lib/entra-credential.ts'
import { Feed, FeedTrouble, segmentId } from './feed.ts'
import type { FeedSink, FeedTurn } from './feed.ts'
import { FeedState } from './feed-state.ts'
import { renewed } from './renewal.ts'
import type { Latest } from './renewal.ts'

interface Positions {
  /** Sequence number of the last event that is in the spool, by partition. */
  partitions: Record<string, number>
}

/** What is used of Microsoft's client. */
export interface HubClient {
  getPartitionIds(): Promise<string[]>
  subscribe(
    handlers: {
      processEvents: (
        events: Pick<ReceivedEventData, 'body' | 'sequenceNumber'>[],
        context: { partitionId: string },
      ) => Promise<void>
      processError: (error: Error) => Promise<void>
    },
    options: {
      startPosition: Record<string, EventPosition>
      maxBatchSize: number
      maxWaitTimeInSeconds: number
    },
  ): Subscription
  close(): Promise<void>
}

export interface EventHubFeedParts {
  config: EventHubConfig
  dataDir: string
  sink: FeedSink
  log: Logger
  now: () => number
  latest?: Latest<EventHubConfig>
  /** Another client, and bounds that tests make small. */
  connect?: () => Promise<HubClient>
  limits?: { pollMs: number; retryMs: number; closeMs?: number }
}

export function createEventHubFeed(parts: EventHubFeedParts): Feed {
  const { config, sink, log, now, limits } = parts
  const { name, source } = config
  const work = new HubWork(parts)
  return new Feed(
    {
      name,
      kind: 'event-hub',
      source,
      silentMs: config.silentMinutes * 60_000,
      pollMs: limits?.pollMs ?? defenderLimits.hubWaitSeconds * 1000,
      ...(limits === undefined ? {} : { retryMs: limits.retryMs }),
      sink,
      log,
      now,
    },
    {
      turn: (turn) => work.turn(turn),
      close: () => work.close(),
      renew: () => work.renew(),
    },
  )
}

class HubWork {
  readonly #parts: EventHubFeedParts
  readonly #state: FeedState<Positions>
  #config: EventHubConfig
  #client: HubClient | null = null
  #subscription: Subscription | null = null
  /** Why the subscription is given up; the next one begins where the spool ends. */
  #failure: unknown = null
  /** Batches of all partitions one after the other: they share the file of places. */
  #last: Promise<void> = Promise.resolve()

  constructor(parts: EventHubFeedParts) {
    this.#parts = parts
    this.#config = parts.config
    const path = join(parts.dataDir, 'defender', `${parts.config.name}.event-hub.json`)
    this.#state = new FeedState(path, () => ({ partitions: {} }))
  }

  async turn(turn: FeedTurn): Promise<boolean> {
    if (this.#failure === null && this.#subscription === null) await this.#subscribe(turn)
    if (this.#failure === null) return false
    const failure = this.#failure
    await this.close()
    this.#failure = null
    throw troubleOf(failure)
  }

  async renew(): Promise<void> {
    this.#config = await renewed(this.#config, this.#parts.latest)
  }

  async close(): Promise<void> {
    const [subscription, client] = [this.#subscription, this.#client]
    this.#subscription = null
    this.#client = null
    // the library waits for answers of a line that is gone
    const done = (async () => {
      await subscription?.close()
      await client?.close()
    })()
    const closeMs = this.#parts.limits?.closeMs ?? defenderLimits.hubCloseMs
    await Promise.race([done.catch(() => undefined), delay(closeMs, undefined, { ref: false })])
    await this.#last
  }

  async #subscribe(turn: FeedTurn): Promise<void> {
    try {
      const { partitions } = await this.#state.read()
      this.#client = await (this.#parts.connect ?? (() => connect(this.#config)))()
      const beginning: EventPosition =
        this.#parts.config.startFrom === 'earliest'
          ? { offset: '-1' }
          : { enqueuedOn: this.#parts.now() }
      const startPosition: Record<string, EventPosition> = {}
      for (const id of await this.#client.getPartitionIds())
        startPosition[id] =
          partitions[id] === undefined
            ? beginning
            : { sequenceNumber: partitions[id], isInclusive: false }
      this.#subscription = this.#client.subscribe(
        {
          processEvents: (events, { partitionId }) => this.#take(partitionId, events, turn),
          processError: async (error) => {
            this.#failure ??= error
          },
        },
        {
          startPosition,
          maxBatchSize: defenderLimits.hubEvents,
          maxWaitTimeInSeconds: defenderLimits.hubWaitSeconds,
        },
      )
    } catch (error) {
      this.#failure = error
    }
  }

  #take(
    partition: string,
    events: readonly Pick<ReceivedEventData, 'body' | 'sequenceNumber'>[],
    turn: FeedTurn,
  ): Promise<void> {
    this.#last = this.#last.then(async () => {
      // after a failure nothing behind it may be taken: it would count as taken, and the failed one as well
      if (events.length === 0 || this.#failure !== null) return
      try {
        await this.#put(partition, events, turn)
      } catch (error) {
        this.#failure = error
      }
    })
    return this.#last
  }

  async #put(
    partition: string,
    events: readonly Pick<ReceivedEventData, 'body' | 'sequenceNumber'>[],
    turn: FeedTurn,
  ): Promise<void> {
    const { partitions } = await this.#state.read()
    const fresh = events.filter(
      ({ sequenceNumber }) => sequenceNumber > (partitions[partition] ?? -1),
    )
    turn.repeated(events.length - fresh.length)
    const last = fresh.at(-1)
    if (last === undefined) return
    const lines = fresh.flatMap(({ body }) => linesOf(body))
    const bytes = Buffer.from(lines.join(''))
    const { name } = this.#parts.config
    const id = segmentId(
      'hub',
      name,
      partition,
      fresh[0].sequenceNumber,
      last.sequenceNumber,
      bytes,
    )
    if (lines.length > 0) await turn.put(id, bytes, lines.length)
    partitions[partition] = last.sequenceNumber
    await this.#state.write()
  }
}

/** A line for each record; what is no such message is a line as it stands, and ends as unparsed. */
export function linesOf(body: unknown): string[] {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : body
  const value = typeof text === 'string' ? parsed(text) : text
  const records = (value as { records?: unknown } | null | undefined)?.records
  if (!Array.isArray(records))
    return typeof value === 'string'
      ? value.split('\n').flatMap((line) => (line.trim() === '' ? [] : [`${line.trim()}\n`]))
      : [`${JSON.stringify(value ?? null)}\n`]
  return records.map((record) => `${JSON.stringify(record)}\n`)
}

/** Text that is no JSON value stays text: JSON lines are cut at their ends. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function connect(config: EventHubConfig): Promise<HubClient> {
  const { EventHubConsumerClient } = await import('@azure/event-hubs')
  const { consumerGroup, connectionString, namespace, hub, credential } = config
  // the feed tries again by itself: the library's pause is half a minute
  const options = { retryOptions: { maxRetries: 1, retryDelayInMs: defenderLimits.retryMs } }
  if (connectionString !== undefined) {
    // a connection string of the hub itself names it, one of the namespace does not
    const named = /;?EntityPath=/i.test(connectionString)
    return named
      ? new EventHubConsumerClient(consumerGroup, connectionString, options)
      : new EventHubConsumerClient(consumerGroup, connectionString, hub, options)
  }
  if (namespace === undefined || credential === undefined)
    throw new Error('BUG: an event hub without a way to sign in')
  const signIn = await entraCredential(credential)
  return new EventHubConsumerClient(consumerGroup, namespace, hub, signIn, options)
}

/** The library gathers what its tries met: the last of them tells why. */
function lastOf(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0
    ? lastOf(error.errors.at(-1))
    : error
}

function troubleOf(failure: unknown): unknown {
  const error = lastOf(failure)
  if (error instanceof FeedTrouble) return error
  const { code, name } = error as { code?: unknown; name?: unknown }
  const why = causeOf(error).split('\n', 1)[0].slice(0, 300)
  const cause = { cause: error }
  if (/Unauthorized|Authentication|Credential/i.test(`${String(code)} ${String(name)}`))
    return new FeedTrouble(
      'denied',
      `cannot read the event hub: ${why}; check the key or the role (Azure Event Hubs Data Receiver), it is tried again`,
      cause,
    )
  if (/ServerBusy|QuotaExceeded/i.test(String(code)))
    return new FeedTrouble(
      'throttled',
      `cannot read the event hub: ${why}; it waits and goes on`,
      cause,
    )
  return new FeedTrouble(
    'unreachable',
    `cannot read the event hub: ${why}; check namespace, hub and network, it is tried again`,
    cause,
  )
}
