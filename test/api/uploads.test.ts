/** Uploads through the API: as a form and as a body, bounded, told how far they are. */
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { OperatingError } from '../../src/errors.ts'
import { apiLimits, fileLimits } from '../../src/limits.ts'
import { labelOf, Uploads } from '../../src/api/uploads.ts'
import { fakeBackend } from './fake-backend.ts'
import { testServer } from './server.ts'

let server: Awaited<ReturnType<typeof testServer>>
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.app.close())

const lines = 'one\ntwo\n'
const post = (query: string, payload: string | Readable | undefined, headers: object = {}) =>
  server.app.inject({
    method: 'POST',
    url: `/api/v1/uploads${query}`,
    headers: { 'content-type': 'application/octet-stream', ...headers },
    ...(payload === undefined ? {} : { payload }),
  })

function form(name: string, content = lines, extra = ''): [string, Record<string, string>] {
  const body =
    `--b\r\ncontent-disposition: form-data; name="note"\r\n\r\nhello\r\n` +
    `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n${extra}--b--\r\n`
  return [body, { 'content-type': 'multipart/form-data; boundary=b' }]
}

test.each(['application/octet-stream', 'text/plain', 'application/json', 'application/gzip'])(
  'the body itself as %s',
  async (type) => {
    const response = await post('?name=squid.log&source=proxy', lines, { 'content-type': type })
    expect(response.statusCode).toBe(202)
    const row = response.json<{ id: string }>()
    expect(row).toMatchObject({ name: 'squid.log', source: 'proxy', report: 'continuous' })
    expect(row).toMatchObject({ receivedBytes: 8, totalBytes: 8 })
    expect(response.headers.location).toBe(`/api/v1/uploads/${row.id}`)
    expect(server.backend.uploads.at(-1)).toMatchObject({
      bytes: 8,
      request: { id: row.id, source: 'proxy', title: null },
    })
    const later = await server.app.inject(`/api/v1/uploads/${row.id}`)
    expect(later.json()).toMatchObject({
      state: 'done',
      lines: 2,
      parsedLines: 2,
      format: 'SQUID',
      confidence: 0.97,
    })
  },
)

test('a second file into the same snapshot; into none that is not there', async () => {
  const first = (await post('?snapshot=true&name=a.log', lines)).json<{ report: string }>()
  const second = await post(`?into=${first.report}&name=b.log`, lines)
  expect(second.statusCode).toBe(202)
  expect(second.json()).toMatchObject({ name: 'b.log', report: first.report })
  const nowhere = await post(`?into=snapshot-00000000-0000-4000-8000-000000000000`, lines)
  expect(nowhere.statusCode).toBe(404)
  expect((await post('?into=continuous', lines)).statusCode).toBe(400)
})

test('a form with a file, as a snapshot with a name', async () => {
  const [body, headers] = form('firewall.log')
  const row = (await post('?snapshot=true&report=June', body, headers)).json<{ id: string }>()
  expect(row).toMatchObject({ name: 'firewall.log', report: `snapshot-${row.id}` })
  expect(server.backend.uploads.at(-1)?.request).toMatchObject({ title: 'June', sizeBytes: null })
})

test.each([
  ['no body', undefined, {}, 422, 'UNPROCESSABLE'],
  ['a form without a file', '--b--\r\n', form('x')[1], 422, 'UNPROCESSABLE'],
  ['a form cut short', form('x')[0].slice(0, 120), form('x')[1], 400, 'BAD_REQUEST'],
  ['a form without boundary', 'x', { 'content-type': 'multipart/form-data' }, 400, 'BAD_REQUEST'],
])('%s is refused', async (_name, payload, headers, status, code) => {
  const response = await post('', payload, headers)
  expect(response.json()).toMatchObject({ code, status })
  expect(response.statusCode).toBe(status)
})

