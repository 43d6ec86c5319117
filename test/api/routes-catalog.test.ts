import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildServer } from '../../src/api/api.ts'
import { createCatalogService } from '../../src/api/catalog-service.ts'
import { OwnCatalog } from '../../src/catalog/own-catalog.ts'
import type { Store } from '../../src/store/store.ts'
import { folderWith } from '../catalog/catalog-parts.ts'
import { apiOptions } from './server.ts'

let app: Awaited<ReturnType<typeof buildServer>>['app']
const used: string[] = []
const hosts = ['x.acme.example', 'y.acme.example', 'www.dropbox.com']
const store = {
  stream: async function* () {
    for (const host of hosts) yield { host, app_hint: '' }
  },
  query: async () => [],
} as unknown as Store

beforeAll(async () => {
  const own = new OwnCatalog(await folderWith({}), [])
  const catalog = createCatalogService({
    own,
    first: await own.load(),
    store,
    viewed: () => store,
    use: ({ version }) => void used.push(version),
    now: () => 0,
  })
  app = (await buildServer({ ...apiOptions(), catalog })).app
}, 60_000)
afterAll(() => app.close())

const url = (path: string): string => `/api/v1/catalog/${path}`
async function send(method: 'PUT' | 'DELETE', path: string, payload?: object) {
  const headers = { 'x-requested-with': 'gnomon' }
  const answer = await app.inject({ method, url: url(path), headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}
async function get(path: string) {
  const answer = await app.inject(url(path))
  return { status: answer.statusCode, body: answer.json() }
}

describe('reading', () => {
  test('an app with its evidence', async () => {
    const { status, body } = await get('apps/dropbox')
    expect(status).toBe(200)
    expect(body).toMatchObject({ own: false, app: { name: 'Dropbox' } })
    expect(body.risk.score).toBeGreaterThan(7)
    expect(body.risk.facts[0]).toMatchObject({
      source: expect.stringMatching(/^https:/),
      date: expect.any(String),
    })
    expect((await get('apps/nobody')).status).toBe(404)
  })

  test.each([
    ['apps?category=Cloud%20storage&factor=soc-2:yes&limit=1000', 'box', true],
    ['apps?category=CRM&factor=soc-2:yes&limit=1000', 'box', false],
    ['apps?query=anonymous-use&limit=1000', '0x0-st', true],
    ['apps?query=anonymous-use&limit=1000', 'box', false],
    ['apps?scoreMin=8&filter=dropbox', 'dropbox', true],
    ['apps?scoreMax=3&filter=dropbox', 'dropbox', false],
  ])('%s has %s: %s', async (path, id, want) => {
    const { body } = await get(path)
    expect(body.rows.some((row: { id: string }) => row.id === id)).toBe(want)
  })

  test.each(['apps?factor=nope', 'apps?query=nope', 'apps?nope=1'])('refuses %s', async (path) => {
    expect((await get(path)).status).toBe(400)
  })

  test('ids of all that fit a risk factor', async () => {
    const { body } = await get('app-ids?factor=soc-2:yes&category=Cloud%20storage')
    expect(body.ids).toContain('box')
    expect((await get('app-ids?factor=no-such-factor:yes')).status).toBe(400)
    const german = (await get('app-ids?headquarters=DE')).body.ids as string[]
    expect(german.length).toBeGreaterThan(10)
    expect(german).not.toContain('box')
  })

  test('all categories, with their apps counted', async () => {
    const { body } = await get('categories')
    const rows = body.rows as { name: string; apps: number }[]
    const all = await get('apps?limit=1')
    expect(rows.find(({ name }) => name === 'CRM')?.apps).toBeGreaterThan(5)
    expect(rows.reduce((sum, { apps }) => sum + apps, 0)).toBe(all.body.total)
  })

  test('eight suggested queries, the finder, the weights', async () => {
    expect((await get('queries')).body.total).toBe(8)
    expect((await get('finder')).body).toMatchObject({ rows: [], total: 0 })
    const { body } = await get('weights')
    expect(body.factors.length).toBeGreaterThan(90)
  })
})

describe('changing', () => {
  test('an own app tells what moved, can be rated by hand and removed', async () => {
    const made = await send('PUT', 'apps/own-acme', {
      name: 'Acme',
      category: 'CRM',
      domains: ['acme.example'],
      owner: 'Sales',
    })
    expect(made).toMatchObject({ status: 200, body: { moved: 2, words: '2 hosts became Acme' } })
    expect(used.at(-1)).toBe(made.body.to)
    expect((await get('apps/own-acme')).body).toMatchObject({ own: true, app: { owner: 'Sales' } })
    const scored = await send('PUT', 'apps/own-acme/score', { score: 2, note: 'no contract' })
    expect(scored.body.scores).toBe(1)
    expect((await get('apps/own-acme')).body.risk).toMatchObject({
      score: 2,
      override: { note: 'no contract' },
    })
    expect((await send('DELETE', 'apps/own-acme/score')).status).toBe(200)
    expect((await send('DELETE', 'apps/own-acme/score')).status).toBe(404)
    expect((await send('DELETE', 'apps/own-acme')).body.words).toBe(
      '2 hosts of Acme became unknown',
    )
    expect((await send('DELETE', 'apps/own-acme')).status).toBe(404)
  }, 60_000)

  test('weights change all scores at once', async () => {
    const before = (await get('apps/dropbox')).body.risk.score
    expect(
      (await send('PUT', 'weights', { groups: { compliance: 'ignored' } })).body.scores,
    ).toBeGreaterThan(100)
    expect((await get('apps/dropbox')).body.risk.score).not.toBe(before)
    await send('PUT', 'weights', {})
    expect((await get('apps/dropbox')).body.risk.score).toBe(before)
  }, 60_000)

  test.each([
    ['apps/own-x', { name: 'X', category: 'Nope', domains: ['x.example'] }, 400],
    ['apps/own-x', { name: 'X', category: 'CRM', domains: ['https://x.example'] }, 400],
    ['apps/Own X', { name: 'X', category: 'CRM', domains: ['x.example'] }, 422],
    ['apps/nobody/score', { score: 2, note: 'x' }, 404],
    ['apps/dropbox/score', { score: 11, note: 'x' }, 400],
    ['weights', { factors: { nope: 'high' } }, 400],
  ])('PUT %s refuses %j', async (path, payload, status) => {
    expect((await send('PUT', path, payload)).status).toBe(status)
    expect((await get('apps/own-x')).status).toBe(404)
  })
})
