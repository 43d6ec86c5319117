import { describe, expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { formatNamed } from '../../src/parse/formats.ts'
import { formatOfLine } from '../../src/parse/format-search.ts'
import { readLine } from '../../src/parse/recognise.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { StreamReader } from '../../src/parse/stream-reader.ts'
import { verdict } from '../../src/parse/verdict.ts'
import type { CompiledFormat } from '../../src/parse/compile.ts'
import { peelEnvelope } from '../../src/parse/envelope.ts'
import { dataStart, LineContext, refused } from '../../src/parse/line-context.ts'
import {
  asa,
  corpus,
  fortigate,
  fullFormats,
  pan,
  receivedAtMs,
  shuffled,
  squid,
} from './parse-parts.ts'

function verdictOf(lines: readonly string[], fixed: string | null = null) {
  const stream = newReader(fixed === null ? null : formatNamed(fullFormats, fixed))
  const reader = new LineReader(fullFormats, stream, null)
  const outcomes = lines.map((line) => reader.read(Buffer.from(line), receivedAtMs))
  return { ...verdict(stream), outcomes: outcomes.map(({ outcome, format }) => [outcome, format]) }
}

describe('a stream', () => {
  test.each([
    ['PALO_ALTO', pan('ann', 'a.example.com/')],
    ['FORTIGATE', fortigate],
    ['CISCO_ASA', asa],
    ['SQUID_NATIVE', squid],
  ])('of %s lines is one, surer with each line', (id, line) => {
    const one = verdictOf([line])
    const many = verdictOf(Array.from({ length: 100 }, () => line))
    expect([one.format, many.format]).toEqual([id, id])
    expect(one.confidence).toBe(0.5)
    expect(many.confidence).toBeGreaterThan(0.98)
    expect(many.reason).toBe(`100 of 100 lines fit ${id}`)
  })

  test.each([
    ['zeros before it', `${'\0'.repeat(700)}${fortigate}`],
    ['zeros and a byte order mark before it', `\0\uFEFF${fortigate}`],
    ['zeros behind it', `${fortigate}\0\0`],
    ['zeros on both sides, among others', `\0${fortigate}\0`],
  ])('reads a line with %s', (_, line) => {
    const read = ['transaction', 'FORTIGATE']
    expect(verdictOf([line, fortigate, line]).outcomes).toEqual([read, read, read])
  })

  test('of several formats reads each line as what it is, whatever the order', () => {
    const lines = [asa, fortigate, squid, asa, pan('ann', 'a.example.com/'), squid, asa]
    const ids = [
      'CISCO_ASA',
      'FORTIGATE',
      'SQUID_NATIVE',
      'CISCO_ASA',
      'PALO_ALTO',
      'SQUID_NATIVE',
      'CISCO_ASA',
    ]
    const { format, reason, outcomes } = verdictOf(lines)
    expect(outcomes).toEqual(ids.map((id) => ['transaction', id]))
    expect(format).toBe('CISCO_ASA')
    expect(reason).toBe(
      '3 of 7 lines fit CISCO_ASA; the rest: 2 SQUID_NATIVE, 1 FORTIGATE, 1 PALO_ALTO',
    )
  })

  test('of several formats asks no others once it knows them: the lines keep their speed', () => {
    let asked = 0
    const ordered = fullFormats.ordered.map((format) => ({
      ...format,
      parse: (...given: Parameters<typeof format.parse>) => {
        asked++
        return format.parse(...given)
      },
    }))
    const reader = new LineReader({ ...fullFormats, ordered }, newReader(null), null)
    const lines = [asa, fortigate, squid, pan('ann', 'a.example.com/')]
    const read = (line: string): string => reader.read(Buffer.from(line), receivedAtMs).outcome
    for (const line of lines) read(line)
    const first = asked
    expect(first).toBeGreaterThan(lines.length)
    for (let i = 0; i < 100; i++) expect(read(lines[i % lines.length])).toBe('transaction')
    expect(asked - first).toBe(100)
  })

  test('with unread lines says how many', () => {
    expect(verdictOf([squid, squid, 'odd']).reason).toBe(
      '2 of 3 lines fit SQUID_NATIVE; the rest: 1 unread',
    )
    expect(verdictOf(['odd', 'odder'])).toMatchObject({
      format: null,
      confidence: 0,
      reason: 'none of 2 lines fits a known format',
    })
  })

  test('fixed by the admin reads nothing else', () => {
    const { format, confidence, reason, outcomes } = verdictOf([asa, squid], 'SQUID_NATIVE')
    expect({ format, confidence, reason }).toEqual({
      format: 'SQUID_NATIVE',
      confidence: 1,
      reason: 'fixed by the configuration',
    })
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['unparsed', 'transaction'])
  })
})

