import { expect, test } from 'vitest'
import { fill, syslogPort } from '../../src/console/data/device-commands.ts'

test.each([
  ['logging host inside <address of this appliance> tcp/5514', 'logging host inside box tcp/6514'],
  ['set server <Address of Gnomon> port <port>', 'set server box port 6514'],
  ['<gnomon>:<PORT> and <appliance>', 'box:6514 and box'],
  ['session 15514 stays, <zone> too', 'session 15514 stays, <zone> too'],
])('%s', (enable, want) => {
  expect(fill(enable, { host: 'box', port: 6514 })).toBe(want)
})

test('a port that is not known is not guessed', () => {
  expect(fill('set server <gnomon>:5514', { host: 'box', port: null })).toBe(
    'set server box:<port>',
  )
})

test.each([
  [[], null],
  [[{ name: 'syslog-udp' as const, port: null }], null],
  [
    [
      { name: 'syslog-tcp' as const, port: 601 },
      { name: 'syslog-udp' as const, port: 514 },
    ],
    514,
  ],
  [
    [
      { name: 'syslog-udp' as const, port: null },
      { name: 'syslog-tls' as const, port: 6514 },
    ],
    6514,
  ],
  [[{ name: 'console' as const, port: 8080 }], null],
])('the port of syslog among %j', (doors, want) => {
  expect(syslogPort(doors)).toBe(want)
})
