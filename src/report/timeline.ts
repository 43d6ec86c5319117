/** The timeline as columns over time: gaps filled up, small categories in one band, labels an axis can hold. */

import { reportLimits } from '../limits.ts'
import type { Measure } from './measure.ts'
import type { Report } from './report.ts'

export interface Timeline {
  labels: string[]
  bands: { name: string; values: (number | null)[] }[]
}

export const otherCategories = 'All other categories'

const stepMs = { hour: 3_600_000, day: 86_400_000 } as const
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Bands in the order of `categories` (largest first); the rest is summed up in one. */
export function timelineOf(
  report: Report,
  categories: readonly string[],
  measure: Measure,
): Timeline {
  const times = timesOf(report)
  const position = new Map(times.map((ms, index) => [ms, index]))
  const bands = new Map(categories.map((name) => [name, row(times.length)]))
  const rest = row(times.length)
  for (const point of report.timeline) {
    const index = position.get(Date.parse(point.at))
    const value = measure.of(point)
    if (index === undefined || value === null) continue
    const values = bands.get(point.category) ?? rest
    values[index] = (values[index] ?? 0) + value
  }
  const list = Array.from(bands, ([name, values]) => ({ name, values }))
  if (rest.some((value) => value !== null)) list.push({ name: otherCategories, values: rest })
  return { labels: labelsOf(times, report.timelineUnit), bands: list }
}

function row(length: number): (number | null)[] {
  return Array.from({ length }, () => null)
}

/** All steps from the first to the last point, so that a silent night is seen as a gap. */
function timesOf(report: Report): number[] {
  const seen = [...new Set(report.timeline.map((point) => Date.parse(point.at)))]
    .filter((ms) => !Number.isNaN(ms))
    .toSorted((one, other) => one - other)
  const first = seen[0]
  const last = seen.at(-1)
  if (first === undefined || last === undefined) return []
  const step = stepMs[report.timelineUnit]
  const count = (last - first) / step + 1
  const regular = seen.every((ms) => (ms - first) % step === 0)
  if (!regular || count > reportLimits.timelinePoints) return seen
  return Array.from({ length: count }, (_, index) => first + index * step)
}

/** About twelve labels; hours stand on round steps of the day, midnight shows the date. */
function labelsOf(times: readonly number[], unit: 'hour' | 'day'): string[] {
  if (unit === 'day') {
    const every = Math.ceil(times.length / 14)
    return times.map((ms, index) => (index % every === 0 ? dayLabel(ms) : ''))
  }
  const every = [1, 2, 3, 6, 12, 24].find((hours) => times.length / hours <= 16) ?? 24
  return times.map((ms) => {
    const hour = new Date(ms).getUTCHours()
    if (hour === 0) return dayLabel(ms)
    return hour % every === 0 ? `${String(hour).padStart(2, '0')}:00` : ''
  })
}

function dayLabel(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`
}
