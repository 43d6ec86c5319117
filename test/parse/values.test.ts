import { isIP } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decode,
  normaliseHost,
  normaliseIp,
  normaliseMethod,
  normaliseName,
  normaliseUrl,
  normaliseUser,
} from '../../src/parse/normalise.ts'
import {
  addressEnd,
  allDigits,
  equals,
  hasPrefix,
  isAddress,
  isPrivateAddress,
  readAction,
  readBytes,
  readNumber,
  readPort,
  readProtocol,
  readScaled,
} from '../../src/parse/values.ts'
import { FormatCode, readByCode } from '../../src/parse/format-code.ts'
import { containsCode, lowered, suffixCode } from '../../src/parse/word-code.ts'
import { contextOf, noRest } from './parse-parts.ts'

type Reader<T> = (buf: Uint8Array, start: number, end: number) => T

/** Asks for `text` with digits behind it, which are not its own. */
function on<T>(reader: Reader<T>, text: string, noise = '123:.'): T {
  const { c, start, end } = contextOf(text, noise)
  return reader(c.buf, start, end)
}

describe('numbers', () => {
  test.each([
    ['0', 0], ['007', 7], ['65535', 65_535], ['999999999999999', 999_999_999_999_999], ['12.7', 12], ['12.', 12],
    ['', -1], ['-1', -1], ['+1', -1], ['1,000', 1000], ['15,230,001', 15_230_001], ['1,00', -1], ['1000,000', -1], [',000', -1], ['1e3', -1], ['12x', -1], ['.5', -1], ['1'.repeat(19), -1], ['1.2.3', -1], [' 1', -1],
  ])('%j', (text, want) => expect(on(readNumber, text)).toBe(want)) // prettier-ignore

  test.each([
    ['4.52', 1024, 4628], ['59.0', 1, 59], ['12', 1024, 12_288], ['1.50', 1_048_576, 1_572_864], ['0.5', 1, 1], ['', 1024, -1], ['4,5', 1024, 4608], ['4,', 1024, -1], ['4,5,6', 1024, -1], ['1,234', 1024, 1_263_616], ['1.234,5', 1024, -1], ['1.2.3', 1024, -1],
  ])('%j times %i', (text, scale, want) => {
    expect(on((buf, start, end) => readScaled(buf, start, end, scale), text)).toBe(want)
  }) // prettier-ignore

  test.each([
    ['1234', 1234], ['1,234', 1234], ['1.2 MB', 1_258_291], ['1,2 MB', 1_258_291], ['300 KB', 307_200], ['300KiB', 307_200], ['2GB', 2_147_483_648], ['512 B', 512], ['0 bytes', 0],
    ["1'234'567", 1_234_567], ['1 234 567', 1_234_567], ['1\u00a0234', 1234], ['1.234.567', 1_234_567], ['1.234,5 KB', 1_264_128], ['1,234.5 KB', 1_264_128], ['10 octets', 10], ['12.7', 12],
    ['1.234', -1], ['', -1], ['MB', -1], ['-1 KB', -1], ['12 Mbit', -1], ['1 2', -1], ['12 %', -1], ['1,2,3 MB', -1], ['9'.repeat(20), -1],
  ])('%j as bytes', (text, want) => expect(on(readBytes, text)).toBe(want)) // prettier-ignore

  test('any whole number is read', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(on(readNumber, String(n))).toBe(n)
      }),
    )
  })

  test.each([
    ['443', 443], ['0', -1], ['65536', -1], ['https', 443], ['HTTPS', 443], ['domain', 53], ['nonsense', -1], ['', -1],
  ])('port %j', (text, want) => expect(on(readPort, text)).toBe(want)) // prettier-ignore

  test('digits only', () => {
    expect(['', '1', '123', '12a', ' 1'].map((text) => on(allDigits, text))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })
})

