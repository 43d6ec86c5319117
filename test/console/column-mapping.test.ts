/** Columns named in the playground: found in pasted lines, turned into what the appliance takes, and read by what it writes of them. */
import { expect, test } from 'vitest'
import { columnsOf, mappingOf, splitLine } from '../../src/console/data/column-mapping.ts'
import type { Kind, Layout, Meaning } from '../../src/console/data/column-mapping.ts'
import { compile } from '../../src/parse/compile.ts'
import { formatSet, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { definitionOf, lackOf, mappedFormatSchema } from '../../src/parse/mapped-format.ts'
import { newReader } from '../../src/parse/stream-reader.ts'

test.each([
  ['a,"b,c",d', ',', ['a', 'b,c', 'd']],
  ['a;;c', ';', ['a', '', 'c']],
  ['<13>a  b c', ' ', ['a', 'b', 'c']],
  ['', ',', []],
])('%s cut at %s', (line, separator, want) => {
  expect(splitLine(line, separator)).toEqual(want)
})

const layout = (kind: Kind, separator = ',', header = false): Layout => ({
  kind,
  separator,
  header,
})

test.each([
  ['places', 'a;b', layout('csv', ';'), { 0: 'a', 1: 'b' }],
  ['a header', 'When;Who\n09:00;ann', layout('csv', ';', true), { When: '09:00', Who: 'ann' }],
  ['a header alone', 'When;Who', layout('csv', ';', true), { When: '', Who: '' }],
  ['blanks', '1 2  3', layout('columns'), { 0: '1', 1: '2', 2: '3' }],
  ['pairs', '<13>t=1 user="ann b" x= y=2', layout('kv'), { t: '1', user: 'ann b', x: '', y: '2' }],
  ['JSON', '{"a":{"b":1},"c":"d","e":[1]}', layout('json'), { 'a.b': '1', c: 'd', e: '1' }],
  ['broken JSON', '{"a":', layout('json'), {}],
  ['nothing', '  ', layout('csv'), {}],
])('columns of %s', (_name, pasted, how, want) => {
  expect(
    Object.fromEntries(columnsOf(pasted, how).map(({ at, example }) => [at, example])),
  ).toEqual(want)
})

const rest = { blocked: 'stopped', order: '', utc: false } as const

test.each([
  [
    'a separator',
    '2026-09-21T14:00:00Z;192.0.2.7;ann;files.example.org;443;stopped;120;4000;x',
    layout('csv', ';'),
    ['time', 'srcIp', 'user', 'dstHost', 'dstPort', 'action', 'bytesUp', 'bytesDown'],
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
  ],
  [
    'blanks',
    '2026-09-21T14:00:00Z 192.0.2.7 files.example.org allow',
    layout('columns'),
    ['time', 'srcIp', 'dstHost', 'action'],
    { srcIp: '192.0.2.7', dstHost: 'files.example.org', action: 'allowed' },
  ],
  [
    'date and time apart',
    '21.09.2026,14:00:00,192.0.2.7,files.example.org',
    layout('csv'),
    ['time', 'clock', 'srcIp', 'dstHost'],
    { time: '2026-09-21T14:00:00.000Z', srcIp: '192.0.2.7' },
  ],
  [
    'pairs',
    'at=2026-09-21T14:00:00Z src=192.0.2.7 to=files.example.org',
    layout('kv'),
    ['time', 'srcIp', 'dstHost'],
    { time: '2026-09-21T14:00:00.000Z', dstHost: 'files.example.org' },
  ],
  [
    'JSON',
    '{"at":"2026-09-21T14:00:00Z","net":{"src":"192.0.2.7"},"to":"files.example.org"}',
    layout('json'),
    ['time', 'srcIp', 'dstHost'],
    { srcIp: '192.0.2.7', dstHost: 'files.example.org' },
  ],
] as [string, string, Layout, Meaning[], object][])(
  'what the appliance writes of %s reads the line',
  (_name, line, how, named, want) => {
    const columns = columnsOf(line, how)
    const meanings = new Map(named.map((meaning, place) => [columns[place].at, meaning]))
    const mapping = mappingOf({ id: 'MADE_HERE', layout: how, meanings, ...rest })
    const taken = mappedFormatSchema.parse(mapping)
    expect(lackOf(taken)).toBeNull()
    const format = compile(parseDefinition(definitionOf(taken), 'made'), { full: true })
    const reader = new LineReader(formatSet([format]), newReader(format), null)
    const outcome = reader.read(Buffer.from(line), Date.parse('2026-09-21T15:00:00Z'))
    expect(outcome).toMatchObject({ outcome: 'transaction', transaction: want })
  },
)

test('without a column of the time there is nothing to write', () => {
  const meanings = new Map<number, Meaning>([[0, 'srcIp']])
  expect(mappingOf({ id: 'X', layout: layout('csv'), meanings, ...rest })).toBeNull()
})

test('order and zone of the time are handed on', () => {
  const meanings = new Map<number, Meaning>([[0, 'time']])
  expect(
    mappingOf({
      id: 'X',
      layout: layout('csv'),
      meanings,
      blocked: '',
      order: 'day-first',
      utc: true,
    }),
  ).toMatchObject({ time: { from: 0, order: 'day-first', zone: 'utc' }, delimiter: ',' })
})
