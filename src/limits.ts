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
  /** Longest line of many records (an hour of Azure flow logs is one), as long as a part of a file; each has `lineBytes`. */
  batchBytes: 17 * MiB,
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
  /** … and their bytes as logged: a sender of 200 KiB user names would fill the memory long before a million of them. */
  dictionaryBytes: 256 * MiB,
  /** Streams a parse thread remembers. */
  streams: 50_000,
  /** A clock this far ahead of the receive time is wrong: the line is kept as unparsed. */
  futureMs: 48 * 60 * 60 * 1000,
  /** Segments handed to one parse thread at a time: one is read while one is parsed. */
  segmentsInFlight: 2,
} as const

/** What is measured of each stream while it is read: its clock, and whether its lines still look as they did. */
export const watchLimits = {
  /** What a stream's lines tell counts half after this time, as soon as there are enough of them. */
  sharesHalfLifeMs: 6 * 60 * 60 * 1000,
  sharesJudged: 1000,
  /** Lines of one block whose stamps are compared with the time of receipt: a burst of late lines must not outvote the rest. */
  skewLinesPerBlock: 256,
  /** Distinct offsets kept of a stream: 10 s apart, seconds near zero. */
  skewBuckets: 256,
  /** Older measurements count half after this time, as soon as there are enough lines to judge by. */
  skewHalfLifeMs: 10 * 60 * 1000,
  skewLinesEnough: 400,
  /** The histogram of a stream is read this often. */
  skewToldMs: 5000,
  /** Under so many stamps nothing is said of a clock. */
  skewLinesMin: 50,
  /** An offset this near a multiple of 15 minutes is a zone's; all real zones are such multiples, up to 14 hours. */
  zoneToleranceMs: 2 * 60 * 1000,
  /** Firewalls stamp when a session began and send when it ended: this much behind the zone's offset is no contradiction. */
  zoneDelayMs: 10 * 60 * 1000,
  /** A clock that is wrong by less is not worth words: rows are merged with a tolerance of two minutes. */
  clockOffMs: 60 * 1000,
  /** Streams of one parse thread whose lines are compared with earlier ones: some 20 KB each. */
  driftStreams: 2000,
  /** Lines looked at in one window of a stream, and how many are enough once the minute is over. */
  driftLinesMax: 128,
  driftLinesMin: 64,
  driftWindowMs: 60 * 1000,
  /** Windows a kind of line must have shown before a difference counts. */
  driftWindowsKnown: 5,
  /** Windows that are not learned yet: in one of them the change may have begun. */
  driftWindowsHeld: 2,
  /** Lines of one kind in a window under which nothing is said of it. */
  driftKindLines: 30,
  /** Kinds of line of a stream, keys and field counts of a kind: what is beyond is not watched. */
  driftKinds: 24,
  driftKeys: 128,
  /** Bytes of a line that are looked at. */
  driftLineBytes: 8192,
  /** What a stream once was fades by half in a week: a weekend's lines are known on Monday. */
  driftHalfLifeMs: 7 * 24 * 60 * 60 * 1000,
  /** Notices kept of a stream, and how long they are shown after they ended. */
  driftNotices: 5,
  driftShownMs: 7 * 24 * 60 * 60 * 1000,
} as const

export const storeLimits = {
  /**
   * About so many parts of flows become one at a time (the engine's default is 5): a row is written anew half as often while lines
   * come in fast, and a query reads some parts more.
   */
  partsPerMerge: 12,
  /** A failed insert is tried again after this time, then after twice as long each time. */
  retryMs: 250,
  retryMsMax: 30_000,
  /** The shares of a stream are written this often; its format and header lines at once. */
  streamStateMs: 10_000,
} as const

export const replayLimits = {
  /** Unread lines given to the parsers at one request: each may hold 16 KiB, and all are in memory. */
  lines: 20_000,
} as const

