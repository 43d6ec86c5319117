/** What the console draws beside the lists, and the console's page itself, through `inject`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { reportAppSchema } from '../../src/api/report-schemas.ts'
import { testServer } from './server.ts'

let server: Awaited<ReturnType<typeof testServer>>
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.app.close())

const get = (url: string, accept = 'application/json') =>
  server.app.inject({ url, headers: { accept } })

describe('timeline', () => {
  test('of a report', async () => {
    const answer = (await get('/api/v1/timeline')).json<{ unit: string; points: unknown[] }>()
    expect(answer.unit).toBe('hour')
    expect(answer.points.length).toBeGreaterThan(10)
  })
  test.each(['app', 'user', 'address', 'device'])('of one %s', async (kind) => {
    expect((await get(`/api/v1/timeline?${kind}=x%2Fy`)).statusCode).toBe(200)
    expect(server.backend.asked.at(-1)).toMatchObject({ only: { kind, name: 'x/y' } })
  })
  test('not of two at a time', async () => {
    expect((await get('/api/v1/timeline?app=a&user=b')).statusCode).toBe(400)
  })
  test('not of a report that is not there', async () => {
    expect((await get('/api/v1/timeline?report=snapshot-x')).statusCode).toBe(404)
  })
})

test('unknown services are paged, sorted and filtered', async () => {
  const page = (await get('/api/v1/unknown?limit=2&sort=name&order=asc')).json<{
    rows: { domain: string }[]
    total: number
  }>()
  expect(page.rows).toHaveLength(2)
  expect(page.total).toBeGreaterThan(2)
  expect(page.rows[0].domain <= page.rows[1].domain).toBe(true)
  expect((await get('/api/v1/unknown?sort=hosts')).statusCode).toBe(400)
})

test('the table of apps holds all of them, in the shape of the list', async () => {
  const answer = (await get('/api/v1/app-table')).json<{ rows: unknown[]; total: number }>()
  expect(answer.rows).toHaveLength(answer.total)
  expect(z.array(reportAppSchema).safeParse(answer.rows).success).toBe(true)
})

describe('the page', () => {
  const html = 'text/html,application/xhtml+xml'
  test.each(['/', '/apps', '/user?name=a%2Fb', '/nowhere'])('%s', async (path) => {
    const response = await get(path, html)
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toMatch(/^text\/html/)
    expect(response.headers['cache-control']).toBe('no-store')
    const policy = String(response.headers['content-security-policy'])
    expect(policy).toMatch(/style-src 'self' 'nonce-[^']+'/)
    expect(policy).not.toContain('unsafe')
  })
  test.each(['/api/v1/nothing', '/console/nothing.js'])('not %s', async (path) => {
    expect((await get(path, html)).statusCode).toBe(404)
  })
  test('not for programs', async () => {
    expect((await get('/apps', '*/*')).statusCode).toBe(404)
  })
})
