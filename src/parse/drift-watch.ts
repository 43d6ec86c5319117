/**
 * Whether the lines of a stream still look as they did: a firmware that writes other columns, a key that is gone, a user that is
 * empty from one minute to the next. Of each minute some lines are looked at; a difference counts when it is large against all that
 * the stream ever showed and holds in two windows, so that day and night, or a change of mix, are no alarm.
 */
import { watchLimits } from '../limits.ts'
import { explain } from './drift-words.ts'
import type { Difference } from './drift-words.ts'

/** What changed in a stream, in words. */
export interface DriftNotice {
  sinceMs: number
  /** When lines were again as before; null = they are not. */
  endedMs: number | null
  words: string[]
  /** Feature, its share before, its share then: how the end is seen. */
  marks: [string, number, number][]
}

/** One line that was looked at. */
export interface SeenLine {
  /** Format id, '' = none read it. */
  format: string
  outcome: 'transaction' | 'skipped' | 'unparsed'
  /** Kind of transaction (session, web, dns), or the reason. */
  kind: string
  columns: number | null
  keys: readonly string[]
  /** Of a transaction: fields that have a value. */
  filled: readonly string[]
}

/** Fields whose emptiness is watched. */
export const watchedFields = [
  'srcIp',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'url',
  'action',
  'bytes',
] as const

/** Lowest, highest and mean share of a feature in the windows so far. */
export type Range = [low: number, high: number, mean: number]

interface Kind {
  windows: number
  features: Map<string, Range>
}

export interface DriftMemory {
  kinds: [string, number, [string, ...Range][]][]
  notices: DriftNotice[]
  learnedMs: number
}

interface Window {
  openedMs: number
  lines: number
  /** Lines by kind, and of each kind the counts of its features. */
  kinds: Map<string, { lines: number; counts: Map<string, number> }>
}

/** The kind under which shares of all lines stand: `what became of them`. */
const everything = '*'

export class DriftWatch {
  readonly #kinds = new Map<string, Kind>()
  #notices: DriftNotice[] = []
  #window: Window | null = null
  /** The last windows, which are not learned yet: a change may have begun in the midst of one, and the next must confirm it. */
  readonly #held: { window: Window; differences: Difference[] }[] = []
  #learnedMs = 0

