import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query } from 'chdb'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeFlows, encodeUnparsed, hoursOf } from '../../src/parse/flow-block.ts'
import {
  asa,
  linesBlock,
  pan,
  panTraffic,
  parse,
  parseLines,
  parserOf,
  receivedAtMs,
  segmentOf,
  squid,
  streamOf,
} from './parse-parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'gnomon-flow-block-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function ask(block: Uint8Array | null, select: string): Record<string, unknown>[] {
  if (block === null) throw new Error('no block')
  const path = join(folder, 'block.native')
  writeFileSync(path, block)
  const answer = query(
    `SELECT ${select} FROM file('${path}', Native) SETTINGS session_timezone = 'UTC', output_format_json_quote_64bit_integers = 0`,
    'JSONEachRow',
  )
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('flows', () => {
  test('are read back by ClickHouse as they were', () => {
    const { batch } = parseLines([
      panTraffic(10, 100, 900),
      panTraffic(10, 1, 2),
      pan('corp\\ann', 'files.example.com/a'),
    ])
    expect(ask(encodeFlows('continuous', batch.flows), '*')).toEqual([
      {
        report: 'continuous', minute: '2026-10-15 09:10:00', stream: 'tcp:5514|192.0.2.1', source: 'edge', format: 'PALO_ALTO', record: 'session',
        src_ip: '10.1.2.3', src_host: '', user: 'corp\\ann', device: '', dst_host: '', dst_ip: '203.0.113.9', src_port: 50123, dst_port: 443, protocol: 'tcp',
        app_protocol: '', action: 'allowed', app_hint: 'slack-base', category: 'business-and-economy', transactions: 2,
        bytes_up: 101, bytes_up_known: 2, bytes_down: 902, bytes_down_known: 2, bytes_total: 1003, bytes_total_known: 2,
      },
      {
        report: 'continuous', minute: '2026-10-15 09:59:00', stream: 'tcp:5514|192.0.2.1', source: 'edge', format: 'PALO_ALTO', record: 'web',
        src_ip: '10.1.2.3', src_host: '', user: 'corp\\ann', device: '', dst_host: 'files.example.com', dst_ip: '203.0.113.9', src_port: 50123, dst_port: 443, protocol: 'tcp',
        app_protocol: 'https', action: 'allowed', app_hint: 'ssl', category: 'business-and-economy', transactions: 1,
        bytes_up: 0, bytes_up_known: 0, bytes_down: 0, bytes_down_known: 0, bytes_total: 0, bytes_total_known: 0,
      },
    ]) // prettier-ignore
  })

  test('of many hosts: every row arrives, sums are those of the batch', () => {
    const lines = Array.from({ length: 70_000 }, (_, i) =>
      squid.replace('www.example.org', `h${i}.example.org`),
    )
    const { batch } = parseLines(lines)
    expect(batch.flows.rows).toBe(70_000)
    const [row] = ask(
      encodeFlows('r', batch.flows),
      'count() AS n, uniqExact(dst_host) AS hosts, sum(transactions) AS t, sum(bytes_down) AS down',
    )
    expect(row).toEqual({ n: 70_000, hosts: 70_000, t: 70_000, down: 70_000 * 5120 })
  })

  test('whose lines claim more bytes than there are do not wrap around', () => {
    const huge = squid.replace(' 5120 ', ` ${'9'.repeat(18)} `)
    const { batch } = parseLines(Array.from({ length: 40 }, () => huge))
    const [row] = ask(encodeFlows('r', batch.flows), 'toFloat64(bytes_down) AS down')
    expect(row.down).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('of none give no block, and no hours', () => {
    const { batch } = parseLines([])
    expect([
      encodeFlows('r', batch.flows),
      encodeUnparsed('seg', 'r', batch.unparsed),
      hoursOf(batch.flows),
    ]).toEqual([null, null, []])
  })

  test('touch the hours of their minutes', () => {
    const { batch } = parseLines([
      panTraffic(0, 1, 1),
      panTraffic(59, 1, 1),
      asa.replace('09:59:58', '07:00:00'),
    ])
    expect(hoursOf(batch.flows).toSorted((a, b) => a - b)).toEqual([
      Date.UTC(2026, 9, 15, 7),
      Date.UTC(2026, 9, 15, 9),
    ])
  })
})

test('unread lines are read back byte for byte', () => {
  const odd = Buffer.from('odd \xff\x00 "\\ line', 'latin1')
  const blocks = [linesBlock([odd, 'other', 'x'.repeat(20_000)]), linesBlock(['third'], 2)]
  const { batch } = parse(
    parserOf(),
    segmentOf(blocks, streamOf('a'), streamOf('b', { source: 'branch' })),
  )
  const rows = ask(
    encodeUnparsed('seg', 'continuous', batch.unparsed),
    'segment, report, received, source, stream, reason, hex(text) AS hex, bytes',
  )
  expect(rows).toMatchObject(
    [
      ['edge', 'a', odd.length],
      ['edge', 'a', 5],
      ['edge', 'a', 20_000],
      ['branch', 'b', 5],
    ].map(([source, stream, bytes]) => ({
      segment: 'seg',
      report: 'continuous',
      received: new Date(receivedAtMs).toISOString().replace('T', ' ').replace('Z', ''),
      source,
      stream: `tcp:5514|${stream}`,
      reason: 'no format matches',
      bytes,
    })),
  )
  expect(rows[0].hex).toBe(odd.toString('hex').toUpperCase())
  expect((rows[2].hex as string).length).toBe(2 * 16 * 1024)
})
