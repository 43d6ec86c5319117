/** Lines that shippers put into an object of their own: read as they stood, with the shipper's time where they have none. */
import { expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/recognise.ts'
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
