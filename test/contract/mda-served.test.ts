/** The paths of Defender for Cloud Apps served by the real appliance: a client written for it, and Azure's own SDK, feed it and read from it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BlockBlobClient } from '@azure/storage-blob'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineTokenFile } from '../../src/access/machine-token.ts'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { MdaClient } from '../../src/publish/mda-client.ts'
import { Outbox } from '../../src/publish/outbox.ts'
import { Sender } from '../../src/publish/sender.ts'
import { Appliance, until } from '../e2e/appliance.ts'
import type { Running } from '../e2e/appliance.ts'

let appliance: Appliance
let running: Running
/** A right of the appliance itself, as its own commands have it. */
let token: string

beforeAll(async () => {
  appliance = await Appliance.prepare()
  running = await appliance.start()
  token = (await readFile(join(appliance.dataDir, machineTokenFile), 'utf8')).trim()
})
afterAll(async () => {
  await running.end('SIGTERM')
  await appliance.remove()
})

const hourAgo = (): number => Math.floor(Date.now() / 1000) - 3600
const line = (i: number, host = 'files.slack.com'): string =>
  `${hourAgo()}.${String(i % 1000).padStart(3, '0')} 10 10.2.0.${i % 250} TCP_TUNNEL/200 1000 CONNECT ${host}:443 user${i} HIER_DIRECT/203.0.113.9 -\n`

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json', authorization: `Token ${token}` }
  return appliance.ask<Answer>(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function initiate(fileName: string): Promise<string> {
  const { url, provider } = await appliance.ask<{ url: string; provider: string }>(
    `/api/v1/discovery/upload_url/?filename=${fileName}&source=SQUID_NATIVE`,
  )
  expect(provider).toBe('azure')
  return url
}

interface StreamList {
  streams: { _id: string; displayName: string; streamType: number }[]
}
const streamNamed = async (name: string): Promise<string | undefined> =>
  (await appliance.ask<StreamList>('/api/discovery/streams/')).streams.find(
    ({ displayName }) => displayName === name,
  )?.['_id']

test('initiate, PUT, finalise: a collector feeds a data source, and may repeat its finalise', async () => {
  const url = await initiate('a.log')
  const text = Array.from({ length: 20 }, (_, i) => line(i)).join('')
  const put = await fetch(url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: text,
  })
  expect(put.status).toBe(201)
  const body = { uploadUrl: url, inputStreamName: 'branch' }
  const first = await post<{ success: boolean; inputStreamId: string }>(
    '/api/v1/discovery/done_upload/',
    body,
  )
  const second = await post('/api/v1/discovery/done_upload/', body)
  expect(first).toMatchObject({
    success: true,
    inputStreamId: expect.stringMatching(/^[0-9a-f]{24}$/),
  })
  expect(second).toEqual(first)
  await until(
    'the source is listed',
    async () => (await streamNamed('branch')) === first.inputStreamId,
  )
  await until('its apps are', async () => {
    const { data } = await post<{ data: { name: string; trafficTotalEvents: number }[] }>(
      '/api/v1/discovery/discovered_apps/',
      { streamId: first.inputStreamId, timeframe: 7, limit: 100, sortField: 'trafficTotalEvents' },
    )
    return data.length === 1 && data[0].name === 'Slack' && data[0].trafficTotalEvents === 20
  })
})

test("Azure's SDK uploads in blocks", async () => {
  const url = await initiate('b.log')
  const text = Array.from({ length: 50_000 }, (_, i) => line(i, 'www.dropbox.com')).join('')
  const client = new BlockBlobClient(url)
  await client.uploadData(Buffer.from(text), {
    blockSize: 1024 * 1024,
    maxSingleShotSize: 1024 * 1024,
  })
  const body = { uploadUrl: url, inputStreamName: 'Blocks, May', uploadAsSnapshot: true }
  const { inputStreamId } = await post<{ inputStreamId: string }>(
    '/api/v1/discovery/done_upload/',
    body,
  )
  await until('the snapshot has all lines', async () => {
    const { data } = await post<{ data: { trafficTotalEvents: number }[] }>(
      '/api/v1/discovery/discovered_apps/',
      {
        streamId: inputStreamId,
        timeframe: 90,
      },
    )
    return data[0]?.trafficTotalEvents === 50_000
  })
  expect(await streamNamed('Blocks, May')).toBe(inputStreamId)
})

