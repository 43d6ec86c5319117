/**
 * The discovery API of Defender for Cloud Apps: initiate, finalise, and the list of streams
 * (https://learn.microsoft.com/defender-cloud-apps/api-discovery).
 */
import { z } from 'zod'
import type { TenantConfig } from '../config/publish-schema.ts'
import { credentialsOf } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import { RateBudget } from './rate-budget.ts'
import { judged, Refused, Transport, TryAgain } from './transport.ts'
import type { Answer, Asked } from './transport.ts'

const target = z.object({ url: z.url(), provider: z.enum(['azure', 'aws']) })
const streamList = z.object({
  streams: z.array(
    z.looseObject({
      _id: z.string(),
      displayName: z.string(),
      logFilesHistoryCount: z.number().optional(),
      logFilesFailsCount: z.number().optional(),
    }),
  ),
})
const finalised = z.looseObject({ success: z.boolean().optional() })

export type UploadTarget = z.infer<typeof target>
export type RemoteStream = z.infer<typeof streamList>['streams'][number]

export class MdaClient {
  readonly transport: Transport
  readonly #base: string
  readonly #budget: RateBudget
  readonly #credentials: Credentials
  readonly #now: () => number

  constructor(tenant: TenantConfig, now: () => number) {
    this.transport = new Transport({ proxy: tenant.proxy, caBundle: tenant.caBundle })
    this.#base = tenant.url.replace(/\/+$/, '')
    this.#budget = new RateBudget(tenant.requestsPerMinute, now)
    this.#credentials = credentialsOf(tenant.credential, this.transport)
    this.#now = now
  }

  /** Step 1. */
  async uploadUrl(fileName: string, source: string, signal: AbortSignal): Promise<UploadTarget> {
    const query = new URLSearchParams({ filename: fileName, source })
    const answer = await this.#ask(`/api/v1/discovery/upload_url/?${query}`, {
      method: 'GET',
      signal,
    })
    return parsed(answer, target, 'upload_url')
  }

  /** Step 3. The caller has written down that it asks: the answer may get lost. */
  async done(
    body: { uploadUrl: string; inputStreamName: string; uploadAsSnapshot?: boolean },
    signal: AbortSignal,
  ): Promise<Answer> {
    const answer = await this.#ask('/api/v1/discovery/done_upload/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
    if (answer.text.trim() === '') return answer
    if (parsed(answer, finalised, 'done_upload').success === false)
      throw new Refused('done_upload: success is false', answer)
    return answer
  }

  async streams(signal: AbortSignal): Promise<RemoteStream[]> {
    const answer = await this.#ask('/api/discovery/streams/', { method: 'GET', signal })
    return parsed(answer, streamList, 'streams').streams
  }

  async #ask(path: string, asked: Asked): Promise<Answer> {
    const what = path.split('/').findLast((part) => part !== '' && !part.startsWith('?')) ?? path
    const header = await this.#credentials.header()
    await this.#budget.take(asked.signal)
    const answer = await this.transport.request(`${this.#base}${path}`, {
      ...asked,
      headers: { accept: 'application/json', ...asked.headers, authorization: header },
    })
    // A token that was taken back or has just ended: the next try has another.
    if (answer.status === 401)
      throw new TryAgain(`${what}: status 401, the sign-in is not accepted`, { sent: false })
    try {
      return judged(answer, what, this.#now())
    } catch (error) {
      if (error instanceof TryAgain && error.waitMs !== null && !error.sent)
        this.#budget.closeFor(error.waitMs)
      throw error
    }
  }
}

function parsed<Schema extends z.ZodType>(
  answer: Answer,
  schema: Schema,
  what: string,
): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(answer.text)
  } catch (cause) {
    // a proxy's page with status 200: the request may have arrived
    throw new TryAgain(`${what}: the answer is no JSON`, { sent: true, cause })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new TryAgain(`${what}: the answer has another shape than documented`, { sent: true })
}
