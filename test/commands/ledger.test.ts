import { describe, expect, test } from 'vitest'
import type { LedgerRow } from '../../src/api/schemas.ts'
import { judgeLedgerRow } from '../../src/api/words.ts'
import { instantOf, ledger, ledgerTable } from '../../src/commands/ledger.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const quantity = (lines: number, bytes: number | null = lines * 500) => ({ lines, bytes })
const row = (patch: Partial<LedgerRow>) =>
  judgeLedgerRow({
    hour: '2026-09-25T13:00:00.000Z',
    source: 'hq',
    received: quantity(124_043),
    transactions: quantity(120_976),
    skipped: quantity(3020),
    unparsed: quantity(42),
    dropped: quantity(5, null),
    reasons: [
      { outcome: 'skipped', reason: 'session-start', lines: 3020, bytes: 1_510_000 },
      { outcome: 'dropped', reason: 'kernel-buffer', lines: 5, bytes: null },
    ],
    ...patch,
  })

const good = { balanced: true, sentence: '124,043 lines received = …. The ledger balances.' }
const appliance = standIn()

describe('the table', () => {
  test('has the sums, the bytes and the reasons', () => {
    expect(ledgerTable([row({})])).toEqual([
      'Hour (UTC)        Source  Received  Transactions  Skipped  Unparsed  Dropped',
      '2026-09-25 13:00  hq       124,043       120,976    3,020        42        5',
      '  received 62.0 MB, transactions 60.5 MB, skipped 1.51 MB, unparsed 21.0 kB, dropped –',
      '  skipped: session-start: 3,020 lines, 1.51 MB',
      '  dropped: kernel-buffer: 5 lines, –',
    ])
  })

  test.each<[received: number, want: string]>([
    [124_051, '  ! does not balance: 8 lines cannot be accounted for'],
    [124_042, '  ! does not balance: 1 line more came out than went in'],
  ])('says by how much it does not balance', (received, want) => {
    expect(ledgerTable([row({ received: quantity(received) })]).at(-1)).toBe(want)
  })

  test('names out of logs cannot move the cursor', () => {
    const hostile = row({
      source: 'a\u001b[2J',
      reasons: [{ outcome: 'unparsed', reason: 'x\r\n', lines: 1, bytes: 1 }],
    })
    expect(ledgerTable([hostile]).join('')).not.toMatch(/\p{Cc}/u)
  })
})

describe('gnomon ledger', () => {
  test('asks for one day, and says that it balances', async () => {
    appliance.answer(() => ({ body: { rows: [row({})], total: 1, ...good } }))
    const { code, stdout } = await runCommand(ledger, ['--url', appliance.url()])
    expect(code).toBe(0)
    expect(stdout).toBe(`${ledgerTable([row({})]).join('\n')}\n\n${good.sentence}\n`)
    const [{ path, query }] = appliance.asked
    expect({ path, keys: Object.keys(query).toSorted() }).toEqual({
      path: '/api/v1/ledger',
      keys: ['from', 'limit', 'page'],
    })
    expect(Date.now() - Date.parse(query['from'])).toBeGreaterThanOrEqual(24 * 3_600_000)
  })

  test('1 when it does not balance', async () => {
    const body = {
      rows: [row({ received: quantity(1) })],
      total: 1,
      balanced: false,
      sentence: '1 hour of a source does not balance.',
    }
    appliance.answer(() => ({ body }))
    expect(await runCommand(ledger, ['--url', appliance.url()])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/not balance\.\n$/),
    })
    expect((await runCommand(ledger, ['--url', appliance.url(), '--json'])).code).toBe(1)
  })

  test('reads all pages, as one JSON document', async () => {
    const rows = [row({}), row({ source: 'b' }), row({ source: 'c' })]
    appliance.answer(({ query }) => ({
      body: { rows: [rows[Number(query['page']) - 1]], total: 2500, ...good },
    }))
    const args = [
      '--url',
      appliance.url(),
      '--json',
      '--source',
      'a b&c',
      '--from',
      '2026-09-21',
      '--to',
      '2026-09-22T01:00+02:00',
    ]
    const { stdout } = await runCommand(ledger, args)
    expect(JSON.parse(stdout)).toEqual({ rows, total: 2500, ...good, notices: [] })
    expect(appliance.asked.map(({ query }) => query)).toEqual(
      ['1', '2', '3'].map((page) => ({
        page,
        limit: '1000',
        source: 'a b&c',
        from: '2026-09-21T00:00:00.000Z',
        to: '2026-09-21T23:00:00.000Z',
      })),
    )
  })

  test('tells how lines changed', async () => {
    const notices = ['hq (192.0.2.1): Since 2026-09-21 14:02 \u001b lines have 116 fields.']
    appliance.answer(() => ({ body: { rows: [row({})], total: 1, ...good, notices } }))
    const { stdout } = await runCommand(ledger, ['--url', appliance.url()])
    expect(stdout.split('\n').at(-2)).toBe(
      '! hq (192.0.2.1): Since 2026-09-21 14:02 ␛ lines have 116 fields.',
    )
  })

  test('an empty ledger is a sentence', async () => {
    appliance.answer(() => ({
      body: { rows: [], total: 0, balanced: true, sentence: 'No line received yet.' },
    }))
    expect((await runCommand(ledger, ['--url', appliance.url()])).stdout).toBe(
      'No line received yet.\n',
    )
  })
})

const nowMs = Date.parse('2026-09-25T12:00:00Z')

test.each([
  ['12h', '2026-09-25T00:00:00.000Z'],
  ['7d', '2026-09-18T12:00:00.000Z'],
  ['2026-09-21', '2026-09-21T00:00:00.000Z'],
  ['2026-09-21T14:00', '2026-09-21T14:00:00.000Z'],
  ['2026-09-21T14:00Z', '2026-09-21T14:00:00.000Z'],
  ['2026-09-21T14:00:00+0200', '2026-09-21T12:00:00.000Z'],
])('instantOf %s', (text, want) => {
  expect(instantOf(text, nowMs, '--from')).toBe(want)
})

test.each(['', 'yesterday', '7', '7w', '21.09.2026', '2026-13-01', '14:00'])(
  'no time: %j',
  (text) => {
    expect(() => instantOf(text, nowMs, '--from')).toThrow(
      /^cannot use --from .*: not a time; write 2026-09-21T14:00Z/,
    )
  },
)
