/**
 * What every feed of agent data must do, whatever is on the other side. A feed's test gives a service to which rows can be written, and
 * makes the feed over a data folder; the suite does the rest.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAgentListener } from '../../src/defender/agent-lines.ts'
import type { Feed, FeedSink, FeedStatus } from '../../src/defender/feed.ts'
import { networkEvent, read } from '../defender/agent-parts.ts'
import { until } from '../e2e/appliance.ts'

/** The spool's door: a segment's id counts once. */
export class Door implements FeedSink {
  readonly segments = new Map<string, string>()
  readonly listeners = new Set<string>()
  /** Calls, with those that were known already. */
  calls = 0
  /** The next so many calls die before anything is durable. */
  failures = 0
  /** The next so many calls die after it is durable: a crash before the feed knows. */
  crashes = 0

  async part(part: Parameters<FeedSink['part']>[0]): Promise<void> {
    this.calls++
    if (this.failures > 0) {
      this.failures--
      throw new Error('no space left on device')
    }
    const text = Buffer.from(part.bytes).toString('utf8')
    expect(text.endsWith('\n')).toBe(true)
    expect(text.split('\n').length - 1).toBe(part.lines)
    const known = this.segments.get(part.id)
    if (known !== undefined) expect(text).toBe(known)
    this.segments.set(part.id, text)
    this.listeners.add(part.stream.listener)
    if (this.crashes > 0) {
      this.crashes--
      throw new Error('the process died')
    }
  }

  lines(): string[] {
    return [...this.segments.values()].flatMap((text) => text.split('\n').slice(0, -1))
  }

  /** Report ids of all rows, in numerical order. */
  rows(): number[] {
    return this.lines()
      .flatMap((line) => {
        const value = JSON.parse(line) as { properties?: unknown; ReportId?: number }
        const row = (value.properties ?? value) as { ReportId: number }
        return [row.ReportId]
      })
      .toSorted((one, other) => one - other)
  }
}

export interface FeedParts {
  dataDir: string
  sink: FeedSink
  log: Logger
  now: () => number
}

export interface FeedSubject {
  /** Starts the service; called once. */
  open(): Promise<void>
  close(): Promise<void>
  /** Empties the service. */
  reset(): Promise<void>
  /** Rows with these report ids; some of the time of `now`. */
  write(ids: readonly number[]): Promise<void>
  feed(parts: FeedParts): Feed | Promise<Feed>
  /** Takes the feed's right away, and gives it back. */
  revoke(revoked: boolean): Promise<void>
}

/** A row of that report id, some minutes before `nowMs`. */
export function rowOf(id: number, nowMs: number): Record<string, unknown> {
  const at = new Date(nowMs - 60_000 * (1 + (id % 20))).toISOString()
  return networkEvent({ ReportId: id, Timestamp: at, DeviceName: `pc-${id % 7}.corp.example` })
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

export function feedContract(name: string, subject: FeedSubject): void {
  describe(`${name}: the contract of feeds`, () => {
    let folder: string
    let door: Door
    const feeds: Feed[] = []
    let nowMs = Date.now()

    beforeAll(() => subject.open())
    afterAll(() => subject.close())
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gnomon-feed-'))
      door = new Door()
      nowMs = Date.now()
      await subject.reset()
    })
    afterEach(async () => {
      for (const feed of feeds.splice(0)) await feed.stop()
      await rm(folder, { recursive: true, force: true })
    })

    const make = async (): Promise<Feed> => {
      const parts = {
        dataDir: folder,
        sink: door,
        log: pino({ level: 'silent' }),
        now: () => nowMs,
      }
      const feed = await subject.feed(parts)
      feeds.push(feed)
      return feed
    }
    const turned = async (feed: Feed, sinceMs: number | null): Promise<void> => {
      nowMs++
      await until('a whole turn', async () => {
        const { lastTurnMs, state } = feed.status()
        return lastTurnMs !== null && lastTurnMs > (sinceMs ?? 0) && state === 'waiting'
      })
    }

    test('no side effect before start, stop twice is safe', async () => {
      await subject.write(range(0, 3))
      const feed = await make()
      expect(feed.status()).toMatchObject({ state: 'off', lines: 0, trouble: null })
      await feed.stop()
      await feed.stop()
      expect(door.calls).toBe(0)
    })

    test('rows become lines that are read, each once', async () => {
      await subject.write(range(0, 50))
      const feed = await make()
      await feed.start()
      await until('all rows', async () => door.rows().length >= 50)
      expect(door.rows()).toEqual(range(0, 50))
      expect(Array.from(door.listeners).every(isAgentListener)).toBe(true)
      const { told } = read(door.lines())
      expect(told.every(({ outcome }) => outcome === 'transaction')).toBe(true)
      expect(feed.status()).toMatchObject({ lines: 50, trouble: null, silent: false })
    })

    test('what comes while it runs is taken, what was taken is not taken again', async () => {
      await subject.write(range(0, 10))
      const feed = await make()
      await feed.start()
      await until('the first rows', async () => door.rows().length >= 10)
      nowMs = Date.now()
      await subject.write(range(10, 25))
      await until('the others', async () => door.rows().length >= 25)
      await turned(feed, feed.status().lastTurnMs)
      expect(door.rows()).toEqual(range(0, 25))
    })

    test('a restart goes on where it was', async () => {
      await subject.write(range(0, 10))
      const first = await make()
      await first.start()
      await until('the first rows', async () => door.rows().length >= 10)
      await turned(first, null)
      await first.stop()
      nowMs = Date.now()
      await subject.write(range(10, 20))
      const second = await make()
      await second.start()
      await until('the others', async () => door.rows().length >= 20)
      expect(door.rows()).toEqual(range(0, 20))
    })

    test('a spool that cannot write loses nothing', async () => {
      door.failures = 2
      await subject.write(range(0, 10))
      const feed = await make()
      await feed.start()
      await until('all rows', async () => door.rows().length >= 10)
      expect(door.rows()).toEqual(range(0, 10))
      await until('the trouble is over', async () => feed.status().trouble === null)
    })

    test('a crash between spool and position counts once', async () => {
      door.crashes = 1
      await subject.write(range(0, 10))
      const first = await make()
      await first.start()
      await until('the crash', async () => door.crashes === 0)
      await first.stop()
      const second = await make()
      await second.start()
      await turned(second, null)
      await until('all rows', async () => door.rows().length >= 10)
      expect(door.rows()).toEqual(range(0, 10))
    })

    test('a right that is taken away is told, tried again, and nothing is skipped', async () => {
      await subject.write(range(0, 5))
      const feed = await make()
      await feed.start()
      await until('the first rows', async () => door.rows().length >= 5)
      await subject.revoke(true)
      try {
        await subject.write(range(5, 10))
        await until('it is told', async () => (feed.status().failures['denied'] ?? 0) > 0)
        const { state, trouble } = feed.status() satisfies FeedStatus
        expect([state, trouble]).toEqual(['failing', expect.stringMatching(/^cannot .*; .*/)])
        expect(door.rows()).toEqual(range(0, 5))
      } finally {
        await subject.revoke(false)
      }
      await until('it goes on', async () => door.rows().length >= 10)
      expect(door.rows()).toEqual(range(0, 10))
      await until('the trouble is over', async () => feed.status().trouble === null)
    })

    test('a feed that brings nothing is silent', async () => {
      const feed = await make()
      await feed.start()
      expect(feed.status().silent).toBe(false)
      nowMs += 3 * 3_600_000
      expect(feed.status().silent).toBe(true)
    })
  })
}
