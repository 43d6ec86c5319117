/**
 * The working memory of one parse thread. All values of a line are spans of one byte array, so that no string is made:
 *
 *     [0, nativeBytes)              slots, headers of lines before, words of runs, tables of the native splitters
 *     [nativeBytes, constantBytes)  constants of the definitions (`tcp`, `https`, …)
 *     [constantBytes, dataStart)    scratch: values that had to be rewritten (escapes, URLs put together)
 *     [dataStart, …)                the segment's bytes
 */
import { lineLimits } from '../limits.ts'
import { EnvelopeMemory } from './envelope-memory.ts'
import type { FormatCode, FormatReaders } from './format-code.ts'
import type { Layout } from './layout.ts'
import { nativeBytes, recordAt } from './native-code.ts'
import { NativeSplits } from './native-splits.ts'

export const constantBytes = nativeBytes + 128 * 1024
const scratchBytes = 4 * lineLimits.lineBytes
/** Where the bytes of a segment begin in `LineContext.buf`. */
export const dataStart = constantBytes + scratchBytes

/** Text values of a record, by their place in `LineContext.text` (start at 2i, end at 2i+1; empty = unknown). */
export const textFields = [
  'srcIp',
  'srcHost',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'url',
  'protocol',
  'appProtocol',
  'method',
  'userAgent',
  'referrer',
  'category',
  'appHint',
] as const
export type TextField = (typeof textFields)[number]

/** Numbers of a record, by their place in `LineContext.numbers`; -1 = unknown. */
export const numberFields = [
  'srcPort',
  'dstPort',
  'status',
  'bytesUp',
  'bytesDown',
  'bytesTotal',
] as const
export type NumberField = (typeof numberFields)[number]

export const textIndex = Object.fromEntries(textFields.map((name, i) => [name, i])) as Record<
  TextField,
  number
>
export const numberIndex = Object.fromEntries(numberFields.map((name, i) => [name, i])) as Record<
  NumberField,
  number
>

/** Where the texts and numbers of a record lie. */
export const textAt = recordAt
export const numbersAt = recordAt + 128
/** Where times and the other fields lie that the code of a format is given and gives (parse/format-code.ts). */
export const momentsAt = recordAt + 176
export const fieldsAt = recordAt + 208
export const fieldInts = 64

const pageBytes = 65_536
/** A vector may be read where a line ends. */
const slackBytes = 64
const pagesOf = (bytes: number): number => Math.ceil((bytes + slackBytes) / pageBytes)

/** What became of a line. */
export const refused = 0
export const transaction = 1
export const skipped = 2
export const unparsed = 3

/** Most slots a definition may name: fields it reads. */
export const slotsMax = 256

const pool = Buffer.alloc(constantBytes)
const pooled = new Map<string, { start: number; end: number }>()
let poolUsed = nativeBytes

/** Registers a constant of a definition; the same text has one place. */
export function constantSpan(text: string): { start: number; end: number } {
  return pooledBytes(text, Buffer.from(text))
}

/** Where a table of a definition's code lies; the same bytes have one place. */
export function constantBytesAt(bytes: Uint8Array): number {
  return pooledBytes(`\0${Buffer.from(bytes).toString('hex')}`, bytes).start
}

function pooledBytes(name: string, bytes: Uint8Array): { start: number; end: number } {
  const known = pooled.get(name)
  if (known !== undefined) return known
  if (poolUsed + bytes.length > constantBytes)
    throw new Error('BUG: the constants of all definitions exceed their place in the line context')
  pool.set(bytes, poolUsed)
  const span = { start: poolUsed, end: poolUsed + bytes.length }
  poolUsed += bytes.length
  pooled.set(name, span)
  return span
}

/** Zone of stamps that name none: minutes are asked by epoch, answers kept by hour (TimeZone in parse/time.ts). */
export interface ZoneOffset {
  /** Offset in ms of a local wall-clock time given as if it were UTC. */
  offsetMs(localMs: number): number
  /** The stamp it was asked for last, of zones that remember it. */
  lastMs?: number
}

