/** Definitions of an admin: what is wrong is said with its place; what is right reads lines, however hostile they are. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OperatingError } from '../../src/errors.ts'
import { compileFormats, formatNamed, parseDefinition } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { parsePattern } from '../../src/parse/pattern.ts'
import {
  dayMs,
  fullFormats,
  imbalance,
  linesBlock,
  parse,
  receivedAtMs,
  segmentOf,
  sumsOf,
} from './parse-parts.ts'

const head = `id: OURS
vendor: V
product: P
documentation: https://www.example.com/
summary: s
enable: e
`

function refusal(text: string): string {
  try {
    compileFormats([parseDefinition(text, 'own.yaml')], { full: true })
  } catch (error) {
    expect(error).toBeInstanceOf(OperatingError)
    expect((error as OperatingError).code).toBe('DEFINITION_INVALID')
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

/** What a definition makes of a line. */
function read(text: string, line: string, mayBeCut = false): unknown {
  const formats = compileFormats([parseDefinition(text, 'own.yaml')], { full: true })
  const reader = new LineReader(formats, { ...newReader(null), mayBeCut }, null)
  return reader.read(Buffer.from(line), receivedAtMs)
}

describe('a definition that is refused', () => {
  test.each([
    ['an unknown key', `${head}split: { type: json }\nmapp: {}\n`, /own\.yaml:.*mapp/],
    ['an unknown split', `${head}split: { type: magic }\n`, /own\.yaml:7:\d+: split/],
    ['no YAML', `${head}split: { type: json\n`, /own\.yaml:/],
    [
      'an id in lower case',
      head.replace('OURS', 'ours') + 'split: { type: json }\n',
      /own\.yaml:1:5: id/,
    ],
    [
      'a field that is no column',
      `${head}split: { type: csv }\ncolumns: { a: 0 }\nmap: { user: b }\n`,
      /cannot compile OURS: field "b" is no column/,
    ],
    [
      'a broken pattern',
      `${head}split: { type: pattern }\nrecords: [{ name: r, patterns: ['{a'] }]\n`,
      /cannot compile OURS: column 1: \{ is not closed/,
    ],
    [
      'a regular expression that is none',
      `${head}split: { type: regex, pattern: '(' }\n`,
      /cannot compile OURS/,
    ],
    [
      'a back reference: RE2 has none',
      `${head}split: { type: regex, pattern: '(a)\\1' }\n`,
      /cannot compile OURS/,
    ],
    [
      'a bomb of aliases',
      `${head}split: { type: json }\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`,
      /own\.yaml:/,
    ],
  ])('%s', (_, text, want) => expect(refusal(text)).toMatch(want))

  test.each(['{a', '{}', '{a:c}', '[a', 'a]', '{1}', '{a b}'])('pattern %j', (template) => {
    expect(() => parsePattern(template)).toThrow(/column \d+|not closed/)
  })

  test.each(['GONE', '', '__proto__', 'constructor'])('format %j', (name) => {
    expect(() => formatNamed(fullFormats, name)).toThrow(/no such format/)
  })

  // no page tells their layout: Microsoft's names for them must not be refused
  test.each(['CORRATA', 'corrata_syslog', 'OPEN_SYSTEMS_SECURE_WEB_GATEWAY'])(
    '%s is read by what its lines show',
    (name) => {
      expect(formatNamed(fullFormats, name)).toBeNull()
    },
  )
})

describe('words of a definition are data', () => {
  test.each(['`${process.exit(1)}`', "';throw 1;//", '"}]);', '\\', '\u2028', '</script>', '*/'])(
    '%j',
    (word) => {
      const text = `${head}split: { type: kv }
when: { id: ${JSON.stringify('x')} }
missing: [${JSON.stringify(word)}]
skip: [{ when: { act: ${JSON.stringify(word)} }, reason: ${JSON.stringify(word)} }]
map: { time: t, srcIp: s, dstHost: { from: h, after: ${JSON.stringify(word)} }, user: { text: ${JSON.stringify(`${word.replaceAll(/[{}]/g, '')}{u}`)} }, action: { value: allowed } }
`
      expect(read(text, 'id=x t=1792058398 s=10.1.2.3 h=a.example.com u=ann')).toMatchObject({
        outcome: 'transaction',
        transaction: {
          dstHost: 'a.example.com',
          user: `${word.replaceAll(/[{}]/g, '')}ann`.trim(),
        },
      })
    },
  )
})

test('a bare value at the end of a line that may be cut is not whole', () => {
  const text = `${head}split: { type: kv }
map: { time: t, srcIp: s, dstIp: d, bytesUp: { when: { n: { uncut: true } }, from: n }, status: { when: { n: { whole: true } }, from: n } }
`
  const line = 't=1792058398 s=10.1.2.3 d=203.0.113.5'
  expect(read(text, `${line} n=120 x=1`)).toMatchObject({ transaction: { bytesUp: 120 } })
  expect(read(text, `${line} n="120"`)).toMatchObject({ transaction: { bytesUp: 120 } })
  expect(read(text, `${line} n=120`)).toMatchObject({ transaction: { bytesUp: 120, status: null } })
  expect(read(text, `${line} n=120`, true)).toMatchObject({ transaction: { bytesUp: null } })
  expect(read(text, `${line} n=120 x=1`, true)).toMatchObject({ transaction: { bytesUp: 120 } })
  expect(read(text, line)).toMatchObject({ transaction: { bytesUp: null } })
})

test('a strict cut gives nothing when its text is not there', () => {
  const text = `${head}split: { type: kv, separators: ';' }
map: { time: t, srcIp: s, dstIp: d, bytesUp: [{ from: n, before: ' K', strict: true, scale: 1024 }, n] }
`
  const line = 't=1792058398;s=10.1.2.3;d=203.0.113.5'
  expect(read(text, `${line};n=1.5 K;`)).toMatchObject({ transaction: { bytesUp: 1536 } })
  expect(read(text, `${line};n=15;`)).toMatchObject({ transaction: { bytesUp: 15 } })
})

describe('patterns', () => {
  const prose = (template: string): string => `${head}split: { type: pattern, anchors: ['MSG '] }
records: [{ name: r, kind: session, patterns: [${JSON.stringify(template)}], map: { time: { text: '{t}' }, srcIp: s, dstIp: d, user: u, dstPort: p, bytesTotal: b } }]
map: {}
`
  const template =
    'MSG at {t:word} from {s:address}/{x:digits}[({u})] to {d:address}/{p:digits}[ bytes {b:digits}][ {rest}]'

  test.each([
    [
      'MSG at 1792058398 from 10.1.2.3/5(ann) to 203.0.113.9/443 bytes 7 end',
      { srcIp: '10.1.2.3', user: 'ann', dstIp: '203.0.113.9', dstPort: 443, bytesTotal: 7 },
    ],
    [
      'MSG at 1792058398 from 10.1.2.3/5 to 203.0.113.9/443',
      { user: null, bytesTotal: null, dstPort: 443 },
    ],
    [
      'MSG  at   1792058398 from 2001:db8::1/5 to 2001:db8::2/443 other',
      { srcIp: '2001:db8::1', dstIp: '2001:db8::2', bytesTotal: null },
    ],
    [
      '<14>Oct 15 09:59:58 fw MSG at 1792058398 from 10.1.2.3/5 to 203.0.113.9/443',
      { dstPort: 443 },
    ],
  ])('%s', (line, want) => {
    expect(read(prose(template), line)).toMatchObject({ outcome: 'transaction', transaction: want })
  })

  test.each([
    'MSG at x',
    'MSG at 1792058398 from 10.1.2.3 to 203.0.113.9/443',
    'MSG at 1792058398 from 10.1.2.3/5(ann to 203.0.113.9/443',
  ])('not: %s', (line) => {
    expect(read(prose(template), line)).toMatchObject({
      outcome: 'unparsed',
      reason: 'message text unknown',
    })
  })
})

describe('regular expressions', () => {
  const text = `${head}split: { type: regex, pattern: '^(?P<all>X (?P<t>\\d+) (?P<s>\\S+) (?P<h>\\S+)(?P<rest>(?P<more>(?P<last> .*)?)))$' }
map: { time: t, srcIp: s, dstHost: h, user: all, device: rest, category: more, appHint: last }
`

  test('named groups are fields', () => {
    expect(read(text, 'X 1792058398 10.1.2.3 a.example.com ann')).toMatchObject({
      outcome: 'transaction',
      transaction: { srcIp: '10.1.2.3', dstHost: 'a.example.com', device: 'ann' },
    })
    expect(read(text, 'Y 1')).toMatchObject({ outcome: 'unparsed', reason: 'no format matches' })
  })

  test('groups within groups of a huge line of invalid UTF-8 do not write over the lines behind it', () => {
    const formats = compileFormats([parseDefinition(text, 'own.yaml')], { full: false })
    const parser = new SegmentParser(formats, { pastMsMax: dayMs, futureMsMax: dayMs })
    const good = 'X 1792058398 10.1.2.3 a.example.com'
    const huge = Buffer.concat([Buffer.from(`${good} `), Buffer.alloc(200_000, 0xff)])
    const { batch } = parse(
      parser,
      segmentOf([linesBlock([huge, ...Array.from({ length: 500 }, () => good)])]),
    )
    expect(imbalance(batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    expect(sumsOf(batch.ledger).transaction.lines).toBe(501)
  })

  test('a pattern that would run for ever elsewhere is linear', () => {
    const evil = `${head}split: { type: regex, pattern: '^(?P<h>(a+)+)$' }\nmap: { dstHost: h }\n`
    expect(read(evil, `${'a'.repeat(50_000)}!`)).toMatchObject({ outcome: 'unparsed' })
  })
})

test('hostile lines in definitions of every split balance', () => {
  const splits = [
    '{ type: csv }',
    '{ type: csv, delimiter: [",", ";"], braces: true }',
    '{ type: columns, brackets: true }',
    '{ type: columns, delimiter: tab }',
    '{ type: kv }',
    '{ type: kv, spaced: true }',
    '{ type: cef }',
    '{ type: leef }',
    '{ type: json }',
  ]
  const map = `map:
  time: t
  srcIp: s
  url: { url: { scheme: '{a}', host: '{h}', port: '{p}', path: '{u}', query: '{q}' } }
  user: [{ from: n, decode: percent, after: '=', beforeLast: '/' }, { text: '{a} {h}' }]
  device: { from: n, part: { by: ':', at: 1 }, decode: hex }
  bytesUp: { from: p, scale: 1024 }
  action: { from: a, table: { x: allowed }, otherwise: blocked }
`
  const columns = 'columns: { t: 0, s: 1, a: 2, h: 3, p: 4, u: 5, q: 6, n: 7 }\n'
  const piece = fc.constantFrom(
    't',
    's',
    'h',
    'u=',
    '=',
    ',',
    ' ',
    '\t',
    '"',
    '%41',
    '%',
    '://',
    '{',
    '}',
    '[',
    ':',
    '1792058398',
    '10.1.2.3',
    'a.example.com',
    '/',
    'CEF:0|a|b|c|d|e|5|',
    'LEEF:1.0|a|b|c|d|',
    '\\',
    'é',
    '\0',
    '"t":',
    '"h":"',
  )
  const parsers = splits.map((split) => {
    const text = `${head}split: ${split}\n${split.includes('csv') || split.includes('columns') ? columns : ''}${map}`
    return new SegmentParser(compileFormats([parseDefinition(text, 'own.yaml')], { full: false }), {
      pastMsMax: dayMs,
      futureMsMax: dayMs,
    })
  })
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 25 }), { maxLength: 20 }), (lines) => {
      const segment = segmentOf([linesBlock(lines.map((pieces) => pieces.join('')))])
      for (const parser of parsers)
        expect(imbalance(parse(parser, segment).batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    }),
    { numRuns: 150 },
  )
})
