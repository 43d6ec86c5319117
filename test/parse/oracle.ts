/**
 * The plain, slow interpreter of definitions: what `when`, `skip`, `records` and `map` of docs/parsers.md say, done with strings
 * and one rule at a time. It is handed a line after the compiled parser has cut it into fields and judges all that comes then.
 * Readers of single values (numbers, times, addresses, URLs) are those of src/parse, which have tests of their own.
 */
import { compileHelpers as h } from '../../src/parse/compile-helpers.ts'
import type { CompiledFormat } from '../../src/parse/compile.ts'
import type {
  Condition,
  Definition,
  FieldTest,
  Mapping,
  RecordKind,
  Step,
} from '../../src/parse/definition.ts'
import {
  dataStart,
  LineContext,
  numberFields,
  numberIndex,
  refused,
  skipped,
  textFields,
  textIndex,
  unparsed,
} from '../../src/parse/line-context.ts'
import type { NumberField, TextField } from '../../src/parse/line-context.ts'
import { isAddress } from '../../src/parse/values.ts'

export interface Judgement {
  outcome: number
  reason: string
  values: Record<string, string | number | null>
}

/** What a context says after its line was read. */
export function judgementOf(c: LineContext, outcome: number): Judgement {
  const values: Judgement['values'] = {}
  if (outcome === 1) {
    for (const field of textFields) {
      const [start, end] = [c.text[textIndex[field] * 2], c.text[textIndex[field] * 2 + 1]]
      values[field] = end > start ? latin(c, start, end) : null
    }
    for (const [i, field] of numberFields.entries()) values[field] = c.numbers[i]
    Object.assign(values, { time: c.time, action: c.action, record: c.record })
  }
  return { outcome, reason: outcome === 1 ? '' : c.reason, values }
}

const latin = (c: LineContext, start: number, end: number): string =>
  Buffer.from(c.buf.subarray(start, end)).toString('latin1')
const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
const wordOf = (text: string): string => fold(Buffer.from(text).toString('latin1'))

interface Field {
  start: number
  end: number
  text: string
}

const order: readonly (keyof Mapping)[] = [
  'time', 'srcIp', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'protocol', 'appProtocol', 'method', 'url',
  'srcPort', 'dstPort', 'status', 'bytesUp', 'bytesDown', 'bytesTotal', 'action', 'userAgent', 'referrer',
  'category', 'appHint',
] // prettier-ignore

export class Oracle {
  readonly #definition: Definition
  readonly #names: ReadonlyMap<string, number>
  #c = new LineContext(0)
  /** A copy of the line in which values are made. */
  #o = new LineContext(0)
  #end = 0
  #columns: Record<string, number> | undefined
  #free = 0

  constructor(format: CompiledFormat) {
    this.#definition = format.definition
    this.#names = format.tables.names
  }

