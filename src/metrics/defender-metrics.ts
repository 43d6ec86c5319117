/** Metrics of the feeds of agent data. */
import type { Metric, MetricSources, Sample } from './metric-table.ts'

/** A feed; FeedStatus (defender/feed.ts) is one. */
export interface FeedNumbers {
  name: string
  kind: string
  state: 'off' | 'waiting' | 'working' | 'failing'
  silent: boolean
  lastDataMs: number | null
  lines: number
  bytes: number
  segments: number
  repeated: number
  failures: Record<string, number>
}

function each(of: (feed: FeedNumbers) => number | null): (sources: MetricSources) => Sample[] {
  return ({ feeds }) =>
    feeds().flatMap((feed) => {
      const value = of(feed)
      return value === null ? [] : [{ labels: { feed: feed.name, kind: feed.kind }, value }]
    })
}

const labels = ['feed', 'kind']

export const feedMetrics: readonly Metric[] = [
  {
    name: 'gnomon_defender_lines_total',
    type: 'counter',
    help: 'Rows that feeds of agent data gave to the spool',
    labels,
    read: each(({ lines }) => lines),
  },
  {
    name: 'gnomon_defender_bytes_total',
    type: 'counter',
    help: 'Bytes that feeds of agent data gave to the spool',
    labels,
    read: each(({ bytes }) => bytes),
  },
  {
    name: 'gnomon_defender_segments_total',
    type: 'counter',
    help: 'Segments that feeds of agent data gave to the spool',
    labels,
    read: each(({ segments }) => segments),
  },
  {
    name: 'gnomon_defender_repeated_rows_total',
    type: 'counter',
    help: 'Rows that came again and were left out',
    labels,
    read: each(({ repeated }) => repeated),
  },
  {
    name: 'gnomon_defender_failures_total',
    type: 'counter',
    help: 'Turns of feeds that failed, by what failed; each is tried again',
    labels: [...labels, 'reason'],
    read: ({ feeds }) =>
      feeds().flatMap(({ name, kind, failures }) =>
        Object.entries(failures).map(([reason, value]) => ({
          labels: { feed: name, kind, reason },
          value,
        })),
      ),
  },
  {
    name: 'gnomon_defender_feed_up',
    type: 'gauge',
    help: '0 = the last turn of the feed failed, or it is off',
    labels,
    read: each(({ state }) => (state === 'waiting' || state === 'working' ? 1 : 0)),
  },
  {
    name: 'gnomon_defender_feed_silent',
    type: 'gauge',
    help: '1 = the feed brought nothing for longer than its silentMinutes',
    labels,
    read: each(({ silent }) => (silent ? 1 : 0)),
  },
  {
    name: 'gnomon_defender_last_data_seconds',
    type: 'gauge',
    help: 'When the feed brought something last, seconds since 1970; absent = not since the start',
    labels,
    read: each(({ lastDataMs }) => (lastDataMs === null ? null : lastDataMs / 1000)),
  },
]
