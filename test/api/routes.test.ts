/** Every route through `inject`: good questions, bad questions, errors of the world. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiLimits, fileLimits } from '../../src/limits.ts'
import { reportContentPolicy } from '../../src/report/html.ts'
import { emptyReport, hostile } from '../report/fixture.ts'
import { storeDown } from './fake-backend.ts'
import { testServer } from './server.ts'

let server: Awaited<ReturnType<typeof testServer>>
beforeAll(async () => {
  server = await testServer()
})
beforeEach(() => {
  server.backend.faults.clear()
  server.backend.asked.length = 0
})
afterAll(() => server.app.close())

let addresses = 0
/** Each question from an address of its own, or the rate limit would answer. */
const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, more: object = {}) =>
  server.app.inject({ method, url, remoteAddress: `192.0.2.${addresses++ % 250}`, ...more })
const get = (path: string) => ask('GET', `/api/v1/${path}`)

function expectProblem(
  response: Awaited<ReturnType<typeof ask>>,
  want: { status: number; code: string; detail?: string | RegExp },
): Record<string, unknown> {
  expect(response.statusCode).toBe(want.status)
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  const problem = response.json<Record<string, unknown>>()
  expect(problem).toMatchObject({ type: 'about:blank', status: want.status, code: want.code })
  expect(problem.title).toEqual(expect.stringMatching(/./))
  expect(problem.requestId).toEqual(expect.stringMatching(/./))
  if (want.detail !== undefined) expect(problem.detail).toMatch(want.detail)
  expect(response.body).not.toMatch(/node_modules|\.ts:\d/)
  return problem
}

describe('answers', () => {
  test.each([
    ['sources', { total: 4 }],
    ['ledger?limit=3', { total: 12, page: 1, limit: 3, balanced: false }],
    ['unparsed', { total: 4 }],
    ['unparsed?reason=time%20not%20readable', { total: 1 }],
    ['reports', { total: 1 }],
    ['summary', { report: 'continuous' }],
    ['reports/continuous', { report: 'continuous', totals: { apps: 40 } }],
    ['apps?limit=5&page=2', { total: 40, page: 2, limit: 5 }],
    ['apps?filter=SLACK', { total: 1, rows: [{ name: 'Slack' }] }],
    ['apps/app-2', { app: { name: 'Slack' } }],
    ['users?sort=name&order=asc', { total: 200 }],
    [`users/${encodeURIComponent(hostile.attribute)}`, { person: { name: hostile.attribute } }],
    ['users/corp%5Cuser.0199', { person: { name: 'corp\\user.0199' } }],
    ['addresses', { total: 200 }],
    ['addresses/198.51.100.7', { person: { name: '198.51.100.7' } }],
    ['devices', { total: 0, rows: [] }],
    ['lookup?host=files.slack.com', { app: 'Slack' }],
    ['lookup?host=%3Cscript%3E', { host: '<script>', app: null }],
    ['formats', { total: 1 }],
    ['config', { store: { password: '***' } }],
    ['openapi.json', { openapi: '3.1.1' }],
  ])('GET %s', async (path, want) => {
    const response = await get(path)
    expect(response.json()).toMatchObject(want)
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toMatch(/^application\/json/)
  })

  test('the order asked for, the unknown last in both', async () => {
    const rows = async (order: string) =>
      (await get(`apps?sort=bytesTotal&order=${order}`))
        .json<{ rows: { bytesTotal: number | null }[] }>()
        .rows.map(({ bytesTotal }) => bytesTotal)
    const [down, up] = [await rows('desc'), await rows('asc')]
    expect(down[0]).toBeGreaterThan(down[1] ?? Infinity)
    expect(up[0]).toBe(down.at(-2))
    expect([up.at(-1), down.at(-1)]).toEqual([null, null])
  })

  test('times of a query arrive as milliseconds, of any zone', async () => {
    await get('apps?source=hq-firewall&from=2026-09-21T16:00:00%2B02:00')
    expect(server.backend.asked).toMatchObject([
      { source: 'hq-firewall', fromMs: Date.parse('2026-09-21T14:00:00Z'), toMs: null },
    ])
  })

  test('sources are judged in words', async () => {
    const { rows } = (await get('sources')).json<{ rows: Record<string, unknown>[] }>()
    expect(rows.map(({ state }) => state)).toEqual(['receiving', 'quiet', 'silent', 'waiting'])
    expect(rows[1].words).toContain(
      'No transactions name a user, so nobody can say who used an app: turn on user identification or proxy authentication, or join Defender data.',
    )
    expect(rows[2]).toMatchObject({ format: null, reason: expect.stringContaining('no format') })
  })

  test('the ledger says where it does not balance', async () => {
    const ledger = (await get('ledger')).json<{ rows: { missing: number }[]; sentence: string }>()
    expect(ledger.rows.filter(({ missing }) => missing !== 0)).toMatchObject([
      { missing: 8, balanced: false, hour: '2026-09-25T10:00:00.000Z' },
    ])
    expect(ledger.sentence).toContain('8 lines cannot be accounted for')
    expect(ledger.sentence).toContain('1 hour of a source does not balance')
  })
})

