/** Records and reports that leave by themselves: to a syslog receiver, an HTTP address and a file, and by mail to a real SMTP server. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import { createServer as createTcp } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import SyslogServer from 'syslog-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { recordTarget } from '../../src/publish/record-targets.ts'
import { sendReport } from '../../src/publish/scheduled-reports.ts'
import { TryAgain } from '../../src/publish/transport.ts'
import { Appliance, freePort, until } from '../e2e/appliance.ts'
import { fixtureReport } from '../report/fixture.ts'

const { signal } = new AbortController()
const cleanups: (() => Promise<unknown> | void)[] = []
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-records-'))
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    '-days',
    '2',
  ]
  execFileSync(
    'openssl',
    [...request, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    { cwd: folder, stdio: 'ignore' },
  )
})
afterAll(async () => rm(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const target = (to: string, more: object = {}) =>
  recordTarget(publishSchema.parse({ records: [{ name: 'siem', to, ...more }] }).records[0])
const tls = async () => ({
  key: await readFile(join(folder, 'key.pem')),
  cert: await readFile(join(folder, 'cert.pem')),
})
const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ n: i, user: 'ann ä' }))

/** Octet-counted messages (RFC 6587). */
function framesOf(bytes: Buffer): string[] {
  const frames: string[] = []
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(32, at)
    const length = Number(bytes.toString('latin1', at, blank))
    frames.push(bytes.toString('utf8', blank + 1, blank + 1 + length))
    at = blank + 1 + length
  }
  return frames
}

