/** What a segment holds of the devices' agents: rows as objects, not columns, since they are few beside a firewall's lines. */
import { readAgentLine } from '../defender/agent-lines.ts'
import { AgentTables } from '../defender/agent-tables.ts'
import type { RowContext, RowOutcome } from '../defender/outcome.ts'
import { readWindowsMessage } from '../defender/windows-messages.ts'
import type { Block } from '../spool/segment.ts'
import type { KeptLines } from './kept-lines.ts'
import type { OutcomeCounts } from './ledger-counts.ts'
import type { LineContext } from './line-context.ts'
import type { KnownStream } from './stream-registry.ts'

export interface SegmentAgentsOptions {
  c: LineContext
  counts: OutcomeCounts
  kept: KeptLines
  pastMsMax: number
  futureMsMax: number
}

export class SegmentAgents {
  readonly #options: SegmentAgentsOptions
  #tables: AgentTables | null = null

  constructor(options: SegmentAgentsOptions) {
    this.#options = options
  }

  /** Hands over the rows; null = there are none. */
  take(): AgentTables | null {
    const tables = this.#tables
    this.#tables = null
    return tables
  }

  /** An event that tells what an agent tells becomes its rows; false = it stays a line of a log. */
  windowsEvent(bytes: number, stream: KnownStream, bounded: boolean): boolean {
    const { c } = this.#options
    if (c.following > 0 || c.parts > 0) return false
    const { recordFrom: start, recordTo: end } = c
    const text = Buffer.from(c.buf.buffer, c.buf.byteOffset + start, end - start).toString('utf8')
    const told = readWindowsMessage(text, stream.zone, this.#rowsOf(stream, bounded))
    if (told === null) return false
    this.#count(told, bytes, stream, { start, end, record: null })
    return true
  }

  /** Lines of a feed; returns how many there are, and how many records they hold beyond one each. */
  block(block: Block, stream: KnownStream, bounded: boolean): { lines: number; more: number } {
    const { c } = this.#options
    const to = this.#rowsOf(stream, bounded)
    let lines = 0
    let more = 0
    for (let start = block.start, end = start; start < block.end; start = end) {
      const lf = c.buf.indexOf(10, start)
      const whole = lf < 0 || lf >= block.end ? block.end : lf
      end = Math.min(whole + 1, block.end)
      lines++
      const text = Buffer.from(c.buf.buffer, c.buf.byteOffset + start, end - start).toString('utf8')
      const told = readAgentLine(text, stream.zone, to)
      for (const [i, record] of told.entries())
        this.#count(record, i === 0 ? end - start : 0, stream, {
          start,
          end: whole,
          record: record.text ?? null,
        })
      more += Math.max(0, told.length - 1)
    }
    return { lines, more }
  }

  #count(
    told: RowOutcome,
    bytes: number,
    stream: KnownStream,
    line: { start: number; end: number; record: string | null },
  ): void {
    const { c, counts, kept } = this.#options
    counts.add(told.outcome, told.reason, told.format, bytes)
    if (told.outcome === 'transaction') shareRow(stream, told)
    else if (told.outcome === 'unparsed') {
      c.reason = told.reason
      kept.keep(line.start, line.end, stream, line.record)
    }
  }

  #rowsOf({ description }: KnownStream, bounded: boolean): RowContext {
    this.#tables ??= new AgentTables()
    return {
      tables: this.#tables,
      source: description.source,
      stream: description.key,
      refuseTime: (ms) => this.#refusedTime(ms, bounded),
    }
  }

  /** Why a row of this time is not kept, '' = it is. */
  #refusedTime(ms: number, bounded: boolean): string {
    const { c, futureMsMax, pastMsMax } = this.#options
    const off = ms - c.receivedAtMs
    if (Number.isNaN(ms) || !(ms >= 0 && ms < 4_294_967_295_000)) return 'impossible date'
    if (off > futureMsMax) return 'time in the future'
    return bounded && -off > pastMsMax ? 'time before the retention' : ''
  }
}

function shareRow(stream: KnownStream, row: RowOutcome): void {
  stream.transactions++
  stream.judged++
  if (row.withUser === true) stream.withUser++
  if (row.withHost === true) stream.withHost++
  if (row.withAction === true) stream.withAction++
}
