/** One visit in two logs of one device counts once. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hour, openMerge } from './merge-parts.ts'
import type { FlowRow, MergeStand } from './merge-parts.ts'

// each case is a whole merge, some 40 statements: a second, and many on a busy machine
vi.setConfig({ testTimeout: 90_000 })

let stand: MergeStand
beforeAll(async () => {
  stand = await openMerge()
}, 60_000)
afterAll(() => stand.close())

/** host, user, action, transactions, bytes of the usage */
type Seen = [string, string, string, number, number | null]

async function merged(rows: readonly Partial<FlowRow>[]): Promise<Seen[]> {
  const report = stand.report()
  await stand.flows(report, rows)
  const usage = await stand.usage(report)
  return usage.map((row) => [row.host, row.user, row.action, row.transactions, row.bytes])
}

const session = (more: Partial<FlowRow> = {}): Partial<FlowRow> => ({
  record: 'session',
  bytes: 1000,
  src_port: 50001,
  ...more,
})
const web = (dst_host: string, more: Partial<FlowRow> = {}): Partial<FlowRow> => ({
  record: 'web',
  dst_host,
  src_port: 50001,
  ...more,
})
const slack = 'files.slack.com'
const other = 'www.example.org'
const ip = '203.0.113.9'

describe('a connection and its requests', () => {
  test.each<[string, Partial<FlowRow>[], Seen[]]>([
    ['one of each, by port', [session(), web(slack)], [[slack, '', 'allowed', 1, 1000]]],
    [
      'five requests in one connection',
      [session(), web(slack, { transactions: 5 })],
      [[slack, '', 'allowed', 1, 1000]],
    ],
    [
      'the request tells its bytes again',
      [session(), web(slack, { bytes: 900 })],
      [[slack, '', 'allowed', 1, 1000]],
    ],
    [
      'only the request tells bytes',
      [session({ bytes: null }), web(slack, { bytes: 900 })],
      [[slack, '', 'allowed', 1, 900]],
    ],
    [
      'the request names the user',
      [session(), web(slack, { user: 'ann' })],
      [[slack, 'ann', 'allowed', 1, 1000]],
    ],
    [
      'the request was blocked, the session before it allowed',
      [session(), web(slack, { action: 'blocked' })],
      [[slack, '', 'blocked', 1, 1000]],
    ],
    [
      'the session ends in the next hour',
      [web(slack, { minute: hour + 3540 }), session({ minute: hour + 3600 + 1200 })],
      [[slack, '', 'allowed', 1, 1000]],
    ],
    [
      'two hosts of one address, told apart by their ports',
      [
        session(),
        web(slack),
        session({ src_port: 50002, bytes: 70 }),
        web(other, { src_port: 50002 }),
      ],
      [
        [slack, '', 'allowed', 1, 1000],
        [other, '', 'allowed', 1, 70],
      ],
    ],
    [
      'minute rows of several connections, one host',
      [session({ src_port: 0, transactions: 3 }), web(slack, { src_port: 0, transactions: 3 })],
      [[slack, '', 'allowed', 3, 1000]],
    ],
    [
      'several hosts and no port: each request counts, the bytes stay at the address',
      [
        session({ src_port: 0, transactions: 2 }),
        web(slack, { src_port: 0 }),
        web(other, { src_port: 0 }),
      ],
      [
        [ip, '', 'allowed', 0, 1000],
        [slack, '', 'allowed', 1, null],
        [other, '', 'allowed', 1, null],
      ],
    ],
    [
      "several hosts and no port, told apart by the vendor's app name",
      [
        session({ src_port: 0, app_hint: 'slack-base' }),
        web(slack, { src_port: 0, app_hint: 'slack-base' }),
        session({ src_port: 0, app_hint: 'web-browsing', bytes: 70 }),
        web(other, { src_port: 0, app_hint: 'web-browsing' }),
      ],
      [
        [slack, '', 'allowed', 1, 1000],
        [other, '', 'allowed', 1, 70],
      ],
    ],
  ])('%s', async (_, rows, want) => {
    expect(await merged(rows)).toEqual(want)
  })
})

describe('what is no pair', () => {
  test.each<[string, Partial<FlowRow>[], Seen[]]>([
    ['sessions alone', [session(), session({ src_port: 7 })], [[ip, '', 'allowed', 2, 2000]]],
    [
      'requests alone',
      [web(slack), web(slack, { src_port: 7 })],
      [[slack, '', 'allowed', 2, null]],
    ],
    [
      'another client',
      [session(), web(slack, { src_ip: '10.0.0.2' })],
      [
        [ip, '', 'allowed', 1, 1000],
        [slack, '', 'allowed', 1, null],
      ],
    ],
    [
      'another source',
      [session(), web(slack, { source: 'proxy' })],
      [
        [ip, '', 'allowed', 1, 1000],
        [slack, '', 'allowed', 1, null],
      ],
    ],
    [
      'a request whose own connection is not logged yet',
      [session(), web(slack), web(slack, { src_port: 50009 })],
      [[slack, '', 'allowed', 2, 1000]],
    ],
    [
      'a session that names its host',
      [session({ dst_host: other }), web(slack)],
      [
        [slack, '', 'allowed', 1, null],
        [other, '', 'allowed', 1, 1000],
      ],
    ],
    ['a DNS query', [session({ record: 'dns', dst_host: slack })], []],
  ])('%s', async (_, rows, want) => {
    expect(await merged(rows)).toEqual(want)
  })
})

test('the order in which hours come and are merged changes nothing', async () => {
  const rows = [
    web(slack, { minute: hour + 3540 }),
    session({ minute: hour + 3600 + 1200 }),
    web(other, { src_port: 50002, minute: hour + 60 }),
    session({ src_port: 50002, minute: hour + 7140 }),
    session({ src_port: 0, minute: hour + 3000, transactions: 4 }),
  ]
  const want = await merged(rows)
  for (const order of [
    [4, 3, 2, 1, 0],
    [1, 0, 3, 4, 2],
    [3, 1, 4, 2, 0],
  ]) {
    const report = stand.report()
    for (const place of order) {
      await stand.flows(report, [rows[place]])
      await stand.merge.recomputeDirty(24, report)
    }
    const usage = await stand.usage(report)
    expect(
      usage.map((row) => [row.host, row.user, row.action, row.transactions, row.bytes]),
    ).toEqual(want)
  }
})