export class LineContext {
  buf: Uint8Array
  /** The bytes of `buf` in words and doubles, and as a Buffer, whose `indexOf` is the machine's own. */
  view: DataView
  words: Int32Array = new Int32Array(0)
  bytes: Buffer
  doubles: Float64Array = new Float64Array(0)
  /** Next free byte of the scratch; set back to `scratchBase` for each record. */
  scratch = constantBytes
  /** Behind a line that was unwrapped into the scratch (parse/unwrap.ts), else its beginning. */
  scratchBase = constantBytes
  /** Start and end of each slot the definition names; empty = absent. */
  slotStart: Int32Array = new Int32Array(slotsMax)
  slotEnd: Int32Array = new Int32Array(slotsMax)
  text: Int32Array = new Int32Array(textFields.length * 2)
  numbers: Float64Array = new Float64Array(numberFields.length)
  /** What the code of a format is given and gives, by parse/format-code.ts. */
  fields: Int32Array = new Int32Array(fieldInts)
  moments: Float64Array = new Float64Array(4)
  /** Zone of the stamp that the code keeps. */
  stampZone: ZoneOffset | null = null
  /** The code of each format over this memory. */
  readonly codes = new Map<FormatCode, FormatReaders>()
  /** Spans that were asked whether they are an address (parse/values.ts). */
  readonly addresses = { start: 0, end: 0, is: false, otherStart: 0, otherEnd: 0, otherIs: false }
  /** Epoch ms, NaN = the line has no time of its own. */
  time = NaN
  /** 0 unknown, 1 allowed, 2 blocked. */
  action = 0
  /** 0 session, 1 web, 2 dns. */
  record = 0
  reason = ''
  truncated = false
  /** The line ends where senders cut: its last bare value may be half. */
  mayBeCut = false
  /** There are more columns than were asked for. */
  surplus = false
  /** Headers of the lines before, and the place that the line's own has among them. */
  headerPlace = 0
  readonly envelopes = new EnvelopeMemory()
  /** Envelope of the line (parse/envelope.ts). */
  envelopeTime = NaN
  /** Time of the row of an export around the line. */
  rowTime = NaN
  hostStart = 0
  hostEnd = 0
  tagStart = 0
  tagEnd = 0
  lineStart = 0
  /** Where a header's `2026-10-15 09:30:00` begins, which may be the first columns of a row; 0 = the header has none. */
  stampStart = 0
  /** After RFC 5424 structured data, else = payload. */
  messageStart = 0
  payloadStart = 0
  /** Where the record ended, for splits that see it (JSON, XML): another may follow in the line. 0 = not seen. */
  recordEnd = 0
  /** Which of the record's parts is read (split `json` with `each`), and how many it has. */
  part = 0
  parts = 0
  /** Bytes of the record as received, and where the text ends that is read (elsewhere when it was unwrapped). */
  recordFrom = 0
  recordTo = 0
  recordStop = 0
  /** Where the line's next record begins (0 = none follows) and where the line ends. */
  following = 0
  lineEnd = 0
  /** Facts of the stream and frame; the layout is that of the header in force while a run is read. */
  layout: Layout | null = null
  receivedAtMs = 0
  zone: ZoneOffset | null = null

  readonly memory: WebAssembly.Memory
  /** Splitters that read this memory, null = there are none. */
  readonly native: NativeSplits | null

  /** `native` for contexts that read many lines. */
  constructor(capacity: number, options: { native: boolean } = { native: false }) {
    this.memory = new WebAssembly.Memory({ initial: pagesOf(dataStart + capacity) })
    this.native = options.native ? NativeSplits.over(this.memory) : null
    this.buf = new Uint8Array(this.memory.buffer)
    this.view = new DataView(this.buf.buffer)
    this.bytes = Buffer.from(this.buf.buffer)
    this.#look()
  }

  /** The views of `buf`, which is another one now. */
  #look(): void {
    const { buffer } = this.buf
    this.view = new DataView(buffer)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.bytes = Buffer.from(buffer)
    this.slotStart = new Int32Array(buffer, 0, slotsMax)
    this.slotEnd = new Int32Array(buffer, slotsMax * 4, slotsMax)
    this.text = new Int32Array(buffer, textAt, textFields.length * 2)
    this.numbers = new Float64Array(buffer, numbersAt, numberFields.length)
    this.fields = new Int32Array(buffer, fieldsAt, fieldInts)
    this.moments = new Float64Array(buffer, momentsAt, 4)
    this.envelopes.look(this.memory.buffer)
    this.refreshConstants()
  }

  /** Copies the constants again, after definitions were compiled. */
  refreshConstants(): void {
    this.buf.set(pool.subarray(nativeBytes, poolUsed), nativeBytes)
  }

  /** Makes room for `length` bytes of data. */
  reserve(length: number): void {
    if (this.buf.length >= dataStart + length) return
    const pages = pagesOf(dataStart + length + (length >> 2))
    this.memory.grow(pages - this.memory.buffer.byteLength / pageBytes)
    this.buf = new Uint8Array(this.memory.buffer)
    this.#look()
  }

  /** Forgets where records stood in the last line. */
  clearLine(): void {
    this.scratchBase = constantBytes
    this.following = 0
    this.recordEnd = 0
    this.part = 0
    this.parts = 0
  }

  /** Forgets the record of the last line. */
  clearRecord(): void {
    this.beginRecord()
    this.text.fill(0)
    this.numbers.fill(-1)
  }

  /** The same for code that clears texts and numbers itself (`clearCode`), which costs it a tenth. */
  beginRecord(): void {
    this.scratch = this.scratchBase
    this.time = NaN
    this.action = 0
    this.record = 0
    this.reason = ''
    this.truncated = this.surplus = false
    this.addresses.start = this.addresses.otherStart = 0
  }
}

/** What the code of a format begins with: `pairs` are the texts' starts and ends as doubles. */
export const clearCode = [
  ...textFields.map((_, i) => `pairs[${i}]=0.0;`),
  ...numberFields.map((_, i) => `N[${i}]=-1.0;`),
].join('')
