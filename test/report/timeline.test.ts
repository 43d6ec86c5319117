import { expect, test } from 'vitest'
import { measureOf } from '../../src/report/measure.ts'
import { otherCategories, timelineOf } from '../../src/report/timeline.ts'
import { emptyReport } from './fixture.ts'

function report(points: [string, string, number | null][], unit: 'hour' | 'day' = 'hour') {
  const timeline = points.map(([at, category, bytesTotal]) => ({
    at,
    category,
    bytesTotal,
    transactions: 1,
  }))
  const empty = emptyReport()
  return { ...empty, totals: { ...empty.totals, bytesTotal: 1 }, timeline, timelineUnit: unit }
}

test('silent hours are gaps, small categories one band', () => {
  const given = report([
    ['2026-09-21T22:00:00Z', 'A', 5],
    ['2026-09-21T22:00:00Z', 'B', 7],
    ['2026-09-21T22:00:00Z', 'C', 1],
    ['2026-09-22T01:00:00Z', 'A', null],
    ['2026-09-22T01:00:00Z', 'B', 2],
  ])
  expect(timelineOf(given, ['B'], measureOf(given))).toEqual({
    labels: ['22:00', '23:00', '22 Sep', '01:00'],
    bands: [
      { name: 'B', values: [7, null, null, 2] },
      { name: otherCategories, values: [6, null, null, null] },
    ],
  })
})

test('points off the grid and unreadable times are drawn as they come', () => {
  const given = report([
    ['2026-09-21T22:00:00Z', 'A', 5],
    ['2026-09-21T22:20:00Z', 'A', 6],
    ['nonsense', 'A', 9],
  ])
  expect(timelineOf(given, ['A'], measureOf(given)).bands).toEqual([{ name: 'A', values: [5, 6] }])
})

test('days have at most fourteen labels', () => {
  const days = Array.from({ length: 90 }, (_, index): [string, string, number] => [
    new Date(Date.UTC(2026, 8, 1 + index)).toISOString(),
    'A',
    1,
  ])
  const { labels } = timelineOf(report(days, 'day'), ['A'], measureOf(report(days)))
  expect(labels).toHaveLength(90)
  expect(labels.filter((label) => label !== '').length).toBeLessThanOrEqual(14)
  expect(labels[0]).toBe('1 Sep')
})
