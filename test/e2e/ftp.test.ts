/** FTP, FTPS and SFTP: the real ProFTPD, real clients, and the drop folders behind. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { findProgram } from '../../src/lib/programs.ts'
import { ftpLimits } from '../../src/limits.ts'
import {
  ftpClient,
  password,
  processStatus,
  run,
  sftp,
  slowSftp,
  startAppliance,
} from './ftp-parts.ts'
import type { Appliance } from './ftp-parts.ts'

const proftpd = await findProgram('proftpd')

/** Tests are skipped only where a program is not installed; the title then says so. */
function whenInstalled(title: string, ...programs: string[]) {
  const absent = programs.filter((program) => spawnSync(program, ['-h']).error !== undefined)
  const skip = absent.length > 0
  return { skip, title: skip ? `${title} (skipped: no ${absent.join(', ')})` : title }
}

const withSftp = whenInstalled('sftp', 'sshpass', 'sftp')
const withLftp = whenInstalled('lftp', 'lftp')
const source = 'Branch A/1'
const text = (name: string): string => `<13>Sep 21 14:13:20 fw1 ${name}\n`.repeat(3)

let appliance: Appliance
let certificates = ''

async function makeCertificate(): Promise<{ certificate: string; key: string }> {
  certificates = await mkdtemp(join(tmpdir(), 'gnomon-ftp-tls-'))
  const authority = await generate([{ name: 'commonName', value: 'Gnomon test CA' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true }],
  })
  const leaf = await generate([{ name: 'commonName', value: 'collector.example' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { cert: authority.cert, key: authority.private },
  })
  const [certificate, key] = [join(certificates, 'chain.pem'), join(certificates, 'key.pem')]
  await writeFile(certificate, `${leaf.cert.trim()}\n${authority.cert}`)
  await writeFile(key, leaf.private, { mode: 0o600 })
  return { certificate, key }
}

async function upload(name: string, secure = false): Promise<void> {
  const client = await ftpClient(appliance, { secure })
  try {
    await client.uploadFrom(Readable.from([text(name)]), name)
  } finally {
    client.close()
  }
}

/** Names in the account's folder, hidden ones too. */
async function folderNames(): Promise<string[]> {
  return readdir(appliance.ftp.status().accounts[0].folder)
}

/** The file of that name is in the spool once, and gone from the folder. */
async function handedOver(name: string): Promise<void> {
  await vi.waitFor(() => expect(appliance.taken(source)).toContain(text(name)), 10_000)
  await appliance.settled()
  expect(appliance.taken(source).filter((found) => found === text(name))).toHaveLength(1)
  expect(await folderNames()).toEqual([])
}

/** The folder empties, and nothing comes out of it. */
async function nothing(): Promise<void> {
  const before = appliance.sink.parts.size
  await vi.waitFor(async () => expect(await folderNames()).toEqual([]), 10_000)
  await appliance.settled()
  expect(appliance.sink.parts.size).toBe(before)
}

async function* slowly(content: string): AsyncGenerator<string> {
  for (const line of content.split(/(?<=\n)/)) {
    yield line
    await delay(800)
  }
}

