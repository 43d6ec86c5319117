/**
 * Azure Storage: the streaming API's hourly append blobs of JSON lines, one container for each table, read on while they grow.
 * https://learn.microsoft.com/en-us/defender-xdr/streaming-api-storage
 *
 * Blobs are only ever appended to, so a place is (blob, from, to). It is written down before its bytes go into the spool: after a
 * crash exactly these bytes are taken again, under the same id, and count once.
 */
import { join } from 'node:path'
import type { BlobItem, BlobServiceClient, ContainerClient } from '@azure/storage-blob'
import type { StorageConfig } from '../config/defender-schema.ts'
import { causeOf } from '../errors.ts'
import { defenderLimits, lineLimits } from '../limits.ts'
import { entraCredential } from '../lib/entra-credential.ts'
import { Feed, FeedTrouble, countLines, segmentId } from './feed.ts'
import type { FeedSink, FeedTurn } from './feed.ts'
import { FeedState } from './feed-state.ts'
import { renewed } from './renewal.ts'
import type { Latest } from './renewal.ts'
import type { Logger } from 'pino'

/** What is known of a blob. */
interface Place {
  /** Creation, epoch ms: another one under the same name begins at 0. */
  created: number
  /** Bytes that are in the spool. */
  at: number
  /** Bytes that were on their way there, null = none. */
  to: number | null
}

interface Positions {
  /** By `container/blob`. */
  blobs: Record<string, Place>
}

export interface StorageFeedParts {
  config: StorageConfig
  dataDir: string
  sink: FeedSink
  log: Logger
  now: () => number
  latest?: Latest<StorageConfig>
  /** Bounds that tests make small. */
  limits?: { segmentBytes: number; settleMs: number; pollMs: number; retryMs: number }
}

export function createStorageFeed(parts: StorageFeedParts): Feed {
  const { config, sink, log, now, limits } = parts
  const { name, source } = config
  const work = new StorageWork(parts)
  return new Feed(
    {
      name,
      kind: 'storage',
      source,
      silentMs: config.silentMinutes * 60_000,
      pollMs: limits?.pollMs ?? config.pollSeconds * 1000,
      ...(limits === undefined ? {} : { retryMs: limits.retryMs }),
      sink,
      log,
      now,
    },
    { turn: (turn) => work.turn(turn), renew: () => work.renew() },
  )
}

interface Found {
  key: string
  container: ContainerClient
  blob: BlobItem
}

class StorageWork {
  readonly #latest: Latest<StorageConfig> | undefined
  #config: StorageConfig
  readonly #state: FeedState<Positions>
  readonly #now: () => number
  readonly #segmentBytes: number
  readonly #settleMs: number
  #client: BlobServiceClient | null = null

  constructor({ config, dataDir, now, latest, limits }: StorageFeedParts) {
    this.#config = config
    this.#latest = latest
    this.#now = now
    this.#segmentBytes = limits?.segmentBytes ?? defenderLimits.segmentBytes
    this.#settleMs = limits?.settleMs ?? defenderLimits.blobSettleMs
    const path = join(dataDir, 'defender', `${config.name}.storage.json`)
    this.#state = new FeedState(path, () => ({ blobs: {} }))
  }

  async renew(): Promise<void> {
    this.#client = null
    this.#config = await renewed(this.#config, this.#latest)
  }

  /** All containers once. A blob that grew while it was read is read on in the next turn. */
  async turn(turn: FeedTurn): Promise<boolean> {
    const positions = await this.#state.read()
    const found = await this.#list(turn)
    for (const one of found) await this.#readOn(one, positions, turn)
    this.#forget(positions, found)
    return false
  }

