/** Tags and block scripts by the API: what is tagged is blocked, what is given out is remembered. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { grammars } from '../govern/script-grammars.ts'
import { governServer } from '../govern/govern-server.ts'

let server: Awaited<ReturnType<typeof governServer>>
beforeEach(async () => {
  server = await governServer({ govern: { keep: ['portal.example.com'] } })
})
afterEach(() => server.close())

const tag = (apps: string[], name: string, more: object = {}) =>
  server.ask('POST', '/api/v1/tags', { apps, tag: name, ...more })

test('tag, look, undo', async () => {
  const { change } = (await tag(['files'], 'unsanctioned', { reason: 'no contract' })).json<{
    change: string
  }>()
  expect((await server.ask('GET', '/api/v1/tags')).json()).toMatchObject({
    total: 1,
    rows: [
      { appId: 'files', app: 'Files', tag: 'unsanctioned', reason: 'no contract', expires: null },
    ],
  })
  await server.ask('POST', `/api/v1/tags/changes/${change}/undo`)
  expect((await server.ask('GET', '/api/v1/tags')).json()).toMatchObject({ total: 0 })
  const { rows } = (await server.ask('GET', '/api/v1/tags/history?app=files')).json<{
    rows: object[]
  }>()
  expect(rows).toMatchObject([{ active: false, reason: `undoes ${change}` }, { active: true }])
})

test.each([
  ['an unknown app', { apps: ['nothing'], tag: 'unsanctioned' }, 422],
  ['no app', { apps: [], tag: 'unsanctioned' }, 400],
  ['no tag', { apps: ['files'], tag: ' ' }, 400],
  ['a tag with a line end', { apps: ['files'], tag: 'a\nb' }, 400],
  ['a time that is over', { apps: ['files'], tag: 'x', expires: '2001-01-01T00:00:00Z' }, 422],
  ['an unknown key', { apps: ['files'], tag: 'x', until: 1 }, 400],
])('tagging with %s is refused', async (_what, body, status) => {
  const response = await server.ask('POST', '/api/v1/tags', body)
  expect(response.statusCode).toBe(status)
  expect(response.headers['content-type']).toContain('application/problem+json')
})

test('the path of Defender for Cloud Apps gives the plain script and remembers it', async () => {
  await tag(['files', 'control'], 'unsanctioned')
  const response = await server.ask('GET', '/api/discovery_block_scripts/?format=108&type=banned')
  expect(response.statusCode).toBe(200)
  expect(response.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(grammars['fortigate'](response.body)).toBeNull()
  expect(response.body).toContain('*.files.example.com')
  await tag(['talk'], 'unsanctioned')
  const diff = await server.ask('GET', '/api/v1/block-scripts/fortigate?mode=diff')
  expect(diff.json()).toMatchObject({
    added: ['talk.example.com'],
    removed: [],
    leftOut: [{ app: 'Control', name: 'portal.cloudappsecurity.com' }],
  })
})

test.each(['?format=999&type=banned', '?format=108&type=allowed'])(
  '%s is refused with words',
  async (query) => {
    const response = await server.ask('GET', `/api/discovery_block_scripts/${query}`)
    expect(response.statusCode).toBe(422)
    expect(response.json<{ detail: string }>().detail).toMatch(/^cannot write .*; use /)
  },
)

test('a preview is not remembered, a removal empties what is remembered', async () => {
  await tag(['files'], 'unsanctioned')
  const last = async () =>
    (await server.ask('GET', '/api/v1/block-scripts/squid')).json<{
      lastAt: string | null
      added: string[]
    }>()
  expect((await last()).lastAt).toBeNull()
  await server.ask('POST', '/api/v1/block-scripts/squid')
  expect(await last()).toMatchObject({ lastAt: '2026-10-15T10:00:00.000Z', added: [] })
  await server.ask('POST', '/api/v1/block-scripts/squid?mode=remove')
  expect((await last()).added).toEqual([
    'files.example.com',
    'files.example.net',
    'login.example.org',
  ])
})

test('a firewall fetches a list, and is told when nothing changed', async () => {
  await tag(['files'], 'unsanctioned')
  const first = await server.ask('GET', '/api/v1/block-lists/edl-pan.txt')
  expect(first.body).toBe(
    'files.example.com/\n*.files.example.com/\nfiles.example.net/\n*.files.example.net/\nlogin.example.org/\n',
  )
  const again = await server.app.inject({
    url: '/api/v1/block-lists/edl-pan.txt',
    headers: { 'if-none-match': String(first.headers['etag']) },
  })
  expect(again.statusCode).toBe(304)
  expect((await server.ask('GET', '/api/v1/block-lists/none.txt')).statusCode).toBe(404)
})

test('a sanctioned app keeps its names out of the list', async () => {
  await tag(['suite'], 'unsanctioned')
  await tag(['suite-docs'], 'sanctioned')
  expect((await server.ask('GET', '/api/v1/block-list')).json()).toMatchObject({
    names: [],
    leftOut: [{ shares: ['Suite Docs'] }],
  })
})

test('the document tells of these routes', async () => {
  const document = (await server.ask('GET', '/api/v1/openapi.json')).json<{
    paths: Record<string, object>
  }>()
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/api/v1/tags',
      '/api/v1/block-scripts/{format}',
      '/api/discovery_block_scripts/',
    ]),
  )
})