describe.skipIf(proftpd === null)('the FTP server', () => {
  beforeAll(async () => {
    vi.stubEnv('GNOMON_TEST_SECRET', 'in the environment of the appliance')
    appliance = await startAppliance({ tls: await makeCertificate() })
  })
  afterAll(async () => {
    await appliance.stop()
    await rm(certificates, { recursive: true, force: true })
  })

  test('runs without rights, and without our environment', async () => {
    const { pid } = appliance.ftp.status()
    expect(pid).not.toBeNull()
    const uids = await processStatus(pid ?? 0, 'Uid')
    expect(uids.split('\t')).not.toContain('0')
    expect(await processStatus(pid ?? 0, 'CapEff')).toBe('0000000000000000')
    // To its own user, it hides it.
    if (process.getuid?.() === 0)
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('GNOMON_TEST_SECRET')
  })

  describe('a whole file is taken once', () => {
    test.each<[name: string, secure: boolean]>([
      ['FTP', false],
      ['FTPS', true],
    ])('basic-ftp, %s', async (name, secure) => {
      const before = appliance.ftp.status().accounts[0]
      await upload(name, secure)
      await handedOver(name)
      const after = appliance.ftp.status().accounts[0]
      expect(after.files - before.files).toBe(1)
      expect(after.bytes - before.bytes).toBe(text(name).length)
    })

    test('renamed in', async () => {
      const client = await ftpClient(appliance)
      await client.uploadFrom(Readable.from([text('rename')]), 'x.log.tmp')
      await appliance.settled()
      expect(appliance.taken(source)).not.toContain(text('rename'))
      await client.rename('x.log.tmp', 'x.log')
      client.close()
      await handedOver('rename')
    })

    test('written slowly', async () => {
      const client = await ftpClient(appliance)
      await client.uploadFrom(Readable.from(slowly(text('slow'))), 'slow.log')
      client.close()
      await handedOver('slow')
    })

    test.skipIf(withLftp.skip)(`${withLftp.title}, FTPS`, async () => {
      const file = join(certificates, 'lftp.log')
      await writeFile(file, text('lftp'))
      const { port } = appliance.ftp.status()
      const commands = `set ssl:verify-certificate no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; open -u ann,${password} -p ${port} 127.0.0.1; put ${file}; bye`
      expect(await run('lftp', ['-c', commands])).toMatchObject({ code: 0 })
      await handedOver('lftp')
    })

    test.skipIf(withSftp.skip)(withSftp.title, async () => {
      const file = join(certificates, 'sftp.log')
      await writeFile(file, text('sftp'))
      const before = appliance.ftp.status().accounts[0]
      expect((await sftp(appliance, [`put ${file}`])).code).toBe(0)
      await handedOver('sftp')
      const after = appliance.ftp.status().accounts[0]
      expect([after.files - before.files, after.bytes - before.bytes]).toEqual([
        1,
        text('sftp').length,
      ])
    })
  })

  describe('logins', () => {
    test.each<[name: string, who: { user?: string; password?: string }]>([
      ['a wrong password', { password: 'wrong' }],
      ['an unknown user', { user: 'hunter2' }],
      ['a user of the system', { user: 'root' }],
      ['anonymous', { user: 'anonymous', password: 'ann@example.com' }],
    ])('%s is refused and counted', async (_name, who) => {
      const before = appliance.ftp.status().logins.failed
      await expect(ftpClient(appliance, who)).rejects.toThrow(/530/)
      await expect(ftpClient(appliance, { ...who, secure: true })).rejects.toThrow(/530/)
      await vi.waitFor(() => expect(appliance.ftp.status().logins.failed).toBe(before + 2))
      expect(appliance.log()).not.toContain('hunter2')
    })

    test.skipIf(withSftp.skip)(`${withSftp.title} with a wrong password`, async () => {
      const before = appliance.ftp.status().logins.failed
      const { code, output } = await sftp(appliance, ['ls'], { password: 'wrong' })
      expect(code).not.toBe(0)
      expect(output).toContain('Permission denied')
      // It may have asked more than once.
      await vi.waitFor(() => expect(appliance.ftp.status().logins.failed).toBeGreaterThan(before))
    })

    test('no more sessions of one sender than the limit', async () => {
      const clients = []
      try {
        for (let i = 0; i < ftpLimits.sessionsPerHost; i++) clients.push(await ftpClient(appliance))
        await expect(ftpClient(appliance)).rejects.toThrow(/530/)
      } finally {
        for (const client of clients) client.close()
      }
      await vi.waitFor(() => upload('after the crowd'), 5000)
      await appliance.settled()
    })
  })

  describe('an account can only put files into its own folder', () => {
    test.each<[command: string, code: RegExp]>([
      ['MKD x', /^550/],
      ['DELE kept.log', /^550/],
      ['APPE kept.log', /^550/],
      ['STOU', /^550/],
      ['RETR kept.log', /^550/],
      ['SITE CHMOD 777 kept.log', /^550/],
      ['SITE SYMLINK /etc/passwd link', /^5/],
      ['SITE EXEC id', /^5/],
      ['RETR /etc/passwd', /^550/],
      ['SIZE /etc/passwd', /^550/],
      ['CWD /etc', /^550/],
      ['STOR kept.log', /^550/],
      ['STOR no/such/folder', /^550/],
      ['PORT 192,0,2,1,0,22', /^5/],
    ])('%s', async (command, code) => {
      const kept = join(appliance.ftp.status().accounts[0].folder, 'kept.log')
      await withoutTaking(kept, async () => {
        const client = await ftpClient(appliance)
        try {
          await client.send('TYPE I')
          await expect(client.send(command)).rejects.toThrow(code)
          expect(await client.pwd()).toBe('/')
        } finally {
          client.close()
        }
      })
    })

    test.each(['../../up.log', '/up.log', '../%2e%2e/up.log', '..\\up.log'])(
      'a file put to %s stays inside',
      async (path) => {
        const client = await ftpClient(appliance)
        const content = text(`path ${path}`)
        await client
          .uploadFrom(Readable.from([content]), path)
          .catch((error: unknown) => expect(String(error)).toMatch(/550|ECONNRESET/))
        client.close()
        await appliance.settled()
        const found = [...appliance.sink.parts.values()].filter((part) => part.text === content)
        expect(found.every(({ stream }) => stream.source === source)).toBe(true)
        const folders = await readdir(join(appliance.dataDir, 'drop'))
        expect(folders.filter((name) => !name.startsWith('.'))).toEqual(['Branch%20A%2F1'])
      },
    )

    test('links lead nowhere', async () => {
      const { folder } = appliance.ftp.status().accounts[0]
      const outside = join(appliance.dataDir, 'outside')
      await mkdir(outside, { recursive: true, mode: 0o777 })
      // Hidden, so that the folder intake leaves it there.
      await symlink(outside, join(folder, '.link'))
      onTestFinished(() => rm(join(folder, '.link'), { force: true }))
      const client = await ftpClient(appliance)
      for (const command of ['CWD .link', 'STOR .link/y.log', 'RETR .link/y.log'])
        await expect(client.send(command)).rejects.toThrow(/^550/)
      await expect(client.uploadFrom(Readable.from(['x\n']), '/.link/x.log')).rejects.toThrow(
        /550|ECONNRESET/,
      )
      client.close()
      expect(await readdir(outside)).toEqual([])
    })

    test.skipIf(withSftp.skip)(withSftp.title, async () => {
      const { folder } = appliance.ftp.status().accounts[0]
      const [first, second] = [join(certificates, 'first'), join(certificates, 'second')]
      await writeFile(first, 'first\n')
      await writeFile(second, 'second\n')
      onTestFinished(() => rm(join(folder, '.second'), { force: true }))
      await withoutTaking(join(folder, 'kept.log'), async () => {
        const { output } = await sftp(appliance, [
          `-put ${second} kept.log`,
          `-put ${second} .second`,
          '-rename .second kept.log',
          '-symlink /etc/passwd .link',
          '-ln .second .other',
          '-mkdir folder',
          `-get kept.log ${certificates}/got`,
          '-get /etc/passwd',
          '-rm kept.log',
          '-rename kept.log ../../kept.log',
        ])
        expect(output.match(/denied|not found|No such file|Unknown status|Failure/gi)?.length).toBe(
          8,
        )
      })
      expect(await readdir(certificates)).not.toContain('got')
    })
  })

  describe('what was not sent to its end is never taken', () => {
    test('FTP: the connection is reset', async () => {
      const client = await ftpClient(appliance)
      const endless = new Readable({ read() {} })
      endless.push('half a file\n'.repeat(1000))
      const sent = client.uploadFrom(endless, 'reset.log').catch((error: unknown) => error)
      await vi.waitFor(async () => expect(await folderNames()).toEqual(['.in.reset.log.']))
      const { dataSocket, socket } = client.ftp
      if (dataSocket !== undefined && 'resetAndDestroy' in dataSocket) dataSocket.resetAndDestroy()
      if ('resetAndDestroy' in socket) socket.resetAndDestroy()
      await sent
      client.close()
      await nothing()
    })

    test.skipIf(withLftp.skip).each([
      ['FTP', 'set ftp:ssl-allow no'],
      ['FTPS', 'set ssl:verify-certificate no; set ftp:ssl-force yes'],
    ])(`${withLftp.title} is killed, %s`, async (name, how) => {
      const counted = (): number => {
        const { cutOff, failed } = appliance.ftp.status().accounts[0]
        return cutOff + failed
      }
      const before = counted()
      const file = join(certificates, `${name}.log`)
      // One line, so that the break is within a line wherever it comes.
      await writeFile(file, `${'x'.repeat(2_000_000)}\n`)
      const { port } = appliance.ftp.status()
      const commands = `${how}; set net:limit-rate 100000; open -u ann,${password} -p ${port} 127.0.0.1; put ${file}`
      const child = spawn('lftp', ['-c', commands], { stdio: 'ignore' })
      const hidden = [`.in.${name}.log.`]
      await vi.waitFor(async () => expect(await folderNames()).toEqual(hidden), 5000)
      await delay(500)
      child.kill('SIGKILL')
      await nothing()
      // The server sees the one or the other first: that the data end, or that the session does.
      expect(counted()).toBe(before + 1)
    })

    test('FTP: the sender dies while it says nothing', async () => {
      const before = appliance.ftp.status().accounts[0].cutOff
      const client = await ftpClient(appliance)
      const endless = new Readable({ read() {} })
      endless.push('a line\nhalf a li')
      const sent = client.uploadFrom(endless, 'stalled.log').catch((error: unknown) => error)
      await vi.waitFor(async () => expect(await folderNames()).toEqual(['.in.stalled.log.']))
      await delay(200)
      client.ftp.socket.destroy()
      client.ftp.dataSocket?.destroy()
      await sent
      client.close()
      await nothing()
      expect(appliance.ftp.status().accounts[0].cutOff).toBe(before + 1)
      const refused = join(appliance.dataDir, 'drop/.refused/Branch%20A%2F1')
      expect(await readdir(refused)).toContain('stalled.log.reason.txt')
    })

    test.skipIf(withSftp.skip)(`${withSftp.title} is killed`, async () => {
      const file = join(certificates, 'big.log')
      await writeFile(file, text('big').repeat(20_000))
      const child = slowSftp(appliance, 800, `put ${file}`)
      await vi.waitFor(async () => expect(await folderNames()).toEqual(['.in.big.log.']), 5000)
      await delay(500)
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      await nothing()
    })
  })

  test('the certificate comes with its chain', async () => {
    const { port } = appliance.ftp.status()
    const args = ['s_client', '-starttls', 'ftp', '-showcerts', '-connect', `127.0.0.1:${port}`]
    const { output } = await run('openssl', args, 'QUIT\r\n')
    expect(output.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  })

  test('it is started again when it is killed, and its old sessions end', async () => {
    const before = appliance.ftp.status()
    const client = await ftpClient(appliance)
    process.kill(before.pid ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(appliance.ftp.status().state).toBe('waiting'))
    expect(appliance.ftp.status().reason).toContain('SIGKILL')
    await vi.waitFor(() => expect(appliance.ftp.status().state).toBe('running'), 5000)
    expect(appliance.ftp.status()).toMatchObject({
      restarts: before.restarts + 1,
      port: before.port,
    })
    await expect(client.pwd()).rejects.toThrow()
    client.close()
    await upload('after the kill')
    await vi.waitFor(() => expect(appliance.taken(source)).toContain(text('after the kill')), 5000)
  })

  test('accounts change while it runs', async () => {
    const { pid, restarts } = appliance.ftp.status()
    onTestFinished(() => appliance.ftp.setAccounts([{ user: 'ann', password, source }]))
    await appliance.ftp.setAccounts([
      { user: 'ann', password: 'another-123', source },
      { user: 'bob', password, source: 'b' },
    ])
    await expect(ftpClient(appliance)).rejects.toThrow(/530/)
    for (const who of [{ password: 'another-123' }, { user: 'bob' }]) {
      const client = await ftpClient(appliance, who)
      await client.uploadFrom(Readable.from([text(who.user ?? 'new')]), 'reload.log')
      client.close()
    }
    await vi.waitFor(() => expect(appliance.taken('b')).toEqual([text('bob')]), 5000)
    expect(appliance.ftp.status()).toMatchObject({ pid, restarts })
    await expect(
      appliance.ftp.setAccounts([{ user: 'eve', password: 'two\nlines', source: 'e' }]),
    ).rejects.toMatchObject({ code: 'FTP_FAILED' })
    ;(await ftpClient(appliance, { user: 'bob' })).close()
  })
})

/** While `work` runs, a file lies there that the folder intake does not take, and it is the same afterwards. */
async function withoutTaking(path: string, work: () => Promise<void>): Promise<void> {
  const content = 'kept\n'
  // The folder intake waits until it is quiet.
  const keepFresh = setInterval(() => void writeFile(path, content), 50)
  await writeFile(path, content)
  try {
    await work()
    expect(await readFile(path, 'utf8')).toBe(content)
  } finally {
    clearInterval(keepFresh)
    await delay(60)
    await rm(path, { force: true })
  }
}
