import { expect, test } from 'vitest'
import { mergeTroubleInWords, mergeTroubles } from '../../src/govern/merge-troubles.ts'

const hour = Date.UTC(2026, 9, 15, 10) / 1000
const failing = (tries: number, at = hour) => ({
  report: 'continuous',
  hour: at,
  tries,
  reason: 'disk is full',
})

test.each([
  ['nothing fails', [], null],
  ['a first failure is no news yet', [failing(1)], null],
  ['one that fails again', [failing(2)], '1 hours, the oldest 2026-10-15T10:00:00.000Z: disk is full'],
  ['all of them are one alert', [failing(2), failing(3, hour - 3600), failing(1)], '2 hours, the oldest 2026-10-15T09:00:00.000Z: disk is full'],
])('%s', (_, hours, want) => {
  const troubles = mergeTroubles({ failing: hours })
  expect(troubles.map(({ key, severity }) => [key, severity])).toEqual(
    want === null ? [] : [['merge', 'high']],
  )
  if (want !== null) expect(troubles[0].detail).toContain(want)
}) // prettier-ignore

test('readiness tells of the first failure already', () => {
  expect(mergeTroubleInWords({ failing: [] })).toBeNull()
  expect(mergeTroubleInWords({ failing: [failing(1)] })).toBe(
    '1 hours could not be merged and are tried again: disk is full',
  )
})
