import { expect, test } from 'vitest'
import { blindSpots, bytesAreLowerBound, ledgerSentence } from '../../src/report/data-quality.ts'
import { findings } from '../../src/report/findings.ts'
import type { ReportSource } from '../../src/report/report.ts'
import { emptyReport, fixtureReport } from './fixture.ts'

function source(change: Partial<ReportSource>): ReportSource {
  return {
    ...fixtureReport().sources[0],
    received: 100,
    transactions: 80,
    skipped: 12,
    unparsed: 5,
    dropped: 3,
    missing: 0,
    ...change,
  }
}

test.each([
  [
    source({}),
    true,
    '100 lines received = 80 transactions + 12 skipped + 5 unparsed + 3 dropped. The ledger balances.',
  ],
  [
    source({ received: 101, missing: 1 }),
    false,
    '101 lines received, but 80 transactions + 12 skipped + 5 unparsed + 3 dropped = 100. The ledger does not balance: 1 line cannot be accounted for.',
  ],
  [
    source({ received: 98, missing: -2 }),
    false,
    '98 lines received, but 80 transactions + 12 skipped + 5 unparsed + 3 dropped = 100. The ledger does not balance: 2 lines more came out than went in.',
  ],
  [
    source({ received: 0, transactions: 0, skipped: 0, unparsed: 0, dropped: 0 }),
    true,
    'No line received yet. The ledger balances.',
  ],
])('ledger %#', (entry, balances, text) => {
  expect(ledgerSentence(entry)).toEqual({ balances, text })
})

test('blind spots name the share and the remedy', () => {
  const spots = blindSpots(
    source({ withUser: 0, withHost: 0.5, withBytes: 0.97, withAction: null, merged: null }),
  )
  expect(spots.map((spot) => [spot.field, spot.level])).toEqual([
    ['user', 'missing'],
    ['host', 'partly'],
    ['bytes', 'good'],
    ['action', 'nothing'],
  ])
  expect(spots[0]?.text).toMatch(/^No transactions name a user, .*turn on user identification/)
  expect(spots[1]?.text).toMatch(/^50% of transactions name a host; the rest .*SNI/)
  expect(spots[2]?.text).toBe('97% of transactions tell bytes.')
})

test.each([
  [0, 0.87, 'partly', /^No transactions name a user; with the agents’ rows 87% do\. The rest/],
  [0.3, 0.96, 'good', /^30% of transactions name a user; with the agents’ rows 96% do\.$/],
  [0.3, 0.3, 'partly', /^30% of transactions name a user; the rest does not say who/],
  [0, 0, 'missing', /^No transactions name a user, so nobody/],
  [null, 0.99, 'good', /^Agents name a user for 99% of transactions\.$/],
] as const)('the merge counts: user %s of the lines, %s joined', (own, merged, level, text) => {
  const joined = { withUser: merged, withHost: 0, withDevice: merged }
  const [user] = blindSpots(source({ withUser: own, merged: joined }))
  expect(user).toMatchObject({ field: 'user', level, text: expect.stringMatching(text) as string })
})

test('totals are lower bounds when some transactions told no bytes', () => {
  const whole = { ...emptyReport(), sources: [source({ withBytes: 1 })] }
  expect(bytesAreLowerBound(whole)).toBe(false)
  expect(bytesAreLowerBound({ ...whole, sources: [source({ withBytes: 0.9 })] })).toBe(true)
  const totals = { ...whole.totals, transactions: 10, bytesKnown: 9 }
  expect(bytesAreLowerBound({ ...whole, totals })).toBe(true)
})

test('findings say what stands out, and nothing of an empty report', () => {
  const texts = findings(fixtureReport()).map((finding) => finding.text)
  expect(texts[0]).toMatch(/^4 apps in use are rated high risk, with .* the largest is “MEGA”/)
  expect(texts.join('\n')).toContain('60 destinations are in no catalog')
  expect(texts.join('\n')).toContain('does not balance')
  expect(findings(emptyReport())).toEqual([])
})
