/** A stand-in for a running appliance: fixed answers over real HTTP. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'

export interface Asked {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
}

type Answer = (asked: Asked) => { status?: number; body: unknown } | null

export interface StandIn {
  url: () => string
  /** All requests since the test began. */
  asked: Asked[]
  /** `null` = hold the request without an answer. */
  answer: (answer: Answer) => void
}

export function standIn(): StandIn {
  const asked: Asked[] = []
  let answer: Answer = () => null
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: text === '' ? null : (JSON.parse(text) as unknown),
    }
    asked.push(one)
    const given = answer(one)
    if (given === null) return
    const body = typeof given.body === 'string' ? given.body : JSON.stringify(given.body)
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json' }).end(body)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  beforeEach(() => {
    asked.length = 0
  })
  return {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: (next) => {
      answer = next
    },
  }
}
