/** A segment's bytes → its batch: every line ends as exactly one of transaction, skipped (with reason), unparsed (kept). */
import { isAgentListener } from '../defender/agent-lines.ts'
import { windowsEventFormat } from '../defender/windows-messages.ts'
import { parseLimits } from '../limits.ts'
import type { Drop, StreamDescription } from '../spool/frame-sink.ts'
import { kindCounted, kindDrop, kindLines, kindStream, readBlocks } from '../spool/segment.ts'
import type { Block } from '../spool/segment.ts'
import type { SegmentBatch } from './batch.ts'
import { FlowTable } from './flows.ts'
import { formatOfLine, nameLineFormat } from './format-search.ts'
import type { FormatSet } from './formats.ts'
import { KeptLines } from './kept-lines.ts'
import { LedgerCounts, OutcomeCounts } from './ledger-counts.ts'
import { dataStart, LineContext, skipped, transaction, unparsed } from './line-context.ts'
import { countShares, runEnded, timeEndMs } from './line-run.ts'
import { LineRuns } from './line-runs.ts'
import type { RunOf } from './line-runs.ts'
import { readLine, readNext } from './recognise.ts'
import { countLines } from './stream-reader.ts'
import { SegmentAgents } from './segment-agents.ts'
import { fadeShares, StreamRegistry } from './stream-registry.ts'
import type { KnownStream } from './stream-registry.ts'

export interface ParseOptions {
  /** A continuous stream's stamp may lie this far before the receive time; beyond it the line is unparsed. */
  pastMsMax: number
  /** Any stamp may lie this far after the receive time. */
  futureMsMax: number
  /** false: each line for itself, which says the same. */
  runs?: boolean
}

export interface ParsedSegment {
  batch: SegmentBatch
  /** Blocks whose check sum did not fit, or bytes between blocks: the file goes to the quarantine. */
  damaged: boolean
  lines: number
  /** Of these, lines that were read in runs (parse/line-run.ts). */
  linesInRuns: number
  bytes: number
  /** The dictionaries were full, and begin anew with the next segment. */
  forgot: boolean
}

/** One parse thread's state: streams, dictionaries, working memory. Compiled `formats` must not be `full`. */
export class SegmentParser {
  readonly streams: StreamRegistry
  readonly #formats: FormatSet
  readonly #options: ParseOptions
  readonly #c = new LineContext(1 << 20, { native: true })
  readonly #flows = new FlowTable()
  readonly #counts = new OutcomeCounts()
  readonly #kept = new KeptLines(this.#c)
  readonly #agents: SegmentAgents
  readonly #runs: LineRuns | null
  #ledger = new LedgerCounts()
  #touched = new Set<KnownStream>()
  #lines = 0
  #linesInRuns = 0
  #lastFormat: string | null = null
  #lastName = 0
  /** Bytes of the line that its records read so far did not count. */
  #rest = 0
  /** Receive time of the last sound block. */
  #lastMs = 0

