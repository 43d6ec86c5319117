import { describe, expect, test } from 'vitest'
import { KeyMemory } from '../../src/parse/key-memory.ts'
import { splitLoose } from '../../src/parse/split-loose.ts'
import type { KvOptions } from '../../src/parse/split.ts'
import { byteSet } from '../../src/parse/split.ts'
import { contextOf, keysOf, slotsOf } from './parse-parts.ts'

const names = ['src', 'user', 'url', 'Source IP']

function loose(line: string): { values: Record<string, string>; truncated: boolean } {
  const { c, start, end } = contextOf(line, ' src=noise')
  const o = {
    separators: byteSet(' ,;|\t'),
    assigns: byteSet('='),
    keyEnds: byteSet(' ,;|\t='),
    memory: new KeyMemory(),
    quotes: byteSet('"'),
    escapes: true,
    inner: false,
    keys: keysOf(names),
    repeatedLast: false,
  } satisfies KvOptions
  splitLoose(c, start, end, o)
  const entries = slotsOf(c, names.length).map((value, i) => [names[i], value] as const)
  return {
    values: Object.fromEntries(entries.filter(([, value]) => value !== null)) as never,
    truncated: c.truncated,
  }
}

describe('pairs parted by what the line itself shows', () => {
  test.each<[string, Record<string, string>]>([
    ['src=1 user=ann lee url=x', { src: '1', user: 'ann lee', url: 'x' }],
    ['src=1,user=ann lee,url=x', { src: '1', user: 'ann lee', url: 'x' }],
    ['src=1, user="a, b=c", url=x', { src: '1', user: 'a, b=c', url: 'x' }],
    ['src=1;user=;url=x;', { src: '1', url: 'x' }],
    [
      'src=1|url=https://h/?a=1;b=2,c=3|user=CORP\\ann|',
      { src: '1', url: 'https://h/?a=1;b=2,c=3', user: 'CORP\\ann' },
    ],
    ['src=1\tuser=ann\turl=a b', { src: '1', user: 'ann', url: 'a b' }],
    ['t=1;Source IP=2;user=a b', { 'Source IP': '2', user: 'a b' }],
    ['user="a \\"b\\"" src=1', { user: 'a "b"', src: '1' }],
    ['url=Mozilla (X11; rv=1) src=1', { url: 'Mozilla (X11; rv=1)', src: '1' }],
    ['src=1 src=2', { src: '1' }],
    ['src = 1 user = ann lee url = "a b"', { src: '1', user: 'ann lee', url: 'a b' }],
    ['src=1 user=a = b', { src: '1', user: 'a = b' }],
    ['src =1 user=ann', { user: 'ann' }],
    ['[x@1 src="1" user="ann"]', { src: '1', user: 'ann' }],
    ['[x@1 src="1"][y@1 user="ann"] text', { src: '1', user: 'ann' }],
    ['', {}],
    ['src', {}],
  ])('%j', (line, values) => expect(loose(line)).toEqual({ values, truncated: false }))

  test('a cut quote is dropped', () => {
    expect(loose('src=1 user="an')).toEqual({ values: { src: '1' }, truncated: true })
  })
})
