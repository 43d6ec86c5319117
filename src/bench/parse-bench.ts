/** Parse alone, on one core: what a parse thread does to a segment, without reading or writing files. */
import { encodeBlock, encodeStream, kindLines } from '../spool/segment.ts'
import { inlineMore } from '../parse/engine.ts'
import { encodeFlows } from '../parse/flow-block.ts'
import type { FormatSet } from '../parse/formats.ts'
import { SegmentParser } from '../parse/parse-segment.ts'
import { median } from './median.ts'

export interface ParseFigure {
  format: string
  lines: number
  bytes: number
  /** CPU time of this thread. */
  cpuSeconds: number
  /** Bytes a second of CPU time: the median of the rounds. */
  perSecond: number
  linesPerSecond: number
  transactions: number
  /** Rows of minute flows for each transaction: what aggregation leaves. */
  flowShare: number
}

const dayMs = 86_400_000
const segmentBytes = 16 * 1024 * 1024
/** What is read before the clock starts. */
const warmBytes = 48 * 1024 * 1024
/** A smaller file is repeated up to this size: a segment has a cost of its own, which is not what is measured. */
const leastBytes = 256 * 1024

/**
 * Parses the lines of `bytes` again and again for at least `seconds` of CPU time in `rounds`, all threads of the process counted.
 * `nowMs` is the time of receipt. Nothing but bytes is held meanwhile: a parse thread has no heap full of strings to clean up either.
 */
export function benchParse(
  bytes: Buffer,
  formats: FormatSet,
  options: { seconds: number; nowMs: number; rounds?: number },
): ParseFigure {
  inlineMore()
  const segments = segmentsOf(repeated(bytes), options.nowMs)
  const parser = new SegmentParser(formats, { pastMsMax: 400 * dayMs, futureMsMax: 2 * dayMs })
  // recognised and compiled by the engine before the clock starts
  const warmSeconds = Math.min(2, options.seconds)
  const started = process.cpuUsage()
  for (let bytesRead = 0; bytesRead < warmBytes; bytesRead += segments[0].length) {
    const { user, system } = process.cpuUsage(started)
    if (bytesRead > 0 && (user + system) / 1e6 > warmSeconds) break
    run(parser, segments[0])
  }
  const counts = { lines: 0, bytes: 0, transactions: 0, flows: 0 }
  const count = options.rounds ?? 1
  const rounds = Array.from({ length: count }, () => {
    const round = { lines: 0, bytes: 0, cpuSeconds: 0 }
    const before = process.cpuUsage()
    while (round.cpuSeconds < options.seconds / count)
      for (const segment of segments) {
        const { batch, lines: read, bytes: size } = run(parser, segment)
        round.lines += read
        round.bytes += size
        counts.flows += batch.flows.rows
        for (const { outcome, lines: of } of batch.ledger)
          if (outcome === 'transaction') counts.transactions += of
        const used = process.cpuUsage(before)
        round.cpuSeconds = (used.user + used.system) / 1e6
      }
    return round
  })
  const middle = median(rounds, (round) => round.bytes / round.cpuSeconds)
  const sum = (of: 'lines' | 'bytes' | 'cpuSeconds'): number =>
    rounds.reduce((all, round) => all + round[of], 0)
  return {
    format: parser.streams.states()[0]?.format ?? 'none',
    lines: sum('lines'),
    bytes: sum('bytes'),
    cpuSeconds: sum('cpuSeconds'),
    perSecond: middle.bytes / middle.cpuSeconds,
    linesPerSecond: middle.lines / middle.cpuSeconds,
    transactions: counts.transactions,
    flowShare: counts.transactions === 0 ? 0 : counts.flows / counts.transactions,
  }
}

/** With the encoding for the store: a thread's whole work. */
function run(parser: SegmentParser, segment: Buffer): ReturnType<SegmentParser['parse']> {
  parser.room(segment.length).set(segment)
  const parsed = parser.parse('bench', segment.length)
  encodeFlows('continuous', parsed.batch.flows)
  return parsed
}

function repeated(bytes: Buffer): Buffer {
  const times = Math.ceil(leastBytes / Math.max(1, bytes.length))
  return times > 1 ? Buffer.concat(new Array<Buffer>(times).fill(bytes)) : bytes
}

function segmentsOf(bytes: Buffer, receivedAtMs: number): Buffer[] {
  const head = encodeStream(1, {
    key: 'bench',
    listener: 'upload',
    peer: 'bench',
    source: 'bench',
    format: null,
    zone: null,
  })
  const segments: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.lastIndexOf(10, Math.min(bytes.length, from + segmentBytes) - 1)
    const to = feed < from ? bytes.length : feed + 1
    const payload = bytes.subarray(from, to)
    const block = { kind: kindLines, stream: 1, receivedAtMs, lines: countLines(payload) }
    segments.push(Buffer.concat([head, encodeBlock(block, payload)]))
    from = to
  }
  return segments
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
