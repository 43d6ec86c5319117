/** The report's honesty in words: does the ledger balance, and what do the logs not tell. Shared by HTML and terminal. */

import { formatCount, formatNoun, formatShare } from './format.ts'
import type { Report, ReportSource } from './report.ts'

/** received = transactions + skipped + unparsed + dropped, as a sentence; the source's name is not part of it. */
export function ledgerSentence(source: ReportSource): { balances: boolean; text: string } {
  const { received, transactions, skipped, unparsed, dropped, missing } = source
  const lines = `${formatNoun(received, 'line')} received`
  const parts =
    `${formatNoun(transactions, 'transaction')} + ${formatCount(skipped)} skipped` +
    ` + ${formatCount(unparsed)} unparsed + ${formatCount(dropped)} dropped`
  const sum = transactions + skipped + unparsed + dropped
  if (missing === 0 && sum === 0) {
    return { balances: true, text: 'No line received yet. The ledger balances.' }
  }
  if (missing === 0) return { balances: true, text: `${lines} = ${parts}. The ledger balances.` }
  const gap =
    missing > 0
      ? `${formatNoun(missing, 'line')} cannot be accounted for`
      : `${formatNoun(-missing, 'line')} more came out than went in`
  return {
    balances: false,
    text: `${lines}, but ${parts} = ${formatCount(sum)}. The ledger does not balance: ${gap}.`,
  }
}

type BlindField = 'user' | 'host' | 'bytes' | 'action'

export interface BlindSpot {
  field: BlindField
  /** 0..1, null without transactions. */
  share: number | null
  /** `good` needs no action. */
  level: 'good' | 'partly' | 'missing' | 'nothing'
  /** What the report lacks by it and what to switch on. */
  text: string
}

const advice: Record<BlindField, { lacks: string; remedy: string }> = {
  user: {
    lacks: 'who used an app',
    remedy: 'turn on user identification or proxy authentication, or join Defender data',
  },
  host: {
    lacks: 'which site an address stood for',
    remedy: 'log the URL, the TLS server name (SNI) or DNS answers',
  },
  bytes: {
    lacks: 'how much data went where',
    remedy: 'log the end of each session with bytes sent and received',
  },
  action: {
    lacks: 'whether traffic was let through or blocked',
    remedy: 'add the action or the policy result to the log format',
  },
}

const told: Record<BlindField, string> = {
  user: 'name a user',
  host: 'name a host',
  bytes: 'tell bytes',
  action: 'say allowed or blocked',
}

/** What one source's lines leave out, field by field. */
export function blindSpots(
  source: Pick<ReportSource, 'withUser' | 'withHost' | 'withBytes' | 'withAction' | 'merged'>,
): BlindSpot[] {
  const { withUser, withHost, withBytes, withAction, merged } = source
  return [
    joined('user', withUser, merged?.withUser ?? null),
    joined('host', withHost, merged?.withHost ?? null),
    ofLines('bytes', withBytes, merged !== null),
    ofLines('action', withAction, merged !== null),
  ]
}

/** The merge counts: who is known by an agent is no blind spot. Where it found no more, the lines speak for themselves. */
function joined(field: 'user' | 'host', own: number | null, merged: number | null): BlindSpot {
  if (merged === null || merged <= (own ?? 0)) return blindSpot(field, own)
  const { lacks } = advice[field]
  const remedy =
    field === 'user'
      ? 'turn on user identification or proxy authentication, or bring more devices under Defender'
      : advice.host.remedy
  const fact =
    own === null
      ? `Agents ${told[field]} for ${formatShare(merged)} of transactions`
      : `${own === 0 ? 'No' : `${formatShare(own)} of`} transactions ${told[field]}; with the agents’ rows ${formatShare(merged)} do`
  if (merged >= 0.95) return { field, share: merged, level: 'good', text: `${fact}.` }
  const level = merged >= 0.05 ? 'partly' : 'missing'
  return {
    field,
    share: merged,
    level,
    text: `${fact}. The rest does not say ${lacks}: ${remedy}.`,
  }
}

/** A source of agents has no lines of a log to judge by. */
function ofLines(field: 'bytes' | 'action', share: number | null, agents: boolean): BlindSpot {
  if (share !== null || !agents) return blindSpot(field, share)
  const text =
    field === 'bytes'
      ? 'Agents tell no bytes: they come from the network’s logs.'
      : 'Agents tell connections that were made, and some that were blocked.'
  return { field, share, level: 'nothing', text }
}

function blindSpot(field: BlindField, share: number | null): BlindSpot {
  const { lacks, remedy } = advice[field]
  if (share === null) return { field, share, level: 'nothing', text: 'No transaction to judge by.' }
  if (share === 0) {
    return {
      field,
      share,
      level: 'missing',
      text: `No transactions ${told[field]}, so nobody can say ${lacks}: ${remedy}.`,
    }
  }
  const fact = `${formatShare(share)} of transactions ${told[field]}`
  if (share >= 0.95) return { field, share, level: 'good', text: `${fact}.` }
  const level = share >= 0.05 ? 'partly' : 'missing'
  return { field, share, level, text: `${fact}; the rest does not say ${lacks}: ${remedy}.` }
}

/**
 * Whether byte totals are lower bounds: true when some transactions told no bytes. By `bytesKnown` where given,
 * else by the sources' shares.
 */
export function bytesAreLowerBound(report: Report): boolean {
  const { totals, sources } = report
  if (totals.bytesKnown !== undefined) return totals.bytesKnown < totals.transactions
  return sources.some((source) => source.withBytes !== null && source.withBytes < 1)
}

/** Sums of all sources' ledgers, for one sentence over everything. */
export function ledgerTotals(sources: readonly ReportSource[]): {
  received: number
  transactions: number
  skipped: number
  unparsed: number
  dropped: number
  unbalanced: number
} {
  const totals = {
    received: 0,
    transactions: 0,
    skipped: 0,
    unparsed: 0,
    dropped: 0,
    unbalanced: 0,
  }
  for (const source of sources) {
    totals.received += source.received
    totals.transactions += source.transactions
    totals.skipped += source.skipped
    totals.unparsed += source.unparsed
    totals.dropped += source.dropped
    if (source.missing !== 0) totals.unbalanced++
  }
  return totals
}
