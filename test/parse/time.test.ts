import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ZoneOffset } from '../../src/parse/line-context.ts'
import { daysFromCivil } from '../../src/parse/civil.ts'
import { readTime, timeEnd } from '../../src/parse/time.ts'
import { timeZone } from '../../src/parse/zone.ts'
import type { DayOrder } from '../../src/parse/time.ts'
import { contextOf, receivedAtMs } from './parse-parts.ts'

interface Options {
  zone?: ZoneOffset | null
  order?: DayOrder
  receivedAt?: number
  noise?: string
}

/** The stamp's time as ISO text, or null; and what was left behind it. */
function read(text: string, options: Options = {}): { iso: string | null; rest: string } {
  const { c, start, end } = contextOf(text, options.noise)
  c.zone = options.zone ?? null
  c.receivedAtMs = options.receivedAt ?? receivedAtMs
  const ms = readTime(c, start, end, options.order)
  const iso = Number.isNaN(ms) ? null : new Date(ms).toISOString()
  return { iso, rest: text.slice(timeEnd() - start) }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number): string => String(n).padStart(2, '0')

/** How vendors write the second `d`, whose time has no milliseconds. */
const layouts: Record<string, (d: Date) => string> = {
  iso: (d) => d.toISOString(),
  'iso without zone': (d) => d.toISOString().slice(0, 19),
  'iso, blank': (d) => d.toISOString().slice(0, 19).replace('T', ' '),
  'iso, micro- and nanoseconds': (d) => d.toISOString().replace('.000Z', '.000999999+00:00'),
  'iso, lower case z': (d) => d.toISOString().replace('Z', 'z').replace('T', 't'),
  slashes: (d) => d.toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/'),
  sophos: (d) => d.toISOString().slice(0, 19).replace('T', '-').replace('-', ':').replace('-', ':'),
  'year first, named month': (d) =>
    `${d.getUTCFullYear()} ${months[d.getUTCMonth()]} ${two(d.getUTCDate())} ${d.toISOString().slice(11, 19)}`,
  compact: (d) => d.toISOString().slice(0, 19).replaceAll(/[-:]/g, ''),
  'compact with zone': (d) => `${d.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`,
  'epoch seconds': (d) => String(d.getTime() / 1000).padStart(10, '0'),
  'epoch milliseconds': (d) => String(d.getTime()).padStart(13, '0'),
  'epoch microseconds': (d) => `${String(d.getTime()).padStart(13, '0')}123`,
  'epoch nanoseconds': (d) => `${String(d.getTime()).padStart(13, '0')}123456`,
  apache: (d) =>
    `[${two(d.getUTCDate())}/${months[d.getUTCMonth()]}/${d.getUTCFullYear()}:${d.toISOString().slice(11, 19)} +0000]`,
  'check point': (d) =>
    `${two(d.getUTCDate())}${months[d.getUTCMonth()]}${d.getUTCFullYear()} ${d.toISOString().slice(11, 19)}`,
  german: (d) =>
    `${two(d.getUTCDate())}.${two(d.getUTCMonth() + 1)}.${d.getUTCFullYear()} ${d.toISOString().slice(11, 19)}`,
  american: (d) =>
    `${d.getUTCMonth() + 1}/${d.getUTCDate()}/${d.getUTCFullYear()} ${d.getUTCHours() % 12 || 12}:${d.toISOString().slice(14, 19)} ${d.getUTCHours() < 12 ? 'AM' : 'PM'}`,
  rfc822: (d) => d.toUTCString(),
  'with year': (d) =>
    `${months[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${d.getUTCFullYear()} ${d.toISOString().slice(11, 19)}`,
  'year last': (d) =>
    `${months[d.getUTCMonth()]} ${two(d.getUTCDate())} ${d.toISOString().slice(11, 19)} ${d.getUTCFullYear()}`,
  ctime: (d) =>
    `${d.toUTCString().slice(0, 3)} ${months[d.getUTCMonth()]} ${two(d.getUTCDate())} ${d.toISOString().slice(11, 19)} GMT ${d.getUTCFullYear()}`,
}

const seconds = fc
  .integer({ min: Date.UTC(2001, 8, 9, 2) / 1000, max: Date.UTC(2099, 11, 31) / 1000 })
  .map((second) => new Date(second * 1000))

