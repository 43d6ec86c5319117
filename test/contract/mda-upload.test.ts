/** Uploads against a tenant that enforces the documented contract over HTTPS: what may go wrong, goes wrong, and each file counts once. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { MdaClient } from '../../src/publish/mda-client.ts'
import { Outbox } from '../../src/publish/outbox.ts'
import type { Job } from '../../src/publish/outbox.ts'
import { Sender } from '../../src/publish/sender.ts'
import { sendJob } from '../../src/publish/send-job.ts'
import { TryAgain } from '../../src/publish/transport.ts'
import { clientId, legacyToken, MdaStandIn, tenantId } from './mda-stand-in.ts'
import type { ApiFault } from './mda-stand-in.ts'

let standIn: MdaStandIn
let folder: string
let outbox: Outbox
let client: MdaClient
const closed: Job[] = []

const clientOf = (more: object = {}): MdaClient =>
  new MdaClient(publishSchema.parse({ tenants: [standIn.tenant(more)] }).tenants[0], Date.now)

beforeAll(async () => {
  standIn = await MdaStandIn.start()
})
afterAll(async () => standIn.stop())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-outbox-'))
  outbox = await Outbox.open(folder)
  client = clientOf()
  closed.length = 0
  standIn.taken.length = 0
  standIn.faults.length = 0
  standIn.line.cuts.length = 0
  standIn.line.delayMs = 0
  standIn.provider = 'azure'
  standIn.streams = new Map([['Gnomon', { files: 0, fails: 0 }]])
})
afterEach(async () => {
  await client.transport.close()
  await rm(folder, { recursive: true, force: true })
})

async function add(text: string | Buffer, more: Partial<Job> = {}): Promise<Job> {
  const group = outbox.nextGroup(Date.now(), 'test')
  const body = Buffer.from(text)
  await writeFile(join(await outbox.stage(group), '0.log'), body)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const file = {
    upload: 'u',
    tenant: 'contoso',
    stream: 'Gnomon',
    snapshot: false,
    format: 'GENERIC_W3C',
    content: 'file' as const,
  }
  const span = {
    rows: 1,
    bytes: body.length,
    sha256,
    from: null,
    to: null,
    fileName: (id: string) => `${id}.log`,
  }
  const [job] = await outbox.commit(
    group,
    [{ ...file, ...span, ...more, fileName: span.fileName }],
    Date.now(),
  )
  return job
}

async function sendAll(): Promise<Sender> {
  const sender = new Sender({
    outbox,
    clients: new Map([['contoso', client]]),
    onClosed: async (job) => void closed.push(structuredClone(job)),
    log: pino({ level: 'silent' }),
    now: Date.now,
    random: () => 0,
  })
  sender.kick()
  await sender.idle()
  return sender
}

test('a file arrives byte for byte under its source and stream, and leaves the outbox', async () => {
  const { sha256 } = await add('#Fields: date time\n2026-09-21 14:00:00\n')
  await sendAll()
  expect(standIn.taken).toMatchObject([
    { stream: 'Gnomon', snapshot: false, source: 'GENERIC_W3C', sha256 },
  ])
  expect(closed).toMatchObject([{ state: 'receipted', tries: 3, addresses: 1 }])
  expect(closed[0].steps.map(({ step }) => step)).toEqual(['initiate', 'upload', 'finalise'])
  expect(await readdir(folder)).toEqual([])
})

test('a snapshot is finalised as one, under its own name', async () => {
  await add('x\n', { stream: 'Branch, May', snapshot: true })
  await sendAll()
  expect(standIn.taken).toMatchObject([{ stream: 'Branch, May', snapshot: true }])
})

test('64 MiB and more go in blocks; a block that was cut off is sent again, those before it are not', async () => {
  const { sha256 } = await add(Buffer.alloc(70 * 1024 * 1024, 'one line of a log\n'))
  standIn.line.cuts.push(20 * 1024 * 1024)
  await sendAll()
  expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
  expect(closed[0].addresses).toBe(1)
  expect(closed[0].tries).toBe(4)
})

test('a provider of the other kind gets one plain PUT', async () => {
  const seen: Record<string, unknown>[] = []
  const store = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({
        method: request.method,
        type: request.headers['x-ms-blob-type'],
        auth: request.headers.authorization,
        body: Buffer.concat(chunks).toString(),
      })
      response.end()
    })
  })
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve))
  const address = store.address() as { port: number }
  const job = await add('x\n')
  Object.assign(job, {
    state: 'initiated',
    provider: 'aws',
    url: `http://127.0.0.1:${address.port}/b/k?X-Amz-Signature=1`,
  })
  // its finalise is unknown to the stand-in, which has not issued the address: it is done anew from the beginning
  await sendAll()
  store.close()
  expect(seen).toEqual([{ method: 'PUT', type: undefined, auth: undefined, body: 'x\n' }])
  expect(standIn.taken).toHaveLength(1)
})

describe('each of these, once, and the file counts once', () => {
  test.each<[name: string, step: 'upload_url' | 'done_upload', fault: ApiFault]>([
    ['initiate: cut before the answer', 'upload_url', 'drop-before'],
    ['initiate: cut behind the work', 'upload_url', 'drop-after'],
    ['initiate: throttled', 'upload_url', 'throttle'],
    ['initiate: 504', 'upload_url', 'gateway'],
    ['initiate: 401', 'upload_url', 'unauthorized'],
    ['initiate: the address has expired', 'upload_url', 'expire'],
    ['finalise: cut before the work', 'done_upload', 'drop-before'],
    ['finalise: cut behind the work', 'done_upload', 'drop-after'],
    ['finalise: throttled', 'done_upload', 'throttle'],
    ['finalise: 504', 'done_upload', 'gateway'],
    ['finalise: 504 behind the work', 'done_upload', 'gateway-after'],
    ['finalise: 401', 'done_upload', 'unauthorized'],
  ])('%s', async (_name, step, fault) => {
    const { struck } = standIn
    standIn.faults.push({ step, fault })
    const { sha256 } = await add('one\ntwo\n')
    await sendAll()
    expect(standIn.struck).toBe(struck + 1)
    expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
    expect(closed).toMatchObject([{ state: 'receipted', mayBeTaken: false }])
  })

  test('the PUT is cut', async () => {
    standIn.line.cuts.push(100_000)
    const { sha256 } = await add(Buffer.alloc(1_000_000, 'a line of a log\n'))
    const sender = await sendAll()
    expect(sender.status().retries).toBe(1)
    expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
  })

  test('the line is slow', async () => {
    standIn.line.delayMs = 20
    const { sha256 } = await add(Buffer.alloc(2_000_000, 'a line of a log\n'))
    await sendAll()
    expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
  })
})

describe('the process ends', () => {
  test.each<[state: Job['state']]>([['waiting'], ['initiated'], ['uploaded'], ['finalising']])(
    'in state %s, and the next one goes on from there',
    async (state) => {
      const { id, sha256 } = await add('one\ntwo\n')
      const job = outbox.get(id) as Job
      const abort = new AbortController()
      const watched = Object.assign(Object.create(outbox) as Outbox, {
        save: async (saved: Job) => {
          await Outbox.prototype.save.call(outbox, saved)
          if (saved.state === state) abort.abort(new Error('killed'))
        },
      })
      if (state === 'waiting') abort.abort(new Error('killed'))
      await expect(
        sendJob(job, { client, outbox: watched, signal: abort.signal, now: Date.now }),
      ).rejects.toThrow('killed')
      outbox = await Outbox.open(folder)
      expect(outbox.get(id)?.state).toBe(state)
      await sendAll()
      expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
    },
  )

  test('half-made groups are not there after it', async () => {
    const group = outbox.nextGroup(Date.now(), 'half')
    await writeFile(join(await outbox.stage(group), '0.log'), 'x\n')
    outbox = await Outbox.open(folder)
    expect(outbox.jobs()).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })
})

describe('what the tenant refuses is put aside, told, and can be sent again', () => {
  test('a data source that does not exist', async () => {
    await add('x\n', { stream: 'nobody made it' })
    const { sha256 } = await add('later\n')
    await sendAll()
    expect(closed).toMatchObject([
      { state: 'refused', trouble: expect.stringContaining('no input stream') },
      { state: 'receipted' },
    ])
    expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
    const [job] = outbox.jobs()
    standIn.streams.set('nobody made it', { files: 0, fails: 0 })
    Object.assign(job, { state: 'waiting', url: null, addresses: 0 })
    await outbox.save(job)
    await sendAll()
    expect(standIn.taken).toHaveLength(2)
    expect(outbox.jobs()).toEqual([])
  })

  test('after a finalise without an answer it is never sent under another address by itself', async () => {
    const before = standIn.asked.length
    const job = await add('x\n')
    Object.assign(job, {
      state: 'finalising',
      mayBeTaken: true,
      provider: 'azure',
      url: `${standIn.url}/gone?sig=1`,
    })
    await sendAll()
    expect(closed).toMatchObject([{ state: 'uncertain' }])
    expect(standIn.taken).toEqual([])
    expect(standIn.asked.slice(before)).toEqual(['/api/v1/discovery/done_upload/'])
  })
})

describe('the disk or the store fails', () => {
  test('the receipt of a refused file is entered when the store takes it again', async () => {
    await add('x\n', { stream: 'nobody made it' })
    let fails = 1
    const sender = new Sender({
      outbox,
      clients: new Map([['contoso', client]]),
      onClosed: async (job) => {
        if (fails-- > 0) throw new Error('the store takes nothing')
        closed.push(structuredClone(job))
      },
      log: pino({ level: 'silent' }),
      now: Date.now,
      random: () => 0,
    })
    sender.kick()
    await sender.idle()
    expect(closed).toMatchObject([{ state: 'refused' }])
    expect(sender.status()).toMatchObject({ refused: 1, retries: 1 })
  })

  test('a finalise that was not asked for, because its note could not be written, leaves no doubt', async () => {
    const { id, sha256 } = await add('x\n')
    const job = outbox.get(id) as Job
    let full = true
    const watched = Object.assign(Object.create(outbox) as Outbox, {
      save: async (saved: Job) => {
        if (full && saved.state === 'finalising') throw new Error('no space left on device')
        await Outbox.prototype.save.call(outbox, saved)
      },
    })
    const { signal } = new AbortController()
    const go = () => sendJob(job, { client, outbox: watched, signal, now: Date.now })
    await expect(go()).rejects.toThrow('no space')
    full = false
    // the address ended meanwhile: nothing was finalised, so that another one may be had
    job.url = `${standIn.url}/gone?sig=1`
    await go()
    expect(job).toMatchObject({ state: 'receipted', addresses: 2 })
    expect(standIn.taken.map((file) => file.sha256)).toEqual([sha256])
  })
})

test('files of one upload keep their order over failures', async () => {
  const names = Array.from({ length: 5 }, (_, i) => `file ${i}\n`)
  for (const text of names) await add(text)
  standIn.faults.push(
    { step: 'done_upload', fault: 'gateway' },
    { step: 'upload_url', fault: 'drop-before' },
  )
  await sendAll()
  expect(standIn.taken.map(({ text }) => text)).toEqual(names)
})

test('one upload that waits does not hold up another', async () => {
  standIn.retryAfterSeconds = 1
  for (const upload of ['a', 'b', 'c'])
    for (let i = 0; i < 3; i++) await add(`${upload}${i}\n`, { upload })
  standIn.faults.push({ step: 'upload_url', fault: 'drop-before' })
  await sendAll()
  const texts = standIn.taken.map(({ text }) => text.trim())
  for (const upload of ['a', 'b', 'c'])
    expect(texts.filter((text) => text.startsWith(upload))).toEqual([
      `${upload}0`,
      `${upload}1`,
      `${upload}2`,
    ])
})

describe('sign-in', () => {
  test('by legacy token', async () => {
    await client.transport.close()
    client = clientOf({ credential: { kind: 'token', token: legacyToken } })
    await add('x\n')
    await sendAll()
    expect(standIn.taken).toHaveLength(1)
  })

  test('a wrong secret waits with the reason', async () => {
    await client.transport.close()
    client = clientOf({
      credential: {
        kind: 'secret',
        tenantId,
        clientId,
        clientSecret: 'wrong',
        authority: standIn.url,
      },
    })
    const job = await add('x\n')
    const { signal } = new AbortController()
    await expect(sendJob(job, { client, outbox, signal, now: Date.now })).rejects.toThrow(TryAgain)
    expect(outbox.get(job.id)).toMatchObject({
      state: 'waiting',
      trouble: expect.stringMatching(/sign-in: .*invalid_client/),
    })
    expect(await readFile(join(folder, job.group, '0.json'), 'utf8')).not.toContain('wrong')
  })

  test('by certificate', async () => {
    const files = await mkdtemp(join(tmpdir(), 'gnomon-cert-'))
    const [key, cert] = [join(files, 'key.pem'), join(files, 'cert.pem')]
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        '-subj',
        '/CN=gnomon',
      ],
      { stdio: 'ignore' },
    )
    const both = join(files, 'both.pem')
    const pem = await readFile(cert, 'utf8')
    await writeFile(both, `${await readFile(key, 'utf8')}${pem}`)
    const other = await MdaStandIn.start({ clientCertificate: pem })
    const credential = {
      kind: 'certificate',
      tenantId,
      clientId,
      certificate: both,
      authority: other.url,
    }
    const byCertificate = new MdaClient(
      publishSchema.parse({ tenants: [other.tenant({ credential })] }).tenants[0],
      Date.now,
    )
    try {
      expect(await byCertificate.streams(new AbortController().signal)).toEqual([])
    } finally {
      await byCertificate.transport.close()
      await other.stop()
      await rm(files, { recursive: true })
    }
  })
})

test('a proxy is used for the tenant, its sign-in and its blob store', async () => {
  const through: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    through.push(request.url ?? '')
    const [host, port] = (request.url ?? '').split(':')
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    for (const side of [target, socket]) side.on('error', () => side.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  await client.transport.close()
  client = clientOf({ proxy: `http://127.0.0.1:${(proxy.address() as { port: number }).port}` })
  await add('x\n')
  await sendAll()
  await client.transport.close()
  proxy.close()
  expect(standIn.taken).toHaveLength(1)
  expect(new Set(through)).toEqual(
    new Set([new URL(standIn.url).host, `127.0.0.1:${standIn.line.port}`]),
  )
})

test('an authority that is not trusted is not talked to', async () => {
  await client.transport.close()
  client = new MdaClient(
    publishSchema.parse({
      tenants: [{ name: 'x', url: standIn.url, credential: { kind: 'token', token: legacyToken } }],
    }).tenants[0],
    Date.now,
  )
  const before = standIn.asked.length
  await expect(client.streams(new AbortController().signal)).rejects.toThrow(
    /self.signed|certificate/i,
  )
  expect(standIn.asked.length).toBe(before)
})
