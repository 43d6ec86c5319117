/** Settings of the reference product's custom parser become a format that reads the same lines. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/parse/compile.ts'
import { formatSet, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { definitionOf } from '../../src/parse/mapped-format.ts'
import { importSettings } from '../../src/parse/mda-settings.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Outcome } from '../../src/parse/transaction.ts'

function read(settings: string, lines: readonly string[]): Outcome[] {
  const { format } = importSettings(settings)
  const compiled = compile(parseDefinition(definitionOf(format), 'imported'), { full: true })
  const formats = formatSet([compiled])
  const reader = new LineReader(formats, newReader(compiled), null)
  return lines.map((line) => reader.read(Buffer.from(line), Date.UTC(2026, 9, 15)))
}

const csv = `
Parser type: CSV
Parser name: Branch gateway
Delimiter: Comma
Timestamp: { column: Timestamp, format: d/M/yyyy HH:mm:ss a }
Source IP column: src
Destination IP: dst
Username: Orig
Username format: Other
Total bytes: total
Action: Action
Deny action term: Blocked
`

test("the manual's own example", () => {
  const outcomes = read(csv, [
    'Timestamp,Orig,Type,Action,alert,i/f_ct,sys_message,Service,s_port,src,dst,total,Protocol',
    '22/03/2026 11:42:03 AM,ann,Log,Accept,,1,,http,50123,192.0.2.7,files.example.com,4120,tcp',
    '9/3/2026 14:05:07 PM,ben,Log,Blocked,,1,,http,50124,192.0.2.8,203.0.113.9,12,tcp',
    // more fields than the header names
    '22/03/2026 11:42:04 AM,ann,Log,Accept,,1,,http,50123,192.0.2.7,files.example.com,4120,tcp,more',
    // fewer
    '22/03/2026 11:42:04 AM,ann,Log,Accept,,1',
  ])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    'skipped',
    'transaction',
    'transaction',
    'transaction',
    'unparsed',
  ])
  expect(outcomes[1]).toMatchObject({
    format: 'BRANCH_GATEWAY',
    transaction: {
      time: '2026-03-22T11:42:03.000Z',
      srcIp: '192.0.2.7',
      user: 'ann',
      dstHost: 'files.example.com',
      dstIp: null,
      bytesTotal: 4120,
      action: 'allowed',
    },
  })
  expect(outcomes[2]).toMatchObject({
    transaction: { time: '2026-03-09T14:05:07.000Z', dstIp: '203.0.113.9', action: 'blocked' },
  })
})

test('key-value, date and time apart', () => {
  const settings = `{"Parser type":"Key-value","Parser name":"kv","Delimiter":"|","Date":"d","Date format":"yyyy-MM-dd",
    "Time":"t","Time format":"HH:mm:ss","Source IP":"SrcIP","Destination URL":"URL","Uploaded bytes":"up","Downloaded bytes":"down"}`
  const lines = [
    'd=2026-10-14|t=09:30:00|srcip=192.0.2.7|url=https://files.example.com/|up=1|down=2',
  ]
  expect(read(settings, lines)[0]).toMatchObject({
    transaction: { time: '2026-10-14T09:30:00.000Z', dstHost: 'files.example.com', bytesUp: 1 },
  })
})

test('custom header names for files without header', () => {
  const settings = csv.replace(
    'Delimiter: Comma',
    'Delimiter: Tab\nCustom header: [Timestamp, src, Orig, dst, total, Action]',
  )
  const line = '22/03/2026 11:42:03 AM\t192.0.2.7\tann\tfiles.example.com\t9\tAccept'
  expect(read(settings, [line])[0]).toMatchObject({ transaction: { user: 'ann', bytesTotal: 9 } })
})

describe('forms of dates', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss', undefined],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSX", undefined],
    ['dd/MMM/yyyy:HH:mm:ss Z', undefined],
    ['MMM d yyyy HH:mm:ss', undefined],
    ['EEE MMM d HH:mm:ss yyyy', undefined],
    ['M/d/yyyy h:mm:ss a', 'month-first'],
    ['dd.MM.yyyy HH:mm', 'day-first'],
    ['dd-MM-yy HH:mm:ss', 'day-first'],
    ['yyyyMMddHHmmss', undefined],
  ])('%s', (pattern, order) => {
    const { format } = importSettings(csv.replace('d/M/yyyy HH:mm:ss a', `"${pattern}"`))
    expect(format.time.order).toBe(order)
  })

  test.each(['HH:mm:ss yyyy/MM/dd', 'yyyy_MM_dd HH-mm-ss'])('%s cannot be read, and that is said', (pattern) => {
    expect(() => importSettings(csv.replace('d/M/yyyy HH:mm:ss a', pattern))).toThrow(/cannot be read; use another form/)
  }) // prettier-ignore
})

test.each<[string, string, RegExp]>([
  ['nothing', '', /no entries/],
  ['no YAML', 'a: [', /custom parser's settings/],
  ['an entry of another dialog', `${csv}Colour: red\n`, /Colour is no entry of the dialog/],
  ['no source', csv.replace(/Source IP.*\n/, ''), /Source IP is missing/],
  ['no destination', csv.replace(/Destination IP.*\n/, ''), /no column tells where/],
  ['no time', csv.replace(/Timestamp:.*\n/, ''), /Timestamp, or Date and Time, is missing/],
  [
    'a column that the header has not',
    `${csv}Custom header: [a, b]\n`,
    /no column is named Timestamp/,
  ],
])('%s is refused with what is wrong', (_, settings, message) => {
  expect(() => importSettings(settings)).toThrow(message)
})

test('what is read another way than there is told', () => {
  expect(importSettings(csv).notes.join(' ')).toMatch(
    /username format is not needed.*Host names in the destination IP.*any order and case/,
  )
})
