/** What is measured of a stream beside its lines: its clock (live streams only), and whether its lines still look as they did. */
import { watchLimits } from '../limits.ts'
import { AskedZone, SkewMeter } from './clock-skew.ts'
import type { ClockSkew, SkewMemory } from './clock-skew.ts'
import type { CompiledFormat } from './compile.ts'
import { DriftWatch, watchedFields } from './drift-watch.ts'
import type { DriftMemory, DriftNotice } from './drift-watch.ts'
import { numberIndex, skipped, textIndex, transaction } from './line-context.ts'
import type { LineContext, ZoneOffset } from './line-context.ts'
import { shapeOf } from './line-shape.ts'

interface Memory {
  skew: SkewMemory | null
  drift: DriftMemory | null
}

const recordKinds = ['session', 'web', 'dns'] as const

/** Whether lines of a listener come as they happen: files and uploads tell nothing of a clock. */
export function isLive(listener: string): boolean {
  return listener.startsWith('syslog')
}

/** Whether a stream goes on, so that its lines can be compared with earlier ones: an upload is one file. */
export function goesOn(listener: string): boolean {
  return listener !== 'upload' && listener !== 'replay'
}

export class StreamWatch {
  readonly zone: AskedZone
  readonly #skew: SkewMeter | null
  readonly #drift: DriftWatch | null
  #nowMs = 0
  #toldMs = 0
  #closed = false

  constructor(listener: string, zone: ZoneOffset | null, drift: boolean) {
    this.zone = new AskedZone(zone)
    this.#skew = isLive(listener) ? new SkewMeter() : null
    this.#drift = drift && goesOn(listener) ? new DriftWatch() : null
  }

  get watchesDrift(): boolean {
    return this.#drift !== null
  }

  /** A block received at `nowMs` begins. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs
    this.#skew?.begin(nowMs)
  }

  /** Whether the next line is looked at. */
  get wantsLine(): boolean {
    return this.#skew?.wantsStamp === true || this.#drift?.wants(this.#nowMs) === true
  }

  /** A stamp that was read, whether or not its line is kept. */
  stamp(timeMs: number): void {
    this.#skew?.add(timeMs, this.zone.lastMs === timeMs)
  }

  /** A line was read. Most are passed over. */
  line(c: LineContext, outcome: number, format: CompiledFormat | null): void {
    if (this.#drift === null || c.part > 0 || !this.#drift.wants(this.#nowMs)) return
    const shape =
      format === null
        ? { columns: null, keys: [] }
        : shapeOf(c.buf.subarray(c.payloadStart, c.recordStop), format.definition.split)
    const isTransaction = outcome === transaction
    const closed = this.#drift.add(
      {
        format: format?.id ?? '',
        outcome: isTransaction ? 'transaction' : outcome === skipped ? 'skipped' : 'unparsed',
        kind: isTransaction ? recordKinds[c.record] : c.reason,
        ...shape,
        filled: isTransaction ? filledOf(c) : [],
      },
      this.#nowMs,
    )
    this.#closed ||= closed
  }

  skew(): ClockSkew | null {
    return this.#skew?.skew() ?? null
  }

  notices(): readonly DriftNotice[] {
    return this.#drift?.notices ?? []
  }

  /** What must be kept over a restart, when there is news of it; else null. */
  news(): string | null {
    const due = this.#nowMs - this.#toldMs >= watchLimits.driftWindowMs
    if (!this.#closed && !due) return null
    this.#closed = false
    this.#toldMs = this.#nowMs
    return this.memory()
  }

  memory(): string {
    return JSON.stringify({
      skew: this.#skew?.memory() ?? null,
      drift: this.#drift?.memory() ?? null,
    } satisfies Memory)
  }

  /** Takes up what `memory` gave; not its clock, when stamps are read in another zone now. */
  remember(text: string, { clock }: { clock: boolean }): void {
    const { skew, drift } = JSON.parse(text) as Memory
    if (skew !== null && clock) this.#skew?.remember(skew)
    if (drift !== null) this.#drift?.remember(drift)
  }
}

const spans = watchedFields.flatMap((field) =>
  field === 'bytes' || field === 'action' ? [] : [{ field, at: textIndex[field] * 2 }],
)

function filledOf({ text, numbers, action }: LineContext): string[] {
  const filled: string[] = []
  for (const { field, at } of spans) if (text[at + 1] > text[at]) filled.push(field)
  if (action !== 0) filled.push('action')
  const { bytesUp, bytesDown, bytesTotal } = numberIndex
  if (numbers[bytesUp] >= 0 || numbers[bytesDown] >= 0 || numbers[bytesTotal] >= 0)
    filled.push('bytes')
  return filled
}
