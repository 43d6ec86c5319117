/** Every metric of the appliance: `gnomon_<noun>_<unit>_total` for counters, `gnomon_<noun>_<unit>` for gauges. */
import { feedMetrics } from './defender-metrics.ts'
import type { FeedNumbers } from './defender-metrics.ts'
import { fileMetrics, listenerMetrics } from './intake-metrics.ts'
import type { FileNumbers, ListenerNumbers } from './intake-metrics.ts'
import { mergeMetrics } from './merge-metrics.ts'
import type { MergeNumbers } from './merge-metrics.ts'
import { publishMetrics } from './publish-metrics.ts'
import type { PublishNumbers } from './publish-metrics.ts'
import { byReason, one } from './samples.ts'
import { sourceMetrics, type SourceNumbers } from './source-metrics.ts'
export interface MetricSources {
  sources: () => readonly SourceNumbers[]
  /** Feeds of agent data. */
  feeds: () => readonly FeedNumbers[]
  /** What leaves the box. */
  publish: () => PublishNumbers
  merge: () => MergeNumbers
  intake: () => { listeners: readonly ListenerNumbers[]; files: readonly FileNumbers[] }
  spool: () => {
    bytes: number
    maxBytes: number
    /** Sealed and waiting for parse or store. */
    segmentsWaiting: number
    segmentsSealed: number
    segmentsQuarantined: number
    /** Bytes behind the last whole block of a process that died. */
    tornBytes: number
  }
  parse: () => {
    workers: number
    segments: number
    bytes: number
    transactions: number
    /** Lines by reason. */
    skipped: Record<string, number>
    unparsed: Record<string, number>
    dropped: Record<string, number>
    /** Workers that ended by a fault and were started again. */
    restarts: number
    /** Times a thread's dictionaries were full and began anew. */
    dictionaryResets: number
  }
  store: () => {
    inserts: number
    flows: number
    /** Failed inserts and queries by error code. */
    failures: Record<string, number>
    retries: number
    /** Receipt of the oldest bytes that are not in the store, until now; null = nothing waits. */
    lagMs: number | null
    open: boolean
  }
}

export interface Sample {
  labels: Record<string, string>
  value: number
}

export interface Metric {
  name: string
  type: 'counter' | 'gauge'
  help: string
  labels: readonly string[]
  read: (sources: MetricSources) => Sample[]
}

const flowMetrics: Metric[] = [
  {
    name: 'gnomon_spool_bytes',
    type: 'gauge',
    help: 'Bytes of all segments on disk',
    labels: [],
    read: ({ spool }) => one(spool().bytes),
  },
  {
    name: 'gnomon_spool_limit_bytes',
    type: 'gauge',
    help: 'Size at which senders are held back',
    labels: [],
    read: ({ spool }) => one(spool().maxBytes),
  },
  {
    name: 'gnomon_spool_waiting_segments',
    type: 'gauge',
    help: 'Segments that are not yet in the store',
    labels: [],
    read: ({ spool }) => one(spool().segmentsWaiting),
  },
  {
    name: 'gnomon_spool_sealed_segments_total',
    type: 'counter',
    help: 'Segments sealed',
    labels: [],
    read: ({ spool }) => one(spool().segmentsSealed),
  },
  {
    name: 'gnomon_spool_quarantined_segments_total',
    type: 'counter',
    help: 'Damaged segments that were put aside',
    labels: [],
    read: ({ spool }) => one(spool().segmentsQuarantined),
  },
  {
    name: 'gnomon_spool_torn_bytes_total',
    type: 'counter',
    help: 'Bytes cut off behind the last whole block after a crash; never acknowledged',
    labels: [],
    read: ({ spool }) => one(spool().tornBytes),
  },
  {
    name: 'gnomon_parse_workers',
    type: 'gauge',
    help: 'Parse threads',
    labels: [],
    read: ({ parse }) => one(parse().workers),
  },
  {
    name: 'gnomon_parse_restarts_total',
    type: 'counter',
    help: 'Parse threads that were started again after a fault',
    labels: [],
    read: ({ parse }) => one(parse().restarts),
  },
  {
    name: 'gnomon_parse_dictionary_resets_total',
    type: 'counter',
    help: 'Times a parse thread forgot the users, hosts and addresses it knew, because there were too many',
    labels: [],
    read: ({ parse }) => one(parse().dictionaryResets),
  },
  {
    name: 'gnomon_parsed_segments_total',
    type: 'counter',
    help: 'Segments parsed',
    labels: [],
    read: ({ parse }) => one(parse().segments),
  },
  {
    name: 'gnomon_parsed_bytes_total',
    type: 'counter',
    help: 'Bytes parsed',
    labels: [],
    read: ({ parse }) => one(parse().bytes),
  },
  {
    name: 'gnomon_transaction_lines_total',
    type: 'counter',
    help: 'Lines that became transactions',
    labels: [],
    read: ({ parse }) => one(parse().transactions),
  },
  {
    name: 'gnomon_skipped_lines_total',
    type: 'counter',
    help: 'Lines that are no transactions, by reason',
    labels: ['reason'],
    read: ({ parse }) => byReason(parse().skipped),
  },
  {
    name: 'gnomon_unparsed_lines_total',
    type: 'counter',
    help: 'Lines that could not be read, by reason',
    labels: ['reason'],
    read: ({ parse }) => byReason(parse().unparsed),
  },
  {
    name: 'gnomon_ledger_dropped_lines_total',
    type: 'counter',
    help: 'Lines the ledger has as dropped, by reason',
    labels: ['reason'],
    read: ({ parse }) => byReason(parse().dropped),
  },
]

const storeMetrics: Metric[] = [
  {
    name: 'gnomon_store_up',
    type: 'gauge',
    help: '1 = the store answers',
    labels: [],
    read: ({ store }) => one(store().open ? 1 : 0),
  },
  {
    name: 'gnomon_store_inserts_total',
    type: 'counter',
    help: 'Segments inserted',
    labels: [],
    read: ({ store }) => one(store().inserts),
  },
  {
    name: 'gnomon_store_flows_total',
    type: 'counter',
    help: 'Minute flows inserted',
    labels: [],
    read: ({ store }) => one(store().flows),
  },
  {
    name: 'gnomon_store_failures_total',
    type: 'counter',
    help: 'Failed inserts and queries, by error code',
    labels: ['reason'],
    read: ({ store }) => byReason(store().failures),
  },
  {
    name: 'gnomon_store_retries_total',
    type: 'counter',
    help: 'Inserts tried again',
    labels: [],
    read: ({ store }) => one(store().retries),
  },
  {
    name: 'gnomon_store_lag_seconds',
    type: 'gauge',
    help: 'Age of the oldest bytes that are not in the store',
    labels: [],
    read: ({ store }) => one((store().lagMs ?? 0) / 1000),
  },
]

export const metricTable: readonly Metric[] = [
  ...listenerMetrics,
  ...fileMetrics,
  ...flowMetrics,
  ...storeMetrics,
  ...feedMetrics,
  ...mergeMetrics,
  ...publishMetrics,
  ...sourceMetrics,
]
