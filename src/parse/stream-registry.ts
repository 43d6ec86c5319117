/** What a parse thread knows of its streams: the reader that recognises lines, and the counts behind `gnomon sources`. */
import type { StreamDescription } from '../spool/frame-sink.ts'
import type { StreamState } from './batch.ts'
import { columnSlotsOf, csvCells, w3cFields } from './layout.ts'
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
    this.#streams.set(description.key, stream)
    return stream
  }

  /** Takes up what a stream had shown before a restart. */
  restore(state: StreamState, description: StreamDescription): void {
    const stream = this.get(description)
    stream.lastSeenMs = state.lastSeenMs
    stream.transactions = state.transactions
    stream.withUser = state.withUser
    stream.withHost = state.withHost
    stream.withBytes = state.withBytes
    stream.withAction = state.withAction
    const format = state.format === null ? undefined : this.#formats.byId.get(state.format)
    if (format === undefined || state.layout === null || format.tables.fields === null) return
    const fields = w3cFields(state.layout)
    const delimiter = [',', ';', '\t', '|'].find((d) => state.layout?.includes(d)) ?? ','
    const names = fields?.names ?? csvCells(state.layout, delimiter)
    stream.reader.headed = {
      format,
      layout: {
        text: state.layout,
        columns: names.length,
        columnSlots: columnSlotsOf(names, format.tables.fields),
        tab: fields?.tab ?? false,
        delimiter: delimiter.charCodeAt(0),
      },
    }
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
