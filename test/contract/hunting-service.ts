/**
 * A stand-in for Microsoft's hunting interfaces that enforces what is documented: tokens of a real OpenID provider, 100,000 rows (here as
 * few as a test likes), 45 calls a minute with 429 and Retry-After, 30 days. It understands the queries the feed asks.
 */
import { X509Certificate, createHash } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Provider } from 'oidc-provider'
import { generate } from 'selfsigned'

export const tenant = '22222222-2222-2222-2222-222222222222'
export const clientId = '33333333-3333-3333-3333-333333333333'
export const clientSecret = 'a long secret of the test'
/** Signs in by certificate. */
export const certificateClientId = '55555555-5555-5555-5555-555555555555'

const tokenPath = `/${tenant}/oauth2/v2.0/token`

export interface ServiceLimits {
  rows: number
  callsPerMinute: number
  retryAfterSeconds: number
  /** Answers of more bytes are refused. */
  answerBytes: number
}

export interface Call {
  path: string
  query: string
  timespan: string | null
  rows: number
  status: number
}

type TableRow = Record<string, unknown> & { Timestamp: string }

export class HuntingService {
  readonly url: string
  readonly calls: Call[] = []
  readonly tables = new Map<string, TableRow[]>()
  limits: ServiceLimits = {
    rows: 100_000,
    callsPerMinute: 45,
    retryAfterSeconds: 1,
    answerBytes: 124 * 1024 * 1024,
  }
  /** The application has the permission. */
  permitted = true
  /** The application's secret is good. */
  secretGood = true
  /** Certificate and key of the application that signs in by them, as one PEM text. */
  readonly certificate: string
  /** Clients that got a token. */
  readonly grants: string[] = []
  #accepted: number[] = []
  readonly #provider: Provider
  readonly #server: Server

  private constructor(url: string, certificate: string, server: Server) {
    const provider = providerOf(url, certificate)
    const told = provider as unknown as {
      on(
        event: string,
        listener: (context: { oidc: { client?: { clientId: string } } }) => void,
      ): void
    }
    told.on('grant.success', ({ oidc }) => this.grants.push(oidc.client?.clientId ?? ''))
    this.url = url
    this.certificate = certificate
    this.#provider = provider
    this.#server = server
  }

