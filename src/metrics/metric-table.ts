/** Every metric of the appliance: `gnomon_<noun>_<unit>_total` for counters, `gnomon_<noun>_<unit>` for gauges. */
import { apiLimits } from '../limits.ts'
import { feedMetrics } from './defender-metrics.ts'
import type { FeedNumbers } from './defender-metrics.ts'
import { mergeMetrics } from './merge-metrics.ts'
import type { MergeNumbers } from './merge-metrics.ts'
import { publishMetrics } from './publish-metrics.ts'
import type { PublishNumbers } from './publish-metrics.ts'
import { sourceMetrics, type SourceNumbers } from './source-metrics.ts'

/** A syslog listener; SyslogListenerStatus (intake/syslog-status.ts) is one. */
export interface ListenerNumbers {
  listener: string
  state: 'off' | 'listening'
  peers: number
  received: { datagrams: number; frames: number; bytes: number; lines: number; empty: number }
  dropped: Partial<Record<string, { lines: number; bytes: number }>>
  connections: {
    open: number
    total: number
    refusedSender: number
    refusedLimit: number
    idleClosed: number
    failed: Record<string, number>
    held: number
  } | null
  handshakeFailures: Record<string, number> | null
  receiveBuffer: { askedBytes: number; grantedBytes: number | null } | null
  kernelDrops: number | null
}

/** Whole files by one way: `folder`, `ftp`, `upload`. */
export interface FileNumbers {
  listener: string
  files: number
  lines: number
  bytes: number
  duplicates: number
  /** By reason. */
  refused: Record<string, number>
}

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

const one = (value: number): Sample[] => [{ labels: {}, value }]

/** A sample for each reason, up to `metricReasons` of them. */
function byReason(counts: Record<string, number>): Sample[] {
  const samples = new Map<string, number>()
  for (const [reason, value] of Object.entries(counts)) {
    const known = samples.has(reason) || samples.size < apiLimits.metricReasons
    const name = known ? reason : 'other'
    samples.set(name, (samples.get(name) ?? 0) + value)
  }
  return Array.from(samples, ([reason, value]) => ({ labels: { reason }, value }))
}

/** One sample for each listener; null = it has no such number. */
function listeners(pick: (listener: ListenerNumbers) => number | null): Metric['read'] {
  return ({ intake }) =>
    intake().listeners.flatMap((listener) => {
      const value = pick(listener)
      return value === null ? [] : [{ labels: { listener: listener.listener }, value }]
    })
}

/** Samples for each listener and reason. */
function reasons(
  pick: (listener: ListenerNumbers) => Record<string, number> | null,
): Metric['read'] {
  return ({ intake }) =>
    intake().listeners.flatMap((status) =>
      Object.entries(pick(status) ?? {}).map(([reason, value]) => ({
        labels: { listener: status.listener, reason },
        value,
      })),
    )
}

function droppedBy(unit: 'lines' | 'bytes') {
  return ({ dropped }: ListenerNumbers): Record<string, number> =>
    Object.fromEntries(Object.entries(dropped).map(([reason, drop]) => [reason, drop?.[unit] ?? 0]))
}

function closedBy({ connections }: ListenerNumbers): Record<string, number> | null {
  if (connections === null) return null
  const { refusedSender, refusedLimit, idleClosed, failed } = connections
  return { 'sender-refused': refusedSender, limit: refusedLimit, idle: idleClosed, ...failed }
}

function files(pick: (file: FileNumbers) => number): Metric['read'] {
  return ({ intake }) =>
    intake().files.map((file) => ({ labels: { listener: file.listener }, value: pick(file) }))
}

const listener = ['listener'] as const
const listenerReason = ['listener', 'reason'] as const

