import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataStart } from '../../src/parse/line-context.ts'
import type { LineContext } from '../../src/parse/line-context.ts'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { FormatCode, readByCode } from '../../src/parse/format-code.ts'
import { orientText } from '../../src/parse/orient.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import {
  addressOfNumber,
  buildUrl,
  hexDecode,
  isWholeUrl,
  labelsDecode,
  partOf,
  percentDecode,
  put,
  replaceBytes,
  rewritten,
  urlParts,
} from '../../src/parse/rewrite.ts'
import { containsCode } from '../../src/parse/word-code.ts'
import {
  contextOf,
  dayMs,
  imbalance,
  linesBlock,
  parse,
  segmentOf,
  sumsOf,
  noRest,
} from './parse-parts.ts'

const textOf = (c: LineContext): string =>
  Buffer.from(c.buf.subarray(rewritten.start, rewritten.end)).toString('latin1')

function decoded(text: string): string {
  const { c, start, end } = contextOf(text, '41')
  percentDecode(c, start, end)
  return textOf(c)
}

test.each([
  ['3221225994', '192.0.2.10'],
  ['-1073741301', '192.0.2.11'],
  ['0', '0.0.0.0'],
  ['4294967296', ''],
  ['192.0.2.10', ''],
  ['', ''],
])('the number %s is the address %s', (text, address) => {
  const { c, start, end } = contextOf(text, '.')
  addressOfNumber(c, start, end)
  expect(textOf(c)).toBe(address)
})

test.each([
  ['(3)www(7)example(3)org(0)', 'www.example.org'],
  ['(9)localhost(0)', 'localhost'],
  ['(0)', ''],
  ['www.example.org', 'www.example.org'],
  ['(3)www(7)exam', '(3)www(7)exam'],
  ['(64)x(0)', '(64)x(0)'],
  ['', ''],
])('the labels %s are the name %s', (text, name) => {
  const { c, start, end } = contextOf(text, '.')
  labelsDecode(c, start, end)
  expect(textOf(c)).toBe(name)
})

test('one character is put in the place of another', () => {
  const { c, start, end } = contextOf('Mozilla/5.0_(X11;_U)', ' ')
  const map = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 95 ? 32 : byte))
  replaceBytes(c, start, end, map)
  expect(textOf(c)).toBe('Mozilla/5.0 (X11; U)')
})

/** The parts stand one behind the other, as in a line. */
function url(parts: {
  scheme?: string
  host?: string
  port?: string
  path?: string
  query?: string
}): string {
  const names = ['scheme', 'host', 'port', 'path', 'query'] as const
  const { c, start } = contextOf(names.map((name) => `${parts[name] ?? ''} `).join(''), '?/')
  let at = start
  for (const name of names) {
    const length = Buffer.byteLength(parts[name] ?? '')
    urlParts[`${name}Start`] = at
    urlParts[`${name}End`] = at + length
    at += length + 1
  }
  buildUrl(c)
  return textOf(c)
}

function unhexed(text: string): string {
  const { c, start, end } = contextOf(text, '41')
  hexDecode(c, start, end)
  return textOf(c)
}

test.each([
  ['t\\xc3\\xb5m', 't\xc3\xb5m'], ['CORP\\ann', 'CORP\\ann'], ['\\x4', '\\x4'], ['\\xzz', '\\xzz'], ['\\x5cx41', '\\x41'], ['', ''], ['plain', 'plain'], ['\\', '\\'],
])('hex %j', (text, want) => expect(unhexed(text)).toBe(want)) // prettier-ignore

function part(text: string, by: string, at: number): string {
  const { c, start, end } = contextOf(text, by)
  partOf(c.buf, start, end, Buffer.from(by), at)
  return textOf(c)
}

