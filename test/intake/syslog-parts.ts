/** What tests of the syslog listeners share: options, certificates, senders. */
import { createSocket } from 'node:dgram'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import { generate } from 'selfsigned'
import { compileSources } from '../../src/config/sources.ts'

export const silent = pino({ level: 'silent' })

export const receiving = {
  resolve: compileSources([{ name: 'lab', from: ['127.0.0.0/8', '::1'] }]),
  now: Date.now,
}

/** A listener's configuration on a free port of the loopback. */
export function onLoopback(more?: { port?: number; allow?: string[]; host?: string }) {
  return { enabled: true, host: '127.0.0.1', port: 0, ...more }
}

export interface Certificates {
  certificate: string
  key: string
  remove(): Promise<void>
}

export async function makeCertificates(name = 'collector.example'): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-tls-'))
  const pems = await generate([{ name: 'commonName', value: name }], { keyType: 'ec' })
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  await writeFile(certificate, pems.cert)
  await writeFile(key, pems.private)
  return { certificate, key, remove: () => rm(folder, { recursive: true }) }
}

/** Sends each message as one datagram from one socket. */
export async function sendUdp(
  port: number,
  messages: readonly (string | Buffer)[],
  host = '127.0.0.1',
): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  for (const message of messages) {
    await new Promise<void>((resolve, reject) => {
      socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)))
    })
  }
  socket.close()
}

/** A connected sender; errors after the connection are for the test to provoke, not to fail on. */
export async function openStream(port: number, how: 'tcp' | 'tls'): Promise<Socket> {
  const socket =
    how === 'tls'
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect({ port, host: '127.0.0.1' })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once(how === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject)
      resolve()
    })
  })
  socket.on('error', () => socket.destroy())
  return socket.resume()
}

/** Sends all bytes over one connection and closes it. */
export async function sendStream(
  port: number,
  how: 'tcp' | 'tls',
  bytes: string | Buffer,
): Promise<void> {
  const socket = await openStream(port, how)
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.end(bytes)
  })
}
