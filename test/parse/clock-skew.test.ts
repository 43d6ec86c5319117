import { describe, expect, test } from 'vitest'
import { watchLimits } from '../../src/limits.ts'
import { SkewMeter } from '../../src/parse/clock-skew.ts'
import type { StreamState } from '../../src/parse/batch.ts'
import { clockOf } from '../../src/report/stream-words.ts'
import { linesBlock, parse, parserOf, receivedAtMs, segmentOf, streamOf } from './parse-parts.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 3164: no year, no zone. */
function zoneless(atMs: number): string {
  const iso = new Date(atMs).toISOString()
  const stamp = `${months[Number(iso.slice(5, 7)) - 1]} ${iso.slice(8, 10)} ${iso.slice(11, 19)}`
  return `<166>${stamp} fw : %ASA-6-302014: Teardown TCP connection 1 for outside:203.0.113.9/443 to inside:10.1.2.3/50000 duration 0:00:10 bytes 100 TCP FINs`
}

/** Seconds since the epoch. */
function zoned(atMs: number): string {
  return `${Math.floor(atMs / 1000)}.100    250 10.1.2.6 TCP_MISS/200 5120 GET http://www.example.org/a ann HIER_DIRECT/203.0.113.12 text/html`
}

interface Case {
  line: (atMs: number) => string
  /** Stamp minus receipt of the i-th line. */
  off: (i: number) => number
  lines?: number
  stream?: Parameters<typeof streamOf>[1]
  fromMs?: number
}

/** A stream of one line a second, each in a block of its own. */
function measured({
  line,
  off,
  lines = 200,
  stream = {},
  fromMs = receivedAtMs,
}: Case): StreamState {
  const blocks = Array.from({ length: lines }, (_, i) => {
    const atMs = fromMs + i * 1000 + 400
    return linesBlock([line(atMs + off(i))], 1, atMs)
  })
  const { batch } = parse(parserOf(), segmentOf(blocks, streamOf('192.0.2.1', stream)))
  return batch.streams[0]
}

const inTime = (i: number): number => -(i % 4) * 1000

describe('the clock of a stream', () => {
  test.each<[string, Case, string]>([
    ['right, with a zone', { line: zoned, off: inTime }, 'right'],
    ['right, without one', { line: zoneless, off: inTime }, 'right'],
    ['right, in its own zone', { line: zoneless, off: (i) => inTime(i) + 2 * hourMs, stream: { zone: 'Europe/Berlin' } }, 'right'],
    ['right, stamped at the beginning of sessions', { line: zoned, off: (i) => -(i % 20) * minuteMs }, 'right'],
    ['two hours ahead', { line: zoneless, off: (i) => inTime(i) + 2 * hourMs }, 'zone'],
    ['five hours behind', { line: zoneless, off: (i) => inTime(i) - 5 * hourMs }, 'zone'],
    ['five and three quarters ahead', { line: zoneless, off: (i) => inTime(i) + 5.75 * hourMs }, 'zone'],
    ['an hour ahead of its zone: summer time', { line: zoneless, off: (i) => inTime(i) + 3 * hourMs, stream: { zone: 'Europe/Berlin' } }, 'zone'],
    ['another zone, sessions of minutes', { line: zoneless, off: (i) => 2 * hourMs - (i % 9) * minuteMs }, 'zone'],
    ['another zone, one line in ten late by hours', { line: zoneless, off: (i) => (i % 11 === 0 ? -3 : 2) * hourMs }, 'zone'],
    ['a zone that the stamp names', { line: zoned, off: () => 2 * hourMs }, 'zone'],
    ['four minutes fast', { line: zoned, off: () => 4 * minuteMs }, 'ahead'],
    ['forty minutes fast', { line: zoneless, off: () => 40 * minuteMs }, 'ahead'],
    ['four minutes slow', { line: zoned, off: () => -4 * minuteMs }, 'late'],
    ['held back, each line by another time', { line: zoned, off: (i) => -20 * minuteMs - (i % 40) * minuteMs }, 'late'],
    ['nineteen days old', { line: zoned, off: () => -19 * 24 * hourMs }, 'late'],
    ['too few stamps', { line: zoneless, off: () => 2 * hourMs, lines: watchLimits.skewLinesMin - 1 }, 'unknown'],
    ['no stamp at all', { line: () => zoneless(0).replace(/>.*? : /, '>'), off: () => 0 }, 'unknown'],
    ['a folder', { line: zoneless, off: () => 2 * hourMs, stream: { listener: 'folder' } }, 'files'],
    ['an upload', { line: zoneless, off: () => 2 * hourMs, stream: { listener: 'upload' } }, 'files'],
  ])('%s', (_, from, want) => {
    expect(clockOf(measured(from)).state).toBe(want)
  }) // prettier-ignore

  test('lines refused because their time is far in the future count too', () => {
    const stream = measured({ line: zoned, off: () => 50 * hourMs })
    expect(stream.transactions).toBe(0)
    expect(clockOf(stream)).toMatchObject({
      state: 'ahead',
      text: "Its clock is more than a day ahead of receipt: set the device's time (NTP).",
    })
  })

  test.each([
    [2 * hourMs, null, 'UTC+02:00', 'Set zone: Europe/Berlin (or'],
    [-4 * hourMs, null, 'UTC-04:00', 'Set zone: America/New_York (or America/Caracas) in'],
    [5.5 * hourMs, null, 'UTC+05:30', 'Set zone: Asia/Kolkata in'],
    // the zone was set, but it is another one: New York in summer, read as Berlin
    [
      -4 * hourMs,
      'Europe/Berlin',
      'UTC-04:00',
      'Set zone: America/New_York (or America/Caracas) in',
    ],
  ])('stamps %d ms from UTC, zone %s', (off, zone, written, setting) => {
    const { text } = clockOf(measured({ line: zoneless, off: () => off, stream: { zone } }))
    expect(text).toContain(`read as ${zone ?? 'UTC'}`)
    expect(text).toContain(`the device writes ${written}`)
    expect(text).toContain('{ name: edge, from: [192.0.2.1], zone: ')
    expect(text).toContain(setting)
  })

  test('where the stamps name their zone the setting would not help, and the words say so', () => {
    const { text } = clockOf(measured({ line: zoned, off: () => 2 * hourMs }))
    expect(text).toMatch(
      /^Its stamps name their zone, and lie 2 h ahead of receipt: .*mend it there/,
    )
  })

  test('is measured robustly', () => {
    const { skew } = measured({ line: zoned, off: (i) => (i % 20 === 0 ? -hourMs : -2000) })
    // the stamps are whole seconds and a tenth, receipt is at four tenths
    expect(skew).toMatchObject({ lines: 200, medianMs: -2000, highMs: -2000, lowMs: -2000 })
  })
})

