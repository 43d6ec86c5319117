import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finish } from '../../src/parse/finish.ts'
import {
  dataStart,
  LineContext,
  numberFields,
  numberIndex,
  textFields,
  textIndex,
} from '../../src/parse/line-context.ts'
import type { NumberField, TextField } from '../../src/parse/line-context.ts'

type Fields = Partial<Record<TextField, string> & Record<NumberField, number>>
const names = ['refused', 'transaction', 'skipped', 'unparsed']

interface Finished {
  outcome: string
  reason: string
  fields: Fields
}

function finished(
  fields: Fields,
  more: {
    kind?: number
    time?: number
    envelope?: number
    truncated?: boolean
    without?: string
  } = {},
): Finished {
  const c = new LineContext(1 << 14)
  c.clearRecord()
  let at = dataStart
  for (const field of textFields) {
    const bytes = Buffer.from(fields[field] ?? '')
    c.buf.set(bytes, at)
    c.text[textIndex[field] * 2] = at
    at += bytes.length
    c.text[textIndex[field] * 2 + 1] = at
    c.buf[at++] = 58 // a colon that belongs to nobody
  }
  for (const field of numberFields) c.numbers[numberIndex[field]] = fields[field] ?? -1
  c.time = more.time ?? 1000
  c.envelopeTime = more.envelope ?? NaN
  c.truncated = more.truncated ?? false
  const outcome = finish(c, more.kind ?? 1, more.without ?? null)
  const result: Fields = {}
  for (const field of textFields) {
    const [start, end] = [c.text[textIndex[field] * 2], c.text[textIndex[field] * 2 + 1]]
    if (end > start) result[field] = Buffer.from(c.buf.subarray(start, end)).toString()
  }
  for (const field of numberFields)
    if (c.numbers[numberIndex[field]] >= 0) result[field] = c.numbers[numberIndex[field]]
  return { outcome: names[outcome], reason: c.reason, fields: result }
}

const source = { srcIp: '10.1.2.3' }

describe('the destination', () => {
  test.each<[string, Fields, Fields]>([
    [
      'host and scheme of the URL',
      { url: 'https://a.example.com/x' },
      { dstHost: 'a.example.com', appProtocol: 'https', dstPort: 443 },
    ],
    [
      'host and port of the URL',
      { url: 'http://a.example.com:8080/x' },
      { dstHost: 'a.example.com', appProtocol: 'http', dstPort: 8080 },
    ],
    [
      'user info is no host',
      { url: 'http://u:p@a.example.com/@x' },
      { dstHost: 'a.example.com', dstPort: 80 },
    ],
    ['a URL without scheme', { url: 'a.example.com/x' }, { dstHost: 'a.example.com' }],
    ['a path is no host', { url: '/x', dstHost: 'b.example.com' }, { dstHost: 'b.example.com' }],
    ['a query ends the host', { url: 'https://a.example.com?x=/y' }, { dstHost: 'a.example.com' }],
    [
      'an IPv6 URL',
      { url: 'https://[2001:db8::1]:8443/' },
      { dstHost: '2001:db8::1', dstIp: '2001:db8::1', dstPort: 8443 },
    ],
    [
      'an IPv4 URL',
      { url: 'https://203.0.113.9/' },
      { dstHost: '203.0.113.9', dstIp: '203.0.113.9' },
    ],
    [
      'a tunnel is no URL',
      { url: 'a.example.com:443', method: 'CONNECT' },
      { dstHost: 'a.example.com', dstPort: 443 },
    ],
    [
      'the host with its port',
      { dstHost: 'a.example.com:8443' },
      { dstHost: 'a.example.com', dstPort: 8443 },
    ],
    ['the host with a dot', { dstHost: 'a.example.com.' }, { dstHost: 'a.example.com' }],
    [
      'a bare IPv6 host',
      { dstHost: '2001:db8::1' },
      { dstHost: '2001:db8::1', dstIp: '2001:db8::1' },
    ],
    ['a name in place of an address', { dstIp: 'a.example.com' }, { dstHost: 'a.example.com' }],
    [
      'a port of its own stays',
      { url: 'https://a.example.com:8443/', dstPort: 443 },
      { dstPort: 443 },
    ],
  ])('%s', (_, given, want) => {
    const { outcome, fields } = finished({ ...source, ...given })
    expect(outcome).toBe('transaction')
    expect(fields).toMatchObject(want)
    if (want.dstIp === undefined) expect(fields.dstIp).toBeUndefined()
  })

  test('a tunnel leaves no URL', () => {
    expect(
      finished({ ...source, url: 'a.example.com:443', method: 'CONNECT' }).fields.url,
    ).toBeUndefined()
  })

  test.each<[string, Fields, Parameters<typeof finished>[1], Partial<Finished>]>([
    ['missing', source, {}, { outcome: 'unparsed', reason: 'no destination' }],
    [
      'missing for a known reason',
      source,
      { without: 'no request' },
      { outcome: 'skipped', reason: 'no request' },
    ],
    [
      'missing from a line that was cut',
      source,
      { truncated: true, without: 'no request' },
      { outcome: 'unparsed', reason: 'cut before the destination' },
    ],
    ['there, but no source', { dstHost: 'a' }, {}, { outcome: 'unparsed', reason: 'no source' }],
    [
      'there, but no time',
      { ...source, dstHost: 'a' },
      { time: NaN },
      { outcome: 'unparsed', reason: 'no time' },
    ],
    [
      'there, the time in the envelope',
      { ...source, dstHost: 'a' },
      { time: NaN, envelope: 5 },
      { outcome: 'transaction', reason: '' },
    ],
    [
      'only dots',
      { ...source, dstHost: '...' },
      {},
      { outcome: 'unparsed', reason: 'no destination' },
    ],
  ])('%s', (_, given, more, want) => expect(finished(given, more)).toMatchObject(want))
})

