import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query } from 'chdb'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeNative } from '../../src/lib/native.ts'
import type { NativeColumn } from '../../src/lib/native.ts'

const folder = mkdtempSync(join(tmpdir(), 'gnomon-native-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'block.native')

/** What ClickHouse reads from a block. */
function ask(
  columns: readonly NativeColumn[],
  rows: number,
  select = '*',
): Record<string, unknown>[] {
  writeFileSync(path, encodeNative(columns, rows))
  // of a block without rows ClickHouse does not guess the columns
  const structure = columns.map(({ name, type }) => `${name} ${type}`).join(', ')
  const settings = "SETTINGS output_format_json_quote_64bit_integers = 1, session_timezone = 'UTC'"
  const answer = query(
    `SELECT ${select} FROM file('${path}', Native, '${structure}') ${settings}`,
    'JSONEachRow',
  )
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

const bytes = (text: string): Buffer => Buffer.from(text)
const low = (
  name: string,
  dictionary: readonly string[],
  index: readonly number[],
): NativeColumn => ({
  name,
  type: 'LowCardinality(String)',
  data: { dictionary: dictionary.map(bytes), index: Uint32Array.from(index) },
})

describe('a block', () => {
  test('of every column type is read back by ClickHouse', () => {
    const columns: NativeColumn[] = [
      { name: 'u8', type: 'UInt8', data: Uint8Array.of(0, 1, 255) },
      { name: 'u16', type: 'UInt16', data: Uint16Array.of(0, 443, 65_535) },
      { name: 'u32', type: 'UInt32', data: Uint32Array.of(0, 1, 4_294_967_295) },
      { name: 'u64', type: 'UInt64', data: BigUint64Array.of(0n, 1n, 18_446_744_073_709_551_615n) },
      { name: 'f64', type: 'Float64', data: Float64Array.of(0, -1.5, 1e300) },
      { name: 'at', type: 'DateTime', data: Uint32Array.of(0, 1_792_056_600, 4_294_967_295) },
      { name: 'ms', type: 'DateTime64(3)', data: BigInt64Array.of(0n, 1_792_056_600_123n, -1n) },
      { name: 'text', type: 'String', data: ['', 'a\tb\n"é"', 'x'.repeat(300)].map(bytes) },
      low('low', ['a', '', 'ü'], [2, 0, 1]),
    ]
    expect(ask(columns, 3)).toEqual([
      {
        u8: 0,
        u16: 0,
        u32: 0,
        u64: '0',
        f64: 0,
        at: '1970-01-01 00:00:00',
        ms: '1970-01-01 00:00:00.000',
        text: '',
        low: 'ü',
      },
      {
        u8: 1,
        u16: 443,
        u32: 1,
        u64: '1',
        f64: -1.5,
        at: '2026-10-15 09:30:00',
        ms: '2026-10-15 09:30:00.123',
        text: 'a\tb\n"é"',
        low: 'a',
      },
      {
        u8: 255,
        u16: 65_535,
        u32: 4_294_967_295,
        u64: '18446744073709551615',
        f64: 1e300,
        at: '2106-02-07 06:28:15',
        ms: '1969-12-31 23:59:59.999',
        text: 'x'.repeat(300),
        low: '',
      },
    ])
  })

  test('of no rows is a block of no rows', () => {
    const columns: NativeColumn[] = [
      { name: 'n', type: 'UInt32', data: new Uint32Array(0) },
      low('low', [], []),
      { name: 's', type: 'String', data: [] },
    ]
    expect(ask(columns, 0)).toEqual([])
    expect(ask(columns, 0, 'count() AS n')).toEqual([{ n: '0' }])
  })

  test('types arrive as declared', () => {
    const columns = [
      low('low', ['a'], [0]),
      { name: 'ms', type: 'DateTime64(3)', data: BigInt64Array.of(1n) } as const,
    ]
    expect(ask(columns, 1, 'toTypeName(low) AS a, toTypeName(ms) AS b')).toEqual([
      { a: 'LowCardinality(String)', b: 'DateTime64(3)' },
    ])
  })

  test('a typed array that is a view on a larger one gives its own values', () => {
    const data = new Uint32Array([9, 9, 1, 2, 9]).subarray(2, 4)
    expect(ask([{ name: 'n', type: 'UInt32', data }], 2)).toEqual([{ n: 1 }, { n: 2 }])
  })
})

describe('a dictionary', () => {
  test.each([1, 255, 256, 257, 65_535, 65_536, 65_537, 100_000])('of %i keys', (keys) => {
    const dictionary = Array.from({ length: keys }, (_, i) => `key-${i}`)
    const index = Array.from({ length: keys + 5 }, (_, i) => (i * 7919) % keys)
    const wanted = index.map((i) => `key-${i}`)
    const rows = ask(
      [
        low('low', dictionary, index),
        { name: 'n', type: 'UInt32', data: Uint32Array.from(index, (_, i) => i) },
      ],
      index.length,
      'low',
    )
    expect(rows.map((row) => row.low)).toEqual(wanted)
  })

  test('with keys no row uses', () => {
    expect(ask([low('low', ['session', 'web', 'dns'], [2, 2])], 2)).toEqual([
      { low: 'dns' },
      { low: 'dns' },
    ])
  })

  test('any values, also long and invalid ones, byte for byte', () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.integer({ min: 120, max: 20_000 }).map((size) => new Uint8Array(size).fill(120)),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(value, {
          minLength: 1,
          maxLength: 8,
          selector: (v) => Buffer.from(v).toString('hex'),
        }),
        (dictionary) => {
          const index = Uint32Array.from({ length: 20 }, (_, i) => i % dictionary.length)
          const columns: NativeColumn[] = [
            { name: 'low', type: 'LowCardinality(String)', data: { dictionary, index } },
            { name: 'plain', type: 'String', data: Array.from(index, (i) => dictionary[i]) },
          ]
          const rows = ask(columns, 20, 'hex(low) AS a, hex(plain) AS b')
          const want = Array.from(index, (i) =>
            Buffer.from(dictionary[i]).toString('hex').toUpperCase(),
          )
          expect(rows.map(({ a }) => a)).toEqual(want)
          expect(rows.map(({ b }) => b)).toEqual(want)
        },
      ),
      { numRuns: 25 },
    )
  })
})