test.each([
  ['a:b:c', ':', 0, 'a'], ['a:b:c', ':', 2, 'c'], ['a:b:c', ':', 3, ''], ['a::c', ':', 1, ''], ['a::c', ':', 2, 'c'], ['', ':', 0, ''],
  ['a  b c', ' ', 1, 'b'], [' a b', ' ', 0, 'a'], ['a b', ' ', 2, ''], ['a->b->c', '->', 1, 'b'], ['abc', ':', 0, 'abc'],
])('part of %j by %j at %i', (text, by, at, want) => expect(part(text, by, at)).toBe(want)) // prettier-ignore

describe('percent', () => {
  test.each([
    ['a%20b', 'a b'], ['%41%42', 'AB'], ['100%', '100%'], ['%4', '%4'], ['%zz', '%zz'], ['%2541', '%41'], ['', ''], ['plain', 'plain'], ['%c3%A9', '\xc3\xa9'], ['%', '%'],
  ])('%j', (text, want) => expect(decoded(text)).toBe(want)) // prettier-ignore

  test('what was encoded comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const back = Buffer.from(decoded(encodeURIComponent(text)), 'latin1').toString()
        expect(back).toBe(text)
      }),
    )
  })
})

describe('a URL of parts', () => {
  test.each<[Parameters<typeof url>[0], string]>([
    [{ scheme: 'HTTPS', host: 'a.example.com', path: '/x' }, 'https://a.example.com/x'],
    [
      { scheme: 'https', host: 'a.example.com', port: '443', path: '/x' },
      'https://a.example.com/x',
    ],
    [
      { scheme: 'https', host: 'a.example.com', port: '8443', path: '/x' },
      'https://a.example.com:8443/x',
    ],
    [
      { scheme: 'http', host: 'a.example.com', port: '80', path: 'x', query: 'y=1' },
      'http://a.example.com/x?y=1',
    ],
    // what is no port would make another authority
    [{ scheme: 'http', host: 'a.example.com', port: '2001:db8::8' }, 'http://a.example.com'],
    [{ scheme: 'http', host: 'a.example.com', port: '70000' }, 'http://a.example.com'],
    [{ scheme: 'http', host: 'a.example.com', port: 'https' }, 'http://a.example.com'],
    [{ scheme: 'http', host: 'a.example.com', query: '?y=1' }, 'http://a.example.com?y=1'],
    [
      { scheme: 'http', host: 'a.example.com', path: '/x?y=1', query: 'y=1' },
      'http://a.example.com/x?y=1',
    ],
    [{ scheme: 'https', host: '2001:db8::1', path: '/' }, 'https://[2001:db8::1]/'],
    [{ host: 'a.example.com', path: '/x' }, 'a.example.com/x'],
    [{ scheme: 'http', path: 'https://b.example.com/y' }, 'https://b.example.com/y'],
    [
      { scheme: 'http', path: 'https://b.example.com/y', query: 'z=1' },
      'https://b.example.com/y?z=1',
    ],
    [{ scheme: 'http', path: 'https://b.example.com/?y', query: 'y' }, 'https://b.example.com/?y'],
    [{ scheme: 'https', path: 'b.example.com:443/y' }, 'https://b.example.com/y'],
    [{ scheme: 'https', path: 'b.example.com:8443/y' }, 'https://b.example.com:8443/y'],
    [{ scheme: 'http', path: '/only/a/path' }, ''],
    [{ scheme: 'http' }, ''],
    [{}, ''],
  ])('%j', (parts, want) => expect(url(parts)).toBe(want))

  test.each([
    ['http://a', true],
    ['a.b://c', false],
    ['://a', false],
    ['http:/a', false],
    ['a/b://c', false],
    ['http://', true],
    ['h', false],
    ['', false],
  ])('whole: %j', (text, want) => {
    const { c, start, end } = contextOf(text, '://')
    expect(isWholeUrl(c.buf, start, end)).toBe(want)
  })
})

