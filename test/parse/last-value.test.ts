/** `lastValue: drop-if-cut`: where a line may have been cut, a bare value at its end is half of one. */
import { expect, test } from 'vitest'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'

const definition = (split: string, columns: string): string => `
id: EXAMPLE_LINES
vendor: Example
product: Lines
documentation: https://www.example.com/
summary: Lines.
enable: Nothing.
split: ${split}
lastValue: drop-if-cut
${columns}
map: { time: at, srcIp: src, dstIp: dst, bytesUp: sent }
`

test.each([
  ['{ type: kv }', '', 'at=1790000000 src=192.0.2.1 dst=203.0.113.1 sent=12 end=x', 12],
  ['{ type: kv }', '', 'at=1790000000 src=192.0.2.1 dst=203.0.113.1 sent="12"', 12],
  ['{ type: kv }', '', 'at=1790000000 src=192.0.2.1 dst=203.0.113.1 sent=1', null],
  [
    '{ type: csv }',
    'columns: { at: 0, src: 1, dst: 2, sent: 3 }',
    '1790000000,192.0.2.1,203.0.113.1,12,',
    12,
  ],
  [
    '{ type: csv }',
    'columns: { at: 0, src: 1, dst: 2, sent: 3 }',
    '1790000000,192.0.2.1,203.0.113.1,1',
    null,
  ],
])('%s %s %s', (split, columns, line, sent) => {
  const formats = compileFormats([parseDefinition(definition(split, columns), 'example.yaml')], {
    full: true,
  })
  const reader = new LineReader(formats, { ...newReader(null), mayBeCut: true }, null)
  const outcome = reader.read(Buffer.from(line), Date.UTC(2026, 10, 1))
  expect(outcome).toMatchObject({ outcome: 'transaction', transaction: { bytesUp: sent } })
})

test.each([
  ['a line of an ordinary length is whole', 100, 12],
  ['a line that ends where RFC 3164 ends', 1024, null],
  ['a line that ends a little before', 1000, 12],
  ['a line that fills a datagram in one frame', 1472, null],
])('%s', (_name, length, sent) => {
  const start = 'at=1790000000 src=192.0.2.1 dst=203.0.113.1 pad='
  const end = ' sent=12'
  const line = `${start}${'x'.repeat(length - start.length - end.length)}${end}`
  const formats = compileFormats(
    [parseDefinition(definition('{ type: kv }', ''), 'example.yaml')],
    { full: true },
  )
  const reader = new LineReader(formats, newReader(null), null)
  expect(reader.read(Buffer.from(line), Date.UTC(2026, 10, 1))).toMatchObject({
    transaction: { bytesUp: sent },
  })
})
