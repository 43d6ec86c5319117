import { describe, expect, test } from 'vitest'
import { compileNetworks, normaliseAddress } from '../../src/config/networks.ts'
import type { SourceConfig } from '../../src/config/schema.ts'
import { compileSources, resolveSource } from '../../src/config/sources.ts'
import type { SourceStream } from '../../src/config/sources.ts'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:DB8::5', '2001:db8::5'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['log 3.csv', 'log 3.csv'],
])('normaliseAddress %s', (address, want) => {
  expect(normaliseAddress(address)).toBe(want)
})

test.each<[networks: string[], address: string, want: boolean]>([
  [['192.0.2.0/24'], '192.0.2.77', true],
  [['192.0.2.0/24'], '::ffff:192.0.2.77', true],
  [['192.0.2.0/24'], '198.51.100.1', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['2001:db8::/32'], '2001:DB8:1::1', true],
  [['2001:db8::/32'], '192.0.2.7', false],
  [['::ffff:192.0.2.0/120'], '192.0.2.9', true],
  [['::ffff:192.0.2.0/120'], '192.0.3.9', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  [['0.0.0.0/0'], '203.0.113.1', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['::/0'], '2001:db8::1', true],
  [['0.0.0.0/0', '::/0'], 'no address', false],
  [[], '192.0.2.1', false],
])('compileNetworks %j holds %s: %s', (networks, address, want) => {
  expect(compileNetworks(networks)(address)).toBe(want)
})

describe('resolveSource', () => {
  const sources: SourceConfig[] = [
    { name: 'dmz', listener: 'syslog-udp', from: ['192.0.2.0/25'], format: 'CISCO_ASA' },
    { name: 'office', from: ['192.0.2.0/24', '2001:db8::/64'], zone: 'Europe/Vienna' },
    { name: 'proxies', listener: 'syslog-tls' },
    { name: 'branch', folder: 'branch-a' },
  ]
  const nothing = { format: null, zone: null }

  test.each<[stream: SourceStream, want: object]>([
    [
      { listener: 'syslog-udp', peer: '192.0.2.1' },
      { source: 'dmz', format: 'CISCO_ASA', zone: null },
    ],
    [
      { listener: 'syslog-udp', peer: '::ffff:192.0.2.1' },
      { source: 'dmz', format: 'CISCO_ASA', zone: null },
    ],
    [
      { listener: 'syslog-tcp', peer: '192.0.2.1' },
      { source: 'office', format: null, zone: 'Europe/Vienna' },
    ],
    [
      { listener: 'syslog-udp', peer: '192.0.2.200' },
      { source: 'office', format: null, zone: 'Europe/Vienna' },
    ],
    [
      { listener: 'syslog-tls', peer: '2001:db8::9' },
      { source: 'office', format: null, zone: 'Europe/Vienna' },
    ],
    [
      { listener: 'syslog-tls', peer: '203.0.113.4' },
      { source: 'proxies', ...nothing },
    ],
    [
      { listener: 'folder', peer: 'a.log', folder: 'branch-a' },
      { source: 'branch', ...nothing },
    ],
    [
      { listener: 'folder', peer: 'a.log', folder: 'branch-b' },
      { source: 'branch-b', ...nothing },
    ],
    [
      { listener: 'syslog-udp', peer: '::ffff:203.0.113.4' },
      { source: '203.0.113.4', ...nothing },
    ],
    [
      { listener: 'upload', peer: 'a.log' },
      { source: 'a.log', ...nothing },
    ],
  ])('%j', (stream, want) => {
    expect(compileSources(sources)(stream)).toEqual(want)
    expect(resolveSource(sources, stream)).toEqual(want)
  })

  test('an entry without conditions fits every stream', () => {
    const resolve = compileSources([...sources, { name: 'rest' }])
    expect(resolve({ listener: 'upload', peer: 'a.log' }).source).toBe('rest')
    expect(resolve({ listener: 'syslog-tls', peer: '203.0.113.4' }).source).toBe('proxies')
  })
})
