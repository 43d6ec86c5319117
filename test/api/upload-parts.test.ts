/** Uploads by parts through the API: opened, filled at offsets, broken off, gone on with after a restart, given up, forgotten. */
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildServer } from '../../src/api/api.ts'
import { viewerOf } from '../../src/access/rights.ts'
import { viewers } from '../../src/api/current-viewer.ts'
import { UploadParts } from '../../src/api/upload-parts.ts'
import { OperatingError } from '../../src/errors.ts'
import { apiLimits, fileLimits } from '../../src/limits.ts'
import { fakeBackend } from './fake-backend.ts'
import type { FakeBackend } from './fake-backend.ts'
import { apiOptions } from './server.ts'

let folder: string
let backend: FakeBackend
let server: Awaited<ReturnType<typeof buildServer>>
let clockMs: number

async function start(): Promise<void> {
  server = await buildServer({
    ...apiOptions(backend),
    partsFolder: join(folder, 'parts'),
    now: () => clockMs,
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-parts-'))
  backend = fakeBackend()
  clockMs = Date.now()
  await start()
})
afterEach(async () => {
  await server.app.close()
  await rm(folder, { recursive: true, force: true })
})

interface Row {
  id: string
  state: string
  receivedBytes: number
  report: string
}
const text = 'one\ntwo\nthree\n'
const ask = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: string | Readable,
) =>
  server.app.inject({
    method,
    url: `/api/v1/uploads${path}`,
    ...(payload === undefined
      ? {}
      : { payload, headers: { 'content-type': 'application/octet-stream' } }),
  })
const openOne = async (query = ''): Promise<Row> => {
  const answer = await ask('POST', `?name=big.log&sizeBytes=${text.length}${query}`)
  expect(answer.statusCode).toBe(202)
  return answer.json()
}
const files = () => readdir(join(folder, 'parts'))

test('a file in three parts is taken with the last one, and leaves nothing behind', async () => {
  const { id } = await openOne('&source=proxy&modified=2026-11-01T10:00:00Z')
  expect((await ask('GET', '')).json()).toMatchObject({
    total: 1,
    rows: [
      {
        id,
        name: 'big.log',
        receivedBytes: 0,
        totalBytes: 14,
        modified: '2026-11-01T10:00:00.000Z',
      },
    ],
  })
  expect((await ask('PATCH', `/${id}?offset=0`, text.slice(0, 5))).json()).toMatchObject({
    state: 'receiving',
    receivedBytes: 5,
  })
  await ask('PATCH', `/${id}?offset=5`, text.slice(5, 9))
  expect((await ask('GET', `/${id}`)).json()).toMatchObject({ receivedBytes: 9 })
  const last = await ask('PATCH', `/${id}?offset=9`, text.slice(9))
  expect(last.statusCode).toBe(200)
  expect(last.json<Row>().state).not.toBe('receiving')
  await server.uploads.settled()
  expect(backend.uploads).toMatchObject([
    { bytes: 14, request: { id, source: 'proxy', report: 'continuous', sizeBytes: 14 } },
  ])
  expect((await ask('GET', `/${id}`)).json()).toMatchObject({ lines: 3, receivedBytes: 14 })
  expect(await files()).toEqual([])
  expect((await ask('GET', '')).json()).toMatchObject({ total: 0 })
  expect(server.uploads.numbers()).toMatchObject({ files: 1, lines: 3, bytes: 14 })
  expect((await ask('GET', `/${id}/result`)).json()).toMatchObject({
    formats: [{ format: 'SQUID', transactions: 2 }],
  })
})

test('what a failed write left behind is not in the file when it goes on', async () => {
  const { id } = await openOne()
  await ask('PATCH', `/${id}?offset=0`, text.slice(0, 5))
  await appendFile(join(folder, 'parts', `${id}.part`), 'half a chunk before the disk was full')
  const last = await ask('PATCH', `/${id}?offset=5`, text.slice(5))
  expect(last.statusCode).toBe(200)
  await server.uploads.settled()
  expect(backend.uploads).toMatchObject([{ bytes: text.length, request: { id } }])
})

