/**
 * A tenant of Defender for Cloud Apps on the loopback, over HTTPS: the discovery API as documented (initiate, finalise, streams; Bearer
 * or Token; 30 requests a minute), `oidc-provider` as Entra, Azurite as the blob store behind a line that can be cut or slowed.
 * It judges what it takes as the real one would: the data source must exist, the body must not be empty or begin with a BOM, an
 * address is good for one file and for a while.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { X509Certificate, createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttps, request as httpsRequest } from 'node:https'
import type { Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { Provider } from 'oidc-provider'
import { generate } from 'selfsigned'
import { freePort, until } from '../e2e/appliance.ts'
import { FaultyLine } from './faulty-line.ts'

export const tenantId = '11111111-2222-3333-4444-555555555555'
export const clientId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
export const clientSecret = 'a secret of the stand-in'
export const legacyToken = 'a1'.repeat(32)
const resource = '05a65629-4c1b-48c1-a78b-804c4abdd4af/.default'
const account = 'devstoreaccount1'
/** Published with Azurite; opens nothing but Azurite. */
const accountKey =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface TakenFile {
  stream: string
  snapshot: boolean
  source: string
  fileName: string
  sha256: string
  text: string
}

/** What the API does to the next requests, in turn; each is used once. */
export type ApiFault =
  | 'drop-before'
  | 'drop-after'
  | 'throttle'
  | 'gateway'
  | 'gateway-after'
  | 'unauthorized'
  | 'expire'

export class MdaStandIn {
  readonly folder: string
  /** Files that count, in the order they were finalised. */
  readonly taken: TakenFile[] = []
  readonly faults: { step: 'upload_url' | 'done_upload'; fault: ApiFault }[] = []
  /** Requests of the API by path, and faults that struck. */
  readonly asked: string[] = []
  struck = 0
  streams = new Map<string, { files: number; fails: number }>()
  provider: 'azure' | 'aws' = 'azure'
  requestsPerMinute = 100_000
  retryAfterSeconds = 1
  readonly line: FaultyLine
  readonly #issued = new Map<
    string,
    { blob: string; source: string; fileName: string; done: boolean; expired: boolean }
  >()
  readonly #times: number[] = []
  readonly #azurite: ChildProcess
  readonly #server: Server
  #provider: Provider | null = null
  #serial = 0
  readonly #blobPort: number

  private constructor(parts: {
    folder: string
    azurite: ChildProcess
    blobPort: number
    line: FaultyLine
    server: Server
  }) {
    this.folder = parts.folder
    this.#azurite = parts.azurite
    this.#blobPort = parts.blobPort
    this.line = parts.line
    this.#server = parts.server
  }

