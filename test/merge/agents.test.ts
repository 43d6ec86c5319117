/** Firewall flows and agents' connections become one picture. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hour, openMerge } from './merge-parts.ts'
import type { ConnectionRow, FlowRow, MergeStand, UsageSeen } from './merge-parts.ts'

// each case is a whole merge, some 40 statements: a second, and many on a busy machine
vi.setConfig({ testTimeout: 240_000 })

let stand: MergeStand
beforeAll(async () => {
  stand = await openMerge(['svc-*'])
}, 60_000)
afterAll(() => stand.close())

async function merged(
  flows: readonly Partial<FlowRow>[],
  connections: readonly Partial<ConnectionRow>[],
): Promise<UsageSeen[]> {
  const report = stand.report()
  await stand.flows(report, flows)
  await stand.connections(report, connections)
  return stand.usage(report)
}

const ann = { user: 'ann@example.com', process: 'msedge.exe', host: 'files.slack.com' }
const at = hour + 600

test('one connection seen by both: device, user, process and name of the agent, bytes of the network, counted once', async () => {
  const usage = await merged(
    [{ minute: at, src_port: 50001, bytes: 1000 }],
    [{ ...ann, at: at + 5, local_port: 50001 }],
  )
  expect(usage).toEqual([
    {
      hour,
      source: 'edge',
      host: 'files.slack.com',
      user: 'ann@example.com',
      user_form: '',
      device: 'd1.example.com',
      device_id: 'd1',
      process: 'msedge.exe',
      src_ip: '10.0.0.1',
      action: 'allowed',
      seen_by: ['network', 'agent'],
      agent_source: 'defender',
      device_rule: 'port',
      user_rule: 'port',
      host_rule: 'port',
      transactions: 1,
      bytes: 1000,
    },
  ])
})

/** host, user, device_id, seen_by, transactions, bytes */
const short = (usage: readonly UsageSeen[]): unknown[][] =>
  usage.map((row) => [
    row.host,
    row.user,
    row.device_id,
    row.seen_by.join('+'),
    row.transactions,
    row.bytes,
  ])

describe('flows and connections', () => {
  test.each<[string, Partial<FlowRow>[], Partial<ConnectionRow>[], unknown[][]]>([
    [
      'no source port in the log: by address, destination and time',
      [{ minute: at, bytes: 10 }],
      [{ ...ann, at: at + 5 }],
      [['files.slack.com', 'ann@example.com', 'd1', 'network+agent', 1, 10]],
    ],
    [
      'a proxy log tells hosts and no addresses',
      [{ minute: at, record: 'web', dst_ip: '', dst_host: 'files.slack.com' }],
      [{ ...ann, at: at + 5 }],
      [['files.slack.com', 'ann@example.com', 'd1', 'network+agent', 1, null]],
    ],
    [
      'on the road: usage of its own, without bytes',
      [{ minute: at, src_ip: '10.0.0.77' }],
      [{ ...ann, at: at + 5, local_ip: '192.168.1.4' }],
      [
        ['files.slack.com', 'ann@example.com', 'd1', 'agent', 1, null],
        ['files.slack.com', '', '', 'network', 1, null],
      ],
    ],
    [
      'the same address in another network: a device whose connections nobody saw is not this one',
      [{ minute: at, dst_ip: '203.0.113.50' }],
      [
        { ...ann, at: at + 5 },
        { ...ann, at: at + 65, remote_ip: '203.0.113.10' },
        { ...ann, at: at + 95, remote_ip: '203.0.113.11' },
      ],
      [
        ['files.slack.com', 'ann@example.com', 'd1', 'agent', 3, null],
        ['203.0.113.50', '', '', 'network', 1, null],
      ],
    ],
    [
      'a flow the agent did not tell goes to the device that has the address, and to who is there',
      [
        { minute: at },
        { minute: at + 120, dst_ip: '203.0.113.50', bytes: 7 },
        { minute: at + 180 },
      ],
      [
        { ...ann, at: at + 5, host: '' },
        { ...ann, at: at + 185, remote_ip: '203.0.113.9', host: '' },
      ],
      [
        ['203.0.113.50', 'ann@example.com', 'd1', 'network', 1, 7],
        ['203.0.113.9', 'ann@example.com', 'd1', 'network+agent', 2, null],
      ],
    ],
    [
      'the log names the user: it is kept, in its person',
      [{ minute: at, user: 'EXAMPLE\\ann' }],
      [{ ...ann, user_account: 'EXAMPLE\\ann', user_sid: 'S-1-5-21-1-2-3-1001', at: at + 5 }],
      [['files.slack.com', 'ann@example.com', 'd1', 'network+agent', 1, null]],
    ],
    [
      'a service account is nobody',
      [{ minute: at, src_port: 50001 }],
      [
        { ...ann, user: 'EXAMPLE\\svc-backup', at: at + 5, local_port: 50001 },
        { ...ann, at: at + 900, role: 'attempt' },
      ],
      [['files.slack.com', '', 'd1', 'network+agent', 1, null]],
    ],
    [
      'one row by two feeds counts once',
      [],
      [
        { ...ann, at, feed_row: 777_001 },
        { ...ann, at, feed_row: 777_001, source: 'hunting' },
      ],
      [['files.slack.com', 'ann@example.com', 'd1', 'agent', 1, null]],
    ],
    [
      'internal connections and inspections are no usage',
      [],
      [
        { ...ann, at, host: '', remote_ip: '10.0.0.5' },
        { ...ann, at, role: 'inspection' },
      ],
      [],
    ],
    [
      'the name of an address by a DNS answer',
      [{ minute: at + 60, src_ip: '10.0.0.9' }],
      [
        {
          at,
          role: 'dns',
          host: 'files.slack.com',
          answers: '203.0.113.9 203.0.113.8',
          remote_ip: '10.0.0.53',
          remote_port: 53,
        },
      ],
      [['files.slack.com', '', '', 'network', 1, null]],
    ],
    [
      'the session ends in the next hour',
      [{ minute: hour + 3600 + 600, bytes: 5 }],
      [{ ...ann, at: hour + 3500 }],
      [['files.slack.com', 'ann@example.com', 'd1', 'network+agent', 1, 5]],
    ],
  ])('%s', async (_, flows, connections, want) => {
    expect(short(await merged(flows, connections))).toEqual(want)
  })
})

