/** Metrics of who sends: its clock against the time of receipt, what its lines tell, whether they changed. */
import { apiLimits } from '../limits.ts'
import type { Metric, MetricSources, Sample } from './metric-table.ts'

/** A data source, its senders together. */
export interface SourceNumbers {
  source: string
  /** Stamps minus receipt of the sender that is furthest off; null = no live clock. */
  clockSeconds: number | null
  /** Changes of its lines that hold on. */
  changes: number
}

function each(
  pick: (source: SourceNumbers) => number | null,
): (sources: MetricSources) => Sample[] {
  return ({ sources }) =>
    sources()
      .slice(0, apiLimits.metricReasons)
      .flatMap((numbers) => {
        const value = pick(numbers)
        return value === null ? [] : [{ labels: { source: numbers.source }, value }]
      })
}

export const sourceMetrics: readonly Metric[] = [
  {
    name: 'gnomon_source_clock_offset_seconds',
    type: 'gauge',
    help: 'Stamps minus time of receipt of the sender whose clock is furthest off, the median; files have none',
    labels: ['source'],
    read: each(({ clockSeconds }) => clockSeconds),
  },
  {
    name: 'gnomon_source_line_changes',
    type: 'gauge',
    help: 'Changes in the look of its lines that hold on',
    labels: ['source'],
    read: each(({ changes }) => changes),
  },
]
