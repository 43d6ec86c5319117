/**
 * Defender for Endpoint's indicators API and Entra's token endpoint over HTTPS, with the documented contract enforced: 500 to an import,
 * requests a minute, 15,000 active, required fields, the same value is an update.
 */
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

export interface StoredIndicator {
  id: string
  indicatorValue: string
  indicatorType: string
  [key: string]: unknown
}

const required = ['indicatorValue', 'indicatorType', 'action', 'title', 'description']
const token = 'stand-in-token'

export interface StandIn {
  url: string
  ca: string
  rows: Map<string, StoredIndicator>
  requests: { method: string; path: string; items: number }[]
  /** Answers for the next requests to the API, before it looks at them: status, or 'cut'. */
  faults: (number | 'cut')[]
  limits: { active: number; importsPerMinute: number }
  add(row: Partial<StoredIndicator>): void
  close(): Promise<void>
}

export async function startStandIn(): Promise<StandIn> {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  } as never)
  let ids = 0
  let imports: number[] = []
  const rows: StandIn['rows'] = new Map()
  const stand: Omit<StandIn, 'url' | 'close'> = {
    ca: pems.cert,
    rows,
    requests: [],
    faults: [],
    limits: { active: 15_000, importsPerMinute: 30 },
    add(row) {
      const id = String(++ids)
      rows.set(id, {
        indicatorValue: 'x.example',
        indicatorType: 'DomainName',
        action: 'Block',
        ...row,
        id,
      })
    },
  }
  const server = createServer({ key: pems.private, cert: pems.cert }, (request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(body === null ? '' : JSON.stringify(body))
    }
    if (url.pathname.startsWith('/tenant/')) return entra(url, text, send)
    const fault = stand.faults.shift()
    if (fault === 'cut') return void request.socket.destroy()
    if (fault !== undefined)
      return send(fault, { error: 'a fault' }, fault === 429 ? { 'retry-after': '1' } : {})
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(401, { error: 'unauthorised' })
    const body = text === '' ? null : (JSON.parse(text) as { Indicators?: StoredIndicator[] })
    const items = body?.Indicators?.length ?? 0
    stand.requests.push({ method: request.method ?? '', path: url.pathname, items })
    if (request.method === 'GET') return list(url, send)
    if (request.method === 'POST' && url.pathname === '/api/indicators/import')
      return take(body?.Indicators ?? [], send)
    const id = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    if (request.method === 'DELETE') return send(rows.delete(id) ? 204 : 404, null)
    return send(405, { error: 'no such thing' })
  }

  type Send = (status: number, body: unknown, headers?: Record<string, string>) => void

  function entra(url: URL, text: string, send: Send): void {
    const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`
    if (url.pathname.endsWith('/openid-configuration'))
      return send(200, {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/keys`,
      })
    const form = new URLSearchParams(text)
    const right =
      form.get('client_secret') === 'the secret' && form.get('grant_type') === 'client_credentials'
    if (!right)
      return send(401, {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret',
      })
    send(200, { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token: token })
  }

  function list(url: URL, send: Send): void {
    const top = Number(url.searchParams.get('$top') ?? 10_000)
    const skip = Number(url.searchParams.get('$skip') ?? 0)
    if (top > 10_000) return send(400, { error: '$top' })
    send(200, { '@odata.context': 'x', value: [...rows.values()].slice(skip, skip + top) })
  }

  function take(indicators: StoredIndicator[], send: Send): void {
    const nowMs = Date.now()
    imports = imports.filter((atMs) => atMs > nowMs - 60_000)
    if (imports.length >= stand.limits.importsPerMinute)
      return send(429, { error: 'quota' }, { 'retry-after': '60' })
    imports.push(nowMs)
    if (indicators.length === 0 || indicators.length > 500)
      return send(400, { error: 'at most 500' })
    const value = indicators.map((indicator) => {
      const missing = required.find(
        (name) => typeof indicator[name] !== 'string' || indicator[name] === '',
      )
      const known = [...rows.values()].find(
        (row) =>
          row.indicatorValue === indicator.indicatorValue &&
          row.indicatorType === indicator.indicatorType,
      )
      const failureReason =
        missing !== undefined
          ? `${missing} is required`
          : known === undefined && rows.size >= stand.limits.active
            ? 'the maximum of active indicators is reached'
            : null
      if (failureReason !== null)
        return { id: null, indicator: indicator.indicatorValue, isFailed: true, failureReason }
      const id = known?.id ?? String(++ids)
      rows.set(id, { ...indicator, id })
      return { id, indicator: indicator.indicatorValue, isFailed: false, failureReason: null }
    })
    send(200, { value })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(stand, {
    url: `https://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
