/** The storage feed against Azurite: blobs that grow while they are read, late ones, ones made anew, a restart in the middle. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  SASProtocol,
  StorageSharedKeyCredential,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import type { AppendBlobClient } from '@azure/storage-blob'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StorageConfig } from '../../src/config/defender-schema.ts'
import { defenderSchema } from '../../src/config/defender-schema.ts'
import type { Feed } from '../../src/defender/feed.ts'
import { createStorageFeed } from '../../src/defender/storage-feed.ts'
import { enveloped } from '../defender/agent-parts.ts'
import { until } from '../e2e/appliance.ts'
import { startAzurite } from '../e2e/azurite-server.ts'
import type { Azurite } from '../e2e/azurite-server.ts'
import { Door, feedContract, range, rowOf } from './feed-contract.ts'

const containerName = 'insights-logs-advancedhunting-devicenetworkevents'
const limits = { segmentBytes: 4096, settleMs: 60_000, pollMs: 30, retryMs: 20 }

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.stop())

function configOf(more: Partial<StorageConfig> = {}): StorageConfig {
  const given = { name: 'main', connectionString: azurite.connectionString, ...more }
  return defenderSchema.parse({ storage: [given] }).storage[0]
}

async function blobOf(hour: number): Promise<AppendBlobClient> {
  const container = azurite.client.getContainerClient(containerName)
  await container.createIfNotExists()
  const path = `tenantId=11111111/y=2026/m=11/d=24/h=${String(hour).padStart(2, '0')}/m=00/PT1H.json`
  const blob = container.getAppendBlobClient(path)
  await blob.createIfNotExists()
  return blob
}

async function append(blob: AppendBlobClient, text: string): Promise<void> {
  await blob.appendBlock(text, Buffer.byteLength(text))
}

function linesOf(ids: readonly number[]): string {
  return ids.map((id) => `${JSON.stringify(enveloped(rowOf(id, Date.now())))}\r\n`).join('')
}

async function empty(): Promise<void> {
  for await (const { name } of azurite.client.listContainers())
    await azurite.client.deleteContainer(name)
}

/** A container that is being deleted cannot be made again at once: the blobs go. */
async function emptyBlobs(): Promise<void> {
  const container = azurite.client.getContainerClient(containerName)
  if (!(await container.exists())) return
  for await (const { name } of container.listBlobsFlat()) await container.deleteBlob(name)
}

/** The feed signs in by a policy of the container, which can be taken away. */
async function allow(allowed: boolean): Promise<void> {
  const policy = {
    id: 'feed',
    accessPolicy: { permissions: 'rl', expiresOn: new Date(Date.now() + 3_600_000) },
  }
  const container = azurite.client.getContainerClient(containerName)
  await container.createIfNotExists()
  await container.setAccessPolicy(undefined, allowed ? [policy] : [])
}

function accountKey(): StorageSharedKeyCredential {
  const { credential } = azurite.client
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('no key')
  return credential
}

feedContract('storage', {
  open: async () => undefined,
  close: async () => empty(),
  reset: async () => {
    await emptyBlobs()
    await allow(true)
  },
  write: async (ids) => append(await blobOf(ids.length % 24), linesOf(ids)),
  revoke: (revoked) => allow(!revoked),
  feed: (parts) => {
    const { connectionString: _, ...rest } = configOf({ tables: ['DeviceNetworkEvents'] })
    const signed = { containerName, identifier: 'feed', protocol: SASProtocol.HttpsAndHttp }
    const sas = generateBlobSASQueryParameters(signed, accountKey()).toString()
    return createStorageFeed({ ...parts, config: { ...rest, url: azurite.url, sas }, limits })
  },
})

