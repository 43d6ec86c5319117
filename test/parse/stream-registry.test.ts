import { describe, expect, test } from 'vitest'
import { parseLimits } from '../../src/limits.ts'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { StreamRegistry } from '../../src/parse/stream-registry.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import {
  dayMs,
  flowFormats,
  linesBlock,
  parse,
  segmentOf,
  squid,
  streamOf,
  sumsOf,
} from './parse-parts.ts'

const definition = parseDefinition(
  `id: OUR_CSV
vendor: V
product: P
documentation: https://www.example.com/
summary: s
enable: e
split: { type: csv, header: true }
fields: { when: [time], src: [src_ip], host: [host, 'host, asked'], who: [user] }
header: { all: [time, src_ip] }
map: { time: when, srcIp: src, dstHost: host, user: who }
`,
  'own.yaml',
)
const formats = compileFormats([definition], { full: false })
const parserOf = (): SegmentParser =>
  new SegmentParser(formats, { pastMsMax: dayMs, futureMsMax: dayMs })

describe('a stream', () => {
  test('is the same while its description is, and keeps what it showed', () => {
    const registry = new StreamRegistry(flowFormats)
    const first = registry.get(streamOf('a'))
    expect(registry.get(streamOf('a', { source: 'renamed' }))).toBe(first)
    expect(first.description.source).toBe('renamed')
    expect(registry.get(streamOf('b'))).not.toBe(first)
  })

  test.each([{ format: 'SQUID_NATIVE' }, { zone: 'Europe/Berlin' }])(
    'starts anew when the admin changes %j',
    (change) => {
      const registry = new StreamRegistry(flowFormats)
      const first = registry.get(streamOf('a'))
      const second = registry.get(streamOf('a', change))
      expect(second).not.toBe(first)
      expect(registry.states()).toHaveLength(1)
    },
  )

  test.each(['SQUID_NATIVE', 'squid_native', 'SQUID_NATIVE_SYSLOG', 'auto'])(
    'format %s',
    (format) => {
      const stream = new StreamRegistry(flowFormats).get(streamOf('a', { format }))
      expect(stream.reader.fixed?.id ?? 'auto').toBe(format === 'auto' ? 'auto' : 'SQUID_NATIVE')
      expect(stream.trouble).toBe('')
    },
  )

  test('of too many the one silent for longest is forgotten', () => {
    const registry = new StreamRegistry(flowFormats)
    const kept = registry.get(streamOf('0'))
    const lost = registry.get(streamOf('1'))
    for (let i = 2; i < parseLimits.streams; i++) registry.get(streamOf(String(i)))
    registry.get(streamOf('0'))
    registry.get(streamOf('one more'))
    expect(registry.states()).toHaveLength(parseLimits.streams)
    expect(registry.get(streamOf('0'))).toBe(kept)
    expect(registry.get(streamOf('1'))).not.toBe(lost)
  })
})

describe('a header row over a restart', () => {
  const row = '2026-10-15 09:59:58,10.1.2.3,a.example.com,ann'

  test.each([
    [',', 'time,src_ip,host,user'],
    [';', 'time;src_ip;host;user'],
    ['\t', 'time\tsrc_ip\thost\tuser'],
    ['|', 'time|src_ip|host|user'],
    [';', 'time;src_ip;"host, asked";user'],
    [',', '\ufeff"time","src_ip","host","user"'],
  ])('delimiter %j: %s', (delimiter, header) => {
    const parser = parserOf()
    const first = parse(parser, segmentOf([linesBlock([header, row.replaceAll(',', delimiter)])]))
    expect(sumsOf(first.batch.ledger)).toMatchObject({
      transaction: { lines: 1 },
      skipped: { lines: 1 },
    })
    const again = parserOf()
    again.streams.remember(first.batch.streams)
    const second = parse(again, segmentOf([linesBlock([row.replaceAll(',', delimiter)])]))
    expect(second.batch.flows).toEqual(first.batch.flows)
    expect(second.batch.streams[0]).toMatchObject({ transactions: 2, withUser: 2, withHost: 2 })
  })

  test('is given up when the definition is gone or the admin fixed another format', () => {
    const parser = parserOf()
    const { batch } = parse(parser, segmentOf([linesBlock(['time,src_ip,host,user', row])]))
    const other = new SegmentParser(flowFormats, { pastMsMax: dayMs, futureMsMax: dayMs })
    other.streams.remember(batch.streams)
    expect(
      sumsOf(parse(other, segmentOf([linesBlock([row, squid])])).batch.ledger).unparsed.lines,
    ).toBe(1)
  })

  test('a header in the middle of a file is no data, and a new one counts from there', () => {
    const parser = parserOf()
    const other = 'user,host,src_ip,time\nann,b.example.com,10.1.2.3,2026-10-15 09:59:58'
    const { batch } = parse(
      parser,
      segmentOf([
        linesBlock([
          'time,src_ip,host,user',
          row,
          'time,src_ip,host,user',
          row,
          ...other.split('\n'),
        ]),
      ]),
    )
    expect(sumsOf(batch.ledger)).toMatchObject({
      received: { lines: 6 },
      transaction: { lines: 3 },
      skipped: { lines: 3 },
    })
    const hosts = Array.from(batch.flows.dstHost.index, (i) =>
      Buffer.from(batch.flows.dstHost.dictionary[i]).toString(),
    )
    expect(new Set(hosts)).toEqual(new Set(['a.example.com', 'b.example.com']))
  })
})
