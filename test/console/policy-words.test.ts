import { expect, test } from 'vitest'
import { aboutWords, thresholdWords } from '../../src/console/data/policy-words.ts'
import { policySchema, policyTemplates } from '../../src/govern/policy.ts'

const policy = (part: object) => policySchema.parse({ name: 'x', ...part })

test.each([
  [{}, 'All apps'],
  [{ newDays: 1 }, 'Apps, new in 1 day'],
  [{ apps: ['slack'] }, '1 app'],
  [{ categories: ['CRM', 'Sales'] }, 'Apps of CRM or Sales'],
  [{ categories: ['CRM', 'Sales', 'Security'] }, 'Apps of one of 3 categories'],
  [
    { scoreMin: 2, scoreBelow: 6, tags: ['a'], withoutTags: ['b'], lacking: ['soc-2'] },
    'Apps, scored 2 or more, scored below 6, tagged a, not tagged b, known to fulfil none of soc-2',
  ],
  [{ sources: ['hq'], groups: ['hr'] }, 'Apps, seen by hq, used by hr'],
])('which apps: %j', (part, want) => {
  expect(aboutWords(policy(part))).toBe(want)
})

test.each([
  [{}, 'Any use at all'],
  [{ users: 1 }, 'More than 1 user in a day'],
  [{ users: 50, bytesTotal: 50_000_000 }, 'More than 50 users and 50 MB of traffic in a day'],
  [
    { addresses: 2, devices: 3, transactions: 4000, bytesUp: 1_500_000, bytesDown: 1e9 },
    'More than 2 addresses and 3 devices and 4,000 transactions and 1.50 MB uploaded and 1 GB downloaded in a day',
  ],
])('exceeding: %j', (threshold, want) => {
  expect(thresholdWords(policy({ threshold }))).toBe(want)
})

test.each(policyTemplates.map(({ id, policy: part }) => [id, part]))(
  'template %s has its words',
  (_id, part) => {
    expect(aboutWords(policySchema.parse(part))).toContain('new in 90 days')
  },
)
