import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { constantBytes, dataStart } from '../../src/parse/line-context.ts'
import { splitXml } from '../../src/parse/split-xml.ts'
import { contextOf, keysOf, slotsOf } from './parse-parts.ts'

const event = Buffer.from('Event')

interface Read {
  elements: number
  values: Record<string, string>
  truncated: boolean
  ended: number
}

function read(text: string | Uint8Array, paths: readonly string[], root: Uint8Array = event): Read {
  const { c, start, end } = contextOf(text, '</Event><Event><a>noise</a></Event>')
  c.clearLine()
  const elements = splitXml(c, start, end, keysOf(paths), root)
  expect(c.scratch).toBeLessThanOrEqual(dataStart)
  const slots = slotsOf(c, paths.length)
  const known = paths
    .map((path, i) => [path, slots[i]] as const)
    .filter(([, value]) => value !== null)
  return {
    elements,
    values: Object.fromEntries(known) as Record<string, string>,
    truncated: c.truncated,
    ended: c.recordEnd === 0 ? -1 : c.recordEnd - start,
  }
}

describe('an element', () => {
  test.each<[string, string, string[], Record<string, string>]>([
    ['text by path', '<Event><a><b>1</b><c>2</c></a></Event>', ['a.b', 'a.c'], { 'a.b': '1', 'a.c': '2' }],
    ['attributes', `<Event x="0"><a y='1' z = "2 > 1"/></Event>`, ['x', 'a@y', 'a@z'], { x: '0', 'a@y': '1', 'a@z': '2 > 1' }],
    ['an attribute and the text of one element', '<Event><a Q="">3</a></Event>', ['a', 'a@Q'], { a: '3' }],
    ['Data by its name', `<Event><E><Data Name="ip">1</Data><Data Name='port'>2</Data><Data>3</Data></E></Event>`, ['E.ip', 'E.port', 'E.Data'], { 'E.ip': '1', 'E.port': '2', 'E.Data': '3' }],
    ['Data with other attributes', '<Event><E><Data Kind="k" Name="ip">1</Data><Database Name="x">2</Database></E></Event>', ['E.ip', 'E.Database', 'E.x'], { 'E.ip': '1', 'E.Database': '2' }],
    ['prefixes of name spaces', '<e:Event xmlns:e="u"><e:a e:b="1">2</e:a></e:Event>', ['a', 'a@b'], { a: '2', 'a@b': '1' }],
    ['the first of equal paths', '<Event><a>1</a><a>2</a></Event>', ['a'], { a: '1' }],
    ['blanks and line ends', '<Event>\n <a >\t1 \n</a >\n</Event>', ['a'], { a: '1' }],
    ['entities', '<Event><a>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#xE9;&#128512;</a></Event>', ['a'], { a: `<&>"'ABé😀` }],
    ['what is no entity stays', '<Event><a>&eacute;&x;&;& b&#0;&#xD800;&#99999999;&amp</a></Event>', ['a'], { a: '&eacute;&x;&;& b&#0;&#xD800;&#99999999;&amp' }],
    ['CDATA', '<Event><a><![CDATA[x < y && z]]></a><b>1<![CDATA[2]]>3</b></Event>', ['a', 'b'], { a: 'x < y && z', b: '123' }],
    ['comments and instructions', '<?xml version="1.0"?><!-- <a> --><Event><!-- > --><a><!-- x -->1</a><?y z?></Event>', ['a'], { a: '1' }],
    ['empty elements', '<Event><a/><b></b><c> </c><d/></Event>', ['a', 'b', 'c', 'd'], {}],
    ['text in front', 'PC-1 says <Event><a>1</a></Event> and more', ['a'], { a: '1' }],
    ['the root only by its whole name', '<Events><EventData/><Event><a>1</a></Event></Events>', ['a'], { a: '1' }],
    ['text of an element with children is none', '<Event><a>x<b>1</b>y</a></Event>', ['a', 'a.b'], { 'a.b': '1' }],
  ])('%s', (_, text, paths, want) => {
    expect(read(text, paths).values).toEqual(want)
  }) // prettier-ignore

  test('ends at its own end: another may follow', () => {
    const one = '<Event><a>1</a></Event>'
    expect(read(`${one}<Event><a>2</a></Event>`, ['a'])).toMatchObject({
      values: { a: '1' },
      truncated: false,
      ended: one.length,
    })
  })

  test('a document type brings no entities and is not read', () => {
    const bomb =
      '<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><Event><a>&b;</a></Event>'
    expect(read(bomb, ['a']).values).toEqual({ a: '&b;' })
    const inside = '<Event><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a></Event>'
    expect(read(inside, ['a']).values).toEqual({ a: '&a;' })
  })
})

