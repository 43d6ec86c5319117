import { describe, expect, test } from 'vitest'
import { lineLimits } from '../../src/limits.ts'
import { encodeBlock, encodeDrop, encodeStream, kindLines } from '../../src/spool/segment.ts'
import {
  asa,
  countedBlock,
  dayMs,
  fortigate,
  imbalance,
  linesBlock,
  ownLines,
  pan,
  panTraffic,
  parse,
  parseLines,
  parserOf,
  plain,
  receivedAtMs,
  segmentOf,
  squid,
  streamOf,
  sumsOf,
} from './parse-parts.ts'
import type { ParsedSegment } from '../../src/parse/parse-segment.ts'

const balanced = { lines: 0, bytes: 0 }

/** Reasons of the lines that are no transaction, in words. */
const reasonsOf = ({ batch }: ParsedSegment): string[] =>
  batch.ledger
    .filter(({ outcome }) => outcome === 'skipped' || outcome === 'unparsed')
    .map(({ outcome, reason, lines }) => `${lines} ${outcome}: ${reason}`)

describe('every line has one outcome', () => {
  test('lines of all kinds balance in lines and bytes', () => {
    const result = parseLines(ownLines)
    const sums = sumsOf(result.batch.ledger)
    expect(imbalance(result.batch.ledger)).toEqual(balanced)
    expect(result.lines).toBe(ownLines.length)
    expect(sums.received.lines).toBe(ownLines.length)
    expect(sums.transaction.lines).toBeGreaterThan(5)
    expect(sums.skipped.lines).toBeGreaterThan(3)
    expect(sums.unparsed.lines).toBeGreaterThan(0)
    const transactions = result.batch.flows.transactions.reduce((sum, n) => sum + n, 0)
    expect(transactions).toBe(sums.transaction.lines)
    expect(result.batch.unparsed).toHaveLength(sums.unparsed.lines)
  })

  test.each<[string, string | Uint8Array, string]>([
    ['an empty line', '', '1 skipped: empty line'],
    ['blanks', '   ', '1 skipped: empty line'],
    ['a lone CR', '\r', '1 skipped: empty line'],
    ['NULs', Buffer.alloc(9), '1 skipped: empty line'],
    ['a bare PRI', '<14>', '1 unparsed: no format matches'],
    [
      'noise',
      Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 7) % 256).filter((b) => b !== 10)),
      '1 unparsed: binary data',
    ],
    [
      'invalid UTF-8',
      Buffer.from('caf\xe9 no format \xff\xfe', 'latin1'),
      '1 unparsed: no format matches',
    ],
    ['a line of 1 MB', 'x'.repeat(1 << 20), '1 unparsed: line too long'],
    [
      'the longest line and one byte',
      'x'.repeat(lineLimits.lineBytes + 1),
      '1 unparsed: line too long',
    ],
    ['the longest line', 'x'.repeat(lineLimits.lineBytes), '1 unparsed: no format matches'],
    ['a comment', '# hello', '1 skipped: directive'],
  ])('%s', (_, line, want) => {
    const result = parseLines([squid, line, squid])
    expect(reasonsOf(result)).toEqual([want])
    expect(sumsOf(result.batch.ledger).transaction.lines).toBe(2)
    expect(imbalance(result.batch.ledger)).toEqual(balanced)
  })

  test('CRLF ends a line like LF', () => {
    const crlf = parseLines([`${squid}\r`, `${asa}\r`])
    const lf = parseLines([squid, asa])
    expect(crlf.batch.flows).toEqual(lf.batch.flows)
    expect(imbalance(crlf.batch.ledger)).toEqual(balanced)
  })

  test('a frame without its last LF loses neither the line nor a byte', () => {
    const payload = Buffer.from(`${squid}\n${asa}`)
    const block = encodeBlock({ kind: kindLines, stream: 1, receivedAtMs, lines: 2 }, payload)
    const { batch } = parse(parserOf(), segmentOf([block]))
    expect(sumsOf(batch.ledger).transaction).toEqual({ lines: 2, bytes: payload.length })
    expect(imbalance(batch.ledger)).toEqual(balanced)
  })

  test('octet counting: an LF inside a message does not part it', () => {
    const split = fortigate.replace(' srcport', '\nsrcport')
    const { batch } = parse(
      parserOf(),
      segmentOf([countedBlock([fortigate, `${asa}\n`, 'a\nb\n\nc', '', split])]),
    )
    expect(imbalance(batch.ledger)).toEqual(balanced)
    expect(sumsOf(batch.ledger)).toMatchObject({
      received: { lines: 5 },
      transaction: { lines: 3 },
      skipped: { lines: 1 },
      unparsed: { lines: 1 },
    })
    expect(Buffer.from(batch.unparsed[0].text).toString()).toBe('a\nb\n\nc')
  })

  test('unread lines are kept up to their bounds, all are counted', () => {
    const many = Array.from(
      { length: lineLimits.unparsedKeptPerSegment + 50 },
      (_, i) => `odd ${i}`,
    )
    const { batch } = parseLines(['y'.repeat(lineLimits.unparsedKeptBytes + 9), ...many])
    expect(batch.unparsed).toHaveLength(lineLimits.unparsedKeptPerSegment)
    expect(batch.unparsed[0].text).toHaveLength(lineLimits.unparsedKeptBytes)
    expect(batch.unparsed[0].bytes).toBe(lineLimits.unparsedKeptBytes + 9)
    expect(sumsOf(batch.ledger).unparsed.lines).toBe(many.length + 1)
    expect(imbalance(batch.ledger)).toEqual(balanced)
  })

  test('kept lines are copies: the next segment does not change them', () => {
    const parser = parserOf()
    const { batch } = parse(parser, segmentOf([linesBlock(['first odd line'])]))
    parse(parser, segmentOf([linesBlock(['other odd line'])]))
    expect(Buffer.from(batch.unparsed[0].text).toString()).toBe('first odd line')
  })
})

