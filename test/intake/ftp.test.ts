import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { createFtpServer } from '../../src/intake/ftp.ts'
import type { FtpServer } from '../../src/intake/ftp.ts'
import { proftpdConfig } from '../../src/intake/ftp-config.ts'
import type { ProftpdOptions } from '../../src/intake/ftp-config.ts'
import { ensureHostKeys, hashPassword } from '../../src/intake/ftp-files.ts'
import { LineBudget, LineCutter, readServerLine } from '../../src/intake/ftp-log.ts'
import type { ServerLine } from '../../src/intake/ftp-log.ts'
import { serverIdentity } from '../../src/intake/ftp-identity.ts'
import { findProgram } from '../../src/lib/programs.ts'
import { identityIfCutOff, readSessionLine, UploadTracker } from '../../src/intake/ftp-transfers.ts'
import type { SessionLine } from '../../src/intake/ftp-transfers.ts'
import { silent, temporaryFolder } from './file-fakes.ts'

const options: ProftpdOptions = {
  runDir: '/var/lib/gnomon/ftp',
  user: 'gnomon',
  group: 'gnomon',
  host: '0.0.0.0',
  port: 2121,
  sftpPort: 2222,
  passivePorts: [50000, 50100],
  masqueradeAddress: '192.0.2.9',
  tls: {
    certificate: '/etc/gnomon/tls.crt',
    key: '/etc/gnomon/tls.key',
    chain: null,
    clientCa: null,
    keyType: 'ec',
    required: true,
  },
  hostKeys: ['hostkey-ecdsa'],
}

describe('proftpd.conf', () => {
  test('all of it', () => {
    expect(proftpdConfig(options)).toMatchSnapshot()
  })

  test('the least: no TLS, no SFTP', () => {
    const least = proftpdConfig({ ...options, tls: null, sftpPort: 0, masqueradeAddress: null })
    expect(least).not.toMatch(/TLS|SFTP|VirtualHost|Masquerade|mod_tls|mod_sftp/)
    expect(least).toContain('LoadModule mod_vroot.c\n')
  })

  test.each<[name: string, change: Partial<ProftpdOptions>, has: RegExp]>([
    ['all addresses', { host: '::' }, /DefaultAddress ::\nUseIPv6 on\n[^]*<VirtualHost ::>/],
    ['IPv4 only', {}, /DefaultAddress 0\.0\.0\.0\nUseIPv6 off\n/],
    [
      'RSA, client certificates, TLS not required',
      {
        tls: {
          certificate: '/c',
          key: '/k',
          chain: '/i',
          clientCa: '/ca',
          keyType: 'rsa',
          required: false,
        },
      },
      /TLSRequired off\nTLSRSACertificateFile "\/c"\nTLSRSACertificateKeyFile "\/k"\nTLSCertificateChainFile "\/i"\nTLSCACertificateFile "\/ca"\nTLSVerifyClient on/,
    ],
  ])('%s', (_name, change, has) => {
    expect(proftpdConfig({ ...options, ...change })).toMatch(has)
  })

  test.each<[name: string, change: Partial<ProftpdOptions>]>([
    ['a quote', { runDir: '/x"\nUser "root' }],
    ['an expansion', { runDir: '/x/%{env:HOME}' }],
    ['a line in an address', { masqueradeAddress: '192.0.2.1\nRootLogin on' }],
    ['a section in an address', { host: '0.0.0.0>' }],
  ])('%s in a value is refused', (_name, change) => {
    expect(() => proftpdConfig({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'FTP_FAILED' }),
    )
  })
})

