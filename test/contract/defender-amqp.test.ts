/** The event hub feed with Microsoft's own client, over AMQP against a stand-in that checks tokens and selectors. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EventHubConfig } from '../../src/config/defender-schema.ts'
import { defenderSchema } from '../../src/config/defender-schema.ts'
import { createEventHubFeed } from '../../src/defender/event-hub-feed.ts'
import type { EventHubFeedParts } from '../../src/defender/event-hub-feed.ts'
import type { Feed } from '../../src/defender/feed.ts'
import { enveloped } from '../defender/agent-parts.ts'
import { until } from '../e2e/appliance.ts'
import { EventHubStandIn, hubName } from './event-hub-stand-in.ts'
import { Door, feedContract, range, rowOf } from './feed-contract.ts'

const limits = { pollMs: 20, retryMs: 20 }
const hub = new EventHubStandIn()
beforeAll(() => hub.start())
afterAll(() => hub.stop())

function configOf(more: Record<string, unknown> = {}): EventHubConfig {
  const given = { name: 'main', connectionString: hub.connectionString(), hub: hubName, ...more }
  return defenderSchema.parse({ eventHubs: [given] }).eventHubs[0]
}

function write(ids: readonly number[]): void {
  for (let i = 0; i < ids.length; i += 4)
    hub.add(String((i / 4) % 2), {
      records: ids.slice(i, i + 4).map((id) => enveloped(rowOf(id, Date.now()))),
    })
}

feedContract('event hub over AMQP', {
  open: async () => undefined,
  close: async () => undefined,
  reset: async () => hub.clear(),
  write: async (ids) => write(ids),
  revoke: async (revoked) => hub.allow(!revoked),
  feed: (parts) => createEventHubFeed({ ...parts, config: configOf(), limits }),
})

describe('event hub over AMQP', () => {
  let folder: string
  let door: Door
  const feeds: Feed[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-amqp-'))
    door = new Door()
    hub.clear()
  })
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const make = (
    more: Record<string, unknown> = {},
    latest?: NonNullable<EventHubFeedParts['latest']>,
  ): Feed => {
    const feed = createEventHubFeed({
      config: configOf(more),
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: Date.now,
      ...(latest !== undefined && { latest }),
      limits,
    })
    feeds.push(feed)
    return feed
  }

  test('begins at the beginning, and after a restart behind the last event', async () => {
    write(range(0, 16))
    const first = make()
    await first.start()
    await until('the first rows', async () => door.rows().length >= 16)
    await until('both places', async () => hub.selectors.length >= 2)
    expect(hub.selectors.toSorted()).toEqual([
      "amqp.annotation.x-opt-offset > '-1'",
      "amqp.annotation.x-opt-offset > '-1'",
    ])
    expect(hub.tokens).toContainEqual({
      name: expect.stringMatching(
        /\/defender\/ConsumerGroups\/\$Default\/Partitions\/0$/,
      ) as string,
      type: 'servicebus.windows.net:sastoken',
    })
    await first.stop()
    hub.selectors.length = 0
    write(range(16, 20))
    await make().start()
    await until('the others', async () => door.rows().length >= 20)
    await until('both places', async () => hub.selectors.length >= 2)
    expect(door.rows()).toEqual(range(0, 20))
    expect(hub.selectors.every((text) => text.endsWith("sequence-number > '1'"))).toBe(true)
  })

  test('the end, when it is told to begin there', async () => {
    write(range(0, 8))
    const feed = make({ startFrom: 'latest' })
    await feed.start()
    await until('both places', async () => hub.selectors.length >= 2)
    expect(hub.selectors[0]).toMatch(/^amqp\.annotation\.x-opt-enqueued-time > '\d{13}'$/)
    await until('a turn', async () => feed.status().lastTurnMs !== null)
    // an event of the same millisecond would be before the beginning
    await new Promise((resolve) => setTimeout(resolve, 5))
    write(range(8, 12))
    await until('what came after', async () => door.rows().length >= 4)
    expect(door.rows()).toEqual(range(8, 12))
  })

  test('lines that are cut are made again, and nothing is taken twice', async () => {
    write(range(0, 40))
    const feed = make()
    await feed.start()
    await until('some rows', async () => door.rows().length >= 8)
    hub.cut()
    write(range(40, 80))
    await until('all rows', async () => door.rows().length >= 80)
    expect(door.rows()).toEqual(range(0, 80))
    await until('the trouble is over', async () => feed.status().trouble === null)
  })

  test('many events, more than a receiver asks for at once: each once', async () => {
    write(range(0, 6000))
    await make().start()
    await until('all rows', async () => door.rows().length >= 6000)
    expect(door.rows()).toEqual(range(0, 6000))
  })

  test('a wrong key is told in words; the right one is taken up without a restart', async () => {
    write(range(0, 4))
    let current = configOf({ connectionString: hub.connectionString('another key') })
    const feed = make(
      { connectionString: hub.connectionString('another key') },
      async () => current,
    )
    await feed.start()
    await until('it is told', async () => (feed.status().failures['denied'] ?? 0) > 0)
    expect(feed.status()).toMatchObject({
      state: 'failing',
      trouble: expect.stringMatching(
        /^cannot read the event hub: .*; check the key or the role/,
      ) as string,
    })
    expect(door.calls).toBe(0)
    current = configOf()
    await until('all rows', async () => door.rows().length >= 4)
    await until('the trouble is over', async () => feed.status().trouble === null)
  })

  test('a hub that is not there is told, and a body that is no message is kept as a line', async () => {
    const wrong = hub.connectionString().replace(`EntityPath=${hubName}`, 'EntityPath=other')
    const feed = make({ connectionString: wrong, name: 'other' })
    await feed.start()
    await until('it is told', async () => feed.status().trouble !== null)
    expect(feed.status().trouble).toMatch(/^cannot read the event hub: /)
    await feed.stop()
    hub.add('0', 'no JSON')
    hub.add('0', { records: [enveloped(rowOf(1, Date.now()))] })
    await make().start()
    await until('both', async () => door.lines().length >= 2)
    expect(door.lines()[0]).toBe('no JSON')
  })
})

test('every connection was closed', async () => {
  await until('no connection', async () => hub.connections === 0)
})
