/** What stands behind a number, on a terminal. */
import { describe, expect, test } from 'vitest'
import { trace } from '../../src/commands/trace.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const answer = {
  transactions: 3,
  bytesTotal: 1000,
  rules: [
    {
      device: 'port',
      user: '',
      host: 'log',
      seenBy: ['network', 'agent'],
      transactions: 3,
      bytesTotal: 1000,
    },
  ],
  flows: [
    {
      minute: '2026-10-15T10:10:00Z',
      source: 'edge',
      format: 'F',
      record: 'session',
      srcIp: '10.0.0.1',
      srcPort: 50001,
      user: '',
      dstHost: '',
      dstIp: '2001:db8::9',
      dstPort: 443,
      action: 'allowed',
      transactions: 3,
      bytesTotal: 1000,
    },
  ],
  agentRows: [
    {
      at: '2026-10-15T10:10:05.000Z',
      source: 'main',
      device: 'pc-7\u001b[2J',
      user: 'ann@example.com',
      process: 'msedge.exe',
      localIp: '10.0.0.1',
      localPort: 50001,
      remoteIp: '203.0.113.9',
      remotePort: 443,
      host: 'files.slack.com',
      kind: 'ConnectionSuccess',
    },
  ],
  leases: [
    {
      address: '10.0.0.1',
      device: 'pc-7',
      deviceId: 'd7',
      from: '2026-10-15T10:00:00Z',
      until: '2026-10-15T11:00:00Z',
      seen: 4,
    },
  ],
  clocks: [{ hour: '2026-10-15T10:00:00Z', source: 'edge', seconds: -12, connections: 40 }],
}
const nothing = {
  transactions: 0,
  bytesTotal: null,
  rules: [],
  flows: [],
  agentRows: [],
  leases: [],
  clocks: [],
}
const appliance = standIn()

test('rules, minutes, rows of agents, leases and clocks', async () => {
  appliance.answer(() => ({ body: answer }))
  const args = ['--url', appliance.url(), '--user', 'ann@example.com', '--from', '2026-10-15']
  const { code, stdout } = await runCommand(trace, args)
  expect(code).toBe(0)
  expect(appliance.asked[0]).toMatchObject({
    path: '/api/v1/trace',
    query: { user: 'ann@example.com', report: 'continuous', from: '2026-10-15T00:00:00.000Z' },
  })
  expect(appliance.asked[0].query).not.toHaveProperty('app')
  const lines = stdout.split('\n')
  expect(lines[0]).toBe('3 transactions, 1.00 kB')
  expect(stdout).toMatch(/\nRules\n.*\nport +– +log +network, agent +3 +1\.00 kB\n/)
  expect(stdout).toMatch(/\nMinutes of the logs\n.*\n2026-10-15 10:10 +edge +session +10\.0\.0\.1/)
  expect(stdout).toMatch(/\nRows of agents\n.*\n2026-10-15 10:10 +main +pc-7.* ann@example\.com/)
  expect(stdout).toMatch(/\nWho had the address\n.*\n10\.0\.0\.1 +pc-7 /)
  expect(stdout).toMatch(/\nClocks, ahead of the agents'\n.*\n2026-10-15 10:00 +edge +-12 /)
  expect(stdout).not.toContain('\u001b')
})

test('--json is the answer', async () => {
  appliance.answer(() => ({ body: answer }))
  const { stdout } = await runCommand(trace, ['--url', appliance.url(), '--app', 'slack', '--json'])
  expect(JSON.parse(stdout)).toEqual(answer)
})

test('of nothing: said, and exit code 1', async () => {
  appliance.answer(() => ({ body: nothing }))
  const { code, stdout } = await runCommand(trace, ['--url', appliance.url(), '--host', 'x'])
  expect([code, stdout]).toEqual([1, 'Nothing is known of this in these hours.\n'])
})

describe('failures', () => {
  test('without any of the names', async () => {
    await expect(runCommand(trace, ['--url', appliance.url()])).rejects.toThrow(
      /cannot trace everything: name one of --app/,
    )
    expect(appliance.asked).toEqual([])
  })
})
