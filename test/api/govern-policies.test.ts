/** Policies, alerts, mutings, exclusions, groups, ranges, rehearsals, deletions by the API. One appliance for all: each test has its own things. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addUsage, dayMs, startMs } from '../govern/govern-parts.ts'
import { governServer } from '../govern/govern-server.ts'

let server: Awaited<ReturnType<typeof governServer>>
beforeAll(async () => {
  server = await governServer()
})
afterAll(() => server.close())

const ask = (...asked: Parameters<typeof server.ask>) => server.ask(...asked)
const json = async <T = Record<string, never>>(...asked: Parameters<typeof server.ask>) => {
  const response = await ask(...asked)
  expect({
    status: response.statusCode,
    problem: response.statusCode === 200 ? null : response.body,
  }).toEqual({ status: 200, problem: null })
  return response.json<T>()
}

test('a policy is made of a template, changed, and taken away', async () => {
  const { id } = await json<{ id: string }>('POST', '/api/v1/policies?template=new-risky-app', {
    severity: 'low',
    notify: [],
  })
  const [row] = (await json<{ rows: object[] }>('GET', '/api/v1/policies')).rows
  expect(row).toMatchObject({
    id,
    name: 'New risky app',
    severity: 'low',
    scoreBelow: 6,
    newDays: 90,
    threshold: { users: 50 },
    notify: [],
  })
  await json('PUT', `/api/v1/policies/${id}`, { name: 'Mine' })
  expect((await json<{ rows: object[] }>('GET', '/api/v1/policies')).rows).toMatchObject([
    { name: 'Mine', scoreBelow: null },
  ])
  await json('DELETE', `/api/v1/policies/${id}`)
  expect((await ask('DELETE', `/api/v1/policies/${id}`)).statusCode).toBe(404)
})

test.each<[string, object, number]>([
  ['/api/v1/policies', {}, 422],
  ['/api/v1/policies', { name: 'x', threshold: { visits: 1 } }, 400],
  ['/api/v1/policies?template=none', {}, 404],
  ['/api/v1/policies', { name: 'x', categories: ['Nothing'] }, 400],
  ['/api/v1/alerts/mutings', { until: '2030-01-01T00:00:00Z', reason: 'all of it' }, 400],
  ['/api/v1/exclusions', { name: 'x', networks: ['192.0.2.0/99'] }, 400],
  ['/api/v1/ranges', { name: 'x', networks: [] }, 400],
  ['/api/v1/deletions', { kind: 'all', confirm: 'yes' }, 400],
  ['/api/v1/deletions', { kind: 'person', names: [' '] }, 400],
  ['/api/v1/indicators/sync', {}, 422],
  ['/api/v1/subnet/create_rule/', { name: 'x', subnets: ['192.0.2.0/24'], category: 9 }, 422],
])('POST %s %j is refused with %d', async (url, body, status) => {
  const response = await ask('POST', url, body)
  expect(response.statusCode).toBe(status)
  expect(response.json<{ detail: string }>().detail).toMatch(/^cannot /)
})

test('an alert is listed, dismissed with a comment; a muting is made and ended', async () => {
  await addUsage(server.ground.store, [{ atMs: startMs, user: 'ann', up: 5 }])
  const { id: policy } = await json<{ id: string }>('POST', '/api/v1/policies', { name: 'All' })
  await server.govern.turns.turn()
  const { rows } = await json<{ rows: { id: string; policy: string }[] }>(
    'GET',
    '/api/v1/alerts?status=open&kind=policy&app=files',
  )
  expect(rows).toMatchObject([
    { policy, title: 'All: files', evidence: [{ user: 'ann', bytesUp: 5 }] },
  ])
  const changed = await json('PATCH', `/api/v1/alerts/${rows[0].id}`, {
    status: 'dismissed',
    comment: 'known',
  })
  expect(changed).toMatchObject({ status: 'dismissed', comment: 'known' })
  expect(await json('GET', `/api/v1/alerts/${rows[0].id}`)).toMatchObject({ status: 'dismissed' })
  expect((await ask('GET', '/api/v1/alerts/none')).statusCode).toBe(404)
  const { id } = await json<{ id: string }>('POST', '/api/v1/alerts/mutings', {
    app: 'files',
    until: '2030-01-01T00:00:00Z',
    reason: 'pilot',
  })
  expect((await json<{ rows: object[] }>('GET', '/api/v1/alerts/mutings')).rows).toMatchObject([
    { id, appId: 'files', until: '2030-01-01T00:00:00.000Z' },
  ])
  await json('DELETE', `/api/v1/alerts/mutings/${id}`)
})

test('a rehearsal names whom a block would hit, with groups', async () => {
  await addUsage(server.ground.store, [
    {
      atMs: startMs - dayMs,
      user: 'kim',
      appId: 'talk',
      app: 'Talk',
      host: 'talk.example.com',
      transactions: 4,
    },
  ])
  await json('POST', '/api/v1/groups', { name: 'Sales', users: ['KIM'] })
  expect(await json('POST', '/api/v1/rehearsals', { apps: ['talk'] })).toMatchObject({
    users: [{ name: 'kim', groups: ['Sales'], transactions: 4 }],
    groups: [{ name: 'Sales', users: 1, of: 1 }],
  })
})

test('ranges under both names are the same ranges', async () => {
  const created = await ask('POST', '/api/v1/subnet/create_rule/', {
    name: 'HQ',
    category: 1,
    subnets: ['192.0.2.0/24', '2001:db8::/32'],
    tags: ['hq'],
    organization: 'Example',
  })
  const id = created.json<string>()
  expect((await json<{ rows: object[] }>('GET', '/api/v1/ranges')).rows).toMatchObject([
    { id, name: 'HQ', category: 'corporate', organisation: 'Example' },
  ])
  expect(await json('POST', '/api/v1/subnet/', { filters: {}, limit: 100 })).toMatchObject({
    total: 1,
    hasNext: false,
    data: [
      {
        _id: id,
        category: 1,
        subnets: [{ originalString: '192.0.2.0/24', address: '192.0.2.0', mask: 24 }, { mask: 32 }],
      },
    ],
  })
  await json('POST', `/api/v1/subnet/${id}/update_rule/`, {
    name: 'Head office',
    category: 4,
    subnets: ['192.0.2.0/25'],
  })
  expect(await json('GET', '/api/v1/subnet/')).toMatchObject({
    data: [{ name: 'Head office', category: 4 }],
  })
  await json('DELETE', `/api/v1/subnet/${id}/`)
  expect(await json('GET', '/api/v1/subnet/')).toMatchObject({ total: 0 })
})

test('an exclusion is in force at once', async () => {
  const users = async () =>
    (
      await server.ground.store.query<{ user: string }>(
        'SELECT DISTINCT toString(user) AS user FROM db.current_usage ORDER BY user',
      )
    ).map(({ user }) => user)
  expect(await users()).toContain('kim')
  const { id } = await json<{ id: string }>('POST', '/api/v1/exclusions', {
    name: 'Council',
    users: ['KIM'],
  })
  expect(await users()).not.toContain('kim')
  await json('DELETE', `/api/v1/exclusions/${id}`)
  expect(await users()).toContain('kim')
})

test('a person is deleted, with counts', async () => {
  expect(await json('POST', '/api/v1/deletions', { kind: 'person', names: ['kim'] })).toMatchObject(
    { deleted: 1, left: 0 },
  )
  expect(
    await json('POST', '/api/v1/deletions', { kind: 'all', confirm: 'delete all data' }),
  ).toMatchObject({ left: 0 })
})