export const snapshotLimits = {
  /** Bytes of a snapshot's files on their way to the store: the reader waits for the parser, the disk is not filled. */
  spoolBytes: 192 * MiB,
  /** The store of a snapshot has the machine to itself: this share of its memory, for hours of millions of flows … */
  storeMemoryShare: 0.4,
  /** … and no more than this. */
  storeBytesMax: 8 * GiB,
  storeBytesMin: 900_000_000,
} as const

export const mergeLimits = {
  /** An hour looks this far back for the requests of a connection, for who had an address, for who was on a device, … */
  behindSeconds: 3600,
  /** … and this far ahead for the end of a connection that is logged when it ends; data that arrive later recompute these hours too. */
  aheadSeconds: 2 * 3600,
  /** Clocks that were corrected still differ by this much: rows are stamped when they are written. */
  toleranceSeconds: 120,
  /** A flow takes user and process of a connection that began so long before its record: longer ones only their device, by its lease. */
  matchSeconds: 45 * 60,
  /** … and where nothing else tells the device, of one that began so long before. */
  closeSeconds: 300,
  /** A clock's skew is believed from so many connections seen by both sides; no clock is wrong by more than the other bound. */
  skewPairs: 20,
  skewSecondsMax: 600,
  /** … and so many flows of a source and an hour are enough to measure it. */
  skewFlows: 5000,
  /** Differences of true pairs lie close to each other: half of them within this. */
  skewSpreadSeconds: 180,
  /** A device is behind a firewall when the firewall saw this share of its connections; it is not when it saw none of so many. */
  supportShare: 0.3,
  refuteConnections: 2,
  /** A public address is a site's when so many devices tell it, or this share of all; … */
  siteDevices: 5,
  siteShare: 0.1,
  /** … devices outside are judged together, by network, from so many connections on. */
  elsewhereConnections: 10,
  /** … and where these are elsewhere, one is not of whose connections so many were seen: fewer are chance. */
  elsewhereSeen: 3,
  /** Who was seen last is still there for this long, when nobody else comes; … */
  holdSeconds: 900,
  /** … with somebody else after it: this long, when the other is further than `farSeconds`. */
  nearSeconds: 120,
  farSeconds: 300,
  /** Nobody is named with less: a wrong name is worse than none. */
  leaseConfidence: 0.75,
  /** A device is behind a NAT only when this share of its connections that nobody else saw met flows of it. */
  natShare: 0.6,
  /**
   * The odds, as logarithms: of the connections that met flows, less these for each that did not and that did (one in seven is lost), … a device's
   * connections count with the flows when the odds are better than this, …
   */
  natMiss: 2,
  natMet: 0.145,
  natLikely: 1,
  /** … and it is named when they are better than this: fifty to one. */
  natSure: 4,
  /** How many of a site's devices are behind an address: its share of the traffic weighs as much as so many devices; their odds come in in so many rounds, … */
  natPriorDevices: 20,
  natPriorRounds: 12,
  /** … and one device's are bounded: a hundred connections that met flows have odds beyond what a number holds. */
  natOddsMax: 20,
  /** A connection that has the same port, too, at the same destination and time: the chance is one in thousands. */
  natPortWeight: 7,
  /** An address with less traffic in an hour is no NAT; the busiest of the rest are looked at. */
  natFlows: 8,
  /** An address with more of it in an hour has flows to everywhere in every minute: nobody can be told from chance. */
  natFlowsMax: 100_000,
  natAddresses: 200,
  /** A directory's CSV: a row has some 200 bytes, 300,000 people. */
  directoryBytes: 64 * MiB,
  /** Reports whose names of people are in memory. */
  reportsRemembered: 8,
  /** A neighbour hour that only may have changed is recomputed this long after its last time: the running hour changes each turn. */
  neighbourMs: 10 * 60_000,
  /** Hours merged by one pass of statements: the cost of a statement is shared, … */
  hoursPerPass: 24,
  /** … until they have so many flows: a pass should not take more than a few minutes. */
  flowsPerPass: 10_000_000,
  /** Memory of the store when nobody says it: the default of store.maxMemoryBytes. */
  memoryBytes: 900_000_000,
  /**
   * Flows and agents' rows are merged in slices, each of which reads the agents' rows again: measured, slices of a row for each 1,200 bytes of the
   * store's memory fit in it (900 MB, a dense day; 110 MB, an hour of agents) …
   */
  sliceRowBytes: 1500,
  /** … and a slice that ran out of memory is halved down to this. */
  sliceRowsMin: 20_000,
  /** Of agents' rows a pass holds names, places and people whole: it has so many that each may have so many bytes of the store's memory. */
  agentRowBytes: 600,
  /** An hour that could not be merged is tried again after this time, then after twice as long each time. */
  retryMs: 60_000,
  retryMsMax: 60 * 60_000,
  /** Destinations named by the catalog before they are written: bounds memory on a first pass over millions of hosts. */
  classifyRows: 50_000,
  /** Hours recomputed in one turn; then the store is asked anew, so that the newest come first. */
  hoursPerTurn: 8,
  /** Pause between two turns; a turn that took longer is followed by a pause as long as itself times `costShare`. */
  turnMs: 5000,
  costShare: 3,
  /** Replaced generations are deleted this often. */
  cleanMs: 10 * 60_000,
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
  /** Datagrams are gathered this long, so that of many senders more than one each comes together. */
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
  /** How often the intake thread tells its counters. */
  statusMs: 1000,
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
  /** Nesting of archives that is followed: rotated logs are gz in tar in gz. */
  archiveDepth: 3,
  /** Members of one archive. */
  archiveMembers: 10_000,
  /** Expansion beyond which an archive is refused as a bomb, once `bombFloorBytes` were written. */
  expansionRatio: 250,
  bombFloorBytes: 64 * MiB,
  /** A slow writer is done when the size has not changed for this long. */
  settleMs: 2000,
  /** The slow rescan behind the watcher. */
  rescanMs: 60_000,
  /** One browser or API upload, and one file by FTP. */
  uploadBytes: 20 * GiB,
  /** A file is cut into parts (segments) of at most this size, at line ends: one insert each, memory for one of them. */
  partBytes: 16 * MiB,
  /** A line without end makes its part grow to this size, then it is cut; a block of the spool holds 18 MiB. */
  partBytesMax: 17 * MiB,
  /** Characters of a file's or an archive member's name that are kept as its label. */
  labelCharacters: 200,
  /** Bytes read from a file at a time. */
  readBytes: 256 * KiB,
  /** Folders below a drop folder that are looked into: its sub-folder for each source, and a copied tree below. */
  folderDepth: 5,
  /** Files of one drop folder known at a time; the rest is seen by a later rescan. */
  folderFiles: 50_000,
  /** Files read at the same time over all drop folders: each has a part in memory. */
  filesAtOnce: 2,
  /** A file waits this long before it looks again whether a full spool has room. */
  fullSpoolMs: 50,
  /** A file the spool could not take for a reason of its own is tried again after this time. */
  retryMs: 5000,
  /** While stopping, a part that is being written is waited for this long at most; it is written again after a start. */
  stopGraceMs: 2000,
} as const

