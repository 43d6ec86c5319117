/** Real senders against the real listeners: util-linux `logger`, syslog-ng's `loggen`, `openssl s_client`. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SyslogListener } from '../../src/intake/syslog-status.ts'
import { createSyslogTcp } from '../../src/intake/syslog-tcp.ts'
import { createSyslogTls } from '../../src/intake/syslog-tls.ts'
import { createSyslogUdp } from '../../src/intake/syslog-udp.ts'
import { FakeSink } from '../intake/fake-sink.ts'
import { makeCertificates, onLoopback, receiving, silent } from '../intake/syslog-parts.ts'
import type { Certificates } from '../intake/syslog-parts.ts'

const run = promisify(execFile)

/** Tests are skipped only where the program is not installed; the title then says so. */
function whenInstalled(program: string) {
  const absent = spawnSync(program, ['--help']).error !== undefined
  return { skip: absent, title: absent ? `${program} (skipped: it is not installed)` : program }
}

let certificates: Certificates
let running: SyslogListener | null = null

beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())
afterEach(async () => {
  await running?.stop()
  running = null
})

async function listen(
  kind: 'udp' | 'tcp' | 'tls',
  clientCa?: string,
): Promise<{ sink: FakeSink; port: string; listener: SyslogListener }> {
  const sink = new FakeSink()
  const listener = onLoopback()
  const { certificate, key } = certificates
  const tls = clientCa === undefined ? { certificate, key } : { certificate, key, clientCa }
  running = {
    udp: () => createSyslogUdp({ ...receiving, listener }, sink, silent),
    tcp: () => createSyslogTcp({ ...receiving, listener }, sink, silent),
    tls: () => createSyslogTls({ ...receiving, listener: { ...listener, tls } }, sink, silent),
  }[kind]()
  await running.start()
  return { sink, port: String(running.status().port), listener: running }
}

const logger = whenInstalled('logger')
describe.skipIf(logger.skip)(logger.title, () => {
  const rfc3164 = /^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ fw1: session end, 3476 bytes$/
  const rfc5424 = /^<13>1 \d{4}-\d\d-\d\dT\S+ \S+ fw1 - - (-|\[.*\]) session end, 3476 bytes$/

  test.each<[kind: 'udp' | 'tcp', options: string[], frame: string, want: RegExp]>([
    ['udp', ['--udp', '--rfc3164'], 'lines', rfc3164],
    ['udp', ['--udp', '--rfc5424'], 'lines', rfc5424],
    ['tcp', ['--tcp', '--rfc3164'], 'lines', rfc3164],
    ['tcp', ['--tcp', '--rfc5424'], 'lines', rfc5424],
    ['tcp', ['--tcp', '--rfc3164', '--octet-count'], 'counted', rfc3164],
    ['tcp', ['--tcp', '--rfc5424', '--octet-count'], 'counted', rfc5424],
  ])('over %s with %j', async (kind, options, frame, want) => {
    const { sink, port, listener } = await listen(kind)
    await run('logger', [
      '-n',
      '127.0.0.1',
      '-P',
      port,
      '-t',
      'fw1',
      ...options,
      'session end, 3476 bytes',
    ])
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    expect(sink.messages()).toEqual([expect.stringMatching(want)])
    expect(sink.frames[0].kind).toBe(frame)
    expect(listener.status().framing?.errors ?? 0).toBe(0)
  })
})

const loggen = whenInstalled('loggen')
describe.skipIf(loggen.skip)(loggen.title, () => {
  const count = 5000
  let folder: string
  let environment: NodeJS.ProcessEnv

  /**
   * loggen never reads. With TLS 1.3 the server's session tickets then lie unread when it closes its socket, the kernel makes
   * a reset of the close (RFC 2525, section 2.17) and throws away what loggen had still to send. So it speaks TLS 1.2 here.
   */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-loggen-'))
    const lines = ['openssl_conf=o', '[o]', 'ssl_conf=s', '[s]', 'system_default=d', '[d]']
    await writeFile(join(folder, 'openssl.cnf'), [...lines, 'MaxProtocol=TLSv1.2', ''].join('\n'))
    environment = { ...process.env, OPENSSL_CONF: join(folder, 'openssl.cnf') }
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each<[kind: 'udp' | 'tcp' | 'tls', options: string[], frame: string]>([
    ['udp', ['--inet', '--dgram'], 'lines'],
    ['tcp', ['--inet', '--stream'], 'lines'],
    ['tcp', ['--inet', '--stream', '--syslog-proto'], 'counted'],
    ['tcp', ['--inet', '--stream', '--syslog-proto', '--no-framing'], 'lines'],
    ['tls', ['--use-ssl'], 'lines'],
    ['tls', ['--use-ssl', '--syslog-proto'], 'counted'],
  ])('over %s with %j: all messages, whole', async (kind, options, frame) => {
    const { sink, port, listener } = await listen(kind)
    const size = 300
    const amount = ['--number', String(count), '--rate', '20000', '--size', String(size)]
    await run('loggen', [...options, ...amount, '--quiet', '127.0.0.1', port], {
      env: environment,
    })
    await vi.waitFor(() => expect(sink.lines()).toBe(count), { timeout: 10_000 })
    expect(new Set(sink.frames.map((each) => each.kind))).toEqual(new Set([frame]))
    const numbers = sink.messages().map((message) => Number(/seq: (\d+)/.exec(message)?.[1]))
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(listener.status().framing).toEqual(
      kind === 'udp' ? null : expect.objectContaining({ errors: 0, truncated: 0, cutLines: 0 }),
    )
  })

  test('ten connections at once', async () => {
    const { sink, port, listener } = await listen('tcp')
    const amount = ['--number', String(count), '--rate', '5000', '--active-connections', '10']
    await run('loggen', ['--inet', '--stream', ...amount, '--quiet', '127.0.0.1', port])
    const { connections } = listener.status()
    expect(connections?.total).toBe(10)
    await vi.waitFor(() => expect(sink.lines()).toBe(count * 10), { timeout: 10_000 })
    expect(sink.messages().every((message) => /^<\d+>.* seq: \d+/.test(message))).toBe(true)
  })
})

