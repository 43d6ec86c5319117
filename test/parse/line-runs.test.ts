/** Runs of lines against the same lines one by one: what they say, what is counted, what is known of the stream afterwards. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { generatedSamples, mixed } from '../../src/bench/samples.ts'
import { compile } from '../../src/parse/compile.ts'
import { FlowTable } from '../../src/parse/flows.ts'
import { KeyMemory } from '../../src/parse/key-memory.ts'
import { LineContext } from '../../src/parse/line-context.ts'
import { runKeysAt, runLinesAt } from '../../src/parse/line-run.ts'
import { LineRuns } from '../../src/parse/line-runs.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import type { ParsedSegment } from '../../src/parse/parse-segment.ts'
import type { StreamDescription } from '../../src/spool/frame-sink.ts'
import { Damage } from './oracle/damage.ts'
import { sampleLines } from './oracle/lines.ts'
import { seed } from './oracle/seed.ts'
import {
  dayMs,
  flowFormats,
  fullFormats,
  linesBlock,
  parse,
  plain,
  receivedAtMs,
  segmentOf,
  streamOf,
} from './parse-parts.ts'

const sampleFolder = join(import.meta.dirname, '../../samples')
const upload: Partial<StreamDescription> = { listener: 'upload' }

/** Both ways over the same segments, one after the other; gives those of the runs. */
function both(
  segments: readonly (readonly (string | Uint8Array)[])[],
  more: Partial<StreamDescription>,
): ParsedSegment[] {
  const [ours, theirs] = [true, false].map(
    (runs) => new SegmentParser(flowFormats, { pastMsMax: 400 * dayMs, futureMsMax: dayMs, runs }),
  )
  return segments.map((lines, i) => {
    // by turns two streams, whose stamps mean other times: of another zone, received in another year
    const half = lines.slice(0, lines.length >> 1)
    const laterMs = receivedAtMs + 100 * dayMs
    const segment = segmentOf(
      [
        linesBlock(half),
        linesBlock(half, 2, laterMs),
        linesBlock(lines.slice(half.length)),
        linesBlock(half, 2, laterMs),
      ],
      streamOf('192.0.2.1', more),
      streamOf('192.0.2.2', { ...more, zone: 'America/New_York' }),
    )
    const one = parse(theirs, segment)
    const run = parse(ours, segment)
    expect({ segment: i, ...(plain(run) as object) }).toEqual({
      segment: i,
      ...(plain(one) as object),
    })
    expect(one.linesInRuns).toBe(0)
    return run
  })
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').trimEnd().split('\n')
const generated = generatedSamples(receivedAtMs, 400)

describe('lines of one device, and of several behind a relay', () => {
  test.each<[string, Buffer, number]>([
    ...[...generated].map(([name, bytes]): [string, Buffer, number] => [name, bytes, 0.7]),
    ['mixed', mixed(generated), 0.4],
  ])('%s', (_name, bytes, share) => {
    // as of a busy device: several lines have one header
    const lines = linesOf(bytes).flatMap((line) => new Array<string>(4).fill(line))
    const [, , last] = both([lines, lines, lines], upload)
    expect(last.linesInRuns / last.lines).toBeGreaterThanOrEqual(share)
    // a live stream is watched: its clock, and samples of its lines
    both([lines, lines], {})
    // the admin's own choice, right for some of the lines
    both([lines], { ...upload, format: 'PALO_ALTO' })
  })
})

/** Lines that look like those of a run, and are not, among some that are. */
test.each<[string, readonly string[]]>([
  [
    'a device’s line as the first cell of an export',
    [
      '"date=2026-10-15 time=09:30:00 devname=fw1 devid=FG100 logid=0000000013 type=traffic subtype=forward srcip=10.1.2.3 dstip=192.0.2.9 dstport=443 proto=6 action=close sentbyte=12 rcvdbyte=34",edge,1',
      '"10.1.2.3","-","ann","[15/Oct/2026:09:30:00 +0000]"',
    ],
  ],
  [
    'cut where senders cut',
    [1020, 1021, 1024, 2048].flatMap((length) => {
      const line =
        'date=2026-10-15 time=09:30:00 devname="fw1" devid="FG100" logid="0000000013" type="traffic" subtype="forward" srcip=10.1.2.3 dstip=192.0.2.9 dstport=443 proto=6 action="close" duration=1 note='
      const rest = ' sentbyte=12 rcvdbyte=345678'
      return [`${line}${'x'.repeat(length - line.length - rest.length)}${rest}`]
    }),
  ],
  [
    'of the future, and older than what is kept',
    ['1999999999.123', '1192526200.456', '1792056600.789'].map(
      (stamp) =>
        `${stamp}    120 10.1.2.3 TCP_MISS/200 4711 GET http://www.example.com/a ann HIER_DIRECT/192.0.2.9 text/html`,
    ),
  ],
])('%s', (_name, lines) => {
  const plainLines = linesOf(generated.get('FortiGate') ?? Buffer.alloc(0))
    .slice(0, 20)
    .concat(linesOf(generated.get('Squid native') ?? Buffer.alloc(0)).slice(0, 20))
  const mixture = plainLines.flatMap((line, i) => [line, lines[i % lines.length]])
  both([mixture, mixture], upload)
  both([mixture, mixture], {})
})

test('keys that stood in a table which is gone stand nowhere', () => {
  const c = new LineContext(1 << 16, { native: true })
  const runs = new LineRuns(c, new FlowTable())
  const shipped = flowFormats.byId.get('FORTIGATE')
  if (shipped === undefined) throw new Error('BUG: FORTIGATE is not shipped')
  // of its own: how lines of other tests were split is remembered with a format
  const fortigate = compile(shipped.definition, { full: false })
  expect(runs.isWorth(newReader(fortigate))).toBe(true)
  const keys = () => c.words.subarray(runKeysAt / 4, runLinesAt / 4).filter((at) => at !== 0)
  expect(keys()).toHaveLength(1)
  for (let i = 0; i < 20; i++) c.native?.keysAt(c, new KeyMemory())
  expect(keys()).toHaveLength(0)
  runs.refresh(fortigate)
  expect(keys()).toHaveLength(1)
})

test('pairs of more formats than there are tables of keys', () => {
  const ofFormat = new Map<string, string>()
  for (const { format, text } of sampleLines(fullFormats, receivedAtMs))
    if (format.definition.split.type === 'kv' && !ofFormat.has(format.definition.id))
      ofFormat.set(format.definition.id, text)
  expect(ofFormat.size).toBeGreaterThan(14)
  const lines = [...ofFormat.values()].flatMap((line) =>
    new Array<Buffer>(3).fill(Buffer.from(line, 'latin1')),
  )
  both([lines, lines, lines, lines], upload)
})

test('sample lines that come again and again, some of them damaged', () => {
  const damage = new Damage(seed)
  const texts = sampleLines(fullFormats, receivedAtMs)
    .filter(({ format }) => !format.id.startsWith('WINDOWS_'))
    .map(({ text }) => text)
    .filter((text) => !text.startsWith('#'))
  const endMs = performance.now() + 5000
  let inRuns = 0
  for (let round = 0; round < 400 && (round < 20 || performance.now() < endMs); round++) {
    // lines that stand together in the samples: one vendor's, and its neighbour's
    const from = damage.number(texts.length)
    const few = texts.slice(from, from + 6)
    const line = (): string => {
      const one = damage.one(few)
      const text = damage.number(6) === 0 ? damage.damaged(one, texts) : one
      const stamped = damage.number(40) === 0 ? text.replaceAll(/\d(?=\d\b)/g, '7') : text
      return damage.number(30) === 0 ? `${stamped}\r` : stamped
    }
    const lines = Array.from({ length: 60 }, line).flatMap((text) =>
      new Array<Buffer>(1 + damage.number(5)).fill(Buffer.from(text, 'latin1')),
    )
    const more = damage.number(2) === 0 ? upload : { zone: 'Europe/Berlin' }
    for (const { linesInRuns } of both([lines, lines], more)) inRuns += linesInRuns
  }
  expect(inRuns).toBeGreaterThan(1000)
}, 60_000)

test('rows under a header, among them damaged ones, others’ lines and the header again', () => {
  const damage = new Damage(seed + 1)
  const files = globSync('**/*.log', { cwd: sampleFolder }).map((path) =>
    readFileSync(join(sampleFolder, path), 'latin1').trimEnd().split('\n'),
  )
  const isHeader =
    /^(?:\uFEFF|ï»¿)?(?:#|"?[A-Za-z][\w .()/-]*"?(?:[,;\t]"?[A-Za-z][\w .()/[\]-]*"?){4,}$)/
  const headed = files.flatMap(([first, ...rest]) => {
    if (!isHeader.test(first)) return []
    const rows = rest.filter((line) => !line.startsWith('#'))
    return [{ head: [first, ...rest.filter((line) => line.startsWith('#'))], rows }]
  })
  expect(headed.length).toBeGreaterThan(20)
  const others = [...generated.values()].flatMap((bytes) => linesOf(bytes).slice(0, 3))
  const endMs = performance.now() + 3000
  let inRuns = 0
  for (let round = 0; round < 400 && (round < 20 || performance.now() < endMs); round++) {
    const { head, rows } = damage.one(headed)
    const row = (): string[] => {
      const one = damage.one(rows)
      const how = damage.number(40)
      if (how === 0) return head
      if (how < 4) return [damage.one(others)]
      if (how < 7) return [damage.damaged(one, rows)]
      if (how < 9) return [`${one},more "of it" x`]
      return new Array<string>(1 + damage.number(4)).fill(one)
    }
    const lines = [...head, ...Array.from({ length: 80 }, row).flat()]
    const bytes = lines.map((line) => Buffer.from(line, 'latin1'))
    for (const { linesInRuns } of both([bytes, bytes], damage.number(2) === 0 ? upload : {}))
      inRuns += linesInRuns
  }
  expect(inRuns).toBeGreaterThan(500)
}, 60_000)
