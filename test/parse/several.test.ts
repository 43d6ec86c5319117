/** Lines that hold several records, and lines that shippers wrapped: each record is read and counted like a line. */
import { describe, expect, test } from 'vitest'
import {
  compileFormats,
  loadDefinitions,
  parseDefinition,
  shippedParsers,
} from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { SegmentParser } from '../../src/parse/parse-segment.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Outcome } from '../../src/parse/transaction.ts'
import {
  asa,
  dayMs,
  imbalance,
  linesBlock,
  parse,
  receivedAtMs,
  segmentOf,
  squid,
  sumsOf,
} from './parse-parts.ts'

const head = (id: string): string => `id: ${id}
vendor: V
product: P
documentation: https://www.example.com/
summary: s
enable: e
`
const definitions = [
  `${head('FLAT')}split: { type: json }
when: { src: { address: true } }
map: { time: time, srcIp: src, dstHost: host, user: who }
`,
  `${head('TUPLES')}split: { type: json, each: { in: [flows.tuples] } }
when: { kind: tuples }
skip: [{ when: { each.3: B }, reason: begin }]
map: { time: each.0, srcIp: each.1, dstIp: each.2, appHint: kind, bytesUp: each.4 }
`,
  `${head('MEMBERS')}split: { type: json, each: { in: [there, far.there] } }
when: { node: n }
map: { time: { from: [each.at, at] }, srcIp: each.src, dstIp: each.dst.ip }
`,
  `${head('EVENT')}split: { type: xml, root: Event }
when: { id: { digits: true } }
map: { time: time, srcHost: pc, dstIp: ip }
`,
  `${head('BLANKS')}split: { type: csv, header: true, delimiter: ' ' }
header: { known: 3 }
when: { src: { address: true } }
map: { time: start, srcIp: src, dstIp: dst }
`,
  `${head('PROSE')}split: { type: json }
when: { msg: { prefix: 'conn ' } }
records:
  - { name: r, in: msg, patterns: ['conn {src:address}:{port:digits} to {dst:address}[ by {who:word}]'], map: { time: time, srcIp: src, srcPort: port, dstIp: dst, user: who } }
`,
].map((text) => parseDefinition(text, 'own.yaml'))
const full = compileFormats(definitions, { full: true })
const flow = compileFormats(definitions, { full: false })

const at = '2026-10-15T09:00:00Z'
const one = (n: number): string => `{"time":"${at}","src":"10.1.2.${n}","host":"h${n}.example.com"}`
const tuples = `{"kind":"tuples","flows":[{"tuples":["1792054800,10.1.2.1,203.0.113.1,E,10","1792054801,10.1.2.2,203.0.113.2,B,"]},{"tuples":["1792054802,10.1.2.3,203.0.113.3,E,30"]}],"later":"\\u00e9"}`
const members = `{"node":"n","at":"${at}","there":[{"src":"10.1.2.1","dst":{"ip":"203.0.113.1"}},{"src":"10.1.2.\\u0032","dst":{"x":"]}"}}],"far":{"there":[{"dst":{"ip":"203.0.113.3"},"src":"10.1.2.3"}]}}`
const event = (n: number): string =>
  `<Event><id>3</id><time>${at}</time><pc>pc${n}</pc><ip>203.0.113.${n}</ip></Event>`

/** Host or address of each transaction, else the reason. */
function read(...lines: string[]): string[] {
  const reader = new LineReader(full, newReader(null), null)
  return lines.flatMap((line) => Array.from(reader.readAll(Buffer.from(line), receivedAtMs), short))
}

function short(outcome: Outcome): string {
  if (outcome.outcome !== 'transaction') return outcome.reason
  const { dstHost, dstIp, srcIp } = outcome.transaction
  return `${srcIp ?? ''}>${dstHost ?? dstIp}`
}

