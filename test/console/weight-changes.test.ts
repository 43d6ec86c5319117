import { expect, test } from 'vitest'
import { bodyOf, ownOf, withChange } from '../../src/console/data/weight-changes.ts'
import type { Weighed, Weights } from '../../src/console/data/weight-changes.ts'

const known: Weights = {
  reckonedOn: '2026-11-01',
  irrelevantCounts: 'out',
  neutral: {},
  factsMin: 5,
  groups: { general: 'low', security: 'high', compliance: 'high', legal: 'medium' },
  factors: [
    { id: 'founded', group: 'general', name: 'Founded', counts: 'age', weight: 'low' },
    { id: 'soc-2', group: 'compliance', name: 'SOC 2', counts: 'yes-no', weight: 'medium' },
  ],
  own: { factsMin: 5, factors: { founded: 'low' } },
}
const founded: Weighed = { kind: 'factors', id: 'founded' }
const soc: Weighed = { kind: 'factors', id: 'soc-2' }
const legal: Weighed = { kind: 'groups', id: 'legal' }
const none = new Map<string, null>()

test('own weights are told from shipped ones', () => {
  expect([founded, soc, legal].map((of) => ownOf(known, of))).toEqual(['low', null, null])
})

test.each([
  ['a factor', soc, 'high', { factsMin: 5, factors: { founded: 'low', 'soc-2': 'high' } }],
  [
    'a group',
    legal,
    'ignored',
    { factsMin: 5, groups: { legal: 'ignored' }, factors: { founded: 'low' } },
  ],
  ['an own one', founded, 'very-high', { factsMin: 5, factors: { founded: 'very-high' } }],
  ['an own one, as shipped', founded, null, { factsMin: 5 }],
] as const)('%s is changed, and what was changed before stays', (_what, of, weight, body) => {
  const changes = withChange(none, known, of, weight)
  expect(changes.size).toBe(1)
  expect(bodyOf(known, changes)).toEqual(body)
})

test.each([
  ['a shipped one', soc, 'medium'],
  ['an own one', founded, 'low'],
  ['as shipped, what is shipped', legal, null],
] as const)('%s that is put back to what holds is no change', (_what, of, weight) => {
  const changes = withChange(withChange(none, known, of, 'high'), known, of, weight)
  expect(changes.size).toBe(0)
})