test('after a restart it goes on where it was; what was whole is taken by itself', async () => {
  const { id, report } = await openOne('&snapshot=true&report=June')
  await ask('PATCH', `/${id}?offset=0`, text.slice(0, 5))
  const other = await openOne()
  backend.faults.set('takeUpload', new OperatingError('SPOOL_UNUSABLE', 'cannot write: gone'))
  await ask('PATCH', `/${other.id}?offset=0`, text)
  await server.uploads.settled()
  expect((await ask('GET', `/${other.id}`)).json()).toMatchObject({
    state: 'failed',
    error: { code: 'SPOOL_UNUSABLE' },
  })
  backend.faults.clear()
  await server.app.close()
  await writeFile(join(folder, 'parts/half-made.json.tmp'), '{')
  await writeFile(join(folder, 'parts/5e1c2c2e-0000-4000-8000-000000000000.json'), 'damaged')
  await start()
  await server.uploads.settled()
  expect(backend.uploads).toMatchObject([{ bytes: 14, request: { id: other.id } }])
  expect((await ask('GET', '')).json()).toMatchObject({
    total: 1,
    rows: [{ id, receivedBytes: 5, report }],
  })
  expect((await files()).toSorted()).toEqual([`${id}.json`, `${id}.part`])
  await ask('PATCH', `/${id}?offset=5`, text.slice(5))
  await server.uploads.settled()
  expect(backend.uploads.at(-1)).toMatchObject({
    bytes: 14,
    request: { id, title: 'June', report },
  })
})

test('what came before a line broke stays', async () => {
  const { id } = await openOne()
  const broken = new Readable({ read() {} })
  broken.push(text.slice(0, 6))
  const parts = new UploadParts(join(folder, 'parts'), () => clockMs)
  await parts.start()
  const upload = parts.find(id)
  if (upload === null) throw new Error('not kept')
  const first = parts.append(upload, 0, broken)
  while (upload.receivedBytes < 6) await new Promise((resolve) => setImmediate(resolve))
  // the one who sends again ends the part that hangs
  const second = parts.append(upload, 6, Readable.from([Buffer.from(text.slice(6))]))
  await expect(first).rejects.toMatchObject({ status: 400 })
  expect(await second).toBe(true)
})

test.each([
  ['a gap', '/{id}?offset=7', 'x', 409, 'CONFLICT'],
  ['more than announced', '/{id}?offset=0', 'x'.repeat(15), 413, 'TOO_LARGE'],
  ['no offset', '/{id}', 'x', 400, 'BAD_REQUEST'],
  ['an unknown one', '/5e1c2c2e-0000-4000-8000-000000000000?offset=0', 'x', 404, 'NOT_FOUND'],
])('%s is refused', async (_name, path, payload, status, code) => {
  const { id } = await openOne()
  const answer = await ask('PATCH', path.replace('{id}', id), payload)
  expect(answer.json()).toMatchObject({ status, code })
})

test.each([
  [`?sizeBytes=${fileLimits.uploadBytes + 1}`, 413],
  ['?sizeBytes=0', 400],
  ['?sizeBytes=5&into=snapshot-00000000-0000-4000-8000-000000000000', 404],
])('opening %s is refused', async (query, status) => {
  expect((await ask('POST', query)).statusCode).toBe(status)
  expect(await files()).toEqual([])
})

test('only so many open at a time; one given up makes room', async () => {
  const first = await openOne()
  for (let i = 1; i < apiLimits.uploadsOpen; i++) {
    if (i % 100 === 0) clockMs += 60_000
    await openOne()
  }
  const refused = await ask('POST', `?sizeBytes=5`)
  expect(refused.json()).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  expect((await ask('DELETE', `/${first.id}`)).json()).toEqual({ done: true })
  expect((await ask('GET', `/${first.id}`)).statusCode).toBe(404)
  await openOne()
})

test('what nobody goes on with is deleted, and counted', async () => {
  const { id } = await openOne()
  await ask('PATCH', `/${id}?offset=0`, text.slice(0, 5))
  clockMs += apiLimits.uploadAbandonedMs - 60_000
  expect((await ask('GET', '')).json()).toMatchObject({ total: 1 })
  clockMs += 120_000
  expect((await ask('GET', '')).json()).toMatchObject({ total: 0 })
  expect(await files()).toEqual([])
  expect(server.uploads.numbers().refused).toEqual({ 'archive-refused': 0, abandoned: 1 })
  expect((await ask('PATCH', `/${id}?offset=5`, 'x')).statusCode).toBe(404)
})

test('nobody else goes on with it, sees it, or gives it up', async () => {
  const { id } = await openOne()
  const other = viewerOf('account', { name: 'ben', accountId: 'b', role: 'analyst' })
  await viewers.run(other, async () => {
    expect(await server.uploads.unfinished()).toEqual([])
    await expect(server.uploads.append(id, 0, Readable.from(['x']))).rejects.toMatchObject({
      status: 404,
    })
    await expect(server.uploads.giveUp(id)).rejects.toMatchObject({ status: 404 })
  })
})

test('who may not upload to a source is told before anything is sent', async () => {
  backend.faults.set('checkUpload', new OperatingError('ACCESS_DENIED', 'cannot upload to x'))
  const answer = await ask('POST', '?sizeBytes=5&source=x')
  expect(answer.json()).toMatchObject({ status: 403, code: 'ACCESS_DENIED' })
  expect(await files()).toEqual([])
})