describe('a line with several records', () => {
  const all = ['10.1.2.1>h1.example.com', '10.1.2.2>h2.example.com', '10.1.2.3>h3.example.com']

  test.each<[string, string, string[]]>([
    ['an array', `[${one(1)},${one(2)} , ${one(3)}]`, all],
    ['an array behind an envelope', `<14>Oct 15 09:00:00 host app: [${one(1)},${one(2)},${one(3)}]`, all],
    ['a batch', `{"records":[${one(1)},${one(2)},${one(3)}]}`, all],
    ['a batch with blanks', `{ "records" : [ ${one(1)}\t,\r${one(2)}, ${one(3)} ] }`, all],
    ['objects one behind the other', `${one(1)}${one(2)} ${one(3)}`, all],
    ['log events', `{"messageType":"DATA_MESSAGE","owner":"1","filters":["x",{"logEvents":1}],"logEvents":[${one(1)},${one(2)},${one(3)}]}`, all],
    ['one that nobody reads among them', `[${one(1)},{"a":1},${one(3)}]`, [all[0], 'no format matches', all[2]]],
    ['of several formats', `[${one(1)},${tuples},${one(3)}]`, [all[0], '10.1.2.1>203.0.113.1', 'begin', '10.1.2.3>203.0.113.3', all[2]]],
    ['the last cut off', `[${one(1)},${one(2).slice(0, 30)}`, [all[0], 'no format matches']],
    ['events', `${event(1)}${event(2)}\r`, ['>203.0.113.1', '>203.0.113.2']],
    ['events below a root', `<Events>${event(1)} ${event(2)}</Events>`, ['>203.0.113.1', '>203.0.113.2']],
    ['parts of a record', tuples, ['10.1.2.1>203.0.113.1', 'begin', '10.1.2.3>203.0.113.3']],
    ['parts that are objects: what one lacks is not the one before\'s', members, ['10.1.2.1>203.0.113.1', 'no destination', '10.1.2.3>203.0.113.3']],
    ['what Elasticsearch answers', `{"took":3,"hits":{"total":{"value":2},"hits":[{"_id":"1","_source":${one(1)}},${one(2)},${one(3)}]}}`, ['no format matches', all[1], all[2]]],
    ['what Graph answers', `{"@odata.context":"x","value":[${one(1)},${one(2)},${one(3)}]}`, all],
    ['what a console answers', `{"status":"ok","response":{"pageNumber":1,"entries":[${one(1)},${one(2)},${one(3)}],"total":3}}`, all],
    ['a list of batches', `[{"tags":{"host":"h"},"events":[${one(1)},${one(2)}]},{"tags":{},"events":[${one(3)}]}]`, all],
    ['a list that no answer holds', `{"src":"x","data":[${one(1)}]}`, ['no format matches']],
    ['no parts', '{"kind":"tuples","flows":[{"tuples":[]}]}', ['no time']],
    ['an empty batch', '{"records":[]}', ['no format matches']],
  ])('%s', (_, line, want) => {
    expect(read(line)).toEqual(want)
    // and the next line is not touched by it
    expect(read(line, one(2))).toEqual([...want, all[1]])
  }) // prettier-ignore

  test('each outcome names its line', () => {
    const reader = new LineReader(full, newReader(null), null)
    const lines = [one(1), `[${one(1)},${one(2)}]`, one(3)].flatMap((line) =>
      Array.from(reader.readAll(Buffer.from(line), receivedAtMs), (outcome) => outcome.line),
    )
    expect(lines).toEqual([1, 2, 2, 3])
  })

  test('fields beside the parts count for all of them', () => {
    const reader = new LineReader(full, newReader(null), null)
    const hints = Array.from(reader.readAll(Buffer.from(tuples), receivedAtMs), (outcome) =>
      outcome.outcome === 'transaction'
        ? [outcome.transaction.appHint, outcome.transaction.bytesUp]
        : null,
    )
    expect(hints).toEqual([['tuples', 10], null, ['tuples', 30]])
  })

  test('longer than a line may be, as long as its records are not', () => {
    const many = Array.from({ length: 5000 }, (_, i) => one(i % 250))
    const text = `{"records":[${many.join(',')}]}`
    expect(text.length).toBeGreaterThan(256 * 1024)
    expect(read(text)).toHaveLength(5000)
    expect(read(`{"a":"${'x'.repeat(300_000)}"}`)).toEqual(['line too long'])
  })
})

