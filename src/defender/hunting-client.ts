/**
 * Advanced hunting by Microsoft's three interfaces, within their quotas.
 * https://learn.microsoft.com/en-us/defender-endpoint/api/run-advanced-query-api
 * https://learn.microsoft.com/en-us/defender-xdr/api-advanced-hunting
 * https://learn.microsoft.com/en-us/graph/api/security-security-runhuntingquery
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { TokenCredential } from '@azure/identity'
import type { HuntingConfig } from '../config/defender-schema.ts'
import { causeOf } from '../errors.ts'
import { defenderLimits } from '../limits.ts'
import { entraCredential } from '../lib/entra-credential.ts'
import { FeedTrouble } from './feed.ts'

interface Interface {
  host: string
  path: string
  /** Where rows stand in an answer. */
  rows: 'Results' | 'results'
  /** Takes `Timespan`: Graph looks at the shorter of it and the query's own time. */
  timespan: boolean
}

export const huntingInterfaces: Record<HuntingConfig['api'], Interface> = {
  mde: {
    host: 'https://api.securitycenter.microsoft.com',
    path: '/api/advancedqueries/run',
    rows: 'Results',
    timespan: false,
  },
  xdr: {
    host: 'https://api.security.microsoft.com',
    path: '/api/advancedhunting/run',
    rows: 'Results',
    timespan: false,
  },
  graph: {
    host: 'https://graph.microsoft.com',
    path: '/v1.0/security/runHuntingQuery',
    rows: 'results',
    timespan: true,
  },
}

export type HuntingRow = Record<string, unknown>

export interface HuntingClientOptions {
  config: HuntingConfig
  now: () => number
  /** Bounds that tests make small. */
  callsPerMinute?: number
  callsPerHour?: number
}

export class HuntingClient {
  #signIn: HuntingConfig['credential']
  readonly #interface: Interface
  readonly #url: string
  readonly #scope: string
  readonly #budget: CallBudget
  #credential: TokenCredential | null = null

  constructor({ config, now, callsPerMinute, callsPerHour }: HuntingClientOptions) {
    this.#signIn = config.credential
    this.#interface = huntingInterfaces[config.api]
    const host = (config.url ?? this.#interface.host).replace(/\/+$/, '')
    this.#url = `${host}${this.#interface.path}`
    this.#scope = `${host}/.default`
    this.#budget = new CallBudget({
      perMinute: callsPerMinute ?? defenderLimits.huntingCallsPerMinute,
      perHour: callsPerHour ?? defenderLimits.huntingCallsPerHour,
      now,
    })
  }

  /** Signs in with this from now on. */
  renew(credential: HuntingConfig['credential']): void {
    this.#signIn = credential
    this.#credential = null
  }

  /** Rows of a query over `[fromMs, toMs)`. Waits for its turn within the quotas. Throws FeedTrouble. */
  async run(
    query: string,
    span: { fromMs: number; toMs: number },
    signal: AbortSignal,
  ): Promise<HuntingRow[]> {
    const token = await this.#token(signal)
    await this.#budget.take(signal)
    const body: Record<string, string> = { Query: query }
    if (this.#interface.timespan)
      body['Timespan'] =
        `${new Date(span.fromMs).toISOString()}/${new Date(span.toMs).toISOString()}`
    const limit = AbortSignal.any([signal, AbortSignal.timeout(defenderLimits.huntingTimeoutMs)])
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: limit,
    }).catch((cause: unknown) => {
      throw signal.aborted ? cause : unreachable(cause)
    })
    if (!response.ok) throw await refusal(response)
    return this.#rows(await boundedText(response))
  }

  async #token(signal: AbortSignal): Promise<string> {
    try {
      this.#credential ??= await entraCredential(this.#signIn)
      const token = await this.#credential.getToken(this.#scope, { abortSignal: signal })
      if (token === null) throw new Error('no token')
      return token.token
    } catch (cause) {
      if (signal.aborted) throw cause
      // a secret that was renewed is read by a new one
      this.#credential = null
      throw signInTrouble(cause)
    }
  }

  #rows(text: string): HuntingRow[] {
    let answer: unknown
    try {
      answer = JSON.parse(text)
    } catch (cause) {
      throw new FeedTrouble('answer', 'cannot read the answer: it is no JSON; check the url', {
        cause,
      })
    }
    const rows = (answer as Record<string, unknown> | null)?.[this.#interface.rows]
    if (Array.isArray(rows)) return rows as HuntingRow[]
    throw new FeedTrouble(
      'answer',
      `cannot read the answer: it has no ${this.#interface.rows}; check api and url`,
    )
  }
}