describe('time', () => {
  const at = (ms: number): string =>
    `${(ms / 1000).toFixed(3)} 1 10.1.2.6 TCP_MISS/200 5 GET http://a.example/ - HIER_NONE/- -`

  test.each([
    ['now', 0, []],
    ['at the end of the retention', -30 * dayMs, []],
    ['before it', -30 * dayMs - 1, ['1 unparsed: time before the retention']],
    ['ten years ago', -3652 * dayMs, ['1 unparsed: time before the retention']],
    ['as far ahead as a clock may be', 2 * dayMs, []],
    ['further ahead', 2 * dayMs + 1, ['1 unparsed: time in the future']],
    ['ten years ahead', 3652 * dayMs, ['1 unparsed: time in the future']],
  ])('%s', (_, off, want) => {
    const result = parseLines([at(receivedAtMs + off)])
    expect(reasonsOf(result)).toEqual(want)
    expect(imbalance(result.batch.ledger)).toEqual(balanced)
  })

  test('a snapshot takes any time a minute can be counted from', () => {
    const stream = streamOf('old.log', { report: 'snapshot-1' })
    const lines = [
      at(receivedAtMs - 3652 * dayMs),
      '1900-01-01 00:00:00 x',
      pan('a', 'b.example/').replaceAll('2026/10/15', '1960/01/01'),
    ]
    const result = parseLines(lines, stream)
    expect(result.batch.report).toBe('snapshot-1')
    expect(sumsOf(result.batch.ledger)).toMatchObject({
      transaction: { lines: 1 },
      unparsed: { lines: 2 },
    })
    expect(reasonsOf(result)).toContain('1 unparsed: time out of range')
  })

  test('a date that does not exist is no reason to fail, in any zone', () => {
    const bad = pan('a', 'b.example/')
      .replaceAll('2026/10/15', '2026/13/45')
      .replace('Oct 15', 'Foo 99')
    for (const zone of [null, 'Europe/Berlin', 'UTC'])
      expect(imbalance(parseLines([bad, asa], streamOf('x', { zone })).batch.ledger)).toEqual(
        balanced,
      )
  })

  test("the stream's zone moves stamps without one", () => {
    const minute = (zone: string | null): number =>
      parseLines([asa], streamOf('x', { zone })).batch.flows.minute[0]
    expect(minute(null) - minute('Europe/Berlin')).toBe(120)
    expect(minute(null) - minute('America/New_York')).toBe(-240)
  })
})

