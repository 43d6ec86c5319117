import { expect, test } from 'vitest'
import { compileSources } from '../../src/config/sources.ts'
import { createAllowList } from '../../src/intake/allow-list.ts'
import { PeerTable } from '../../src/intake/syslog-peers.ts'
import type { SyslogPeer } from '../../src/intake/syslog-peers.ts'

function table(limits: { limit: number; refusedNamed: number }) {
  return new PeerTable<SyslogPeer>({
    listener: 'syslog-udp',
    port: 5514,
    allow: createAllowList(['192.0.2.0/24', '2001:db8::/32']),
    resolve: compileSources([
      { name: 'office', from: ['192.0.2.0/28'], format: 'CEF', zone: 'UTC' },
    ]),
    make: (peer) => peer,
    ...limits,
  })
}

test.each([
  ['192.0.2.1', 'udp:5514|192.0.2.1', 'office', true],
  ['::ffff:192.0.2.1', 'udp:5514|192.0.2.1', 'office', true],
  ['192.0.2.99', 'udp:5514|192.0.2.99', '192.0.2.99', true],
  ['2001:db8::5', 'udp:5514|2001:db8::5', '2001:db8::5', true],
  ['203.0.113.1', 'udp:5514|203.0.113.1', '203.0.113.1', false],
])('%s', (address, key, source, allowed) => {
  expect(table({ limit: 9, refusedNamed: 9 }).get(address)).toMatchObject({
    stream: { key, source },
    allowed,
  })
})

test('the oldest is forgotten, the rest stays the same object', () => {
  const peers = table({ limit: 2, refusedNamed: 9 })
  const first = peers.get('192.0.2.1')
  const second = peers.get('192.0.2.2')
  peers.get('192.0.2.3')
  expect(peers.size).toBe(2)
  expect(peers.get('192.0.2.2')).toBe(second)
  expect(peers.get('192.0.2.1')).not.toBe(first)
  expect(peers.get('192.0.2.1')).toEqual(first)
})

test('refused senders beyond the limit share one stream', () => {
  const peers = table({ limit: 9, refusedNamed: 1 })
  const key = (address: string) => peers.get(address).stream.key
  expect(key('203.0.113.1')).toBe('udp:5514|203.0.113.1')
  expect(key('203.0.113.2')).toBe('udp:5514|refused')
  expect(key('203.0.113.3')).toBe('udp:5514|refused')
  expect(key('192.0.2.1')).toBe('udp:5514|192.0.2.1')
})
