/** What the TLS listener promises of its certificates. */
import { copyFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSyslogTls } from '../../src/intake/syslog-tls.ts'
import type { SyslogTls } from '../../src/intake/syslog-tls.ts'
import { FakeSink } from '../intake/fake-sink.ts'
import {
  makeCertificates,
  onLoopback,
  openStream,
  receiving,
  sendStream,
  silent,
} from '../intake/syslog-parts.ts'
import type { Certificates } from '../intake/syslog-parts.ts'

let certificates: Certificates
const running: SyslogTls[] = []

beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())
afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop()
})

function portOf(listener: SyslogTls): number {
  const { port } = listener.status()
  if (port === null) throw new Error('not bound')
  return port
}

function withFiles(files: { certificate: string; key: string }) {
  const listener = { ...onLoopback(), tls: files }
  const made = createSyslogTls({ ...receiving, listener }, new FakeSink(), silent)
  running.push(made)
  return made
}

describe('certificates', () => {
  test('without files the listener stays closed', async () => {
    const listener = createSyslogTls(
      { ...receiving, listener: onLoopback() },
      new FakeSink(),
      silent,
    )
    await listener.start()
    expect(listener.status().state).toBe('off')
    await listener.reloadCertificates()
    await listener.stop()
  })

  test('a missing file names its key and path', async () => {
    const listener = withFiles({ certificate: '/nowhere/c.pem', key: certificates.key })
    await expect(listener.start()).rejects.toMatchObject({
      code: 'LISTENER_FAILED',
      message: expect.stringMatching(
        /^cannot read \/nowhere\/c\.pem: .*syslog\.tls\.tls\.certificate/,
      ),
    })
  })

  test('a key of another certificate is refused', async () => {
    const other = await makeCertificates()
    const listener = withFiles({ certificate: certificates.certificate, key: other.key })
    await expect(listener.start()).rejects.toMatchObject({ code: 'LISTENER_FAILED' })
    await other.remove()
  })

  test('are reloaded while peers stay connected; a broken one changes nothing', async () => {
    const files = await makeCertificates('before.example')
    const listener = withFiles(files)
    await listener.start()
    const before = await openStream(portOf(listener), 'tls')
    const good = await makeCertificates('after.example')
    await writeFile(files.certificate, 'broken')
    await expect(listener.reloadCertificates()).rejects.toMatchObject({ code: 'LISTENER_FAILED' })
    expect(await presented(portOf(listener))).toBe('before.example')
    await copyOver(good, files)
    await listener.reloadCertificates()
    expect(await presented(portOf(listener))).toBe('after.example')
    expect(before.destroyed).toBe(false)
    before.destroy()
    await files.remove()
    await good.remove()
  })

  test('a handshake that fails is counted by its reason', async () => {
    const listener = withFiles(certificates)
    await listener.start()
    await sendStream(portOf(listener), 'tcp', '<34>not tls\n')
    await vi.waitFor(() =>
      expect(Object.keys(listener.status().handshakeFailures ?? {})).toEqual([
        expect.stringMatching(/^ERR_SSL_/),
      ]),
    )
    await vi.waitFor(() => expect(listener.status().connections?.open).toBe(0))
  })
})

async function presented(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const name = socket.getPeerCertificate().subject.CN
      socket.destroy()
      resolve(String(name))
    })
    socket.once('error', reject)
  })
}

async function copyOver(from: Certificates, to: Certificates): Promise<void> {
  await copyFile(from.certificate, to.certificate)
  await copyFile(from.key, to.key)
}