describe('what is implied', () => {
  test('the total of both directions, only when both are known', () => {
    const total = (given: Fields): number | undefined =>
      finished({ ...source, dstHost: 'a', ...given }).fields.bytesTotal
    expect(
      [
        { bytesUp: 1, bytesDown: 2 },
        { bytesUp: 1 },
        { bytesUp: 1, bytesDown: 2, bytesTotal: 9 },
        {},
      ].map(total),
    ).toEqual([3, undefined, 9, undefined])
  })

  test('the transport of a web record, and of QUIC', () => {
    const transport = (given: Fields, kind: number): string | undefined =>
      finished({ ...source, dstHost: 'a', ...given }, { kind }).fields.protocol
    expect([
      transport({}, 1),
      transport({}, 0),
      transport({ appProtocol: 'quic' }, 0),
      transport({ protocol: 'udp' }, 1),
    ]).toEqual(['tcp', undefined, 'udp', 'udp'])
  })

  test('a name in place of a client address is its host', () => {
    expect(finished({ srcIp: 'pc-1', dstHost: 'a' }).fields).toMatchObject({ srcHost: 'pc-1' })
    expect(finished({ srcIp: 'pc-1', srcHost: 'pc-2', dstHost: 'a' }).fields.srcHost).toBe('pc-2')
  })
})

test('any text ends as an outcome, with spans in order', () => {
  const text = fc
    .array(
      fc.constantFrom(
        'http',
        '://',
        ':',
        '/',
        '[',
        ']',
        '@',
        '.',
        '1',
        'a',
        '?',
        '#',
        ' ',
        '2001:db8::1',
        '203.0.113.9',
        '443',
      ),
      { maxLength: 10 },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      text,
      text,
      text,
      text,
      fc.constantFrom('', 'CONNECT', 'GET'),
      (url, dstHost, dstIp, srcIp, method) => {
        const { outcome, fields } = finished({ url, dstHost, dstIp, srcIp, method })
        expect(['transaction', 'unparsed']).toContain(outcome)
        if (fields.dstPort !== undefined) expect(fields.dstPort).toBeLessThanOrEqual(65_535)
      },
    ),
    { numRuns: 3000 },
  )
})
