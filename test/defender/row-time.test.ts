import { expect, test } from 'vitest'
import { rowTime } from '../../src/defender/row-time.ts'

const at = Date.UTC(2026, 4, 17, 9, 30, 5)

test.each([
  ['2026-05-17T09:30:05Z', at],
  ['2026-05-17T09:30:05.1234567Z', at + 123],
  ['2026-05-17 09:30:05.999999', at + 999],
  ['2026-05-17T11:30:05+02:00', at],
  ['2026-05-17T04:00:05-0530', at],
  ['5/17/2026 9:30:05 AM', at],
  ['5/17/2026, 9:30:05\u202fAM', at],
  ['17/05/2026 09:30:05', at],
  ['17.05.2026 09:30:05', at],
  ['05/17/2026 09:30:05', at],
  ['6/5/2026 9:30:05 PM', Date.UTC(2026, 5, 5, 21, 30, 5)],
  ['6/5/2026 09:30:05', Date.UTC(2026, 4, 6, 9, 30, 5)],
  ['May 17, 2026 9:30:05 AM', at],
  ['May 17, 2026 12:00 AM', Date.UTC(2026, 4, 17)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
])('%s', (text, want) => {
  expect(rowTime(text, null)).toBe(want)
})

test.each([
  '',
  'yesterday',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-05-17T24:00:01Z',
  '2026-05-00T00:00:00Z',
  '32.05.2026 09:30:05',
  '31/31/2026 09:30:05',
  '5/17/2026 13:30:05 PM',
  'Foo 17, 2026 9:30:05 AM',
  '17/05/26 09:30',
])('no date: %s', (text) => {
  expect(rowTime(text, null)).toBeNaN()
})

test('a stamp without zone is in the zone of its source, one with a zone is not', () => {
  const zone = { offsetMs: () => 2 * 3_600_000 }
  expect(rowTime('17.05.2026 11:30:05', zone)).toBe(at)
  expect(rowTime('2026-05-17T09:30:05Z', zone)).toBe(at)
})