const listenerMetrics: Metric[] = [
  {
    name: 'gnomon_listener_up',
    type: 'gauge',
    help: '1 = listening',
    labels: listener,
    read: listeners(({ state }) => (state === 'listening' ? 1 : 0)),
  },
  {
    name: 'gnomon_received_lines_total',
    type: 'counter',
    help: 'Log lines that syslog listeners gave to the spool',
    labels: listener,
    read: listeners(({ received }) => received.lines),
  },
  {
    name: 'gnomon_received_bytes_total',
    type: 'counter',
    help: 'Bytes that came to syslog listeners, framing included',
    labels: listener,
    read: listeners(({ received }) => received.bytes),
  },
  {
    name: 'gnomon_received_datagrams_total',
    type: 'counter',
    help: 'UDP datagrams',
    labels: listener,
    read: listeners((status) => (status.receiveBuffer === null ? null : status.received.datagrams)),
  },
  {
    name: 'gnomon_received_empty_lines_total',
    type: 'counter',
    help: 'Empty lines and datagrams: keep-alives, in no ledger',
    labels: listener,
    read: listeners(({ received }) => received.empty),
  },
  {
    name: 'gnomon_dropped_lines_total',
    type: 'counter',
    help: 'Log lines lost at a listener, by reason',
    labels: listenerReason,
    read: reasons(droppedBy('lines')),
  },
  {
    name: 'gnomon_dropped_bytes_total',
    type: 'counter',
    help: 'Bytes lost at a listener, by reason; the kernel tells none',
    labels: listenerReason,
    read: reasons(droppedBy('bytes')),
  },
  {
    name: 'gnomon_kernel_dropped_datagrams_total',
    type: 'counter',
    help: 'UDP datagrams the kernel dropped since the socket was opened',
    labels: listener,
    read: listeners(({ kernelDrops }) => kernelDrops),
  },
  {
    name: 'gnomon_receive_buffer_bytes',
    type: 'gauge',
    help: 'Receive buffer the kernel granted to the UDP sockets',
    labels: listener,
    read: listeners(({ receiveBuffer }) => receiveBuffer?.grantedBytes ?? null),
  },
  {
    name: 'gnomon_listener_peers',
    type: 'gauge',
    help: 'Senders known',
    labels: listener,
    read: listeners(({ peers }) => peers),
  },
  {
    name: 'gnomon_open_connections',
    type: 'gauge',
    help: 'TCP and TLS connections',
    labels: listener,
    read: listeners(({ connections }) => connections?.open ?? null),
  },
  {
    name: 'gnomon_held_connections',
    type: 'gauge',
    help: 'Connections held back because the spool is full',
    labels: listener,
    read: listeners(({ connections }) => connections?.held ?? null),
  },
  {
    name: 'gnomon_accepted_connections_total',
    type: 'counter',
    help: 'TCP and TLS connections since the start',
    labels: listener,
    read: listeners(({ connections }) => connections?.total ?? null),
  },
  {
    name: 'gnomon_ended_connections_total',
    type: 'counter',
    help: 'Connections refused or ended by us or by an error, by reason',
    labels: listenerReason,
    read: reasons(closedBy),
  },
  {
    name: 'gnomon_failed_tls_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes that failed, by reason',
    labels: listenerReason,
    read: reasons(({ handshakeFailures }) => handshakeFailures),
  },
]

const fileMetrics: Metric[] = [
  {
    name: 'gnomon_taken_files_total',
    type: 'counter',
    help: 'Whole files taken into the spool',
    labels: listener,
    read: files((file) => file.files),
  },
  {
    name: 'gnomon_taken_lines_total',
    type: 'counter',
    help: 'Log lines of whole files',
    labels: listener,
    read: files((file) => file.lines),
  },
  {
    name: 'gnomon_taken_bytes_total',
    type: 'counter',
    help: 'Bytes of whole files, as unpacked',
    labels: listener,
    read: files((file) => file.bytes),
  },
  {
    name: 'gnomon_duplicate_files_total',
    type: 'counter',
    help: 'Files whose content was taken before',
    labels: listener,
    read: files((file) => file.duplicates),
  },
  {
    name: 'gnomon_refused_files_total',
    type: 'counter',
    help: 'Files that were refused, by reason',
    labels: listenerReason,
    read: ({ intake }) =>
      intake().files.flatMap((file) =>
        byReason(file.refused).map(({ labels, value }) => ({
          labels: { ...labels, listener: file.listener },
          value,
        })),
      ),
  },
]

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
