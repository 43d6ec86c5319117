import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteMap } from '../../src/lib/byte-map.ts'
import { KeyMemory } from '../../src/parse/key-memory.ts'
import { byteSet, splitKv } from '../../src/parse/split-kv.ts'
import type { KvOptions } from '../../src/parse/split-kv.ts'
import { splitCef, splitLeef, splitSpaced } from '../../src/parse/split-spaced.ts'
import type { HeaderSlots, LabelTable } from '../../src/parse/split-spaced.ts'
import { contextOf, keysOf, slotsOf } from './parse-parts.ts'

const names = ['src', 'user', 'url', 'msg', 'cs1', 'act']
type Values = Record<string, string>

/** What is known by name after a split. */
function named(values: readonly (string | null)[]): Values {
  return Object.fromEntries(
    names.map((name, i) => [name, values[i]]).filter(([, value]) => value !== null),
  ) as Values
}

function kv(
  line: string,
  options: Partial<{
    separators: string
    assign: string
    quotes: string
    escapes: boolean
    inner: boolean
    last: boolean
    noise: string
  }> = {},
): Values {
  const {
    separators = ' ',
    assign = '=',
    quotes = '"',
    escapes = true,
    inner = false,
    last = false,
    noise = '',
  } = options
  const { c, start, end } = contextOf(line, noise)
  const o: KvOptions = {
    separators: byteSet(separators),
    assigns: byteSet(assign),
    keyEnds: byteSet(separators + assign),
    memory: new KeyMemory(),
    quotes: byteSet(quotes),
    escapes,
    inner,
    keys: keysOf(names),
    repeatedLast: last,
  }
  splitKv(c, start, end, o)
  return named(slotsOf(c, names.length))
}

const headerSlots: HeaderSlots = {
  vendor: 6,
  product: 7,
  version: 8,
  event: 9,
  name: 10,
  severity: 11,
}

function cef(
  line: string,
  labels: LabelTable | null = null,
): { pairs: number; values: Values; header: (string | null)[] } {
  const { c, start, end } = contextOf(line, ' src=noise')
  const pairs = splitCef(c, start, end, keysOf(names), headerSlots, labels)
  const slots = slotsOf(c, 12)
  return { pairs, values: named(slots), header: slots.slice(6) }
}

function leef(line: string): { pairs: number; values: Values } {
  const { c, start, end } = contextOf(line, '\tsrc=noise')
  const o: KvOptions = {
    separators: byteSet('\t'),
    assigns: byteSet('='),
    keyEnds: byteSet('\t='),
    memory: new KeyMemory(),
    quotes: byteSet(''),
    escapes: false,
    inner: false,
    keys: keysOf(names),
    repeatedLast: false,
  }
  const pairs = splitLeef(c, start, end, o, headerSlots, 12)
  return { pairs, values: named(slotsOf(c, 6)) }
}

test('of a closed line only named fields are keys', () => {
  const { c, start, end } = contextOf('user=LDAP://dc1 OU=Staff,DC=x/Ann Doe src=1', ' src=noise')
  splitSpaced(c, start, end, keysOf(names), null, true)
  expect(named(slotsOf(c, names.length))).toEqual({
    user: 'LDAP://dc1 OU=Staff,DC=x/Ann Doe',
    src: '1',
  })
})

function spaced(text: string): Values {
  const { c, start, end } = contextOf(text, ' src=noise')
  splitSpaced(c, start, end, keysOf(names), null)
  return named(slotsOf(c, names.length))
}

