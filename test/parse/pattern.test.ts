/** What the language of definitions says about prose, sessions told by their start, bracketed columns and bare senders. */
import { describe, expect, test } from 'vitest'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Outcome, Transaction } from '../../src/parse/transaction.ts'

const head = `id: OURS
vendor: V
product: P
documentation: https://www.example.com/
summary: s
enable: e
`
const now = Date.parse('2026-11-01T00:00:00Z')

function outcomes(definition: string, lines: readonly string[]): Outcome[] {
  const formats = compileFormats([parseDefinition(head + definition, 'own.yaml')], { full: true })
  const reader = new LineReader(formats, newReader(null), null)
  return lines.map((line) => reader.read(Buffer.from(line), now))
}

function read(definition: string, line: string): Partial<Transaction> | string {
  const [outcome] = outcomes(definition, [line])
  return outcome.outcome === 'transaction' ? outcome.transaction : outcome.reason
}

describe('{x:words}', () => {
  const definition = `split: { type: pattern, anchors: ['MSG '] }
map: { time: t, srcIp: s, dstIp: d, category: c, bytesUp: n }
records: [{ name: r, patterns: ['MSG {t:word} {s:address} {c:words} {n:digits}({m:digits}) {d:address}'] }]
`
  test.each([
    ['one word', 'MSG 2026-10-15T09:30:00Z 192.0.2.1 a 7(1) 192.0.2.2', 'a'],
    [
      'several, numbers too',
      'MSG 2026-10-15T09:30:00Z 192.0.2.1 a 1 b(2) 7(1) 192.0.2.2',
      'a 1 b(2)',
    ],
  ])('is the fewest words so that the rest fits: %s', (_, line, category) => {
    expect(read(definition, line)).toMatchObject({ category, bytesUp: 7, dstIp: '192.0.2.2' })
  })

  test('does not fit when the rest never does', () => {
    expect(read(definition, 'MSG 2026-10-15T09:30:00Z 192.0.2.1 a 7 192.0.2.2')).toBe(
      'message text unknown',
    )
  })
})

test('what a template took before it failed is no value of the next one', () => {
  const definition = `split: { type: pattern, anchors: ['MSG '] }
map: { time: t, srcIp: s, dstIp: d, user: u }
records: [{ name: r, patterns: ['MSG {t:word} {u:word} {s:address} end', 'MSG {t:word} {s:word} {d:address}'] }]
`
  expect(read(definition, 'MSG 2026-10-15T09:30:00Z 192.0.2.1 192.0.2.2')).toMatchObject({
    user: null,
    srcIp: '192.0.2.1',
    dstIp: '192.0.2.2',
  })
})

test.each([
  ['2026-10-15T09:30:00Z,12,192.0.2.1,192.0.2.2', '2026-10-15T09:30:12.000Z'],
  ['2026-10-15T09:30:00Z,,192.0.2.1,192.0.2.2', '2026-10-15T09:30:00.000Z'],
  ['2026-10-15T09:30:00Z,x,192.0.2.1,192.0.2.2', '2026-10-15T09:30:00.000Z'],
])('plus adds seconds to the time: %s', (line, time) => {
  const definition = `split: { type: csv }
columns: { t: 0, n: 1, s: 2, d: 3 }
map: { time: { from: t, plus: n }, srcIp: s, dstIp: d }
`
  expect(read(definition, line)).toMatchObject({ time })
})

test('a W3C column in angle brackets may hold blanks', () => {
  const definition = `split: { type: w3c, angles: true }
header: { any: [x-block] }
map: { time: timestamp, srcIp: c-ip, dstHost: cs-host, category: { from: x-block, after: '<', part: { by: ',', at: 1 } } }
`
  const [, row] = outcomes(definition, [
    '#Fields: timestamp c-ip x-block cs-host',
    '1792056600.5 192.0.2.1 <a,"b, c",1>9> files.example.org',
  ])
  expect(row).toMatchObject({ transaction: { category: 'b, c', dstHost: 'files.example.org' } })
})

describe('a line behind a PRI', () => {
  const definition = `split: { type: kv }
when: { src: { address: true } }
map: { srcIp: src, dstIp: dst }
`
  test('has the time of its receipt when it tells none', () => {
    expect(read(definition, '<134>src=192.0.2.1 dst=192.0.2.2')).toMatchObject({
      time: '2026-11-01T00:00:00.000Z',
    })
    expect(read(definition, 'src=192.0.2.1 dst=192.0.2.2')).toBe('no time')
  })

  test('is not RFC 5424 when its stamp is an epoch', () => {
    const meraki = `split: { type: pattern, header: '1 {t:word} {device:word} ' }
map: { time: t, srcIp: s, dstIp: d }
records: [{ name: r, patterns: ['src={s:address} dst={d:address}'] }]
`
    expect(read(meraki, '<134>1 1792056600.25 mx src=192.0.2.1 dst=192.0.2.2 a b c')).toMatchObject(
      {
        time: '2026-10-15T09:30:00.250Z',
        dstIp: '192.0.2.2',
      },
    )
  })
})

test('the columns that Kiwi Syslog puts before a message are a header', () => {
  const definition = `split: { type: kv }
when: { $host: fw.example.org }
map: { srcIp: src, dstIp: dst }
`
  const line = (message: string): string =>
    `2026-10-15 09:30:00\tLocal4.Info\tfw.example.org\t${message}`
  expect(read(definition, line('src=192.0.2.1 dst=192.0.2.2'))).toMatchObject({
    time: '2026-10-15T09:30:00.000Z',
  })
  // other formats of its files
  for (const stamp of ['2026-10-15\t09:30:00', '10-15-2026\t09:30:00'])
    expect(
      read(definition, `${stamp}\tLocal4.Info\tfw.example.org\tsrc=192.0.2.1 dst=192.0.2.2`),
    ).toMatchObject({ time: '2026-10-15T09:30:00.000Z' })
  expect(
    read(definition, line('Oct 15 2026 07:30:00 fw.example.org : src=192.0.2.1 dst=192.0.2.2')),
  ).toMatchObject({
    time: '2026-10-15T07:30:00.000Z',
  })
})
