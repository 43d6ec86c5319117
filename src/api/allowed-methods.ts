/** Tells a wrong method (405) from a wrong path (404). */
import type { FastifyInstance } from 'fastify'

export interface AllowedMethods {
  /** Methods of a path's routes, or null when there are none. */
  of(path: string): string | null
}

/** Learns all routes that are registered after it. */
export function learnMethods(app: FastifyInstance): AllowedMethods {
  const routes: { segments: string[]; methods: Set<string> }[] = []
  const byUrl = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    let methods = byUrl.get(url)
    if (methods === undefined) {
      methods = new Set()
      byUrl.set(url, methods)
      if (!url.includes('*')) routes.push({ segments: url.split('/'), methods })
    }
    for (const one of [method].flat()) methods.add(one)
  })
  return {
    of(path) {
      const asked = path.split('?', 1)[0].split('/')
      const found = routes.filter(
        ({ segments }) =>
          segments.length === asked.length &&
          segments.every((segment, i) => segment.startsWith(':') || segment === asked[i]),
      )
      // A literal path wins over one with parameters, as in the router.
      const best = found.sort((a, b) => parameters(a.segments) - parameters(b.segments))[0]
      return best === undefined ? null : [...best.methods].sort().join(', ')
    },
  }
}

function parameters(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':')).length
}
