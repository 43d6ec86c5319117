import { expect, test } from 'vitest'
import { createAllowList } from '../../src/intake/allow-list.ts'

test.each<[networks: string[] | undefined, address: string, want: boolean]>([
  [undefined, '192.0.2.1', true],
  [[], '192.0.2.1', false],
  [['192.0.2.0/24', '2001:db8::5'], '192.0.2.1', true],
  [['192.0.2.0/24', '2001:db8::5'], '::ffff:192.0.2.1', true],
  [['192.0.2.0/24', '2001:db8::5'], '2001:db8::5', true],
  [['192.0.2.0/24', '2001:db8::5'], '2001:db8::6', false],
  [['192.0.2.0/24', '2001:db8::5'], '203.0.113.1', false],
])('%j allows %s: %s', (networks, address, want) => {
  expect(createAllowList(networks)(address)).toBe(want)
})
