import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { peelEnvelope, readEnvelope } from '../../src/parse/envelope.ts'
import { beginEnvelope } from '../../src/parse/envelope-memory.ts'
import { dataStart, LineContext } from '../../src/parse/line-context.ts'
import { contextOf } from './parse-parts.ts'

interface Peeled {
  /** ISO to the second, null = none. */
  time: string | null
  host: string | null
  tag: string | null
  payload: string
  /** Behind the structured data; like `payload` where there is none. */
  message: string
}

function peel(line: string, noise = ''): Peeled {
  const { c, start, end } = contextOf(line, noise)
  const payload = peelEnvelope(c, start, end)
  const text = (from: number, to: number): string | null =>
    to > from ? Buffer.from(c.buf.subarray(from, to)).toString() : null
  return {
    time: Number.isNaN(c.envelopeTime) ? null : new Date(c.envelopeTime).toISOString().slice(0, 19),
    host: text(c.hostStart, c.hostEnd),
    tag: text(c.tagStart, c.tagEnd),
    payload: text(payload, end) ?? '',
    message: text(c.messageStart, end) ?? '',
  }
}

const time = '2026-10-15T09:30:00'
const bare = (payload: string): Peeled => ({
  time: null,
  host: null,
  tag: null,
  payload,
  message: payload,
})
const headed = (payload: string, more: Partial<Peeled> = {}): Peeled => ({
  ...bare(payload),
  time,
  host: 'fw1',
  ...more,
})