test('a new #Fields line ends the columns before it, also when nobody knows the new ones', () => {
  const { outcomes } = verdictOf([
    '#Software: SGOS 7.3.1.1',
    '#Fields: date time c-ip cs-username cs-method cs-host cs-uri-path sc-status sc-bytes cs-bytes',
    '2026-10-15 09:59:58 10.1.2.10 ann GET d.example.com /x 200 100 50',
    '#Software: something else 1.0',
    '#Fields: x-one x-two x-three',
    '2026-10-15 09:59:58 10.1.2.10 ann GET d.example.com /x 200 100 50',
  ])
  expect(outcomes.map(([outcome]) => outcome)).toEqual([
    'skipped',
    'skipped',
    'transaction',
    'skipped',
    'skipped',
    'unparsed',
  ])
})

/** Lines that stand alone: no header, and none that is read by a header. */
const alone = corpus(1_000_000).filter((line) => line.length > 0 && line[0] !== 35)

test('lines of all formats on one port are read as if each came alone', () => {
  const c = new LineContext(1 << 17)
  const read = (line: Buffer, reader: StreamReader): string => {
    c.buf.set(line, dataStart)
    c.receivedAtMs = receivedAtMs
    const outcome = readLine(c, dataStart, dataStart + line.length, fullFormats, reader)
    return `${outcome} ${formatOfLine()?.id}`
  }
  const signed = alone.filter((line) => signatures(line).length > 0)
  expect(signed.length).toBeGreaterThan(alone.length / 2)
  const wants = new Map(signed.map((line) => [line, read(line, newReader(null))]))
  for (const seed of [1, 2]) {
    const one = newReader(null)
    const wrong = shuffled(signed, seed).filter((line) => read(line, one) !== wants.get(line))
    expect({ seed, wrong: wrong.map(String) }).toEqual({ seed, wrong: [] })
  }
}, 60_000)

const asked = new LineContext(1 << 17)

/** All formats with a signature of their own that take the line, whatever the order. */
function signatures(line: Buffer): CompiledFormat[] {
  const c = asked
  let end = dataStart + line.length
  c.buf.set(line, dataStart)
  c.receivedAtMs = receivedAtMs
  while (end > dataStart && (c.buf[end - 1] === 13 || c.buf[end - 1] === 32)) end--
  peelEnvelope(c, dataStart, end)
  c.lineEnd = c.recordStop = end
  const { messageStart } = c
  return fullFormats.ordered.filter((format) => {
    if (format.definition.generic || format.definition.when === undefined) return false
    c.clearLine()
    c.clearRecord()
    c.messageStart = messageStart
    return format.parse(c, end, null) !== refused
  })
}

test('no sample line shows the signatures of two formats', () => {
  // an access log entry of Cisco's that is cut off within the word that tells it from Squid's
  const cut = (line: Buffer): boolean => line.toString().endsWith(' DEFAULT_CA')
  const twice = alone.flatMap((line) => {
    if (cut(line)) return []
    const ids = new Set(signatures(line).map(({ id }) => id))
    return ids.size > 1 ? [`${[...ids].join(' and ')}: ${line.toString().slice(0, 200)}`] : []
  })
  expect(twice).toEqual([])
})
