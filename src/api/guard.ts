/** Who may ask: nobody's web page but our own may change something, and no address may ask without end. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { apiLimits } from '../limits.ts'
import { ApiProblem } from './problem.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A header no other site can set: browsers ask first (https://fetch.spec.whatwg.org/#cors-preflight-fetch), and we never agree. */
export const ownHeader = 'x-gnomon'

/**
 * Why a request is another site's doing, or null. Browsers say where a request comes from in Sec-Fetch-Site
 * (https://www.w3.org/TR/fetch-metadata/) or, on addresses without TLS, in Origin; programs send neither.
 */
export function crossSite(request: {
  method: string
  headers: Record<string, string | string[] | undefined>
}): string | null {
  const { headers } = request
  if (safeMethods.has(request.method) || headers[ownHeader] !== undefined) return null
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return `it comes from another site (Sec-Fetch-Site: ${String(site).slice(0, 40)})`
  const { origin } = headers
  if (origin === undefined || hostOf(origin) === headers.host) return null
  return site === undefined ? 'its Origin is another site' : 'its Origin is not its Host'
}

function hostOf(origin: string | string[]): string | null {
  return typeof origin === 'string' && URL.canParse(origin) ? new URL(origin).host : null
}

/** Counts the requests of each address within a minute. */
export class RateLimit {
  readonly #now: () => number
  readonly #counts = new Map<string, number>()
  #minute = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Seconds to wait, or 0. */
  wait(address: string): number {
    const atMs = this.#now()
    const minute = Math.floor(atMs / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#counts.clear()
    }
    const known = this.#counts.has(address) || this.#counts.size < apiLimits.rateAddresses
    const key = known ? address : 'others'
    const requests = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, requests)
    return requests > apiLimits.requestsPerMinute ? Math.ceil(60 - (atMs % 60_000) / 1000) : 0
  }
}

/** Health checks and the collector of metrics are never turned away; the console's own files cost nothing, and a page has dozens. */
const uncounted = (url: string): boolean =>
  ['/healthz', '/readyz', '/metrics'].includes(url) || url.startsWith('/console/assets/')

/** Puts both before every route. */
export function guard(app: FastifyInstance, now: () => number): void {
  const rate = new RateLimit(now)
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    const seconds = uncounted(request.url) ? 0 : rate.wait(request.ip)
    if (seconds > 0) {
      void reply.header('retry-after', seconds)
      throw new ApiProblem(
        429,
        'TOO_MANY_REQUESTS',
        `cannot answer more than ${apiLimits.requestsPerMinute} requests a minute; wait ${seconds} s`,
      )
    }
    const why = crossSite(request)
    if (why !== null)
      throw new ApiProblem(
        403,
        'CROSS_SITE',
        `cannot change anything by this request: ${why}; send it from the console, or with the header X-Gnomon: 1`,
      )
  })
}