describe('every layout', () => {
  test.each(Object.entries(layouts))('%s, any second', (_, write) => {
    fc.assert(
      fc.property(seconds, (date) => {
        expect(read(write(date), { order: 'month-first' }).iso, write(date)).toBe(
          date.toISOString(),
        )
      }),
      { numRuns: 150 },
    )
  })

  test.each(Object.entries(layouts))('%s, on leap days and at the ends of years', (_, write) => {
    for (const iso of [
      '2024-02-29T23:59:59Z',
      '2028-02-29T00:00:00Z',
      '2026-12-31T23:59:59Z',
      '2027-01-01T00:00:00Z',
      '2096-02-29T12:00:00Z',
      '2026-03-01T12:30:00Z',
    ])
      expect(read(write(new Date(iso)), { order: 'month-first' }).iso).toBe(
        new Date(iso).toISOString(),
      )
  })

  test.each(Object.entries(layouts))(
    '%s, cut off anywhere or with noise behind, never throws',
    (_, write) => {
      const text = write(new Date('2026-10-15T09:30:00Z'))
      for (let i = 0; i <= text.length; i++) {
        const { iso } = read(text.slice(0, i), { zone: timeZone('Europe/Berlin') })
        expect(
          read(text.slice(0, i), { zone: timeZone('Europe/Berlin'), noise: text.slice(i) + ' 99' })
            .iso,
        ).toBe(iso)
      }
    },
  )
})

