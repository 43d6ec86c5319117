/**
 * The indicators API of Defender for Endpoint within its quotas: list (100 a minute), import (500 indicators, 30 a minute), delete.
 * https://learn.microsoft.com/defender-endpoint/api/import-ti-indicators
 */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { IndicatorsConfig } from '../config/govern-schema.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { governLimits } from '../limits.ts'
import { credentialsOf } from '../publish/credentials.ts'
import type { Credentials } from '../publish/credentials.ts'
import { RateBudget } from '../publish/rate-budget.ts'
import { Refused, Transport, TryAgain, judged, pauseMs, shown } from '../publish/transport.ts'
import type { Answer, Asked } from '../publish/transport.ts'
import { remoteIndicatorSchema } from './indicator-plan.ts'
import type { RemoteIndicator, WantedIndicator } from './indicator-plan.ts'

const page = z.object({ value: z.array(remoteIndicatorSchema) })
const imported = z.object({
  value: z.array(
    z.looseObject({
      indicator: z.string().nullish(),
      isFailed: z.boolean().nullish(),
      failureReason: z.string().nullish(),
    }),
  ),
})

export interface ImportFailure {
  value: string
  reason: string
}

export interface IndicatorClientOptions {
  config: IndicatorsConfig
  now: () => number
  /** For tests: waits by the clock of the test. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

export class IndicatorClient {
  readonly #options: IndicatorClientOptions
  readonly #transport: Transport
  readonly #credentials: Credentials
  readonly #budget: RateBudget
  readonly #sleep: NonNullable<IndicatorClientOptions['sleep']>

  constructor(options: IndicatorClientOptions) {
    this.#options = options
    const { config, now } = options
    this.#sleep =
      options.sleep ??
      (async (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }))
    this.#transport = new Transport({ proxy: config.proxy, caBundle: config.caBundle })
    this.#credentials = credentialsOf(config.credential, this.#transport)
    this.#budget = new RateBudget(governLimits.indicatorRequestsPerMinute, now, this.#sleep)
  }

  /** All indicators of the tenant: those of others count, and are left alone. */
  async list(signal: AbortSignal): Promise<RemoteIndicator[]> {
    const all: RemoteIndicator[] = []
    for (;;) {
      const query = `$top=${governLimits.indicatorsPerPage}&$skip=${all.length}`
      const answer = await this.#ask(`/api/indicators?${query}`, { method: 'GET', signal })
      const { value } = this.#parsed(answer, page, 'the list of indicators')
      all.push(...value)
      if (value.length < governLimits.indicatorsPerPage) return all
    }
  }

  /** Makes or changes them; the same value is the same indicator, so a batch may be sent twice. */
  async put(indicators: readonly WantedIndicator[], signal: AbortSignal): Promise<ImportFailure[]> {
    const answer = await this.#ask('/api/indicators/import', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ Indicators: indicators }),
      signal,
    })
    const { value } = this.#parsed(answer, imported, 'the import of indicators')
    return value
      .filter(({ isFailed }) => isFailed === true)
      .map(({ indicator, failureReason }) => ({
        value: indicator ?? '',
        reason: shown(failureReason ?? 'no reason given'),
      }))
  }

  /** One that is gone already is as good as removed. */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#ask(
      `/api/indicators/${encodeURIComponent(id)}`,
      { method: 'DELETE', signal },
      [404],
    )
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }

  /** Tries again what may be tried again. Throws GOVERN_FAILED. */
  async #ask(path: string, asked: Asked, fine: readonly number[] = []): Promise<Answer> {
    const { config, now } = this.#options
    for (let failures = 1; ; failures++) {
      try {
        const authorization = await this.#credentials.header()
        await this.#budget.take(asked.signal)
        const answer = await this.#transport.request(`${config.url.replace(/\/+$/, '')}${path}`, {
          timeoutMs: governLimits.indicatorAnswerMs,
          answerBytes: governLimits.indicatorAnswerBytes,
          ...asked,
          headers: { ...asked.headers, authorization, accept: 'application/json' },
        })
        return fine.includes(answer.status)
          ? answer
          : judged(answer, `${asked.method} indicators`, now())
      } catch (error) {
        asked.signal?.throwIfAborted()
        if (!(error instanceof TryAgain) || failures >= governLimits.indicatorTries)
          throw failedBy(error)
        const waitMs = Math.min(
          error.waitMs ?? pauseMs(failures, Math.random),
          governLimits.indicatorWaitMsMax,
        )
        if (error.waitMs !== null) this.#budget.closeFor(waitMs)
        await this.#sleep(waitMs, asked.signal)
      }
    }
  }

  #parsed<T extends z.ZodType>(answer: Answer, schema: T, what: string): z.output<T> {
    const problem = (why: string): OperatingError =>
      new OperatingError(
        'GOVERN_FAILED',
        `cannot understand ${what}: ${why}; check govern.indicators.url`,
      )
    try {
      const result = schema.safeParse(JSON.parse(answer.text))
      if (result.success) return result.data
      throw problem(z.prettifyError(result.error).slice(0, 200))
    } catch (error) {
      if (error instanceof SyntaxError) throw problem('no JSON')
      throw error
    }
  }
}

function failedBy(error: unknown): OperatingError {
  if (error instanceof OperatingError) return error
  const detail = error instanceof Refused ? ` (${shown(error.answer.text)})` : ''
  return new OperatingError(
    'GOVERN_FAILED',
    `cannot talk to Defender's indicators: ${causeOf(error)}${detail}; check govern.indicators and the application's rights`,
    { cause: error },
  )
}