export const ftpLimits = {
  /** Sessions over all accounts: a process of some 10 MB each. */
  sessions: 50,
  /** Sessions of one sender: appliances send a few files at a time. */
  sessionsPerHost: 10,
  /** Wrong passwords before a session is ended. */
  loginAttempts: 3,
  /** A session has this long to log in. */
  loginSeconds: 60,
  /** A session that sends no command, or no file, is closed after this time. */
  idleSeconds: 600,
  /** A transfer in which nothing moves is ended after this time, and its part of a file is deleted. */
  stalledSeconds: 300,
  /** A session that breaks off so soon after its upload broke off in it: the answer cannot have come back. */
  cutOffMs: 500,
  /** The server is started again after it ended, first after `restartMs`, then after twice as long each time. */
  restartMs: 500,
  restartMsMax: 60_000,
  /** A run at least this long counts as good: the waiting begins at `restartMs` again. */
  goodRunMs: 60_000,
  /** After a polite request to stop, the server is killed. */
  stopMs: 3000,
  /** The helper programs (a syntax check, a key, a hash) have this long. */
  helperMs: 30_000,
  /** Lines of the server's own log that reach our log in a minute; the rest is counted. */
  logLinesPerMinute: 60,
  /** Longest line of the server's log that is kept. */
  logLineCharacters: 500,
} as const

