import { describe, expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { formatNamed } from '../../src/parse/formats.ts'
import { newReader, verdict } from '../../src/parse/recognise.ts'
import { asa, fortigate, fullFormats, pan, receivedAtMs, squid } from './parse-parts.ts'

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
    '#Fields: x-one x-two x-three',
    '2026-10-15 09:59:58 10.1.2.10 ann GET d.example.com /x 200 100 50',
  ])
  expect(outcomes.map(([outcome]) => outcome)).toEqual([
    'skipped',
    'skipped',
    'transaction',
    'skipped',
    'unparsed',
  ])
})
