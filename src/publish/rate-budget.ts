/**
 * Requests of one tenant within a sliding minute, given out in the order they were asked for: no upload starves another. What a clock
 * that was set back puts in the future is forgotten: it would close the budget until then.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { oneByOne } from '../lib/one-by-one.ts'

const minuteMs = 60_000

export class RateBudget {
  readonly #perMinute: number
  readonly #now: () => number
  readonly #sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  #taken: number[] = []
  #closed = { fromMs: 0, untilMs: 0 }
  readonly #inTurn = oneByOne()

  constructor(
    perMinute: number,
    now: () => number,
    sleep: (ms: number, signal?: AbortSignal) => Promise<void> = async (ms, signal) =>
      delay(ms, undefined, signal === undefined ? {} : { signal }),
  ) {
    this.#perMinute = perMinute
    this.#now = now
    this.#sleep = sleep
  }

  /** Resolves when one more request may be sent; rejects when the signal ends the wait. */
  async take(signal?: AbortSignal): Promise<void> {
    return this.#inTurn(async () => this.#one(signal))
  }

  /** The tenant said how long: nobody asks before. */
  closeFor(ms: number): void {
    const fromMs = this.#now()
    this.#closed = { fromMs, untilMs: fromMs + Math.max(ms, this.#closedMs(fromMs)) }
  }

  #closedMs(nowMs: number): number {
    const { fromMs, untilMs } = this.#closed
    return nowMs < fromMs ? 0 : Math.max(0, untilMs - nowMs)
  }

  async #one(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      const nowMs = this.#now()
      this.#taken = this.#taken.filter((atMs) => atMs > nowMs - minuteMs && atMs <= nowMs)
      const full = this.#taken.length >= this.#perMinute ? this.#taken[0] + minuteMs - nowMs : 0
      const waitMs = Math.max(full, this.#closedMs(nowMs))
      if (waitMs <= 0) break
      await this.#sleep(waitMs, signal)
    }
    this.#taken.push(this.#now())
  }
}
