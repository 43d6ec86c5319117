/** The one door of the spool, as intake sees it. */

/** Where bytes came from. A stream is one sender on one listener; its key stays the same over restarts. */
export interface StreamDescription {
  /** Unique and stable, e.g. `udp:5514|192.0.2.1`, `tls:6514|2001:db8::5`, `folder:branch-a`, `upload:7f3c`. */
  key: string
  /** The listener's name: `syslog-udp`, `syslog-tcp`, `syslog-tls`, `folder`, `upload`, … */
  listener: string
  /** The sender's address without its port, or the file's name; what a person would call the sender. */
  peer: string
  /** The data source the admin named, found by `resolveSource` (config/sources.ts). */
  source: string
  /** Fixed format of the source, or null = recognise. */
  format: string | null
  /** Zone of stamps without one, IANA name, or null = UTC. */
  zone: string | null
  /** Report its usage belongs to; default `continuous`. A snapshot upload has its own. */
  report?: string
}

/**
 * How the bytes of a frame are cut into lines later on.
 * `lines`: each line ends in LF (the last byte of the frame is LF). `counted`: RFC 6587 octet counting,
 * `LEN SP MSG` repeated, whole messages only, LF may stand inside a message.
 */
export type FrameKind = 'lines' | 'counted'

/** What was refused, and how much of it; null bytes = unknown. */
export interface Drop {
  stream: StreamDescription
  /** One of the words of `dropReasons`. */
  reason: DropReason
  lines: number
  bytes: number | null
  atMs: number
}

export const dropReasons = [
  /** The spool is full or writing fails and the peer cannot be held back (UDP). */
  'spool-full',
  /** The kernel's receive buffer of a UDP socket overflowed (/proc/net/udp, drops). */
  'kernel-buffer',
  /** The sender is in no allowed network. Counted by bytes received before the refusal. */
  'sender-refused',
  /** A frame announced more bytes than allowed, or broke the framing beyond repair. */
  'framing',
  /** An archive was refused (bomb, traversal, depth); lines unknown, counted as 0 with its bytes. */
  'archive-refused',
  /** A segment on disk was damaged and moved to the quarantine. */
  'segment-damaged',
] as const

export type DropReason = (typeof dropReasons)[number]

export interface FrameSink {
  /**
   * Appends whole frames of one stream in order. `lines` is the number of log lines in `bytes` (the ledger's "received").
   * The bytes are copied before the call returns. Returns false when the spool is full: nothing was taken, and the caller
   * holds its peer back (TCP) or reports a drop (UDP).
   */
  append(
    stream: StreamDescription,
    receivedAtMs: number,
    kind: FrameKind,
    bytes: Uint8Array,
    lines: number,
  ): boolean
  /** Resolves when `append` may succeed again. */
  drained(): Promise<void>
  /** Enters a refusal into the ledger. */
  drop(drop: Drop): void
}
