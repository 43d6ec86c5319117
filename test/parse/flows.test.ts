import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FlowColumns, TextColumn } from '../../src/parse/batch.ts'
import { FlowTable } from '../../src/parse/flows.ts'
import { dataStart, LineContext, numberFields, textFields } from '../../src/parse/line-context.ts'
import { normalisers } from '../../src/parse/record.ts'

interface Given {
  minute: number
  second: number
  stream: string
  format: string
  text: Record<(typeof textFields)[number], string>
  numbers: number[]
  action: number
  record: number
}

const keyFields = [
  'srcIp',
  'srcHost',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'protocol',
  'appProtocol',
  'appHint',
] as const
const actions = ['', 'allowed', 'blocked']
const records = ['session', 'web', 'dns']

/** Puts a transaction into the context as a compiled parser does. */
function fill(c: LineContext, given: Given): void {
  c.clearRecord()
  let at = dataStart
  for (const [i, field] of textFields.entries()) {
    const bytes = Buffer.from(given.text[field])
    c.buf.set(bytes, at)
    c.text[i * 2] = at
    c.text[i * 2 + 1] = at += bytes.length
  }
  c.numbers.set(given.numbers)
  c.time = given.minute * 60_000 + given.second * 1000
  c.action = given.action
  c.record = given.record
}

type Row = Record<string, string | number>

const normal = (field: (typeof textFields)[number], text: string): string =>
  text === '' ? '' : (normalisers[field](text) ?? '')

/** The same with strings and a Map. */
function naive(all: readonly Given[]): Row[] {
  const rows = new Map<string, Row>()
  for (const given of all) {
    const key = {
      minute: given.minute,
      stream: given.stream,
      source: `of ${given.stream}`,
      format: given.format,
      dstPort: Math.max(0, given.numbers[1]),
      action: actions[given.action],
      record: records[given.record],
      ...Object.fromEntries(keyFields.map((field) => [field, normal(field, given.text[field])])),
    }
    const name = JSON.stringify(key)
    const port = Math.max(0, given.numbers[0])
    let row = rows.get(name)
    if (row === undefined) {
      const counters = {
        transactions: 0,
        bytesUp: 0,
        bytesUpKnown: 0,
        bytesDown: 0,
        bytesDownKnown: 0,
        bytesTotal: 0,
        bytesTotalKnown: 0,
      }
      rows.set(
        name,
        (row = {
          ...key,
          category: normal('category', given.text.category),
          srcPort: port,
          ...counters,
        }),
      )
    }
    if (row.srcPort !== port) row.srcPort = 0
    row.transactions = Number(row.transactions) + 1
    for (const [i, field] of numberFields.entries()) {
      if (!field.startsWith('bytes') || given.numbers[i] < 0) continue
      row[field] = Number(row[field]) + given.numbers[i]
      row[`${field}Known`] = Number(row[`${field}Known`]) + 1
    }
  }
  return [...rows.values()]
}

function rowsOf(flows: FlowColumns): Row[] {
  const { rows, ...columns } = flows
  return Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(
      Object.entries(columns).map(
        ([name, column]: [string, TextColumn | Uint32Array | Float64Array | Uint16Array]) => [
          name,
          'dictionary' in column
            ? Buffer.from(column.dictionary[column.index[i]]).toString()
            : column[i],
        ],
      ),
    ),
  )
}

function added(table: FlowTable, all: readonly Given[]): Row[] {
  const c = new LineContext(1 << 16)
  for (const given of all) {
    fill(c, given)
    table.add(
      c,
      table.name(given.stream),
      table.name(`of ${given.stream}`),
      table.name(given.format),
    )
  }
  expect(table.rows).toBeLessThanOrEqual(all.length)
  return rowsOf(table.take())
}

const word = (...words: string[]) => fc.constantFrom('', ...words)
const given: fc.Arbitrary<Given> = fc.record({
  minute: fc.integer({ min: 29_000_000, max: 29_000_003 }),
  second: fc.integer({ min: 0, max: 59 }),
  stream: fc.constantFrom('a', 'b'),
  format: fc.constantFrom('X', 'Y'),
  text: fc.record({
    srcIp: word('10.1.2.3', '10.1.2.4', '2001:DB8::1', '2001:db8:0::1', 'junk'),
    srcHost: word('PC-1', ' PC-1 '),
    user: word('ann', 'corp\\ann', '-', '203.0.113.1'),
    device: word('laptop'),
    dstHost: word('www.example.com', 'WWW.example.com.', 'b.example.com'),
    dstIp: word('203.0.113.9', '0.0.0.0'),
    url: word('https://a/'),
    protocol: word('TCP', 'tcp', 'udp'),
    appProtocol: word('https'),
    method: word('GET'),
    userAgent: word('x'),
    referrer: word('https://r/'),
    category: word('business', 'news'),
    appHint: word('slack-base'),
  }),
  numbers: fc.tuple(...numberFields.map(() => fc.constantFrom(-1, 0, 1, 443, 65_535))),
  action: fc.integer({ min: 0, max: 2 }),
  record: fc.integer({ min: 0, max: 2 }),
})

describe('minute flows', () => {
  test('are what a Map of strings gives', () => {
    const table = new FlowTable()
    fc.assert(
      fc.property(fc.array(given, { maxLength: 60 }), (all) => {
        expect(added(table, all)).toEqual(naive(all))
      }),
      { numRuns: 300 },
    )
  })

  let many: Given[] = []
  beforeAll(() => {
    const [one] = fc.sample(given, { numRuns: 1, seed: 7 })
    many = Array.from({ length: 60_000 }, (_, i) => ({
      ...one,
      minute: 29_000_000 + (i % 7),
      text: {
        ...one.text,
        user: `user ${i % 500}`,
        dstHost: `h${i % 9000}.example.com`,
        srcIp: `10.1.${i % 30}.7`,
      },
      numbers: [1, 443, 200, i, 2 * i, 3 * i],
    }))
  })

  test('grow: tens of thousands of rows, none lost, none twice', () => {
    expect(added(new FlowTable(), many)).toEqual(naive(many))
  })

  test('batches after one another do not mix, nor after all was forgotten', () => {
    const table = new FlowTable()
    added(table, many)
    const small = many.slice(100, 300)
    expect(added(table, small)).toEqual(naive(small))
    table.forget()
    expect([table.distinct, table.heldBytes]).toEqual([0, 0])
    expect(added(table, small)).toEqual(naive(small))
    expect(table.take().rows).toBe(0)
  })

  test('nothing is forgotten while rows use it', () => {
    const table = new FlowTable()
    const c = new LineContext(1 << 12)
    fill(c, many[0])
    table.add(c, 0, 0, 0)
    expect(() => table.forget()).toThrow('BUG')
  })

  test('what the dictionaries hold is told', () => {
    const table = new FlowTable()
    added(table, many.slice(0, 1000))
    expect(table.distinct).toBeGreaterThanOrEqual(1000 + 500 + 30)
    expect(table.heldBytes).toBeGreaterThan(10_000)
  })
})
