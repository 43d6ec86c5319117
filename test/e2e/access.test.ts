/** The real appliance with accounts: first start, the program beside it, a format made in the API, over HTTPS, over a restart. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { Agent, fetch as fetchBy } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import { runGnomon } from './run-gnomon.ts'

const password = 'correct horse battery'
let appliance: Appliance
let running: Running
let cookie = ''
let dispatcher: Agent

beforeAll(async () => {
  appliance = await Appliance.prepare({})
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'gnomon.example' }], {
    keyType: 'ec',
  })
  const [certificate, keyFile] = [
    join(appliance.folder, 'cert.pem'),
    join(appliance.folder, 'key.pem'),
  ]
  await writeFile(certificate, cert)
  await writeFile(keyFile, key)
  dispatcher = new Agent({ connect: { ca: cert, checkServerIdentity: () => undefined } })
  const door = `{ host: 127.0.0.1, port: ${appliance.syslogPort} }`
  await writeFile(
    join(appliance.folder, 'gnomon.yaml'),
    `syslog: { udp: ${door}, tcp: ${door} }
api: { host: 127.0.0.1, port: ${appliance.apiPort}, tls: { certificate: ${certificate}, key: ${keyFile} } }
`,
  )
  running = await appliance.start(askReady)
})
afterAll(async () => {
  await running.end('SIGTERM')
  await dispatcher.close()
  await appliance.remove()
})

async function ask(path: string, init: { method?: string; body?: unknown; cookie?: string } = {}) {
  const response = await fetchBy(`https://127.0.0.1:${appliance.apiPort}${path}`, {
    method: init.method ?? 'GET',
    dispatcher,
    headers: {
      'x-gnomon': '1',
      'sec-fetch-site': 'same-origin',
      cookie: `__Host-gnomon=${init.cookie ?? cookie}`,
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  })
  const set = response.headers.getSetCookie()[0] ?? ''
  return {
    status: response.status,
    json: (await response.json()) as Record<string, unknown>,
    set,
    headers: response.headers,
  }
}

async function askReady(): Promise<boolean> {
  return ask('/readyz').then(
    ({ status }) => status === 200,
    () => false,
  )
}

const gnomon = (...args: string[]) =>
  runGnomon([...args, '--config', join(appliance.folder, 'gnomon.yaml')], {
    env: { GNOMON_DATA: appliance.dataDir, GNOMON_TOKEN: '' },
  })

test('the code in the log makes the administrator; the cookie is bound to this host over TLS', async () => {
  expect(await ask('/api/v1/apps')).toMatchObject({ status: 401, json: { code: 'SETUP_NEEDED' } })
  const code = /"code":"([0-9A-Z-]+)"/.exec(running.output())?.[1]
  const body = { code, name: 'ann', password }
  const { status, set, headers } = await ask('/api/v1/setup', { method: 'POST', body })
  expect(status).toBe(200)
  expect(set).toMatch(/^__Host-gnomon=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  expect(headers.get('strict-transport-security')).toContain('max-age')
  cookie = /=([^;]+)/.exec(set)?.[1] ?? ''
  expect(await ask('/api/v1/apps')).toMatchObject({ status: 200 })
})

test('the program beside it needs no password; another user, who cannot read the token, gets in nowhere', async () => {
  expect(await gnomon('sources', '--json')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"rows"'),
  })
  expect((await stat(join(appliance.dataDir, 'cli.token'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(appliance.dataDir, 'access.key'))).mode & 0o777).toBe(0o600)
  const other = await gnomon('sources', '--data', appliance.folder)
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no token in') })
})

test('a token of an account works from the command line', async () => {
  const { json } = await ask('/api/v1/tokens', {
    method: 'POST',
    body: { name: 'cron', scope: ['reports.read'] },
  })
  const env = { GNOMON_TOKEN: String(json['token']), GNOMON_DATA: '/nowhere' }
  const config = ['--config', join(appliance.folder, 'gnomon.yaml')]
  expect(await runGnomon(['ledger', ...config], { env })).toMatchObject({ code: 0 })
  expect(await runGnomon(['replay', ...config], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('intake.write'),
  })
})

test('a format made in the API reads new lines, and the kept ones again', async () => {
  const manual = await readFile(join(import.meta.dirname, '../../docs/parsers.md'), 'utf8')
  const text = /```yaml\n(id: EXAMPLE_GATEWAY[\s\S]*?)```/.exec(manual)?.[1] ?? ''
  const now = new Date().toISOString()
  const line = `product=gw4 event=request date=${now.slice(0, 10)} clock=${now.slice(11, 19)} src=192.0.2.7 host=files.slack.com port=443 path=/x verdict=pass sent=10`
  const upload = () =>
    fetchBy(
      `https://127.0.0.1:${appliance.apiPort}/api/v1/uploads?source=gw&name=${Math.random()}`,
      {
        method: 'POST',
        dispatcher,
        headers: {
          'x-gnomon': '1',
          cookie: `__Host-gnomon=${cookie}`,
          'content-type': 'application/octet-stream',
        },
        body: `${line}&n=${Math.random()}\n`,
      },
    )
  const lines = async (outcome: 'transactions' | 'unparsed') => {
    const { json } = await ask('/api/v1/ledger?source=gw')
    return (json['rows'] as Record<string, { lines: number }>[]).reduce(
      (sum, row) => sum + row[outcome].lines,
      0,
    )
  }
  expect((await upload()).status).toBe(202)
  await until('the line is kept as unread', async () => (await lines('unparsed')) === 1)
  const tried = await ask('/api/v1/parse', {
    method: 'POST',
    body: { lines: line, definition: text },
  })
  expect(tried.json).toMatchObject({ transactions: 1, format: 'EXAMPLE_GATEWAY' })
  expect(await ask('/api/v1/definitions/OTHER', { method: 'PUT', body: { text } })).toMatchObject({
    status: 422,
  })
  expect(
    await ask('/api/v1/definitions/EXAMPLE_GATEWAY', { method: 'PUT', body: { text: 'id: X' } }),
  ).toMatchObject({ status: 422, json: { code: 'DEFINITION_INVALID' } })
  expect(
    await ask('/api/v1/definitions/EXAMPLE_GATEWAY', { method: 'PUT', body: { text } }),
  ).toMatchObject({ status: 200 })
  expect((await upload()).status).toBe(202)
  await until('a new line is read', async () => (await lines('transactions')) === 1)
  expect(
    (await ask('/api/v1/unparsed/replay', { method: 'POST', body: { source: 'gw' } })).json,
  ).toMatchObject({ lines: 1 })
  await until(
    'and the kept one',
    async () => (await lines('transactions')) === 2 && (await lines('unparsed')) === 0,
  )
})

test('gnomon tap shows lines as they come, hostile ones as text', async () => {
  const line = (host: string) =>
    `${Math.floor(Date.now() / 1000)}.000 90 192.0.2.10 TCP_MISS/200 512 GET http://${host}/\u001b[31m ann HIER_DIRECT/203.0.113.9 text/html\n`
  const socket = connect(appliance.syslogPort, '127.0.0.1')
  // a source is named by its sender; lines go on until somebody has seen two
  const timer = setInterval(() => socket.write(line('files.slack.com')), 200)
  const seen = await gnomon('tap', '--count', '2', '127.0.0.1')
  clearInterval(timer)
  socket.end()
  expect(seen.code).toBe(0)
  expect(seen.stdout).toMatch(/^127\.0\.0\.1 \d+\.000 90 192\.0\.2\.10/)
  expect(seen.stdout).toContain('dstHost=files.slack.com')
  expect(seen.stdout).not.toContain('\u001b')
})

test('the way back in: a new password from the machine itself', async () => {
  const at = ['--config', join(appliance.folder, 'gnomon.yaml')]
  const env = { GNOMON_DATA: appliance.dataDir, GNOMON_TOKEN: '' }
  const account = (args: string[], input = '') =>
    runGnomon(['account', ...args, ...at], { env, input })
  expect(await account(['add', 'ben', '--role', 'analyst'], 'short\n')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('at least 12'),
  })
  expect(await account(['add', 'ben', '--role', 'analyst'], `${password}\n`)).toMatchObject({
    code: 0,
  })
  for (let i = 0; i < 5; i++)
    await ask('/api/v1/session', {
      method: 'POST',
      body: { name: 'ben', password: 'wrong' },
      cookie: '',
    })
  const signIn = async (word: string) =>
    (
      await ask('/api/v1/session', {
        method: 'POST',
        body: { name: 'ben', password: word },
        cookie: '',
      })
    ).status
  expect(await signIn(password)).toBe(429)
  expect((await account(['list'])).stdout).toMatch(/ben +analyst +all +here +no +locked for \d+ s/)
  expect(await account(['password', 'BEN'], 'another long passphrase\n')).toMatchObject({ code: 0 })
  expect(await signIn('another long passphrase')).toBe(200)
  expect(await account(['remove', 'ben'])).toMatchObject({ code: 0 })
  expect(await account(['remove', 'ben'])).toMatchObject({ code: 1 })
})

test('a support bundle holds what helps, and no secret', async () => {
  const out = join(appliance.folder, 'bundle.json.gz')
  expect(await gnomon('support-bundle', '--out', out)).toMatchObject({ code: 0 })
  const text = gunzipSync(await readFile(out)).toString()
  expect(JSON.parse(text)).toMatchObject({
    config: { api: { access: 'accounts' } },
    readiness: { ready: true },
    sources: expect.any(Array),
  })
  for (const secret of [
    password,
    cookie,
    (await readFile(join(appliance.dataDir, 'cli.token'), 'utf8')).trim(),
    'files.slack.com',
  ])
    expect(text).not.toContain(secret)
})

test('over a restart: the session, the account, the format; the audit trail told all of it', async () => {
  await running.end('SIGTERM')
  running = await appliance.start(askReady)
  expect(running.output()).not.toContain('set-up')
  expect(await ask('/api/v1/session')).toMatchObject({ json: { signedIn: true, name: 'ann' } })
  expect(await ask('/api/v1/definitions')).toMatchObject({
    json: { rows: [{ id: 'EXAMPLE_GATEWAY' }] },
  })
  const { json } = await ask('/api/v1/audit?limit=100')
  const told = (json['rows'] as { actor: string; action: string }[]).map(
    ({ actor, action }) => `${actor} ${action}`,
  )
  for (const one of [
    'ann finishSetup',
    'ann createToken',
    'ann putDefinition',
    'ann createUpload',
    'ann replayUnparsed',
  ])
    expect(told).toContain(one)
  expect(await gnomon('sources')).toMatchObject({ code: 0 })
})