/** So many calls in any minute and in any hour: the next one waits. */
export class CallBudget {
  readonly #perMinute: number
  readonly #perHour: number
  readonly #now: () => number
  #calls: number[] = []

  constructor(options: { perMinute: number; perHour: number; now: () => number }) {
    this.#perMinute = options.perMinute
    this.#perHour = options.perHour
    this.#now = options.now
  }

  /** Milliseconds until a call is free. */
  waitMs(): number {
    const now = this.#now()
    // calls "later" than now: the clock was set back, and they would close the budget until then
    this.#calls = this.#calls.filter((at) => at > now - 3_600_000 && at <= now)
    const minute = this.#calls.filter((at) => at > now - 60_000)
    return Math.max(
      0,
      minute.length < this.#perMinute ? 0 : minute[minute.length - this.#perMinute] + 60_000 - now,
      this.#calls.length < this.#perHour
        ? 0
        : this.#calls[this.#calls.length - this.#perHour] + 3_600_000 - now,
    )
  }

  async take(signal: AbortSignal): Promise<void> {
    for (let wait = this.waitMs(); wait > 0; wait = this.waitMs())
      await delay(Math.min(wait, 1000), undefined, { signal })
    this.#calls.push(this.#now())
  }
}

function signInTrouble(cause: unknown): FeedTrouble {
  const why = firstLine(causeOf(cause))
  const offline = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|network_error/.test(causeOf(cause))
  if (offline)
    return new FeedTrouble(
      'unreachable',
      `cannot sign in: ${why}; check the network and credential.authority, it is tried again`,
      { cause },
    )
  return new FeedTrouble(
    'denied',
    `cannot sign in: ${why}; check tenantId, clientId and the secret or certificate, it is tried again`,
    { cause },
  )
}

function unreachable(cause: unknown): FeedTrouble {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  return new FeedTrouble(
    'unreachable',
    `cannot ask for rows: ${firstLine(causeOf(inner))}; check url and the network, it is tried again`,
    { cause },
  )
}

async function refusal(response: Response): Promise<FeedTrouble> {
  const { status } = response
  const text = firstLine(messageOf(await response.text().catch(() => '')))
  const retryAfterMs = retryAfter(response.headers.get('retry-after'))
  const said = `the service answered ${status}${text === '' ? '' : ` (${text})`}`
  if (status === 401 || status === 403)
    return new FeedTrouble(
      'denied',
      `cannot ask for rows: ${said}; give the application the permission AdvancedQuery.Read.All, AdvancedHunting.Read.All or ThreatHunting.Read.All, it is tried again`,
    )
  if (status === 429)
    return new FeedTrouble('throttled', `cannot ask for rows: ${said}; it waits and goes on`, {
      retryAfterMs,
    })
  // one error code for all that is wrong with a query, its size too
  if (status === 400 && /too large|result size|size of the result/i.test(text))
    return new FeedTrouble('too-large', `cannot ask for rows: ${said}; it is asked in parts`)
  if (status === 400)
    return new FeedTrouble(
      'query',
      `cannot ask for rows: ${said}; see whether the tenant has the table`,
    )
  return new FeedTrouble('service', `cannot ask for rows: ${said}; it is tried again`, {
    retryAfterMs,
  })
}

function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : ''
  } catch {
    return ''
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(text: string | null, nowMs: number = Date.now()): number | null {
  if (text === null || text.trim() === '') return null
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 300)
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > defenderLimits.huntingAnswerBytes)
      throw new FeedTrouble(
        'too-large',
        'cannot take the answer: it is too large; it is asked in parts',
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