describe('addresses', () => {
  test.each([
    ['192.0.2.1', true], ['255.255.255.255', true], ['256.0.0.1', false], ['1.2.3', false], ['1.2.3.4.5', false], ['1.2.3.', false], ['.1.2.3', false],
    ['2001:db8::1', true], ['::', true], ['::1', true], ['fe80::1%eth0', true], ['::ffff:192.0.2.1', true], ['a.b.c.d', false], ['10:30:00', true],
    ['www.example.com', false], ['', false], ['1', false], ['192.0.2.1:80', false], ['face', false], ['1.2.3.4x', false], ['1..2.3', false],
  ])('%j', (text, want) => expect(on(isAddress, text)).toBe(want)) // prettier-ignore

  test('every address of Node is one here', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(on(isAddress, text)).toBe(true)
      }),
    )
  })

  test('dotted text is an address exactly when Node says so', () => {
    const part = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom('', 'a', '1x'),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const text = parts.join('.')
        expect(on(isAddress, text), text).toBe(isIP(text) === 4)
      }),
    )
  })

  test.each([
    ['10.1.2.3', true], ['192.168.0.1', true], ['172.16.0.1', true], ['172.31.255.1', true], ['172.32.0.1', false], ['127.0.0.1', true], ['169.254.1.1', true],
    ['100.64.0.1', true], ['100.128.0.1', false], ['192.0.2.1', false], ['203.0.113.10', false], ['fd00::1', true], ['fe80::1', true], ['2001:db8::1', false], ['::1', true],
  ])('inside: %s', (text, want) => expect(on(isPrivateAddress, text)).toBe(want)) // prettier-ignore

  test.each([
    ['192.0.2.1/443 x', 9], ['192.0.2.1:443', 9], ['2001:db8::1/443', 11], ['2001:db8::1 x', 11], ['www.example.com:443', 15], ['host-1 x', 6], ['::1)', 3], ['', 0],
  ])('ends: %j', (text, want) => {
    const { c, start, end } = contextOf(text, 'abc')
    expect(addressEnd(c.buf, start, end) - start).toBe(want)
  }) // prettier-ignore

  test('a colon behind a colon that is none of the address is none either', () => {
    const { c, start, end } = contextOf(':: x')
    expect(addressEnd(c.buf, start + 1, end)).toBe(start + 1)
  })

  test.each<[string, string | null]>([
    ['2001:DB8:0:0::1', '2001:db8::1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['fe80::1%eth0', 'fe80::1'], ['[2001:db8::1]', '2001:db8::1'],
    ['0.0.0.0', null], ['::', null], ['010.1.1.1', null], ['x', null], ['', null], ['192.0.2.1', '192.0.2.1'],
  ])('canonical: %s', (text, want) => expect(normaliseIp(text)).toBe(want)) // prettier-ignore
})

