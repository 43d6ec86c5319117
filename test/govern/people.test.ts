/** Exclusions hold for every report and for the past; ranges do not overlap; groups name people. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AddressSpan } from '../../src/govern/address-span.ts'
import { Governed, versions } from '../../src/govern/governed.ts'
import { exclusionSchema, groupSchema, People, rangeSchema } from '../../src/govern/people.ts'
import { addUsage, openGround, startMs } from './govern-parts.ts'
import type { Ground } from './govern-parts.ts'

describe('spans of addresses', () => {
  test.each([
    [
      '192.0.2.7',
      '0000:0000:0000:0000:0000:ffff:c000:0207',
      '0000:0000:0000:0000:0000:ffff:c000:0207',
    ],
    [
      '192.0.2.77/24',
      '0000:0000:0000:0000:0000:ffff:c000:0200',
      '0000:0000:0000:0000:0000:ffff:c000:02ff',
    ],
    [
      '0.0.0.0/0',
      '0000:0000:0000:0000:0000:ffff:0000:0000',
      '0000:0000:0000:0000:0000:ffff:ffff:ffff',
    ],
    [
      '2001:db8::/32',
      '2001:0db8:0000:0000:0000:0000:0000:0000',
      '2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff',
    ],
    [
      '::ffff:192.0.2.1',
      '0000:0000:0000:0000:0000:ffff:c000:0201',
      '0000:0000:0000:0000:0000:ffff:c000:0201',
    ],
  ])('%s', (text, first, last) => {
    const span = AddressSpan.parse(text)
    expect([span?.first, span?.last]).toEqual([first, last])
  })

  test.each([
    '',
    'x',
    '192.0.2.1/33',
    '192.0.2.1/',
    '2001:db8::/129',
    'fe80::1%eth0',
    '192.0.2.1/24/8',
    '192.0.2',
  ])('%j is none', (text) => {
    expect(AddressSpan.parse(text)).toBeNull()
  })
})

describe('in the store', () => {
  let ground: Ground
  let people: People
  beforeEach(async () => {
    ground = await openGround()
    const next = versions(ground.now)
    const of = <T extends object>(kind: 'exclusion' | 'group' | 'range') =>
      new Governed<T>(ground.store, kind, next)
    people = new People(ground.store, next, {
      exclusions: of('exclusion'),
      groups: of('group'),
      ranges: of('range'),
    })
    await addUsage(ground.store, [
      { atMs: startMs, user: 'Corp\\Ann', srcIp: '192.0.2.10' },
      { atMs: startMs, user: 'ben', device: 'PC-7', srcIp: '192.0.2.20' },
      { atMs: startMs, user: 'eve', srcIp: '2001:db8::5' },
      { atMs: startMs, user: 'old', srcIp: 'not an address', report: 'snapshot-1' },
    ])
  })
  afterEach(() => ground.close())

  const users = async () =>
    (
      await ground.store.query<{ user: string }>(
        'SELECT toString(user) AS user FROM db.current_usage ORDER BY user',
      )
    ).map(({ user }) => user)
  const exclude = (more: object) => people.exclude(exclusionSchema.parse({ name: 'x', ...more }))

  test.each<[string, object, string[]]>([
    ['nobody', {}, ['Corp\\Ann', 'ben', 'eve', 'old']],
    ['a user, whatever the case', { users: ['CORP\\ann', 'OLD'] }, ['ben', 'eve']],
    ['a device', { devices: ['pc-7'] }, ['Corp\\Ann', 'eve', 'old']],
    ['a network', { networks: ['192.0.2.0/28'] }, ['ben', 'eve', 'old']],
    ['IPv6', { networks: ['2001:db8::/64'] }, ['Corp\\Ann', 'ben', 'old']],
    ['quotes are data', { users: ["' OR 1=1 --"] }, ['Corp\\Ann', 'ben', 'eve', 'old']],
  ])('without %s', async (_what, more, left) => {
    await exclude(more)
    expect(await users()).toEqual(left)
  })

  test('an exclusion ends, and all is there again', async () => {
    const id = await exclude({ users: ['ben'] })
    const other = await exclude({ users: ['eve'] })
    await people.includeAgain(id)
    expect(await users()).toEqual(['Corp\\Ann', 'ben', 'old'])
    await people.includeAgain(other)
    expect(await users()).toEqual(['Corp\\Ann', 'ben', 'eve', 'old'])
    expect(await people.includeAgain(id)).toBe(false)
  })

  test('a group is excluded by its name, and follows its members', async () => {
    const id = await people.putGroup(groupSchema.parse({ name: 'Works council', users: ['ben'] }))
    await exclude({ groups: ['works council'] })
    expect(await users()).toEqual(['Corp\\Ann', 'eve', 'old'])
    await people.putGroup(groupSchema.parse({ name: 'Works council', users: ['eve'] }), id)
    expect(await users()).toEqual(['Corp\\Ann', 'ben', 'old'])
    await expect(
      people.putGroup(groupSchema.parse({ name: 'WORKS council', users: [] })),
    ).rejects.toThrow(/there is one of this name/)
  })

  test('ranges name an address, and do not overlap', async () => {
    const range = (name: string, ...networks: string[]) =>
      rangeSchema.parse({ name, networks, category: 'corporate', tags: ['hq'] })
    const id = await people.putRange(range('HQ', '192.0.2.0/25', '2001:db8::/32'))
    expect(await people.rangeOf('192.0.2.100')).toMatchObject({
      name: 'HQ',
      category: 'corporate',
      tags: ['hq'],
    })
    expect(await people.rangeOf('192.0.2.200')).toBeNull()
    expect(await people.rangeOf('x')).toBeNull()
    await expect(people.putRange(range('Branch', '192.0.2.64/26'))).rejects.toThrow(
      /cannot keep range Branch: it overlaps HQ \(192\.0\.2\.0\/25\)/,
    )
    await expect(
      people.putRange(range('Twice', '198.51.100.0/24', '198.51.100.1')),
    ).rejects.toThrow(/twice/)
    await people.putRange(range('HQ', '192.0.2.0/24'), id)
    const both = ['One', 'Two'].map(async (name) => people.putRange(range(name, '203.0.113.0/24')))
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
    ])
    expect(await people.rangeOf('192.0.2.200')).toMatchObject({ name: 'HQ' })
  })
})