describe('files of a report', () => {
  test.each([
    ['html', 'text/html', /^<!doctype html>/],
    ['json', 'application/json', /^\{\n {2}"title"/],
    ['csv', 'text/csv', /^appId,name,/],
    ['csv&table=users', 'text/csv', /^name,apps,addresses,/],
    ['ndjson', 'application/x-ndjson', /^\{"hour":"2026-09-25T10:00:00Z".*\n\{.*\n\{.*\}\n$/],
  ])('%s', async (format, type, want) => {
    const response = await get(`reports/continuous/export?format=${format}`)
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toContain(type)
    expect(response.headers['content-disposition']).toMatch(
      /^inline; filename="gnomon-continuous(-apps|-users)?\.\w+"$/,
    )
    expect(response.body).toMatch(want)
  })

  test('the HTML file has its own policy, and can be saved', async () => {
    const response = await get('reports/continuous/export?format=html&download=true')
    expect(response.headers['content-security-policy']).toBe(
      `${reportContentPolicy}; frame-ancestors 'none'`,
    )
    expect(response.headers['content-disposition']).toMatch(/^attachment/)
    expect(response.body).not.toContain(hostile.script)
  })
})

describe('health', () => {
  test('alive', async () => {
    expect((await ask('GET', '/healthz')).json()).toEqual({ status: 'ok', version: '0.1.0' })
  })

  test('ready, or 503 with the reasons', async () => {
    expect((await ask('GET', '/readyz')).statusCode).toBe(200)
    const checks = [{ name: 'spool', ok: false, reason: 'cannot write' }]
    vi.spyOn(server.backend, 'readiness').mockResolvedValueOnce({ ready: false, checks })
    const response = await ask('GET', '/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({ ready: false, checks })
  })

  test('metrics', async () => {
    const response = await ask('GET', '/metrics')
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(response.body).toContain('gnomon_received_lines_total{listener="syslog-udp"} 69')
  })
})

describe('bad questions', () => {
  test.each([
    ['apps?limit=0', 'limit'],
    [`apps?limit=${apiLimits.pageRows + 1}`, 'limit'],
    ['apps?limit=ten', 'limit'],
    ['apps?limit=-1', 'limit'],
    ['apps?limit=1e3', 'limit'],
    ['apps?limit=1&limit=2', 'limit'],
    ['users?page=0', 'page'],
    [`users?page=${apiLimits.pages + 1}`, 'page'],
    ['devices?page=1.5', 'page'],
    ['unparsed?limit=99999999999', 'limit'],
    ['ledger?page=x', 'page'],
    ['ledger?from=yesterday', 'from'],
    ['apps?from=2026-09-21', 'from'],
    ['apps?sort=__proto__', 'sort'],
    ['users?sort=score', 'sort'],
    ['apps?order=up', 'order'],
    ['apps?limt=5', 'limt'],
    ['apps?filter=', 'filter'],
    [`apps?filter=1${'x'.repeat(apiLimits.nameCharacters + 1)}`, 'filter'],
    ['lookup', 'host'],
    ['reports/continuous/export', 'format'],
    ['reports/continuous/export?format=exe', 'format'],
    ['reports/continuous/export?format=csv&table=../../etc/passwd', 'table'],
  ])('%.60s: 400 names %s', async (path, field) => {
    const detail = new RegExp(`^cannot use ${field}: `)
    const problem = expectProblem(await get(path), { status: 400, code: 'BAD_REQUEST', detail })
    expect(problem.errors).toMatchObject([{ field }])
  })

  test.each([
    'nothing',
    'apps/none',
    'users/nobody',
    'reports/none',
    'reports/none/export?format=html',
    'summary?report=none',
    'uploads/00000000-0000-0000-0000-000000000000',
    'apps/a/b',
    '%2e%2e/%2e%2e/etc/passwd',
  ])('%s: 404', async (path) => {
    expectProblem(await get(path), { status: 404, code: 'NOT_FOUND' })
  })

  test.each(['/console/../api/api.ts', '/console/%2e%2e/api/api.ts', '/console/none.js'])(
    'file %s: 404',
    async (path) => {
      expectProblem(await ask('GET', path), { status: 404, code: 'NOT_FOUND' })
    },
  )

  test.each([
    ['DELETE', '/api/v1/apps', 'GET, HEAD'],
    ['POST', '/api/v1/apps/slack?x=1', 'GET, HEAD'],
    ['PUT', '/api/v1/config/reload', 'POST'],
    ['PUT', '/api/v1/uploads', 'GET, HEAD, POST'],
    ['POST', '/metrics', 'GET, HEAD'],
  ] as const)('%s %s: 405, allow %s', async (method, path, allow) => {
    const response = await ask(method, path)
    expectProblem(response, { status: 405, code: 'METHOD_NOT_ALLOWED' })
    expect(response.headers.allow).toBe(allow)
  })

  const json = { 'content-type': 'application/json' }
  test.each([
    ['xml', { 'content-type': 'application/xml' }, '<a/>', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['too large', json, `{"reason":"${'x'.repeat(apiLimits.bodyBytes)}"}`, 413, 'TOO_LARGE'],
    ['no JSON', json, '{', 400, 'BAD_REQUEST'],
    ['prototype', json, '{"__proto__":{"x":1}}', 400, 'BAD_REQUEST'],
    ['unknown key', json, '{"sauce":"x"}', 400, 'BAD_REQUEST'],
    ['wrong type', json, '{"reason":7}', 400, 'BAD_REQUEST'],
  ])('replay with %s', async (_name, headers, payload, status, code) => {
    const response = await ask('POST', '/api/v1/unparsed/replay', { headers, payload })
    expectProblem(response, { status, code })
  })

  test('a name that is no UTF-8, or as long as a book', async () => {
    expectProblem(await get('users/%ff'), { status: 400, code: 'BAD_REQUEST' })
    const long = 'x'.repeat(apiLimits.nameCharacters + 1)
    expectProblem(await get(`users/${long}`), { status: 400, code: 'BAD_REQUEST', detail: /name/ })
    expectProblem(await get(`users/${long.repeat(4)}`), { status: 414, code: 'TOO_LARGE' })
  })
})

describe('errors of the world', () => {
  test('an operating error keeps its code and its words', async () => {
    server.backend.faults.set('apps', storeDown)
    const detail = /cannot ask the store: connection refused; check store.url/
    expectProblem(await get('apps'), { status: 503, code: 'STORE_UNAVAILABLE', detail })
  })

  test('a fault of ours tells nothing of itself', async () => {
    server.backend.faults.set('apps', new Error('secret in /etc/gnomon'))
    const response = await get('apps')
    expectProblem(response, { status: 500, code: 'INTERNAL', detail: /see request/ })
    expect(response.body).not.toContain('secret')
  })

  test('an answer that breaks its own schema is a fault of ours', async () => {
    vi.spyOn(server.backend, 'reports').mockResolvedValueOnce([{ id: 7 }] as never)
    const response = await get('reports')
    expectProblem(response, { status: 500, code: 'INTERNAL' })
  })

  test('an empty report is a report', async () => {
    vi.spyOn(server.backend, 'report').mockResolvedValueOnce(emptyReport())
    const response = await get('reports/continuous/export?format=html')
    expect(response.statusCode).toBe(200)
  })

  test('too many requests of one address', async () => {
    const one = () => server.app.inject({ url: '/api/v1/formats', remoteAddress: '198.51.100.9' })
    const answers = []
    for (let i = 0; i < apiLimits.requestsPerMinute; i++) answers.push((await one()).statusCode)
    expect(new Set(answers)).toEqual(new Set([200]))
    const response = await one()
    expectProblem(response, { status: 429, code: 'TOO_MANY_REQUESTS' })
    expect(response.headers['retry-after']).toBe('48')
    const health = await server.app.inject({ url: '/healthz', remoteAddress: '198.51.100.9' })
    expect(health.statusCode).toBe(200)
  })
})

test('changes: replay and reload', async () => {
  const payload = { reason: 'no format matches' }
  expect((await ask('POST', '/api/v1/unparsed/replay', { payload })).json()).toEqual({
    lines: 4,
    left: 0,
  })
  expect((await ask('POST', '/api/v1/unparsed/replay')).statusCode).toBe(200)
  expect((await ask('POST', '/api/v1/config/reload')).json()).toEqual({
    changed: ['sources'],
    needRestart: [],
  })
})

test('limits fit each other', () => {
  expect(fileLimits.uploadBytes).toBeGreaterThan(apiLimits.bodyBytes)
})
