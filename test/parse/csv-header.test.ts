/** Which header rows of CSV files a definition takes. */
import { expect, test } from 'vitest'
import { compileFormats, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'

const definition = `
id: EXAMPLE_CSV
vendor: Example
product: Table
documentation: https://www.example.com/
summary: Rows.
enable: Nothing.
split: { type: csv, header: true }
header: { known: 3, each: [[at], [src, user], [dst]] }
fields: { at: [time, stamp], src: [source, source ip], dst: [target] }
map: { time: at, srcIp: src, user: user, dstIp: dst }
`
const formats = compileFormats([parseDefinition(definition, 'example.yaml')], { full: true })

test.each([
  ['time,source,target', true],
  ['Target;Stamp;Source_IP;x', true],
  ['stamp,user,target', true],
  ['time,user,source', false],
  ['source,target,user', false],
])('%s', (header, taken) => {
  const reader = new LineReader(formats, newReader(null), null)
  const { outcome } = reader.read(Buffer.from(header), Date.UTC(2026, 10, 1))
  expect(outcome).toBe(taken ? 'skipped' : 'unparsed')
})
