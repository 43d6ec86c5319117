/** What a parse thread knows of its streams: the reader that recognises lines, and the counts behind `gnomon sources`. */
import { isAgentListener } from '../defender/agent-lines.ts'
import { OperatingError } from '../errors.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import type { StreamState } from './batch.ts'
import type { CompiledFormat } from './compile.ts'
import { parseLimits, watchLimits } from '../limits.ts'
import { columnSlotsOf, csvCells, csvLayout, w3cFields, w3cLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { formatNamed } from './formats.ts'
import type { FormatSet } from './formats.ts'
import { newReader } from './stream-reader.ts'
import { verdict } from './verdict.ts'
import type { StreamReader } from './stream-reader.ts'
import type { ZoneOffset } from './line-context.ts'
import { StreamWatch } from './stream-watch.ts'
import { timeZone } from './zone.ts'

export interface KnownStream {
  description: StreamDescription
  reader: StreamReader
  zone: ZoneOffset | null
  /** Its clock and the look of its lines; null = rows of agents, whose feeds have clocks of their own. */
  watch: StreamWatch | null
  /** What its description asks for and cannot be had, in words; '' = nothing. */
  trouble: string
  lastSeenMs: number
  transactions: number
  /** Of so many transactions so many tell it (StreamState). */
  judged: number
  fadedMs: number
  withUser: number
  withHost: number
  withBytes: number
  withAction: number
}

/** Feeds of the devices' agents have one format, known by the way they come. */
const agentVerdict = { format: 'DEFENDER', confidence: 1, reason: "rows of the devices' agents" }

export class StreamRegistry {
  readonly #formats: FormatSet
  readonly #streams = new Map<string, KnownStream>()
  readonly #remembered = new Map<string, StreamState>()
  /** Streams whose lines are compared with earlier ones. */
  #watched = 0

  constructor(formats: FormatSet) {
    this.#formats = formats
  }

  /**
   * The stream of a description; what it showed before is kept, a change of format or zone by the admin starts it anew. A
   * format or zone that is not known (a definition was taken away while lines waited in the spool) is told, never thrown.
   */
  get(description: StreamDescription): KnownStream {
    const known = this.#streams.get(description.key)
    if (
      known !== undefined &&
      known.description.format === description.format &&
      known.description.zone === description.zone
    ) {
      known.description = description
      this.#keep(known)
      return known
    }
    const { fixed, zone, trouble } = this.#settings(description)
    const watch = isAgentListener(description.listener)
      ? null
      : new StreamWatch(description.listener, zone, this.#watched < watchLimits.driftStreams)
    if (watch?.watchesDrift === true) this.#watched++
    const stream: KnownStream = {
      description,
      reader: newReader(fixed),
      zone: watch?.zone ?? zone,
      watch,
      trouble,
      lastSeenMs: 0,
      transactions: 0,
      judged: 0,
      fadedMs: 0,
      withUser: 0,
      withHost: 0,
      withBytes: 0,
      withAction: 0,
    }
    this.#takeUp(stream, fixed)
    // its lines look as they did, whatever the zone of their stamps is
    const memory = known?.description.format === description.format ? known.watch?.memory() : null
    if (typeof memory === 'string') watch?.remember(memory, { clock: false })
    this.#keep(stream)
    return stream
  }

  /** The stream is the last one heard; the one that is silent for longest is forgotten when there are too many. */
  #keep(stream: KnownStream): void {
    const { key } = stream.description
    const before = this.#streams.get(key)
    if (before !== undefined && before !== stream) this.#unwatch(before)
    this.#streams.delete(key)
    this.#streams.set(key, stream)
    if (this.#streams.size <= parseLimits.streams) return
    for (const [oldest, forgotten] of this.#streams) {
      this.#streams.delete(oldest)
      this.#unwatch(forgotten)
      return
    }
  }

  #unwatch({ watch }: KnownStream): void {
    if (watch?.watchesDrift === true) this.#watched--
  }

  #settings({ format, zone }: StreamDescription): {
    fixed: CompiledFormat | null
    zone: ZoneOffset | null
    trouble: string
  } {
    const troubles: string[] = []
    const known = <T>(what: string, read: () => T): T | null => {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof OperatingError) && !(error instanceof RangeError)) throw error
        troubles.push(`${what} is not known`)
        return null
      }
    }
    return {
      fixed:
        format === null
          ? null
          : known(`format ${format}`, () => formatNamed(this.#formats, format)),
      zone: zone === null ? null : known(`zone ${zone}`, () => timeZone(zone)),
      trouble: troubles.join(', '),
    }
  }

  /** What streams had shown before a restart: taken up when they speak again. */
  remember(states: Iterable<StreamState>): void {
    for (const state of states) this.#remembered.set(state.key, state)
  }

  /** The state of every stream of this thread, with all that it takes to go on from it. */
  states(): StreamState[] {
    return [...this.#streams.values()].map((stream) => ({
      ...this.state(stream),
      memory: stream.watch?.memory() ?? null,
    }))
  }

  #takeUp(stream: KnownStream, fixed: CompiledFormat | null): void {
    const state = this.#remembered.get(stream.description.key)
    if (state === undefined) return
    this.#remembered.delete(state.key)
    stream.lastSeenMs = state.lastSeenMs
    stream.transactions = state.transactions
    stream.judged = state.judged
    stream.withUser = state.withUser
    stream.withHost = state.withHost
    stream.withBytes = state.withBytes
    stream.withAction = state.withAction
    if (state.memory !== null)
      stream.watch?.remember(state.memory, { clock: state.zone === stream.description.zone })
    if (state.format === null || state.layout === null) return
    const { format: id, layout: text } = state
    if (fixed !== null && fixed.id !== id) return
    // of the format's variants the one that knows most of the columns
    const [best] = this.#formats.ordered
      .flatMap((format) => {
        const { fields } = format.tables
        if (format.id !== id || fields === null) return []
        const layout = layoutOf(text, fields)
        return [{ format, layout, known: layout.columnSlots.filter((slot) => slot >= 0).length }]
      })
      .toSorted((one, other) => other.known - one.known)
    if (best !== undefined) stream.reader.headed = { format: best.format, layout: best.layout }
  }

  state(stream: KnownStream): StreamState {
    const { format, confidence, reason } = isAgentListener(stream.description.listener)
      ? agentVerdict
      : verdict(stream.reader)
    return {
      key: stream.description.key,
      source: stream.description.source,
      listener: stream.description.listener,
      peer: stream.description.peer,
      format,
      confidence,
      reason: stream.trouble === '' ? reason : `${stream.trouble}; ${reason}`,
      lastSeenMs: stream.lastSeenMs,
      layout: stream.reader.headed?.layout.text ?? null,
      transactions: stream.transactions,
      judged: stream.judged,
      withUser: stream.withUser,
      withHost: stream.withHost,
      withBytes: stream.withBytes,
      withAction: stream.withAction,
      zone: stream.description.zone,
      skew: stream.watch?.skew() ?? null,
      drift: stream.watch?.notices() ?? [],
      memory: stream.watch?.news() ?? null,
    }
  }
}