export const apiLimits = {
  /** Lines a second of a source are a mean over this time. */
  rateWindowMs: 60_000,
  /** Rows of one page of a list. */
  pageRows: 1000,
  /** Rows of the console's table of all apps, which sorts and filters by itself; the catalog has some 10,000. */
  tableRows: 200_000,
  /** Pages of one list: a deeper question is a filter's or an export's. */
  pages: 100_000,
  /** Requests of one address; a console asks some 80 in a minute. Health checks are not counted. */
  requestsPerMinute: 600,
  /** Addresses whose requests are counted; beyond it all are counted as one until the minute ends. */
  rateAddresses: 10_000,
  /** Body of a request that is no upload. */
  bodyBytes: 1 * MiB,
  /** A name, filter text or other value of a request; host names have 253, logged user names rarely 100. */
  nameCharacters: 1024,
  /** Sockets at one time. */
  connections: 1024,
  /** A socket on which nothing moves is closed after this time. */
  idleMs: 120_000,
  /** The head of a request must be here by then. */
  headersMs: 30_000,
  /** While stopping, requests in work have this long. */
  stopGraceMs: 3000,
  /** Uploads whose progress is remembered; the oldest finished one is forgotten. */
  uploadsRemembered: 1000,
  /** Uploads received at one time. */
  uploadsAtOnce: 8,
  /** Uploads by parts that are not whole: some people with some folders. What they announce must have room on the data disk. */
  uploadsOpen: 200,
  /** One part of an upload: a minute on a line of 10 Mbit/s, and 20 GiB are 320 requests. */
  uploadPartBytes: 64 * MiB,
  /** An upload by parts that nobody went on with for this long is deleted: over a weekend it stays. */
  uploadAbandonedMs: 72 * 60 * 60_000,
  /** How often it is looked for such. */
  uploadSweepMs: 60 * 60_000,
  /** The console asks this often; the same question is answered from memory for less than that. */
  summaryAgeMs: 4000,
  /** Top apps and unknown services of the summary. */
  summaryRows: 10,
  /** Rows of each list behind a number. */
  traceRows: 500,
  /** One person's computer asks for fewer hosts than this. */
  sharedHosts: 5000,
  /** Addresses and logons of a device's page: a laptop has some dozen networks in 90 days. */
  historyRows: 500,
  /** Rows of each table of an app's or person's page. */
  detailRows: 10_000,
  /** A source that spoke within this time is receiving; within `sourceQuietMs` quiet; else silent. */
  sourceLiveMs: 5 * 60_000,
  sourceQuietMs: 24 * 60 * 60_000,
  /** Reasons of one metric told apart; the rest is `other`: definitions of the admin bring their own reasons. */
  metricReasons: 100,
} as const

export const catalogLimits = {
  /** Longest host that is a name: RFC 1035 says 253 characters without the last dot; more is kept cut, as unknown. */
  hostCharacters: 253,
  /** Text of one host that is looked at: an IDN, a port and a trailing dot fit well. */
  hostTextCharacters: 1024,
  /** Vendors' app names are short; the rest of a longer one is not looked at. */
  hintCharacters: 100,
  /** Answers remembered, in each of two generations: some 30 MB when all names are long. */
  rememberedHosts: 50_000,
  /** Vendors' app names remembered, in each of two generations: Palo Alto has some 5,000. */
  rememberedHints: 10_000,
  /** One catalog file: 10,000 apps are 2 MB. */
  fileBytes: 16 * MiB,
  /** Files of one catalog folder. */
  files: 1000,
  /** Patterns below one domain: each is tried in turn. */
  patternsPerDomain: 50,
  /** Apps made in the console or by the API; more belong in a catalog folder. */
  ownApps: 5000,
  /** A list to import: Azure's address ranges are 4 MB. */
  importBytes: 64 * MiB,
  /** Entries of one imported list. */
  importEntries: 200_000,
  /** Services that the finder looks at, the most widespread first; its clusters hold these only. */
  finderServices: 5000,
  /** Hosts shown with each service. */
  finderHosts: 20,
  /** Moves told one by one after a change of the catalog; the rest is a number. */
  movesTold: 100,
} as const

