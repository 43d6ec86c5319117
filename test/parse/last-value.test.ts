/** `lastValue: drop`: whole lines end in something else, so a bare value at the end of the line is half of one. */
import { expect, test } from 'vitest'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/recognise.ts'

const definition = (split: string, columns: string): string => `
id: EXAMPLE_LINES
vendor: Example
product: Lines
documentation: https://www.example.com/
summary: Lines.
enable: Nothing.
split: ${split}
lastValue: drop
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
  const reader = new LineReader(formats, newReader(null), null)
  const outcome = reader.read(Buffer.from(line), Date.UTC(2026, 10, 1))
  expect(outcome).toMatchObject({ outcome: 'transaction', transaction: { bytesUp: sent } })
})
