/** Metrics of the merge. */
import type { Metric, MetricSources, Sample } from './metric-table.ts'

/** The merge's own status object fits. */
export interface MergeNumbers {
  hours: number
  rows: number
  slices: number
  lastMs: number | null
  failures: number
  memoryFailures: number
  failing: readonly unknown[]
}

function one(of: (numbers: MergeNumbers) => number): (sources: MetricSources) => Sample[] {
  return ({ merge }) => [{ labels: {}, value: of(merge()) }]
}

export const mergeMetrics: readonly Metric[] = [
  {
    name: 'gnomon_merge_hours_total',
    type: 'counter',
    help: 'Hours of usage written since the start; an hour with late data counts again',
    labels: [],
    read: one(({ hours }) => hours),
  },
  {
    name: 'gnomon_merge_rows_total',
    type: 'counter',
    help: 'Rows of usage written since the start',
    labels: [],
    read: one(({ rows }) => rows),
  },
  {
    name: 'gnomon_merge_failures_total',
    type: 'counter',
    help: 'Passes of the merge that failed; for memory they were tried again in smaller slices',
    labels: ['reason'],
    read: ({ merge }) => {
      const { failures, memoryFailures } = merge()
      return [
        { labels: { reason: 'memory' }, value: memoryFailures },
        { labels: { reason: 'other' }, value: failures - memoryFailures },
      ]
    },
  },
  {
    name: 'gnomon_merge_failing_hours',
    type: 'gauge',
    help: 'Hours that could not be merged and wait for their next try',
    labels: [],
    read: one(({ failing }) => failing.length),
  },
  {
    name: 'gnomon_merge_slices',
    type: 'gauge',
    help: 'Parts into which the last pass was divided to fit in memory',
    labels: [],
    read: one(({ slices }) => slices),
  },
  {
    name: 'gnomon_merge_last_seconds',
    type: 'gauge',
    help: 'How long the last pass took',
    labels: [],
    read: ({ merge }) => {
      const { lastMs } = merge()
      return lastMs === null ? [] : [{ labels: {}, value: lastMs / 1000 }]
    },
  },
]