test.each([
  '',
  '   ',
  'x',
  '<',
  '<a/>',
  '<Eventual/>',
  '{"Event":1}',
  '</Event>',
  '<EventX>',
  '<Event',
])('no such element: %j', (text) => {
  expect(read(text, ['a'])).toMatchObject({ elements: -1, values: {} })
})

test('cut anywhere gives whole values only', () => {
  const text = `<Event a="one"><b c='two'>three</b><d>fo&amp;ur</d><E><Data Name="f">five</Data></E></Event>`
  const paths = ['a', 'b@c', 'b', 'd', 'E.f']
  const whole = read(text, paths)
  expect(whole).toMatchObject({ truncated: false, elements: 5 })
  for (let length = 0; length < text.length; length++) {
    const { values, elements, truncated, ended } = read(text.slice(0, length), paths)
    if (elements >= 0)
      expect({ length, truncated, ended }).toEqual({ length, truncated: true, ended: -1 })
    for (const [path, value] of Object.entries(values)) expect(value).toBe(whole.values[path])
  }
})

test('depth, length and noise are bounded', () => {
  expect(read(`<Event>${'<a>'.repeat(50_000)}`, ['a']).truncated).toBe(true)
  expect(read(`<Event><${'x'.repeat(100_000)}>1</x><a>1</a></Event>`, ['a']).values).toEqual({
    a: '1',
  })
  expect(read(`<Event><a>${'&amp;'.repeat(40_000)}</a></Event>`, ['a']).values.a).toHaveLength(
    40_000,
  )
  expect(read(`<Event ${'a="1" '.repeat(20_000)}>`, ['a']).truncated).toBe(true)
  const piece = fc.constantFrom(
    '<', '>', '/', '</', '/>', '<Event', '</Event>', '<a', '<Data Name="', '"', "'", '=', ' ', '&amp;', '&#x', ';',
    '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', '<!', ':', 'x', 'é', '\n',
  ) // prettier-ignore
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { c, start, end } = contextOf(`<Event>${pieces.join('')}`)
      c.clearLine()
      splitXml(c, start, end, keysOf(['a', 'x', 'a.x', 'a@x']), event)
      for (let slot = 0; slot < 4; slot++) {
        const [from, to] = [c.slotStart[slot], c.slotEnd[slot]]
        if (to > from)
          expect(from >= constantBytes && to <= end && (to <= c.scratch || from >= start)).toBe(
            true,
          )
      }
    }),
    { numRuns: 500 },
  )
})

describe('any element, fields by their own names', () => {
  const any = Buffer.alloc(0)
  test.each<[string, string, Record<string, string>]>([
    ['children', '<log><src>1</src><dst>2</dst></log>', { src: '1', dst: '2' }],
    [
      'deeper ones',
      '<?xml version="1.0"?><logs n="1"><log><a><src>1</src></a></log></logs>',
      { src: '1' },
    ],
    ['attributes of the record', '<r src="1" dst="&lt;2"/>', { src: '1', dst: '<2' }],
    [
      'names as attributes',
      `<r><field name="src">1</field><F Name='dst'>2</F></r>`,
      { src: '1', dst: '2' },
    ],
    ['the first of equal names', '<r><src>1</src><x><src>2</src></x></r>', { src: '1' }],
    ['a name that is none', '<r><x rename="src">1</x></r>', {}],
  ])('%s', (_, text, values) => {
    const got = read(text, ['src', 'dst'], any)
    expect(got.values).toEqual(values)
    expect(got.truncated).toBe(false)
    expect(got.ended).toBe(text.length)
  })

  test('no element, an element cut off', () => {
    expect(read('a < b <1>', ['src'], any).elements).toBe(-1)
    expect(read('<r><src>1</src><dst>2', ['src', 'dst'], any)).toMatchObject({
      values: { src: '1' },
      truncated: true,
    })
  })
})
