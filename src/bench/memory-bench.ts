/** What a parse thread remembers, at its worst: connections of which no two have a user, an address or a host in common. */
import { encodeFlows } from '../parse/flow-block.ts'
import type { FormatSet } from '../parse/formats.ts'
import { SegmentParser } from '../parse/parse-segment.ts'
import { encodeBlock, encodeStream, kindLines } from '../spool/segment.ts'

export interface MemoryFigure {
  /** Distinct values read. */
  values: number
  lines: number
  bytes: number
  /** Resident memory before the first segment, and the most behind any. */
  startBytes: number
  peakBytes: number
  /** Times the dictionaries were full and began anew. */
  resets: number
  /** Resident memory behind each tenth of the values. */
  curve: { values: number; residentBytes: number; resets: number }[]
}

/** User, two addresses, host. */
export const valuesOfLine = 4
const linesOfSegment = 40_000
const dayMs = 86_400_000

const address = (net: number, i: number): string =>
  `${net + (i >> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`

/** `count` lines from number `first` on; line i has values that no other has. */
export function distinctLines(first: number, count: number, atMs: number): Buffer {
  const iso = new Date(atMs).toISOString()
  const stamp = `date=${iso.slice(0, 10)} time=${iso.slice(11, 19)} tz="+0000"`
  const lines = Array.from({ length: count }, (_, k) => {
    const i = first + k
    return (
      `<189>${stamp} devname="FGT-100F" devid="FG100FTK00000001" logid="0000000013" type="traffic" subtype="forward" level="notice" ` +
      `srcip=${address(10, i)} srcport=50000 dstip=${address(64, i)} dstport=443 proto=6 action="close" policyid=7 user="u${i}@example.com" ` +
      `service="HTTPS" app="Slack" duration=7 sentbyte=1200 rcvdbyte=3400 hostname="h${i}.example.org"\n`
    )
  })
  return Buffer.from(lines.join(''), 'latin1')
}

/** Reads segments with `values` distinct values in all, as one parse thread does. */
export function benchMemory(
  formats: FormatSet,
  options: { values: number; nowMs: number; resident: () => number },
): MemoryFigure {
  const { values, nowMs, resident } = options
  const parser = new SegmentParser(formats, { pastMsMax: 400 * dayMs, futureMsMax: 2 * dayMs })
  const startBytes = resident()
  const figure: MemoryFigure = {
    values: 0,
    lines: 0,
    bytes: 0,
    startBytes,
    peakBytes: startBytes,
    resets: 0,
    curve: [],
  }
  const description = { key: 'bench', listener: 'upload', peer: 'bench', source: 'bench' }
  const head = encodeStream(1, { ...description, format: null, zone: null })
  while (figure.values < values) {
    const missing = Math.ceil((values - figure.values) / valuesOfLine)
    const lines = Math.min(linesOfSegment, missing)
    const payload = distinctLines(figure.lines, lines, nowMs)
    const block = encodeBlock({ kind: kindLines, stream: 1, receivedAtMs: nowMs, lines }, payload)
    const segment = Buffer.concat([head, block])
    parser.room(segment.length).set(segment)
    const { batch, forgot } = parser.parse('bench', segment.length)
    encodeFlows('continuous', batch.flows)
    if (batch.flows.rows !== lines)
      throw new Error('BUG: lines of the bench are no flows of their own')
    figure.lines += lines
    figure.bytes += payload.length
    figure.values += lines * valuesOfLine
    if (forgot) figure.resets++
    const residentBytes = resident()
    figure.peakBytes = Math.max(figure.peakBytes, residentBytes)
    if (figure.values >= (values * (figure.curve.length + 1)) / 10)
      figure.curve.push({ values: figure.values, residentBytes, resets: figure.resets })
  }
  return figure
}