export const configLimits = {
  /** The configuration file: thousands of sources are some 200 KB. */
  fileBytes: 1 * MiB,
  /** A file named by `${file:…}`: a password or a token. */
  secretBytes: 64 * KiB,
  /** Uses of YAML anchors: more is no configuration but a bomb. */
  aliases: 100,
  /** Faults told at once; the rest is a number. */
  faults: 50,
  /** Errors of YAML told at once: all but the first are often echoes of it. */
  syntaxFaults: 3,
} as const

/** Commands that ask a running appliance. */
export const clientLimits = {
  /** An answer must be whole by then: a replay of many lines takes seconds. */
  timeoutMs: 60_000,
  /** A health check must answer by then: Docker's own default is 30 s, an appliance under load answers in well under one. */
  healthMs: 3000,
  /** An answer is held in memory: a page of 1,000 ledger rows is below 1 MB. */
  answerBytes: 64 * MiB,
  /** `gnomon check` tells of a certificate that ends within this time. */
  certificateEndsMs: 14 * 24 * 60 * 60 * 1000,
} as const

/** What leaves the box (publish/). */
export const publishLimits = {
  /** A file of an upload is closed at about this size: it goes in one block, and a refusal costs little. */
  fileBytes: 48 * MiB,
  /** Below it a file is one Put Blob, above it goes in blocks: the documented bound. */
  singlePutBytes: 64 * MiB,
  /** One block: some seconds on a slow line, and 50,000 of them hold far more than a file may. */
  blockBytes: 8 * MiB,
  /** Largest file Defender for Cloud Apps takes. Split before, at line ends. */
  fileBytesMax: 5 * GiB,
  /** Default of what may wait in the outbox. */
  outboxBytes: 20 * GiB,
  /** A failed step is tried again after this time, then after twice as long each time, each with jitter. */
  retryMs: 1000,
  retryMsMax: 15 * 60_000,
  /** A Retry-After beyond this is taken for a mistake. */
  retryAfterMsMax: 60 * 60_000,
  /** The wait after an answer that says "throttled" without Retry-After. */
  throttledMs: 60_000,
  /** An API answer must be whole by then. */
  answerMs: 60_000,
  /** An upload on which nothing moves for this long is cut and tried again: slow lines are fine, dead ones not. */
  stallMs: 60_000,
  /** An answer is read up to here; the rest does not matter. */
  answerBytes: 1 * MiB,
  /** Characters of an answer kept in a receipt. */
  answerCharacters: 500,
  /** Uploads of one tenant in work at the same time: a slow one does not hold up the rest. */
  uploadsAtOnce: 4,
  /** How often it is looked what is due. */
  turnMs: 5000,
  /** What waits longer is told as an alert: an evening's outage of a portal is not worth one. */
  lateMs: 6 * 60 * 60_000,
  /** How often a tenant's streams are asked for what became of the files: 2 of its 30 requests a minute at most. */
  verdictMs: 10 * 60_000,
  /** Hours of merged records that are gathered for one file. */
  hoursPerFile: 24,
  /** Records of one HTTP request, and of one transaction with a file or a syslog receiver. */
  recordsPerBatch: 500,
  /** A records receiver must take a batch within this time. */
  recordsMs: 30_000,
  /** A mail must be taken by then. */
  mailMs: 60_000,
  /** One attachment; mail servers refuse more. */
  mailBytes: 20 * MiB,
  /** Editions of served upload addresses (api/mda-uploads.ts) open at one time, and how long one lives. */
  servedUploads: 1000,
  servedUploadMs: 60 * 60_000,
} as const