test('a size over the bound is refused before it is sent', async () => {
  const headers = { 'content-length': String(fileLimits.uploadBytes + 1) }
  const response = await post('', 'x', headers)
  expect(response.json()).toMatchObject({ code: 'TOO_LARGE', status: 413 })
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\logs\\fw.log', 'fw.log'],
  ['/', 'upload'],
  ['a\u0000b\r\n\u001b[2J', 'ab[2J'],
  ['x'.repeat(5000), 'x'.repeat(fileLimits.labelCharacters)],
  ['<img src=x>', '<img src=x>'],
])('the name %.30s becomes a label', (name, want) => {
  expect(labelOf(name)).toBe(want)
})

const details = {
  name: 'a.log',
  source: null,
  snapshot: false,
  title: null,
  into: null,
  sizeBytes: null,
}

test('what the spool refuses is the answer, and stays readable', async () => {
  const backend = fakeBackend()
  const uploads = new Uploads(backend, () => 0, vi.fn())
  const full = new OperatingError('SPOOL_FULL', 'cannot take: the spool is full; wait')
  backend.faults.set('takeUpload', full)
  await expect(uploads.take(Readable.from(['x\n']), details)).rejects.toBe(full)
  expect(uploads.open).toBe(0)
})

test('a client that goes away is a failed upload', async () => {
  const backend = fakeBackend()
  const fault = vi.fn()
  const uploads = new Uploads(backend, () => 0, fault)
  const body = new Readable({ read() {} })
  const taking = uploads.take(body, details)
  body.push('half a li')
  setImmediate(() => body.destroy())
  await expect(taking).rejects.toThrow('the client went away')
  expect(backend.uploads).toEqual([])
  expect(fault).not.toHaveBeenCalled()
})

test('a fault after all was received is told by the upload, and logged', async () => {
  const backend = fakeBackend()
  const fault = vi.fn()
  const uploads = new Uploads(backend, () => 0, fault)
  backend.takeUpload = async (body, _request, onProgress) => {
    for await (const _ of body) onProgress({ phase: 'receiving', bytes: 1, totalBytes: null })
    onProgress({ phase: 'taking', bytes: 0, totalBytes: 0 })
    throw new OperatingError('ARCHIVE_REFUSED', 'cannot unpack a.zip: it is a bomb; send logs')
  }
  const row = await uploads.take(Readable.from(['x\n']), details)
  await uploads.settled()
  expect(await uploads.get(row.id)).toMatchObject({
    state: 'failed',
    error: { code: 'ARCHIVE_REFUSED', detail: expect.stringContaining('a bomb') },
  })
  expect(fault).toHaveBeenCalledOnce()
})

test('refused and duplicate files say so', async () => {
  const backend = fakeBackend()
  const uploads = new Uploads(backend, () => 0, vi.fn())
  const take = async (answer: { lines: number; duplicate: boolean; refused?: string }) => {
    backend.takeUpload = async (body) => {
      for await (const _ of body) continue
      return answer
    }
    return await uploads.take(Readable.from(['x\n']), details)
  }
  expect(await take({ lines: 0, duplicate: true })).toMatchObject({ state: 'duplicate' })
  expect(await take({ lines: 0, duplicate: false })).toMatchObject({ state: 'done' })
  expect(await take({ lines: 0, duplicate: false, refused: 'cannot' })).toMatchObject({
    state: 'refused',
    error: { detail: 'cannot' },
  })
})

test('only so many at a time, and only so many remembered', async () => {
  const backend = fakeBackend()
  const uploads = new Uploads(backend, () => 0, vi.fn())
  const bodies = Array.from({ length: apiLimits.uploadsAtOnce }, () => new Readable({ read() {} }))
  const taking = bodies.map((body) => uploads.take(body, details))
  await expect(uploads.take(Readable.from(['x']), details)).rejects.toMatchObject({ status: 503 })
  for (const body of bodies) body.push(null)
  const first = (await Promise.all(taking))[0]
  expect(await uploads.get(first.id)).not.toBeNull()
  for (let i = 0; i < apiLimits.uploadsRemembered; i++)
    await uploads.take(Readable.from(['x\n']), details)
  expect(await uploads.get(first.id)).toBeNull()
})
