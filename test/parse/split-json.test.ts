import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitJson } from '../../src/parse/split-json.ts'
import { contextOf, keysOf, slotsOf } from './parse-parts.ts'

interface Read {
  members: number
  values: Record<string, string>
  truncated: boolean
}

function read(line: string, paths: readonly string[], leaf = false): Read {
  const { c, start, end } = contextOf(line, '"a":"noise"}')
  const members = splitJson(c, start, end, keysOf(paths), leaf)
  const slots = slotsOf(c, paths.length)
  const known = paths
    .map((path, i) => [path, slots[i]] as const)
    .filter(([, value]) => value !== null)
  return {
    members,
    values: Object.fromEntries(known) as Record<string, string>,
    truncated: c.truncated,
  }
}

/** What the splitter gives for a value JSON.parse made: scalars by dotted path; null and "" are not told. */
function flat(value: unknown, path: string, into: Record<string, string>): void {
  if (value === null || value === '') return
  if (Array.isArray(value)) for (const one of value) flat(one, path, into)
  else if (typeof value === 'object')
    for (const [key, one] of Object.entries(value))
      flat(one, path === '' ? key : `${path}.${key}`, into)
  else if (typeof value === 'string') into[path] = value
  else into[path] = JSON.stringify(value)
}

describe('an object', () => {
  const key = fc.constantFrom('a', 'b', 'client', 'ip', 'é')
  const scalar = fc.oneof(
    fc.string({ maxLength: 12, unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      scalar,
      fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }))
  const object = fc.dictionary(key, tree, { maxKeys: 4, noNullPrototype: true })

  test.each([0, 2])('gives what JSON.parse gives (indent %i)', (indent) => {
    fc.assert(
      fc.property(object, (value) => {
        const text = JSON.stringify(value, null, indent)
        const want: Record<string, string> = {}
        flat(JSON.parse(text), '', want)
        const paths = Object.keys(want)
        fc.pre(paths.length < 200)
        const got = read(text, [...paths, 'never'])
        expect({ values: got.values, truncated: got.truncated }).toEqual({
          values: want,
          truncated: false,
        })
      }),
      { numRuns: 500 },
    )
  })

  test('with every string escaped to ASCII gives the same', () => {
    const ascii = (text: string): string =>
      Array.from(
        { length: text.length },
        (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
      ).join('')
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), (text) => {
        expect(read(`{"a":"${ascii(text)}"}`, ['a']).values).toEqual({ a: text })
      }),
    )
  })
})

test.each<[string, string, string[], Record<string, string>]>([
  ['the last of equal keys wins', '{"a":1,"a":2}', ['a'], { a: '2' }],
  [
    'members of arrays have its path',
    '{"a":[{"b":1},{"c":2}]}',
    ['a.b', 'a.c'],
    { 'a.b': '1', 'a.c': '2' },
  ],
  ['an array of one object', '[{"a":1}]', ['a'], { a: '1' }],
  ['escapes', '{"a":"x\\n\\t\\"\\\\\\/\\b\\f\\r"}', ['a'], { a: 'x\n\t"\\/\b\f\r' }],
  ['a surrogate pair', '{"a":"\\ud83d\\ude00!"}', ['a'], { a: '😀!' }],
  [
    'numbers and booleans as written',
    '{"a":1.50,"b":true,"c":-2e3}',
    ['a', 'b', 'c'],
    { a: '1.50', b: 'true', c: '-2e3' },
  ],
  ['texts of an array', '{"a":["x","\\u0079","","z"]}', ['a'], { a: 'x,y,z' }],
  ['a text after a bare value', '{"a":["x",5,"y"]}', ['a'], { a: 'x,y' }],
  ['a bare value after a text', '{"a":["x",5]}', ['a'], { a: '5' }],
  ['a text after an inner array', '{"a":["x",["y","z"],"w"]}', ['a'], { a: 'x,w' }],
  ['null is not told', '{"a":null,"b":1}', ['a', 'b'], { b: '1' }],
  ['blanks anywhere', '  { "a" :\t1 , "b" : "x" } ', ['a', 'b'], { a: '1', b: 'x' }],
])('%s', (_, text, paths, want) => expect(read(text, paths).values).toEqual(want))

test('with leaf a path is found by its last name', () => {
  expect(
    read('{"x":{"src_ip":"10.1.2.3"},"y.user":"ann"}', ['src_ip', 'user'], true).values,
  ).toEqual({ src_ip: '10.1.2.3', user: 'ann' })
  expect(read('{"x":{"src_ip":"10.1.2.3"}}', ['src_ip']).values).toEqual({})
})

describe('an object that is cut off', () => {
  const text = '{"a":"one","b":{"c":12345,"d":"x\\u00e9y"},"e":[1,2],"f":true}'
  const whole = read(text, ['a', 'b.c', 'b.d', 'f']).values

  test('says so, and gives no wrong value, after any byte', () => {
    for (let length = 1; length < text.length; length++) {
      const { values, truncated, members } = read(text.slice(0, length), ['a', 'b.c', 'b.d', 'f'])
      expect(truncated || members === -1, `${length}`).toBe(true)
      for (const [path, value] of Object.entries(values))
        expect(
          whole[path].startsWith(value) || value.includes('\ufffd') || value.includes('u'),
          `${length} ${path} ${value}`,
        ).toBe(true)
    }
  })
})

test.each(['', '   ', 'x', '"a"', '1', '[1]', '{', '{a:1}', "{'a':1}", '}', '[', '[]'])(
  'no object: %j',
  (text) => {
    expect(read(text, ['a'])).toMatchObject({ members: -1, values: {} })
  },
)

test('deep nesting ends, it does not overflow the stack', () => {
  expect(read('{"a":'.repeat(50_000), ['a']).truncated).toBe(true)
  expect(read(`{"b":1,"a":${'['.repeat(50_000)}`, ['b']).values).toEqual({ b: '1' })
})

test('any bytes never throw', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u',
    '\\ud83d',
    '00e9',
    'a',
    '1',
    'null',
    ' ',
    'é',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      for (const value of Object.values(read(`{"a":${pieces.join('')}`, ['a', 'a.a']).values))
        expect(value).not.toContain('noise')
    }),
    { numRuns: 3000 },
  )
})
