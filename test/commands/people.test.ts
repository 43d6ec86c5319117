/** From one user, device or address to all it goes with, as the API answers. */
import { describe, expect, test } from 'vitest'
import type { PersonDetail } from '../../src/api/schemas.ts'
import { addresses, devices, users } from '../../src/commands/people.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const volume = { transactions: 12, bytesUp: 1000, bytesDown: 2000, bytesTotal: 3000 }
const person = {
  ...volume,
  name: 'ann@example.com',
  apps: 2,
  others: 1,
  topApps: ['Slack', 'Dropbox'],
  blocked: 0,
  lastSeen: '2026-10-15T12:30:00Z',
}
const partner = {
  name: 'pc-7.example.com',
  transactions: 12,
  bytesTotal: 3000,
  firstSeen: '2026-10-15T08:00:00Z',
  lastSeen: '2026-10-15T12:30:00Z',
  network: 2,
  agent: 3,
  both: 7,
}
const detail: PersonDetail = {
  person,
  apps: [
    {
      name: 'Slack',
      id: 'slack',
      transactions: 12,
      bytesTotal: 3000,
      blocked: 0,
      lastSeen: '2026-10-15T12:30:00Z',
    },
  ],
  others: [],
  picture: {
    firstSeen: '2026-10-15T08:00:00Z',
    lastSeen: '2026-10-15T12:30:00Z',
    network: 2,
    agent: 3,
    both: 7,
    sources: ['edge', 'main'],
    users: [],
    devices: [partner, { ...partner, name: 'laptop\u001b[2J' }],
    addresses: [{ ...partner, name: '10.0.0.7' }],
  },
}
const appliance = standIn()
const at = (...args: string[]): string[] => ['--url', appliance.url(), ...args]

test('a user: all his devices and addresses, on the network and off it', async () => {
  appliance.answer(() => ({ body: detail }))
  const { code, stdout } = await runCommand(users, at('ann@example.com', '--from', '2026-10-15'))
  expect(code).toBe(0)
  expect(appliance.asked[0]).toMatchObject({
    path: '/api/v1/users/ann%40example.com',
    query: { report: 'continuous', from: '2026-10-15T00:00:00.000Z' },
  })
  const lines = stdout.split('\n')
  expect(lines[0]).toBe('ann@example.com: 12 transactions, 3.00 kB')
  expect(lines[1]).toBe('seen 2026-10-15 08:00 to 2026-10-15 12:30 UTC by edge, main')
  expect(lines[2]).toBe(
    '2 on the network, 7 there and by an agent, 3 off the network (agents alone)',
  )
  expect(stdout).toMatch(
    /\nDevices\nName .*\npc-7\.example\.com +2026-10-15 08:00 +2026-10-15 12:30 +2 +7 +3 +3\.00 kB\n/,
  )
  expect(stdout).toMatch(/\nAddresses\nName .*\n10\.0\.0\.7 /)
  expect(stdout).toMatch(/\nApps\nApp .*\nSlack /)
  expect(stdout).not.toContain('\u001b')
  expect(stdout).not.toContain('\nUsers\n')
})

test('a device: all its users, and whether its agent does', async () => {
  const facts = {
    deviceId: 'd7',
    lastSeen: '2026-10-15T12:00:00.000Z',
    platform: 'Windows10',
    version: '10.0',
    build: '19045',
    onboarding: 'Onboarded',
    sensorHealth: 'Active',
    networkProtection: '',
    prerequisites: 'met',
    reason: 'Windows 10 build 19045; onboarded',
  } as const
  const picture = { ...detail.picture!, users: [{ ...partner, name: 'ben@example.com' }], devices: [] } // prettier-ignore
  appliance.answer(() => ({ body: { ...detail, picture, facts: [facts] } }))
  const { stdout } = await runCommand(devices, at('pc-7.example.com'))
  expect(stdout).toContain(
    'agent d7: Windows10 19045, prerequisites met: Windows 10 build 19045; onboarded\n',
  )
  expect(stdout).toMatch(/\nUsers\nName .*\nben@example\.com /)
  expect(stdout).not.toContain('\nDevices\n')
})

test('an address: its users and devices', async () => {
  appliance.answer(() => ({ body: detail }))
  const { stdout } = await runCommand(addresses, at('10.0.0.7'))
  expect(appliance.asked[0].path).toBe('/api/v1/addresses/10.0.0.7')
  expect(stdout).toMatch(/\nDevices\n/)
  expect(stdout).not.toContain('\nAddresses\n')
})

describe('the list', () => {
  test('is asked for as wished, and says how many it leaves out', async () => {
    appliance.answer(() => ({ body: { rows: [person], total: 41, page: 1, limit: 1 } }))
    const wished = at('--sort', 'name', '--filter', 'an', '--limit', '1')
    const { code, stdout } = await runCommand(users, wished)
    expect(code).toBe(0)
    expect(appliance.asked[0]).toMatchObject({
      path: '/api/v1/users',
      query: { sort: 'name', order: 'asc', filter: 'an', limit: '1' },
    })
    expect(stdout.split('\n')).toEqual([
      'Name             Apps  Addresses  Traffic  Transactions  Blocked  Last seen (UTC)   Most used',
      'ann@example.com     2          1  3.00 kB            12        0  2026-10-15 12:30  Slack, Dropbox',
      '… and 40 more (--limit, --filter)',
      '',
    ])
  })

  test('of nobody says so', async () => {
    appliance.answer(() => ({ body: { rows: [], total: 0 } }))
    const { stdout } = await runCommand(devices, at())
    expect(stdout).toBe('No device used an app in these hours.\n')
  })
})

test('--json is the answer as it came', async () => {
  appliance.answer(() => ({ body: { ...detail, later: 1 } }))
  const { stdout } = await runCommand(users, at('ann@example.com', '--json'))
  expect(JSON.parse(stdout)).toEqual({ ...detail, later: 1 })
})

describe('failures', () => {
  test('nobody of that name', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'NOT_FOUND',
      detail: 'cannot find user eve in this report; see the list',
      requestId: 'r1',
    }
    appliance.answer(() => ({ status: 404, body: problem }))
    await expect(runCommand(users, at('eve'))).rejects.toThrow(/cannot find user eve/)
  })

  test.each([
    [['ann', 'ben'], /name one/] as const,
    [['ann', '--from', 'soon'], /not a time/] as const,
  ])('%j', async (args, says) => {
    await expect(runCommand(users, at(...args))).rejects.toThrow(says)
    expect(appliance.asked).toEqual([])
  })
})
