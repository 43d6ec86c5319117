/** Counts lines and bytes by hour, stream, outcome, reason and format while a segment is read. */
import type { LedgerEntry } from './batch.ts'

const hourMs = 3_600_000

export class LedgerCounts {
  readonly #entries = new Map<string, LedgerEntry>()

  add(entry: Omit<LedgerEntry, 'hourMs'> & { atMs: number }): void {
    const hour = Math.floor(entry.atMs / hourMs) * hourMs
    const { stream, source, outcome, reason, format } = entry
    const key = `${hour}\0${stream}\0${source}\0${outcome}\0${reason}\0${format}`
    const known = this.#entries.get(key)
    if (known === undefined) {
      const { atMs: _, ...rest } = entry
      this.#entries.set(key, { ...rest, hourMs: hour })
      return
    }
    known.lines += entry.lines
    known.bytes = known.bytes === null || entry.bytes === null ? null : known.bytes + entry.bytes
  }

  entries(): LedgerEntry[] {
    return [...this.#entries.values()]
  }
}

/**
 * Lines and bytes of one block by (outcome, reason, format): small integers on the hot path, entries once per block. A reason
 * and format pair has a few dozen values at most.
 */
export class OutcomeCounts {
  readonly #places = {
    transaction: new Map<string, Map<string, number>>(),
    skipped: new Map<string, Map<string, number>>(),
    unparsed: new Map<string, Map<string, number>>(),
  }
  readonly #reasons: string[] = []
  readonly #formats: string[] = []
  readonly #outcomes: LedgerEntry['outcome'][] = []
  #lines = new Float64Array(64)
  #bytes = new Float64Array(64)
  /** Those of the line before: most lines end like it. */
  #lastOutcome = ''
  #lastReason = ''
  #lastFormat = ''
  #lastPlace = 0

  add(
    outcome: 'transaction' | 'skipped' | 'unparsed',
    reason: string,
    format: string,
    bytes: number,
    lines = 1,
  ): void {
    if (
      outcome !== this.#lastOutcome ||
      reason !== this.#lastReason ||
      format !== this.#lastFormat
    ) {
      this.#lastPlace = this.#placeOf(outcome, reason, format)
      this.#lastOutcome = outcome
      this.#lastReason = reason
      this.#lastFormat = format
    }
    this.#lines[this.#lastPlace] += lines
    this.#bytes[this.#lastPlace] += bytes
  }

  #placeOf(
    outcome: 'transaction' | 'skipped' | 'unparsed',
    reason: string,
    format: string,
  ): number {
    const places = this.#places[outcome]
    let byReason = places.get(format)
    if (byReason === undefined) places.set(format, (byReason = new Map<string, number>()))
    let place = byReason.get(reason)
    if (place === undefined) {
      place = this.#reasons.push(reason) - 1
      this.#formats.push(format)
      this.#outcomes.push(outcome)
      byReason.set(reason, place)
      if (place >= this.#lines.length) {
        this.#lines = doubled(this.#lines)
        this.#bytes = doubled(this.#bytes)
      }
    }
    return place
  }

  /** Moves the counts into the ledger, under one stream and time. */
  flush(ledger: LedgerCounts, stream: string, source: string, atMs: number): void {
    for (let place = 0; place < this.#reasons.length; place++) {
      if (this.#lines[place] === 0) continue
      ledger.add({
        atMs,
        stream,
        source,
        outcome: this.#outcomes[place],
        reason: this.#reasons[place],
        format: this.#formats[place],
        lines: this.#lines[place],
        bytes: this.#bytes[place],
      })
      this.#lines[place] = 0
      this.#bytes[place] = 0
    }
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const next = new Float64Array(array.length * 2)
  next.set(array)
  return next
}