  constructor(formats: FormatSet, options: ParseOptions) {
    this.#formats = formats
    this.#options = options
    this.streams = new StreamRegistry(formats)
    const { pastMsMax, futureMsMax, runs = true } = options
    this.#runs = runs && this.#c.native !== null ? new LineRuns(this.#c, this.#flows) : null
    this.#agents = new SegmentAgents({
      c: this.#c,
      counts: this.#counts,
      kept: this.#kept,
      pastMsMax,
      futureMsMax,
    })
  }

  /** Room for a segment of `length` bytes: read the file into `.subarray(…, length)`, then call `parse`. */
  room(length: number): Uint8Array {
    this.#c.reserve(length)
    return this.#c.buf.subarray(dataStart, dataStart + length)
  }

  /** Parses the `length` bytes that were read into `room(length)`. */
  parse(segment: string, length: number): ParsedSegment {
    this.#c.refreshConstants()
    const numbered = new Map<number, { description: StreamDescription; stream: KnownStream }>()
    let damaged = false
    let report = 'continuous'
    const buf = this.#c.buf
    const result = readBlocks(buf, dataStart, dataStart + length, (block) => {
      if (!block.sound) {
        damaged = true
        this.#damage(block, numbered.get(block.stream)?.description)
        return
      }
      if (block.kind === kindStream) {
        const description = JSON.parse(textOf(buf, block)) as StreamDescription
        report = description.report ?? report
        numbered.set(block.stream, { description, stream: this.streams.get(description) })
      } else if (block.kind === kindDrop) this.#drop(JSON.parse(textOf(buf, block)) as Drop)
      else {
        const known = numbered.get(block.stream)
        if (known === undefined) {
          // the block that introduced its stream is lost
          damaged = true
          this.#damage(block, undefined)
        } else this.#block(block, known.stream, report === 'continuous')
      }
    })
    if (result.lostBytes > 0) {
      damaged = true
      this.#lose(result.lostBytes)
    }
    return this.#take(segment, report, damaged, length)
  }

  #take(segment: string, report: string, damaged: boolean, bytes: number): ParsedSegment {
    const batch: SegmentBatch = {
      segment,
      report,
      flows: this.#flows.take(),
      agent: this.#agents.take(),
      ledger: this.#ledger.entries(),
      unparsed: this.#kept.take(),
      streams: [...this.#touched].map((stream) => this.streams.state(stream)),
    }
    const lines = this.#lines
    const linesInRuns = this.#linesInRuns
    this.#linesInRuns = 0
    this.#ledger = new LedgerCounts()
    this.#touched = new Set()
    this.#lines = 0
    const { dictionaryValues, dictionaryBytes } = parseLimits
    const forgot =
      this.#flows.distinct > dictionaryValues || this.#flows.heldBytes > dictionaryBytes
    if (forgot) {
      this.#flows.forget()
      this.#lastFormat = null
    }
    return { batch, damaged, lines, linesInRuns, bytes, forgot }
  }

  /** Bytes that belong to no block: how many lines they held nobody knows. Entered under the segment's last time. */
  #lose(bytes: number): void {
    const entry = {
      atMs: this.#lastMs,
      stream: 'spool',
      source: 'spool',
      format: '',
      lines: 0,
      bytes,
    }
    this.#ledger.add({ ...entry, outcome: 'received', reason: '' })
    this.#ledger.add({ ...entry, outcome: 'dropped', reason: 'segment-damaged' })
  }

  #damage(block: Block, description: StreamDescription | undefined): void {
    const bytes = block.end - block.start
    const stream = description?.key ?? 'spool'
    const source = description?.source ?? 'spool'
    // The damage may be in the header: what it says is believed where it can be true.
    const atMs = isPlausible(block.receivedAtMs) ? block.receivedAtMs : this.#lastMs
    const entry = { atMs, stream, source, format: '', lines: Math.min(block.lines, bytes), bytes }
    this.#ledger.add({ ...entry, outcome: 'received', reason: '' })
    this.#ledger.add({ ...entry, outcome: 'dropped', reason: 'segment-damaged' })
  }

  #drop(drop: Drop): void {
    const { stream, reason, lines, bytes, atMs } = drop
    const entry = { atMs, stream: stream.key, source: stream.source, format: '', lines, bytes }
    this.#ledger.add({ ...entry, outcome: 'received', reason: '' })
    this.#ledger.add({ ...entry, outcome: 'dropped', reason })
  }

  #block(block: Block, stream: KnownStream, bounded: boolean): void {
    const { key, source } = stream.description
    const c = this.#c
    c.receivedAtMs = this.#lastMs = block.receivedAtMs
    c.zone = stream.zone
    stream.lastSeenMs = Math.max(stream.lastSeenMs, block.receivedAtMs)
    stream.watch?.begin(block.receivedAtMs)
    fadeShares(stream, block.receivedAtMs)
    this.#touched.add(stream)
    const lineIds = { stream: this.#flows.name(key), source: this.#flows.name(source) }
    const bytes = block.end - block.start
    this.#ledger.add({
      atMs: block.receivedAtMs,
      stream: key,
      source,
      outcome: 'received',
      reason: '',
      format: '',
      lines: block.lines,
      bytes,
    })
    if (isAgentListener(stream.description.listener)) this.#agentBlock(block, stream, bounded)
    else if (block.kind === kindLines) this.#lineBlock(block, stream, lineIds, bounded)
    else if (block.kind === kindCounted) this.#countedBlock(block, stream, lineIds, bounded)
    this.#counts.flush(this.#ledger, key, source, block.receivedAtMs)
  }

  #lineBlock(block: Block, stream: KnownStream, ids: LineIds, bounded: boolean): void {
    const { bytes } = this.#c
    const of = this.#runOf(stream, ids, bounded)
    let start = block.start
    while (start < block.end) {
      if (this.#runs?.isWorth(stream.reader) === true) {
        start = this.#run(this.#runs, of, start, block.end, stream, ids, bounded)
        if (start >= block.end) return
      }
      let end = bytes.indexOf(10, start)
      if (end < 0 || end > block.end) end = block.end
      this.#line(start, end, Math.min(end + 1, block.end) - start, stream, ids, bounded)
      const format = formatOfLine()
      if (format !== null) this.#runs?.refresh(format)
      start = end + 1
    }
  }

  #runOf(stream: KnownStream, ids: LineIds, bounded: boolean): RunOf {
    const { pastMsMax, futureMsMax } = this.#options
    const { receivedAtMs } = this.#c
    return {
      reader: stream.reader,
      ...ids,
      earliestMs: bounded ? receivedAtMs - pastMsMax : 0,
      latestMs: receivedAtMs + futureMsMax,
    }
  }

  /** Reads lines from `start` on; where the first one begins that is to be read for itself. */
  #run(
    runs: LineRuns,
    of: RunOf,
    start: number,
    end: number,
    stream: KnownStream,
    ids: LineIds,
    bounded: boolean,
  ): number {
    let at = start
    for (;;) {
      const why = runs.read(of, at, end, stream.watch?.wantsLine === true)
      runs.counted(stream, (format, lines, bytes) => {
        this.#lines += lines
        this.#linesInRuns += lines
        this.#counts.add('transaction', '', format.id, bytes, lines)
        countLines(stream.reader, format, lines)
      })
      at = runs.at
      if (why === runEnded.all || why === runEnded.line || at >= end) return at
      if (why === runEnded.keys) continue
      const format = runs.takeRecord()
      nameLineFormat(format)
      countLines(stream.reader, format)
      this.#lines++
      this.#linesInRuns++
      this.#record(
        why === runEnded.skipped ? skipped : transaction,
        runs.next - at,
        stream,
        ids,
        bounded,
      )
      at = runs.next
      if (at >= end) return at
    }
  }

  /** RFC 6587 octet counting, whole messages only. */
  #countedBlock(block: Block, stream: KnownStream, ids: LineIds, bounded: boolean): void {
    const buf = this.#c.buf
    let at = block.start
    while (at < block.end) {
      let length = 0
      let p = at
      while (p < block.end && buf[p] >= 48 && buf[p] <= 57) length = length * 10 + buf[p++] - 48
      const start = p + 1
      const end = Math.min(start + length, block.end)
      this.#line(start, buf[end - 1] === 10 ? end - 1 : end, end - at, stream, ids, bounded)
      at = end
    }
  }

  #line(
    start: number,
    end: number,
    bytes: number,
    stream: KnownStream,
    ids: LineIds,
    bounded: boolean,
  ): void {
    this.#lines++
    this.#c.recordFrom = start
    this.#c.recordTo = end
    let outcome = readLine(this.#c, start, end, this.#formats, stream.reader)
    if (
      formatOfLine()?.id === windowsEventFormat &&
      this.#agents.windowsEvent(bytes, stream, bounded)
    )
      return
    let rest = bytes
    let more = 0
    for (;;) {
      const next = this.#record(outcome, rest, stream, ids, bounded)
      if (next < 0) break
      rest = this.#rest
      outcome = next
      more++
    }
    this.#countMore(stream, more)
  }

  /** One record of a line of which `bytes` are not counted yet; the outcome of the next one, -1 = it was the last. */
  #record(
    result: number,
    bytes: number,
    stream: KnownStream,
    ids: LineIds,
    bounded: boolean,
  ): number {
    const c = this.#c
    let outcome = result
    const format = formatOfLine()
    const id = format?.id ?? ''
    if (outcome === transaction) {
      stream.watch?.stamp(c.time)
      const off = c.time - c.receivedAtMs
      // a snapshot's log may be as old as it likes, but no log tells what is to come
      if (off > this.#options.futureMsMax || (bounded && -off > this.#options.pastMsMax)) {
        outcome = unparsed
        c.reason = off > 0 ? 'time in the future' : 'time before the retention'
      } else if (!(c.time >= 0 && c.time < timeEndMs)) {
        outcome = unparsed
        c.reason = 'time out of range'
      }
    }
    if (outcome === transaction) {
      this.#flows.add(c, ids.stream, ids.source, this.#nameOf(id))
      countShares(c, stream)
    } else if (outcome !== skipped && c.part === 0) {
      this.#kept.keep(c.recordFrom, c.recordTo, stream)
    }
    stream.watch?.line(c, outcome, format)
    const reason = outcome === transaction ? '' : c.reason
    const kind =
      outcome === transaction ? 'transaction' : outcome === skipped ? 'skipped' : 'unparsed'
    const own = c.part === 0 ? c.recordTo - c.recordFrom + 1 : 0
    const next = c.following > 0 || c.parts > 0 ? readNext(c, this.#formats, stream.reader) : -1
    const counted = next < 0 ? bytes : Math.min(bytes, own)
    this.#counts.add(kind, reason, id, counted)
    this.#rest = bytes - counted
    return next
  }

  /** The number of a format's name; that of the last line is kept. */
  #nameOf(format: string): number {
    if (format !== this.#lastFormat) {
      this.#lastFormat = format
      this.#lastName = this.#flows.name(format)
    }
    return this.#lastName
  }

  #agentBlock(block: Block, stream: KnownStream, bounded: boolean): void {
    const { lines, more } = this.#agents.block(block, stream, bounded)
    this.#lines += lines
    this.#countMore(stream, more)
  }

  /** Each record of a line counts as a line. */
  #countMore({ description }: KnownStream, more: number): void {
    if (more === 0) return
    const { key, source } = description
    const entry = { atMs: this.#c.receivedAtMs, stream: key, source, format: '', reason: '' }
    this.#ledger.add({ ...entry, outcome: 'received', lines: more, bytes: 0 })
  }
}

interface LineIds {
  stream: number
  source: number
}

/** A receive time between 2001 and 2100. */
function isPlausible(atMs: number): boolean {
  return atMs > 1e12 && atMs < 4_102_444_800_000
}

function textOf(buf: Uint8Array, block: Block): string {
  return Buffer.from(buf.buffer, buf.byteOffset + block.start, block.end - block.start).toString(
    'utf8',
  )
}
