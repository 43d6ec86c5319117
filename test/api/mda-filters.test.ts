/** Filters of request bodies, in the words of Defender for Cloud Apps. */
import { expect, test } from 'vitest'
import { filtersAfter, mdaFilter } from '../../src/api/mda-filters.ts'
import type { FilterableApp } from '../../src/api/mda-filters.ts'

const nowMs = Date.UTC(2026, 9, 15)
const app = (more: Partial<FilterableApp>): FilterableApp => ({
  appId: 'slack',
  name: 'Slack',
  category: 'Collaboration',
  score: 9,
  transactions: 100,
  bytesUp: 5,
  bytesDown: null,
  bytesTotal: null,
  users: 3,
  devices: 2,
  addresses: 4,
  blocked: 0,
  firstSeen: '2026-09-01T00:00:00Z',
  lastSeen: '2026-10-14T00:00:00Z',
  tags: ['sanctioned'],
  ...more,
})
const apps = [
  app({}),
  app({ appId: 'mega', name: 'MEGA', category: 'Cloud storage', score: 3, users: 60, tags: [] }),
  app({
    appId: 'odd',
    name: 'Odd',
    category: 'Cloud storage',
    score: null,
    lastSeen: '2026-09-02T00:00:00Z',
    tags: ['unsanctioned', 'odd'],
  }),
]
const f = (filters: unknown): string[] => {
  const { keeps } = mdaFilter(filters, nowMs)
  return apps.filter(keeps).map(({ appId }) => appId)
}

test.each<[unknown, string[]]>([
  [undefined, ['slack', 'mega', 'odd']],
  [{}, ['slack', 'mega', 'odd']],
  // what PowerShell makes of an empty list
  [[], ['slack', 'mega', 'odd']],
  [{ name: { eq: ['slack'] } }, ['slack']],
  [{ name: { neq: 'Slack' } }, ['mega', 'odd']],
  [{ name: { contains: ['EG', 'dd'] } }, ['mega', 'odd']],
  [{ name: { ncontains: ['EG', 'dd'] } }, ['slack']],
  [{ appName: { startswith: ['s'] } }, ['slack']],
  [{ name: { doesnotstartwith: ['s'] } }, ['mega', 'odd']],
  [{ name: { endswith: ['a'] } }, ['mega']],
  [{ category: { eq: ['SAASDB_CATEGORY_CLOUD_STORAGE'] } }, ['mega', 'odd']],
  [{ category: { neq: ['Cloud storage'] } }, ['slack']],
  [{ score: { lt: [5] } }, ['mega']],
  [{ score: { gte: 9 } }, ['slack']],
  // the portal's span of scores
  [{ score: { eq: [3, 8] } }, ['mega']],
  [{ score: { range: [{ start: 1, end: 9 }] } }, ['slack', 'mega']],
  [{ riskScore: { isnotset: true } }, ['odd']],
  [{ usersCount: { gt: 50 } }, ['mega']],
  [{ trafficDownloadedBytes: { gte: 0 } }, []],
  [{ appTag: { eq: ['Unsanctioned'] } }, ['odd']],
  [{ tag: { eq: ['None'] } }, ['mega']],
  [{ tag: { isset: true } }, ['slack', 'odd']],
  [{ lastUsed: { gte_ndays: 7 } }, ['slack', 'mega']],
  [{ lastUsed: { lte_ndays: [7] } }, ['odd']],
  [{ score: { gte: 3, lt: 9 }, usersCount: { gt: [1] } }, ['mega']],
])('%j', (filters, want) => {
  expect(f(filters)).toEqual(want)
})

test.each<[unknown, RegExp]>([
  ['x', /it is an object/],
  [[{ score: { lt: 5 } }], /it is an object/],
  [{ constructor: { eq: ['x'] } }, /constructor is not known here; fields are name,/],
  [{ name: { like: ['x'] } }, /like is not known here; operators are eq,/],
  [{ name: { toString: ['x'] } }, /toString is not known/],
  [{ name: 'slack' }, /name needs an operator/],
  [{ score: { lt: ['low'] } }, /score lt needs a number/],
  [{ name: { gt: [1] } }, /name is no number/],
  [{ score: { eq: [{ x: 1 }] } }, /neither text nor number/],
  [{ 'user.entity': { neq: ['ann'] } }, /user.entity takes eq with one name/],
])('%j is refused', (filters, says) => {
  expect(() => mdaFilter(filters, nowMs)).toThrow(says)
})

test('a user, and what comes next', () => {
  expect(mdaFilter({ 'user.entity': { eq: ['ann'] } }, nowMs)).toMatchObject({
    user: 'ann',
    after: 0,
  })
  const next = filtersAfter({ score: { lt: [5] } }, 100)
  expect(mdaFilter(next, nowMs).after).toBe(100)
  expect(f(next)).toEqual(['mega'])
})
