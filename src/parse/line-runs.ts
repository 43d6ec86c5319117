/** Runs of lines (parse/line-run.ts) for one parse thread: which formats take part, and what is known of the stream that is read. */
import type { CompiledFormat } from './compile.ts'
import type { FlowTable } from './flows.ts'
import { place, takeWords, tellReceipt } from './format-words.ts'
import type { LineContext } from './line-context.ts'
import {
  runBytesAt,
  runDouble,
  runEnd,
  runEnded,
  runFormatsMax,
  runKeysAt,
  runLinesAt,
  runNamesAt,
  runReader,
  runShapesAt,
  runWord,
  shareWords,
} from './line-run.ts'
import type { ReadRun, Shares } from './line-run.ts'
import { tablesFrom } from './native-code.ts'
import type { AddFlow } from './flow-code.ts'
import type { StreamReader } from './stream-reader.ts'
import { shapeCount } from './shape-memory.ts'

if (runEnd > tablesFrom) throw new Error('BUG: the tables of runs do not fit')

/** A stream whose lines are read, and the bounds of their times. */
export interface RunOf {
  reader: StreamReader
  /** Numbers given by `FlowTable.name`. */
  stream: number
  source: number
  earliestMs: number
  latestMs: number
}

/** A stream's memory of shapes (parse/shape-memory.ts), as a run is told it. */
interface KnownShapes {
  version: number
  /** The format that is asked first, whatever the shape. */
  fixed: CompiledFormat | null
  /** Numbers of the formats asked first and second. */
  numbers: Uint8Array
  /** Whether lines of the stream can be in a run at all. */
  any: boolean
}

/** So many runs that read nothing; then only one line of `retryLines` begins a run. */
const failuresMax = 8
const retryLines = 16