describe('a wrapped line', () => {
  const want = ['10.1.2.1>h1.example.com']
  const text = JSON.stringify(one(1))

  test.each<[string, string, string[]]>([
    ['a message', `{"message":${text}}`, want],
    ['a message among other fields', `{"@timestamp":"x","host":{"name":"n"},"message":${text},"tags":["a"]}`, want],
    ['raw text of a search', `{"preview":false,"result":{"_raw":${text}}}`, want],
    ['with an envelope of its own', `{"log":${JSON.stringify(`<14>Oct 15 09:00:00 host app: ${one(1)}`)}}`, want],
    ['in log events', `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":${text}},{"id":"2","message":${JSON.stringify(one(2))}}]}`, [...want, '10.1.2.2>h2.example.com']],
    ['one behind the other', `{"message":${text}}{"message":${JSON.stringify(one(2))}}`, [...want, '10.1.2.2>h2.example.com']],
    ['parts of a wrapped record', `{"message":${JSON.stringify(tuples)}}`, ['10.1.2.1>203.0.113.1', 'begin', '10.1.2.3>203.0.113.3']],
    ['a text before an object', `{"event":{"code":"x","original":${text}},"message":"y"}`, want],
    ['an object, though there is a text', `{"message":"some text that is no line","event":${one(1)}}`, want],
    ['an object', `{"time":1792054800,"event":${one(1)}}`, want],
    ['the second of two texts', `{"message":"some text that is no line","log":${text}}`, want],
    ['by another case', `{"EventReceivedTime":"x","Message":${text}}`, want],
    ['prose', '{"message":"the service was started a while ago"}', ['no format matches']],
    ['cut off', `{"message":${text.slice(0, -6)}`, ['no format matches']],
    ['wrapped twice', `{"message":${JSON.stringify(`{"message":${text}}`)}}`, want],
    ['wrapped three times is not looked into', `{"message":${JSON.stringify(`{"message":${JSON.stringify(`{"message":${text}}`)}}`)}}`, ['no format matches']],
  ])('%s', (_, line, expected) => {
    expect(read(line)).toEqual(expected)
    expect(read(line, one(2))).toEqual([...expected, '10.1.2.2>h2.example.com'])
  }) // prettier-ignore
})

describe('columns parted by blanks under a header', () => {
  test('are read by name', () => {
    const row = `10.1.2.3 203.0.113.9 ${at}`
    expect(read('src dst start', row)).toEqual(['header', '10.1.2.3>203.0.113.9'])
    expect(read('prose is no header', row)[0]).toBe('no format matches')
  })
})

describe('a text within an object', () => {
  test('is read as a line, not with the JSON around it', async () => {
    const cef =
      '<134>Oct 15 09:30:00 fw CEF:0|Check Point|URL Filtering|Check Point|Block|x|4|rt=1792056600000 src=10.1.2.3 dst=203.0.113.9 act=Block request=https://bet.example/a\\=b cs5Label=Matched Category cs5=Gambling'
    const shipped = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
    const fields = (line: string): unknown => {
      const outcome = new LineReader(shipped, newReader(null), null).read(
        Buffer.from(line),
        receivedAtMs,
      )
      return outcome.outcome === 'transaction' ? outcome.transaction : outcome.reason
    }
    expect(fields(cef)).toMatchObject({ url: 'https://bet.example/a=b', category: 'Gambling' })
    expect(fields(JSON.stringify({ '@timestamp': at, message: cef }))).toEqual(fields(cef))
    expect(fields(`<13>1 ${at} relay app - - [x@1 a="b"] ${cef}`)).toEqual(fields(cef))
  })
})

