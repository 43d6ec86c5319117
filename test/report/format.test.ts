import { expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatNoun,
  formatPeriod,
  formatShare,
  formatShortCount,
  formatTime,
  roundLabel,
  shareOf,
} from '../../src/report/format.ts'

test.each([
  [null, '–'],
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.00 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_234_567, '1.23 MB'],
  [99_950_000, '100 MB'],
  [3.21e9, '3.21 GB'],
  [9e21, '9000 EB'],
])('formatBytes(%j) is %j', (bytes, want) => {
  expect(formatBytes(bytes)).toBe(want)
})

test.each([
  [roundLabel('5.00 GB'), '5 GB'],
  [roundLabel('2.50 GB'), '2.50 GB'],
  [roundLabel('90.0K'), '90K'],
  [roundLabel('1,000'), '1,000'],
  [formatCount(null), '–'],
  [formatCount(1_234_567), '1,234,567'],
  [formatShortCount(9999), '9,999'],
  [formatShortCount(7_530_421), '7.53M'],
  [formatNoun(1, 'app'), '1 app'],
  [formatNoun(2, 'address', 'addresses'), '2 addresses'],
  [formatShare(null), '–'],
  [formatShare(0), '0%'],
  [formatShare(0.0001), '< 1%'],
  [formatShare(0.9999), '> 99%'],
  [formatShare(1), '100%'],
  [formatTime('2026-09-21T14:13:20.000Z'), '2026-09-21 14:13'],
  [formatTime('not a time'), 'not a time'],
  [formatPeriod(null, null), 'no data yet'],
  [
    formatPeriod('2026-09-21T14:00:00Z', '2026-09-28T13:00:00Z'),
    '2026-09-21 14:00 to 2026-09-28 13:59 UTC',
  ],
  [
    formatPeriod('2026-09-21T14:00:00Z', '2026-09-28T13:30:00Z'),
    '2026-09-21 14:00 to 2026-09-28 13:30 UTC',
  ],
  [shareOf(1, 0), null],
  [shareOf(null, 4), null],
  [shareOf(1, 4), 0.25],
])('%j is %j', (got, want) => {
  expect(got).toBe(want)
})
