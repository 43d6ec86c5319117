/**
 * The clock of marks (`dirty_hours`) and generations (`usage_hours`). An hour is merged again when its mark is not older than its
 * generation, and the largest generation is the one that is shown: were they taken from the machine's clock alone, a clock that is set
 * back would leave new flows unmerged, and new merges unseen, until it had caught up.
 */
import { performance } from 'node:perf_hooks'
import type { Store } from './store.ts'

/**
 * Epoch ms, always more than any mark or generation before, those in the store included. After the machine's clock was set back it
 * goes on at half speed until that has caught up.
 */
export async function markClock(
  store: Pick<Store, 'query'>,
  now: () => number,
  monotonic: () => number = () => performance.now(),
): Promise<() => number> {
  const [{ mark, generation }] = await store.query<{ mark: number; generation: number }>(
    'SELECT (SELECT max(mark) FROM db.dirty_hours) AS mark, (SELECT max(generation) FROM db.usage_hours) AS generation',
  )
  let lastMs = Math.max(mark, generation)
  let askedMs = monotonic()
  return () => {
    const passedMs = monotonic() - askedMs
    askedMs += passedMs
    lastMs = Math.max(now(), Math.ceil(lastMs + Math.max(1, passedMs / 2)))
    return lastMs
  }
}
