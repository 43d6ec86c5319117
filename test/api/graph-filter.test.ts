/** OData's `$filter` as Graph's cloud discovery takes it. */
import { expect, test } from 'vitest'
import { graphFilter } from '../../src/api/graph-filter.ts'

const rows = [
  { displayName: 'Slack', riskScore: 9, userCount: 3, category: 'collaboration', isX: true },
  { displayName: "O'Neill", riskScore: 3, userCount: 60, category: 'cloudStorage', isX: false },
  { displayName: 'Odd', riskScore: null, userCount: 1, category: 'generativeAi', isX: null },
]
const f = (text: string): string[] | undefined => {
  const filter = graphFilter(text)
  return filter === undefined
    ? undefined
    : rows.filter(filter).map(({ displayName }) => displayName)
}

test.each([
  ["displayName eq 'Slack'", ['Slack']],
  ["displayName ne 'Slack'", ["O'Neill", 'Odd']],
  ['riskScore le 4', ["O'Neill"]],
  // its old name
  ['riskRating  le 4 ', ["O'Neill"]],
  ['riskScore lt 9', ["O'Neill"]],
  ['riskScore gt 3', ['Slack']],
  ['riskScore eq null', ['Odd']],
  ['isX eq true', ['Slack']],
  ["displayName eq 'O''Neill'", ["O'Neill"]],
  ["startswith(displayName,'o')", ["O'Neill", 'Odd']],
  ["contains(displayName, 'and or') or endswith(displayName,'CK')", ['Slack']],
  ["category in ('cloudStorage','generativeAi') and userCount ge 2", ["O'Neill"]],
  [
    "(category eq 'generativeAi' or category eq 'collaboration') and not (userCount lt 2)",
    ['Slack'],
  ],
  ["category eq 'a' and userCount ge 2 or riskScore eq 9", ['Slack']],
])('%s', (text, want) => {
  expect(f(text)).toEqual(want)
})

test.each([
  '',
  'riskScore',
  'riskScore le',
  'riskScore like 4',
  'toString eq 4 and',
  "substringof('a',displayName)",
  "displayName eq 'a",
  '(riskScore le 4',
  'riskScore le 4)',
  'startswith(displayName,4)',
  `${'('.repeat(500)}riskScore le 4${')'.repeat(500)}`,
  'riskScore le 4; drop table',
])('%s is not understood', (text) => {
  expect(f(text)).toBeUndefined()
})
