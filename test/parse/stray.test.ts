/** A CSV header in a stream of many vendors: it holds for its own rows, and takes no other device's line. */
import { expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { fullFormats, receivedAtMs } from './parse-parts.ts'

const header = 'Timestamp,Source IP,User,URL,Action,Bytes Sent,Bytes Received'
const row = '2026-10-15T09:00:00Z,192.0.2.7,ann,https://files.example.org/a,allowed,10,20'
const pan =
  '<14>Oct 15 09:00:00 fw 1,2026/10/15 09:00:00,0070510,TRAFFIC,end,2560,2026/10/15 09:00:00,192.0.2.15,198.51.100.18,,,Out,ann,,ssl,vsys1,T,U,e1,e2,L,2026/10/15 09:00:00,8,1,55123,443,0,0,0x0,tcp,allow,15234,4321,10913,45,2026/10/15 09:00:00,30,business,0'
const asa =
  '<166>Oct 15 2026 09:00:00 asa : %ASA-6-302014: Teardown TCP connection 1 for outside:198.51.100.9/443 to inside:192.0.2.4/51234 duration 0:02:11 bytes 54211 TCP FINs'

test.each([
  ['the rows of the header', [header, row, row], ['GENERIC_CSV', 'GENERIC_CSV', 'GENERIC_CSV']],
  [
    'a line with more columns',
    [header, row, pan, row],
    ['GENERIC_CSV', 'GENERIC_CSV', 'PALO_ALTO', 'GENERIC_CSV'],
  ],
  [
    'a line with fewer columns',
    [header, row, asa, row],
    ['GENERIC_CSV', 'GENERIC_CSV', 'CISCO_ASA', 'GENERIC_CSV'],
  ],
  [
    "a row that is cut off stays the header's",
    [header, row, row.slice(0, 30)],
    ['GENERIC_CSV', 'GENERIC_CSV', 'GENERIC_CSV'],
  ],
])('%s', (_name, lines, formats) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  const read = lines.map((line) => reader.read(Buffer.from(line), receivedAtMs))
  expect(read.map(({ format }) => format)).toEqual(formats)
})
