/** Wrong passwords close a name for a while, longer each time. Names that are none are counted alike: nobody learns which exist. */
import { accessLimits } from '../limits.ts'

export class Lockout {
  readonly #now: () => number
  readonly #failures: number
  readonly #names = new Map<string, { failures: number; untilMs: number; lastMs: number }>()

  constructor(failures: number, now: () => number) {
    this.#failures = failures
    this.#now = now
  }

  /** Seconds until this name may try again; 0 = now. */
  wait(name: string): number {
    const entry = this.#names.get(keyOf(name))
    return entry === undefined ? 0 : Math.max(0, Math.ceil((entry.untilMs - this.#now()) / 1000))
  }

  /** Counts a failure. */
  fail(name: string): void {
    const key = keyOf(name)
    const nowMs = this.#now()
    const old = this.#names.get(key)
    const fresh = old === undefined || nowMs - old.lastMs > accessLimits.lockForgetMs
    const failures = fresh ? 1 : old.failures + 1
    const over = failures - this.#failures
    const lockMs = over < 0 ? 0 : Math.min(accessLimits.lockMsMax, accessLimits.lockMs * 2 ** over)
    this.#names.delete(key)
    this.#names.set(key, { failures, untilMs: nowMs + lockMs, lastMs: nowMs })
    if (this.#names.size <= accessLimits.lockNames) return
    // the one that failed longest ago is forgotten
    for (const oldest of this.#names.keys()) {
      this.#names.delete(oldest)
      return
    }
  }

  /** A good sign-in, or an administrator's word. */
  clear(name: string): void {
    this.#names.delete(keyOf(name))
  }
}

function keyOf(name: string): string {
  return name.toLowerCase().slice(0, accessLimits.nameCharacters)
}
