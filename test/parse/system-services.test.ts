/** Lines of an operating system's services are told as no traffic; of programs unknown they stay unread. */
import { expect, test } from 'vitest'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { fullFormats, receivedAtMs } from './parse-parts.ts'

const packet =
  'PREFIX IN=eth1 OUT=eth0 SRC=192.0.2.4 DST=198.51.100.9 LEN=60 TTL=63 PROTO=TCP SPT=51234 DPT=443 SYN'

test.each([
  [
    '<38>Oct 15 09:00:00 fw sshd[123]: Accepted password for root from 192.0.2.2 port 51000 ssh2',
    'skipped',
  ],
  ['<30>1 2026-10-15T09:00:00Z fw systemd 1 - - Started Session 5 of user root.', 'skipped'],
  ['<78>Oct 15 09:00:00 fw CRON[123]: (root) CMD (run-parts /etc/cron.hourly)', 'skipped'],
  ['<6>Oct 15 09:00:00 fw kernel: [12.5] eth0: link up, 1000Mbps', 'skipped'],
  [`<6>Oct 15 09:00:00 fw kernel: [12.5] ${packet}`, 'transaction'],
  [`<6>Oct 15 09:00:00 fw kernel: [12.5] ${packet.slice(0, 50)}`, 'unparsed'],
  ['<14>Oct 15 09:00:00 fw acme-proxy[123]: user ann went somewhere', 'unparsed'],
  ['sshd', 'unparsed'],
])('%s: %s', (line, outcome) => {
  const reader = new LineReader(fullFormats, newReader(null), null)
  const said = reader.read(Buffer.from(line), receivedAtMs)
  expect(said.outcome).toBe(outcome)
  if (outcome === 'skipped')
    expect(said).toMatchObject({ format: '', reason: 'message of the operating system' })
})
