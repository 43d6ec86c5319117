/** A discovery report as data: what the console, the API and every file format show. All counts are exact, unknown is null. */
import type { FormatHelp } from './format-help.ts'
import type { Freshness } from './freshness.ts'
import type { Overlap } from './overlap.ts'

export interface Volume {
  transactions: number
  /** null = no transaction told it. */
  bytesUp: number | null
  bytesDown: number | null
  bytesTotal: number | null
  /** Transactions that told their bytes. Fewer than `transactions`: the byte counts are lower bounds. Absent = not known. */
  bytesKnown?: number
}

export interface ReportApp extends Volume {
  appId: string
  name: string
  category: string
  score: number | null
  users: number
  devices: number
  addresses: number
  blocked: number
  firstSeen: string
  lastSeen: string
}

/** A destination in no catalog, by registrable domain or address; never dropped. */
export interface ReportUnknown extends Volume {
  domain: string
  hosts: number
  users: number
  addresses: number
  blocked: number
  lastSeen: string
}

export interface ReportInfrastructure extends Volume {
  name: string
  hosts: number
}

export interface ReportPerson extends Volume {
  /** User name, address or device name. */
  name: string
  apps: number
  /** Addresses of a user; users of an address or device. */
  others: number
  topApps: string[]
  blocked: number
  lastSeen: string
}

export interface ReportSource extends Volume {
  name: string
  formats: string[]
  received: number
  skipped: number
  unparsed: number
  dropped: number
  /** received - (transactions + skipped + unparsed + dropped): 0 when the ledger balances. */
  missing: number
  /** Share 0..1 of transactions that name it; null without transactions. */
  withUser: number | null
  withHost: number | null
  withBytes: number | null
  withAction: number | null
  /** What the merge knows of its transactions, its lines and the agents' rows together; null = it has none, or no agent told of them. */
  merged: { withUser: number; withHost: number; withDevice: number } | null
  /** Wrong clocks and changed lines of its senders, in words. */
  notices: string[]
  /** Where its lines leave something out: what its devices must be told, format by format. */
  commands: FormatHelp[]
}

export interface Report {
  title: string
  /** 'continuous' or the snapshot's id. */
  report: string
  /** One source's report, or null = over all. */
  source: string | null
  generatedAt: string
  /** First and last hour with data, null when there is none. */
  from: string | null
  to: string | null
  totals: Volume & {
    apps: number
    unknownDomains: number
    users: number
    addresses: number
    devices: number
    blocked: number
  }
  /** Traffic by hour or day, whichever gives 12 to 120 points. */
  timeline: { at: string; category: string; transactions: number; bytesTotal: number | null }[]
  timelineUnit: 'hour' | 'day'
  categories: (Volume & { category: string; apps: number })[]
  /** Score bands of the reference product: high risk 0-3, medium 4-6, low 7-10, unrated. */
  risk: {
    band: 'high' | 'medium' | 'low' | 'unrated'
    apps: number
    bytesTotal: number | null
    transactions: number
  }[]
  apps: ReportApp[]
  unknown: ReportUnknown[]
  infrastructure: ReportInfrastructure[]
  users: ReportPerson[]
  addresses: ReportPerson[]
  devices: ReportPerson[]
  sources: ReportSource[]
  /** Reasons of unparsed lines with counts, most first. */
  unparsed: { reason: string; lines: number }[]
  /** How far the network's view and the agents' overlap; null = no agent told anything. */
  overlap: Overlap | null
  freshness: Freshness
  catalogVersion: string
  gnomonVersion: string
}

/** One merged row of `usage.ndjson`. */
export interface UsageRow {
  hour: string
  source: string
  app: string | null
  host: string | null
  user: string | null
  device: string | null
  srcIp: string | null
  action: 'allowed' | 'blocked' | null
  transactions: number
  bytesUp: number | null
  bytesDown: number | null
  bytesTotal: number | null
  seenBy: ('network' | 'agent')[]
}