/** Sends text through s_client; resolves when it has ended, in whatever way. */
function sClient(port: string, input: string, options: string[]): Promise<void> {
  return new Promise((resolve) => {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', '-no_ign_eof']
    const child = execFile('openssl', [...args, ...options], () => resolve())
    child.stdin?.on('error', () => child.kill())
    child.stdin?.end(input)
  })
}

const openssl = whenInstalled('openssl')
describe.skipIf(openssl.skip)(`${openssl.title} s_client`, () => {
  let folder: string
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-ca-'))
    await makeClient('ca', 'fw1')
    await makeClient('stranger-ca', 'stranger')
  })
  afterAll(() => rm(folder, { recursive: true }))

  const make = (...args: string[]) => run('openssl', args, { cwd: folder })

  /** A certificate authority and one client certificate of it. */
  async function makeClient(ca: string, client: string): Promise<void> {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const selfSigned = ['-x509', '-keyout', `${ca}.key`, '-out', `${ca}.pem`, '-days', '2']
    await make('req', ...newKey, ...selfSigned, '-subj', `/CN=${ca}.example`)
    const request = ['-keyout', `${client}.key`, '-out', `${client}.csr`]
    await make('req', ...newKey, ...request, '-subj', `/CN=${client}.example`)
    const signing = ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', '2']
    await make('x509', '-req', '-in', `${client}.csr`, ...signing, '-out', `${client}.pem`)
  }

  const withCertificate = (client: string) => [
    '-cert',
    at(`${client}.pem`),
    '-key',
    at(`${client}.key`),
  ]

  test.each(['-tls1_2', '-tls1_3'])('without client certificates, %s', async (version) => {
    const { sink, port } = await listen('tls')
    await sClient(port, '<34>one\n11 <34>two\ntwo<34>three', [version])
    await vi.waitFor(() =>
      expect(sink.messages()).toEqual(['<34>one', '<34>two\ntwo', '<34>three']),
    )
  })

  test('TLS 1.1 is refused', async () => {
    const { sink, port, listener } = await listen('tls')
    await sClient(port, '<34>one\n', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'])
    await vi.waitFor(() =>
      expect(listener.status().handshakeFailures).toEqual({ ERR_SSL_UNSUPPORTED_PROTOCOL: 1 }),
    )
    expect(sink.frames).toEqual([])
  })

  test.each(['-tls1_2', '-tls1_3'])(
    'with a client certificate that is asked for, %s',
    async (version) => {
      const { sink, port } = await listen('tls', at('ca.pem'))
      await sClient(port, '<34>one\n', [version, ...withCertificate('fw1')])
      await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>one']))
    },
  )

  test.each<[name: string, client: string | null, reason: RegExp]>([
    ['without one', null, /PEER_DID_NOT_RETURN_A_CERTIFICATE|UNABLE_TO_GET_ISSUER_CERT/],
    ['with one of a stranger', 'stranger', /UNABLE_TO_|SELF_SIGNED/],
  ])('a sender %s is refused where one is asked for', async (_name, client, reason) => {
    const { sink, port, listener } = await listen('tls', at('ca.pem'))
    await sClient(port, '<34>one\n', client === null ? [] : withCertificate(client))
    await vi.waitFor(() =>
      expect(Object.keys(listener.status().handshakeFailures ?? {})).toEqual([
        expect.stringMatching(reason),
      ]),
    )
    expect(sink.frames).toEqual([])
    expect(listener.status().connections).toMatchObject({ open: 0, total: 1 })
  })
})