/** Tables as files (publish/exports.ts). */
export const exportLimits = {
  /** Rows of one file: a month of a large company; 3 million rows are some 100 MB of Parquet. */
  rows: 50_000_000,
  /** Made at one time: each takes a core and, sorted, a part of the store's memory. */
  atOnce: 2,
  /** A command waits this long for the file to be made. */
  timeoutMs: 30 * 60_000,
} as const

/** Accounts, sessions, tokens, audit (src/access). */
export const accessLimits = {
  /** Accounts, and tokens: a team's, not a population's. */
  accounts: 1000,
  tokens: 1000,
  /** Sessions at one time; the one that is idle for longest ends. */
  sessions: 5000,
  /** Characters of an account's name. */
  nameCharacters: 100,
  /** A longer password is a file, and costs time to hash. */
  passwordCharacters: 256,
  /** Different characters that a password must have: `aaaaaaaaaaaa` is none. */
  passwordDistinct: 5,
  /** Password hashes at one time: 19 MiB and a core each. */
  hashesAtOnce: 2,
  /** … and waiting: more sign-ins are answered with "later". */
  hashesWaiting: 50,
  /** First lock of a name; twice as long after each further failure. */
  lockMs: 30_000,
  lockMsMax: 60 * 60_000,
  /** Failures longer ago are forgotten. */
  lockForgetMs: 24 * 60 * 60_000,
  /** Names whose failures are remembered. */
  lockNames: 10_000,
  /** Wrong set-up codes, then there is a new one in the log. */
  setupTries: 10,
  /** Sign-ons on their way to the identity provider, and how long each may take. */
  signOns: 1000,
  signOnMs: 10 * 60_000,
  /** The identity provider must answer by then. */
  providerSeconds: 15,
  /** A session's last use is written this often. */
  sessionWriteMs: 60_000,
  /** With a store that several appliances share, accounts, sessions and tokens are read again this often. */
  readAgainMs: 10_000,
  /** Rows of the audit trail gathered for one insert. */
  auditDelayMs: 500,
  /** Rows of the audit trail that wait for a store that takes nothing; then nothing that must be told is done. */
  auditWaiting: 10_000,
  /** The same look at the same names is told again after this time. */
  lookAgainMs: 10 * 60_000,
  looksRemembered: 50_000,
  /** A name that was asked for is shown this long after it was agreed to. */
  namedMs: 24 * 60 * 60_000,
  /** Questions for names that are open. */
  nameRequests: 1000,
  /** Characters of a reason. */
  reasonCharacters: 500,
  /** Longest life of a token. */
  tokenDays: 366,
} as const

