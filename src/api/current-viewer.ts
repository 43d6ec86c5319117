/** Who is asking, known wherever a request is served (https://nodejs.org/api/async_context.html). */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Viewer } from '../access/rights.ts'
import type { ApiBackend } from './backend.ts'
import { ApiProblem } from './problem.ts'

export const viewers = new AsyncLocalStorage<Viewer | null>()

/** Never guesses: without a viewer nothing is shown. */
export function currentViewer(): Viewer {
  const viewer = viewers.getStore() ?? null
  if (viewer === null)
    throw new ApiProblem(401, 'UNAUTHORIZED', 'cannot tell who asks; sign in, or send a token')
  return viewer
}

/** A backend that answers each call as the one of the viewer who makes it. `unbound` answers what is asked of nobody: health. */
export function viewedBackend(
  of: (viewer: Viewer) => ApiBackend,
  unbound: Pick<ApiBackend, 'readiness'>,
): ApiBackend {
  return new Proxy(unbound as ApiBackend, {
    // looked up while the route's handler runs, so that a stream it makes stays that viewer's
    get: (target, name) =>
      Reflect.get(name in target ? target : of(currentViewer()), name) as unknown,
  })
}