  async #list(turn: FeedTurn): Promise<Found[]> {
    const client = await this.#connect()
    const found: Found[] = []
    for (const table of this.#config.tables) {
      const name = `insights-logs-advancedhunting-${table.toLowerCase()}`
      const container = client.getContainerClient(name)
      try {
        for await (const blob of container.listBlobsFlat({ abortSignal: turn.signal })) {
          if (found.length >= defenderLimits.blobs) throw tooMany(name)
          found.push({ key: `${name}/${blob.name}`, container, blob })
        }
      } catch (error) {
        // a container appears only once there are data for its table
        if (codeOf(error) !== 'ContainerNotFound') throw troubleOf(error, `list ${name}`)
      }
    }
    return found.toSorted((one, other) => (one.key < other.key ? -1 : 1))
  }

  async #connect(): Promise<BlobServiceClient> {
    if (this.#client !== null) return this.#client
    const { BlobServiceClient: Client } = await import('@azure/storage-blob')
    const { url, connectionString, sas, credential } = this.#config
    const options = { retryOptions: { maxTries: 1 } }
    if (connectionString !== undefined)
      this.#client = Client.fromConnectionString(connectionString, options)
    else if (sas !== undefined)
      this.#client = new Client(withSas(url ?? '', sas), undefined, options)
    else if (credential !== undefined)
      this.#client = new Client(url ?? '', await entraCredential(credential), options)
    else throw new Error('BUG: a storage feed without a way to sign in')
    return this.#client
  }

  /** Part by part up to the size that was listed. */
  async #readOn(
    { key, container, blob }: Found,
    positions: Positions,
    turn: FeedTurn,
  ): Promise<void> {
    const size = blob.properties.contentLength ?? 0
    const created = blob.properties.createdOn?.getTime() ?? 0
    const written = blob.properties.lastModified.getTime()
    let place = positions.blobs[key]
    const known = place !== undefined && place.created === created && size >= place.at
    if (!known) {
      if (this.#now() - written > this.#config.lookBackDays * 86_400_000) return
      place = positions.blobs[key] = { created, at: 0, to: null }
    }
    while (place.at < size) {
      turn.signal.throwIfAborted()
      const end = place.to ?? Math.min(size, place.at + this.#segmentBytes)
      const settled = this.#now() - written > this.#settleMs
      const bytes = await this.#bytes(container, blob.name, place.at, end, turn)
      const part = place.to === null ? this.#cut(bytes, { whole: end === size && settled }) : bytes
      if (part === null) {
        if (end === size) return
        // a line longer than a part: the search for its end goes on, to a bound
        const far = Math.min(size, place.at + lineLimits.batchBytes)
        const long = await this.#bytes(container, blob.name, place.at, far, turn)
        const line = this.#cut(long, { whole: far === size ? settled : true })
        if (line === null) return
        await this.#take(key, place, line, turn)
      } else await this.#take(key, place, part, turn)
    }
  }

  /** Up to the last line end; null when there is none and the rest is not to be taken yet. */
  #cut(bytes: Buffer, { whole }: { whole: boolean }): Buffer | null {
    const end = bytes.lastIndexOf(10) + 1
    if (end === bytes.length || whole) return bytes.length === 0 ? null : bytes
    return end === 0 ? null : bytes.subarray(0, end)
  }

  async #take(key: string, place: Place, bytes: Buffer, turn: FeedTurn): Promise<void> {
    place.to = place.at + bytes.length
    await this.#state.write()
    const id = segmentId('storage', this.#config.name, key, place.created, place.at, place.to)
    const lines = bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.of(10)])
    await turn.put(id, lines, countLines(lines))
    place.at = place.to
    place.to = null
    await this.#state.write()
  }

  async #bytes(
    container: ContainerClient,
    name: string,
    from: number,
    to: number,
    turn: FeedTurn,
  ): Promise<Buffer> {
    try {
      return await container
        .getBlobClient(name)
        .downloadToBuffer(from, to - from, { abortSignal: turn.signal })
    } catch (error) {
      throw troubleOf(error, `read ${name}`)
    }
  }

  /** Blobs that are gone (a lifecycle rule deleted them) need no place. */
  #forget(positions: Positions, found: readonly Found[]): void {
    const there = new Set(found.map(({ key }) => key))
    for (const key of Object.keys(positions.blobs)) if (!there.has(key)) delete positions.blobs[key]
  }
}

function tooMany(name: string): FeedTrouble {
  return new FeedTrouble(
    'too-many',
    `cannot list ${name}: there are more than ${defenderLimits.blobs} blobs; let a lifecycle rule of the account delete old ones`,
  )
}

function withSas(url: string, sas: string): string {
  return `${url.replace(/[?/]+$/, '')}/?${sas.replace(/^\?/, '')}`
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** What the service answered, in words that tell what to do. */
function troubleOf(error: unknown, doing: string): unknown {
  if (error instanceof FeedTrouble) return error
  const { statusCode, name } = error as { statusCode?: unknown; name?: unknown }
  if (name === 'AbortError') return error
  const cause = { cause: error }
  const why = causeOf(error).split('\n', 1)[0].slice(0, 300)
  if (statusCode === 401 || statusCode === 403 || /Authentication|Credential/i.test(String(name)))
    return new FeedTrouble(
      'denied',
      `cannot ${doing}: ${why}; check key, signature or role (Storage Blob Data Reader), it is tried again`,
      cause,
    )
  if (statusCode === 429 || statusCode === 503)
    return new FeedTrouble('throttled', `cannot ${doing}: ${why}; it is tried again`, cause)
  return new FeedTrouble(
    'unreachable',
    `cannot ${doing}: ${why}; check the address and the network, it is tried again`,
    cause,
  )
}