/** Tags, blocks, policies, alerts (src/govern). */
export const governLimits = {
  /** Documents of one kind (policies, exclusions, ranges, …): an administrator's, held in memory. */
  documents: 5000,
  /** Tags of one's own; the reference product has 15. */
  ownTags: 100,
  /** Apps tagged in one request. */
  appsPerChange: 5000,
  /** Characters of a reason, a comment, a name. */
  textCharacters: 500,
  /** Rows of a history or a list of alerts in one answer. */
  historyRows: 1000,
  /** Values of one exclusion, range or group: a large company's department. */
  values: 50_000,
  /** Body of a request that holds such a list. */
  listBytes: 8 * MiB,
  /** Names in one block list: the unsanctioned part of the catalog is below that. */
  blockNames: 100_000,
  /** Names seen below a domain that formats without wildcards get. */
  hostsPerDomain: 50,
  /** Patterns of one list of a Juniper SRX, and lists of one category. */
  srxPatternsPerList: 1000,
  srxLists: 20,
  /** Indicators in one request, by the API's rule. */
  indicatorsPerImport: 500,
  /** Indicators in one answer, by the API's rule. */
  indicatorsPerPage: 10_000,
  /** Indicators of a tenant, by the API's rule; those of others count. */
  indicatorsPerTenant: 15_000,
  /** Requests of ours: the API's bounds are 100 (list, delete) and 30 (import) a minute, and 1,500 an hour for all programs together. */
  indicatorRequestsPerMinute: 25,
  /** A failed request to the indicators API is tried again so often, and waits at most this long. */
  indicatorTries: 6,
  indicatorWaitMsMax: 120_000,
  indicatorAnswerMs: 60_000,
  /** An answer is read up to here: 10,000 indicators are some 15 MB. */
  indicatorAnswerBytes: 64 * MiB,
  /** Rehearsals and baselines look so far back. */
  rehearsalDays: 30,
  /** Rows of each table of a rehearsal. */
  rehearsalRows: 100,
  /** Evidence kept in an alert: who did most of it. */
  evidenceRows: 10,
  /** Raw lines shown behind an alert, characters of each, and bytes of kept segments that are read for them: a second of a core. */
  rawLines: 200,
  rawCharacters: 4000,
  rawBytes: 256 * MiB,
  /** Alerts of one policy in a day, unless it says otherwise. */
  alertsPerDay: 50,
  /** Mails to one address in a day, as the reference product has it. */
  mailsPerAddressDay: 500,
  /** Days a baseline learns from, and the fewest with traffic it needs to speak. */
  baselineDays: 42,
  baselineDaysMin: 7,
  /** Users and apps a baseline looks at in one turn. */
  baselineSeries: 200_000,
  /** A webhook, a mail server or a SIEM has this long. */
  notifyMs: 15_000,
  /** Tries of one notice, each after twice the wait of the one before. */
  notifyTries: 5,
  notifyRetryMs: 2000,
  /** Notices waiting; more are counted and dropped, the alert itself stays. */
  noticesWaiting: 1000,
  /** How often policies are evaluated and sources looked after. */
  turnMs: 5 * 60_000,
} as const

/** Trying definitions, and keeping those made here. */
export const playgroundLimits = {
  /** Threads at one time: each compiles all formats. */
  atOnce: 2,
  /** A trial ends here; compiling all formats takes about a second of it. */
  timeMs: 15_000,
  heapMegabytes: 512,
  /** Pasted text. */
  lineCharacters: 512 * KiB,
  /** Rows that are shown. */
  rows: 5000,
  /** The longest shipped definition has some 40 KiB. */
  definitionCharacters: 256 * KiB,
  /** Formats made here. */
  definitions: 200,
} as const

/** Looking at lines as they come. */
export const tapLimits = {
  /** People and programs that look at one time, over all sources. */
  lookers: 16,
  /** Of a segment, so much is read for it. */
  readBytes: 4 * MiB,
  /** Lines of a source that are shown of one segment (some two seconds); the rest is a number. */
  linesPerSegment: 50,
  rowsPerLine: 20,
  /** Part of a line that is shown. */
  textBytes: 8 * KiB,
  /** Segments that wait for the thread; beyond it they are not looked at. */
  segmentsWaiting: 4,
  /** Events that wait for a slow reader; beyond it he misses some. */
  readerBytes: 1 * MiB,
  heapMegabytes: 512,
  /** A word now and then, so that nothing between takes the silence for an end. */
  pingMs: 15_000,
  /** One look lasts so long: who asks is checked at its beginning. */
  lastsMs: 60 * 60_000,
} as const

/** Gnomon's container on an engine (`gnomon appliance`). */
export const applianceLimits = {
  /** The stated size: 2 cores, 4 GB. */
  memoryBytes: 4 * GiB,
  /** A polite stop: what is under way goes to the spool. */
  stopSeconds: 60,
  /** A new image must be healthy by then; its store may have to change its tables first. */
  healthyMs: 180_000,
  askMs: 1000,
} as const

