/** What the numbers of sources and ledger say, in words and judged: pure functions between backend and answer. */
import { apiLimits } from '../limits.ts'
import { blindSpots, ledgerSentence } from '../report/data-quality.ts'
import { formatNoun } from '../report/format.ts'
import type { ReportSource } from '../report/report.ts'
import { driftText } from '../report/stream-words.ts'
import type { LedgerTotals } from './backend.ts'
import type { LedgerRow, SourceRow, StreamRow } from './schemas.ts'

const nothing = {
  name: '',
  formats: [],
  received: 0,
  transactions: 0,
  skipped: 0,
  unparsed: 0,
  dropped: 0,
  missing: 0,
  bytesUp: null,
  bytesDown: null,
  bytesTotal: null,
  withUser: null,
  withHost: null,
  withBytes: null,
  withAction: null,
  merged: null,
  notices: [],
  commands: [],
} satisfies ReportSource

type ShareName = 'withUser' | 'withHost' | 'withBytes' | 'withAction'

/** Mean over the streams, weighed by the transactions it is of; null without any. */
function shareOver(streams: readonly StreamRow[], name: ShareName): number | null {
  let transactions = 0
  let telling = 0
  for (const stream of streams) {
    const share = stream[name]
    if (share === null) continue
    transactions += stream.judged
    telling += share * stream.judged
  }
  return transactions === 0 ? null : Math.min(1, telling / transactions)
}

function stateOf(
  lastSeen: string | null,
  nowMs: number,
): 'receiving' | 'quiet' | 'silent' | 'waiting' {
  if (lastSeen === null) return 'waiting'
  const ageMs = nowMs - Date.parse(lastSeen)
  if (ageMs <= apiLimits.sourceLiveMs) return 'receiving'
  return ageMs <= apiLimits.sourceQuietMs ? 'quiet' : 'silent'
}

/** A source with its state, its main format, its shares and what they mean. */
export function judgeSource(source: SourceRow, nowMs: number) {
  const main = source.streams
    .filter((stream) => stream.format !== null)
    .reduce<StreamRow | null>(
      (best, stream) => (best === null || stream.transactions > best.transactions ? stream : best),
      null,
    )
  const unread = source.streams[0] ?? null
  const shares = {
    withUser: shareOver(source.streams, 'withUser'),
    withHost: shareOver(source.streams, 'withHost'),
    withBytes: shareOver(source.streams, 'withBytes'),
    withAction: shareOver(source.streams, 'withAction'),
  }
  const blind = blindSpots({ ...nothing, ...shares })
  const transactions = source.streams.reduce((sum, stream) => sum + stream.transactions, 0)
  return {
    ...source,
    state: stateOf(source.lastSeen, nowMs),
    format: main?.format ?? null,
    confidence: (main ?? unread)?.confidence ?? null,
    reason: (main ?? unread)?.reason ?? null,
    transactions,
    ...shares,
    words: transactions === 0 ? [] : blind.map((spot) => spot.text),
    commands: blind.some(({ level }) => level === 'missing' || level === 'partly')
      ? source.commands
      : [],
  }
}

/** A row of the ledger with what is missing in it. */
export function judgeLedgerRow(row: LedgerRow) {
  const out = row.transactions.lines + row.skipped.lines + row.unparsed.lines + row.dropped.lines
  const missing = row.received.lines - out
  return { ...row, missing, balanced: missing === 0 }
}

/** The sums of a ledger as one sentence. Rows that cancel each other out do not balance for that. */
export function judgeLedger(totals: LedgerTotals): { balanced: boolean; sentence: string } {
  const { received, transactions, skipped, unparsed, dropped, unbalanced } = totals
  const missing = received - (transactions + skipped + unparsed + dropped)
  const { text } = ledgerSentence({
    ...nothing,
    received,
    transactions,
    skipped,
    unparsed,
    dropped,
    missing,
  })
  if (unbalanced === 0) return { balanced: missing === 0, sentence: text }
  const where = `${formatNoun(unbalanced, 'hour')} of a source ${unbalanced === 1 ? 'does' : 'do'} not balance.`
  const sum = text.replace(' The ledger balances.', '')
  return { balanced: false, sentence: `${sum} ${where}` }
}

/** Changes of lines that began or held in a time, as sentences. */
export function changesIn(
  sources: readonly SourceRow[],
  scope: { source: string | null; fromMs: number | null; toMs: number | null },
): string[] {
  const { source, fromMs, toMs } = scope
  return sources.flatMap(({ name, streams }) =>
    source !== null && source !== name
      ? []
      : streams.flatMap(({ peer, drift }) =>
          drift.flatMap(({ since, ended, words }) => {
            const sinceMs = Date.parse(since)
            const endedMs = ended === null ? null : Date.parse(ended)
            const apart =
              (toMs !== null && sinceMs >= toMs) ||
              (fromMs !== null && endedMs !== null && endedMs < fromMs)
            return apart ? [] : [`${name} (${peer}): ${driftText({ sinceMs, endedMs, words })}`]
          }),
        ),
  )
}
