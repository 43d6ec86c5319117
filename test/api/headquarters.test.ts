import { expect, test } from 'vitest'
import { byCountry } from '../../src/api/routes-headquarters.ts'
import type { ReportApp } from '../../src/report/report.ts'

const app = (appId: string, transactions: number, bytesTotal: number | null): ReportApp => ({
  appId,
  name: appId,
  category: 'CRM',
  score: null,
  users: 1,
  devices: 0,
  addresses: 1,
  blocked: 0,
  firstSeen: '',
  lastSeen: '',
  transactions,
  bytesUp: null,
  bytesDown: bytesTotal,
  bytesTotal,
})
const countries: Record<string, string> = { slack: 'US', box: 'US', sap: 'DE' }

test('apps are summed by country, most traffic first; unknown is unknown', () => {
  const rows = byCountry(
    [app('slack', 2, 10), app('box', 3, null), app('sap', 1, 50), app('own', 7, null)],
    (id) => countries[id] ?? null,
  )
  expect(
    rows.map(({ country, apps, transactions, bytesTotal, bytesUp }) => [
      country,
      apps,
      transactions,
      bytesTotal,
      bytesUp,
    ]),
  ).toEqual([
    ['DE', 1, 1, 50, null],
    ['US', 2, 5, 10, null],
    [null, 1, 7, null, null],
  ])
})

test('nothing used, no country', () => {
  expect(byCountry([], () => 'US')).toEqual([])
})
