/** No other site's page changes anything, every answer has its headers, and the start log warns where all can come in. */
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi } from '../../src/api/api.ts'
import { RateLimit, crossSite } from '../../src/api/guard.ts'
import { isLoopback } from '../../src/api/loopback.ts'
import { apiLimits } from '../../src/limits.ts'
import { apiOptions, testServer } from './server.ts'

let server: Awaited<ReturnType<typeof testServer>>
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.app.close())

const host = 'gnomon.example:8080'

test.each([
  ['curl', {}],
  ['the console', { 'sec-fetch-site': 'same-origin', origin: `http://${host}` }],
  ['the console without TLS', { origin: `http://${host}` }],
  [
    'the console behind a proxy with another name',
    { origin: 'https://a.example', 'x-gnomon': '1' },
  ],
  ['an address typed by hand', { 'sec-fetch-site': 'none' }],
])('%s may change something', (_name, headers) => {
  expect(crossSite({ method: 'POST', headers: { host, ...headers } })).toBeNull()
})

const foreign: [string, Record<string, string>][] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a site beside ours', { 'sec-fetch-site': 'same-site', origin: 'http://b.gnomon.example' }],
  ['another site without TLS', { origin: 'http://evil.example' }],
  ['another port', { origin: 'http://gnomon.example:81' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['an Origin that is none', { origin: 'gnomon.example:8080' }],
  ['a name that only begins like ours', { origin: `http://${host}.evil.example` }],
]

test.each(foreign)('%s may not', (_name, headers) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect(crossSite({ method, headers: { host, ...headers } })).not.toBeNull()
  expect(crossSite({ method: 'GET', headers: { host, ...headers } })).toBeNull()
})

test.each(foreign)('%s gets 403 and nothing happens', async (_name, headers) => {
  for (const path of ['uploads?name=x', 'unparsed/replay', 'config/reload']) {
    const response = await server.app.inject({
      method: 'POST',
      url: `/api/v1/${path}`,
      headers: { host, 'content-type': 'text/plain', ...headers },
      payload: 'line\n',
    })
    expect(response.statusCode).toBe(403)
    expect(response.json()).toMatchObject({ code: 'CROSS_SITE', status: 403 })
  }
  expect(server.backend.uploads).toEqual([])
})

test('browsers are never told that another site may ask', async () => {
  const response = await server.app.inject({
    method: 'OPTIONS',
    url: '/api/v1/uploads',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  expect(response.statusCode).toBe(405)
  expect(response.headers['access-control-allow-origin']).toBeUndefined()
})

test.each(['/', '/console/console.js', '/api/v1/formats', '/api/v1/none', '/healthz'])(
  '%s has the security headers',
  async (url) => {
    const { headers } = await server.app.inject(url)
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|data:/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['x-powered-by']).toBeUndefined()
  },
)

test('the rate limit begins anew each minute and is bounded itself', () => {
  let atMs = 90_000
  const rate = new RateLimit(() => atMs)
  for (let i = 0; i < apiLimits.requestsPerMinute; i++) expect(rate.wait('192.0.2.1')).toBe(0)
  expect(rate.wait('192.0.2.1')).toBe(30)
  expect(rate.wait('192.0.2.2')).toBe(0)
  atMs = 120_000
  expect(rate.wait('192.0.2.1')).toBe(0)
  for (let i = 0; i < apiLimits.rateAddresses; i++) rate.wait(`2001:db8::${i.toString(16)}`)
  for (let i = 0; i < apiLimits.requestsPerMinute; i++) rate.wait(`198.51.100.${i}`)
  expect(rate.wait('203.0.113.1')).toBeGreaterThan(0)
})

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::', false],
  ['0.0.0.0', false],
  ['192.0.2.1', false],
])('loopback %s: %s', (address, want) => {
  expect(isLoopback(address)).toBe(want)
})

test.each([
  ['127.0.0.1', 0],
  ['0.0.0.0', 1],
])('listening on %s logs %d warnings; it stops and starts again', async (address, warnings) => {
  const logged: { level: number; msg: string }[] = []
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) })
  const api = createApi({ ...apiOptions(), host: address, log })
  await api.stop()
  for (let round = 0; round < 2; round++) {
    await api.start()
    await api.start()
    const { port } = api.status()
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`)
    expect(await answer.json()).toEqual({ status: 'ok', version: '0.1.0' })
    await api.stop()
    expect(api.status()).toEqual({ address: '', port: 0 })
  }
  // A console that was never built is told of, too, and is no matter here.
  const warned = logged.filter(({ level, msg }) => level >= 40 && !msg.includes('dist/console'))
  expect(warned).toHaveLength(2 * warnings)
  for (const { msg } of warned) expect(msg).toMatch(/api\.access is open.*api\.host/)
})

test('a port that is taken is an operating error with the cure', async () => {
  const first = createApi(apiOptions())
  await first.start()
  const second = createApi({ ...apiOptions(), port: first.status().port })
  await expect(second.start()).rejects.toMatchObject({
    code: 'LISTENER_FAILED',
    message: expect.stringMatching(
      /^cannot listen .*127\.0\.0\.1:\d+: .*; another program.*api\.port$/,
    ),
  })
  await second.stop()
  await first.stop()
})
