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

export const parseLimits = {
  /**
   * Distinct values (users, hosts, addresses, …) a parse thread remembers, some 100 bytes each. Beyond it the
   * dictionaries are forgotten between two segments and filled anew.
   */
  dictionaryValues: 1_000_000,
  /** Streams a parse thread remembers. */
  streams: 50_000,
  /** A clock this far ahead of the receive time is wrong: the line is kept as unparsed. */
  futureMs: 48 * 60 * 60 * 1000,
  /** Segments handed to one parse thread at a time: one is read while one is parsed. */
  segmentsInFlight: 2,
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
  /** Datagrams of one peer gathered for one append: large enough to make the append's own cost small. */
  udpGatherBytes: 64 * KiB,
  /** Gathered datagrams wait this long at most while more are coming in. */
  udpGatherMs: 10,
  /** Datagrams gathered over all peers before all are handed on: bounds memory under many senders. */
  udpGatherTotalBytes: 4 * MiB,
  /** Senders remembered by one listener; the oldest is forgotten (and looked up again when it returns). */
  peers: 65_536,
  /** Refused senders entered into the ledger by name; the rest share one entry, or spoofed addresses would fill it. */
  refusedPeersNamed: 1024,
  /** How often the kernel's drop counters are read. */
  kernelDropsEveryMs: 1000,
  /** A message that is whole but for what follows it is believed when the peer is quiet this long. */
  settleMs: 1000,
  /** A sender has this long for its TLS handshake, or a port scan would hold connections. */
  handshakeMs: 10_000,
  /** Reasons of failures (error codes) told apart in a status; the rest is `other`. */
  failureReasons: 32,
  /** While stopping, bytes that are on their way are waited for this long at most. */
  stopQuietMs: 250,
  /** While stopping, a full spool is waited for this long at most; then what is held is dropped and counted. */
  stopGraceMs: 2000,
  /** Pause between two tries of a spool that said it had room and had none. */
  retryMs: 50,
  /** The same warning of one listener is logged once in this time, with the number left out. */
  warnEveryMs: 10_000,
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

/** What a report shows; the CSV and JSON files always hold all of it. */
export const reportLimits = {
  /** Rows of the HTML file's app table: 2,000 rows are 1 MB of HTML and sort in a blink. */
  htmlAppRows: 2000,
  /** Rows of each other HTML table. */
  htmlRows: 1000,
  /** Rows of each table on paper: one to two pages. */
  printRows: 50,
  /** Characters of a name that are shown; a title attribute has more of it. */
  shownCharacters: 60,
  /** Characters of a name in its title attribute: the longest legal host name has 253. */
  titleCharacters: 300,
  /** Points of the timeline that are filled up where no traffic was; more are drawn as they come. */
  timelinePoints: 400,
  /** Categories with a colour of their own; the rest is one band. */
  chartCategories: 7,
  /** Bars of the top apps chart. */
  chartApps: 12,
  /** Rows of each table on the terminal. */
  terminalRows: 10,
} as const

if (syslogLimits.frameBytes < lineLimits.lineBytes)
  throw new Error('BUG: a frame must hold a whole line')
if (spoolLimits.writeBufferBytes >= spoolLimits.segmentBytes)
  throw new Error('BUG: a segment must hold several writes')
