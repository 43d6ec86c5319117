/** Points of a timeline as bands over time: gaps filled, the categories beyond the largest summed up in one. */
import type { Timeline } from '../../api/schemas.ts'

export interface Bands {
  /** Starts of the steps, epoch ms. */
  times: number[]
  bands: { name: string; values: (number | null)[]; rest: boolean }[]
  /** Bytes, or transactions where no line tells bytes. */
  measure: 'bytes' | 'transactions'
}

export const restName = 'All other categories'

const stepMs = { hour: 3_600_000, day: 86_400_000 } as const
const mostPoints = 2000

export function bandsOf({ unit, points }: Timeline, most: number): Bands {
  const measure = points.some(({ bytesTotal }) => bytesTotal !== null) ? 'bytes' : 'transactions'
  const valueOf = (point: Timeline['points'][number]): number | null =>
    measure === 'bytes' ? point.bytesTotal : point.transactions
  const sums = new Map<string, number>()
  for (const point of points)
    sums.set(point.category, (sums.get(point.category) ?? 0) + (valueOf(point) ?? 0))
  const large = [...sums].toSorted((a, b) => b[1] - a[1]).map(([name]) => name)
  const own = large.slice(0, large.length > most ? most - 1 : most)
  const times = timesOf(points, stepMs[unit])
  const position = new Map(times.map((ms, index) => [ms, index]))
  const empty = (): (number | null)[] => times.map(() => null)
  const values = new Map(own.map((name) => [name, empty()]))
  const rest = empty()
  for (const point of points) {
    const index = position.get(Date.parse(point.at))
    const value = valueOf(point)
    if (index === undefined || value === null) continue
    const band = values.get(point.category) ?? rest
    band[index] = (band[index] ?? 0) + value
  }
  const bands = Array.from(values, ([name, row]) => ({ name, values: row, rest: false }))
  if (large.length > own.length) bands.push({ name: restName, values: rest, rest: true })
  return { times, bands, measure }
}

/** All steps from the first to the last point, so that a silent night is seen as a gap. */
function timesOf(points: Timeline['points'], step: number): number[] {
  const seen = [...new Set(points.map(({ at }) => Date.parse(at)))].toSorted((a, b) => a - b)
  const first = seen[0]
  const last = seen.at(-1)
  if (first === undefined || last === undefined) return []
  const steps = (last - first) / step + 1
  if (!Number.isInteger(steps) || steps > mostPoints) return seen
  return Array.from({ length: steps }, (_, index) => first + index * step)
}