describe('RFC 3164', () => {
  test.each<[string, Partial<Peeled> & { payload: string }]>([
    ['<134>Oct 15 09:30:00 fw1 kernel: a=1', { tag: 'kernel', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 fw1 app[812]: a=1', { tag: 'app', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 fw1 (squid-1)[812]: a=1', { tag: '(squid-1)', payload: 'a=1' }],
    ['Oct 15 09:30:00 fw1 kernel: a=1', { tag: 'kernel', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 fw1 a=1', { payload: 'a=1' }],
    ['<134> Oct 15 09:30:00 fw1 a=1', { payload: 'a=1' }],
    ['<134>Oct 15 2026 09:30:00 fw1 : %ASA-6-302014: x', { payload: '%ASA-6-302014: x' }],
    ['<134>Oct 15 2026 09:30:00: %ASA-6-302014: x', { host: null, payload: '%ASA-6-302014: x' }],
    ['<134>Oct 15 2026 09:30:00 fw1: %ASA-6-302014: x', { payload: '%ASA-6-302014: x' }],
    [
      '<189>4711: Oct 15 09:30:00.123 UTC: %SEC-6-IPACCESSLOGP: x',
      { host: null, payload: '%SEC-6-IPACCESSLOGP: x' },
    ],
    ['<189>4711: *Oct 15 09:30:00.123: %SEC-6-X: x', { host: null, payload: '%SEC-6-X: x' }],
    ['<189>4711: .Oct 15 09:30:00: %SEC-6-X: x', { host: null, payload: '%SEC-6-X: x' }],
    ['<189>4711: rtr1: *Oct 15 09:30:00.123: %SEC-6-X: x', { host: null, payload: '%SEC-6-X: x' }],
    ['<189>: 2026 Oct 15 09:30:00 UTC: %ACLLOG-5-X: x', { host: null, payload: '%ACLLOG-5-X: x' }],
    ['*Oct 15 09:30:00.123: %SEC-6-X: x', { host: null, payload: '%SEC-6-X: x' }],
    ['<134>2026-10-15T09:30:00+00:00 fw1 app: a=1', { tag: 'app', payload: 'a=1' }],
    ['<134>2026-10-15T11:30:00.123456+02:00 fw1 a=1', { payload: 'a=1' }],
    ['2026-10-15T09:30:00Z fw1 a=1', { payload: 'a=1' }],
    ['<134>Thu Oct 15 09:30:00 2026 fw1 app: a=1', { tag: 'app', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 203.0.113.1 a=1', { host: '203.0.113.1', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 2001:db8::5 a=1', { host: '2001:db8::5', payload: 'a=1' }],
    ['<134>Oct 15 09:30:00 10-site-fw a=1', { host: '10-site-fw', payload: 'a=1' }],
    [
      '<134>Oct 15 09:30:00 CEF:0|a|b|c|d|e|5|x=y',
      { host: null, payload: 'CEF:0|a|b|c|d|e|5|x=y' },
    ],
    ['<134>Oct 15 09:30:00 fw1 CEF:0|a|b|c|d|e|5|x=y', { payload: 'CEF:0|a|b|c|d|e|5|x=y' }],
    ['<134>Oct 15 09:30:00 fw1 {"a":1}', { payload: '{"a":1}' }],
    [
      '<134>Oct 15 09:30:00 1792056600.123 250 10.1.2.6 TCP',
      { host: null, payload: '1792056600.123 250 10.1.2.6 TCP' },
    ],
    // relays put a header of their own in front
    ['<134>Oct 15 09:29:00 relay1 Oct 15 09:30:00 fw1 app: a=1', { tag: 'app', payload: 'a=1' }],
    [
      '<13>Oct 15 09:29:00 relay1 <134>Oct 15 09:30:00 fw1 app: a=1',
      { tag: 'app', payload: 'a=1' },
    ],
    [
      '<13>1 2026-10-15T09:29:00Z relay1 - - - - <134>Oct 15 09:30:00 fw1 app: a=1',
      { tag: 'app', payload: 'a=1' },
    ],
  ])('%s', (line, want) => {
    expect(peel(line)).toEqual(headed(want.payload, { message: want.payload, ...want }))
  })
})

describe('RFC 5424', () => {
  test.each<[string, Partial<Peeled>]>([
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app 12 ID7 - hello',
      { tag: 'ID7', payload: 'hello', message: 'hello' },
    ],
    [
      '<134>1 2026-10-15T09:30:00.000003Z fw1 app - - - \ufeffhello',
      { tag: 'app', payload: 'hello', message: 'hello' },
    ],
    [
      '<134>1 2026-10-15T09:30:00Z - app - - - hello',
      { tag: 'app', host: null, payload: 'hello', message: 'hello' },
    ],
    [
      '<134>1 - fw1 app - - - hello',
      { time: null, tag: 'app', payload: 'hello', message: 'hello' },
    ],
    ['<134>1 2026-10-15T09:30:00Z fw1 app - - -', { tag: 'app', payload: '', message: '' }],
    ['<134>1 2026-10-15T09:30:00Z fw1 app - - - ', { tag: 'app', payload: '', message: '' }],
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - ID7 [x@1 a="b"] hello',
      { tag: 'ID7', payload: '[x@1 a="b"] hello', message: 'hello' },
    ],
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - ID7 [x@1 a="b]\\"]"][y@2] \ufeffhi',
      { tag: 'ID7', payload: '[x@1 a="b]\\"]"][y@2] \ufeffhi', message: 'hi' },
    ],
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - ID7 [x@1 a="open',
      { tag: 'ID7', payload: '[x@1 a="open', message: '[x@1 a="open' },
    ],
    ['<134>1 2026-10-15T09:30:00Z fw1 app - - [x]', { tag: 'app', payload: '[x]', message: '' }],
    // about the message's way, not of it
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - - [meta sequenceId="7"][timeQuality tzKnown="1"] \ufeffhi',
      { tag: 'app', payload: 'hi', message: 'hi' },
    ],
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - - [meta sequenceId="7"][x@1 a="b"] hi',
      { tag: 'app', payload: '[x@1 a="b"] hi', message: 'hi' },
    ],
    [
      '<134>1 2026-10-15T09:30:00Z fw1 app - - [meta sequenceId="7"',
      { tag: 'app', payload: '[meta sequenceId="7"', message: '[meta sequenceId="7"' },
    ],
    // relays that leave out the PRI, captures that keep the octet count
    ['1 2026-10-15T09:30:00Z fw1 app - - - hi', { tag: 'app', payload: 'hi', message: 'hi' }],
    [
      '63 <134>1 2026-10-15T09:30:00Z fw1 app - - - hi',
      { tag: 'app', payload: 'hi', message: 'hi' },
    ],
    [
      'Oct 15 09:29:00 relay 63 <134>1 2026-10-15T09:30:00Z fw1 app - - - hi',
      { tag: 'app', payload: 'hi', message: 'hi' },
    ],
  ])('%s', (line, want) => {
    expect(peel(line)).toEqual({ ...headed(''), ...want })
  })
})

