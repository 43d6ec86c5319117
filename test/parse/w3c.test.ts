/** Columns named by `#Fields`: which header is whose, how long it holds, what a row must show. */
import { expect, test } from 'vitest'
import {
  compileFormats,
  formatNamed,
  loadDefinitions,
  shippedParsers,
} from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { w3cFields } from '../../src/parse/layout.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { timeZone } from '../../src/parse/zone.ts'
import type { Outcome, Transaction } from '../../src/parse/transaction.ts'

const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })

function read(lines: readonly string[], format = 'auto', zone: string | null = null): Outcome[] {
  const reader = new LineReader(
    formats,
    newReader(formatNamed(formats, format)),
    zone === null ? null : timeZone(zone),
  )
  return lines.map((line) => reader.read(Buffer.from(line), Date.parse('2026-11-01T00:00:00Z')))
}

/** What the last of `lines` says. */
function last(lines: readonly string[], format?: string, zone?: string): Outcome {
  const outcome = read(lines, format, zone).at(-1)
  if (outcome === undefined) throw new Error('no line was given')
  return outcome
}

function transaction(outcome: Outcome): Transaction {
  if (outcome.outcome !== 'transaction') throw new Error(`no transaction: ${outcome.reason}`)
  return outcome.transaction
}

const row = '2026-09-21 14:00:00 192.0.2.1 ann www.example.com 10 20'
const fields = '#Fields: date time c-ip cs-username cs-host sc-bytes cs-bytes'

test.each([
  ['blanks', '#Fields: date time c-ip', ['date', 'time', 'c-ip'], false],
  ['tabs', '#Fields: date\ttime\tc-ip', ['date', 'time', 'c-ip'], true],
  ['a tab behind the colon, blanks at the end', '#Fields:\tdate time  ', ['date', 'time'], false],
  ['names with blanks', '#Fields: IP protocol\tbytes sent', ['IP protocol', 'bytes sent'], true],
  ['lower case', '#fields: date time', ['date', 'time'], false],
  ['a tab without colon (Zeek)', '#fields\tts\tuid', ['ts', 'uid'], true],
  ['a byte order mark', '\uFEFF#Fields: date time', ['date', 'time'], false],
  ['a comment of columns', '#time_stamp "user" src_ip', ['time_stamp', 'user', 'src_ip'], false],
])('w3cFields reads %s', (_, line, names, tab) => {
  expect(w3cFields(line)).toEqual({ names, tab })
})

test.each([['#Software: Example'], ['#fields'], ['#Fields:'], ['date time c-ip']])(
  'w3cFields: %s is no header',
  (line) => {
    expect(w3cFields(line)).toBeNull()
  },
)

test.each([
  ['usual names', [], 'date time c-ip cs-username cs-host', 'GENERIC_W3C'],
  ['s-action', [], 'date time c-ip cs-host s-action', 'BLUECOAT'],
  ['SGOS', ['#Software: SGOS 7.3'], 'date time c-ip cs-host', 'BLUECOAT'],
  ['a filter result, no product', [], 'date time c-ip cs-host sc-filter-result', 'BLUECOAT'],
  [
    'a filter result of another product',
    ['#Software: Example Proxy'],
    'date time c-ip cs-host sc-filter-result',
    'GENERIC_W3C',
  ],
])('a header with %s', (_, before, names, format) => {
  expect(last([...before, `#Fields: ${names}`])).toMatchObject({ outcome: 'skipped', format })
})

test('a header without a known name is nobody’s, and ends the one before', () => {
  expect(last([fields, row])).toMatchObject({ outcome: 'transaction', format: 'GENERIC_W3C' })
  expect(last([fields, '#Fields: colour taste', row])).toMatchObject({ outcome: 'unparsed' })
})

test('date and time are UTC whatever the zone of the source', () => {
  expect(transaction(last([fields, row], 'auto', 'Europe/Berlin')).time).toBe(
    '2026-09-21T14:00:00.000Z',
  )
})

test.each([
  ['cut in the last number', '2026-09-21 14:00:00 192.0.2.1 ann www.example.com 10', null, null],
  ['whole', row, 20, 10],
  ['longer than the header', `${row} 30 "x y"`, 20, 10],
  ['with tabs', row.replaceAll(' ', '\t'), 20, 10],
])('a row that is %s', (_, line, bytesUp, bytesDown) => {
  expect(transaction(last([fields, line]))).toMatchObject({
    dstHost: 'www.example.com',
    user: 'ann',
    bytesUp,
    bytesDown,
  })
})

test.each([
  ['cut in its host', '2026-09-21 14:00:00 192.0.2.1 ann www.exam'],
  ['shifted by a blank', '2026-09-21 14:00:00 192.0.2.1 ann b www.example.com 10 20'],
  ['without an address', '2026-09-21 14:00:00 pc ann www.example.com 10 20'],
  ['of another day', '2026-13-41 14:00:00 192.0.2.1 ann www.example.com 10 20'],
])('a row %s is left', (_, line) => {
  expect(last([fields, line])).toMatchObject({ outcome: 'unparsed' })
})

test('a stamp right behind the priority belongs to the row', () => {
  expect(transaction(last([fields, `<134>${row}`]))).toMatchObject({
    time: '2026-09-21T14:00:00.000Z',
    srcIp: '192.0.2.1',
  })
})

test('a fixed format takes all its layouts', () => {
  const pairs = 'c-ip=192.0.2.1 cs-host=www.example.com s-action=TCP_HIT sc-bytes=10 cs-bytes=20'
  const line = `<134>Sep 21 14:00:00 sg1 ${pairs}`
  const outcomes = read(
    ['#Fields: date time c-ip cs-username cs-host sc-bytes cs-bytes', row, line],
    'BLUECOAT_SYSLOG',
  )
  expect(outcomes.map((o) => [o.outcome, o.format])).toEqual([
    ['skipped', 'BLUECOAT'],
    ['transaction', 'BLUECOAT'],
    ['transaction', 'BLUECOAT'],
  ])
})