describe('key=value', () => {
  test.each<[string, Values]>([
    [
      'src=10.1.2.3 user="ann lee" url=https://a.example/?x=y',
      { src: '10.1.2.3', user: 'ann lee', url: 'https://a.example/?x=y' },
    ],
    ['user="a\\"b\\\\c" src=1', { user: 'a"b\\c', src: '1' }],
    ['user="CORP\\ann" src=1', { user: 'CORP\\ann', src: '1' }],
    ['user="" src=1', { src: '1' }],
    ['user= src=1', { src: '1' }],
    ['user=""ann"" src=1', { user: 'ann', src: '1' }],
    ['src=1 src=2', { src: '1' }],
    ['lonely src=1 other', { src: '1' }],
    ['unknown="x src=9" src=1', { src: '1' }],
    ['src=1 user="a"', { src: '1', user: 'a' }],
    ['=x src=1', { src: '1' }],
    ['', {}],
    ['src', {}],
    ['src=', {}],
    ['user="cut off src=1', { user: 'cut off src=1' }],
  ])('%s', (line, want) => expect(kv(line, { noise: '" src=noise' })).toEqual(want))

  test('options: other separators, assignments, quotes, the last of two', () => {
    expect(kv('src:1;user:ann lee', { separators: ';', assign: ':' })).toEqual({
      src: '1',
      user: 'ann lee',
    })
    expect(kv('user=\'a "b"\' src=1', { quotes: "'" })).toEqual({ user: 'a "b"', src: '1' })
    expect(kv('user="C:\\" src=1', { escapes: false })).toEqual({ user: 'C:\\', src: '1' })
    expect(kv('src=1 src=2', { last: true })).toEqual({ src: '2' })
    expect(kv('src=1,user=a', { separators: ' ,' })).toEqual({ src: '1', user: 'a' })
  })

  test.each([
    ['user="a "b" c" src="1"', { user: 'a "b" c', src: '1' }],
    ['url="/?x="y"" src=1', { url: '/?x="y"', src: '1' }],
    ['user="" src="" url="b"', { url: 'b' }],
    ['user="a" b" src=1', { user: 'a" b', src: '1' }],
    ['user="a "b" c', { user: 'a "b" c' }],
  ])('quotes inside quotes: %j', (line, want) => {
    expect(kv(line, { escapes: false, inner: true })).toEqual(want)
  })

  test('any values come back, quoted with escapes', () => {
    const value = fc.string({ minLength: 1, maxLength: 15 })
    fc.assert(
      fc.property(
        fc.record({ src: value, user: value, url: value }, { requiredKeys: [] }),
        (values) => {
          const line = Object.entries(values)
            .map(
              ([key, text]) => `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
            )
            .join(' ')
          expect(kv(line)).toEqual(values)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('CEF', () => {
  const head = 'CEF:0|Vendor|Product|1.0|100|A name|3|'

  test.each<[string, Values]>([
    ['src=1 user=ann lee msg=a b  c', { src: '1', user: 'ann lee', msg: 'a b  c' }],
    ['url=https://a.example/?x=y&z=1 src=1', { url: 'https://a.example/?x=y&z=1', src: '1' }],
    ['msg=a\\=b c\\=d src=1', { msg: 'a=b c=d', src: '1' }],
    ['msg=a\\\\b src=1', { msg: 'a\\b', src: '1' }],
    ['user=CORP\\ann src=1', { user: 'CORP\\ann', src: '1' }],
    ['user= src=1', { src: '1' }],
    ['msg=(see other=1 x) src=1', { msg: '(see other=1 x)', src: '1' }],
    ['src=1', { src: '1' }],
    ['', {}],
  ])('%s', (extension, want) => expect(cef(head + extension).values).toEqual(want))

  test('the header, with its escapes', () => {
    expect(cef('CEF:0|Ven\\|dor|Pro\\\\duct|1|e\\=1|n|9|src=1')).toEqual({
      pairs: 1,
      values: { src: '1' },
      header: ['Ven|dor', 'Pro\\duct', '1', 'e=1', 'n', '9'],
    })
    expect(cef('0|Vendor|Product|1.0|100|n|3|src=1').values).toEqual({ src: '1' })
    expect(cef(`noise in front ${head}src=1`).values).toEqual({ src: '1' })
  })

  test.each([
    '',
    'CEF',
    'CEF:0|a|b',
    'CEF:0|a|b|c|d|e|5',
    'LEEF:1.0|a|b|c|d|',
    'hello',
    'CEF:0|a|b|c|d|e|5\\|src=1',
  ])('no CEF: %j', (line) => {
    expect(cef(line).pairs).toBe(-1)
  })

  test('labels name custom columns, in either order', () => {
    const labels = (): LabelTable => ({
      keys: new ByteMap(
        [
          ['cs2', 0],
          ['cs3', 1],
        ],
        { fold: true },
      ),
      labelKeys: new ByteMap(
        [
          ['cs2Label', 0],
          ['cs3Label', 1],
        ],
        { fold: true },
      ),
      labels: new ByteMap(
        [
          ['User Name', 1],
          ['Action', 5],
        ],
        { fold: true, squash: true },
      ),
      count: 2,
      spans: new Int32Array(8),
    })
    expect(
      cef(`${head}cs2Label=user-name cs2=ann lee cs3=deny cs3Label=ACTION`, labels()).values,
    ).toEqual({ user: 'ann lee', act: 'deny' })
    expect(cef(`${head}user=ben cs2Label=User Name cs2=ann`, labels()).values).toEqual({
      user: 'ben',
    })
    expect(cef(`${head}cs2=ann cs3Label=Action`, labels()).values).toEqual({})
  })

  test('a label of one line does not reach the next', () => {
    const table: LabelTable = {
      keys: new ByteMap([['cs2', 0]], { fold: true }),
      labelKeys: new ByteMap([['cs2Label', 0]], { fold: true }),
      labels: new ByteMap([['user', 1]], { fold: true, squash: true }),
      count: 1,
      spans: new Int32Array(4),
    }
    expect(cef(`${head}cs2Label=user cs2=ann`, table).values).toEqual({ user: 'ann' })
    expect(cef(`${head}cs2=ben`, table).values).toEqual({})
  })

  test('any values come back, escaped as the CEF guide says', () => {
    const value = fc
      .array(fc.constantFrom('a', 'é', ' b', '=', '\\', '|', '"', '.', '1', '/'), {
        minLength: 1,
        maxLength: 12,
      })
      .map((parts) => parts.join('').trim())
      // quotes around a whole value are none of the value's
      .filter((text) => text !== '' && !/^"[^"]*"$/.test(text))
    fc.assert(
      fc.property(
        fc.record({ src: value, user: value, msg: value }, { requiredKeys: ['src'] }),
        (values) => {
          const extension = Object.entries(values)
            .map(([key, text]) => `${key}=${text.replaceAll('\\', '\\\\').replaceAll('=', '\\=')}`)
            .join(' ')
          expect(cef(head + extension).values).toEqual(values)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('LEEF', () => {
  test.each<[string, Values]>([
    [
      'LEEF:1.0|V|P|1|e|src=1\tuser=ann lee\turl=https://a/?x=y',
      { src: '1', user: 'ann lee', url: 'https://a/?x=y' },
    ],
    ['LEEF:2.0|V|P|1|e|^|src=1^user=ann^msg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:2.0|V|P|1|e|x5E|src=1^user=ann^msg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:2.0|V|P|1|e|0x09|src=1\tuser=ann\tmsg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:2.0|V|P|1|e|\\t|src=1\tuser=ann\tmsg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:2.0|V|P|1|e|src=1\tuser=ann\tmsg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:1.0|V|P|1|e|src=1#011user=ann#011msg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:1.0|V|P|1|e|src=1\\tuser=ann\\tmsg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:1.0|V|P|1|e|src=1 user=ann lee msg=x', { src: '1', user: 'ann lee', msg: 'x' }],
    ['LEEF:1.0|V|P|1|e|src=1|user=ann|msg=x', { src: '1', user: 'ann', msg: 'x' }],
    ['LEEF:1.0|V|P|1|e|', {}],
  ])('%j', (line, want) => expect(leef(line).values).toEqual(want))

  test.each(['', 'LEEF:', 'LEEF:1.0|a', 'CEF:0|a|b|c|d|e|f|', '3.0|a|b|c|d|', 'LEEF:2.0|a|b|c|d'])(
    'no LEEF: %j',
    (line) => {
      expect(leef(line).pairs).toBe(-1)
    },
  )
})

describe('values with blanks', () => {
  test.each<[string, Values]>([
    ['src=1 user=ann lee', { src: '1', user: 'ann lee' }],
    ['user=a  src=1', { user: 'a', src: '1' }],
    ['src==1 user=x', { src: '=1', user: 'x' }],
    ['msg=one=two three src=1', { msg: 'one=two three', src: '1' }],
    ['msg=a\\', { msg: 'a\\' }],
    ['1src=2 src=1', { src: '1' }],
    ['src', {}],
  ])('%s', (text, want) => expect(spaced(text)).toEqual(want))
})

test('any bytes are split without a throw and within the line', () => {
  const piece = fc.constantFrom(
    'CEF:0|',
    'LEEF:2.0|',
    '|',
    '=',
    ' ',
    '\t',
    '\\',
    '"',
    '""',
    'src',
    'user=',
    'cs1Label=',
    '(',
    ')',
    '^',
    'x5E',
    '#011',
    '\\t',
    'é',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('')
      for (const values of [
        kv(text),
        kv(text, { last: true }),
        spaced(text),
        cef(text).values,
        leef(text).values,
      ])
        for (const value of Object.values(values)) expect(value).not.toContain('noise')
    }),
    { numRuns: 3000 },
  )
})