describe('a payload is left alone', () => {
  test.each([
    '1792056600.123 250 10.1.2.6 TCP_MISS/200 5 GET http://a/ - - -',
    '2026-10-15 09:30:00 12 10.1.2.10 ann TCP_MISS',
    'date=2026-10-15 time=09:30:00 devname="x"',
    '{"time":"2026-10-15T09:30:00Z"}',
    '1,2026/10/15 09:30:00,001,TRAFFIC',
    'Thu Oct 15 09:30:00 2026,"x"',
    'CEF:0|a|b|c|d|e|5|x=y',
    '"Oct 15 09:30:00"',
    '10.1.2.3 - ann [15/Oct/2026:09:30:00 +0000] "GET / HTTP/1.1" 200 5',
    '<notpri> x',
    '<12345>x',
    '',
    '<',
    '<1',
    '-- MARK --',
  ])('%j', (line) => expect(peel(line)).toEqual(bare(line)))

  test('behind a bare PRI', () => {
    expect(peel('<134>date=2026-10-15 a=1')).toEqual(bare('date=2026-10-15 a=1'))
    expect(peel('<134>')).toEqual(bare(''))
    expect(peel('<134>app: a=1')).toEqual({ ...bare('a=1'), tag: 'app' })
  })
})

describe('any bytes', () => {
  const piece = fc.constantFrom(
    '<134>',
    '<',
    '1 ',
    'Oct 15 09:30:00',
    '2026-10-15T09:30:00Z',
    ' ',
    ': ',
    'fw1',
    'app',
    '[12]',
    '[x@1 a="b"]',
    '\\"',
    '-',
    '4711',
    '*',
    '.',
    '%ASA-6-1',
    '\ufeff',
    ':',
    '"',
    '\0',
    'é',
    '2001:db8::1',
  )
  const line = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 80 }),
  )

  test.each([
    ['<134><134>[12]', ': '],
    ['<134>Oct 15 09:30:00', ': x'],
    ['<134>Oct 15 09:30:00 fw1 ', ': x'],
    ['<134>471', '1: Oct 15 09:30:00'],
  ])('%j followed by %j', (text, noise) => expect(peel(text, noise)).toEqual(peel(text)))

  test('the payload is an end of the line, and all spans are within it', () => {
    fc.assert(
      fc.property(line, (text) => {
        const { c, start, end } = contextOf(text, ' Oct 15 09:30:00 2026 noise: "]')
        const payload = peelEnvelope(c, start, end)
        expect(payload).toBeGreaterThanOrEqual(start)
        expect(payload).toBeLessThanOrEqual(end)
        expect(c.messageStart).toBeGreaterThanOrEqual(payload)
        expect(c.messageStart).toBeLessThanOrEqual(end)
        for (const place of [c.hostEnd, c.tagEnd])
          if (place > 0) expect(place).toBeLessThanOrEqual(end)
      }),
      { numRuns: 3000 },
    )
  })

  test('what stands behind the line does not matter', () => {
    fc.assert(
      fc.property(
        line,
        fc.constantFrom(' x', '0', ': ', ':', '> ', '=', '-', 'a: ', '] "', '09:30:00', '\ufeff'),
        (text, noise) => {
          expect(peel(text, noise)).toEqual(peel(text))
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('headers of the lines before', () => {
  const headers = [
    '',
    '<134>',
    '<134>Oct 15 09:30:00 fw1 ',
    '<134>Oct 15 09:30:00 ',
    '<134>Oct 15 09:30:00: ',
    '<134>Oct 15 2026 09:30:00 fw1 : ',
    '<134>Oct 15 09:30:00 fw1 app[812]: ',
    '<134>1 2026-10-15T09:30:00Z fw1 app 812 - - ',
    '<134>1 2026-10-15T09:30:00Z - - - - - ',
    '<134>Oct 15 09:30:00 relay <189>Oct 15 09:29:00 fw1 ',
    'Oct 15 09:30:00 fw1 local0.info ',
    '2026-10-15 09:30:00\tLocal7.Info\t192.0.2.1\t',
    '2026-10-15T09:30:00Z stdout F ',
  ]
  const payloads = [
    '%ASA-6-302014: ',
    'date=2026-10-15 ',
    'utc=1 ',
    'Oct 15 09:28:00 fw9 x: ',
    '1,2026/10/15 ',
    '2026,5 ',
    '123,-:-,',
    '1792056600.123 ',
    '1792056600.1.2.3 ',
    'app: a=1 ',
    'fw9 x=1 ',
    '"a","b" ',
    '[x y="1"] ',
    '[action:"Accept"; flags:"1"; ',
    '[a:b c="1"] ',
    'CEF:0|Example|Wall|1 ',
    'LEEF:2.0|Example|Wall ',
    'CEF: a',
    'aCEF:1 ',
    '2026-10-15 09:30:00 10.1.2.3 ',
    '2026-10-15 09:30:00 fw9 x: ',
    '2026-10-15 09:30:00,',
    '<134>date=1 ',
  ]
  const rest = fc.constantFrom(
    '',
    `${'x'.repeat(30)} `,
    `12345 x\ty ${'z'.repeat(80)}`,
    'y'.repeat(90),
  )
  const line = fc
    .tuple(fc.constantFrom(...headers), fc.constantFrom(...payloads), rest)
    .map((parts) => parts.join(''))

  test('a line says the same with and without them', () => {
    let found = 0
    const own = new LineContext(1024)
    fc.assert(
      fc.property(fc.array(line, { minLength: 2, maxLength: 6 }), (lines) => {
        const { c } = contextOf('')
        for (const text of lines) {
          const bytes = Buffer.from(text)
          c.buf.set(bytes, dataStart)
          const end = dataStart + bytes.length
          const payload = peelEnvelope(c, dataStart, end)
          const shown = [c.lineStart, c.envelopeTime, c.stampStart, c.messageStart, payload]
          const spans = [c.hostStart, c.hostEnd, c.tagStart, c.tagEnd]
          if (payload > dataStart && c.envelopes.find(c, dataStart, end) >= 0) found++
          own.buf.fill(0, dataStart)
          own.buf.set(bytes, dataStart)
          own.receivedAtMs = c.receivedAtMs
          beginEnvelope(own, dataStart)
          readEnvelope(own, dataStart, end)
          expect(shown).toEqual([
            own.lineStart,
            own.envelopeTime,
            own.stampStart,
            own.messageStart,
            own.payloadStart,
          ])
          expect(spans).toEqual([own.hostStart, own.hostEnd, own.tagStart, own.tagEnd])
        }
      }),
      { numRuns: 3000 },
    )
    expect(found).toBeGreaterThan(500)
  })

  test('are read anew when the time of receipt or the zone is another', () => {
    const { c, start, end } = contextOf(
      `<134>Oct 15 09:30:00 fw1 date=2026-10-15 ${'x'.repeat(80)}`,
    )
    peelEnvelope(c, start, end)
    const summer = c.envelopeTime
    c.receivedAtMs -= 365 * 86_400_000
    peelEnvelope(c, start, end)
    expect(summer - c.envelopeTime).toBe(365 * 86_400_000)
    c.zone = { offsetMs: () => 3_600_000 }
    peelEnvelope(c, start, end)
    expect(summer - c.envelopeTime).toBe(365 * 86_400_000 + 3_600_000)
  })
})
