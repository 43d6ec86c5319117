/** What a syslog listener tells of itself, and the small parts all three share. */
import type { Logger } from 'pino'
import { causeOf, OperatingError } from '../errors.ts'
import { syslogLimits } from '../limits.ts'
import type { Component } from '../lib/component.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { DropReason } from '../spool/frame-sink.ts'
import type { FramingCounts } from './framing.ts'
import type { SyslogListenerName } from './syslog-peers.ts'

/** Counters grow from the making of the component on, over stops and starts. */
export interface SyslogListenerStatus {
  listener: SyslogListenerName
  /** `off`: disabled by configuration, not started, stopped, or (TLS) without certificate. */
  state: 'off' | 'listening'
  address: string | null
  port: number | null
  /** Senders known at the moment. */
  peers: number
  received: {
    /** UDP only, else 0. */
    datagrams: number
    /** Appends to the spool that succeeded. */
    frames: number
    /** As they came, with framing. */
    bytes: number
    /** Lines the spool took. */
    lines: number
    /** Empty datagrams and empty lines: keep-alives, in no ledger. */
    empty: number
  }
  dropped: Partial<Record<DropReason, { lines: number; bytes: number }>>
  /** TCP and TLS. */
  connections: {
    open: number
    total: number
    /** In no allowed network. */
    refusedSender: number
    /** Over the limit of connections. */
    refusedLimit: number
    idleClosed: number
    /** Ended by an error, by its code. */
    failed: Record<string, number>
    /** Held back at the moment because the spool is full. */
    held: number
  } | null
  framing: FramingCounts | null
  /** TLS: by the reason's code. */
  handshakeFailures: Record<string, number> | null
  /** UDP, over all its sockets; granted null = not bound yet. */
  receiveBuffer: { askedBytes: number; grantedBytes: number | null } | null
  /** UDP: datagrams the kernel dropped; null = unknown here. */
  kernelDrops: number | null
}

/** What may change while the sockets stay open (configuration reload). */
export interface SyslogChange {
  allow: readonly string[] | undefined
  resolve: SourceResolver
}

export interface SyslogListener extends Component<SyslogListenerStatus> {
  /** Senders are looked up anew; open connections that are no longer allowed are closed. */
  reconfigure(change: SyslogChange): void
}

/** A status in which nothing has happened yet. */
export function createStatus(listener: SyslogListenerName): SyslogListenerStatus {
  return {
    listener,
    state: 'off',
    address: null,
    port: null,
    peers: 0,
    received: { datagrams: 0, frames: 0, bytes: 0, lines: 0, empty: 0 },
    dropped: {},
    connections: null,
    framing: null,
    handshakeFailures: null,
    receiveBuffer: null,
    kernelDrops: null,
  }
}

/** Adds a refusal to the status; null bytes = unknown. */
export function countDrop(
  status: SyslogListenerStatus,
  drop: { reason: DropReason; lines: number; bytes: number | null },
): void {
  const sum = (status.dropped[drop.reason] ??= { lines: 0, bytes: 0 })
  sum.lines += drop.lines
  sum.bytes += drop.bytes ?? 0
}

/** Counts a failure under its code; the number of codes is bounded, since peers can provoke them. */
export function countFailure(counts: Record<string, number>, code: string): string {
  const known = Object.hasOwn(counts, code)
  const name = known || Object.keys(counts).length < syslogLimits.failureReasons ? code : 'other'
  counts[name] = (counts[name] ?? 0) + 1
  return name
}

/** The code of a system's or OpenSSL's error, or UNKNOWN; fit to be a label. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,79}$/.test(code) ? code : 'UNKNOWN'
}

/** Logs a warning at most once in `warnEveryMs` for each message; `leftOut` tells how many were not logged. */
export function createWarner(
  log: Logger,
  now: () => number,
): (message: string, fields: Record<string, unknown>) => void {
  const last = new Map<string, { atMs: number; leftOut: number }>()
  return (message, fields) => {
    const before = last.get(message)
    const atMs = now()
    if (before !== undefined && atMs - before.atMs < syslogLimits.warnEveryMs) {
      before.leftOut++
      return
    }
    log.warn({ ...fields, leftOut: before?.leftOut ?? 0 }, message)
    last.set(message, { atMs, leftOut: 0 })
  }
}

/** Whether an error of binding says that this machine has no IPv6. */
export function isWithoutIpv6(error: unknown): boolean {
  return ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT'].includes(codeOf(error))
}

/** The operating error for a listener that cannot be opened, with the cure. */
export function listenError(
  listener: SyslogListenerName,
  address: { host: string; port: number },
  error: unknown,
): OperatingError {
  const key = `syslog.${listener.slice('syslog-'.length)}`
  const cures: Record<string, string> = {
    EADDRINUSE: `another program listens there: stop it, or change ${key}.port`,
    EACCES: `ports below net.ipv4.ip_unprivileged_port_start need it lowered: sysctl -w net.ipv4.ip_unprivileged_port_start=${address.port}, or choose a higher ${key}.port`,
    EADDRNOTAVAIL: `no interface of this machine has the address: check ${key}.host`,
    ENOTFOUND: `the name has no address: check ${key}.host`,
  }
  const code = codeOf(error)
  const cure = cures[code] ?? `check ${key}.host and ${key}.port`
  const at = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
  return new OperatingError(
    'LISTENER_FAILED',
    `cannot listen for ${listener} on ${at}: ${causeOf(error)}; ${cure}`,
    { cause: error },
  )
}