describe('storage', () => {
  let folder: string
  let door: Door
  const feeds: Feed[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-storage-'))
    door = new Door()
    await emptyBlobs()
  })
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const make = (more: Partial<StorageConfig> = {}, settleMs = limits.settleMs): Feed => {
    const feed = createStorageFeed({
      config: configOf(more),
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: Date.now,
      limits: { ...limits, settleMs },
    })
    feeds.push(feed)
    return feed
  }

  test('a blob that grows while it is read, in pieces that end inside lines', async () => {
    const blob = await blobOf(1)
    await make().start()
    const text = Buffer.from(linesOf(range(0, 60)))
    for (let at = 0; at < text.length; at += 777) {
      const piece = text.subarray(at, at + 777)
      await blob.appendBlock(piece, piece.length)
    }
    await until('all rows', async () => door.rows().length >= 60)
    expect(door.rows()).toEqual(range(0, 60))
  })

  test('a restart in the middle of a blob, again and again', async () => {
    await append(await blobOf(1), linesOf(range(0, 200)))
    for (let round = 0; door.rows().length < 200; round++) {
      expect(round).toBeLessThan(200)
      door.crashes = 1
      const feed = make()
      await feed.start()
      await until('a part', async () => door.crashes === 0)
      await feed.stop()
    }
    expect(door.rows()).toEqual(range(0, 200))
  })

  test('a blob of a past hour that comes late, and one that grows late', async () => {
    const early = await blobOf(3)
    await append(early, linesOf(range(0, 5)))
    await append(await blobOf(5), linesOf(range(5, 10)))
    await make().start()
    await until('what is there', async () => door.rows().length >= 10)
    await append(await blobOf(2), linesOf(range(10, 15)))
    await append(early, linesOf(range(15, 20)))
    await until('what came late', async () => door.rows().length >= 20)
    expect(door.rows()).toEqual(range(0, 20))
  })

  test('a last line without end waits, and is taken once its blob is quiet', async () => {
    const text = linesOf(range(0, 3)).trimEnd()
    await append(await blobOf(1), text)
    const feed = make()
    await feed.start()
    await until('the whole lines', async () => door.rows().length >= 2)
    await until('two more turns', async () => (feed.status().lastTurnMs ?? 0) > Date.now() - 20)
    expect(door.rows()).toEqual([0, 1])
    await feed.stop()
    await make({}, -1).start()
    await until('the last line', async () => door.rows().length >= 3)
    expect(door.rows()).toEqual([0, 1, 2])
  })

  test('a blob that was made anew is read from its beginning', async () => {
    const blob = await blobOf(1)
    await append(blob, linesOf(range(0, 5)))
    await make().start()
    await until('the first', async () => door.rows().length >= 5)
    await blob.delete()
    // its time of creation has whole seconds
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await append(await blobOf(1), linesOf(range(5, 15)))
    await until('the second', async () => door.rows().length >= 15)
    expect(door.rows()).toEqual(range(0, 15))
  })

  test('old blobs are not begun', async () => {
    await append(await blobOf(1), linesOf(range(0, 5)))
    const feed = createStorageFeed({
      config: configOf({ lookBackDays: 1 }),
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: () => Date.now() + 3 * 86_400_000,
      limits,
    })
    feeds.push(feed)
    await feed.start()
    await until('a turn', async () => feed.status().lastTurnMs !== null)
    expect(door.calls).toBe(0)
  })

  test('a shared access signature; one that may not list is told', async () => {
    await append(await blobOf(1), linesOf(range(0, 5)))
    const signed = (permissions: string): string =>
      generateAccountSASQueryParameters(
        {
          expiresOn: new Date(Date.now() + 3_600_000),
          permissions: { toString: () => permissions } as never,
          resourceTypes: 'sco',
          services: 'b',
          protocol: SASProtocol.HttpsAndHttp,
        },
        accountKey(),
      ).toString()
    const { connectionString: _, ...rest } = configOf()
    const make2 = (sas: string): Feed => {
      const feed = createStorageFeed({
        config: { ...rest, url: azurite.url, sas },
        dataDir: folder,
        sink: door,
        log: pino({ level: 'silent' }),
        now: Date.now,
        limits,
      })
      feeds.push(feed)
      return feed
    }
    const blind = make2(signed('w'))
    await blind.start()
    await until('it is told', async () => blind.status().failures['denied'] !== undefined)
    expect(blind.status().trouble).toMatch(/^cannot list insights-logs-.*it is tried again$/)
    await blind.stop()
    await make2(signed('rl')).start()
    await until('all rows', async () => door.rows().length >= 5)
    expect(door.rows()).toEqual(range(0, 5))
  })

  test('a key that was changed is taken up without a restart; a configuration that cannot be read leaves it', async () => {
    await append(await blobOf(1), linesOf(range(0, 5)))
    const wrong = azurite.connectionString.replace(/AccountKey=.{8}/, 'AccountKey=AAAAAAAA')
    let readable = false
    const feed = createStorageFeed({
      config: configOf({ connectionString: wrong }),
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: Date.now,
      latest: async () => {
        if (!readable) throw new Error('no such file')
        return configOf()
      },
      limits,
    })
    feeds.push(feed)
    await feed.start()
    await until('it is told twice', async () => (feed.status().failures['denied'] ?? 0) > 1)
    expect(door.calls).toBe(0)
    readable = true
    await until('all rows', async () => door.rows().length >= 5)
    await until('the trouble is over', async () => feed.status().trouble === null)
  })

  test('nobody listens there', async () => {
    const url = 'http://127.0.0.1:1/x'
    const feed = make({ connectionString: azurite.connectionString.replace(azurite.url, url) })
    await feed.start()
    await until('it is told', async () => feed.status().failures['unreachable'] !== undefined)
    expect(feed.status()).toMatchObject({ state: 'failing' })
  })
})
