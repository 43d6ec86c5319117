/**
 * Gives kept unread lines to the parsers again, after a definition was mended. The lines leave `unparsed`, the ledger takes them back
 * from the hour in which they stood, and they enter the spool with their old time of receipt: sums of the ledger stay true.
 */
import { createHash } from 'node:crypto'
import { replayLimits } from '../limits.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import type { SealedSegment } from '../spool/segment-writer.ts'
import type { Spool } from '../spool/spool.ts'
import type { Store } from './store.ts'

export interface ReplayRequest {
  /** null = all. */
  source: string | null
  reason: string | null
}

interface KeptLine {
  segment: string
  report: string
  received_ms: number
  source: string
  stream: string
  reason: string
  text64: string
  bytes: number
}

const selected = `({source:String} = '' OR source = {source:String}) AND ({reason:String} = '' OR reason = {reason:String})`
/** Lines that were cut for keeping cannot be read again. */
const whole = 'length(text) = bytes'

/** Returns how many lines were given to the parsers, and how many are left. `describe` tells what a stream is now. */
export async function replayUnparsed(
  store: Store,
  spool: Spool,
  request: ReplayRequest,
  describe: (key: string, source: string) => StreamDescription,
  onSealed: (segment: SealedSegment) => void,
): Promise<{ lines: number; left: number }> {
  const params = { source: request.source ?? '', reason: request.reason ?? '' }
  const rows = await store.query<KeptLine>(
    `SELECT segment, report, toUnixTimestamp64Milli(received) AS received_ms, source, stream, reason, base64Encode(text) AS text64, bytes
     FROM db.unparsed WHERE ${selected} AND ${whole} ORDER BY segment, received LIMIT {limit:UInt32} WITH TIES`,
    { ...params, limit: replayLimits.lines },
  )
  for (const group of grouped(rows)) {
    const sealed = await writeGroup(spool, group, describe)
    await takeBack(store, group, sealed.id)
    onSealed(sealed)
  }
  const [left] = await store.query<{ lines: number }>(
    `SELECT count() AS lines FROM db.unparsed WHERE ${selected}`,
    params,
  )
  return { lines: rows.length, left: left.lines }
}

/** Lines of one segment, stream and hour: all of a segment's lines are in the table, or none. */
function grouped(rows: readonly KeptLine[]): KeptLine[][] {
  const groups = new Map<string, KeptLine[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.segment, row.report, row.stream, row.source, hourOf(row)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()]
}

function hourOf(row: KeptLine): number {
  return Math.floor(row.received_ms / 3_600_000)
}

/** The id comes from the lines: a replay that is interrupted and begun again counts once. */
async function writeGroup(
  spool: Spool,
  group: readonly KeptLine[],
  describe: (key: string, source: string) => StreamDescription,
): Promise<SealedSegment> {
  const [first] = group
  const bytes = Buffer.concat(
    group.flatMap((row) => [Buffer.from(row.text64, 'base64'), Buffer.from('\n')]),
  )
  const place = JSON.stringify([first.segment, first.report, first.stream, first.received_ms])
  const id = `replay-${createHash('sha256').update(place).update(bytes).digest('hex')}`
  const stream = { ...describe(first.stream, first.source), report: first.report }
  return spool.writeSealed(id, stream, first.received_ms, bytes, group.length)
}

async function takeBack(store: Store, group: readonly KeptLine[], id: string): Promise<void> {
  const [first] = group
  const entries = new Map<string, { lines: number; bytes: number }>()
  const add = (reason: string, bytes: number): void => {
    const entry = entries.get(reason) ?? { lines: 0, bytes: 0 }
    entries.set(reason, { lines: entry.lines - 1, bytes: entry.bytes - bytes })
  }
  for (const row of group) add(row.reason, row.bytes + 1)
  const shared = {
    report: first.report,
    hour: hourOf(first) * 3600,
    source: first.source,
    stream: first.stream,
    format: '',
  }
  const unread = [...entries].map(([reason, sum]) => ({
    ...shared,
    outcome: 'unparsed',
    reason,
    ...sum,
  }))
  const received = unread.reduce(
    (sum, row) => ({ lines: sum.lines + row.lines, bytes: sum.bytes + row.bytes }),
    { lines: 0, bytes: 0 },
  )
  await store.insert(
    'ledger',
    [{ ...shared, outcome: 'received', reason: '', ...received }, ...unread],
    `${id}:taken-back`,
  )
  await store.command(
    `DELETE FROM db.unparsed WHERE segment = {segment:String} AND report = {report:String} AND source = {source:String} AND stream = {stream:String} AND ${whole}
       AND received >= fromUnixTimestamp64Milli({from:Int64}) AND received <= fromUnixTimestamp64Milli({to:Int64})
       AND reason IN {reasons:Array(String)}`,
    {
      segment: first.segment,
      report: first.report,
      source: first.source,
      stream: first.stream,
      from: first.received_ms,
      to: group[group.length - 1].received_ms,
      reasons: [...entries.keys()],
    },
  )
}
