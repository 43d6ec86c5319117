import { describe, expect, test } from 'vitest'
import { watchLimits } from '../../src/limits.ts'
import type { StreamState } from '../../src/parse/batch.ts'
import type { SegmentParser } from '../../src/parse/parse-segment.ts'
import { driftShown, driftText, noticesOf } from '../../src/report/stream-words.ts'
import {
  fortigate,
  linesBlock,
  pan,
  parse,
  parserOf,
  receivedAtMs,
  segmentOf,
  squid,
  streamOf,
} from './parse-parts.ts'

const minuteMs = 60_000

/** Lines of one stream, some each two seconds. */
class Sender {
  parser: SegmentParser = parserOf(3650)
  atMs = receivedAtMs
  state: StreamState | null = null
  zone: string | null = null
  readonly #listener: string
  #i = 0

  constructor(listener = 'syslog-tcp') {
    this.#listener = listener
  }

  /** `line` by its number; returns the words of all notices so far, the last first. */
  send(minutes: number, line: (i: number) => string, each2s = 3): string[] {
    const untilMs = this.atMs + minutes * minuteMs
    const blocks: Buffer[] = []
    for (; this.atMs < untilMs; this.atMs += 2000)
      blocks.push(
        linesBlock(
          Array.from({ length: each2s }, () => line(this.#i++)),
          1,
          this.atMs,
        ),
      )
    const { batch } = parse(
      this.parser,
      segmentOf(blocks, streamOf('192.0.2.1', { listener: this.#listener, zone: this.zone })),
    )
    const { memory } = this.state ?? { memory: null }
    this.state = { ...batch.streams[0], memory: batch.streams[0].memory ?? memory }
    return this.state.drift.flatMap(({ words }) => words)
  }

  /** As after a restart. */
  restart(): void {
    this.parser = parserOf(3650)
    this.parser.streams.remember([this.state as StreamState])
  }
}

const threat = (user: string): string => pan(user, 'files.example.com/a')
/** The next firmware writes eleven columns more. */
const newer = (line: string): string => `${line}${',x'.repeat(11)}`
const columns = (line: string): number => line.replaceAll(/"[^"]*"/g, '').split(',').length

describe('a stream that changes', () => {
  test('more columns: told within three minutes, with the difference in words', () => {
    const sender = new Sender()
    expect(sender.send(15, () => threat('ann'))).toEqual([])
    const changedMs = sender.atMs
    const [words, ...more] = sender.send(3, () => newer(threat('ann')))
    const before = columns(threat('ann'))
    expect(words).toBe(`PALO_ALTO lines (web) have ${before + 11} fields, before ${before}`)
    expect(more).toEqual([])
    const notice = sender.state?.drift[0]
    expect(notice).toMatchObject({ endedMs: null })
    expect(Math.abs((notice?.sinceMs ?? 0) - changedMs)).toBeLessThan(minuteMs)
    // told once
    expect(sender.send(30, () => newer(threat('ann')))).toHaveLength(1)
  })

  test('the user is empty', () => {
    const sender = new Sender()
    const some = (i: number): string => threat(i % 33 === 0 ? '' : `user${i % 50}`)
    expect(sender.send(15, some)).toEqual([])
    expect(sender.send(3, (i) => threat(i % 50 === 0 ? 'ann' : ''))).toEqual([
      expect.stringMatching(
        /^'user' is empty on 9[789] % of PALO_ALTO lines \(web\), before [234](?:\.\d)? %$/,
      ),
    ])
  })

  test('keys come and go', () => {
    const sender = new Sender()
    sender.send(15, () => fortigate)
    expect(
      sender.send(3, () => `${fortigate.replace(/ user="[^"]*"/, '')} dstuuid="a" srcuuid="b"`),
    ).toEqual([
      "FORTIGATE lines (session) no longer have the key 'user'",
      "FORTIGATE lines (session) have the keys 'dstuuid', 'srcuuid', which they had not before",
      "'user' is empty on 100 % of FORTIGATE lines (session), before 0 %",
    ])
  })

  test('lines are no longer understood', () => {
    const sender = new Sender()
    sender.send(15, () => squid)
    expect(sender.send(3, (i) => (i % 2 === 0 ? squid : squid.replaceAll(' ', '~')))).toEqual([
      expect.stringMatching(
        /^(?:4[5-9]|5\d) % of all lines are unparsed: no format matches, before none$/,
      ),
    ])
  })

  test('traffic is no longer logged', () => {
    const sender = new Sender()
    const event = fortigate.replace('type="traffic"', 'type="event"')
    sender.send(15, (i) => (i % 2 === 0 ? fortigate : event))
    const words = sender.send(3, () => event)
    expect(words).toContainEqual(
      expect.stringMatching(
        /^0 % of all lines are FORTIGATE transaction, before (?:4\d|50|5\d) %$/,
      ),
    )
  })

  test('one that sends ten lines an hour is told of too', () => {
    const sender = new Sender()
    for (let i = 0; i < 100; i++) {
      sender.send(1 / 30, () => threat('ann'), 10)
      sender.atMs += 60 * minuteMs
    }
    for (let i = 0; i < 30; i++) {
      sender.send(1 / 30, () => newer(threat('ann')), 10)
      sender.atMs += 60 * minuteMs
    }
    expect(sender.state?.drift).toHaveLength(1)
  })

  test('a change while the appliance was down, or in the midst of its restart', () => {
    const sender = new Sender()
    sender.send(15, () => threat('ann'))
    sender.restart()
    expect(sender.send(3, () => newer(threat('ann')))).toHaveLength(1)
    sender.restart()
    expect(sender.send(30, () => newer(threat('ann')))).toHaveLength(1)
  })

  test('another zone, set by the admin, is no other look of the lines', () => {
    const sender = new Sender()
    sender.send(15, () => threat('ann'))
    sender.send(5, () => newer(threat('ann')))
    sender.zone = 'Europe/Berlin'
    expect(sender.send(1, () => newer(threat('ann')))).toHaveLength(1)
    expect(sender.state?.skew?.lines).toBeLessThan(100)
    sender.zone = null
    sender.restart()
    expect(sender.send(1, () => newer(threat('ann')))).toHaveLength(1)
  })

  test('the notice ends when lines are as they were, and is not told again', () => {
    const sender = new Sender()
    sender.send(15, () => threat('ann'))
    sender.send(5, () => newer(threat('ann')))
    const backMs = sender.atMs
    sender.send(5, () => threat('ann'))
    const [notice] = sender.state?.drift ?? []
    expect(notice.endedMs).toBeGreaterThan(backMs)
    expect(driftText(notice)).toMatch(
      /^From 2026-10-15 10:1\d to 2026-10-15 10:2\d PALO_ALTO lines/,
    )
    expect(sender.send(30, () => newer(threat('ann')))).toHaveLength(1)
    const shown = (afterMs: number) =>
      driftShown(sender.state as StreamState, sender.atMs + afterMs)
    expect(shown(0)).toHaveLength(1)
    expect(shown(watchLimits.driftShownMs)).toHaveLength(0)
  })
})

/** Repeatable chance. */
function chance(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

describe('a stream that merely fluctuates', () => {
  const event = fortigate.replace('type="traffic"', 'type="event"')

  test.each([1, 2])('in its mix of lines, its users, its keys: seed %i', (seed) => {
    const random = chance(seed)
    const sender = new Sender()
    for (let hour = 0; hour < 24; hour += 2) {
      // few people at night, and more of the rest
      const day = 0.5 + 0.45 * Math.sin((hour / 24) * 2 * Math.PI)
      sender.send(8, () => {
        const what = random()
        if (what < 0.1) return event
        if (what < 0.1 + 0.5 * day) return threat(random() < day ? 'ann' : '')
        if (what < 0.9) return random() < 0.3 ? fortigate.replace(/ user="[^"]*"/, '') : fortigate
        return random() < 0.5 ? squid : squid.replaceAll(' ', '~')
      })
    }
    expect(sender.state?.drift).toEqual([])
  })

  test('in its number of columns: free text with the delimiter in it', () => {
    const random = chance(7)
    const sender = new Sender()
    sender.send(120, () => threat('ann') + ',x'.repeat(Math.floor(random() * 6)))
    expect(sender.state?.drift).toEqual([])
  })

  test('for one minute', () => {
    const sender = new Sender()
    sender.send(20, () => threat('ann'))
    sender.send(1, () => newer(threat('ann')))
    sender.send(30, () => threat('ann'))
    expect(sender.state?.drift).toEqual([])
  })

  test('in its first minutes', () => {
    const sender = new Sender()
    sender.send(2, () => threat('ann'))
    expect(sender.send(60, () => newer(threat('ann')))).toEqual([])
  })
})

describe('bounds', () => {
  test('thousands of keys and reasons take no more room', () => {
    const sender = new Sender()
    sender.send(
      60,
      (i) => `${fortigate} ${Array.from({ length: 60 }, (_, k) => `key${i * 60 + k}=1`).join(' ')}`,
    )
    expect((sender.state?.memory ?? '').length).toBeLessThan(40_000)
  })

  test('an upload is one file: nothing is compared', () => {
    const sender = new Sender('upload')
    sender.send(15, () => threat('ann'))
    expect(sender.send(15, () => newer(threat('ann')))).toEqual([])
  })

  test('a folder goes on, and is watched', () => {
    const sender = new Sender('folder')
    sender.send(15, () => threat('ann'))
    sender.send(15, () => newer(threat('ann')))
    expect(noticesOf([sender.state as StreamState], sender.atMs)).toEqual([
      expect.stringMatching(
        /^Since 2026-10-15 10:1\d PALO_ALTO lines \(web\) have \d+ fields, before \d+\.$/,
      ),
    ])
  })
})