describe('words', () => {
  const word = (text: string): Buffer => Buffer.from(text)
  const prefix = (text: string, w: string): boolean =>
    on((b, s, e) => hasPrefix(b, s, e, word(w)), text)
  /** By the code that a definition's words become. */
  const asked = (code: string, text: string, noise?: string): boolean => {
    const { c, start, end } = contextOf(text, noise ?? '123:.')
    const read = `function read(c,end){return asked(buf,${start},end)?1:0}`
    return readByCode(c, end, new FormatCode({ read, asked: code }, noRest)) === 1
  }
  const suffix = (text: string, w: string): boolean => asked(suffixCode([lowered(w)]), text)
  const has = (text: string, w: string): boolean =>
    asked(containsCode([lowered(w)]), text, 'needle')
  const same = (text: string, w: string): boolean => on((b, s, e) => equals(b, s, e, word(w)), text)

  test('are compared like lower-case strings', () => {
    const text = fc
      .array(fc.constantFrom('a', 'A', 'b', '1', 'é'), { maxLength: 6 })
      .map((parts) => parts.join(''))
    const lower = text.map((t) => t.replaceAll('A', 'a'))
    fc.assert(
      fc.property(
        text,
        lower.filter((w) => w !== ''),
        (t, w) => {
          const l = t.replaceAll('A', 'a')
          expect([prefix(t, w), suffix(t, w), has(t, w), same(t, w)]).toEqual([
            l.startsWith(w),
            l.endsWith(w),
            l.includes(w),
            l === w,
          ])
        },
      ),
      { numRuns: 300 },
    )
    expect(has('nee', 'needle')).toBe(false)
  })

  test.each([
    ['allow', 1], ['ALLOWED', 1], ['Permitted', 1], ['accept', 1], ['deny', 2], ['Blocked', 2], ['reset-both', 2], ['drop-icmp', 2], ['not permitted', 2],
    ['Allowed-with-note', 1], ['denied by policy', 2], ['Access Denied', 2], ['not allowed', 2], ['Discarded', 2], ['TCP_DENIED', 2], ['sinkhole', 2], ['close', 0], ['', 0], ['unknown', 0],
  ])('action %j', (text, want) => expect(on(readAction, text)).toBe(want)) // prettier-ignore

  test.each([
    ['6', 'tcp'],
    ['17', 'udp'],
    ['TCP', 'tcp'],
    ['icmp6', 'ipv6-icmp'],
    ['9', null],
    ['', null],
  ])('protocol %j', (text, want) => {
    const { c, start, end } = contextOf(text)
    const span = readProtocol(c.buf, start, end)
    expect(
      span === null ? null : Buffer.from(c.buf.subarray(span.start, span.end)).toString(),
    ).toBe(want)
  })
})

describe('text', () => {
  test.each([
    ['UTF-8', Buffer.from('Zoë 日本'), 'Zoë 日本'],
    ['Windows-1252', Buffer.from('Ren\xe9 M\xfcller', 'latin1'), 'René Müller'],
    ['Windows-1252, the accent at the end', Buffer.from('Andr\xe9', 'latin1'), 'André'],
    ['a character cut off', Buffer.from('日本').subarray(0, 5), '日'],
    ['a lead byte cut off', Buffer.from('é日').subarray(0, 3), 'é'],
    ['nothing', Buffer.alloc(0), ''],
    ['only a lead byte', Buffer.of(0xe9), 'é'],
  ])('%s', (_, bytes, want) => expect(decode(bytes)).toBe(want))

  test('any bytes are text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        expect(typeof decode(bytes)).toBe('string')
      }),
    )
    fc.assert(
      fc.property(fc.string(), (text) => {
        const want = Buffer.from(text)
          .toString()
          .replace(/^\uFEFF/, '')
        expect(decode(Buffer.from(text))).toBe(want)
      }),
    )
  })

  test.each<[string, string | null]>([
    ['WWW.Example.COM.', 'www.example.com'], ['-', null], ['n/a', null], ['192.0.2.1', '192.0.2.1'], ['2001:DB8::1', '2001:db8::1'], ['a b', null],
    ['<script>', null], ['*.example.com', '*.example.com'], ['bücher.example', 'bücher.example'], ['x'.repeat(254), null], ['a:b:c', null], ['=cmd|x', null], ['', null],
  ])('host %j', (text, want) => expect(normaliseHost(text)).toBe(want)) // prettier-ignore

  test.each<[string, string | null]>([
    ['corp\\ann', 'corp\\ann'], [' ann ', 'ann'], ['-', null], ['Anonymous', null], ['10.1.2.3', null], ['(null)', null], ['', null],
    ['CORP\\\\ann', 'CORP\\ann'],
  ])('user %j', (text, want) => expect(normaliseUser(text)).toBe(want)) // prettier-ignore

  test('long values are cut, methods are words', () => {
    expect(normaliseName('x'.repeat(5000))).toHaveLength(1024)
    expect(normaliseUrl('x'.repeat(50_000))).toHaveLength(8192)
    expect(['get', 'GET', 'G\r\nX', '', 'X'.repeat(40), '1'].map(normaliseMethod)).toEqual([
      'GET',
      'GET',
      null,
      null,
      null,
      null,
    ])
  })
})