  /** Judges the line in `c`, which the format has just read up to `end`. */
  judge(c: LineContext, end: number): Judgement {
    this.#c = c
    this.#end = end
    this.#columns = this.#definition.columns
    const o = new LineContext(c.buf.length - dataStart + 65_536)
    o.buf.set(c.buf)
    this.#free = c.buf.length
    o.scratch = c.scratch
    o.clearRecord()
    o.scratch = c.scratch
    o.truncated = c.truncated
    o.lineStart = c.lineStart
    o.envelopeTime = c.envelopeTime
    o.receivedAtMs = c.receivedAtMs
    o.recordStop = c.recordStop
    o.zone = c.zone
    this.#o = o
    return judgementOf(o, this.#outcome())
  }

  #outcome(): number {
    const definition = this.#definition
    if (definition.when !== undefined && !this.#holds(definition.when)) return refused
    for (const skip of definition.skip)
      if (this.#holds(skip.when)) return this.#because(skipped, skip.reason)
    const all = { name: 'record', kind: 'web' } as RecordKind
    const records = definition.records.length > 0 ? definition.records : [all]
    for (const record of records) {
      this.#columns =
        definition.columns === undefined && record.columns === undefined
          ? undefined
          : { ...definition.columns, ...record.columns }
      if (record.when === undefined || this.#holds(record.when)) return this.#record(record)
    }
    return this.#because(unparsed, 'kind of record unknown')
  }

  #because(outcome: number, reason: string): number {
    this.#o.reason = reason
    return outcome
  }

  #record(record: RecordKind): number {
    if (typeof record.skip === 'string') return this.#because(skipped, record.skip)
    // the templates of prose are cut by the compiled parser: that none fitted is all that is left to say
    if (record.patterns !== undefined && this.#c.reason === 'message text unknown')
      return this.#because(unparsed, this.#c.reason)
    for (const skip of record.skip ?? [])
      if (this.#holds(skip.when)) return this.#because(skipped, skip.reason)
    const map: Mapping = { ...this.#definition.map, ...record.map }
    for (const target of order) {
      const source = map[target]
      if (source === undefined) continue
      const steps = Array.isArray(source) ? source : [source]
      steps.some((step) => this.#take(target, typeof step === 'string' ? { from: step } : step))
    }
    const kind = { session: 0, web: 1, dns: 2 }[record.kind]
    return h.finish(this.#o, kind, record.withoutDestination ?? null)
  }

  #field(name: string): Field {
    const c = this.#c
    const places: Record<string, [number, number]> = {
      $line: [c.lineStart, this.#end],
      $payload: [c.payloadStart, this.#end],
      $message: [c.messageStart, this.#end],
      $tag: [c.tagStart, c.tagEnd],
      $host: [c.hostStart, c.hostEnd],
    }
    const column = this.#columns?.[name]
    const slot = this.#names.get(column === undefined ? name : `#${column}`)
    const [start, end] =
      places[name] ?? (slot === undefined ? [0, 0] : [c.slotStart[slot], c.slotEnd[slot]])
    return { start, end, text: end > start ? latin(c, start, end) : '' }
  }

  #holds(condition: Condition): boolean {
    return [condition]
      .flat()
      .some((tests) => Object.entries(tests).every(([name, test]) => this.#test(name, test)))
  }

  #test(name: string, test: FieldTest): boolean {
    const field = this.#field(name)
    const value = fold(field.text)
    const words = (of: string | string[]): string[] =>
      [of].flat().map((word) => wordOf(word.toLowerCase()))
    if (typeof test === 'string') return words(test).includes(value)
    if (Array.isArray(test)) return test.map(wordOf).includes(value)
    if (test.optional === true && this.#missing(field.text, [])) return true
    const none = field.end <= field.start
    const number = h.readNumber(this.#c.buf, field.start, field.end)
    const says: [unknown, () => boolean][] = [
      [test.present, () => test.present === !none],
      [test.not, () => !words(test.not ?? '').includes(value)],
      [test.prefix, () => words(test.prefix ?? '').some((word) => value.startsWith(word))],
      [test.notPrefix, () => !words(test.notPrefix ?? '').some((word) => value.startsWith(word))],
      [test.suffix, () => words(test.suffix ?? '').some((word) => value.endsWith(word))],
      [test.contains, () => words(test.contains ?? '').some((word) => value.includes(word))],
      [test.lacks, () => !words(test.lacks ?? '').some((word) => value.includes(word))],
      [
        test.digits,
        () => /^[0-9]+$/.test(value) && (test.digits === true || value.length === test.digits),
      ],
      [test.address, () => test.address === isAddress(this.#c.buf, field.start, field.end)],
      [test.time, () => !Number.isNaN(h.readTime(this.#c, field.start, field.end))],
      [test.min, () => number >= (test.min ?? 0)],
      [test.max, () => number <= (test.max ?? 0)],
      [test.whole, () => !none && field.end < this.#end],
      [test.uncut, () => !none && (field.end < this.#end || !this.#c.mayBeCut)],
      [test.sameAs, () => field.text === this.#field(test.sameAs ?? '').text],
    ]
    return says.every(([asked, holds]) => asked === undefined || holds())
  }

  /** The value stands for none. */
  #missing(text: string, more: readonly string[]): boolean {
    return text === '' || [...this.#definition.missing, ...more].map(wordOf).includes(fold(text))
  }

  /** True when the step gave the target its value. */
  #take(target: keyof Mapping, step: Step): boolean {
    if (step.when !== undefined && !this.#holds(step.when)) return false
    if (step.value !== undefined) return this.#accept(target, step, wordless(step.value))
    if (step.text !== undefined) {
      let whole = true
      const text = wordless(step.text).replace(/\{([^{}]+)\}/g, (_, name: string) => {
        const value = this.#field(name).text
        whole &&= !this.#missing(value, [])
        return value
      })
      return whole && this.#accept(target, step, text)
    }
    if (step.url !== undefined) return this.#takeUrl(target, step, step.url)
    for (const name of [step.from ?? []].flat()) {
      const { text } = this.#field(name)
      if (this.#missing(text, step.ignore ?? [])) continue
      const edited = this.#edited(text, step)
      if (edited !== '' && this.#accept(target, step, edited)) return true
    }
    return false
  }

  #edited(given: string, step: Step): string {
    let text = given
    const cut = (
      by: string | undefined,
      piece: (at: number, length: number) => string,
      last: boolean,
    ): void => {
      if (by === undefined) return
      const word = wordless(by)
      const at = last ? text.lastIndexOf(word) : text.indexOf(word)
      if (at >= 0) text = piece(at, word.length)
      else if (step.strict === true) text = ''
    }
    cut(step.after, (at, length) => text.slice(at + length), false)
    cut(step.afterLast, (at, length) => text.slice(at + length), true)
    cut(step.before, (at) => text.slice(0, at), false)
    cut(step.beforeLast, (at) => text.slice(0, at), true)
    if (step.part !== undefined) {
      const { start, end } = this.#put(text)
      h.partOf(this.#o.buf, start, end, Buffer.from(step.part.by), step.part.at)
      text = this.#rewritten()
    }
    if (step.decode === 'hex') text = this.#through(text, h.hexDecode)
    for (const [from, to] of Object.entries(step.replace ?? {})) {
      // all at once: a character that was put in is not replaced again
      text = text.replaceAll(from, `\u{e000}${to}`)
    }
    text = text.replaceAll('\u{e000}', '')
    if (step.decode === 'ipv4') text = this.#through(text, h.addressOfNumber)
    if (step.decode === 'percent') text = this.#through(text, h.percentDecode)
    if (step.only !== undefined) {
      const { start, end } = this.#put(text)
      if (isAddress(this.#o.buf, start, end) !== (step.only === 'address')) text = ''
    }
    if (step.table === undefined) return text
    const known = Object.entries(step.table).find(([word]) => wordOf(word) === fold(text))
    return wordless(known?.[1] ?? step.otherwise ?? '')
  }

  #takeUrl(target: keyof Mapping, step: Step, url: NonNullable<Step['url']>): boolean {
    for (const part of ['scheme', 'host', 'port', 'path', 'query'] as const) {
      const template = url[part]
      const name = /^\{([^{}]+)\}$/.exec(template ?? '')?.[1]
      const text = name === undefined ? wordless(template ?? '') : this.#field(name).text
      const { start, end } = this.#put(name !== undefined && this.#missing(text, []) ? '' : text)
      Object.assign(h.urlParts, { [`${part}Start`]: start, [`${part}End`]: end })
    }
    h.urlFacts(this.#o, true)
    const text = this.#rewritten()
    return text !== '' && this.#accept(target, step, text)
  }

  /** Writes `text` behind the line; an empty one has an empty span. */
  #put(text: string): { start: number; end: number } {
    const start = this.#free
    this.#free += this.#o.bytes.write(text, start, 'latin1')
    return { start, end: this.#free++ }
  }

  #rewritten(): string {
    const { start, end } = h.rewritten
    return end > start ? latin(this.#o, start, end) : ''
  }

  #through(text: string, edit: (c: LineContext, start: number, end: number) => void): string {
    if (text === '') return ''
    const { start, end } = this.#put(text)
    edit(this.#o, start, end)
    return this.#rewritten()
  }

  #accept(target: keyof Mapping, step: Step, text: string): boolean {
    const o = this.#o
    const { start, end } = this.#put(text)
    if (target === 'time') {
      const zone = o.zone
      if (step.zone === 'utc') o.zone = null
      o.time = h.readTime(o, start, end, step.order ?? 'nearest')
      o.zone = zone
      const plus = step.plus === undefined ? null : this.#field(step.plus)
      const seconds = plus === null ? 0 : h.readNumber(this.#c.buf, plus.start, plus.end)
      if (seconds > 0) o.time += seconds * 1000
      return !Number.isNaN(o.time)
    }
    if (target === 'action') {
      const action = h.readAction(o.buf, start, end)
      if (action > 0) o.action = action
      return action > 0
    }
    if (target === 'protocol') {
      const span = h.readProtocol(o.buf, start, end)
      if (span !== null) this.#set('protocol', span.start, span.end)
      return span !== null
    }
    if (!(target in numberIndex)) {
      this.#set(target as TextField, start, end)
      return true
    }
    const port = target === 'srcPort' || target === 'dstPort'
    const read = port ? h.readPort : h.readNumber
    const n =
      step.scale === undefined
        ? read(o.buf, start, end)
        : h.readScaled(o.buf, start, end, step.scale)
    const fits = target === 'status' ? n >= 100 && n <= 599 : n >= 0
    if (fits) o.numbers[numberIndex[target as NumberField]] = n
    return fits
  }

  #set(field: TextField, start: number, end: number): void {
    this.#o.text[textIndex[field] * 2] = start
    this.#o.text[textIndex[field] * 2 + 1] = end
  }
}

/** UTF-8 of a definition's text, one character a byte. */
function wordless(text: string): string {
  return Buffer.from(text).toString('latin1')
}