  static async start(): Promise<HuntingService> {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    })
    setDefaultCACertificates([...getCACertificates('default'), pems.cert])
    const server = createServer({ key: pems.private, cert: pems.cert })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const url = `https://localhost:${port}`
    const service = new HuntingService(url, await newCertificate(), server)
    const sign = service.#provider.callback()
    server.on('request', (request, response) => {
      const [path] = (request.url ?? '').split('?')
      if (path === tokenPath && !service.secretGood) return refuseSecret(response)
      if (path === `/${tenant}/v2.0/.well-known/openid-configuration`)
        request.url = '/.well-known/openid-configuration'
      else if (path !== tokenPath)
        return void service.#hunt(request, response).catch((error: unknown) => {
          response.writeHead(500)
          response.end(String(error))
        })
      return void sign(request, response)
    })
    return service
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /**
   * The token service of a virtual machine (IMDS) on a loopback address: it gives a token of the provider.
   * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
   */
  async machineIdentity(): Promise<{
    url: string
    asked: { path: string; resource: string | null; clientId: string | null }[]
    stop: () => Promise<void>
  }> {
    const asked: { path: string; resource: string | null; clientId: string | null }[] = []
    const server = createHttpServer((request, response) => {
      void (async () => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
        const { headers } = request
        const allowed =
          headers['metadata'] === 'true' || headers['x-identity-header'] === 'a header'
        asked.push({
          path: pathname,
          resource: searchParams.get('resource'),
          clientId: searchParams.get('client_id'),
        })
        if (!allowed) return void response.writeHead(400).end()
        const form = {
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
        }
        const signed = await fetch(`${this.url}${tokenPath}`, {
          method: 'POST',
          body: new URLSearchParams(form),
        })
        const { access_token } = (await signed.json()) as { access_token: string }
        const inOneHour = Math.floor(Date.now() / 1000) + 3600
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({
            access_token,
            expires_in: '3600',
            expires_on: String(inOneHour),
            resource: searchParams.get('resource'),
            token_type: 'Bearer',
          }),
        )
      })().catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return {
      url: `http://127.0.0.1:${port}`,
      asked,
      stop: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  add(table: string, rows: readonly TableRow[]): void {
    this.tables.set(table, [...(this.tables.get(table) ?? []), ...rows])
  }

  /** Forgets rows, calls and quotas. */
  reset(): void {
    this.tables.clear()
    this.calls.length = 0
    this.#accepted = []
    this.permitted = true
    this.secretGood = true
  }

  async #hunt(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>
    const call: Call = {
      path: request.url ?? '',
      query: body['Query'] ?? '',
      timespan: body['Timespan'] ?? null,
      rows: 0,
      status: 200,
    }
    this.calls.push(call)
    const answer = (status: number, value: object, headers: Record<string, string> = {}): void => {
      call.status = status
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(value))
    }
    const fault = (code: string, message: string): object => ({ error: { code, message } })
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    if ((await this.#provider.ClientCredentials.find(token)) === undefined)
      return answer(401, fault('Unauthorized', 'The token is not valid'))
    if (!this.permitted) return answer(403, fault('Forbidden', 'Missing application roles'))
    const nowMs = Date.now()
    this.#accepted = this.#accepted.filter((at) => at > nowMs - 60_000)
    if (this.#accepted.length >= this.limits.callsPerMinute) {
      // the minute of the test is as long as Retry-After says
      this.#accepted = []
      return answer(429, fault('TooManyRequests', 'Too many calls'), {
        'retry-after': String(this.limits.retryAfterSeconds),
      })
    }
    this.#accepted.push(nowMs)
    const rows = this.#run(call, nowMs)
    if (rows === null) return answer(400, fault('BadRequest', `cannot understand ${call.query}`))
    call.rows = rows.length
    const graph = call.path.startsWith('/v1.0/')
    const given = graph ? { schema: [], results: rows } : { Schema: [], Results: rows }
    if (JSON.stringify(given).length > this.limits.answerBytes)
      return answer(
        400,
        fault('BadRequest', 'Query execution has exceeded the allowed result size'),
      )
    return answer(200, given)
  }

  /** Null = a query it does not know. */
  #run({ query, timespan }: Call, nowMs: number): Record<string, unknown>[] | null {
    const match =
      /^(\w+)(?: \| where ActionType == '(\w+)')? \| where Timestamp >= datetime\(([^)]+)\) and Timestamp < datetime\(([^)]+)\)(?: \| where hash\([^|]*, (\d+)\) == (\d+))? \| (?:summarize Rows = count\(\) by Slice = bin\(Timestamp, (\d+(?:\.\d+)?)s\)|project ([\w, ]+))$/.exec(
        query,
      )
    if (match === null) return null
    const [, table, action, from, to, of, part, seconds, project] = match
    const oldest = nowMs - 30 * 86_400_000
    const [spanFrom, spanTo] =
      timespan === null
        ? [-Infinity, Infinity]
        : timespan.split('/').map((text) => Date.parse(text))
    const rows = (this.tables.get(table) ?? []).filter((row) => {
      const at = Date.parse(row.Timestamp)
      if (at < Math.max(oldest, spanFrom) || at >= spanTo) return false
      if (at < Date.parse(from) || at >= Date.parse(to)) return false
      if (action !== undefined && row['ActionType'] !== action) return false
      return of === undefined || hashOf(row) % Number(of) === Number(part)
    })
    if (project !== undefined)
      return rows
        .slice(0, this.limits.rows)
        .map((row) =>
          Object.fromEntries(project.split(', ').map((name) => [name, row[name] ?? null])),
        )
        .toSorted(() => Math.random() - 0.5)
    const bins = new Map<number, number>()
    const size = Number(seconds) * 1000
    for (const { Timestamp } of rows) {
      const bin = Math.floor(Date.parse(Timestamp) / size) * size
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    }
    return Array.from(bins, ([bin, count]) => ({ Slice: new Date(bin).toISOString(), Rows: count }))
  }
}

function hashOf(row: TableRow): number {
  const text = `${String(row['DeviceId'])}${String(row['ReportId'])}${row.Timestamp}`
  return createHash('md5').update(text).digest().readUInt32LE(0)
}

function refuseSecret(response: ServerResponse): void {
  response.writeHead(401, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      error: 'invalid_client',
      error_description: 'AADSTS7000222: The provided client secret keys are expired.',
    }),
  )
}

/** A certificate of an application, with its key behind it. */
export async function newCertificate(): Promise<string> {
  const pems = await generate([{ name: 'commonName', value: 'gnomon' }], { keySize: 2048 })
  return `${pems.cert}\n${pems.private}\n`
}

/** Signs in applications by secret or certificate, as the tenant's own provider does. */
function providerOf(url: string, certificate: string): Provider {
  const key = new X509Certificate(certificate).publicKey.export({ format: 'jwk' })
  return new Provider(`${url}/${tenant}/v2.0`, {
    routes: { token: tokenPath },
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        client_id: certificateClientId,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...key, use: 'sig' } as never] },
      },
    ],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    // long ones are not asked for again while a test runs
    ttl: { ClientCredentials: 3600 },
    cookies: { keys: ['of the test'] },
  })
}
