/** Syslog over TLS (RFC 5425), with optional client certificates; framing as over TCP. */
import { readFile } from 'node:fs/promises'
import { createSecureContext, createServer } from 'node:tls'
import type { SecureContextOptions, Server, TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { causeOf, OperatingError } from '../errors.ts'
import { syslogLimits } from '../limits.ts'
import type { Config } from '../config/schema.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { FrameSink } from '../spool/frame-sink.ts'
import { codeOf, countFailure } from './syslog-status.ts'
import type { SyslogListener } from './syslog-status.ts'
import { createConnectionBudget, StreamServer } from './syslog-stream.ts'
import type { ConnectionBudget, StreamLimits } from './syslog-stream.ts'

export interface SyslogTlsOptions {
  /** Without `tls` the listener stays closed. */
  listener: Config['syslog']['tls']
  resolve: SourceResolver
  /** Epoch milliseconds. */
  now: () => number
  /** Shared with the TCP listener; default: one of its own. */
  budget?: ConnectionBudget
  /** Smaller bounds for tests. */
  limits?: Partial<StreamLimits>
}

export interface SyslogTls extends SyslogListener {
  /**
   * Reads the certificate files again; open connections go on. Throws LISTENER_FAILED and keeps the old certificate when
   * the new one cannot be used. Whether client certificates are asked for does not change here.
   */
  reloadCertificates(): Promise<void>
}

type TlsFiles = NonNullable<Config['syslog']['tls']['tls']>

/** Makes the TLS listener. `start` throws LISTENER_FAILED, also for certificates that cannot be used. */
export function createSyslogTls(
  options: SyslogTlsOptions,
  sink: FrameSink,
  log: Logger,
): SyslogTls {
  const files = options.listener.enabled ? options.listener.tls : undefined
  const failures: Record<string, number> = {}
  let tls: Server | null = null
  const server: StreamServer = new StreamServer(
    {
      name: 'syslog-tls',
      listener: options.listener,
      resolve: options.resolve,
      now: options.now,
      budget: options.budget ?? createConnectionBudget(),
      limits: options.limits,
      accepted: (raw) => {
        tls?.emit('connection', raw)
      },
    },
    sink,
    log,
  )
  server.status.handshakeFailures = failures

  function failed(error: Error, socket: TLSSocket): void {
    // A certificate that is not accepted closes the socket; the reason then stands in authorizationError (in fact a code).
    const refusal: unknown = socket.authorizationError
    const code = typeof refusal === 'string' ? refusal : codeOf(refusal ?? error)
    const reason = countFailure(failures, code)
    server.warn('syslog-tls: a handshake failed', { reason, peer: socket.remoteAddress ?? null })
    socket.destroy()
  }

  return {
    start: async () => {
      if (files === undefined) return
      const context = await readCertificates(files)
      tls ??= createTlsServer(files)
        .on('tlsClientError', failed)
        .on('secureConnection', (socket) => server.serve(socket))
      tls.setSecureContext(context)
      await server.start()
    },
    stop: () => server.stop(),
    status: () => server.snapshot(),
    reconfigure: (change) => server.reconfigure(change),
    reloadCertificates: async () => {
      if (files !== undefined) tls?.setSecureContext(await readCertificates(files))
    },
  }
}

/** Never listens itself: connections are handed to it once they are allowed. */
function createTlsServer(files: TlsFiles): Server {
  const clientCertificates = files.clientCa !== undefined
  return createServer({
    minVersion: 'TLSv1.2',
    requestCert: clientCertificates,
    rejectUnauthorized: clientCertificates,
    handshakeTimeout: syslogLimits.handshakeMs,
  })
}

async function readCertificates(files: TlsFiles): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    readPem('certificate', files.certificate),
    readPem('key', files.key),
    files.clientCa === undefined ? undefined : readPem('clientCa', files.clientCa),
  ])
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
  if (ca !== undefined) context.ca = ca
  try {
    createSecureContext(context)
  } catch (error) {
    throw new OperatingError(
      'LISTENER_FAILED',
      `cannot use the certificate ${files.certificate} with the key ${files.key}: ${causeOf(error)}; both must be PEM and belong together (syslog.tls.tls)`,
      { cause: error },
    )
  }
  return context
}

async function readPem(field: keyof TlsFiles, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new OperatingError(
      'LISTENER_FAILED',
      `cannot read ${path}: ${causeOf(error)}; check syslog.tls.tls.${field} and that the file may be read by this user`,
      { cause: error },
    )
  }
}
