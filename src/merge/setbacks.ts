/** Hours that could not be merged: each waits longer after each further failure, so that one of them does not hold up the rest. */
import { mergeLimits } from '../limits.ts'
import type { HourRef } from './merge.ts'

export interface Setback extends HourRef {
  tries: number
  /** Tried again then, epoch ms. */
  nextMs: number
  reason: string
}

const keyOf = ({ report, hour }: HourRef): string => `${report}|${hour}`

export class Setbacks {
  readonly #hours = new Map<string, Setback>()

  failed(hour: HourRef, reason: string, nowMs: number): void {
    const tries = (this.#hours.get(keyOf(hour))?.tries ?? 0) + 1
    const waitMs = Math.min(mergeLimits.retryMsMax, mergeLimits.retryMs * 2 ** (tries - 1))
    const { report, hour: at } = hour
    this.#hours.set(keyOf(hour), { report, hour: at, tries, nextMs: nowMs + waitMs, reason })
  }

  done(hour: HourRef): void {
    this.#hours.delete(keyOf(hour))
  }

  /** Whether the hour must not be tried yet. */
  waits(hour: HourRef, nowMs: number): boolean {
    const setback = this.#hours.get(keyOf(hour))
    return setback !== undefined && setback.nextMs > nowMs
  }

  get size(): number {
    return this.#hours.size
  }

  list(): Setback[] {
    return [...this.#hours.values()].toSorted((a, b) => b.hour - a.hour)
  }
}
