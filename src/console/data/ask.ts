/** Questions to the appliance's API. */
import type { Problem } from '../../api/schemas.ts'

/** What the appliance answered instead. `message` is fit for people; `code` is stable. */
export class ApiFault extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | null

  constructor(status: number, problem: Partial<Problem> & { detail: string }) {
    super(problem.detail)
    this.name = 'ApiFault'
    this.status = status
    this.code = problem.code ?? 'UNKNOWN'
    this.requestId = problem.requestId ?? null
  }
}

export type Query = Record<string, string | number | null | undefined>

/** Path under /api/v1 with a query; what is null or undefined is left out. */
export function addressOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`
}

/** Reads an answer, or throws ApiFault. */
export async function ask<Answer>(
  path: string,
  query: Query = {},
  options: { signal?: AbortSignal } = {},
): Promise<Answer> {
  return answerOf(await fetch(addressOf(path, query), options))
}

/** Changes something; `body` goes as JSON. Throws ApiFault. */
export async function tell<Answer>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers: Record<string, string> = { 'x-gnomon': '1' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  return answerOf(
    await fetch(addressOf(path), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw await answerFault(response)
  return (isJson(response) ? await response.json() : undefined) as Answer
}

const isJson = (response: Response): boolean =>
  response.headers.get('content-type')?.includes('json') === true

/** What an answer that is none says. */
export async function answerFault(response: Response): Promise<ApiFault> {
  const problem = isJson(response) ? ((await response.json()) as Problem) : null
  return new ApiFault(
    response.status,
    problem ?? { detail: `the appliance answered ${response.status} ${response.statusText}` },
  )
}
