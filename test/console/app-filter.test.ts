import { expect, test } from 'vitest'
import { appTest, asksCatalog, textOf } from '../../src/console/data/app-filter.ts'
import type { AppRow, AppSearch } from '../../src/console/data/app-filter.ts'
import { createTextFinder } from '../../src/console/data/text-finder.ts'

const nowMs = Date.parse('2026-09-25T14:00:00Z')

function app(patch: Partial<AppRow>): AppRow {
  return {
    appId: 'slack',
    name: 'Slack',
    category: 'Collaboration',
    score: 8,
    users: 10,
    devices: 0,
    addresses: 4,
    blocked: 0,
    firstSeen: '2026-09-01T00:00:00Z',
    lastSeen: '2026-09-25T00:00:00Z',
    transactions: 100,
    bytesUp: null,
    bytesDown: null,
    bytesTotal: 5_000_000,
    ...patch,
  }
}

function tested(search: AppSearch, row: AppRow, fitting?: Set<string>): boolean | null {
  const finder = createTextFinder([row], textOf)
  return appTest(search, finder, nowMs, fitting)?.(row, 0) ?? null
}

const cases: [what: string, search: AppSearch, row: Partial<AppRow>, fits: boolean][] = [
  ['part of a name', { q: 'LAC' }, {}, true],
  ['part of a category', { q: 'collab' }, {}, true],
  ['another name', { q: 'zoom' }, {}, false],
  ['one of several categories', { category: 'CRM|Collaboration' }, {}, true],
  ['no such category', { category: 'CRM' }, {}, false],
  ['a band of risk', { risk: 'low' }, {}, true],
  ['not rated is in no other band', { risk: 'high|medium|low' }, { score: null }, false],
  ['not rated', { risk: 'unrated' }, { score: null }, true],
  ['within a score', { score: '7-8.5' }, {}, true],
  ['outside a score', { score: '0-7' }, {}, false],
  ['enough users', { minUsers: '10' }, {}, true],
  ['too few users', { minUsers: '11' }, {}, false],
  ['enough traffic', { minTraffic: '5' }, {}, true],
  ['unknown traffic is not enough', { minTraffic: '0' }, { bytesTotal: null }, false],
  ['something blocked', { blocked: 'only' }, { blocked: 1 }, true],
  ['nothing blocked', { blocked: 'only' }, {}, false],
  ['new', { newDays: '30' }, {}, true],
  ['not new', { newDays: '7' }, {}, false],
  ['one of its tags', { tag: 'own|sanctioned' }, { tags: ['sanctioned'] }, true],
  ['no tag at all', { tag: 'none' }, {}, true],
  ['no tag, but it has one', { tag: 'none' }, { tags: ['own'] }, false],
  ['enough uploaded', { minUploaded: '2' }, { bytesUp: 2_000_000 }, true],
  ['unknown upload is not enough', { minUploaded: '0' }, {}, false],
  ['enough transactions', { minTransactions: '100' }, {}, true],
  ['too few transactions', { minTransactions: '101' }, {}, false],
  ['without tags', { tag: 'sanctioned' }, {}, false],
  ['all tests hold together', { q: 'slack', risk: 'high' }, {}, false],
]

test.each(cases)('%s', (_what, search, row, fits) => {
  expect(tested(search, app(row))).toBe(fits)
})

test.each([{}, { q: ' ' }, { minUsers: 'many' }, { score: 'x' }, { risk: 'none' }])(
  'no test: %o',
  (search) => {
    expect(tested(search as AppSearch, app({}))).toBeNull()
  },
)

test.each([
  [['slack', 'zoom'], true],
  [['zoom'], false],
  [[], false],
])('the catalog says that %o fit', (ids, fits) => {
  const search: AppSearch = { factor: 'soc-2:yes' }
  expect(asksCatalog(search)).toBe(true)
  expect(tested(search, app({}), new Set(ids))).toBe(fits)
})