  static async start(options: { clientCertificate?: string } = {}): Promise<MdaStandIn> {
    const folder = await mkdtemp(join(tmpdir(), 'gnomon-mda-'))
    const pem = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      algorithm: 'sha256',
      keySize: 2048,
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    } as never)
    await writeFile(join(folder, 'ca.pem'), pem.cert)
    await writeFile(join(folder, 'key.pem'), pem.private)
    const blobPort = await freePort()
    const azurite = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../e2e/azurite/node_modules/azurite/dist/src/blob/main.js'),
        '--blobHost',
        '127.0.0.1',
        '--blobPort',
        String(blobPort),
        '--location',
        join(folder, 'blobs'),
        '--cert',
        join(folder, 'ca.pem'),
        '--key',
        join(folder, 'key.pem'),
        '--silent',
        '--skipApiVersionCheck',
      ],
      { stdio: 'ignore' },
    )
    const line = await FaultyLine.start(blobPort)
    const server = createHttps({ cert: pem.cert, key: pem.private })
    const standIn = new MdaStandIn({ folder, azurite, blobPort, line, server })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    standIn.#entra(options.clientCertificate)
    server.on('request', (request, response) => {
      standIn.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500)
        response.end(String(error))
      })
    })
    await until('Azurite answers', async () => standIn.#makeContainer())
    return standIn
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get ca(): string {
    return join(this.folder, 'ca.pem')
  }

  /** The tenant as Gnomon's configuration writes it. */
  tenant(more: object = {}): object {
    const credential = { kind: 'secret', tenantId, clientId, clientSecret, authority: this.url }
    return {
      name: 'contoso',
      url: this.url,
      credential,
      caBundle: this.ca,
      requestsPerMinute: 600,
      ...more,
    }
  }

  /** All rows that count, without header lines. */
  rows(stream?: string): string[] {
    return this.taken
      .filter((file) => stream === undefined || file.stream === stream)
      .flatMap(({ text }) =>
        text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
      )
  }

  #entra(clientCertificate: string | undefined): void {
    const jwks =
      clientCertificate === undefined
        ? {}
        : {
            jwks: {
              keys: [
                {
                  ...new X509Certificate(clientCertificate).publicKey.export({ format: 'jwk' }),
                  use: 'sig',
                },
              ],
            },
          }
    this.#provider = new Provider(`${this.url}/${tenantId}/v2.0`, {
      clients: [
        {
          client_id: clientId,
          ...(clientCertificate === undefined ? { client_secret: clientSecret } : {}),
          grant_types: ['client_credentials'],
          response_types: [],
          redirect_uris: [],
          token_endpoint_auth_method:
            clientCertificate === undefined ? 'client_secret_post' : 'private_key_jwt',
          ...jwks,
        } as never,
      ],
      scopes: [resource],
      // MSAL asks for these besides
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
      extraClientMetadata: { properties: [] },
    })
    this.#provider.proxy = false
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const prefix = `/${tenantId}/v2.0`
    if (url.pathname.startsWith(prefix)) {
      request.url = (request.url ?? '').slice(prefix.length)
      Object.assign(request, { originalUrl: prefix + request.url })
      return void this.#provider?.callback()(request, response)
    }
    this.asked.push(url.pathname)
    const step = url.pathname.split('/').findLast((part) => part !== '') ?? ''
    const i = this.faults.findIndex((fault) => fault.step === step)
    const fault = i < 0 ? null : this.faults.splice(i, 1)[0].fault
    if (fault !== null) this.struck++
    if (fault === 'drop-before') return void request.socket.destroy()
    if (fault === 'gateway') return send(response, 504, 'gateway timeout')
    if (fault === 'throttle' || this.#overRate()) {
      response.setHeader('retry-after', this.retryAfterSeconds)
      return send(response, 429, { detail: 'Request was throttled.' })
    }
    if (fault === 'unauthorized' || !(await this.#signedIn(request.headers.authorization)))
      return send(response, 401, '')
    const body = await bodyOf(request)
    const [status, answer] = await this.#answer(url, body, fault)
    if (fault === 'drop-after') return void request.socket.destroy()
    if (fault === 'gateway-after') return send(response, 504, 'gateway timeout')
    send(response, status, answer)
  }

  async #answer(url: URL, body: string, fault: ApiFault | null): Promise<[number, unknown]> {
    switch (url.pathname) {
      case '/api/v1/discovery/upload_url/':
        return this.#initiate(url.searchParams, fault === 'expire')
      case '/api/v1/discovery/done_upload/':
        return this.#done(JSON.parse(body) as Record<string, unknown>)
      case '/api/discovery/streams/':
        return [
          200,
          {
            streams: [...this.streams].map(([displayName, { files, fails }], n) => ({
              _id: String(n).padStart(24, '0'),
              displayName,
              logFilesHistoryCount: files,
              logFilesFailsCount: fails,
            })),
          },
        ]
      default:
        return [404, { detail: 'Not found.' }]
    }
  }

  #initiate(query: URLSearchParams, expired: boolean): [number, unknown] {
    const fileName = query.get('filename') ?? ''
    const source = query.get('source') ?? ''
    if (fileName === '' || source === '') return [400, { detail: 'filename and source are needed' }]
    const blob = `upload-${++this.#serial}`
    const nowMs = Date.now()
    const sas = generateBlobSASQueryParameters(
      {
        containerName: 'discovery',
        blobName: blob,
        permissions: BlobSASPermissions.parse('cw'),
        startsOn: new Date(nowMs - 600_000),
        expiresOn: new Date(expired ? nowMs - 60_000 : nowMs + 600_000),
      },
      new StorageSharedKeyCredential(account, accountKey),
    )
    const target = `https://127.0.0.1:${this.line.port}/${account}/discovery/${blob}?${sas.toString()}`
    this.#issued.set(target, { blob, source, fileName, done: false, expired })
    return [200, { url: target, provider: this.provider }]
  }

  async #done(body: Record<string, unknown>): Promise<[number, unknown]> {
    const issued = this.#issued.get(String(body['uploadUrl']))
    if (issued === undefined) return [404, { detail: 'unknown url' }]
    const stream = String(body['inputStreamName'])
    const snapshot = body['uploadAsSnapshot'] === true
    if (!snapshot && !this.streams.has(stream))
      return [400, { detail: `no input stream ${stream}` }]
    // the same blob twice is one file
    if (issued.done) return [200, { success: true }]
    const blob = await this.blob('GET', issued.blob)
    if (blob.status !== 200) return [400, { detail: 'nothing was uploaded' }]
    if (blob.body.length === 0 || blob.body.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])))
      return [400, { detail: 'the file is empty or begins with a BOM' }]
    issued.done = true
    const { source, fileName } = issued
    const sha256 = createHash('sha256').update(blob.body).digest('hex')
    this.taken.push({
      stream,
      snapshot,
      source,
      fileName,
      sha256,
      text: blob.body.toString('utf8'),
    })
    const known = this.streams.get(stream)
    if (known !== undefined) known.files++
    return [200, { success: true, inputStreamId: '0'.repeat(24) }]
  }

  #overRate(): boolean {
    const nowMs = Date.now()
    while (this.#times.length > 0 && this.#times[0] <= nowMs - 60_000) this.#times.shift()
    if (this.#times.length >= this.requestsPerMinute) return true
    this.#times.push(nowMs)
    return false
  }

  async #signedIn(header: string | undefined): Promise<boolean> {
    if (header === `Token ${legacyToken}`) return true
    const token = header?.startsWith('Bearer ') === true ? header.slice(7) : ''
    const found = await this.#provider?.ClientCredentials.find(token)
    return found?.clientId === clientId && found.isValid && found.scope === resource
  }

  /** Straight to Azurite, past the faulty line, with a right of its own. */
  async blob(
    method: string,
    name: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Buffer }> {
    const sas = generateBlobSASQueryParameters(
      {
        containerName: 'discovery',
        ...(name !== '' && { blobName: name }),
        permissions: BlobSASPermissions.parse('r'),
        expiresOn: new Date(Date.now() + 600_000),
      },
      new StorageSharedKeyCredential(account, accountKey),
    )
    return ask(
      method,
      `https://127.0.0.1:${this.#blobPort}/${account}/discovery/${name}?${sas.toString()}`,
      headers,
    )
  }

  async #makeContainer(): Promise<boolean> {
    const { BlobServiceClient } = await import('@azure/storage-blob')
    const client = new BlobServiceClient(
      `https://127.0.0.1:${this.#blobPort}/${account}`,
      new StorageSharedKeyCredential(account, accountKey),
      { tlsOptions: { ca: await readText(this.ca) }, retryOptions: { maxTries: 1 } } as never,
    )
    return client
      .getContainerClient('discovery')
      .createIfNotExists()
      .then(
        () => true,
        () => false,
      )
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.line.stop()
    this.#azurite.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function readText(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(path, 'utf8')
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
  })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

function ask(
  method: string,
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(url, { method, headers, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}
