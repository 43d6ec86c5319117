/** How the FTP server starts and ends, and what keeps it from starting. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'basic-ftp'
import { generate } from 'selfsigned'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { asIdentity, serverIdentity } from '../../src/intake/ftp-identity.ts'
import { findProgram } from '../../src/lib/programs.ts'
import { ftpClient, password, startAppliance } from './ftp-parts.ts'

const proftpd = await findProgram('proftpd')
const source = 'Branch A/1'

describe.skipIf(proftpd === null)('the FTP server, starting and ending', () => {
  test('a server that outlived its appliance is ended first', async () => {
    const first = await startAppliance()
    onTestFinished(() => first.stop())
    const { port } = first.ftp.status()
    await first.ftp.stop()
    const configPath = join(first.dataDir, 'ftp/proftpd.conf')
    const identity = await serverIdentity()
    const child = spawn(proftpd ?? '', ['-n', '-c', configPath], {
      detached: true,
      stdio: 'ignore',
      ...asIdentity(identity),
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await vi.waitFor(async () => {
      const pid = await readFile(join(first.dataDir, 'ftp/run/pid'), 'utf8')
      expect(Number(pid)).toBe(child.pid)
    }, 5000)
    await first.ftp.start()
    await ended
    expect(first.ftp.status()).toMatchObject({ state: 'running', port })
    expect(first.log()).toContain('of an earlier run')
    ;(await ftpClient(first)).close()
  })

  test('what an interrupted upload left is removed', async () => {
    const first = await startAppliance()
    onTestFinished(() => first.stop())
    const { folder } = first.ftp.status().accounts[0]
    await first.ftp.stop()
    await writeFile(join(folder, '.in.x.log.'), 'half')
    await first.ftp.start()
    expect(await readdir(folder)).toEqual([])
  })

  test('stopped, nothing of it is left', async () => {
    const first = await startAppliance()
    onTestFinished(() => first.stop())
    const { pid, port } = first.ftp.status()
    const client = await ftpClient(first)
    await first.ftp.stop()
    expect(first.ftp.status()).toMatchObject({ state: 'off', pid: null, port: null })
    await expect(readFile(`/proc/${pid}/stat`)).rejects.toThrow('ENOENT')
    await expect(client.pwd()).rejects.toThrow()
    client.close()
    await expect(new Client().connect('127.0.0.1', port ?? 0)).rejects.toThrow('ECONNREFUSED')
  })

  test('a server without accounts is off until there are some', async () => {
    const first = await startAppliance({ accounts: [] })
    onTestFinished(() => first.stop())
    expect(first.ftp.status()).toMatchObject({ state: 'off', pid: null })
    await first.ftp.setAccounts([{ user: 'ann', password, source }])
    ;(await ftpClient(first)).close()
    expect(first.ftp.status()).toMatchObject({ state: 'running', reason: null })
  })

  test('a port that is taken is named', async () => {
    const first = await startAppliance()
    onTestFinished(() => first.stop())
    const { port } = first.ftp.status()
    await expect(startAppliance({ port })).rejects.toMatchObject({
      code: 'FTP_FAILED',
      message: expect.stringMatching(new RegExp(`port ${port}: Address already in use`)),
    })
  })

  test('a key of another certificate is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gnomon-ftp-tls-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const options = { keyType: 'ec', algorithm: 'sha256' } as const
    const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
    await writeFile(certificate, (await generate(undefined, options)).cert)
    await writeFile(key, (await generate(undefined, options)).private)
    await expect(startAppliance({ tls: { certificate, key } })).rejects.toMatchObject({
      code: 'FTP_FAILED',
      message: expect.stringContaining('key values mismatch'),
    })
  })
})