describe('a line whose writer put', () => {
  const teardown =
    '%ASA-6-302014: Teardown TCP connection 1 for outside:203.0.113.10/443 to inside:10.1.2.3/51000 duration 0:01:00 bytes 5000 TCP FINs'
  const pairs =
    'date=2026-10-15 time=09:30:00 devname="F, 1" devid="FGVM010000000001" logid="0000000013" type="traffic" subtype="forward" srcip=10.1.2.3 srcport=51000 dstip=203.0.113.10 dstport=443 proto=6 action="close" sentbyte=1 rcvdbyte=2 service="HTTPS"'
  test.each([
    ['a stamp in brackets in front', `[2026-10-15T09:30:00.000Z] fw1 ${teardown}`],
    ['a day first', `15/10/2026 09:30:00\tfw1\t${teardown}`],
    ['an epoch in front', `1792056600 fw1 ${teardown}`],
    ['quotes around it', `"Oct 15 09:30:00 fw1 ${teardown}"`],
    ['quotes around it and doubled its own', `"${pairs.replaceAll('"', '""')}"`],
    [
      'it into the first cell',
      `"${pairs.replaceAll('"', '""')}","2026-10-15T09:30:01Z",fw,fgt_log`,
    ],
    [
      'its stamp beside it',
      JSON.stringify({ id: 1, content: { timestamp: '2026-10-15T09:30:00Z', message: teardown } }),
    ],
    ['escapes before its quotes', pairs.replaceAll('"', '\\"')],
  ])('%s', async (_, line) => {
    const shipped = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
    const outcome = new LineReader(shipped, newReader(null), null).read(
      Buffer.from(line),
      receivedAtMs,
    )
    expect(outcome).toMatchObject({
      transaction: { time: '2026-10-15T09:30:00.000Z', srcIp: '10.1.2.3', dstPort: 443 },
    })
  })

  test('a number in front that is no time of the last year', async () => {
    const shipped = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
    const reader = new LineReader(shipped, newReader(null), null)
    expect(reader.read(Buffer.from(`1292056600 fw1 ${teardown}`), receivedAtMs)).toMatchObject({
      outcome: 'unparsed',
      reason: 'no time',
    })
  })
})

test('patterns cut a field', () => {
  const line = (msg: string): string => JSON.stringify({ time: at, msg })
  expect(read(line('conn 10.1.2.3:50 to 203.0.113.9 by ann'))).toEqual(['10.1.2.3>203.0.113.9'])
  expect(read(line('conn 10.1.2.3:50 to 203.0.113.9'))).toEqual(['10.1.2.3>203.0.113.9'])
  // the field ends the pattern, not the line
  expect(read(line('conn 10.1.2.3'))).toEqual(['message text unknown'])
})

describe('in a segment', () => {
  const parser = (): SegmentParser =>
    new SegmentParser(flow, { pastMsMax: 90 * dayMs, futureMsMax: dayMs })

  test('each record is counted as a line, and the ledger balances', () => {
    const lines = [
      one(1),
      `[${one(1)},{"a":1},${one(3)}]`,
      tuples,
      `{"message":${JSON.stringify(one(2))}}`,
      'nothing',
      event(1) + event(2),
    ]
    const { batch } = parse(parser(), segmentOf([linesBlock(lines)]))
    const sums = sumsOf(batch.ledger)
    expect(imbalance(batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    expect(sums.transaction.lines).toBe(8)
    expect(sums.skipped.lines).toBe(1)
    expect(sums.unparsed.lines).toBe(2)
    expect(sums.received.bytes).toBe(lines.join('\n').length + 1)
    expect(batch.flows.transactions.reduce((sum, n) => sum + n, 0)).toBe(8)
    // of a batch only the record that was not read is kept
    expect(batch.unparsed.map(({ text }) => Buffer.from(text).toString())).toEqual([
      '{"a":1}',
      'nothing',
    ])
  })

  test('what stands behind a cut batch is another line', () => {
    const { batch } = parse(
      parser(),
      segmentOf([linesBlock([`[${one(1)},${one(2).slice(0, 40)}`, one(3), squid, asa])]),
    )
    expect(imbalance(batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    expect(sumsOf(batch.ledger).transaction.lines).toBe(2)
  })
})
