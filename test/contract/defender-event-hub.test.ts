/**
 * The event hub feed over a hub in memory that keeps events by partition, delivers them in batches, and delivers again what was not
 * passed: the edge of the protocol is Microsoft's client, whose part is played here.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, test } from 'vitest'
import type { EventHubConfig } from '../../src/config/defender-schema.ts'
import { defenderSchema } from '../../src/config/defender-schema.ts'
import { createEventHubFeed, linesOf } from '../../src/defender/event-hub-feed.ts'
import type { HubClient } from '../../src/defender/event-hub-feed.ts'
import { enveloped } from '../defender/agent-parts.ts'
import { until } from '../e2e/appliance.ts'
import { Door, feedContract, rowOf } from './feed-contract.ts'

interface HubEvent {
  body: unknown
  sequenceNumber: number
}

class Hub {
  readonly partitions = new Map<string, HubEvent[]>([
    ['0', []],
    ['1', []],
  ])
  revoked = false
  open = 0

  clear(): void {
    for (const events of this.partitions.values()) events.length = 0
    this.revoked = false
  }

  add(partition: string, body: unknown): void {
    const events = this.partitions.get(partition)
    events?.push({ body, sequenceNumber: events.length })
  }

  #check(): void {
    if (!this.revoked) return
    const error = new Error('Unauthorized access. Listen claims are required.')
    throw Object.assign(error, { code: 'UnauthorizedError' })
  }

  connect(): HubClient {
    this.open++
    return {
      getPartitionIds: async () => {
        this.#check()
        return [...this.partitions.keys()]
      },
      subscribe: (handlers, { startPosition }) => {
        const next = new Map<string, number>()
        for (const [id, at] of Object.entries(startPosition))
          next.set(id, at.sequenceNumber === undefined ? 0 : at.sequenceNumber + 1)
        let running = true
        const deliver = async (): Promise<void> => {
          while (running) {
            try {
              this.#check()
            } catch (error) {
              running = false
              await handlers.processError(error as Error)
              return
            }
            for (const [id, events] of this.partitions) {
              const from = next.get(id) ?? 0
              const batch = events.slice(from, from + 3)
              next.set(id, from + batch.length)
              await handlers.processEvents(batch, { partitionId: id })
            }
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        }
        const done = deliver()
        return {
          isRunning: running,
          close: async () => {
            running = false
            await done
          },
        }
      },
      close: async () => {
        this.open--
      },
    }
  }
}

const hub = new Hub()
const limits = { pollMs: 20, retryMs: 20 }

function configOf(): EventHubConfig {
  const given = { name: 'main', connectionString: 'Endpoint=sb://hub.example/', hub: 'defender' }
  return defenderSchema.parse({ eventHubs: [given] }).eventHubs[0]
}

feedContract('event hub', {
  open: async () => undefined,
  close: async () => undefined,
  reset: async () => hub.clear(),
  // several records in a message, both partitions
  write: async (ids) => {
    for (let i = 0; i < ids.length; i += 4)
      hub.add(String((i / 4) % 2), {
        records: ids.slice(i, i + 4).map((id) => enveloped(rowOf(id, Date.now()))),
      })
  },
  revoke: async (revoked) => {
    hub.revoked = revoked
  },
  feed: (parts) =>
    createEventHubFeed({
      ...parts,
      config: configOf(),
      connect: async () => hub.connect(),
      limits,
    }),
})

afterAll(() => {
  // every client that was made was closed
  expect(hub.open).toBe(0)
})

test('a client that does not end is left, and the feed goes on with another', async () => {
  hub.clear()
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-hub-'))
  let made = 0
  const door = new Door()
  door.failures = 1
  const feed = createEventHubFeed({
    config: configOf(),
    dataDir: folder,
    sink: door,
    log: pino({ level: 'silent' }),
    now: Date.now,
    connect: async () => {
      const client = hub.connect()
      if (made++ > 0) return client
      // the line is gone, and the library waits for its last answer
      return {
        ...client,
        close: async () => {
          await client.close()
          await new Promise(() => undefined)
        },
      }
    },
    limits: { ...limits, closeMs: 30 },
  })
  hub.add('0', { records: [enveloped(rowOf(1, Date.now()))] })
  await feed.start()
  await until('the row', async () => door.rows().length === 1)
  await feed.stop()
  expect(made).toBe(2)
  await rm(folder, { recursive: true, force: true })
})

describe('messages', () => {
  const record = enveloped({ ReportId: 1 })
  const line = `${JSON.stringify(record)}\n`

  test.each([
    ['an object', { records: [record, record] }, [line, line]],
    ['text', JSON.stringify({ records: [record] }), [line]],
    ['bytes', Buffer.from(JSON.stringify({ records: [record] })), [line]],
    ['one record', record, [line]],
    ['JSON lines', `${line}${line}`, [line, line]],
    ['no records', { records: [] }, []],
    ['nothing', null, ['null\n']],
    ['what is no JSON', 'hello\r\n', ['hello\n']],
  ])('%s', (_, body, want) => {
    expect(linesOf(body)).toEqual(want)
  })
})
