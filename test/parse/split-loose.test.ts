import { describe, expect, test } from 'vitest'
import { KeyMemory } from '../../src/parse/key-memory.ts'
import { splitLoose } from '../../src/parse/split-loose.ts'
import type { KvOptions } from '../../src/parse/split-kv.ts'
import { byteSet } from '../../src/parse/split-kv.ts'
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
    ['src=1\turl=a user=b\tuser=ann', { src: '1', url: 'a user=b', user: 'ann' }],
    ['2026-10-30 10:15:08 src=1\tuser=ann\turl=x', { src: '1', user: 'ann', url: 'x' }],
    [
      'a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 src=1, user=ann; url=x',
      { src: '1,', user: 'ann;', url: 'x' },
    ],
    ['t=1;Source IP=2;user=a b', { 'Source IP': '2', user: 'a b' }],
    ['user="a \\"b\\"" src=1', { user: 'a "b"', src: '1' }],
    ['url=Mozilla (X11; rv=1) src=1', { url: 'Mozilla (X11; rv=1)', src: '1' }],
    ['src=1 src=2', { src: '1' }],
    ['src = 1 user = ann lee url = "a b"', { src: '1', user: 'ann lee', url: 'a b' }],
    ['src=1 user=a = b', { src: '1', user: 'a = b' }],
    ['src =1 user=ann', { user: 'ann' }],
    ['[x@1 src="1" user="ann"]', { src: '1', user: 'ann' }],
    ['[x@1 src="1"][y@1 user="ann"] text', { src: '1', user: 'ann' }],
    ['2026-10-30 10:15:08 gw src=1, user=ann, url=x', { src: '1', user: 'ann', url: 'x' }],
    ['flow end Source IP=1, user=ann', { 'Source IP': '1', user: 'ann' }],
    ['Source IP=1, Dest IP=2, user=ann', { 'Source IP': '1', user: 'ann' }],
    ['', {}],
    ['src', {}],
  ])('%j', (line, values) => expect(loose(line)).toEqual({ values, truncated: false }))

  test('a cut quote is dropped', () => {
    expect(loose('src=1 user="an')).toEqual({ values: { src: '1' }, truncated: true })
  })
})

describe('assignments that the line itself shows', () => {
  const any = (line: string): Record<string, string> => {
    const { c, start, end } = contextOf(line)
    const own = ['src', 'user', 'url', 'Source IP', '源IP', 'port']
    const o = {
      separators: byteSet(' ,;|\t'),
      assigns: byteSet('=:'),
      keyEnds: byteSet(' ,;|\t=:'),
      memory: new KeyMemory(),
      quotes: byteSet('"\''),
      escapes: true,
      inner: false,
      keys: keysOf(own),
      repeatedLast: false,
    } satisfies KvOptions
    splitLoose(c, start, end, o)
    const entries = slotsOf(c, own.length).map((value, i) => [own[i], value] as const)
    return Object.fromEntries(entries.filter(([, value]) => value !== null)) as never
  }

  test.each<[string, Record<string, string>]>([
    ['src: 1, user: ann lee, port: 443, url: https://h/?a=1', { src: '1', user: 'ann lee', port: '443', url: 'https://h/?a=1' }],
    ['src:1 user:ann port:443 url:https://h/a:b', { src: '1', user: 'ann', port: '443', url: 'https://h/a:b' }],
    ['源IP:1, user:ann, Source IP:2, port:443', { 源IP: '1', user: 'ann', 'Source IP': '2', port: '443' }],
    ['src => 1, user => "ann, b", port => 443', { src: '1', user: 'ann, b', port: '443' }],
    [`{'src': '1', 'user': 'ann', 'port': 443, 'url': 'h'}`, { src: '1', user: 'ann', port: '443', url: 'h' }],
    ['"src"="1" "user"="ann lee" "port"="443"', { src: '1', user: 'ann lee', port: '443' }],
    ['flow: Source IP: 1, Dest IP: 2, port: 443, user: ann', { 'Source IP': '1', port: '443', user: 'ann' }],
    ['"url": "a src:1", "port": "443", "user": "ann", "x": "y"', { url: 'a src:1', port: '443', user: 'ann' }],
    // of a line with `=` colons stay in the values
    ['src=1 user=a: note: x url=https://h/ port=443,', { src: '1', user: 'a: note: x', url: 'https://h/', port: '443' }],
    // three are not enough
    ['src: 1 user: ann port: 443', {}],
  ])('%s', (line, want) => {
    expect(any(line)).toEqual(want)
  }) // prettier-ignore
})