describe('an address or a device shared', () => {
  test('DHCP gives an address to another device', async () => {
    const report = stand.report()
    const flow = (minute: number, dst: number): Partial<FlowRow> => ({
      minute,
      dst_ip: `203.0.113.${dst}`,
    })
    await stand.flows(report, [
      flow(at, 1),
      flow(at + 60, 2),
      flow(at + 1800, 3),
      flow(at + 1860, 4),
    ])
    const seen = { local_ip: '10.0.0.1', host: '' }
    await stand.connections(report, [
      { ...seen, at: at + 1, device_id: 'd1', remote_ip: '203.0.113.1' },
      { ...seen, at: at + 130, device_id: 'd1', remote_ip: '203.0.113.2' },
      { ...seen, at: at + 1790, device_id: 'd2', remote_ip: '203.0.113.3' },
      { ...seen, at: at + 1990, device_id: 'd2', remote_ip: '203.0.113.4' },
    ])
    const usage = await stand.usage(report)
    expect(usage.map((row) => [row.host, row.device_id])).toEqual([
      ['203.0.113.1', 'd1'],
      ['203.0.113.2', 'd1'],
      ['203.0.113.3', 'd2'],
      ['203.0.113.4', 'd2'],
    ])
  })

  test('two devices with one address at a time: only their own connections are theirs', async () => {
    const report = stand.report()
    const flows: Partial<FlowRow>[] = []
    const connections: Partial<ConnectionRow>[] = []
    for (let i = 0; i < 8; i++) {
      flows.push({ minute: at + i * 120, dst_ip: `203.0.113.${10 + i}` })
      connections.push({
        at: at + i * 120 + 2,
        device_id: i % 2 === 0 ? 'd1' : 'd2',
        remote_ip: `203.0.113.${10 + i}`,
      })
    }
    flows.push({ minute: at + 60, dst_ip: '203.0.113.99' })
    await stand.flows(report, flows)
    await stand.connections(report, connections)
    const usage = await stand.usage(report)
    expect(usage.map((row) => row.device_id)).toEqual([
      'd1', 'd2', 'd1', 'd2', 'd1', 'd2', 'd1', 'd2', '',
    ]) // prettier-ignore
    expect(
      usage.every((row) => row.device_rule === (row.device_id === '' ? '' : 'connection')),
    ).toBe(true)
  })

  test('a terminal server: users by their connections, else nobody', async () => {
    const report = stand.report()
    const flows: Partial<FlowRow>[] = []
    const connections: Partial<ConnectionRow>[] = []
    for (let i = 0; i < 12; i++) {
      flows.push({ minute: at + i * 60, dst_ip: `203.0.113.${10 + i}` })
      connections.push({
        at: at + i * 60 + 2,
        user: `u${i % 3}@example.com`,
        remote_ip: `203.0.113.${10 + i}`,
      })
    }
    flows.push({ minute: at + 60, dst_ip: '203.0.113.99' })
    await stand.flows(report, flows)
    await stand.connections(report, connections)
    const usage = await stand.usage(report)
    const users = usage.map((row) => row.user)
    expect(users.slice(0, 12)).toEqual(connections.map((row) => row.user))
    expect([users[12], usage[12].device_id]).toEqual(['', 'd1'])
  })

  test('a shared desktop: whoever was there', async () => {
    const report = stand.report()
    await stand.flows(report, [
      { minute: at, dst_ip: '203.0.113.1' },
      { minute: at + 240, dst_ip: '203.0.113.2' },
      { minute: at + 1500, dst_ip: '203.0.113.3' },
    ])
    await stand.connections(report, [{ at: at + 1, host: '', remote_ip: '203.0.113.1' }])
    await stand.logons(report, [
      { at: at - 300, device_id: 'd1', user: 'EXAMPLE\\ann' },
      { at: at + 1300, device_id: 'd1', user: 'EXAMPLE\\ben' },
      { at: at + 1400, device_id: 'd1', user: 'EXAMPLE\\carol', type: 'Network' },
    ])
    const usage = await stand.usage(report)
    expect(usage.map((row) => [row.host, row.device_id, row.user])).toEqual([
      ['203.0.113.1', 'd1', 'EXAMPLE\\ann'],
      ['203.0.113.2', 'd1', 'EXAMPLE\\ann'],
      ['203.0.113.3', '', ''],
    ])
  })

  test('devices behind a NAT: by their connections, with two alike nobody', async () => {
    const report = stand.report()
    const flows: Partial<FlowRow>[] = []
    const connections: Partial<ConnectionRow>[] = []
    for (let i = 0; i < 10; i++) {
      flows.push({
        minute: at + i * 60,
        src_ip: '198.51.100.1',
        dst_ip: `203.0.113.${10 + i}`,
        bytes: 1,
      })
      connections.push({
        at: at + i * 60 + 2,
        device_id: i % 2 === 0 ? 'd1' : 'd2',
        user: i % 2 === 0 ? 'ann@example.com' : 'ben@example.com',
        local_ip: i % 2 === 0 ? '192.168.7.4' : '192.168.7.5',
        remote_ip: `203.0.113.${10 + i}`,
      })
    }
    // both at the same time
    flows.push({
      minute: at + 1500,
      src_ip: '198.51.100.1',
      dst_ip: '203.0.113.99',
      transactions: 2,
      bytes: 1,
    })
    for (const i of [0, 1])
      connections.push({ ...connections[i], at: at + 1501, remote_ip: '203.0.113.99' })
    await stand.flows(report, flows)
    await stand.connections(report, connections)
    const usage = await stand.usage(report)
    expect(
      usage.map((row) => [row.host, row.device_id, row.user, row.device_rule, row.transactions]),
    ).toEqual([
      ...Array.from({ length: 10 }, (_, i) => [
        `203.0.113.${10 + i}`,
        i % 2 === 0 ? 'd1' : 'd2',
        i % 2 === 0 ? 'ann@example.com' : 'ben@example.com',
        'nat',
        1,
      ]),
      ['203.0.113.99', '', '', '', 2],
    ])
  })
})

test('a clock that runs ahead is measured and corrected', async () => {
  const report = stand.report()
  const skew = 420
  const flows: Partial<FlowRow>[] = []
  const connections: Partial<ConnectionRow>[] = []
  for (let i = 0; i < 30; i++) {
    const begun = at + i * 47
    flows.push({
      minute: Math.floor((begun + skew) / 60) * 60,
      src_port: 50_000 + i,
      dst_ip: `203.0.113.${10 + i}`,
    })
    connections.push({ at: begun, local_port: 50_000 + i, remote_ip: `203.0.113.${10 + i}` })
  }
  await stand.flows(report, flows)
  await stand.connections(report, connections)
  const usage = await stand.usage(report)
  expect(usage.every((row) => row.seen_by.length === 2)).toBe(true)
  const [row] = await stand.store.query<{ seconds: number; pairs: number }>(
    'SELECT seconds, pairs FROM db.clock_skews FINAL WHERE report = {report:String}',
    { report },
  )
  expect(row.pairs).toBeGreaterThanOrEqual(20)
  expect(Math.abs(row.seconds - skew)).toBeLessThanOrEqual(60)
})
