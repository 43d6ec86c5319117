/**
 * Every bound of the appliance, in one place, each with its reason. Units stand last in the names.
 * A bound that is hit is counted where it is enforced (`gnomon_*_total{reason=…}` and the ledger).
 */

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** One log line. Longer lines are kept as unparsed, cut to `unparsedKeptBytes`. */
export const lineLimits = {
  /** Longest line that is parsed: real lines end below 64 KiB, XML events and JSON records below 256 KiB. */
  lineBytes: 256 * KiB,
  /** Longest part of an unread line that is kept for display and replay. */
  unparsedKeptBytes: 16 * KiB,
  /** Unread lines kept of one segment: the rest is counted only. */
  unparsedKeptPerSegment: 1000,
} as const

export const syslogLimits = {
  /** Largest frame that octet counting may announce (RFC 6587): a larger number is a framing error. */
  frameBytes: 1 * MiB,
  /** An unterminated tail of a TCP peer is held this long at most before it is written as a line. */
  partialLineBytes: 1 * MiB,
  /** TCP and TLS peers at one time, over all listeners. */
  connections: 2048,
  /** A peer that sends nothing is closed after this time. */
  idleMs: 24 * 60 * 60 * 1000,
  /** Receive buffer asked for each UDP socket; the kernel caps it at net.core.rmem_max. */
  udpReceiveBufferBytes: 32 * MiB,
} as const

export const spoolLimits = {
  /** A segment is sealed at this size: one insert about each second at full speed. */
  segmentBytes: 64 * MiB,
  /** … or at this age, so that a quiet source is seen soon. */
  segmentAgeMs: 2000,
  /** Bytes gathered in memory before they are written. */
  writeBufferBytes: 1 * MiB,
  /** Gathered bytes wait this long at most before they are written. */
  writeDelayMs: 50,
  /** Default size of the whole spool; `spool.maxBytes` changes it. */
  totalBytes: 20 * GiB,
} as const

export const fileLimits = {
  /** Nesting of archives (a gz in a zip) that is followed. */
  archiveDepth: 2,
  /** Members of one archive. */
  archiveMembers: 10_000,
  /** Expansion beyond which an archive is refused as a bomb, once `bombFloorBytes` were written. */
  expansionRatio: 250,
  bombFloorBytes: 64 * MiB,
  /** A slow writer is done when the size has not changed for this long. */
  settleMs: 2000,
  /** The slow rescan behind the watcher. */
  rescanMs: 60_000,
  /** One browser or API upload. */
  uploadBytes: 20 * GiB,
} as const

export const apiLimits = {
  pageRows: 1000,
  requestsPerMinute: 600,
  bodyBytes: 1 * MiB,
} as const

if (syslogLimits.frameBytes < lineLimits.lineBytes)
  throw new Error('BUG: a frame must hold a whole line')
if (spoolLimits.writeBufferBytes >= spoolLimits.segmentBytes)
  throw new Error('BUG: a segment must hold several writes')
