/** One line through the engine's format and through the oracle, as comparable values. */
import type { CompiledFormat } from '../../../src/parse/compile.ts'
import { peelEnvelope } from '../../../src/parse/envelope.ts'
import {
  dataStart,
  LineContext,
  numberFields,
  textFields,
} from '../../../src/parse/line-context.ts'
import type { Layout } from '../../../src/parse/layout.ts'
import { endsAtLimit } from '../../../src/parse/cut-values.ts'
import { envelopeOf } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { interpret } from './interpret.ts'
import type { Judgement } from './record.ts'
import type { Header } from './rows.ts'
import type { StampFacts } from './stamp.ts'

const outcomes = ['refused', 'transaction', 'skipped', 'unparsed'] as const
const kinds = ['session', 'web', 'dns'] as const

/** Bytes that would change a value if a reader went on behind the line's end. */
const poison = Buffer.from(
  '"=,:|}]>)%2E0123456789 TCP https://noise.example/ 2031-01-01T00:00:00Z"}]>',
)

/** What the context says after a format read its line. */
export function judgementOf(c: LineContext, outcome: number): Judgement {
  const values: Judgement['values'] = {}
  if (outcome === 1) {
    for (const [i, field] of textFields.entries()) {
      const [start, end] = [c.text[i * 2], c.text[i * 2 + 1]]
      values[field] = end > start ? c.bytes.toString('latin1', start, end) : null
    }
    for (const [i, field] of numberFields.entries()) values[field] = c.numbers[i]
    Object.assign(values, { time: c.time, action: c.action, record: kinds[c.record] })
  }
  return { outcome: outcomes[outcome], reason: outcome > 1 ? c.reason : '', values }
}

export interface Peeled {
  text: string
  oracle: Envelope
  facts: StampFacts
}

/** The engine's context and the oracle's line, side by side. */
export class Comparison {
  readonly c: LineContext
  readonly #facts: StampFacts
  #end = 0
  #turn = 0
  #peeled: Peeled

  constructor(facts: StampFacts, options: { native: boolean }) {
    this.c = new LineContext(1 << 17, options)
    this.#facts = facts
    this.#peeled = { text: '', oracle: envelopeOf('', facts), facts }
  }

  /** Peels the envelope of both; what they say of it. The line stands before poison. */
  peel(text: string): { engine: Envelope; oracle: Envelope } {
    const { c } = this
    const length = c.bytes.write(text, dataStart, 'latin1')
    // it begins with another byte each time, so that every reader meets what it looks for
    this.#turn = (this.#turn + 1) % poison.length
    c.buf.set(poison.subarray(this.#turn), dataStart + length)
    c.buf.set(poison.subarray(0, this.#turn), dataStart + length + poison.length - this.#turn)
    this.#end = dataStart + length
    c.receivedAtMs = this.#facts.receivedAtMs
    c.zone = this.#facts.zone
    c.clearLine()
    c.mayBeCut = endsAtLimit(length)
    c.recordFrom = dataStart
    c.recordTo = c.recordStop = c.lineEnd = this.#end
    peelEnvelope(c, dataStart, this.#end)
    const oracle = envelopeOf(text, this.#facts)
    this.#peeled = { text, oracle, facts: this.#facts }
    const engine = {
      payload: c.payloadStart - dataStart,
      message: c.messageStart - dataStart,
      time: c.envelopeTime,
      host: c.bytes.toString('latin1', c.hostStart, c.hostEnd),
      tag: c.bytes.toString('latin1', c.tagStart, c.tagEnd),
      stamp: c.stampStart === 0 ? -1 : c.stampStart - dataStart,
    }
    return { engine, oracle }
  }

  /** What both say of the line that was peeled last, as one of `format`. */
  ask(
    format: CompiledFormat,
    header: { layout: Layout; header: Header } | null = null,
  ): { engine: Judgement; oracle: Judgement } {
    const { c } = this
    c.clearRecord()
    c.part = c.parts = c.recordEnd = 0
    const { messageStart } = c
    const outcome = format.parse(c, this.#end, header?.layout ?? null)
    c.messageStart = messageStart
    const { text, oracle, facts } = this.#peeled
    const line = {
      text,
      payload: oracle.payload,
      message: oracle.message,
      host: oracle.host,
      tag: oracle.tag,
      stamp: oracle.stamp,
      envelopeTime: oracle.time,
      mayBeCut: c.mayBeCut,
      facts,
    }
    return {
      engine: judgementOf(c, outcome),
      oracle: interpret(format.definition, line, header?.header ?? null),
    }
  }
}
