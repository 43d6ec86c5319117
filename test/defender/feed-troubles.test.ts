/** What an administrator is told of feeds: late, failing, and when it mends itself. */
import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { defenderSchema } from '../../src/config/defender-schema.ts'
import { Feed, FeedTrouble } from '../../src/defender/feed.ts'
import type { FeedStatus } from '../../src/defender/feed.ts'
import { expectedAgents, feedAlarms } from '../../src/defender/feed-troubles.ts'

const minuteMs = 60_000
const nowMs = Date.UTC(2026, 9, 15, 12)
const well: FeedStatus = {
  name: 'main',
  kind: 'storage',
  source: 'Defender-managed endpoints',
  state: 'waiting',
  silent: false,
  lastTurnMs: nowMs,
  lastDataMs: nowMs - 5 * minuteMs,
  failingSinceMs: null,
  lines: 10,
  bytes: 1000,
  segments: 1,
  repeated: 0,
  failures: {},
  trouble: null,
}
const denied = { trouble: 'cannot sign in: expired; check', state: 'failing' } as const

test.each<[string, Partial<FeedStatus>, [string, string][]]>([
  ['a feed that goes well', {}, []],
  ['one that fails since a moment', { ...denied, failingSinceMs: nowMs - 14 * minuteMs }, []],
  [
    'one that fails for long',
    { ...denied, failingSinceMs: nowMs - 15 * minuteMs },
    [['medium', 'Feed main does not go on']],
  ],
  ['one that is silent', { silent: true }, [['high', 'Feed main is late']]],
  [
    'one that is silent and fails: told once',
    { ...denied, silent: true, failingSinceMs: 0 },
    [['high', 'Feed main is late']],
  ],
])('%s', (_, change, want) => {
  const alarms = feedAlarms([{ ...well, ...change }], nowMs)
  expect(alarms.map(({ severity, title }) => [severity, title])).toEqual(want)
})

test('an alarm tells since when, what lacks, and why', () => {
  const [alarm] = feedAlarms([{ ...well, ...denied, silent: true, failingSinceMs: 0 }], nowMs)
  expect(alarm).toEqual({
    key: 'feed|main',
    severity: 'high',
    title: 'Feed main is late',
    detail:
      'Nothing came since 2026-10-15T11:55Z: hours without rows of Defender-managed endpoints are not complete. cannot sign in: expired; check. See gnomon sources --source "Defender-managed endpoints".',
    measures: {
      feed: 'main',
      source: 'Defender-managed endpoints',
      lastData: '2026-10-15T11:55:00.000Z',
      failures: 0,
    },
  })
  const [never] = feedAlarms([{ ...well, silent: true, lastDataMs: null }], nowMs)
  expect(never.detail).toMatch(/^Nothing came yet: .* It answers and has no rows\./)
})

test('sources that feeds answer for, with the time of the most talkative', () => {
  const config = defenderSchema.parse({
    storage: [{ name: 'a', connectionString: 'x', silentMinutes: 60 }],
    eventHubs: [{ name: 'b', connectionString: 'x', hub: 'h', silentMinutes: 30 }],
    hunting: [{ name: 'c', source: 'other', credential: { kind: 'managed-identity' } }],
  })
  expect(expectedAgents(config)).toEqual([
    { source: 'Defender-managed endpoints', silentMs: 30 * minuteMs },
    { source: 'other', silentMs: 120 * minuteMs },
  ])
})

describe('silence', () => {
  /** A feed whose turns end as told, on a clock of its own. */
  async function feedOf(turns: { fails: boolean }) {
    const clock = { ms: nowMs }
    const feed = new Feed(
      {
        name: 'main',
        kind: 'storage',
        source: 's',
        silentMs: 120 * minuteMs,
        pollMs: 1,
        retryMs: 1,
        sink: { part: async () => undefined },
        log: pino({ level: 'silent' }),
        now: () => clock.ms,
      },
      {
        turn: async () => {
          if (turns.fails) throw new FeedTrouble('denied', 'cannot sign in')
          return false
        },
      },
    )
    return { feed, clock }
  }

  test('goes on over a restart, after a time to catch up', async () => {
    const { feed, clock } = await feedOf({ fails: false })
    feed.remember(nowMs - 300 * minuteMs)
    await feed.start()
    expect(feed.status()).toMatchObject({ silent: false, lastDataMs: nowMs - 300 * minuteMs })
    clock.ms += 11 * minuteMs
    expect(feed.status().silent).toBe(true)
    await feed.stop()
    expect(feed.status().silent).toBe(false)
  })

  test('a new feed has the whole time before it is late', async () => {
    const { feed, clock } = await feedOf({ fails: false })
    await feed.start()
    clock.ms += 119 * minuteMs
    expect(feed.status().silent).toBe(false)
    clock.ms += 2 * minuteMs
    expect(feed.status().silent).toBe(true)
    await feed.stop()
  })

  test('since when it fails is known, and forgotten with the first good turn', async () => {
    const turns = { fails: true }
    const { feed, clock } = await feedOf(turns)
    await feed.start()
    await vi.waitFor(() => expect(feed.status().failingSinceMs).toBe(nowMs))
    clock.ms += minuteMs
    await vi.waitFor(() => expect(feed.status().failures['denied']).toBeGreaterThan(1))
    expect(feed.status().failingSinceMs).toBe(nowMs)
    turns.fails = false
    await vi.waitFor(() => expect(feed.status().failingSinceMs).toBeNull())
    await feed.stop()
  })
})
