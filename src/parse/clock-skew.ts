/**
 * How far a stream's stamps lie from the time of receipt: a small histogram that forgets, so that a clock that was mended shows
 * within minutes. Only what comes as it happens (syslog) has a clock to compare with; files and uploads have none.
 */
import { watchLimits } from '../limits.ts'
import type { ZoneOffset } from './line-context.ts'

/** Offsets in ms; positive = the stamps are ahead of receipt. Of a stream without stamps of its own there is none. */
export interface ClockSkew {
  /** Stamps it rests on; older ones count less. */
  lines: number
  medianMs: number
  /** A tenth lies below, a tenth above. */
  lowMs: number
  highMs: number
  /** Three of a hundred lie above: the freshest lines, save for outliers. */
  freshMs: number
  /** Share of stamps that named no zone, and took the source's. */
  zoneless: number
}

/** What a meter needs to go on after a restart. */
export interface SkewMemory {
  /** [seconds, lines] */
  counts: [number, number][]
  zoneless: number
}

/** Offsets beyond this are one bucket on each side: no zone is so far, the log is old or the clock lost its battery. */
const farSeconds = 26 * 3600

/** Whole seconds near zero, tens of seconds further out. */
function bucketOf(offMs: number): number {
  const seconds = Math.round(offMs / 1000)
  if (seconds > -300 && seconds < 300) return seconds
  return Math.max(-farSeconds, Math.min(farSeconds, Math.round(seconds / 10) * 10))
}

/** The source's zone, which remembers the stamp it was asked for last: whether a line's time is that one tells if the line named a zone. */
export class AskedZone implements ZoneOffset {
  readonly #zone: ZoneOffset | null
  lastMs = NaN

  constructor(zone: ZoneOffset | null) {
    this.#zone = zone
  }

  offsetMs(localMs: number): number {
    const offset = this.#zone === null ? 0 : this.#zone.offsetMs(localMs)
    this.lastMs = localMs - offset
    return offset
  }
}

export class SkewMeter {
  readonly #counts = new Map<number, number>()
  #lines = 0
  #zoneless = 0
  #halvedMs = 0
  #nowMs = 0
  /** Lines of this block that are still looked at. */
  #room = 0
  #told: ClockSkew | null = null
  #toldMs = 0

  /** Takes up what was measured before a restart. */
  remember({ counts, zoneless }: SkewMemory): void {
    for (const [seconds, lines] of counts) {
      this.#counts.set(seconds, lines)
      this.#lines += lines
    }
    this.#zoneless = zoneless
    this.#told = null
  }

  memory(): SkewMemory {
    return { counts: [...this.#counts], zoneless: this.#zoneless }
  }

  /** A block received at `nowMs` begins. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs
    this.#room = watchLimits.skewLinesPerBlock
    if (this.#halvedMs === 0) this.#halvedMs = nowMs
    if (
      this.#lines >= watchLimits.skewLinesEnough &&
      nowMs - this.#halvedMs >= watchLimits.skewHalfLifeMs
    )
      this.#halve()
  }

  get wantsStamp(): boolean {
    return this.#room > 0
  }

  /** A stamp of the block. One equal to the time of receipt is that time: the line had none. */
  add(stampMs: number, zoneless: boolean): void {
    if (this.#room <= 0 || stampMs === this.#nowMs) return
    this.#room--
    const bucket = bucketOf(stampMs - this.#nowMs)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#lines++
    if (zoneless) this.#zoneless++
    while (this.#counts.size > watchLimits.skewBuckets) this.#halve()
  }

  /** Single outliers are gone with it. */
  #halve(): void {
    this.#halvedMs = this.#nowMs
    const before = this.#lines
    this.#lines = 0
    for (const [seconds, lines] of this.#counts) {
      const half = lines >> 1
      if (half === 0) this.#counts.delete(seconds)
      else this.#counts.set(seconds, half)
      this.#lines += half
    }
    this.#zoneless *= before === 0 ? 0 : this.#lines / before
    this.#told = null
  }

  /** null = no stamp was seen. */
  skew(): ClockSkew | null {
    if (this.#lines === 0) return null
    // asked after each segment: what changes in some seconds is not worth the sorting
    if (this.#told !== null && this.#nowMs - this.#toldMs < watchLimits.skewToldMs)
      return this.#told
    this.#toldMs = this.#nowMs
    const counts = [...this.#counts].sort((a, b) => a[0] - b[0])
    const at = (share: number): number => {
      let left = share * this.#lines
      for (const [seconds, lines] of counts) if ((left -= lines) <= 0) return seconds * 1000
      return counts[counts.length - 1][0] * 1000
    }
    this.#told = {
      lines: this.#lines,
      medianMs: at(0.5),
      lowMs: at(0.1),
      highMs: at(0.9),
      freshMs: at(0.97),
      zoneless: Math.min(1, this.#zoneless / this.#lines),
    }
    return this.#told
  }
}
