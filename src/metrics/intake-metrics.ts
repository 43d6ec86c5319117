/** Metrics of what comes in: listeners, and whole files. */
import type { Metric } from './metric-table.ts'
import { byReason } from './samples.ts'

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

export const listenerMetrics: readonly Metric[] = [
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

export const fileMetrics: readonly Metric[] = [
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