describe('the log of the server', () => {
  const head = '2026-09-21 14:13:20,394 host proftpd[7] 0.0.0.0 (192.0.2.7[192.0.2.7]): '

  test.each<[line: string, want: ServerLine]>([
    [`${head}USER ann: Login successful.`, { kind: 'login' }],
    [`${head}USER ann: Login successful`, { kind: 'noise' }],
    [`${head}USER ann (Login failed): Incorrect password`, { kind: 'login-failed' }],
    [`${head}unable to setuid(): Operation not permitted`, { kind: 'noise' }],
    [`${head}FTP session closed.`, { kind: 'noise' }],
    [
      '2026-09-21 14:13:20,394 host proftpd[7] 0.0.0.0: ProFTPD 1.3.8 (stable) standalone mode STARTUP',
      { kind: 'started' },
    ],
    [
      `${head}notice: user ann: aborting \x1b[31mtransfer`,
      {
        kind: 'note',
        text: '0.0.0.0 (192.0.2.7[192.0.2.7]): notice: user ann: aborting ?[31mtransfer',
      },
    ],
  ])('%s', (line, want) => {
    expect(readServerLine(line)).toEqual(want)
  })

  test('no line about a login gives its text: passwords are typed as names', () => {
    for (const line of [
      `${head}USER hunter2: no such user found from 192.0.2.7 [192.0.2.7] to 0.0.0.0:2121`,
      `${head}USER hunter2 (Login failed): No such user found`,
    ])
      expect(JSON.stringify(readServerLine(line))).not.toContain('hunter2')
  })

  test('lines in pieces', () => {
    const lines: string[] = []
    const cutter = new LineCutter((line) => lines.push(line))
    for (const chunk of ['a', 'b\nc\n\n', 'd']) cutter.feed(Buffer.from(chunk))
    expect(lines).toEqual(['ab', 'c'])
  })

  test('so many lines a minute', () => {
    const budget = new LineBudget()
    const allowed = Array.from({ length: 100 }, () => budget.allows(0)).filter(Boolean)
    expect(allowed).toHaveLength(60)
    expect(budget.leftOut).toBe(40)
    expect(budget.allows(60_000)).toBe(true)
  })
})

describe('what the server tells of its sessions', () => {
  const upload = { user: 'ann', command: 'STOR', bytes: 12, path: '/d/a b.log' }

  test.each<[line: string, want: Partial<SessionLine> | null]>([
    ['7 ftp ann STOR 226 12 /d/a b.log', { ...upload, session: 7, protocol: 'ftp', ok: true }],
    ['7 sftp ann STOR 226 12 /d/a b.log', { ...upload, protocol: 'sftp', ok: true }],
    ['7 scp ann STOR - 12 /d/a b.log', { ...upload, protocol: 'scp', ok: true }],
    ['7 scp ann STOR 550 0 /d/a b.log', { ok: false, bytes: 0 }],
    ['7 ftp ann STOR 550 - -', { ok: false, bytes: 0, path: '-' }],
    ['7 ftp ann EXIT - - -', { command: 'EXIT', ok: false }],
    ['7 ftp ann STOR 226 12', null],
    ['7 ftp Ann; STOR 226 1 x', null],
    ['x ftp ann STOR 226 1 x', null],
    ['', null],
  ])('%s', (line, want) => {
    const read = readSessionLine(line)
    if (want === null) expect(read).toBeNull()
    else expect(read).toMatchObject(want)
  })

  const stored = '7 ftp ann STOR 226 12 /d/a.log'
  test.each<[name: string, lines: [line: string, atMs: number][], want: string[]]>([
    [
      'an upload',
      [
        [stored, 0],
        ['7 ftp ann QUIT 221 - -', 1],
        ['7 ftp ann EXIT - - -', 1],
      ],
      ['stored'],
    ],
    [
      'refused',
      [
        ['7 ftp ann STOR 550 - -', 0],
        ['7 ftp ann EXIT - - -', 1],
      ],
      ['failed'],
    ],
    [
      'the sender dies',
      [
        [stored, 0],
        ['7 ftp ann EXIT - - -', 1],
      ],
      ['stored', 'cut-off'],
    ],
    [
      'the sender aborts',
      [
        [stored, 0],
        ['7 ftp ann ABOR 226 - -', 1],
      ],
      ['stored', 'cut-off'],
    ],
    [
      'FTPS',
      [
        ['7 ftps ann STOR 226 12 /d/a.log', 0],
        ['7 ftps ann EXIT - - -', 1],
      ],
      ['stored', 'cut-off'],
    ],
    [
      'once',
      [
        [stored, 0],
        ['7 ftp ann ABOR 226 - -', 1],
        ['7 ftp ann EXIT - - -', 2],
      ],
      ['stored', 'cut-off'],
    ],
    [
      'it stays for a while',
      [
        [stored, 0],
        ['7 ftp ann EXIT - - -', 501],
      ],
      ['stored'],
    ],
    [
      'it goes on',
      [
        [stored, 0],
        ['7 ftp ann EPSV 229 - -', 1],
        ['7 ftp ann EXIT - - -', 2],
      ],
      ['stored'],
    ],
    [
      'another session ends',
      [
        [stored, 0],
        ['8 ftp ann EXIT - - -', 1],
      ],
      ['stored'],
    ],
    [
      'SFTP',
      [
        ['7 sftp ann STOR 226 12 /d/a.log', 0],
        ['7 ssh2 ann EXIT - - -', 1],
      ],
      ['stored'],
    ],
  ])('%s', (_name, lines, want) => {
    const tracker = new UploadTracker()
    const kinds: string[] = []
    for (const [text, atMs] of lines) {
      const line = readSessionLine(text)
      const event = line === null ? null : tracker.read(line, atMs)
      if (event !== null) kinds.push(event.kind)
    }
    expect(kinds).toEqual(want)
  })

  test.each<[name: string, content: string | Buffer, want: boolean]>([
    ['whole lines', 'a\nb\n', false],
    ['half a line', 'a\nb', true],
    ['CR LF', 'a\r\n', false],
    ['nothing', '', false],
    ['gzip', gzipSync('a\nb'), false],
    ['UTF-16', Buffer.from('\ufeffa', 'utf16le'), false],
  ])('ends within a line: %s', async (_name, content, want) => {
    const path = join(await temporaryFolder(), 'x.log')
    await writeFile(path, content)
    expect((await identityIfCutOff(path)) !== null).toBe(want)
  })
})