test.each([
  ['2026-10-15T09:30:00.123Z rest', '2026-10-15T09:30:00.123Z', ' rest'],
  ['2026-10-15T09:30:00,5 rest', '2026-10-15T09:30:00.500Z', ' rest'],
  ['2026-10-15T09:30:00+02:00', '2026-10-15T07:30:00.000Z', ''],
  ['2026-10-15T09:30:00-0330', '2026-10-15T13:00:00.000Z', ''],
  ['2026-10-15 09:30:00 +02', '2026-10-15T07:30:00.000Z', ''],
  ['2026-10-15 09:30:00 CEST', '2026-10-15T07:30:00.000Z', ''],
  ['2026-10-15 09:30:00 --5:00', '2026-10-15T14:30:00.000Z', ''],
  ['20261015T093000.250Z', '2026-10-15T09:30:00.250Z', ''],
  ['20261015 09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['1792056600.987 12', '2026-10-15T09:30:00.987Z', ' 12'],
  ['"2026-10-15 09:30:00"', '2026-10-15T09:30:00.000Z', '"'],
  ['10/15/2026, 12:05:00 AM', '2026-10-15T00:05:00.000Z', ''],
  ['10/15/2026 12:05:00 PM', '2026-10-15T12:05:00.000Z', ''],
  ['10/15/2026 15:05:00 PM', '2026-10-15T15:05:00.000Z', ''],
  ['2026年10月15日 09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['2026年 1月 5日 09:30', '2026-01-05T09:30:00.000Z', ''],
  ['2026년 10월 15일 오후 9:30:00', '2026-10-15T21:30:00.000Z', ''],
  ['2026-10-15 오전 12:30:00', '2026-10-15T00:30:00.000Z', ''],
  ['2026/10/15 下午 12:30:00', '2026-10-15T12:30:00.000Z', ''],
  ['2026/10/15 午後9:30:00', '2026-10-15T21:30:00.000Z', ''],
  ['9/16/19 10:00', '2019-09-16T10:00:00.000Z', ''],
  ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00.000Z', ''],
  ['2026-10-15T24:00:00Z', '2026-10-16T00:00:00.000Z', ''],
  ['Thu Oct 15 09:30:00 2026 CEST', '2026-10-15T07:30:00.000Z', ''],
  ['Oct 15 09:30:00 fw1 tag:', '2026-10-15T09:30:00.000Z', ' fw1 tag:'],
  ['Oct  5 2026 09:30:00.250 CEST: x', '2026-10-05T07:30:00.250Z', ': x'],
  ['Oct 15 2026, 09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['October 15, 2026 9:30:00 PM', '2026-10-15T21:30:00.000Z', ''],
  ['Thursday, October 15, 2026 9:30:00 AM GMT', '2026-10-15T09:30:00.000Z', ''],
  ['Sept 5 2026 09:30:00', '2026-09-05T09:30:00.000Z', ''],
  ['2026-10-15 09:30:00 UTC+02:00', '2026-10-15T07:30:00.000Z', ''],
  ['2026-10-15 09:30:00 (GMT-5)', '2026-10-15T14:30:00.000Z', ')'],
  ['2026-10-15 09:30:00 GMT x', '2026-10-15T09:30:00.000Z', ' x'],
  ['oct/15/2026 09:30:00 firewall', '2026-10-15T09:30:00.000Z', ' firewall'],
  ['10-15-2026\t09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['2026-10-15\t09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['2026-10-15,09:30:00,x', '2026-10-15T09:30:00.000Z', ',x'],
  ['Oct-15-2026 09:30:00', '2026-10-15T09:30:00.000Z', ''],
  ['Oct 15 09:30:00 2026: %ASA', '2026-10-15T09:30:00.000Z', ': %ASA'],
  // hosts that could pass for a year, half of a day, or a zone
  ['Oct 15 09:30:00 2001:db8::5 tag:', '2026-10-15T09:30:00.000Z', ' 2001:db8::5 tag:'],
  ['Oct 15 09:30:00 pm-fw1 tag:', '2026-10-15T09:30:00.000Z', ' pm-fw1 tag:'],
  ['Oct 15 09:30:00 am1 tag:', '2026-10-15T09:30:00.000Z', ' am1 tag:'],
  ['Oct 15 09:30:00 west tag:', '2026-10-15T09:30:00.000Z', ' west tag:'],
  ['Oct 15 09:30:00 EST-fw tag:', '2026-10-15T09:30:00.000Z', ' EST-fw tag:'],
  ['Oct 15 09:30:00 GMT-fw tag:', '2026-10-15T09:30:00.000Z', ' GMT-fw tag:'],
  ['2026-10-15 09:30:00,192.0.2.1,443', '2026-10-15T09:30:00.000Z', ',192.0.2.1,443'],
  ['2026-10-15 09:30:00,2026-10-15', '2026-10-15T09:30:00.000Z', ',2026-10-15'],
  ['Oct 15 09:30:00 (squid-1): x', '2026-10-15T09:30:00.000Z', ' (squid-1): x'],
])('%s', (text, iso, rest) => {
  expect(read(text)).toEqual({ iso, rest })
})

test.each([
  '',
  '2026',
  '2026-10-15',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-04-31 10:00:00',
  '2026-02-29 10:00:00',
  '2100-02-29 10:00:00',
  '2026-10-15T25:00:00',
  '2026-10-15T24:00:01',
  '2026-10-15T09:60:00',
  '2026-10-15T09:30:61',
  '20261015T256199Z',
  '20261315T000000',
  'Foo 15 09:30:00',
  'Oct 32 09:30:00',
  'Oct 15 09.30.00',
  '192.0.2.1 and more',
  '203.0.113.200',
  '12345678',
  '123456789012345',
  '15/15/2026 10:00:00',
  '10:15:2026 10:00:00',
  'hostname=abc',
  '\0\0\0\0\0\0\0\0\0\0',
  '2026-10-15X09:30:00',
  '-----------',
  '::::::::::::',
])('no time: %j', (text) => {
  for (const zone of [null, timeZone('Europe/Berlin')]) expect(read(text, { zone }).iso).toBeNull()
})

test('the day order decides only where both are possible', () => {
  const at = (text: string, order: DayOrder): string | null => read(text, { order }).iso
  expect(at('03/04/2026 10:00:00', 'month-first')).toBe('2026-03-04T10:00:00.000Z')
  expect(at('03/04/2026 10:00:00', 'day-first')).toBe('2026-04-03T10:00:00.000Z')
  expect(at('25/12/2026 10:00:00', 'month-first')).toBe('2026-12-25T10:00:00.000Z')
  expect(at('12/25/2026 10:00:00', 'day-first')).toBe('2026-12-25T10:00:00.000Z')
  expect(at('03.04.2026 10:00:00', 'month-first')).toBe('2026-04-03T10:00:00.000Z')
})

test.each([
  // month first is near, or neither is
  ['10/05/2026 10:00:00', '2026-11-01T00:00:00Z', '2026-10-05T10:00:00.000Z'],
  ['03/04/2026 10:00:00', '2026-11-01T00:00:00Z', '2026-03-04T10:00:00.000Z'],
  ['09/10/2026 10:00:00', '2026-10-15T00:00:00Z', '2026-09-10T10:00:00.000Z'],
  // only day first is
  ['05/10/2026 10:00:00', '2026-11-01T00:00:00Z', '2026-10-05T10:00:00.000Z'],
  ['01/11/2026 23:00:00', '2026-11-01T23:30:00Z', '2026-11-01T23:00:00.000Z'],
  ['12/10/2026 10:00:00', '2026-11-01T00:00:00Z', '2026-10-12T10:00:00.000Z'],
])('%s, received at %s', (text, received, want) => {
  expect(read(text, { receivedAt: Date.parse(received) }).iso).toBe(want)
})

describe('a stamp without a year', () => {
  test.each([
    ['Dec 31 23:59:58', '2027-01-01T00:00:05Z', '2026-12-31T23:59:58.000Z'],
    ['Jan  1 00:00:03', '2026-12-31T23:59:58Z', '2027-01-01T00:00:03.000Z'],
    ['Jan  1 00:00:03', '2027-01-01T00:00:05Z', '2027-01-01T00:00:03.000Z'],
    ['Oct 15 09:30:00', '2026-10-15T10:00:00Z', '2026-10-15T09:30:00.000Z'],
    ['Feb 29 12:00:00', '2028-03-01T00:00:00Z', '2028-02-29T12:00:00.000Z'],
    ['Feb 29 12:00:00', '2027-03-01T00:00:00Z', '2028-02-29T12:00:00.000Z'],
  ])('%s received at %s', (text, received, want) => {
    expect(read(text, { receivedAt: Date.parse(received) }).iso).toBe(want)
  })

  test('far from a leap year February 29 is no day', () => {
    expect(read('Feb 29 12:00:00', { receivedAt: Date.UTC(2026, 1, 28) }).iso).toBeNull()
  })

  test('is never further than half a year and a day from its receipt', () => {
    fc.assert(
      fc.property(seconds, fc.integer({ min: -180, max: 180 }), (date, days) => {
        fc.pre(!(date.getUTCMonth() === 1 && date.getUTCDate() === 29))
        const receivedAt = date.getTime() + days * 86_400_000
        const text = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 19)}`
        expect(read(text, { receivedAt }).iso).toBe(date.toISOString())
      }),
    )
  })
})

describe('zones', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Chatham',
    'UTC',
    'America/St_Johns',
    'Africa/Casablanca',
  ]

  test.each(zones)('%s: a local stamp is the instant Temporal gives', (name) => {
    const zone = timeZone(name)
    fc.assert(
      fc.property(seconds, (date) => {
        const local = date.toISOString().slice(0, 19)
        const want = Temporal.PlainDateTime.from(local).toZonedDateTime(name).epochMilliseconds
        expect(read(local, { zone }).iso).toBe(new Date(want).toISOString())
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['before the gap', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
    ['in the gap', '2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
    ['after the gap', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z'],
    ['in the fold, the first of two', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'],
    ['after the fold', '2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z'],
  ])('Berlin %s', (_, local, want) => {
    expect(read(local, { zone: timeZone('Europe/Berlin') }).iso).toBe(want)
  })

  test('a zone of the stamp beats that of the source', () => {
    expect(read('2026-10-15T09:30:00Z', { zone: timeZone('Asia/Tokyo') }).iso).toBe(
      '2026-10-15T09:30:00.000Z',
    )
  })

  test('an unknown name is a RangeError', () => {
    expect(() => timeZone('Mars/Base')).toThrow(RangeError)
  })
})

test('days are those of Date', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        const days = daysFromCivil(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
        expect(days).toBe(Math.floor(date.getTime() / 86_400_000))
      },
    ),
  )
})

test('any bytes are a time or none, and the cursor stays within', () => {
  const piece = fc.constantFrom(
    '20',
    '26',
    '-',
    '/',
    ':',
    ' ',
    'T',
    'Oct',
    'Thu',
    ',',
    '.',
    '+',
    '9',
    '15',
    'Z',
    'AM',
    'GMT',
    '[',
    '"',
    '1792056600',
    'x',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 16 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 40 }),
  )
  fc.assert(
    fc.property(text, fc.constantFrom(null, 'Europe/Berlin'), (bytes, zone) => {
      const { c, start, end } = contextOf(bytes, ' 09:30:00 2026 AM')
      c.zone = zone === null ? null : timeZone(zone)
      const ms = readTime(c, start, end)
      for (const behind of ['', '5', ':00', 'M', ' 2026', '/26 10:00', 'Z', '.5', '+02'])
        expect(read(bytes, { noise: behind, zone: c.zone }).iso).toBe(
          Number.isNaN(ms) ? null : new Date(ms).toISOString(),
        )
      if (Number.isNaN(ms)) return
      expect(Number.isFinite(ms)).toBe(true)
      readTime(contextOf(bytes).c, start, end)
      expect(timeEnd()).toBeGreaterThan(start)
      expect(timeEnd()).toBeLessThanOrEqual(end)
    }),
    { numRuns: 3000 },
  )
})