/** What lines told long ago counts for less: asked with each block. */
export function fadeShares(stream: KnownStream, nowMs: number): void {
  if (stream.fadedMs === 0) stream.fadedMs = nowMs
  if (nowMs - stream.fadedMs < watchLimits.sharesHalfLifeMs) return
  stream.fadedMs = nowMs
  if (stream.judged < watchLimits.sharesJudged) return
  for (const count of ['judged', 'withUser', 'withHost', 'withBytes', 'withAction'] as const)
    stream[count] /= 2
}

/** A header line's columns, as they were in force. */
function layoutOf(text: string, fields: NonNullable<CompiledFormat['tables']['fields']>): Layout {
  const w3c = w3cFields(text)
  if (w3c !== null) return w3cLayout(text, w3c, fields)
  // the header was taken for the delimiter that names columns; the others stand in names at most
  const [best] = [',', ';', '\t', '|', ' ']
    .map((delimiter) => {
      const names = csvCells(text, delimiter)
      const columnSlots = columnSlotsOf(names, fields)
      return {
        delimiter,
        names,
        columnSlots,
        known: columnSlots.filter((slot) => slot >= 0).length,
      }
    })
    .toSorted((a, b) => b.known - a.known)
  const { delimiter, names, columnSlots } = best
  return csvLayout(text, names, columnSlots, delimiter)
}
