/** Silence is held against a source's own rhythm. */
import { expect, test } from 'vitest'
import { silenceOf } from '../../src/govern/rhythm.ts'
import { diskTroubleOf } from '../../src/govern/system-alerts.ts'

const hourMs = 3_600_000
/** A Monday at 00:00. */
const monday = Date.UTC(2026, 8, 7)
const weeks = 4

/** Hours of four weeks in which a source speaks, by day of the week (0 = Monday) and hour. */
function hoursOf(speaks: (day: number, hour: number) => boolean): number[] {
  return Array.from({ length: weeks * 168 }, (_, i) => i)
    .filter((i) => speaks(Math.floor(i / 24) % 7, i % 24))
    .map((i) => monday + i * hourMs)
}
const always = hoursOf(() => true)
const office = hoursOf((day, hour) => day < 5 && hour >= 7 && hour < 19)
const weekly = hoursOf((day, hour) => day === 6 && hour === 3)
const end = monday + weeks * 168 * hourMs

function f(active: number[], quietFrom: number, now: number, silent: boolean): void {
  expect(
    silenceOf(
      active.filter((ms) => ms <= quietFrom),
      quietFrom,
      now,
    ).silent,
  ).toBe(silent)
}

test('an always-busy source is missed after three whole hours', () => {
  const last = end - hourMs
  f(always, last, last + 3 * hourMs, false)
  f(always, last, last + 4 * hourMs, true)
})

test('an office source is not missed at night and at the weekend, but on Monday morning', () => {
  const friday = end - 168 * hourMs + (4 * 24 + 18) * hourMs
  const nextMonday = end
  f(office, friday, nextMonday + 7 * hourMs, false)
  f(office, friday, nextMonday + 9 * hourMs, false)
  f(office, friday, nextMonday + 10 * hourMs, true)
})

test('a weekly export is missed in the third week', () => {
  const last = weekly.at(-1) ?? 0
  f(weekly, last, last + 15 * 24 * hourMs, false)
  f(weekly, last, last + 22 * 24 * hourMs, true)
})

test('in the first days the hours of the days before count; in the first two nothing is said', () => {
  const first = always.slice(0, 72)
  f(first, first[71], first[71] + 5 * hourMs, true)
  f(always.slice(0, 40), always[39], always[39] + 50 * hourMs, false)
  f([], 0, end, false)
})

test.each([
  [50, 100, 0],
  [9, 100, 1],
  [1.5, 15, 1],
])('%d of %d GB free: %d alerts', (free, all, count) => {
  expect(diskTroubleOf(free * 1e9, all * 1e9)).toHaveLength(count)
})