describe('the scratch', () => {
  test('ends where the lines begin', () => {
    const { c, start, end } = contextOf('x'.repeat(400_000))
    for (let i = 0; i < 5; i++) put(c, start, end)
    expect(c.scratch).toBe(dataStart)
    percentDecode(c, start, end)
    expect(Buffer.from(c.buf.subarray(start, end)).toString()).toBe('x'.repeat(400_000))
  })

  test('of a definition that copies a huge field many times does not spill into the next lines', () => {
    const copies = [
      'user',
      'device',
      'category',
      'appHint',
      'srcHost',
      'appProtocol',
      'dstHost',
    ].map((field) => `  ${field}: { text: '{n}.' }`)
    const text = `id: OURS
vendor: V
product: P
documentation: https://www.example.com/
summary: s
enable: e
split: { type: kv }
map:
  time: t
  srcIp: s
  dstIp: d
${copies.join('\n')}
`
    const parser = new SegmentParser(
      compileFormats([parseDefinition(text, 'own.yaml')], { full: false }),
      { pastMsMax: dayMs, futureMsMax: dayMs },
    )
    const line = (n: string): string => `t=1792058398 s=10.1.2.3 d=203.0.113.9 n=${n}`
    const { batch } = parse(
      parser,
      segmentOf([
        linesBlock([line('9'.repeat(260_000)), ...Array.from({ length: 9000 }, () => line('a'))]),
      ]),
    )
    expect(imbalance(batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    expect(sumsOf(batch.ledger).transaction.lines).toBe(9001)
  })
})

describe('which side is the client', () => {
  interface End {
    ip: string
    port?: string
    user?: string
    interface?: string
  }

  /** The client's address. */
  function clientOf(a: End, b: End): string {
    const values = [a.ip, a.port, a.user, a.interface, b.ip, b.port, b.user, b.interface].map(
      (text) => text ?? '',
    )
    const { c, start } = contextOf(values.join(' '))
    let at = start
    for (const [slot, value] of values.entries()) {
      c.slotStart[slot] = at
      at += value.length
      c.slotEnd[slot] = at++
    }
    const side = (from: number) => ({
      ip: from,
      port: from + 1,
      user: from + 2,
      interface: from + 3,
    })
    const words = containsCode([Buffer.from('outside'), Buffer.from('wan')])
    const text = orientText(side(0), side(4), side(8), side(12), 'isOutside')
    const read = `function read(c,end){let r=0;${text}return 1;}`
    expect(readByCode(c, 0, new FormatCode({ read, isOutside: words }, noRest))).toBe(1)
    const [client, server] = [8, 12].map((slot) =>
      Buffer.from(c.buf.subarray(c.slotStart[slot], c.slotEnd[slot])).toString(),
    )
    expect([client, server].toSorted()).toEqual([a.ip, b.ip].toSorted())
    return client
  }

  const [inside, outside, other] = ['10.1.2.3', '203.0.113.9', '10.9.9.9']
  test.each<[string, End, End, string]>([
    ['the one with a user', { ip: outside, user: 'ann' }, { ip: inside }, outside],
    [
      'the one that asks a server inside',
      { ip: outside, port: '50000' },
      { ip: inside, port: '443' },
      outside,
    ],
    ['the one inside', { ip: outside, port: '50000' }, { ip: inside, port: '8443' }, inside],
    [
      'the one not on an outside interface',
      { ip: other, interface: 'WAN1' },
      { ip: inside, interface: 'lan' },
      inside,
    ],
    [
      'the one without the well-known port',
      { ip: inside, port: '50000' },
      { ip: other, port: '443' },
      inside,
    ],
    [
      'the one with the ephemeral port',
      { ip: other, port: '8443' },
      { ip: inside, port: '50000' },
      inside,
    ],
    [
      'the second, when nothing tells',
      { ip: other, port: '50001' },
      { ip: inside, port: '50000' },
      inside,
    ],
    ['IPv6 inside', { ip: '2001:db8::1' }, { ip: 'fd00::1' }, 'fd00::1'],
  ])('%s', (_, a, b, want) => {
    expect(clientOf(a, b)).toBe(want)
    // told by the line, not by the order, wherever something tells
    if (!_.startsWith('the second')) expect(clientOf(b, a)).toBe(want)
  })
})
