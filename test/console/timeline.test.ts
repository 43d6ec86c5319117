import { expect, test } from 'vitest'
import { bandsOf, restName } from '../../src/console/parts/timeline.ts'

const at = (hour: number): string => `2026-09-21T${String(hour).padStart(2, '0')}:00:00Z`
const point = (hour: number, category: string, bytesTotal: number | null) => ({
  at: at(hour),
  category,
  transactions: 2,
  bytesTotal,
})

test('gaps are seen, small categories are one band, unknown is no zero', () => {
  const { times, bands, measure } = bandsOf(
    {
      unit: 'hour',
      points: [
        point(1, 'A', 100),
        point(4, 'A', 50),
        point(1, 'B', 10),
        point(1, 'C', 5),
        point(4, 'B', null),
      ],
    },
    2,
  )
  expect(times).toHaveLength(4)
  expect(measure).toBe('bytes')
  expect(bands).toEqual([
    { name: 'A', values: [100, null, null, 50], rest: false },
    { name: restName, values: [15, null, null, null], rest: true },
  ])
})

test('transactions where no line tells bytes', () => {
  const { bands, measure } = bandsOf({ unit: 'hour', points: [point(1, 'A', null)] }, 7)
  expect(measure).toBe('transactions')
  expect(bands[0].values).toEqual([2])
})

test('nothing', () => {
  expect(bandsOf({ unit: 'day', points: [] }, 7)).toEqual({
    times: [],
    bands: [],
    measure: 'transactions',
  })
})
