/**
 * Where records go: syslog (RFC 5424 over UDP, TCP and TLS with octet counting, RFC 6587 and 5425), an HTTP address (NDJSON), a file.
 * A batch is delivered when the other side has closed the connection cleanly, answered 2xx, or the file is synced; else it goes again whole.
 */
import { createSocket } from 'node:dgram'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls, rootCertificates } from 'node:tls'
import type { RecordsConfig } from '../config/publish-schema.ts'
import { causeOf } from '../errors.ts'
import { publishLimits } from '../limits.ts'
import { judged, readBundle, Transport, TryAgain } from './transport.ts'

export interface RecordTarget {
  /** Rejects with TryAgain, or Refused when the receiver will not have it. */
  deliver(lines: readonly string[], nowMs: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export function recordTarget(
  config: Pick<RecordsConfig, 'to' | 'headers' | 'caBundle' | 'proxy'>,
): RecordTarget {
  if (config.to.startsWith('/')) return fileTarget(config.to)
  const url = new URL(config.to)
  return url.protocol.startsWith('syslog+')
    ? syslogTarget(url, config.caBundle)
    : httpTarget(config)
}

function fileTarget(path: string): RecordTarget {
  return {
    async deliver(lines) {
      try {
        const file = await open(path, 'a', 0o640)
        try {
          await appendWhole(file, `${lines.join('\n')}\n`)
        } finally {
          await file.close()
        }
      } catch (cause) {
        throw new TryAgain(`${path}: ${causeOf(cause)}`, { sent: false, cause })
      }
    },
    close: async () => undefined,
  }
}

/** All of it or nothing: half a line on a disk that is full would make one line with the next try. */
async function appendWhole(file: FileHandle, text: string): Promise<void> {
  const before = await file.stat()
  try {
    await file.writeFile(text)
    await file.datasync()
  } catch (error) {
    if (before.isFile()) await file.truncate(before.size)
    throw error
  }
}

function httpTarget({
  to,
  headers,
  caBundle,
  proxy,
}: Pick<RecordsConfig, 'to' | 'headers' | 'caBundle' | 'proxy'>): RecordTarget {
  const transport = new Transport({ caBundle, proxy })
  const own = headers.map((header) => {
    const colon = header.indexOf(':')
    return [header.slice(0, colon), header.slice(colon + 1).trim()] as const
  })
  return {
    async deliver(lines, nowMs, signal) {
      const answer = await transport.request(to, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', ...Object.fromEntries(own) },
        body: `${lines.join('\n')}\n`,
        timeoutMs: publishLimits.recordsMs,
        signal,
      })
      // a token may be renewed, a path put right: what a receiver of logs refuses is tried again
      if (answer.status === 401 || answer.status === 403 || answer.status === 404)
        throw new TryAgain(`status ${answer.status}`, { sent: false })
      judged(answer, 'records', nowMs)
    },
    close: async () => transport.close(),
  }
}

/** Facility local0, severity informational. */
const priority = 16 * 8 + 6

/** One RFC 5424 message; a line feed within it would be the next one. */
export function syslogMessage(line: string, nowMs: number, host: string): string {
  return `<${priority}>1 ${new Date(nowMs).toISOString()} ${host} gnomon - usage - ${line.replaceAll(/[\r\n]/g, ' ')}`
}

function syslogTarget(url: URL, caBundle: string | undefined): RecordTarget {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const transport = url.protocol.slice('syslog+'.length, -1)
  const port = Number(url.port || (transport === 'tls' ? 6514 : 514))
  const name = hostname().replaceAll(/[^!-~]/g, '') || '-'
  return {
    async deliver(lines, nowMs, signal) {
      const messages = lines.map((line) => Buffer.from(syslogMessage(line, nowMs, name)))
      try {
        if (transport === 'udp') return await sendDatagrams(messages, host, port)
        const ca =
          caBundle === undefined ? undefined : [...rootCertificates, await readBundle(caBundle)]
        const socket =
          transport === 'tls'
            ? connectTls({ host, port, ...(ca !== undefined && { ca }) })
            : connect({ host, port })
        await sendStream(socket, messages, signal)
      } catch (cause) {
        if (cause instanceof TryAgain) throw cause
        throw new TryAgain(`${url.host}: ${causeOf(cause)}`, { sent: true, cause })
      }
    },
    close: async () => undefined,
  }
}

async function sendDatagrams(
  messages: readonly Buffer[],
  host: string,
  port: number,
): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    for (const message of messages)
      await new Promise<void>((resolve, reject) => {
        socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)))
      })
  } finally {
    socket.close()
  }
}

/** Writes all, ends, and waits for the other side's end. */
async function sendStream(
  socket: Socket,
  messages: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => void socket.destroy(new Error('stopping'))
    signal.addEventListener('abort', stop, { once: true })
    socket.setTimeout(publishLimits.recordsMs, () => socket.destroy(new Error('no answer in time')))
    socket.on('error', reject)
    socket.on('close', (failed) => {
      signal.removeEventListener('abort', stop)
      if (!failed) resolve()
    })
    // what the receiver says is not looked at; unread it would keep the connection open
    socket.resume()
    for (const message of messages) {
      socket.write(`${message.length} `)
      socket.write(message)
    }
    socket.end()
  })
}
