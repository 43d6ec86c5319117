/** Lines a second of each source, over the last minute, from the segments that arrived. */
import { apiLimits } from '../limits.ts'
import type { LedgerEntry } from '../parse/batch.ts'

export class LineRates {
  readonly #now: () => number
  readonly #sources = new Map<string, { atMs: number; lines: number }[]>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Counts a stored segment. */
  add(ledger: readonly LedgerEntry[]): void {
    const atMs = this.#now()
    const lines = new Map<string, number>()
    for (const entry of ledger)
      if (entry.outcome === 'received')
        lines.set(entry.source, (lines.get(entry.source) ?? 0) + entry.lines)
    for (const [source, count] of lines) {
      const marks = this.#recent(source, atMs)
      marks.push({ atMs, lines: count })
      this.#sources.set(source, marks)
    }
  }

  /** null = nothing was seen since the start. */
  of(source: string): number | null {
    if (!this.#sources.has(source)) return null
    const marks = this.#recent(source, this.#now())
    return marks.reduce((sum, { lines }) => sum + lines, 0) / (apiLimits.rateWindowMs / 1000)
  }

  #recent(source: string, nowMs: number): { atMs: number; lines: number }[] {
    return (this.#sources.get(source) ?? []).filter(
      ({ atMs }) => nowMs - atMs < apiLimits.rateWindowMs,
    )
  }
}
