/** What the parse core's tests share: the shipped formats, lines of our own, segments, and a context to try splitters on. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteMap } from '../../src/lib/byte-map.ts'
import type { LedgerEntry } from '../../src/parse/batch.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { dataStart, LineContext } from '../../src/parse/line-context.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import type { ParsedSegment } from '../../src/parse/parse-segment.ts'
import type { StreamDescription } from '../../src/spool/frame-sink.ts'
import { encodeBlock, encodeStream, kindCounted, kindLines } from '../../src/spool/segment.ts'

const definitions = await loadDefinitions([shippedParsers])
export const flowFormats = compileFormats(definitions, { full: false })
export const fullFormats = compileFormats(definitions, { full: true })

/** Code of a format that is a few functions. */
export const noRest = { constants: [], reasons: [], pairs: null, cut: null }

export const receivedAtMs = Date.UTC(2026, 9, 15, 10)
export const dayMs = 86_400_000

export function parserOf(days = 30): SegmentParser {
  return new SegmentParser(flowFormats, { pastMsMax: days * dayMs, futureMsMax: 2 * dayMs })
}

export function streamOf(name: string, more: Partial<StreamDescription> = {}): StreamDescription {
  const key = `tcp:5514|${name}`
  return {
    key,
    listener: 'syslog-tcp',
    peer: name,
    source: 'edge',
    format: null,
    zone: null,
    ...more,
  }
}

/** A block of whole lines, each with its LF; `bytes` may hold anything. */
export function linesBlock(
  lines: readonly (string | Uint8Array)[],
  stream = 1,
  atMs = receivedAtMs,
): Buffer {
  const payload = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
  let count = 0
  for (const byte of payload) if (byte === 10) count++
  return encodeBlock({ kind: kindLines, stream, receivedAtMs: atMs, lines: count }, payload)
}

/** RFC 6587 octet counting. */
export function countedBlock(messages: readonly (string | Uint8Array)[], stream = 1): Buffer {
  const payload = Buffer.concat(
    messages.flatMap((message) => {
      const bytes = Buffer.from(message)
      return [Buffer.from(`${bytes.length} `), bytes]
    }),
  )
  return encodeBlock({ kind: kindCounted, stream, receivedAtMs, lines: messages.length }, payload)
}

export function segmentOf(blocks: readonly Buffer[], ...streams: StreamDescription[]): Buffer {
  const known = streams.length === 0 ? [streamOf('192.0.2.1')] : streams
  return Buffer.concat([...known.map((stream, i) => encodeStream(i + 1, stream)), ...blocks])
}

export function parse(parser: SegmentParser, segment: Buffer, id = 'seg'): ParsedSegment {
  parser.room(segment.length).set(segment)
  return parser.parse(id, segment.length)
}

/** Lines in a fresh parser, as one stream. */
export function parseLines(
  lines: readonly (string | Uint8Array)[],
  stream = streamOf('192.0.2.1'),
): ParsedSegment {
  return parse(parserOf(), segmentOf([linesBlock(lines)], stream))
}

/** Everything of a result as plain values: comparable. */
export function plain({ batch, damaged, lines, bytes }: ParsedSegment): unknown {
  const text = (column: { dictionary: readonly Uint8Array[]; index: Uint32Array }): string[] =>
    Array.from(column.index, (i) => Buffer.from(column.dictionary[i]).toString())
  const flows = Object.fromEntries(
    Object.entries(batch.flows).map(([name, column]: [string, unknown]) => {
      if (typeof column === 'number') return [name, column]
      if (ArrayBuffer.isView(column)) return [name, Array.from(column as Uint32Array)]
      return [name, text(column as never)]
    }),
  )
  const unparsedLines = batch.unparsed.map((line) => ({
    ...line,
    text: Buffer.from(line.text).toString('latin1'),
  }))
  return { ...batch, flows, unparsed: unparsedLines, damaged, lines, bytes }
}

export interface Sums {
  lines: number
  bytes: number
}

/** Lines and bytes of the ledger by outcome. */
export function sumsOf(ledger: readonly LedgerEntry[]): Record<LedgerEntry['outcome'], Sums> {
  const zero = (): Sums => ({ lines: 0, bytes: 0 })
  const sums = {
    received: zero(),
    transaction: zero(),
    skipped: zero(),
    unparsed: zero(),
    dropped: zero(),
  }
  for (const { outcome, lines, bytes } of ledger) {
    sums[outcome].lines += lines
    sums[outcome].bytes += bytes ?? 0
  }
  return sums
}

/** What is received and not accounted for: 0 lines and 0 bytes when the ledger balances. */
export function imbalance(ledger: readonly LedgerEntry[]): Sums {
  const { received, transaction, skipped, unparsed, dropped } = sumsOf(ledger)
  const rest = [transaction, skipped, unparsed, dropped]
  return {
    lines: received.lines - rest.reduce((sum, one) => sum + one.lines, 0),
    bytes: received.bytes - rest.reduce((sum, one) => sum + one.bytes, 0),
  }
}

export const pan = (user: string, url: string): string =>
  `<14>Oct 15 09:59:59 fw1 1,2026/10/15 09:59:58,001234567890,THREAT,url,2561,2026/10/15 09:59:58,10.1.2.3,203.0.113.9,0.0.0.0,0.0.0.0,web,${user},,ssl,vsys1,trust,untrust,ethernet1/1,ethernet1/2,syslog,,4711,1,50123,443,0,0,0x8000,tcp,alert,"${url}",(9999),business-and-economy,informational,client-to-server`

