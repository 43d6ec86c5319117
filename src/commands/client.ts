/** Commands that ask a running appliance, over its API. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { machineTokenFile } from '../access/machine-token.ts'
import { isLoopback } from '../api/loopback.ts'
import { problemSchema } from '../api/schemas.ts'
import { loadApiAddress } from '../config/config.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { clientLimits } from '../limits.ts'
import { defaultData } from './default-data.ts'

/** Options of every such command, for `parseArgs`. */
export const clientOptions = {
  url: { type: 'string' },
  config: { type: 'string' },
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const

/** Their help. */
export const clientHelp = `  --url      the appliance (default GNOMON_URL, then this machine and the configuration's api.port)
  --config   configuration to look that up in (default GNOMON_CONFIG, then /etc/gnomon/gnomon.yaml)
  --data     the appliance's data folder, for its token (default GNOMON_DATA, then /var/lib/gnomon); or set GNOMON_TOKEN
  --json     the API's answer as JSON`

export interface Client {
  /** Without a slash at its end. */
  base: string
  /** Shown with each question; null = none is to be had. */
  token?: string | null
  /** The file in which a token was sought and is none. */
  tokenFile?: string
  /** The certificate the appliance on this machine must show: its name need not be this machine's loopback. */
  ca?: string
  /** Default: `clientLimits.timeoutMs`. */
  timeoutMs?: number
}

/**
 * The appliance that a command means: `--url`, else GNOMON_URL, else the API of the configuration on this machine.
 * Throws OperatingError USAGE for an address that is none, CONFIG_INVALID and CONFIG_UNREADABLE.
 */
export async function findClient(
  values: { url?: string | undefined; config?: string | undefined; data?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<Client> {
  const given = values.url ?? (env['GNOMON_URL'] || undefined)
  if (given !== undefined) return withToken(checkedUrl(given), values, env)
  const { host, port, tls } = await loadApiAddress({ path: values.config, env })
  if (port === 0)
    throw new OperatingError(
      'USAGE',
      'cannot find the appliance: api.port is 0, which is another port at each start; name it with --url',
    )
  const scheme = tls === undefined ? 'http' : 'https'
  const client = await withToken(`${scheme}://${reachable(host)}:${port}`, values, env)
  return tls === undefined ? client : { ...client, ca: await readFile(tls.certificate, 'utf8') }
}

/**
 * GNOMON_TOKEN, else the token that the appliance leaves in its data folder for programs of its own user on this machine: it goes
 * nowhere but to this machine.
 */
async function withToken(
  base: string,
  { data }: { data?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<Client> {
  const given = env['GNOMON_TOKEN'] || undefined
  if (given !== undefined) return { base, token: given.trim() }
  const { hostname } = new URL(base)
  if (hostname !== 'localhost' && !isLoopback(hostname.replaceAll(/^\[|\]$/g, '')))
    return { base, token: null }
  const folder = data ?? (env['GNOMON_DATA'] || defaultData)
  const tokenFile = join(folder, machineTokenFile)
  // not there, or not ours to read: an appliance that asks for one answers 401
  const token = await readFile(tokenFile, 'utf8').catch(() => null)
  return token === null ? { base, token, tokenFile } : { base, token: token.trim() }
}

/** Where a listener on all addresses is reached on this machine. */
function reachable(host: string): string {
  if (host === '::' || host === '0.0.0.0') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

function checkedUrl(text: string): string {
  const url = URL.parse(text)
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username + url.password !== ''
  )
    throw new OperatingError(
      'USAGE',
      'cannot use the address of the appliance: write it as http://host:port, without user and password',
    )
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

export interface ClientRequest<Answer extends z.ZodType> {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Begins with a slash. */
  path: string
  /** Left out where null. */
  query?: Record<string, string | number | null>
  body?: unknown
  answer: Answer
}

/**
 * Asks, and checks that the answer is one of ours. `raw` is the answer as sent, for `--json`.
 * Throws OperatingError API_FAILED: nothing listens, no answer in time, something else answers, or the appliance refuses.
 */
export async function ask<Answer extends z.ZodType>(
  client: Client,
  request: ClientRequest<Answer>,
): Promise<{ answer: z.output<Answer>; raw: unknown }> {
  const { base, token = null, timeoutMs = clientLimits.timeoutMs } = client
  const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== null)
  const search = new URLSearchParams(query.map(([name, value]) => [name, String(value)])).toString()
  const address = `${base}${request.path}${search === '' ? '' : `?${search}`}`
  let response: Response
  let text: string
  try {
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    const headers = {
      accept: 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== null && { 'content-type': 'application/json' }),
    }
    const signal = AbortSignal.timeout(timeoutMs)
    response = await fetchOf(client)(address, {
      method: request.method ?? 'GET',
      headers,
      body,
      signal,
      redirect: 'error',
    })
    text = await textOf(response)
  } catch (cause) {
    throw unreachable(base, timeoutMs, cause)
  }
  const raw = jsonOf(text)
  if (!response.ok) throw refusal(client, response.status, raw)
  const result = request.answer.safeParse(raw)
  if (!result.success) throw foreign(base)
  return { answer: result.data, raw }
}

/** `fetch`, trusting the appliance's own certificate, and only it, where that is known. */
export function fetchOf({ ca }: Client): typeof fetch {
  if (ca === undefined) return fetch
  const own: typeof fetch = async (address, init) => {
    const { Agent, fetch: fetchBy } = await import('undici')
    const connect = { ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
    const options = { ...init, dispatcher: new Agent({ connect }) }
    return (await fetchBy(address as string, options as never)) as unknown as Response
  }
  return own
}

/** The body of an answer, as it comes. Throws like `ask`. */
export async function openBody(
  client: Client,
  path: string,
  timeoutMs: number,
): Promise<{ headers: Headers; body: AsyncIterable<Uint8Array> }> {
  const { base, token = null } = client
  let response: Response
  try {
    const headers = { ...(token !== null && { authorization: `Bearer ${token}` }) }
    const signal = AbortSignal.timeout(timeoutMs)
    response = await fetchOf(client)(`${base}${path}`, { headers, signal, redirect: 'error' })
  } catch (cause) {
    throw unreachable(base, timeoutMs, cause)
  }
  if (!response.ok) throw refusal(client, response.status, jsonOf(await textOf(response)))
  if (response.body === null) throw foreign(base)
  return { headers: response.headers, body: response.body }
}

/** Server-sent events, until the other side ends them. Throws like `ask`. */
export async function* openStream(
  client: Client,
  path: string,
): AsyncGenerator<{ event: string; data: string }> {
  const { base, token = null } = client
  let response: Response
  try {
    const headers = {
      accept: 'text/event-stream',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    }
    response = await fetchOf(client)(`${base}${path}`, { headers, redirect: 'error' })
  } catch (cause) {
    throw unreachable(base, clientLimits.timeoutMs, cause)
  }
  if (!response.ok) throw refusal(client, response.status, jsonOf(await textOf(response)))
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    if (text.length > clientLimits.answerBytes) throw foreign(base)
    for (const one of events) {
      const field = (name: string): string =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(one)?.[1] ?? ''
      if (field('event') !== '') yield { event: field('event'), data: field('data') }
    }
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > clientLimits.answerBytes)
      throw new Error(`the answer is larger than ${clientLimits.answerBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function unreachable(base: string, timeoutMs: number, cause: unknown): OperatingError {
  const late = cause instanceof Error && cause.name === 'TimeoutError'
  const why = late ? `no answer within ${timeoutMs / 1000} s` : networkCause(cause)
  const cure = late ? 'see its log' : 'start it with gnomon serve, or name another with --url'
  return new OperatingError(
    'API_FAILED',
    `cannot reach the appliance at ${base}: ${why}; ${cure}`,
    { cause },
  )
}

/** `fetch failed` says nothing: the reason lies within, for several addresses in a list. */
function networkCause(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  const first: unknown = inner instanceof AggregateError ? inner.errors[0] : inner
  const code = first instanceof Error && 'code' in first ? String(first.code) : ''
  return code === 'ECONNREFUSED' ? 'nothing listens there' : causeOf(first)
}

function refusal(client: Client, status: number, raw: unknown): OperatingError {
  const { base, token = null, tokenFile } = client
  const problem = problemSchema.safeParse(raw)
  if (!problem.success) return foreign(base, status)
  const { detail, requestId } = problem.data
  if (status === 401 && token === null)
    return new OperatingError(
      'API_FAILED',
      `cannot ask the appliance at ${base}: ${lacking(tokenFile)}`,
    )
  return new OperatingError(
    'API_FAILED',
    status < 500 ? detail : `${detail} (request ${requestId})`,
  )
}

function lacking(tokenFile: string | undefined): string {
  return tokenFile === undefined
    ? 'it asks for a token; set GNOMON_TOKEN to one of an account'
    : `there is no token in ${tokenFile}; name its data folder with --data or GNOMON_DATA, run as its user, or set GNOMON_TOKEN`
}

function foreign(base: string, status?: number): OperatingError {
  const what = status === undefined ? 'another answer than expected' : `status ${status}`
  return new OperatingError(
    'API_FAILED',
    `cannot understand what answers at ${base}: ${what}; check the address, and that both are of the same version`,
  )
}