describe('over time', () => {
  test('a clock that was mended is seen within half an hour', () => {
    const meter = new SkewMeter()
    const feed = (fromMs: number, minutes: number, off: number): void => {
      for (let at = fromMs; at < fromMs + minutes * minuteMs; at += 1000) {
        meter.begin(at)
        meter.add(at + off, false)
      }
    }
    feed(receivedAtMs, 6 * 60, 7000)
    expect(meter.skew()?.medianMs).toBe(7000)
    feed(receivedAtMs + 6 * hourMs, 30, 1)
    expect(meter.skew()?.medianMs).toBe(0)
  })

  test('a burst of late lines does not outvote the rest', () => {
    const meter = new SkewMeter()
    for (let i = 0; i < 600; i++) {
      meter.begin(receivedAtMs + i * 1000)
      meter.add(receivedAtMs + i * 1000 - 1000, false)
    }
    meter.begin(receivedAtMs + 600_000)
    for (let i = 0; i < 100_000; i++) meter.add(receivedAtMs - hourMs, false)
    expect(meter.skew()?.medianMs).toBe(-1000)
  })

  test('stamps all over the place take no more room', () => {
    const meter = new SkewMeter()
    for (let i = 0; i < 10_000; i++) {
      meter.begin(receivedAtMs + i)
      meter.add(receivedAtMs + i - ((i * 7919) % 90_000) * 1000 - 1, false)
    }
    expect(meter.memory().counts.length).toBeLessThanOrEqual(watchLimits.skewBuckets)
  })

  test('a restart goes on from what was measured; a change of zone begins anew', () => {
    const before = measured({ line: zoneless, off: () => 2 * hourMs })
    expect(before.memory).not.toBeNull()
    const block = linesBlock([zoneless(receivedAtMs + 2 * hourMs)], 1, receivedAtMs + 500)
    const after = (zone: string | null): StreamState => {
      const parser = parserOf()
      parser.streams.remember([before])
      return parse(parser, segmentOf([block], streamOf('192.0.2.1', { zone }))).batch.streams[0]
    }
    expect(after(null).skew).toMatchObject({ lines: 201, zoneless: 1 })
    expect(after('Europe/Berlin').skew).toMatchObject({ lines: 1 })
  })
})

describe('the year of stamps without one', () => {
  test.each([
    ['the last day, received on the first', Date.UTC(2027, 0, 1, 0, 0, 5), Date.UTC(2026, 11, 31, 23, 59, 58)],
    ['the first day, received on the last', Date.UTC(2026, 11, 31, 23, 59, 58), Date.UTC(2027, 0, 1, 0, 0, 3)],
    ['leap day, received the day after', Date.UTC(2028, 2, 1, 0, 0, 1), Date.UTC(2028, 1, 29, 23, 59, 59)],
    ['the day after, received on leap day', Date.UTC(2028, 1, 29, 23, 59, 59), Date.UTC(2028, 2, 1, 0, 0, 1)],
  ])('%s', (_, received, stamp) => {
    const blocks = [linesBlock([zoneless(stamp)], 1, received)]
    const { batch } = parse(parserOf(), segmentOf(blocks))
    expect(batch.flows.minute[0]).toBe(Math.floor(stamp / minuteMs))
    expect(batch.streams[0].skew?.medianMs).toBe(stamp - received)
  }) // prettier-ignore
})
