/** What is written is read again by parsers that were written from the formats' own documents. */
import { describe, expect, test } from 'vitest'
import {
  compileFormats,
  formatNamed,
  loadDefinitions,
  shippedParsers,
} from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Transaction } from '../../src/parse/transaction.ts'
import { recordLine } from '../../src/publish/record-lines.ts'
import { syslogMessage } from '../../src/publish/record-targets.ts'
import type { SentRow } from '../../src/publish/sent-usage.ts'
import { customParser, lineFormats } from '../../src/publish/usage-lines.ts'
import { sentRow } from './sent-row.ts'

const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })

function read(id: string, row: SentRow): Transaction[] {
  const format = lineFormats.find((entry) => entry.id === id) as (typeof lineFormats)[number]
  const reader = new LineReader(formats, newReader(formatNamed(formats, id)), null)
  const lines = `${format.header}${format.line(row)}`.trimEnd().split('\n')
  return lines.flatMap((line) => {
    const outcome = reader.read(Buffer.from(line), sentRow.last_seen * 1000)
    return outcome.outcome === 'transaction' ? [outcome.transaction] : []
  })
}

describe.each(['GENERIC_W3C', 'GENERIC_CEF'])('%s', (id) => {
  test('user, client, destination, bytes and action come back', () => {
    expect(read(id, sentRow)).toMatchObject([
      {
        time: new Date(sentRow.first_seen * 1000).toISOString(),
        srcIp: '198.51.100.7',
        user: 'corp\\ann',
        dstHost: 'files.slack.com',
        action: 'allowed',
        bytesUp: 3476,
        bytesDown: 351_955,
      },
    ])
  })

  test('unknown stays unknown', () => {
    const blank = {
      ...sentRow,
      user: '',
      device: '',
      action: '' as const,
      bytes_up: null,
      bytes_down: null,
      bytes_total: null,
    }
    expect(read(id, blank)).toMatchObject([
      { user: null, action: null, bytesUp: null, bytesDown: null, bytesTotal: null },
    ])
  })

  test('a destination that is only an address', () => {
    expect(read(id, { ...sentRow, host: '203.0.113.9' })).toMatchObject([
      { dstIp: '203.0.113.9', dstHost: null },
    ])
  })

  test('names of hostile senders are one field of one line', () => {
    const row = { ...sentRow, user: 'a b|c=d\\e\nCEF:0|x "q"', device: '=cmd|x' }
    const format = lineFormats.find((entry) => entry.id === id) as (typeof lineFormats)[number]
    expect(format.line(row).trimEnd()).not.toContain('\n')
    expect(read(id, row)).toMatchObject([{ dstHost: 'files.slack.com', bytesUp: 3476 }])
  })
})

test('CSV for the custom parser: the columns of its definition, in the order of the dialog', () => {
  const custom = lineFormats.find(({ id }) => id === 'CUSTOM')
  expect(custom?.line({ ...sentRow, first_seen: Date.UTC(2026, 8, 21, 14, 13, 20) / 1000 })).toBe(
    '21/09/2026 14:13:20,198.51.100.7,,files.slack.com,corp\\ann,3476,351955,355431,Allowed\n',
  )
  const columns = custom?.header.trimEnd().split(',') ?? []
  const wanted = customParser.slice(3).map(([, value]) => value.split(',')[0])
  expect(columns).toEqual(wanted)
})

describe('records', () => {
  test('OCSF: HTTP Activity with a name, Network Activity with an address', () => {
    const http = JSON.parse(recordLine('ocsf', sentRow, '1.0'))
    expect(http).toMatchObject({
      class_uid: 4002,
      category_uid: 4,
      activity_id: 99,
      type_uid: 400_299,
      severity_id: 1,
      time: sentRow.first_seen * 1000,
      metadata: {
        version: '1.4.0',
        product: { vendor_name: 'Gnomon' },
        uid: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      src_endpoint: { ip: '198.51.100.7', hostname: 'laptop-1' },
      http_request: { url: { hostname: 'files.slack.com' } },
      actor: { user: { name: 'corp\\ann' } },
      traffic: { bytes: 355_431, bytes_out: 3476, bytes_in: 351_955 },
      action_id: 1,
    })
    const network = JSON.parse(
      recordLine(
        'ocsf',
        { ...sentRow, host: '203.0.113.9', action: 'blocked', bytes_up: null },
        '1.0',
      ),
    )
    expect(network).toMatchObject({
      class_uid: 4001,
      type_uid: 400_106,
      dst_endpoint: { ip: '203.0.113.9' },
      action_id: 2,
    })
    expect(network.traffic).not.toHaveProperty('bytes_out')
    expect(network.metadata.uid).not.toBe(http.metadata.uid)
  })

  test('ECS', () => {
    expect(JSON.parse(recordLine('ecs', sentRow, '1.0'))).toMatchObject({
      '@timestamp': new Date(sentRow.first_seen * 1000).toISOString(),
      event: { category: ['network', 'web'], type: ['connection', 'allowed'], outcome: 'success' },
      source: { ip: '198.51.100.7', bytes: 3476 },
      destination: { domain: 'files.slack.com', bytes: 351_955 },
      network: { bytes: 355_431, application: 'slack' },
      user: { name: 'corp\\ann' },
    })
  })

  test('a syslog message is one line of RFC 5424', () => {
    expect(syslogMessage('{"a":"b\nc"}', Date.UTC(2026, 8, 21), 'box')).toBe(
      '<134>1 2026-09-21T00:00:00.000Z box gnomon - usage - {"a":"b c"}',
    )
  })
})