describe('streams', () => {
  const fields =
    '#Fields: date time c-ip cs-username cs-method cs-host cs-uri-path sc-status sc-bytes cs-bytes'

  test('a header holds for the segments after it, and over a restart', () => {
    const software = '#Software: SGOS 7.3.1.1'
    const row = '2026-10-15 09:59:58 10.1.2.10 ann GET d.example.com /x 200 100 50'
    const parser = parserOf()
    const first = parse(parser, segmentOf([linesBlock([software, fields])]))
    expect(first.batch.streams[0].layout).toBe(fields)
    const second = parse(parser, segmentOf([linesBlock([row])]))
    expect(sumsOf(second.batch.ledger).transaction.lines).toBe(1)
    const restarted = parserOf()
    restarted.streams.remember(second.batch.streams)
    const third = parse(restarted, segmentOf([linesBlock([row])]))
    expect(third.batch.flows).toEqual(second.batch.flows)
    expect(third.batch.streams[0].transactions).toBe(2)
  })

  test('do not mix: each line counts under its own stream and source', () => {
    const [a, b] = [streamOf('a'), streamOf('b', { source: 'branch' })]
    const blocks = [linesBlock([squid], 1), linesBlock([asa, asa], 2), linesBlock([squid], 1)]
    const { batch } = parse(parserOf(), segmentOf(blocks, a, b))
    const of = (key: string) => sumsOf(batch.ledger.filter(({ stream }) => stream === key))
    expect(of(a.key)).toMatchObject({ received: { lines: 2 }, transaction: { lines: 2 } })
    expect(of(b.key)).toMatchObject({ received: { lines: 2 }, transaction: { lines: 2 } })
    expect(batch.ledger.find(({ stream }) => stream === b.key)?.source).toBe('branch')
    expect(batch.streams.map(({ key, transactions }) => [key, transactions])).toEqual([
      [a.key, 2],
      [b.key, 2],
    ])
  })

  test('what a stream tells is counted by transaction', () => {
    const { streams } = parseLines([squid, squid.replace(' ann ', ' - '), asa]).batch
    expect(streams[0]).toMatchObject({
      transactions: 3,
      withUser: 1,
      withHost: 2,
      withBytes: 3,
      withAction: 3,
    })
    expect(streams[0]).toMatchObject({ lastSeenMs: receivedAtMs, format: 'SQUID_NATIVE' })
  })
})

describe('a segment', () => {
  test('parsed again by a new parser gives the same batch', () => {
    const segment = segmentOf([linesBlock(ownLines), countedBlock(ownLines)])
    expect(plain(parse(parserOf(), segment))).toEqual(plain(parse(parserOf(), segment)))
  })

  test('the room is used again: neither a larger segment before nor bytes behind it change a result', () => {
    const small = segmentOf([linesBlock([squid, asa, 'odd'])])
    const fresh = plain(parse(parserOf(), small)) as { batch: unknown; flows: unknown }
    const parser = parserOf()
    parser.room(3 << 20).fill(0x2c)
    parser.room(small.length + 5000).fill(0x31)
    parser.room(small.length).set(small)
    expect(plain(parser.parse('seg', small.length))).toEqual(fresh)
    const larger = segmentOf([linesBlock(Array.from({ length: 30_000 }, () => fortigate))])
    expect(sumsOf(parse(parser, larger).batch.ledger).transaction.lines).toBe(30_000)
    expect((plain(parse(parser, small)) as { flows: unknown }).flows).toEqual(fresh.flows)
  })

  test('minutes of one conversation become rows, bytes are summed', () => {
    const { flows } = parseLines([
      panTraffic(10, 100, 900),
      panTraffic(10, 1, 2),
      panTraffic(11, 5, 5),
    ]).batch
    expect(flows.rows).toBe(2)
    expect([...flows.transactions]).toEqual([2, 1])
    expect([...flows.bytesUp]).toEqual([101, 5])
    expect([...flows.bytesDown]).toEqual([902, 5])
    expect([...flows.bytesTotalKnown]).toEqual([2, 1])
  })

  test('empty: an empty batch', () => {
    const { batch, damaged } = parse(parserOf(), Buffer.alloc(0))
    expect({ rows: batch.flows.rows, ledger: batch.ledger, damaged }).toEqual({
      rows: 0,
      ledger: [],
      damaged: false,
    })
  })

  test('drops arrive in the ledger, as received and dropped', () => {
    const drop = encodeDrop({
      stream: streamOf('x'),
      reason: 'kernel-buffer',
      lines: 7,
      bytes: null,
      atMs: receivedAtMs,
    })
    const { batch } = parse(parserOf(), segmentOf([drop, linesBlock([squid])]))
    expect(batch.ledger.filter(({ stream }) => stream === 'tcp:5514|x')).toMatchObject([
      { outcome: 'received', lines: 7, bytes: null, source: 'edge', reason: '' },
      { outcome: 'dropped', lines: 7, bytes: null, source: 'edge', reason: 'kernel-buffer' },
    ])
  })
})

test('a format or a zone that is not known is told, and the lines are read', () => {
  const stream = streamOf('x', { format: 'GONE', zone: 'Mars/Base' })
  const { batch } = parseLines([squid], stream)
  expect(sumsOf(batch.ledger).transaction.lines).toBe(1)
  expect(batch.streams[0].reason).toMatch(
    /^format GONE is not known, zone Mars\/Base is not known; 1 of 1/,
  )
})

test('a stream block introduces a stream anew under another number', () => {
  const again = encodeStream(2, streamOf('192.0.2.1'))
  const { batch } = parse(
    parserOf(),
    segmentOf([linesBlock([squid]), again, linesBlock([squid], 2)]),
  )
  expect(batch.streams).toHaveLength(1)
  expect(batch.streams[0].transactions).toBe(2)
})
