import { expect, test } from 'vitest'
import { fill } from '../../src/console/data/device-commands.ts'

test.each([
  ['logging host inside <address of this appliance> tcp/5514', 'logging host inside box tcp/6514'],
  ['set server <Address of Gnomon> port <port>', 'set server box port 6514'],
  ['<gnomon>:<PORT> and <appliance>', 'box:6514 and box'],
  ['session 15514 stays, <zone> too', 'session 15514 stays, <zone> too'],
])('%s', (enable, want) => {
  expect(fill(enable, { host: 'box', port: 6514 })).toBe(want)
})
