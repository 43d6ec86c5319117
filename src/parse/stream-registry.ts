/** What a parse thread knows of its streams: the reader that recognises lines, and the counts behind `gnomon sources`. */
import type { StreamDescription } from '../spool/frame-sink.ts'
import type { StreamState } from './batch.ts'
import type { CompiledFormat } from './compile.ts'
import { columnSlotsOf, csvCells, w3cFields, w3cLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { formatNamed } from './formats.ts'
import type { FormatSet } from './formats.ts'
import { newReader, verdict } from './recognise.ts'
import type { StreamReader } from './recognise.ts'
import type { ZoneOffset } from './line-context.ts'
import { timeZone } from './time.ts'

export interface KnownStream {
  description: StreamDescription
  reader: StreamReader
  zone: ZoneOffset | null
  lastSeenMs: number
  transactions: number
  withUser: number
  withHost: number
  withBytes: number
  withAction: number
}

export class StreamRegistry {
  readonly #formats: FormatSet
  readonly #streams = new Map<string, KnownStream>()
  readonly #remembered = new Map<string, StreamState>()

  constructor(formats: FormatSet) {
    this.#formats = formats
  }

  /** The stream of a description; what it showed before is kept, a change of format or zone by the admin starts it anew. */
  get(description: StreamDescription): KnownStream {
    const known = this.#streams.get(description.key)
    if (
      known !== undefined &&
      known.description.format === description.format &&
      known.description.zone === description.zone
    ) {
      known.description = description
      return known
    }
    const fixed =
      description.format === null ? null : formatNamed(this.#formats, description.format)
    const stream: KnownStream = {
      description,
      reader: newReader(fixed),
      zone: description.zone === null ? null : timeZone(description.zone),
      lastSeenMs: 0,
      transactions: 0,
      withUser: 0,
      withHost: 0,
      withBytes: 0,
      withAction: 0,
    }
    this.#takeUp(stream, fixed)
    this.#streams.set(description.key, stream)
    return stream
  }

  /** What streams had shown before a restart: taken up when they speak again. */
  remember(states: Iterable<StreamState>): void {
    for (const state of states) this.#remembered.set(state.key, state)
  }

  /** The state of every stream of this thread. */
  states(): StreamState[] {
    return [...this.#streams.values()].map((stream) => this.state(stream))
  }

  #takeUp(stream: KnownStream, fixed: CompiledFormat | null): void {
    const state = this.#remembered.get(stream.description.key)
    if (state === undefined) return
    this.#remembered.delete(state.key)
    stream.lastSeenMs = state.lastSeenMs
    stream.transactions = state.transactions
    stream.withUser = state.withUser
    stream.withHost = state.withHost
    stream.withBytes = state.withBytes
    stream.withAction = state.withAction
    const format = state.format === null ? undefined : this.#formats.byId.get(state.format)
    if (format === undefined || (fixed !== null && fixed !== format)) return
    if (state.layout === null || format.tables.fields === null) return
    stream.reader.headed = { format, layout: layoutOf(state.layout, format.tables.fields) }
  }

  state(stream: KnownStream): StreamState {
    const { format, confidence, reason } = verdict(stream.reader)
    return {
      key: stream.description.key,
      source: stream.description.source,
      listener: stream.description.listener,
      peer: stream.description.peer,
      format,
      confidence,
      reason,
      lastSeenMs: stream.lastSeenMs,
      layout: stream.reader.headed?.layout.text ?? null,
      transactions: stream.transactions,
      withUser: stream.withUser,
      withHost: stream.withHost,
      withBytes: stream.withBytes,
      withAction: stream.withAction,
    }
  }
}

/** A header line's columns, as they were in force. */
function layoutOf(text: string, fields: NonNullable<CompiledFormat['tables']['fields']>): Layout {
  const w3c = w3cFields(text)
  if (w3c !== null) return w3cLayout(text, w3c, fields)
  const delimiter = [',', ';', '\t', '|'].find((d) => text.includes(d)) ?? ','
  const names = csvCells(text, delimiter)
  return {
    text,
    columns: names.length,
    columnSlots: columnSlotsOf(names, fields),
    tab: false,
    dated: false,
    brackets: false,
    delimiter: delimiter.charCodeAt(0),
  }
}
