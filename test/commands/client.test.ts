import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ask, findClient } from '../../src/commands/client.ts'
import { healthcheck } from '../../src/commands/healthcheck.ts'
import { replay, replayWords } from '../../src/commands/replay.ts'
import { temporaryFolder } from '../config/config-parts.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const folder = temporaryFolder()
const appliance = standIn()
const request = { path: '/x', answer: z.object({ a: z.number() }) }

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('which appliance is meant', () => {
  test.each<
    [
      name: string,
      values: { url?: string },
      env: Record<string, string>,
      yaml: string,
      want: string,
    ]
  >([
    [
      '--url',
      { url: 'https://gnomon.example.com/' },
      { GNOMON_URL: 'http://b' },
      '',
      'https://gnomon.example.com',
    ],
    [
      '--url with a path',
      { url: 'http://proxy.example.com/gnomon/' },
      {},
      '',
      'http://proxy.example.com/gnomon',
    ],
    [
      'GNOMON_URL',
      {},
      { GNOMON_URL: 'http://192.0.2.1:8080' },
      'api: { port: 1 }',
      'http://192.0.2.1:8080',
    ],
    ['defaults', {}, {}, '', 'http://127.0.0.1:8080'],
    ['an empty GNOMON_URL', {}, { GNOMON_URL: '' }, 'api: { port: 1 }', 'http://127.0.0.1:1'],
    ['an address of its own', {}, {}, 'api: { host: 192.0.2.7, port: 81 }', 'http://192.0.2.7:81'],
    ['IPv6', {}, {}, 'api: { host: "2001:db8::1" }', 'http://[2001:db8::1]:8080'],
    ['all of IPv4', {}, {}, 'api: { host: 0.0.0.0 }', 'http://127.0.0.1:8080'],
  ])('%s', async (_name, values, env, yaml, want) => {
    const config = await folder.file('client.yaml', yaml)
    expect((await findClient({ ...values, config }, env)).base).toBe(want)
  })

  test.each([
    'gnomon.example.com:8080',
    'ftp://gnomon.example.com',
    'http://',
    'http://ann:hush@gnomon.example.com',
  ])('not %s', async (url) => {
    const error: unknown = await findClient({ url }, {}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'USAGE' })
    expect(String(error)).not.toContain('hush')
  })

  test('a port that is another at each start must be named', async () => {
    const config = await folder.file('client.yaml', 'api: { port: 0 }')
    await expect(findClient({ config }, {})).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('what goes wrong is told with what to do', () => {
  test('nothing listens', async () => {
    const base = `http://127.0.0.1:${await closedPort()}`
    await expect(ask({ base }, request)).rejects.toMatchObject({
      code: 'API_FAILED',
      message: `cannot reach the appliance at ${base}: nothing listens there; start it with gnomon serve, or name another with --url`,
    })
  })

  test('no answer in time', async () => {
    appliance.answer(() => null)
    await expect(ask({ base: appliance.url(), timeoutMs: 50 }, request)).rejects.toThrow(
      'no answer within 0.05 s; see its log',
    )
  })

  test.each<[name: string, status: number, body: unknown, want: string]>([
    ['another program', 200, '<html>', 'another answer than expected; check the address'],
    ['another shape', 200, { a: 'x' }, 'another answer than expected'],
    ['an error page', 502, '<html>', 'status 502; check the address'],
    ['a problem', 422, { detail: 'cannot do it: no' }, /^cannot do it: no$/ as never],
    [
      'a problem of its own',
      503,
      { detail: 'cannot ask the store' },
      'cannot ask the store (request r1)',
    ],
  ])('%s', async (_name, status, body, want) => {
    const problem = { type: 'about:blank', title: 'T', status, code: 'C', requestId: 'r1' }
    const whole =
      typeof body === 'object' && body !== null && 'detail' in body ? { ...problem, ...body } : body
    appliance.answer(() => ({ status, body: whole }))
    await expect(ask({ base: appliance.url() }, request)).rejects.toThrow(want)
  })

  test.each<[name: string, client: object, want: string]>([
    [
      'a token that is not where it is sought',
      { token: null, tokenFile: '/data/cli.token' },
      'there is no token in /data/cli.token; name its data folder with --data or GNOMON_DATA',
    ],
    ['no token for another machine', {}, 'it asks for a token; set GNOMON_TOKEN'],
    ['a token that has ended', { token: 'old' }, 'cannot accept this token'],
  ])('%s', async (_name, client, want) => {
    const body = { type: 'about:blank', title: 'T', status: 401, code: 'UNAUTHORIZED' }
    const detail = 'cannot accept this token: it has ended'
    appliance.answer(() => ({ status: 401, body: { ...body, detail, requestId: 'r1' } }))
    await expect(ask({ base: appliance.url(), ...client }, request)).rejects.toThrow(want)
  })

  test('a redirect is not followed', async () => {
    const { createServer: http } = await import('node:http')
    const server = http((_request, response) =>
      response.writeHead(302, { location: appliance.url() }).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(ask({ base }, request)).rejects.toMatchObject({ code: 'API_FAILED' })
    expect(appliance.asked).toEqual([])
    server.closeAllConnections()
    server.close()
  })
})

const alive = () => ({ body: { status: 'ok', version: '1.2.3' } })

describe('gnomon healthcheck', () => {
  test('0 when it answers', async () => {
    appliance.answer(alive)
    const ran = await runCommand(healthcheck, ['--url', appliance.url()])
    expect(ran).toEqual({
      code: 0,
      stdout: `alive: gnomon 1.2.3 at ${appliance.url()}\n`,
      stderr: '',
    })
    expect(appliance.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /healthz'])
  })

  test('finds the daemon by a configuration that has faults elsewhere', async () => {
    appliance.answer(alive)
    const config = await folder.file(
      'health.yaml',
      `zzz: 1\napi: { port: ${new URL(appliance.url()).port} }\n`,
    )
    expect((await runCommand(healthcheck, ['--json'], { GNOMON_CONFIG: config })).stdout).toBe(
      '{"status":"ok","version":"1.2.3"}\n',
    )
  })

  test.each<[name: string, prepare: () => Promise<string[]>]>([
    ['nothing listens', async () => ['--url', `http://127.0.0.1:${await closedPort()}`]],
    [
      'something else answers',
      async () => (appliance.answer(() => ({ body: 'hello' })), ['--url', appliance.url()]),
    ],
    ['the configuration cannot be read', async () => ['--config', `${folder.path()}/missing.yaml`]],
  ])('1 when %s', async (_name, prepare) => {
    const ran = await runCommand(healthcheck, await prepare())
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/^gnomon healthcheck: cannot /)
  })
})

describe('gnomon replay', () => {
  test('asks for the lines that were named', async () => {
    appliance.answer(() => ({ body: { lines: 5, left: 0 } }))
    const ran = await runCommand(replay, [
      '--url',
      appliance.url(),
      '--source',
      'hq',
      '--reason',
      'no format matches',
    ])
    expect(ran).toMatchObject({ code: 0, stdout: '5 lines given to the parsers again.\n' })
    expect(appliance.asked).toEqual([
      {
        method: 'POST',
        path: '/api/v1/unparsed/replay',
        query: {},
        body: { source: 'hq', reason: 'no format matches' },
      },
    ])
  })

  test.each([
    [{ lines: 0, left: 0 }, 'No line is kept as unparsed.'],
    [{ lines: 1, left: 0 }, '1 line given to the parsers again.'],
    [
      { lines: 20_000, left: 7 },
      '20,000 lines given to the parsers again; 7 lines left: they wait for another run, or were too long to be kept whole.',
    ],
    [
      { lines: 0, left: 1 },
      'No line was given to the parsers again; 1 line left: they were too long to be kept whole.',
    ],
  ])('%j in words', (answer, want) => {
    expect(replayWords(answer)).toBe(want)
  })
})

test('a configuration with a fault in api is told', async () => {
  const config = `${folder.path()}/fault.yaml`
  await writeFile(config, 'api: { port: x }')
  await expect(runCommand(replay, ['--config', config])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})
