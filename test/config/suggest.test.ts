import { expect, test } from 'vitest'
import { nearest } from '../../src/config/suggest.ts'

const known = ['enabled', 'host', 'port', 'allow', 'maxBytes', 'retentionDays', 'PALO_ALTO_SYSLOG']

test.each<[name: string, want: string | null]>([
  ['prot', 'port'],
  ['Port', 'port'],
  ['ports', 'port'],
  ['max-bytes', 'maxBytes'],
  ['MAX_BYTES', 'maxBytes'],
  ['retenshunDays', 'retentionDays'],
  ['enable', 'enabled'],
  ['PALOALTO_SYSLOG', 'PALO_ALTO_SYSLOG'],
  // not near enough
  ['address', null],
  ['x', null],
  ['', null],
  ['a'.repeat(1_000_000), null],
])('nearest to %.20s', (name, want) => {
  expect(nearest(name, known)).toBe(want)
})

test('of nothing there is no nearest', () => {
  expect(nearest('port', [])).toBeNull()
})
