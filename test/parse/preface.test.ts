/** Lines as log tools show and export them, with the tool's own words before them: read as if they stood alone. */
import { expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { fullFormats, receivedAtMs } from './parse-parts.ts'

const teardown =
  '%ASA-6-302014: Teardown TCP connection 1 for outside:198.51.100.9/443 to inside:192.0.2.4/51234 duration 0:02:11 bytes 54211 TCP FINs'
const quoted = `"devname=""fw"" ${teardown}"`
const tunnel = `squid[12]: 1792054800.000 9 192.0.2.4 TCP_TUNNEL/200 54211 CONNECT www.example.org:443 ann HIER_DIRECT/198.51.100.9 -`
// the number of the event could be nanoseconds of 2019
const papertrail = `1567890123456789012\t2026-10-15T09:00:00Z\t2026-10-15T09:00:01Z\t9\tfw1\t198.51.100.1\tLocal0\tInfo`
const query = 'query[A] www.example.org from 192.0.2.4'
const time = '2026-10-15T09:00:00.000Z'
const ns = '1792054800000000000'
const base64 = Buffer.from(`${tunnel}\n`).toString('base64')

test.each([
  ['Kiwi, commas', `2026-10-15 09:00:00,Local0.Info,192.0.2.1,${teardown}`, 'CISCO_ASA'],
  ['Kiwi, cells in quotes', `2026-10-15,09:00:00,Local0,Info,192.0.2.1,${quoted}`, 'CISCO_ASA'],
  ['a row of a search, stamp last but one', `"Oct 15, 2026 @ 09:00:00.000",${quoted}`, 'CISCO_ASA'],
  ['Papertrail', `${papertrail}\tsquid\t${tunnel.slice(11)}`, 'SQUID_NATIVE'],
  // what names the product is found within the row, its time only beside it
  ['Papertrail, a line without a time', `${papertrail}\t%ASA-6-302014\t${teardown}`, 'CISCO_ASA'],
  ['Papertrail, with its tag apart', `${papertrail}\tfw1\t${teardown}`, 'CISCO_ASA'],
  [
    'Humio',
    JSON.stringify([{ tags: {}, events: [{ rawstring: teardown, timestamp: time }] }]),
    'CISCO_ASA',
  ],
  [
    'an object of nobody known, behind words',
    `ANALYTICS {"event_type":"closed","time":"${time}","user":"ann","client_ip":"192.0.2.4","resource_ip":"198.51.100.9","resource_port":443}`,
    'GENERIC_JSON',
  ],
  ['LogRhythm', `10 15 2026 09:00:00 192.0.2.1 <LOC0:INFO> ${teardown}`, 'CISCO_ASA'],
  ['logcli', `2026-10-15T09:00:00Z {host="a}b", job="x"} ${teardown}`, 'CISCO_ASA'],
  ['logcli with tabs', `2026-10-15T09:00:00Z {host="fw1"}\t${tunnel}`, 'SQUID_NATIVE'],
  ['a tag without a header', tunnel, 'SQUID_NATIVE'],
  ['a tag in Docker', JSON.stringify({ log: `${tunnel}\n`, time }), 'SQUID_NATIVE'],
  [
    'a tag of its own',
    JSON.stringify({ msg: query, programname: 'dnsmasq', timegenerated: time }),
    'DNSMASQ',
  ],
  [
    'a tag with a number',
    JSON.stringify({ MESSAGE: query, DATE: time, syslogtag: 'dnsmasq[7]:' }),
    'DNSMASQ',
  ],
  ['Loki', JSON.stringify({ streams: [{ stream: {}, values: [[ns, teardown]] }] }), 'CISCO_ASA'],
  ['Firehose', JSON.stringify({ requestId: 'r', records: [{ data: base64 }] }), 'SQUID_NATIVE'],
  [
    'a name with a dot',
    JSON.stringify({ '@timestamp': time, 'event.original': teardown }),
    'CISCO_ASA',
  ],
  [
    'beside members that tell less',
    JSON.stringify({
      starttime: 1_792_054_800_000,
      sourceip: '192.0.2.4',
      destinationip: '198.51.100.9',
      payload: teardown,
    }),
    'CISCO_ASA',
  ],
])('%s', (_name, line, format) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  expect(reader.read(Buffer.from(line), receivedAtMs)).toMatchObject({
    outcome: 'transaction',
    format,
    transaction: { time, srcIp: '192.0.2.4' },
  })
})

test('members count where no product reads the line beside them', () => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  const payload = 'something that nobody knows, of forty bytes and more'
  const object = { time, src_ip: '192.0.2.4', dst_ip: '198.51.100.9', dst_port: 443, payload }
  expect(reader.read(Buffer.from(JSON.stringify(object)), receivedAtMs)).toMatchObject({
    outcome: 'transaction',
    format: 'GENERIC_JSON',
    transaction: { time, srcIp: '192.0.2.4', dstIp: '198.51.100.9', dstPort: 443 },
  })
})

test('every pair of every stream of Loki is a record', () => {
  const values = [
    [ns, tunnel],
    [ns, tunnel, { trace: 'x' }],
  ]
  const push = {
    streams: [
      { stream: { job: 'a' }, values },
      { stream: {}, values: [[ns, tunnel]] },
    ],
  }
  const answer = { status: 'success', data: { resultType: 'streams', result: push.streams } }
  for (const body of [push, answer]) {
    const reader = new LineReader(fullFormats, newReader(null), null)
    const outcomes = [...reader.readAll(Buffer.from(JSON.stringify(body)), receivedAtMs)]
    expect(outcomes.map(({ format, outcome }) => [format, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['SQUID_NATIVE', 'transaction']),
    )
  }
})

test('an object that begins like an answer of Loki is one record', () => {
  const object = { status: 'ok', values: [['a', 'b']], time, src_ip: '192.0.2.4', dst_ip: '198.51.100.9', dst_port: 443 } // prettier-ignore
  const reader = new LineReader(fullFormats, newReader(null), null)
  const outcomes = [...reader.readAll(Buffer.from(JSON.stringify(object)), receivedAtMs)]
  expect(outcomes.map(({ outcome, format }) => [outcome, format])).toEqual([
    ['transaction', 'GENERIC_JSON'],
  ])
})

test.each([
  ['a row of another kind', '2026-10-15 09:00:00,Local0,Info,"no line of any device at all"'],
  ['labels that do not end', `2026-10-15T09:00:00Z {host="fw1 ${query}`],
  ['a word that is no tag', `Notice: ${query} and so on`],
])('%s stays unread', (_name, line) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  expect(reader.read(Buffer.from(line), receivedAtMs).outcome).toBe('unparsed')
})
