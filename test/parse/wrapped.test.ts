/** Lines that shippers put into an object of their own: read as they stood, with the shipper's time where they have none. */
import { expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { fullFormats, receivedAtMs } from './parse-parts.ts'

const teardown =
  '%ASA-6-302014: Teardown TCP connection 1 for outside:198.51.100.9/443 to inside:192.0.2.4/51234 duration 0:02:11 bytes 54211 TCP FINs'

test.each([
  [
    'Splunk',
    { host: 'fw', event: `<166>Oct 15 2026 09:00:00 asa : ${teardown}` },
    '2026-10-15T09:00:00.000Z',
  ],
  [
    'GELF',
    { version: '1.1', short_message: teardown, timestamp: 1792054800.5 },
    '2026-10-15T09:00:00.500Z',
  ],
  [
    'Elastic',
    { '@timestamp': '2026-10-15T09:00:01Z', message: teardown },
    '2026-10-15T09:00:01.000Z',
  ],
  [
    'the line own time wins',
    { time: 1, message: `Oct 15 2026 09:00:02: ${teardown}` },
    '2026-10-15T09:00:02.000Z',
  ],
])('%s', (_name, wrapper, time) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  expect(reader.read(Buffer.from(JSON.stringify(wrapper)), receivedAtMs)).toMatchObject({
    outcome: 'transaction',
    format: 'CISCO_ASA',
    transaction: { time, srcIp: '192.0.2.4', dstIp: '198.51.100.9', bytesTotal: 54_211 },
  })
})

test('without any time the line is kept as unparsed', () => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  expect(
    reader.read(Buffer.from(JSON.stringify({ message: teardown })), receivedAtMs),
  ).toMatchObject({
    outcome: 'unparsed',
    reason: 'no time',
  })
})

test.each([
  [
    '"date=2026-10-15","time=09:00:00","logid=0000000013","type=traffic","subtype=forward","devid=FG100FTK20000001","srcip=192.0.2.4","srcport=51234","dstip=198.51.100.9","dstport=443","proto=6","action=close","msg=a, ""b""","sentbyte=1","rcvdbyte=2"',
    'FORTIGATE',
  ],
  // a cell without a key
  [
    '"date=2026-10-15","time","logid=0000000013","type=traffic","devid=FG100FTK20000001","srcip=192.0.2.4","dstip=198.51.100.9"',
    null,
  ],
])('pairs in quotes as a whole: %s', (line, format) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  const outcome = reader.read(Buffer.from(line), receivedAtMs)
  expect(outcome.format).toBe(format)
  const transaction = { srcIp: '192.0.2.4', dstPort: 443, bytesUp: 1, bytesDown: 2 }
  if (format !== null) expect(outcome).toMatchObject({ outcome: 'transaction', transaction })
})

const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`
const object = (value: unknown): string => JSON.stringify(value)
const logRecord = (text: string): object => ({
  timeUnixNano: '1792054803000000000',
  body: { stringValue: text },
})

test.each<[string, string[]]>([
  ['a container', [`2026-10-15T09:00:03.000000001Z stdout F ${teardown}`]],
  ['a container that logs objects', [`2026-10-15T09:00:03Z stderr P ${object({ message: teardown })}`]],
  ['Docker, with its line end', [object({ log: `${teardown}\n`, stream: 'stdout', time: '2026-10-15T09:00:03Z' })]],
  ['Docker around a shipper', [object({ log: `${object({ message: teardown })}\n`, time: '2026-10-15T09:00:03Z' })]],
  ['a file of Fluentd', [`2026-10-15T09:00:03+00:00\tsyslog.local0\t${object({ message: teardown })}`]],
  ['a template of rsyslog', [`2026-10-15T09:00:03+00:00 192.0.2.1 local0.info <166>${teardown}`]],
  ['a blank in front', [object({ timestamp: '2026-10-15T09:00:03Z', message: ` ${teardown}` })]],
  ['a short message that begins a full one', [object({ short_message: teardown.slice(0, 60), full_message: teardown, timestamp: 1792054803 })]],
  ['OpenTelemetry', [object({ resourceLogs: [{ scopeLogs: [{ logRecords: [logRecord(teardown)] }] }] })]],
  ['a list of events', [object({ events: [{ starttime: 1792054803000, payload: teardown }] })]],
  ['a column of an export', ['"TimeGenerated [UTC]",Computer,SyslogMessage', `"10/15/2026, 9:00:03.000 AM",fw,${cell(teardown)}`]],
  ['a column beside addresses', ['starttime,sourceip,destinationip,payloadAsUTF', `1792054803000,192.0.2.9,192.0.2.8,${cell(teardown)}`]],
])('%s around a line', (_name, lines) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  const last = lines.map((line) => reader.read(Buffer.from(line), receivedAtMs)).at(-1)
  expect(last).toMatchObject({
    outcome: 'transaction',
    format: 'CISCO_ASA',
    transaction: { time: '2026-10-15T09:00:03.000Z', srcIp: '192.0.2.4', bytesTotal: 54_211 },
  })
}) // prettier-ignore

test('the log records of all scopes are read', () => {
  const scopes = [1, 2].map((n) => ({ logRecords: [1, 2].map((m) => logRecord(teardown.replace('198.51.100.9', `198.51.100.${n}${m}`))) }))
  const reader = new LineReader(fullFormats, newReader(null), null)
  const outcomes = [...reader.readAll(Buffer.from(object({ resourceLogs: [{ scopeLogs: [scopes[0]] }, { scopeLogs: [scopes[1]] }] })), receivedAtMs)]
  const far = outcomes.map((outcome) => outcome.outcome === 'transaction' && outcome.transaction.dstIp)
  expect(far).toEqual(['198.51.100.11', '198.51.100.12', '198.51.100.21', '198.51.100.22'])
}) // prettier-ignore

test('an export whose column holds no line of a product is read by its other columns', () => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  reader.read(Buffer.from('Time,Source IP,Destination IP,Destination Port,Message'), receivedAtMs)
  const text = 'the connection of src=10.9.9.9 dst=10.9.9.8 dport=22 action=deny was seen at that time'
  const outcome = reader.read(Buffer.from(`2026-10-15 09:00:03,192.0.2.4,198.51.100.9,443,${cell(text)}`), receivedAtMs)
  expect(outcome).toMatchObject({ format: 'GENERIC_CSV', transaction: { srcIp: '192.0.2.4', dstIp: '198.51.100.9', dstPort: 443 } })
}) // prettier-ignore