/** What a report shows; the CSV and JSON files always hold all of it. */
export const reportLimits = {
  /** Rows of each table of a report as data (JSON, CSV): a million addresses would be a file nobody opens. */
  rows: 100_000,
  /** A report over less than this has a point for each hour, else for each day. */
  hourlyMs: 5 * 24 * 60 * 60 * 1000,
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

/** How fresh the hours of a report are (src/report/freshness.ts). */
export const freshnessLimits = {
  /** Hours that are told of, the newest: a hundred days. */
  hours: 100 * 24,
  /** Agents that are not held to another bound tell something in this time, wherever a device is on: the default of silentMinutes. */
  silentMs: 2 * 60 * 60_000,
  /** An hour of which a feed left out less than this has been told of. */
  gapInHourMs: 15 * 60_000,
} as const

/** What the devices' agents tell (src/defender). */
export const defenderLimits = {
  /** Text of a row that holds JSON (AdditionalFields, IPAddresses): real ones stay below 10 KiB. */
  jsonCharacters: 64 * KiB,
  /** A value that is kept; host and user names stay far below. */
  valueCharacters: 1024,
  /** Addresses of one DNS answer that are kept. */
  answers: 64,
  /** One Windows event, or one row of a CSV export. */
  recordBytes: lineLimits.lineBytes,
  /** Bytes of a file's beginning in which its kind is looked for. */
  headBytes: 16 * KiB,
  /** Rows of a feed that become one segment: one insert each. */
  segmentBytes: 16 * MiB,
  /** A feed that failed is tried again after this time, then after twice as long each time. */
  retryMs: 1000,
  retryMsMax: 5 * 60_000,
  /** A service that asks for more patience than this is asked again all the same. */
  retryAfterMsMax: 60 * 60_000,
  /** A last line without end is taken when its blob was not written for this time. */
  blobSettleMs: 10 * 60_000,
  /** Blobs of one container that are looked at: hourly ones of some tenants over a year. */
  blobs: 100_000,
  /** Rows that the hunting interfaces give at most; an answer of so many is cut off. */
  huntingRows: 100_000,
  /** Smallest slice of time that is split by halves; what is larger still is split by a hash of its rows. */
  huntingSliceMsMin: 1000,
  /** Parts by hash of one second: 6.4 million rows. */
  huntingPartsMax: 64,
  /** Slices that are counted, and read again when their number of rows changed. */
  huntingSliceMs: 15 * 60_000,
  /** Calls of the hunting interfaces in a minute and an hour (documented: 45 and 1,500), with room for people who hunt. */
  huntingCallsPerMinute: 40,
  huntingCallsPerHour: 1200,
  /** The service ends a query after 200 s. */
  huntingTimeoutMs: 210_000,
  /** Largest answer: documented as 124 MB. */
  huntingAnswerBytes: 160 * MiB,
  /** Events of one batch of an event hub, and how long one is waited for. */
  hubEvents: 500,
  hubWaitSeconds: 5,
  /** A hub that does not answer when it is left is left all the same. */
  hubCloseMs: 10_000,
  /** A feed whose turns fail for so long is told by an alert: shorter troubles mend themselves. */
  failingAlarmMs: 15 * 60_000,
  /** After a start a feed is not called silent before this: it may have much to bring. */
  catchUpMs: 10 * 60_000,
  /** Feeds are looked at for silence this often. */
  silenceEveryMs: 30_000,
} as const

if (syslogLimits.frameBytes < lineLimits.lineBytes)
  throw new Error('BUG: a frame must hold a whole line')
if (spoolLimits.writeBufferBytes >= spoolLimits.segmentBytes)
  throw new Error('BUG: a segment must hold several writes')
if (fileLimits.partBytes >= fileLimits.partBytesMax)
  throw new Error('BUG: a long line must have room to grow')
if (fileLimits.partBytesMax >= 2 * fileLimits.partBytes)
  throw new Error('BUG: what is left behind a long line must be less than a part')
