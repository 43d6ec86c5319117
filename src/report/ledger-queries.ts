/** Questions to the ledger, the unread lines and the streams. */
import type { LedgerEntry, StreamState } from '../parse/batch.ts'
import type { Row, Store } from '../store/store.ts'
import { inSourceScope, scopeParams } from './scope.ts'
import type { UsageScope } from './scope.ts'

/** Lines and bytes of one outcome; null bytes = some part of it is unknown. */
export interface LedgerSum extends Row {
  source: string
  outcome: LedgerEntry['outcome']
  reason: string
  format: string
  lines: number
  bytes: number | null
}

const sums =
  'sum(ledger.lines) AS lines, if(countIf(ledger.bytes IS NULL) > 0, NULL, sum(ledger.bytes)) AS bytes'

/** By source, outcome, reason and format over the whole scope (hours of receipt). */
export async function ledgerSums(store: Store, scope: UsageScope): Promise<LedgerSum[]> {
  return store.query<LedgerSum>(
    `SELECT source, outcome, reason, format, ${sums} FROM db.ledger WHERE ${inSourceScope}
     GROUP BY source, outcome, reason, format ORDER BY source, outcome, sum(ledger.lines) DESC, reason`,
    scopeParams(scope),
  )
}

/** The same by hour; formats are summed. `hours` bounds the (hour, source) pairs, newest first. */
export async function ledgerHours(
  store: Store,
  scope: UsageScope,
  page: { limit: number; offset: number },
): Promise<(LedgerSum & { hour: string })[]> {
  return store.query<LedgerSum & { hour: string }>(
    `SELECT hour, source, outcome, reason, '' AS format, ${sums} FROM db.ledger WHERE ${inSourceScope}
       AND (hour, source) IN (
         SELECT hour, source FROM db.ledger WHERE ${inSourceScope} GROUP BY hour, source ORDER BY hour DESC, source
         LIMIT {limit:UInt64} OFFSET {offset:UInt64})
     GROUP BY hour, source, outcome, reason ORDER BY hour DESC, source, outcome, sum(ledger.lines) DESC, reason`,
    { ...scopeParams(scope), ...page },
  )
}

/** How many (hour, source) pairs there are, how many do not balance, and the lines of all of them by outcome. */
export async function ledgerTotals(
  store: Store,
  scope: UsageScope,
): Promise<{
  rows: number
  unbalanced: number
  received: number
  transactions: number
  skipped: number
  unparsed: number
  dropped: number
}> {
  const [row] = await store.query<Awaited<ReturnType<typeof ledgerTotals>>>(
    `SELECT count() AS rows, countIf(r != t + s + u + d) AS unbalanced, sum(r) AS received, sum(t) AS transactions, sum(s) AS skipped,
       sum(u) AS unparsed, sum(d) AS dropped
     FROM (SELECT hour, source, sumIf(lines, outcome = 'received') AS r, sumIf(lines, outcome = 'transaction') AS t,
         sumIf(lines, outcome = 'skipped') AS s, sumIf(lines, outcome = 'unparsed') AS u, sumIf(lines, outcome = 'dropped') AS d
       FROM db.ledger WHERE ${inSourceScope} GROUP BY hour, source)`,
    scopeParams(scope),
  )
  return row
}

/** Lines of one stream by outcome over all hours and reports; null = nothing of it is stored yet. */
export async function streamCounts(
  store: Store,
  key: string,
): Promise<{ transactions: number; skipped: number; unparsed: number } | null> {
  const [row] = await store.query<{
    rows: number
    transactions: number
    skipped: number
    unparsed: number
  }>(
    `SELECT count() AS rows, sumIf(lines, outcome = 'transaction') AS transactions, sumIf(lines, outcome = 'skipped') AS skipped,
       sumIf(lines, outcome = 'unparsed') AS unparsed
     FROM db.ledger WHERE stream = {key:String}`,
    { key },
  )
  if (row.rows === 0) return null
  const { transactions, skipped, unparsed } = row
  return { transactions, skipped, unparsed }
}

/** The ledger of one stream by outcome, reason and format. */
export async function streamSums(store: Store, key: string): Promise<LedgerSum[]> {
  return store.query<LedgerSum>(
    `SELECT any(source) AS source, outcome, reason, format, ${sums} FROM db.ledger WHERE stream = {key:String}
     GROUP BY outcome, reason, format`,
    { key },
  )
}

/** The last known state of every stream, the last seen first. */
export async function streamStates(store: Store): Promise<StreamState[]> {
  const rows = await store.query<{ state: string }>(
    'SELECT argMax(state, seen) AS state, max(seen) AS last FROM db.streams GROUP BY key ORDER BY last DESC',
  )
  return rows.map((row) => {
    const kept = JSON.parse(row.state) as Partial<StreamState>
    return { ...unwatched, judged: kept.transactions, ...kept } as StreamState
  })
}

/** States written before clocks and drift were watched. */
const unwatched = { zone: null, skew: null, drift: [], memory: null }

/** The same with all that parse threads need to go on from them. */
export async function rememberedStreams(store: Store): Promise<StreamState[]> {
  const rows = await store.query<{ key: string; memory: string }>(
    'SELECT key, argMax(memory, seen) AS memory FROM db.stream_memory GROUP BY key',
  )
  const memories = new Map(rows.map(({ key, memory }) => [key, memory]))
  return (await streamStates(store)).map((state) => ({
    ...state,
    memory: memories.get(state.key) ?? null,
  }))
}
