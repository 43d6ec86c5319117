import { expect, test } from 'vitest'
import { definitionFor, splitLine } from '../../src/console/data/format-maker.ts'
import { compile } from '../../src/parse/compile.ts'
import { parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/recognise.ts'

test.each([
  ['a,"b,c",d', ',', ['a', 'b,c', 'd']],
  ['a;;c', ';', ['a', '', 'c']],
  ['a  b c', ' ', ['a', 'b', 'c']],
  ['', ',', []],
])('%s cut at %s', (line, separator, want) => {
  expect(splitLine(line, separator)).toEqual(want)
})

function f(separator: string, line: string, fields: Record<number, string>, want: object): void {
  const mapped = Object.entries(fields).map(([column, field]) => ({
    column: Number(column),
    field,
  }))
  const text = definitionFor('MADE_HERE', separator, splitLine(line, separator).length, mapped)
  const format = compile(parseDefinition(text, 'made'), { full: true })
  const formats = { ordered: [format], byId: new Map([[format.id, format]]) }
  const reader = new LineReader(formats, newReader(format), null)
  const outcome = reader.read(Buffer.from(line), Date.parse('2026-09-21T15:00:00Z'))
  expect(outcome).toMatchObject({ outcome: 'transaction', transaction: want })
}

test('what it writes is a definition that reads the line', () => {
  f(
    ';',
    '2026-09-21T14:00:00Z;192.0.2.7;ann;files.example.org;443;DENY;120;4000',
    {
      0: 'time',
      1: 'srcIp',
      2: 'user',
      3: 'dstHost',
      4: 'dstPort',
      5: 'action',
      6: 'bytesUp',
      7: 'bytesDown',
    },
    {
      time: '2026-09-21T14:00:00.000Z',
      srcIp: '192.0.2.7',
      user: 'ann',
      dstHost: 'files.example.org',
      dstPort: 443,
      action: 'blocked',
      bytesUp: 120,
      bytesDown: 4000,
    },
  )
  f(
    ' ',
    '2026-09-21T14:00:00Z 192.0.2.7 files.example.org allow',
    { 0: 'time', 1: 'srcIp', 2: 'dstHost', 3: 'action' },
    { srcIp: '192.0.2.7', dstHost: 'files.example.org', action: 'allowed' },
  )
})
