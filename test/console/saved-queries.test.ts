import { expect, test } from 'vitest'
import {
  filtersOf,
  nameOf,
  queriesOf,
  withQuery,
  withoutQuery,
} from '../../src/console/data/saved-queries.ts'

const one = { name: 'one', search: { risk: 'high' } }
const two = { name: 'two', search: { q: 'git', sort: 'users', order: 'desc' } }

test('what was kept comes back', () => {
  expect(queriesOf(JSON.stringify([one, two]))).toEqual([one, two])
})

test.each([
  ['nothing', null],
  ['no JSON', '{'],
  ['no list', '{"name":"x"}'],
  [
    'entries that are none',
    '[1,null,"x",{"name":1,"search":{}},{"name":"x"},{"name":"","search":{}}]',
  ],
  ['filters that are none', '[{"name":"x","search":7}]'],
])('of %s comes nothing', (_what, kept) => {
  expect(queriesOf(kept)).toEqual([])
})

test('only filters and order are kept, and only texts', () => {
  expect(filtersOf({ q: 'git', risk: 4, report: 'r1', range: '7d', sort: 'users' })).toEqual({
    q: 'git',
    sort: 'users',
  })
})

test('no more than fifty are kept, the last saved', () => {
  const many = Array.from({ length: 50 }, (_, i) => ({ name: `q${i}`, search: {} }))
  const next = withQuery(many, one)
  expect([next.length, next[0]?.name, next.at(-1)]).toEqual([50, 'q1', one])
})

test('one of the same name is replaced, and forgotten alone', () => {
  const changed = { name: 'one', search: { risk: 'low' } }
  expect(withQuery([one, two], changed)).toEqual([two, changed])
  expect(withoutQuery([one, two], 'one')).toEqual([two])
})

test.each([
  [two.search, 'git'],
  [{ sort: 'users', order: 'desc' }, ''],
  [{ risk: 'high', tag: 'none' }, 'high, none'],
])('%j is called %j at first', (search, name) => {
  expect(nameOf(search)).toBe(name)
})
