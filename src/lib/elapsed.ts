/** Milliseconds between two moments of the machine's clock, whichever is later: one that was set back must not hold up what is due. */
export function elapsedMs(sinceMs: number, nowMs: number): number {
  return Math.abs(nowMs - sinceMs)
}
