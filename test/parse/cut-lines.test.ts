/** Datagrams and rotated files cut lines anywhere: what is left may say less, never something else. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileFormats, loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Transaction } from '../../src/parse/transaction.ts'

const samples = join(import.meta.dirname, '../../samples')
const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
const receivedAtMs = Date.parse('2026-11-01T00:00:00Z')

type Field = 'srcIp' | 'user' | 'dstHost' | 'dstIp' | 'bytesUp' | 'bytesDown'
const fields: readonly Field[] = ['srcIp', 'user', 'dstHost', 'dstIp', 'bytesUp', 'bytesDown']

/** Where nothing in the line tells that its last value is half. */
const untold: Record<string, Partial<Record<Field, string>>> = {
  'squid/native/extended.log': { dstHost: 'the name in the tunnel is the last column' },
  'squid/custom/key-value.log': { dstHost: 'the name in the tunnel is the last key' },
  'squid/common/common.log': { bytesDown: 'common format without result code ends there' },
  'squid/common/combined.log': { bytesDown: 'common format without result code ends there' },
  'squid/common/quotes.log': { bytesDown: 'common format without result code ends there' },
  'squid/native/traffic-server.log': { bytesDown: 'common format without result code ends there' },
  'zscaler/insights/firewall.log': { bytesUp: 'last column of the header' },
  'bluecoat/proxysg/syslog.log': { dstIp: 'r-ip may be the last key' },
  'generic-w3c/w3c/spaces.log': { bytesDown: 'last column of the header' },
  'generic-w3c/w3c/tabs.log': { bytesDown: 'last column of the header' },
  'generic-w3c/w3c/syslog.log': { bytesUp: 'last column of the header' },
  'zscaler/nss-web/json.log': { srcIp: 'the address before translation stands behind the other' },
  'zscaler/nss-web/cef.log': { srcIp: 'the address before translation stands behind the other' },
}

/** Values of cut lines that differ from the whole line's, by field. */
function differences(file: string): Map<Field, string[]> {
  const reader = new LineReader(formats, { ...newReader(null), mayBeCut: true }, null)
  const found = new Map<Field, string[]>(fields.map((field) => [field, []]))
  const read = (bytes: Uint8Array): Transaction | null => {
    const outcome = reader.read(bytes, receivedAtMs)
    return outcome.outcome === 'transaction' ? outcome.transaction : null
  }
  for (const line of readFileSync(join(samples, file), 'utf8').split('\n')) {
    const bytes = Buffer.from(line)
    const whole = read(bytes)
    if (line.startsWith('#') || whole === null) continue
    for (let length = 1; length < bytes.length; length++) {
      const cut = read(bytes.subarray(0, length))
      if (cut === null) continue
      for (const field of fields)
        if (cut[field] !== null && whole[field] !== null && cut[field] !== whole[field])
          found
            .get(field)
            ?.push(`${cut[field]} instead of ${whole[field]}: ${line.slice(0, length)}`)
    }
  }
  return found
}

const files = ['squid', 'bluecoat', 'generic-w3c', 'zscaler'].flatMap((vendor) =>
  readdirSync(join(samples, vendor), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(vendor, name)),
)

test.each(files)('%s', (file) => {
  for (const [field, found] of differences(file)) {
    if (untold[file]?.[field] === undefined) expect({ field, found }).toEqual({ field, found: [] })
    else expect(found, `${field}: the exception is over`).not.toEqual([])
  }
})
