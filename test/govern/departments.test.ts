/** Departments out of a directory's export, and in a rehearsal. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { departmentsOf } from '../../src/govern/departments.ts'
import { Govern } from '../../src/govern/govern.ts'
import { addUsage, dayMs, openGround, startMs } from './govern-parts.ts'

const entra = `userPrincipalName,mail,Department,onPremisesSamAccountName,onPremisesNetBiosName
ann@example.com,ann@example.org,Sales,ann,CORP
ben@example.com,,Sales,,
cara@example.com,,,cara,CORP
dora@example.com,,"Research; Berlin",dora,CORP
`

test('each form of a name has its department; who has none has none', () => {
  const found = departmentsOf(entra)
  expect(Object.fromEntries(found?.byUser ?? [])).toEqual({
    'ann@example.com': 'Sales',
    'ann@example.org': 'Sales',
    ann: 'Sales',
    'corp\\ann': 'Sales',
    'ben@example.com': 'Sales',
    'dora@example.com': 'Research; Berlin',
    dora: 'Research; Berlin',
    'corp\\dora': 'Research; Berlin',
  })
  expect(Object.fromEntries(found?.sizes ?? [])).toEqual({ Sales: 2, 'Research; Berlin': 1 })
})

test.each([
  ['', null],
  ['userPrincipalName,mail\nann@example.com,x@example.com\n', null],
])('%j tells no departments', (text, want) => {
  expect(departmentsOf(text)).toBe(want)
})

test('a rehearsal names the departments; a directory that is gone keeps nobody', async () => {
  const ground = await openGround()
  const directory = join(ground.folder, 'people.csv')
  await writeFile(directory, entra)
  let path = directory
  const govern = new Govern({
    store: ground.store,
    catalog: () => ground.catalog,
    config: () => configSchema.parse({ merge: { directory: path } }),
    log: pino({ level: 'silent' }),
    now: ground.now,
    dataDir: null,
    lastSeen: () => new Map(),
    quietly: async (work) => work(),
  })
  await addUsage(ground.store, [
    { atMs: startMs - dayMs, user: 'ann@example.com' },
    { atMs: startMs - dayMs, user: 'CORP\\dora' },
  ])
  await govern.people.putGroup({ name: 'Council', comment: '', users: ['ann@example.com'] }, 'g')
  const { users, groups } = await govern.rehearse(new Set(['files']))
  expect(users.find(({ name }) => name === 'ann@example.com')?.groups).toEqual([
    'Council',
    'Department Sales',
  ])
  expect(groups).toEqual([
    { name: 'Council', users: 1, of: 1 },
    { name: 'Department Research; Berlin', users: 1, of: 1 },
    { name: 'Department Sales', users: 1, of: 2 },
  ])
  path = join(ground.folder, 'gone.csv')
  expect((await govern.rehearse(new Set(['files']))).groups).toEqual([
    { name: 'Council', users: 1, of: 1 },
  ])
  await ground.close()
})
