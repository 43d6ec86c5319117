/** Who may ask what: every route by every role, and the ways in and out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildServer } from '../../src/api/api.ts'
import type { KnownRoute } from '../../src/api/authenticate.ts'
import { isRuled, ruleOf } from '../../src/api/route-rights.ts'
import { rightsOfRole, roles } from '../../src/access/rights.ts'
import type { Role } from '../../src/access/rights.ts'
import { testAccess } from '../access/test-access.ts'
import { fakeBackend } from './fake-backend.ts'
import { apiOptions } from './server.ts'

const password = 'correct horse battery'
const made = testAccess()
const { access, store } = made
let server: Awaited<ReturnType<typeof buildServer>>
const routes: KnownRoute[] = []
const sessions: Partial<Record<Role, string>> = {}

beforeAll(async () => {
  access.setup.renew()
  server = await buildServer(apiOptions(fakeBackend(), access))
})
afterAll(() => server.app.close())
beforeEach(() => store.tables.get('audit')?.splice(0))

let addresses = 0
const ask = (method: string, url: string, more: object = {}) =>
  server.app.inject({
    method: method as 'GET',
    url,
    remoteAddress: `192.0.2.${addresses++ % 250}`,
    ...more,
  })
const as = (role: Role) => ({
  cookies: { gnomon: sessions[role] ?? '' },
  headers: { 'x-gnomon': '1' },
})
const audited = async () => {
  await access.audit.flush()
  return (store.tables.get('audit') ?? []) as {
    actor: string
    action: string
    object: string
    detail: string
  }[]
}

test('before the set-up a program of this machine is answered; a browser, a relay and another name are not', async () => {
  const local = { remoteAddress: '127.0.0.1' }
  const headers = (more: object) => ({ ...local, headers: { host: 'localhost:8080', ...more } })
  expect((await ask('GET', '/api/v1/formats', headers({}))).statusCode).toBe(200)
  for (const more of [
    { 'sec-fetch-site': 'none' },
    { origin: 'http://localhost:8080' },
    { 'x-forwarded-for': '198.51.100.7' },
    { host: 'rebound.example' },
  ])
    expect((await ask('GET', '/api/v1/formats', headers(more))).json()).toMatchObject({
      code: 'SETUP_NEEDED',
    })
})

test('before the set-up only set-up and health answer, and the program on this machine', async () => {
  for (const url of ['/api/v1/apps', '/api/v1/openapi.json', '/api/v1/accounts'])
    expect((await ask('GET', url)).json()).toMatchObject({ status: 401, code: 'SETUP_NEEDED' })
  for (const url of ['/healthz', '/readyz', '/metrics', '/api/v1/setup', '/api/v1/session'])
    expect((await ask('GET', url)).statusCode, url).toBe(200)
  expect(
    (await ask('POST', '/api/v1/setup', { payload: { code: 'no', name: 'ann', password } }))
      .statusCode,
  ).toBe(403)
  expect(
    (
      await ask('POST', '/api/v1/setup', {
        payload: { code: made.codes[0], name: 'ann', password: 'short' },
      })
    ).json(),
  ).toMatchObject({ code: 'ACCESS_DENIED' })
  const done = await ask('POST', '/api/v1/setup', {
    payload: { code: made.codes[0], name: 'ann', password },
  })
  expect(done.json()).toMatchObject({ signedIn: true, name: 'ann', role: 'administrator' })
  const [cookie] = done.cookies as {
    name: string
    value: string
    httpOnly?: boolean
    sameSite?: string
  }[]
  expect(cookie).toMatchObject({ name: 'gnomon', httpOnly: true, sameSite: 'Strict', path: '/' })
  sessions.administrator = cookie.value
  expect(access.accounts.named('ann')?.signedInMs).toBe(made.clock.nowMs)
  expect(
    (
      await ask('POST', '/api/v1/setup', {
        payload: { code: made.codes[0], name: 'eve', password },
      })
    ).statusCode,
  ).toBe(403)
  expect(await audited()).toMatchObject([
    { action: 'setup.refused' },
    { action: 'finishSetup', actor: 'ann' },
  ])
})

test.each(['analyst', 'auditor', 'reader'] as const)(
  'an administrator makes a %s, who signs in',
  async (role) => {
    const body = {
      name: `the ${role}`,
      role,
      password,
      sources: role === 'reader' ? ['hq-firewall'] : null,
    }
    const account = await ask('POST', '/api/v1/accounts', { ...as('administrator'), payload: body })
    expect(account.json()).toMatchObject({ name: body.name, role, secondFactor: false })
    expect(account.body).not.toContain('argon2')
    const signedIn = await ask('POST', '/api/v1/session', {
      payload: { name: body.name, password },
    })
    expect(signedIn.json()).toMatchObject({ role, rights: [...rightsOfRole[role]] })
    sessions[role] = signedIn.cookies[0].value
    const told = await audited()
    expect(told.map(({ actor, action, object }) => [actor, action, object])).toEqual([
      ['ann', 'createAccount', body.name],
      [body.name, 'signIn', body.name],
    ])
    expect(JSON.stringify(told)).not.toContain(password)
  },
)

describe('every route', () => {
  beforeAll(() => {
    routes.push(...server.app.knownRoutes.filter(({ method }) => method !== 'HEAD'))
  })

  test('asks nobody only where it must be so', () => {
    const open = routes.filter(
      ({ method, url, config }) => ruleOf(method, url, config).need === 'open',
    )
    expect(
      open
        .filter(({ url }) => url.startsWith('/api/'))
        .map(({ method, url }) => `${method} ${url}`)
        .sort(),
    ).toEqual([
      'DELETE /api/v1/session',
      'GET /api/v1/session',
      'GET /api/v1/session/oidc',
      'GET /api/v1/session/oidc/callback',
      'GET /api/v1/setup',
      'POST /api/v1/session',
      'POST /api/v1/setup',
    ])
  })

  test('has its right in the table', () => {
    expect(routes.length).toBeGreaterThan(40)
    expect(
      routes
        .filter(({ method, url, config }) => !isRuled(method, url, config))
        .map(({ method, url }) => `${method} ${url}`),
    ).toEqual([])
  })

  test('refuses who is nobody', async () => {
    for (const { method, url, config } of routes) {
      if (ruleOf(method, url, config).need === 'open') continue
      const answer = await ask(method, url.replaceAll(/:\w+/g, 'x'), {
        headers: { 'x-gnomon': '1' },
      })
      expect(answer.json(), `${method} ${url}`).toMatchObject({ status: 401, code: 'UNAUTHORIZED' })
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })

  test('who sees some sources, or no names, is told what stands behind a number', async () => {
    for (const role of ['reader', 'auditor'] as const)
      expect((await ask('GET', '/api/v1/trace?app=dropbox', as(role))).statusCode).toBe(200)
    expect((await ask('GET', '/api/v1/overlap', as('reader'))).statusCode).toBe(403)
  })

  test.each(roles)(
    'refuses a %s what the role has no right for, before it looks at the question',
    async (role) => {
      let refused = 0
      for (const { method, url, config } of routes) {
        const { need } = ruleOf(method, url, config)
        if (
          need === 'open' ||
          need === 'any' ||
          (rightsOfRole[role] as readonly string[]).includes(need)
        )
          continue
        const answer = await ask(method, url.replaceAll(/:\w+/g, 'x'), as(role))
        expect(answer.json(), `${method} ${url}`).toMatchObject({ status: 403, code: 'FORBIDDEN' })
        refused++
      }
      expect(refused > 0).toBe(role !== 'administrator')
    },
  )
})

describe('sessions', () => {
  test('a change by a session must show that it comes from the console', async () => {
    const { cookies } = as('administrator')
    const body = { method: 'POST', url: '/api/v1/config/reload' }
    expect((await ask(body.method, body.url, { cookies })).json()).toMatchObject({
      code: 'CROSS_SITE',
    })
    const own = { cookies, headers: { 'sec-fetch-site': 'same-origin' } }
    expect((await ask(body.method, body.url, own)).statusCode).toBe(200)
    const foreign = { cookies, headers: { 'sec-fetch-site': 'cross-site' } }
    expect((await ask(body.method, body.url, foreign)).statusCode).toBe(403)
  })

  test('signing in anew ends the session before', async () => {
    const first = await ask('POST', '/api/v1/session', { payload: { name: 'ann', password } })
    const before = first.cookies[0].value
    await ask('POST', '/api/v1/session', {
      payload: { name: 'ann', password },
      cookies: { gnomon: before },
      headers: { 'x-gnomon': '1' },
    })
    expect((await ask('GET', '/api/v1/apps', { cookies: { gnomon: before } })).statusCode).toBe(401)
  })

  test('sign-out ends it, a changed password ends the others', async () => {
    const signIn = async () => {
      const { cookies } = await ask('POST', '/api/v1/session', {
        payload: { name: 'ann', password },
      })
      return { cookies: { gnomon: cookies[0].value }, headers: { 'x-gnomon': '1' } }
    }
    const [one, other] = [await signIn(), await signIn()]
    await ask('DELETE', '/api/v1/session', one)
    expect((await ask('GET', '/api/v1/apps', one)).statusCode).toBe(401)
    const third = await signIn()
    const wrong = { ...other, payload: { current: 'wrong', next: 'another horse battery' } }
    expect((await ask('POST', '/api/v1/account/password', wrong)).statusCode).toBe(403)
    const right = { ...other, payload: { current: password, next: 'another horse battery' } }
    expect((await ask('POST', '/api/v1/account/password', right)).json()).toEqual({ done: true })
    expect((await ask('GET', '/api/v1/apps', third)).statusCode).toBe(401)
    expect((await ask('GET', '/api/v1/apps', other)).statusCode).toBe(200)
    sessions.administrator = other.cookies.gnomon
  })

  test('wrong words are refused alike, then locked; what was typed is not kept', async () => {
    const wrong = (name: string) =>
      ask('POST', '/api/v1/session', { payload: { name, password: 'wrong' } })
    const answers = await Promise.all([wrong('nobody'), wrong('the reader')])
    const [one, other] = answers.map((answer) => ({
      ...answer.json<Record<string, unknown>>(),
      requestId: '',
    }))
    expect(one).toEqual(other)
    for (let i = 0; i < 4; i++) await wrong('nobody')
    const locked = await wrong('nobody')
    expect(locked.json()).toMatchObject({ status: 429, code: 'LOCKED' })
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.stringify(await audited())).not.toContain('nobody')
  })
})

describe('tokens', () => {
  test('made once, used as Bearer or Token, ended', async () => {
    const created = await ask('POST', '/api/v1/tokens', {
      ...as('analyst'),
      payload: { name: 'siem', scope: ['reports.read', 'intake.write'] },
    })
    const { token, id } = created.json<{ token: string; id: string }>()
    for (const authorization of [`Bearer ${token}`, `Token ${token}`])
      expect((await ask('GET', '/api/v1/apps', { headers: { authorization } })).statusCode).toBe(
        200,
      )
    const bearer = { headers: { authorization: `Bearer ${token}` } }
    expect((await ask('GET', '/api/v1/config', bearer)).statusCode).toBe(403)
    expect(
      (await ask('POST', '/api/v1/tokens', { ...bearer, payload: { name: 'x' } })).statusCode,
    ).toBe(403)
    expect((await ask('GET', '/api/v1/tokens', as('analyst'))).body).not.toContain(token)
    expect((await ask('DELETE', `/api/v1/tokens/${id}`, as('reader'))).statusCode).toBe(404)
    expect((await ask('DELETE', `/api/v1/tokens/${id}`, as('administrator'))).statusCode).toBe(200)
    expect((await ask('GET', '/api/v1/apps', bearer)).json()).toMatchObject({
      code: 'UNAUTHORIZED',
    })
    // a wrong token is no reason to look for a session
    expect((await ask('GET', '/api/v1/apps', { ...as('analyst'), ...bearer })).statusCode).toBe(401)
  })
})

describe('the audit trail', () => {
  test('a look at names is told without the names; a viewer without names tells none', async () => {
    await ask('GET', '/api/v1/users/corp%5Cuser.0199', as('analyst'))
    await ask('GET', '/api/v1/users?filter=user.01', as('analyst'))
    await ask('GET', '/api/v1/apps', as('analyst'))
    await ask('GET', '/api/v1/users', as('auditor'))
    const rows = await audited()
    expect(rows.map(({ action, object }) => [action, object])).toEqual([
      ['getUser', 'user-0000000000000000'],
      ['listUsers', '/api/v1/users'],
    ])
    expect(JSON.stringify(rows)).not.toContain('user.01')
  })

  test('asking for a name is one entry with what came of it, refused or not', async () => {
    const query = store.query.bind(store)
    store.query = async <T extends object>(sql: string, params = {}) =>
      sql.includes('AS name FROM db.current_usage')
        ? ([{ name: 'ann' }] as T[])
        : query<T>(sql, params)
    const reason = 'ticket 42: malware'
    for (const pseudonym of ['user-0123456789abcdef', 'ann'])
      await ask('POST', '/api/v1/names', { ...as('analyst'), payload: { pseudonym, reason } })
    store.query = query
    const rows = await audited()
    expect(
      rows.map(({ action, object, detail }) => [action, object, JSON.parse(detail) as object]),
    ).toMatchObject([
      ['askName', 'user-0123456789abcdef', { outcome: 'shown', reason }],
      ['askName', '/api/v1/names', { status: 400 }],
    ])
  })

  test('a change that cannot be told is no success', async () => {
    store.fault = new Error('disk full')
    const answer = await ask('POST', '/api/v1/config/reload', as('administrator'))
    store.fault = null
    expect(answer.json()).toMatchObject({ status: 503, code: 'ACCESS_FAILED' })
  })
})

test('a route that nobody thought of shows nothing to who has bounds, and changes nothing', () => {
  const forgotten = { bounded: false, names: false }
  expect(ruleOf('GET', '/api/v1/new', {})).toEqual({ need: 'reports.read', ...forgotten })
  expect(ruleOf('POST', '/api/v1/new', {})).toEqual({ need: 'settings.write', ...forgotten })
})

test('/metrics asks when it is told to, /healthz never', async () => {
  const closed = testAccess({ api: { metrics: 'accounts' } })
  await closed.access.accounts.create(
    { name: 'ann', role: 'administrator', sources: null },
    password,
  )
  const { app } = await buildServer(apiOptions(fakeBackend(), closed.access))
  expect((await app.inject('/metrics')).statusCode).toBe(401)
  expect((await app.inject('/healthz')).statusCode).toBe(200)
  const { text } = await closed.access.tokens.create(closed.access.accounts.all()[0], {
    name: 'prometheus',
    scope: ['reports.read'],
    sources: null,
    days: 1,
  })
  const headers = { authorization: `Bearer ${text}` }
  expect((await app.inject({ url: '/metrics', headers })).statusCode).toBe(200)
  await app.close()
})