export class LineRuns {
  readonly #c: LineContext
  readonly #flows: FlowTable
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: runFormatsMax + 1 })
  /** Numbers of the formats that take part; 0 = it does not. */
  readonly #numbers = new Map<CompiledFormat, number>()
  readonly #formats: CompiledFormat[] = []
  #add: AddFlow | null = null
  #read: ReadRun = () => 0
  #reader: StreamReader | null = null
  /** What is known of that stream, and of all. */
  #now: KnownShapes | null = null
  readonly #known = new WeakMap<StreamReader, KnownShapes>()
  #failures = 0
  /** Whether no stamp of the run's last line asked for the zone: then its header did. */
  #stampKept = false
  /** Where the line begins that the end of the last run is about. */
  at = 0

  constructor(c: LineContext, flows: FlowTable) {
    this.#c = c
    this.#flows = flows
    // within a run, too: keys that stand nowhere are asked for anew
    if (c.native !== null)
      c.native.forgotten = () => {
        c.words.fill(0, runKeysAt / 4, runLinesAt / 4)
      }
  }

  /** Whether a run is worth trying at this line of the stream. */
  isWorth(reader: StreamReader): boolean {
    if (reader.raw !== null) return false
    // another's lines among the rows of a header
    if (reader.headed !== null && reader.last !== reader.headed.format) return false
    this.#know(reader)
    return (
      this.#now?.any === true &&
      (this.#failures < failuresMax || ++this.#failures % retryLines === 0)
    )
  }

  /** Puts the formats by shape in place, as the stream remembers them. */
  #know(reader: StreamReader): void {
    const fixed = reader.fixed ?? reader.headed?.format ?? null
    let known = this.#known.get(reader)
    if (known === undefined || known.version !== reader.shapes.version || known.fixed !== fixed) {
      known = this.#shapesOf(reader, fixed)
      this.#known.set(reader, known)
    }
    if (known === this.#now) return
    if (reader !== this.#reader) this.#failures = 0
    this.#reader = reader
    this.#now = known
    this.#c.buf.set(known.numbers, runShapesAt)
  }

  #shapesOf(reader: StreamReader, fixed: CompiledFormat | null): KnownShapes {
    const { version, first, second } = reader.shapes
    const numbers = new Uint8Array(shapeCount * 2)
    for (let i = 0; i < shapeCount; i++) {
      numbers[i] = this.#numberOf(fixed ?? first[i])
      numbers[shapeCount + i] = this.#numberOf(fixed === null ? second[i] : null)
    }
    return { version, fixed, numbers, any: numbers.some((number) => number > 0) }
  }

  #numberOf(format: CompiledFormat | null): number {
    if (format === null) return 0
    const known = this.#numbers.get(format)
    if (known !== undefined) return known
    // a format that looks for a line within its record is asked by parse/recognise.ts
    const line = format.lineSlot < 0 ? format.code.over(this.#c).line : null
    const number =
      line === null || this.#formats.length >= runFormatsMax ? 0 : this.#formats.push(format)
    this.#numbers.set(format, number)
    if (number > 0) {
      this.#table.set(number, line)
      this.#c.words[runNamesAt / 4 + number] = this.#flows.name(format.id)
      this.refresh(format)
    }
    return number
  }

  /** Where the expected keys of a format stand now. */
  refresh(format: CompiledFormat): void {
    const number = this.#numbers.get(format) ?? 0
    if (number > 0) this.#c.words[runKeysAt / 4 + number] = format.code.keysAt(this.#c)
  }

  /**
   * Reads lines of the stream from `from` on. Why it ended (`runEnded`), and where the line begins that this is about; with
   * `each` after every record.
   */
  read(of: RunOf, from: number, to: number, each: boolean): number {
    const c = this.#c
    const { words, doubles } = c
    this.#prepare()
    tellReceipt(c)
    c.envelopes.renew(c)
    doubles[runDouble.earliestMs] = of.earliestMs
    doubles[runDouble.latestMs] = of.latestMs
    words[runWord.each] = Number(each)
    words[runWord.mayBeCut] = Number(of.reader.mayBeCut)
    words[runWord.stream] = of.stream
    words[runWord.source] = of.source
    const { headed } = of.reader
    words[runWord.headed] = Number(headed !== null)
    c.layout = headed !== null && headed.format === this.#now?.fixed ? headed.layout : null
    words[runWord.entry] = 0
    const { zone } = c
    const askedMs = zone?.lastMs ?? NaN
    if (each && zone !== null) zone.lastMs = NaN
    const end = this.#read(from, to)
    // the record's own stamp was one that is kept: the zone was asked last by the lines before
    this.#stampKept = zone !== null && Number.isNaN(zone.lastMs)
    if (this.#stampKept && zone !== null) zone.lastMs = askedMs
    this.at = words[runWord.start]
    if (end === runEnded.line && this.at === from) this.#failures++
    else {
      this.#failures = 0
      c.envelopes.used()
    }
    c.layout = null
    const entry = words[runWord.entry]
    if (entry > 0 && c.fields[place.keysAt] < 0) this.refresh(this.#formats[entry - 1])
    return end
  }

  /** The code of runs, made when it is first needed, and anew when the flows have forgotten all. */
  #prepare(): void {
    const c = this.#c
    const add = this.#flows.adder(c)
    if (add === this.#add || c.native === null) return
    this.#add = add
    this.#read = runReader(c, c.native.code, this.#table, add)
    for (const [i, { id }] of this.#formats.entries())
      c.words[runNamesAt / 4 + i + 1] = this.#flows.name(id)
  }

  /** Lines and bytes of the transactions of the run, by format, and what they told. */
  counted(
    shares: Shares,
    each: (format: CompiledFormat, lines: number, bytes: number) => void,
  ): void {
    const { words } = this.#c
    if (words[runWord.transactions] === 0) return
    for (const name of shareWords) {
      shares[name] += words[runWord[name]]
      words[runWord[name]] = 0
    }
    for (const [i, format] of this.#formats.entries()) {
      const lines = words[runLinesAt / 4 + i + 1]
      if (lines === 0) continue
      each(format, lines, words[runBytesAt / 4 + i + 1])
      words[runLinesAt / 4 + i + 1] = words[runBytesAt / 4 + i + 1] = 0
    }
  }

  /** Puts the record that ended a run into the context; its format. */
  takeRecord(): CompiledFormat {
    const c = this.#c
    const { fields, words } = c
    const format = this.#formats[words[runWord.entry] - 1]
    c.reason = ''
    c.clearLine()
    c.lineStart = fields[place.lineStart]
    c.payloadStart = fields[place.payloadStart]
    c.headerPlace = fields[place.headerPlace]
    c.recordStop = fields[place.recordStop]
    c.recordFrom = words[runWord.start]
    c.recordTo = words[runWord.stop]
    if (c.payloadStart > c.recordFrom && this.#stampKept) c.envelopes.found(c)
    takeWords(c, format.code.reasons)
    return format
  }

  /** Where the line begins behind the one that ended the run. */
  get next(): number {
    return this.#c.words[runWord.next]
  }
}
