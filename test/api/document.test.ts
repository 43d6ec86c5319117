/** The OpenAPI document is whole, tells of every route, and the answers keep what it says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { testServer } from './server.ts'

interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; schema: object }[]
  requestBody?: object
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

let server: Awaited<ReturnType<typeof testServer>>
let document: Document
beforeAll(async () => {
  server = await testServer()
  document = (await server.app.inject('/api/v1/openapi.json')).json()
})
afterAll(() => server.app.close())

const routes: [string, string][] = [
  ['get', '/api/v1/sources'],
  ['get', '/api/v1/ledger'],
  ['get', '/api/v1/unparsed'],
  ['post', '/api/v1/unparsed/replay'],
  ['post', '/api/v1/uploads'],
  ['get', '/api/v1/uploads'],
  ['get', '/api/v1/uploads/{id}'],
  ['patch', '/api/v1/uploads/{id}'],
  ['delete', '/api/v1/uploads/{id}'],
  ['get', '/api/v1/uploads/{id}/result'],
  ['get', '/api/v1/reports'],
  ['get', '/api/v1/summary'],
  ['get', '/api/v1/reports/{id}'],
  ['get', '/api/v1/reports/{id}/export'],
  ['get', '/api/v1/app-table'],
  ['get', '/api/v1/apps'],
  ['get', '/api/v1/apps/{id}'],
  ['get', '/api/v1/users'],
  ['get', '/api/v1/users/{name}'],
  ['get', '/api/v1/addresses'],
  ['get', '/api/v1/addresses/{address}'],
  ['get', '/api/v1/devices'],
  ['get', '/api/v1/devices/{name}'],
  ['get', '/api/v1/lookup'],
  ['get', '/api/v1/freshness'],
  ['get', '/api/v1/overlap'],
  ['get', '/api/v1/timeline'],
  ['get', '/api/v1/trace'],
  ['get', '/api/v1/unknown'],
  ['get', '/api/v1/formats'],
  ['get', '/api/v1/config'],
  ['post', '/api/v1/config/reload'],
  ['get', '/api/v1/openapi.json'],
  ['get', '/api/v1/setup'],
  ['post', '/api/v1/setup'],
  ['get', '/api/v1/session'],
  ['post', '/api/v1/session'],
  ['delete', '/api/v1/session'],
  ['get', '/api/v1/session/oidc'],
  ['get', '/api/v1/session/oidc/callback'],
  ['post', '/api/v1/account/password'],
  ['post', '/api/v1/account/totp'],
  ['post', '/api/v1/account/totp/confirm'],
  ['delete', '/api/v1/account/totp'],
  ['get', '/api/v1/accounts'],
  ['post', '/api/v1/accounts'],
  ['patch', '/api/v1/accounts/{id}'],
  ['delete', '/api/v1/accounts/{id}'],
  ['get', '/api/v1/tokens'],
  ['post', '/api/v1/tokens'],
  ['delete', '/api/v1/tokens/{id}'],
  ['get', '/api/v1/audit'],
  ['get', '/api/v1/names'],
  ['post', '/api/v1/names'],
  ['get', '/api/v1/names/{id}'],
  ['post', '/api/v1/names/{id}'],
  ['get', '/api/v1/support-bundle'],
  ['get', '/healthz'],
  ['get', '/readyz'],
  ['get', '/metrics'],
]

function operations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
}

test('it tells of these routes and no others', () => {
  expect(document.openapi).toBe('3.1.1')
  const told = operations().map(({ method, path }) => `${method} ${path}`)
  expect(told.sort()).toEqual(routes.map((route) => route.join(' ')).sort())
})

test('the server has no others, but for the console', () => {
  const found: string[] = []
  const above: string[] = []
  for (const line of server.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, tree, path, methods] = /^([^/\w*]*)(\S+) \((.*)\)$/.exec(line) ?? []
    if (methods === undefined) continue
    above.length = tree.length / 4 - 1
    above.push(path)
    const url = `/${above.slice(1).join('')}`.replace('//', '/')
    for (const method of methods.split(', '))
      if (method !== 'HEAD') found.push(`${method.toLowerCase()} ${url}`)
  }
  const told = routes.map(([method, path]) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)
  expect(found.sort()).toEqual([...told, 'get /', 'get /console/', 'get /console/*'].sort())
})

test('each operation has an id of its own, a summary, a tag, described answers', () => {
  const ids = operations().map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { path, operation } of operations()) {
    expect(operation, path).toMatchObject({
      operationId: expect.stringMatching(/^[a-z][A-Za-z]+$/),
      summary: expect.stringMatching(/^\S.+\S$/),
      tags: [expect.any(String)],
    })
    for (const answer of Object.values(operation.responses))
      expect(answer.description, path).toEqual(expect.any(String))
  }
})

test('the parameters of a path are those in its braces', () => {
  for (const { path, operation } of operations()) {
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
    const told = (operation.parameters ?? []).filter((one) => one.in === 'path')
    expect(told.map(({ name }) => name).sort(), path).toEqual(inPath.sort())
    for (const one of told) expect(one.required, path).toBe(true)
  }
})

test('every reference leads somewhere', () => {
  const references = Array.from(
    JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g),
    ([, reference]) => reference,
  )
  expect(references.length).toBeGreaterThan(10)
  for (const reference of references) {
    const name = reference.replace('#/components/schemas/', '')
    expect(Object.keys(document.components.schemas)).toContain(name)
  }
})

/** A schema of the document, made to stand alone. */
function schemaOf(schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')))
}

const examples: Record<string, string> = {
  '/api/v1/reports/{id}': '/api/v1/reports/continuous',
  '/api/v1/reports/{id}/export': '/api/v1/reports/continuous/export?format=json',
  '/api/v1/apps/{id}': '/api/v1/apps/app-3',
  '/api/v1/users/{name}': '/api/v1/users/corp%5Cuser.0199',
  '/api/v1/addresses/{address}': '/api/v1/addresses/198.51.100.7',
  '/api/v1/lookup': '/api/v1/lookup?host=files.slack.com',
}
const skipped = new Set([
  '/api/v1/uploads/{id}',
  '/api/v1/uploads/{id}/result',
  '/api/v1/devices/{name}',
  '/metrics',
  // told in access-routes.test.ts and sign-on.test.ts
  '/api/v1/session/oidc',
  '/api/v1/session/oidc/callback',
  '/api/v1/names/{id}',
  '/api/v1/audit',
])

test.each(routes.filter(([method, path]) => method === 'get' && !skipped.has(path)))(
  '%s %s answers as it says',
  async (_method, path) => {
    const response = await server.app.inject(examples[path] ?? path)
    expect(response.statusCode).toBe(200)
    const { content } = document.paths[path].get.responses['200']
    const schema = content?.['application/json']?.schema
    expect(schema).toBeDefined()
    expect(schemaOf(schema ?? {}).safeParse(response.json())).toMatchObject({ success: true })
  },
)

test.each(['/api/v1/apps?limit=0', '/api/v1/apps/none'])(
  'the problem of %s is as told',
  async (url) => {
    const { content } = document.paths['/api/v1/apps'].get.responses['4XX']
    const schema = schemaOf(content?.['application/problem+json']?.schema ?? {})
    const problem = (await server.app.inject(url)).json<object>()
    expect(schema.safeParse(problem)).toMatchObject({ success: true })
    expect(schema.safeParse({ ...problem, status: 'x' }).success).toBe(false)
  },
)
