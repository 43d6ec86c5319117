/** HTTP outwards: one dispatcher for proxy and own authorities, bounds on every answer, and words for what went wrong. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import type { Dispatcher } from 'undici'
import { OperatingError, causeOf } from '../errors.ts'
import { publishLimits } from '../limits.ts'

export interface Answer {
  status: number
  /** Lower case; several values of one name joined by ", ". */
  headers: Record<string, string>
  /** Cut at publishLimits.answerBytes. */
  text: string
}

export interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE' | 'PATCH'
  headers?: Record<string, string>
  body?: string | Uint8Array | Readable | null
  signal?: AbortSignal
  /** Bound on the wait for the answer once the body is gone. */
  timeoutMs?: number
  /** Bound on the answer's text; default publishLimits.answerBytes. */
  answerBytes?: number
}

/** The step failed for now. `sent`: the request may have arrived, so that it may have had its effect. */
export class TryAgain extends Error {
  readonly waitMs: number | null
  readonly sent: boolean

  constructor(why: string, options: { waitMs?: number | null; sent: boolean; cause?: unknown }) {
    super(why, { cause: options.cause })
    this.name = 'TryAgain'
    this.waitMs = options.waitMs ?? null
    this.sent = options.sent
  }
}

/** The other side said no, and would say it again. */
export class Refused extends Error {
  readonly answer: Answer

  constructor(why: string, answer: Answer) {
    super(why)
    this.name = 'Refused'
    this.answer = answer
  }
}

export interface TransportOptions {
  proxy?: string | undefined
  caBundle?: string | undefined
}

/** Requests through one pool. Nothing is opened before the first request. */
export class Transport {
  readonly #options: TransportOptions
  #dispatcher: Promise<Dispatcher> | null = null

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** Rejects with TryAgain for everything the network does. */
  async request(url: string, asked: Asked): Promise<Answer> {
    const [{ request }, dispatcher] = await Promise.all([import('undici'), this.#open()])
    const timeoutMs = asked.timeoutMs ?? publishLimits.answerMs
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher,
        method: asked.method,
        headers: asked.headers ?? {},
        body: asked.body ?? null,
        signal: asked.signal ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      const plain: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers))
        if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
      return {
        status: statusCode,
        headers: plain,
        text: await textOf(body, asked.answerBytes ?? publishLimits.answerBytes),
      }
    } catch (cause) {
      if (cause instanceof TryAgain) throw cause
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
      const sent = !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(
        code,
      )
      const host = URL.parse(url)?.host ?? 'the address'
      throw new TryAgain(`${host}: ${causeOf(cause) || code}`, { sent, cause })
    }
  }

  #open(): Promise<Dispatcher> {
    this.#dispatcher ??= dispatcherOf(this.#options).catch((error: unknown) => {
      this.#dispatcher = null
      throw error
    })
    return this.#dispatcher
  }

  async close(): Promise<void> {
    const dispatcher = await this.#dispatcher?.catch(() => null)
    this.#dispatcher = null
    await dispatcher?.destroy()
  }
}

/** Throws FILE_UNREADABLE for a bundle that cannot be read. */
async function dispatcherOf({ proxy, caBundle }: TransportOptions): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici')
  const trust =
    caBundle === undefined ? {} : { ca: [...rootCertificates, await readBundle(caBundle)] }
  if (proxy === undefined) return new Agent({ connect: trust })
  return new ProxyAgent({ uri: proxy, requestTls: trust, proxyTls: trust })
}

export async function readBundle(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read the authorities in ${path}: ${causeOf(cause)}; check caBundle`,
      { cause },
    )
  })
}

async function textOf(body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes <= bytesMax) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Milliseconds of a Retry-After (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after): seconds or a date. null = none, or one
 * that cannot be meant.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null
  const text = value.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  if (Number.isNaN(ms) || ms > publishLimits.retryAfterMsMax) return null
  return Math.max(0, ms)
}

const again = new Set([408, 425, 429, 500, 502, 503, 504])

/** Turns an answer that is no success into TryAgain or Refused; gives a success back. */
export function judged(answer: Answer, what: string, nowMs: number): Answer {
  const { status, headers, text } = answer
  const throttled = status === 429 || (status >= 400 && /throttled/i.test(text))
  if (throttled || again.has(status))
    throw new TryAgain(`${what}: status ${status}`, {
      waitMs:
        retryAfterMs(headers['retry-after'], nowMs) ??
        (throttled ? publishLimits.throttledMs : null),
      // a gateway that gave up may have passed the request on; a throttle has not
      sent: !throttled,
    })
  if (status >= 200 && status < 300) return answer
  throw new Refused(`${what}: status ${status}`, answer)
}

/** What of an answer is kept: no tokens, no signatures, cut. */
export function shown(text: string): string {
  return text
    .replaceAll(
      /((?:sig|signature|token|secret|x-amz-signature)["']?\s*[=:]\s*["']?)[^&\s"']+/gi,
      '$1***',
    )
    .slice(0, publishLimits.answerCharacters)
}

/** An address without its query: pre-signed ones carry their right in it. */
export function withoutQuery(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? sha(url) : `${parsed.origin}${parsed.pathname}`
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Waits before try number `failures` (from 1): doubling, with jitter of ±25 %, never longer than the bound. */
export function pauseMs(failures: number, random: () => number): number {
  const plain = publishLimits.retryMs * 2 ** Math.min(failures - 1, 20)
  return Math.min(publishLimits.retryMsMax, plain) * (0.75 + random() / 2)
}