test("our own client sends to another of us as to Microsoft's", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-outbox-'))
  const outbox = await Outbox.open(folder)
  const tenant = publishSchema.parse({
    tenants: [
      {
        name: 'other',
        url: appliance.url,
        credential: { kind: 'token', token },
        requestsPerMinute: 600,
      },
    ],
  }).tenants[0]
  const client = new MdaClient(tenant, Date.now)
  const group = outbox.nextGroup(Date.now(), 'test')
  const body = Buffer.from(line(1) + line(2))
  await writeFile(join(await outbox.stage(group), '0.log'), body)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const place = {
    upload: 'u',
    tenant: 'other',
    stream: 'from-another',
    snapshot: false,
    format: 'SQUID_NATIVE',
  }
  const file = {
    content: 'raw' as const,
    rows: 2,
    bytes: body.length,
    sha256,
    from: null,
    to: null,
    fileName: (id: string) => id,
  }
  await outbox.commit(group, [{ ...place, ...file }], Date.now())
  const states: string[] = []
  const onClosed = async ({ state }: { state: string }): Promise<void> => void states.push(state)
  const sender = new Sender({
    outbox,
    clients: new Map([['other', client]]),
    onClosed,
    log: pino({ level: 'silent' }),
    now: Date.now,
  })
  sender.kick()
  await sender.idle()
  await client.transport.close()
  await rm(folder, { recursive: true })
  expect(states).toEqual(['receipted'])
  await until('the source is there', async () => (await streamNamed('from-another')) !== undefined)
})

test('categories and Graph answer in their own words', async () => {
  const id = (await streamNamed('branch')) ?? ''
  const categories = await post<object[]>('/api/v1/discovery/discovered_apps/categories/', {
    streamId: id,
    timeFrame: 7,
  })
  expect(categories).toEqual([{ id: expect.stringMatching(/^SAASDB_CATEGORY_[A-Z_]+$/), total: 1 }])
  const root = '/beta/security/dataDiscovery/cloudAppDiscovery/uploadedStreams'
  const { value: streams } = await appliance.ask<{ value: { id: string }[] }>(root)
  expect(streams.map((stream) => stream.id)).toContain(id)
  const apps = `${root}/${id}/aggregatedAppsDetails(period=duration'P7D')`
  const { value } = await appliance.ask<{
    value: { id: string; displayName: string; transactionCount: number }[]
  }>(
    `${apps}?$filter=${encodeURIComponent("startswith(displayName,'sla') and transactionCount ge 20")}&$select=id,displayName,transactionCount`,
  )
  expect(value).toEqual([{ id: expect.any(String), displayName: 'Slack', transactionCount: 20 }])
  const { value: users } = await appliance.ask<{ value: object[] }>(`${apps}/${value[0].id}/users`)
  expect(users).toHaveLength(20)
})

test('a Python script written for Defender for Cloud Apps runs unchanged but for its host', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-script-'))
  const log = join(folder, 'traffic.log')
  await writeFile(
    log,
    [
      ['files.slack.com', 'ann'],
      ['www.dropbox.com', 'ben'],
      ['github.com', 'ann'],
    ]
      .map(([host, user], i) => line(i, host).replace(/ user\d+ /, ` ${user} `))
      .join(''),
  )
  const script = join(import.meta.dirname, 'mda-script.py')
  const { stdout } = await promisify(execFile)('python3', [
    script,
    appliance.url,
    token,
    log,
    'by script',
  ])
  await rm(folder, { recursive: true })
  expect(JSON.parse(stdout)).toEqual({
    success: true,
    listed: ['by script'],
    paged: ['Dropbox', 'GitHub', 'Slack'],
    next: ['Dropbox', 'GitHub', 'Slack'],
    named: ['Slack'],
    user: ['GitHub', 'Slack'],
    categories: 3,
    graph: ['Slack', 'Dropbox'],
    info: ['@odata.type', 'csaStarLevel', 'dataAtRestEncryptionMethod'],
    script: '#',
  })
})

describe('refused', () => {
  test.each<[name: string, ask: () => Promise<Response>, status: number]>([
    [
      'an address that is not ours',
      async () =>
        fetch(`${appliance.url}/api/v1/discovery/blob/aa?sig=bb`, { method: 'PUT', body: 'x' }),
      403,
    ],
    [
      'a right that was changed',
      async () => fetch(`${await initiate('c.log')}x`, { method: 'PUT', body: 'x' }),
      403,
    ],
    [
      'a block list without its blocks',
      async () =>
        fetch(`${await initiate('d.log')}&comp=blocklist`, {
          method: 'PUT',
          body: '<BlockList><Latest>AAAA</Latest></BlockList>',
        }),
      400,
    ],
    ['a finalise before the PUT', async () => done(await initiate('e.log')), 400],
    ['a finalise of an unknown address', async () => done('https://blob.example.com/x?sig=y'), 404],
    [
      'an initiate without a source',
      async () => fetch(`${appliance.url}/api/v1/discovery/upload_url/?filename=x`),
      400,
    ],
    [
      'a stream that is not there',
      async () =>
        fetch(`${appliance.url}/api/v1/discovery/discovered_apps/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"streamId":"0"}',
        }),
      404,
    ],
  ])('%s', async (_name, ask, status) => {
    expect((await ask()).status).toBe(status)
  })

  const done = async (uploadUrl: string): Promise<Response> =>
    fetch(`${appliance.url}/api/v1/discovery/done_upload/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uploadUrl, inputStreamName: 'x' }),
    })
})