export const panTraffic = (minute: number, up: number, down: number): string => {
  const at = `2026/10/15 09:${String(minute).padStart(2, '0')}:30`
  return `<14>Oct 15 09:59:59 fw1 1,${at},001234567890,TRAFFIC,end,2561,${at},10.1.2.3,203.0.113.9,0.0.0.0,0.0.0.0,web,corp\\ann,,slack-base,vsys1,trust,untrust,ethernet1/1,ethernet1/2,syslog,${at},4711,1,50123,443,0,0,0x1c,tcp,allow,${up + down},${up},${down},12,${at},30,business-and-economy,0,1,2,10.0.0.0-10.255.255.255,US,0,6,6,tcp-fin`
}

export const fortigate =
  '<189>date=2026-10-15 time=09:59:58 devname="FG1" devid="FG100E0000000001" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.1.2.4 srcport=50124 dstip=203.0.113.10 dstport=443 proto=6 action="close" service="HTTPS" user="ben" hostname="files.example.com" sentbyte=1200 rcvdbyte=3400'

export const asa =
  '<166>Oct 15 2026 09:59:58 asa1 : %ASA-6-302014: Teardown TCP connection 4711 for outside:203.0.113.11/443 to inside:10.1.2.5/50125 duration 0:00:30 bytes 4242 TCP FINs'

export const squid =
  '1792058398.123    250 10.1.2.6 TCP_MISS/200 5120 GET http://www.example.org/a ann HIER_DIRECT/203.0.113.12 text/html'

export const ownLines: readonly string[] = [
  pan('corp\\ann', 'files.example.com/a?b="",c'),
  pan('', 'www.example.net/'),
  panTraffic(10, 100, 900),
  panTraffic(10, 1, 2).replace(',end,', ',start,'),
  fortigate,
  fortigate.replace('type="traffic"', 'type="event"'),
  asa,
  asa.replace('302014: Teardown', '302013: Built'),
  squid,
  squid.replace('GET http://www.example.org/a', 'CONNECT www.example.org:443'),
  '<134>Oct 15 09:59:58 host CEF:0|Vendor|Product|1.0|100|Web|3|rt=1792058398000 src=10.1.2.7 dst=203.0.113.13 dhost=a.example.com request=https://a.example.com/x suser=ann act=allowed in=10 out=20 cs1Label=cat cs1=a\\=b c',
  '<134>1 2026-10-15T09:59:58.123Z host app 12 ID7 [x@1 a="b\\"]"] \ufeff{"src_ip":"10.1.2.8","dest_ip":"203.0.113.14","url":"https:\\/\\/b.example.com\\/\\u00e9"}',
  'LEEF:2.0|Vendor|Product|1.0|100|^|src=10.1.2.9^dst=203.0.113.15^usrName=ann^url=https://c.example.com/',
  '#Software: SGOS 7.3.1.1',
  '#Fields: date time time-taken c-ip cs-username s-action cs-method cs-host cs-uri-path sc-status sc-bytes cs-bytes',
  '2026-10-15 09:59:58 12 10.1.2.10 ann TCP_MISS GET d.example.com /x 200 100 50',
  '"time","user","host","srcip"',
  '-- MARK --',
  'last message repeated 3 times',
  '',
  '<14>',
  '<',
  'no format at all',
]

/** Lines of the samples, when there are some, besides our own. */
export function corpus(most: number): Buffer[] {
  const root = join(import.meta.dirname, '../../samples')
  const lines = ownLines.map((line) => Buffer.from(line))
  for (const file of globSync('**/*.log', { cwd: root }).toSorted()) {
    const bytes = readFileSync(join(root, file))
    let from = 0
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      lines.push(bytes.subarray(from, to))
      from = to + 1
    }
  }
  const step = Math.max(1, Math.floor(lines.length / most))
  return lines.filter((_, i) => i % step === 0 || i < ownLines.length)
}

/** All of `list` in an order that `seed` decides. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const out = [...list]
  let state = seed
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const at = state % (i + 1)
    ;[out[i], out[at]] = [out[at], out[i]]
  }
  return out
}

const shared = new LineContext(1 << 20)

/**
 * The one context of a test file, holding `text`, with noise behind it so that a reader that looks too far is seen. It is
 * used again: what the line before left in it must not matter either.
 */
export function contextOf(
  text: string | Uint8Array,
  noise = '',
): { c: LineContext; start: number; end: number } {
  const bytes = Buffer.from(text)
  shared.clearRecord()
  shared.slotStart.fill(0)
  shared.slotEnd.fill(0)
  shared.buf.set(bytes, dataStart)
  const end = dataStart + bytes.length
  shared.buf.fill(0, end, end + 64 + noise.length)
  shared.buf.set(Buffer.from(noise), end)
  shared.receivedAtMs = receivedAtMs
  shared.zone = null
  return { c: shared, start: dataStart, end }
}

/** Slots by name. */
export function keysOf(names: readonly string[]): ByteMap {
  return new ByteMap(
    names.map((name, i) => [name, i]),
    { fold: false },
  )
}

/** Text of the first `count` slots; null = absent. */
export function slotsOf(c: LineContext, count: number): (string | null)[] {
  return Array.from({ length: count }, (_, i) =>
    c.slotEnd[i] <= c.slotStart[i]
      ? null
      : Buffer.from(c.buf.subarray(c.slotStart[i], c.slotEnd[i])).toString('utf8'),
  )
}

/** `0..count-1` as column slots. */
export const allColumns = (count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => i)