describe('syslog', () => {
  test('UDP, to a receiver of others', async () => {
    const server = new SyslogServer()
    const port = await freePort()
    const got: string[] = []
    server.on('message', ({ message }: { message: string }) => got.push(message))
    await server.start({ port, address: '127.0.0.1', exclusive: true })
    cleanups.push(async () => server.stop())
    await target(`syslog+udp://127.0.0.1:${port}`).deliver(lines, 0, signal)
    await until('all came', async () => got.length === lines.length)
    expect(got.map((message) => message.slice(message.indexOf('{')).trim())).toEqual(lines)
  })

  test.each(['tcp', 'tls'] as const)('%s, counted, in order', async (kind) => {
    const got: Buffer[] = []
    let closed = false
    const server = kind === 'tcp' ? createTcp() : createTls(await tls())
    server.on(kind === 'tcp' ? 'connection' : 'secureConnection', (socket) => {
      socket.on('data', (chunk: Buffer) => got.push(chunk))
      socket.on('end', () => {
        closed = true
        socket.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => void server.close())
    const { port } = server.address() as AddressInfo
    await target(`syslog+${kind}://127.0.0.1:${port}`, {
      caBundle: join(folder, 'cert.pem'),
    }).deliver(lines, 0, signal)
    expect(closed).toBe(true)
    expect(framesOf(Buffer.concat(got)).map((frame) => frame.slice(frame.indexOf('{')))).toEqual(
      lines,
    )
  })

  test('nobody listens: again later', async () => {
    await expect(
      target(`syslog+tcp://127.0.0.1:${await freePort()}`).deliver(lines, 0, signal),
    ).rejects.toThrow(TryAgain)
  })
})

test.each([401, 429, 503])(
  'HTTP: status %i is tried again, with its own headers',
  async (status) => {
    const bodies: string[] = []
    const server = createHttp((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        bodies.push(
          `${String(request.headers['x-key'])} ${request.headers['content-type']} ${body}`,
        )
        response.statusCode = bodies.length === 1 ? status : 200
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => void server.close())
    const to = target(`http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, {
      headers: ['X-Key: k1'],
    })
    await expect(to.deliver(lines, 0, signal)).rejects.toThrow(TryAgain)
    await to.deliver(lines, 0, signal)
    await to.close()
    expect(bodies[1]).toBe(`k1 application/x-ndjson ${lines.join('\n')}\n`)
  },
)

test('a file on a full disk: a batch that does not fit leaves nothing of itself', async () => {
  const file = join(folder, 'full.ndjson')
  const module = join(import.meta.dirname, '../../src/publish/record-targets.ts')
  const long = 'x'.repeat(1000)
  // a bound on the file's size is a disk that is full behind it
  const script = `
    const { recordTarget } = await import(${JSON.stringify(module)})
    const { signal } = new AbortController()
    const target = recordTarget({ to: ${JSON.stringify(file)}, headers: [] })
    await target.deliver(['one', 'two'], 0, signal)
    const batch = Array.from({ length: 20 }, () => ${JSON.stringify(long)})
    await target.deliver(batch, 0, signal).catch((error) => console.log(error.name))`
  const command = ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath]
  const told = execFileSync('bash', [...command, script], { encoding: 'utf8' })
  expect(told.trim()).toBe('TryAgain')
  await target(file).deliver(['three'], 0, signal)
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\nthree\n')
})

test('the appliance streams its usage into a file, each row once, over a kill', async () => {
  const file = join(folder, 'out.ndjson')
  const appliance = await Appliance.prepare({
    publish: { records: [{ name: 'siem', to: file, shape: 'ecs', settleMinutes: 0 }] },
  })
  cleanups.push(async () => appliance.remove())
  const at = Math.floor(Date.now() / 3_600_000 - 3) * 3600
  const log = Array.from(
    { length: 1200 },
    (_, i) =>
      `${at + 60}.000 10 10.1.${i >> 8}.${i & 255} TCP_TUNNEL/200 1000 CONNECT files.slack.com:443 u HIER_DIRECT/203.0.113.9 -\n`,
  )
  await mkdir(join(appliance.dataDir, 'drop/edge'), { recursive: true })
  await writeFile(join(appliance.dataDir, 'drop/edge/a.log'), log.join(''))
  const text = async (): Promise<string> => readFile(file, 'utf8').catch(() => '')
  let running = await appliance.start()
  await until('the first records are there', async () => (await text()) !== '', 90_000)
  await running.end('SIGKILL')
  running = await appliance.start()
  const ids = async (): Promise<string[]> =>
    (await text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { event: { id: string } }).event.id)
  await until('all records are there', async () => new Set(await ids()).size === log.length, 90_000)
  await running.end('SIGTERM')
  // a batch that was cut off between file and state comes twice, with the same ids
  expect((await ids()).length - log.length).toBeLessThanOrEqual(500)
})

describe('mail', () => {
  async function smtp(options: object): Promise<{
    port: number
    mails: { to: string[]; user: string | undefined; secure: boolean; text: string }[]
  }> {
    const mails: { to: string[]; user: string | undefined; secure: boolean; text: string }[] = []
    const server = new SMTPServer({
      ...(await tls()),
      onAuth: ({ username, password }, _session, done) =>
        password === 'right' ? done(null, { user: username }) : done(new Error('wrong password')),
      onData: (stream, session, done) => {
        let text = ''
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
        stream.on('end', () => {
          mails.push({
            to: session.envelope.rcptTo.map(({ address }) => address),
            user: session.user,
            secure: session.secure,
            text,
          })
          done()
        })
      },
      ...options,
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    cleanups.push(async () => new Promise<void>((resolve) => server.close(() => resolve())))
    return { port: (server.server.address() as AddressInfo).port, mails }
  }
  const mailOf = (port: number, more: object = {}) =>
    publishSchema.parse({
      mail: {
        host: '127.0.0.1',
        port,
        from: 'gnomon@example.com',
        caBundle: join(folder, 'cert.pem'),
        ...more,
      },
    }).mail as never

  test('over STARTTLS, signed in, with the files', async () => {
    const { port, mails } = await smtp({})
    const pdf = join(folder, 'report.pdf')
    await writeFile(pdf, '%PDF-1.3 test')
    await sendReport(
      mailOf(port, { user: 'gnomon', password: 'right' }),
      ['a@example.com', 'b@example.com'],
      fixtureReport(),
      [pdf],
    )
    expect(mails).toMatchObject([
      { to: ['a@example.com', 'b@example.com'], user: 'gnomon', secure: true },
    ])
    expect(mails[0].text).toContain(`Subject: ${fixtureReport().title}`)
    expect(mails[0].text).toContain('filename=report.pdf')
    expect(mails[0].text).toContain(Buffer.from('%PDF-1.3 test').toString('base64'))
  })

  test.each<[name: string, server: object, mail: object]>([
    [
      'a server without TLS gets nothing',
      { disabledCommands: ['STARTTLS'] },
      { user: 'gnomon', password: 'right' },
    ],
    ['a wrong password', {}, { user: 'gnomon', password: 'wrong' }],
    [
      'an authority that is not trusted',
      {},
      { user: 'gnomon', password: 'right', caBundle: undefined },
    ],
  ])('%s', async (_name, server, more) => {
    const { port, mails } = await smtp(server)
    await expect(
      sendReport(mailOf(port, more), ['a@example.com'], fixtureReport(), []),
    ).rejects.toThrow()
    expect(mails).toEqual([])
  })
})