  remember({ kinds, notices, learnedMs }: DriftMemory): void {
    for (const [name, windows, features] of kinds)
      this.#kinds.set(name, {
        windows,
        features: new Map(features.map(([feature, ...range]) => [feature, range])),
      })
    this.#notices = notices
    this.#learnedMs = learnedMs
  }

  memory(): DriftMemory {
    return {
      kinds: Array.from(this.#kinds, ([name, { windows, features }]) => [
        name,
        windows,
        Array.from(features, ([feature, range]) => [feature, ...range.map(short)] as never),
      ]),
      notices: this.#notices,
      learnedMs: this.#learnedMs,
    }
  }

  get notices(): readonly DriftNotice[] {
    return this.#notices
  }

  /** Whether the next line is to be looked at. */
  wants(nowMs: number): boolean {
    const open = this.#window
    if (open === null) return true
    if (open.lines >= watchLimits.driftLinesMax) {
      if (nowMs - open.openedMs < watchLimits.driftWindowMs) return false
      this.#window = null
      return true
    }
    return true
  }

  /** Takes a line received at `nowMs`. Returns whether a window was closed by it. */
  add(line: SeenLine, nowMs: number): boolean {
    const window = (this.#window ??= { openedMs: nowMs, lines: 0, kinds: new Map() })
    window.lines++
    const became = line.format === '' ? line.outcome : `${line.format} ${line.outcome}`
    count(window, everything, [`became:${became}${reasonOf(line)}`])
    count(window, `${line.format}/${line.kind}`, [
      ...(line.columns === null ? [] : [`columns:${line.columns}`]),
      ...line.keys.map((key) => `key:${key}`),
      ...line.filled.map((field) => `field:${field}`),
    ])
    const full = window.lines >= watchLimits.driftLinesMax
    const over =
      nowMs - window.openedMs >= watchLimits.driftWindowMs &&
      window.lines >= watchLimits.driftLinesMin
    if (!full && !over) return false
    this.#close(window, nowMs)
    // a full window stays open, and takes nothing more, until its minute is over
    if (!full) this.#window = null
    return true
  }

  #close(window: Window, nowMs: number): void {
    this.#fade(nowMs)
    const differences = this.#differences(window)
    const before = this.#held.at(-1)
    const confirmed = differences.filter((one) =>
      before?.differences.some((other) => isSame(one, other)),
    )
    this.#held.push({ window, differences })
    if (before !== undefined && confirmed.length > 0) {
      this.#raise(confirmed, before.window.openedMs)
      for (const held of this.#held.splice(0)) this.#learn(held.window)
    }
    // what one window alone showed was chance: now it is known
    while (this.#held.length > watchLimits.driftWindowsHeld) {
      const [oldest] = this.#held.splice(0, 1)
      this.#learn(oldest.window)
    }
    this.#end(window, nowMs)
  }

  #raise(differences: readonly Difference[], sinceMs: number): void {
    const words = explain(differences)
    const marks = differences.map(({ kind, feature, before, now }): [string, number, number] => [
      `${kind}\n${feature}`,
      short(before[2]),
      short(now),
    ])
    this.#notices = [{ sinceMs, endedMs: null, words, marks }, ...this.#notices].slice(
      0,
      watchLimits.driftNotices,
    )
  }

  /** Notices whose differences are all gone. */
  #end(window: Window, nowMs: number): void {
    for (const notice of this.#notices) {
      if (notice.endedMs !== null || notice.sinceMs >= window.openedMs) continue
      const back = notice.marks.every(([mark, before, now]) => {
        const [kind, feature] = mark.split('\n')
        const share = shareIn(window, kind, feature)
        return share !== null && Math.abs(share - before) < Math.abs(share - now)
      })
      if (back) notice.endedMs = nowMs
    }
  }

  /** What of the window lies far outside of all that its kinds have shown. */
  #differences(window: Window): Difference[] {
    const found: Difference[] = []
    for (const [kind, { lines, counts }] of window.kinds) {
      const known = this.#kinds.get(kind)
      if (known === undefined || known.windows < watchLimits.driftWindowsKnown) continue
      if (lines < watchLimits.driftKindLines) continue
      const names = new Set([...known.features.keys(), ...counts.keys()])
      let strange = 0
      const columns: Difference[] = []
      for (const feature of names) {
        const before = known.features.get(feature) ?? [0, 0, 0]
        const now = (counts.get(feature) ?? 0) / lines
        if (feature.startsWith('columns:')) {
          if (before[1] > 0.02 || now === 0) continue
          strange += now
          columns.push({ kind, feature, before, now, usual: usualColumns(known.features) })
        } else if (differs(kind, feature, before, now)) found.push({ kind, feature, before, now })
      }
      if (strange >= 0.5)
        found.push(columns.reduce((most, one) => (one.now > most.now ? one : most)))
    }
    return found
  }

  #learn(window: Window): void {
    for (const [name, { lines, counts }] of window.kinds) {
      if (lines < watchLimits.driftKindLines) continue
      let kind = this.#kinds.get(name)
      if (kind === undefined) {
        if (this.#kinds.size >= watchLimits.driftKinds) continue
        this.#kinds.set(name, (kind = { windows: 0, features: new Map() }))
      }
      const first = kind.windows === 0
      kind.windows++
      for (const [feature, range] of kind.features)
        stretch(range, (counts.get(feature) ?? 0) / lines)
      for (const [feature, n] of counts) {
        if (kind.features.has(feature) || kind.features.size >= 2 * watchLimits.driftKeys) continue
        const share = n / lines
        kind.features.set(feature, [first ? share : 0, share, first ? share : share * 0.1])
      }
    }
  }

  /** Ranges narrow to their mean with time. */
  #fade(nowMs: number): void {
    const sinceMs = nowMs - this.#learnedMs
    if (this.#learnedMs > 0 && sinceMs < watchLimits.driftHalfLifeMs / 100) return
    const keep = this.#learnedMs === 0 ? 1 : 2 ** (-sinceMs / watchLimits.driftHalfLifeMs)
    this.#learnedMs = nowMs
    for (const { features } of this.#kinds.values())
      for (const [feature, range] of features) {
        range[0] = range[2] + (range[0] - range[2]) * keep
        range[1] = range[2] + (range[1] - range[2]) * keep
        if (range[1] < 0.001) features.delete(feature)
      }
  }
}

function isSame(one: Difference, other: Difference): boolean {
  const columns = 'columns:'
  if (one.kind !== other.kind) return false
  return (
    one.feature === other.feature ||
    (one.feature.startsWith(columns) && other.feature.startsWith(columns))
  )
}

function reasonOf({ outcome, kind }: SeenLine): string {
  return outcome === 'transaction' ? '' : `: ${kind}`
}

function count(window: Window, kind: string, features: readonly string[]): void {
  let entry = window.kinds.get(kind)
  if (entry === undefined) window.kinds.set(kind, (entry = { lines: 0, counts: new Map() }))
  entry.lines++
  for (const feature of features) entry.counts.set(feature, (entry.counts.get(feature) ?? 0) + 1)
}

function shareIn(window: Window, kind: string, feature: string): number | null {
  const entry = window.kinds.get(kind)
  if (entry === undefined || entry.lines < watchLimits.driftKindLines) return null
  return (entry.counts.get(feature) ?? 0) / entry.lines
}

/** The rules: what must be there and is not, what was never there and is. */
function differs(kind: string, feature: string, [low, high]: Range, now: number): boolean {
  if (kind === everything) {
    const unread = feature.includes('unparsed')
    if (unread) return now >= high + 0.25 && now >= 3 * high
    // kinds of line come and go with the hour; one that was never seen, or always, does not
    return feature.includes('transaction') ? low >= 0.3 && now <= 0.01 : high <= 0.01 && now >= 0.3
  }
  if (feature.startsWith('field:')) return low - now >= 0.5 && now <= 0.2 * low
  return (low >= 0.9 && now <= 0.05) || (high <= 0.01 && now >= 0.9)
}

function usualColumns(features: ReadonlyMap<string, Range>): string {
  let [usual, most] = ['', 0]
  for (const [feature, [, , mean]] of features)
    if (feature.startsWith('columns:') && mean > most) [usual, most] = [feature.slice(8), mean]
  return usual
}

function stretch(range: Range, share: number): void {
  range[0] = Math.min(range[0], share)
  range[1] = Math.max(range[1], share)
  range[2] += (share - range[2]) * 0.1
}

function short(share: number): number {
  return Math.round(share * 10_000) / 10_000
}