async function server(ftp: object, program: string | null): Promise<FtpServer> {
  const config = configSchema.parse({ ftp }).ftp
  const dataDir = await temporaryFolder()
  return createFtpServer({ dataDir, ftp: config, program }, silent, () => 0)
}

describe('on and off', () => {
  const account = { user: 'ann', password: 'secret-123', source: 'a' }

  test.each<[name: string, ftp: object, program: string | null, reason: string]>([
    ['no', { enabled: 'no', accounts: [account] }, '/bin/true', 'switched off'],
    ['auto, not installed', { accounts: [account] }, null, 'proftpd is not installed'],
    ['auto, no accounts', {}, '/bin/true', 'no accounts'],
  ])('off: %s', async (_name, ftp, program, reason) => {
    const ftpServer = await server(ftp, program)
    await ftpServer.start()
    expect(ftpServer.status()).toMatchObject({ state: 'off', pid: null })
    expect(ftpServer.status().reason).toContain(reason)
    await ftpServer.stop()
  })

  test.each<[name: string, ftp: object, program: string | null, message: string]>([
    ['not installed', { enabled: 'yes', accounts: [account] }, null, 'proftpd-mod-vroot'],
    ['no accounts', { enabled: 'yes' }, '/bin/true', 'no accounts'],
    ['no certificate', { requireTls: true, accounts: [account] }, '/bin/true', 'no certificate'],
    ['another program', { accounts: [account], sftpPort: 0 }, '/bin/true', 'ended with code 0'],
  ])('cannot start: %s', async (_name, ftp, program, message) => {
    const ftpServer = await server(ftp, program)
    await expect(ftpServer.start()).rejects.toMatchObject({
      code: 'FTP_FAILED',
      message: expect.stringContaining(message),
    })
    expect(ftpServer.status().state).toBe('off')
  })
})

test('a password is hashed with a salt, and refused when it cannot be said', async () => {
  const hash = await hashPassword('ann', 'secret-123')
  expect(hash).toMatch(/^\$6\$[./0-9A-Za-z]{8,16}\$[./0-9A-Za-z]{86}$/)
  expect(await hashPassword('ann', 'secret-123')).not.toBe(hash)
  await expect(hashPassword('ann', 'two\nlines')).rejects.toMatchObject({ code: 'FTP_FAILED' })
})

test('host keys are made once', async () => {
  const folder = await temporaryFolder()
  const keys = await ensureHostKeys(folder, await serverIdentity())
  expect(keys.map((key) => key.name)).toEqual(['hostkey-ecdsa', 'hostkey-rsa'])
  for (const key of keys) expect(key.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  expect(await ensureHostKeys(folder, await serverIdentity())).toEqual(keys)
})

test('programs are found in the PATH', async () => {
  expect(await findProgram('sh', '/nowhere:/bin')).toBe('/bin/sh')
  expect(await findProgram('no-such-program-here')).toBeNull()
})
