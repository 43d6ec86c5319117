/** Forms of a name that are one person, and forms that must never be. */
import { describe, expect, test } from 'vitest'
import { resolvePeople, serviceTest } from '../../src/merge/people.ts'
import { parseDirectory } from '../../src/merge/directory.ts'
import type { IdentityLink } from '../../src/merge/people.ts'

const link = (more: Partial<IdentityLink>): IdentityLink => ({
  upn: '',
  account: '',
  sid: '',
  object_id: '',
  mail: '',
  ...more,
})
const sid = (n: number): string => `S-1-5-21-10-20-30-${n}`
const object = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`
const service = serviceTest(['svc-*', '*_backup'])

/** form → person of those that stand for somebody else than themselves */
function people(
  links: readonly Partial<IdentityLink>[],
  forms: readonly string[] = [],
): Record<string, string> {
  const found = resolvePeople(links.map(link), forms, service)
  const reversed = resolvePeople(links.map(link).reverse(), [...forms].reverse(), service)
  expect(Object.fromEntries(reversed)).toEqual(Object.fromEntries(found))
  return Object.fromEntries([...found].map(([form, { person }]) => [form, person]))
}

const ann = { upn: 'ann@example.com', account: 'EXAMPLE\\ann', sid: sid(1001) }

describe('one person', () => {
  test.each<[string, Partial<IdentityLink>[], string[], Record<string, string>]>([
    [
      'UPN, account and SID of one row',
      [ann],
      [],
      {
        'ann@example.com': 'ann@example.com',
        'example\\ann': 'ann@example.com',
        [sid(1001).toLowerCase()]: 'ann@example.com',
      },
    ],
    [
      'a log writes the account in small letters, and the name alone',
      [ann],
      ['example\\ann', 'ANN'],
      {
        'ann@example.com': 'ann@example.com',
        'example\\ann': 'ann@example.com',
        ann: 'ann@example.com',
        [sid(1001).toLowerCase()]: 'ann@example.com',
      },
    ],
    [
      'SID in one row, object id in the next, both in a third',
      [
        { upn: 'b@example.com', sid: sid(2) },
        { upn: 'b@example.com', object_id: object(2) },
        { sid: sid(2), object_id: object(2) },
      ],
      [],
      {
        'b@example.com': 'b@example.com',
        [sid(2).toLowerCase()]: 'b@example.com',
        [object(2)]: 'b@example.com',
      },
    ],
    [
      'account and address of a domain whose suffix is known from another person',
      [ann],
      ['EXAMPLE\\ben', 'ben@example.com'],
      {
        'ann@example.com': 'ann@example.com',
        'example\\ann': 'ann@example.com',
        [sid(1001).toLowerCase()]: 'ann@example.com',
        'example\\ben': 'ben@example.com',
        'ben@example.com': 'ben@example.com',
      },
    ],
    [
      'a renamed account keeps its SID',
      [
        { account: 'EXAMPLE\\old', sid: sid(3) },
        { account: 'EXAMPLE\\new', sid: sid(3) },
      ],
      [],
      {
        'example\\old': 'EXAMPLE\\new',
        'example\\new': 'EXAMPLE\\new',
        [sid(3).toLowerCase()]: 'EXAMPLE\\new',
      },
    ],
  ])('%s', (_, links, forms, want) => {
    expect(people(links, forms)).toEqual(want)
  })
})

describe('two persons', () => {
  test('a name alone that two domains have is nobody’s', () => {
    const found = people(
      [ann, { upn: 'ann@other.example', account: 'OTHER\\ann', sid: 'S-1-5-21-9-9-9-1001' }],
      ['ann'],
    )
    expect(found['ann']).toBeUndefined()
    expect(found['example\\ann']).toBe('ann@example.com')
    expect(found['other\\ann']).toBe('ann@other.example')
  })
  test('an address given to a second person stays with neither', () => {
    const found = people([
      ann,
      { upn: 'ann@example.com', account: 'EXAMPLE\\ann2', sid: sid(1002) },
    ])
    expect(found['ann@example.com']).toBeUndefined()
    expect(found['example\\ann']).not.toBe(found['example\\ann2'])
  })
  test('an account and an address of a domain with another suffix', () => {
    const found = people([ann], ['EXAMPLE\\carl', 'carl@partner.example'])
    expect(found['example\\carl']).toBeUndefined()
  })
  test('two domains that share a suffix: the address is neither’s', () => {
    const found = people(
      [ann, { upn: 'dan@example.com', account: 'LAB\\dan', sid: 'S-1-5-21-7-7-7-1' }],
      ['EXAMPLE\\eve', 'LAB\\eve', 'eve@example.com'],
    )
    expect(found['example\\eve']).toBeUndefined()
    expect(found['lab\\eve']).toBeUndefined()
  })
  test('local accounts of two machines', () => {
    const found = people(
      [
        { account: 'PC1\\admin', sid: 'S-1-5-21-1-1-1-500' },
        { account: 'PC2\\admin', sid: 'S-1-5-21-2-2-2-500' },
      ],
      ['admin'],
    )
    expect(found['pc1\\admin']).toBe('PC1\\admin')
    expect(found['pc2\\admin']).toBe('PC2\\admin')
    expect(found['admin']).toBeUndefined()
  })
})

test.each([
  ['NT AUTHORITY\\SYSTEM', true],
  ['nt-autorität\\system', true],
  ['Window Manager\\DWM-3', true],
  ['Font Driver Host\\UMFD-0', true],
  ['EXAMPLE\\PC-7$', true],
  ['S-1-5-18', true],
  ['S-1-5-80-956008885-3418522649', true],
  ['EXAMPLE\\svc-sql', true],
  ['svc-sql@example.com', true],
  ['EXAMPLE\\nightly_backup', true],
  ['ann@example.com', false],
  ['EXAMPLE\\systema', false],
  ['S-1-5-21-1-2-3-1001', false],
  ['a+b(c@example.com', false],
])('%s is a service account: %s', (form, want) => {
  expect(service(form)).toBe(want)
})

test('all forms of a service account are nobody', () => {
  expect(people([{ account: 'DIENST\\host', sid: 'S-1-5-20' }])).toEqual({
    'dienst\\host': '',
    's-1-5-20': '',
  })
})

describe('a directory as CSV', () => {
  test.each<[string, string, IdentityLink[]]>([
    [
      'Entra',
      'userPrincipalName,displayName,id,mail,onPremisesSamAccountName,onPremisesSecurityIdentifier\nann@example.com,Ann,O1,a.n@example.com,ann,S-1-5-21-1-2-3-4\n',
      [
        link({
          upn: 'ann@example.com',
          account: 'ann',
          sid: 'S-1-5-21-1-2-3-4',
          object_id: 'O1',
          mail: 'a.n@example.com',
        }),
      ],
    ],
    [
      'Active Directory, with semicolons and a byte order mark',
      '\uFEFF"SamAccountName";"UserPrincipalName";"SID"\r\n"ann";"ann@example.com";"S-1-5-21-1-2-3-4"\r\n"only";"";""\r\n',
      [link({ upn: 'ann@example.com', account: 'ann', sid: 'S-1-5-21-1-2-3-4' })],
    ],
    [
      'a domain of its own',
      'domain,sam,sid\nEXAMPLE,ann,S-1-5-21-1-2-3-4\nexample.com,ben,S-1-5-21-1-2-3-5\n',
      [
        link({ account: 'EXAMPLE\\ann', sid: 'S-1-5-21-1-2-3-4' }),
        link({ account: 'ben', sid: 'S-1-5-21-1-2-3-5' }),
      ],
    ],
  ])('%s', (_, text, want) => {
    expect(parseDirectory(text, 'd.csv')).toEqual(want)
  })

  test.each([
    ['no known column', 'a,b\n1,2\n'],
    ['one known column', 'upn,b\n1,2\n'],
    ['nothing', ''],
    ['an open quote', 'upn,sid\n"ann,1\n'],
  ])('%s is refused', (_, text) => {
    expect(() => parseDirectory(text, 'd.csv')).toThrow(/^cannot read the directory d\.csv: /)
  })
})
