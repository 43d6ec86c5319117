/** Minute flows: transactions with the same minute, parties and outcome become one row, in typed arrays, without objects. */
import type { FlowColumns } from './batch.ts'
import { Dictionary } from './dictionary.ts'
import { constantBytes, numberIndex, textIndex } from './line-context.ts'
import type { LineContext, TextField } from './line-context.ts'
import { normalisers } from './record.ts'

/** Text fields that tell flows apart, in the order of the key. */
const keyFields = [
  'srcIp',
  'srcHost',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'protocol',
  'appProtocol',
  'appHint',
] as const satisfies readonly TextField[]

/** Integers of a key: stream, source, format, minute, port with action and record, then the key fields. */
const keyWidth = 5 + keyFields.length
/**
 * A row is 128 bytes, two lines of the processor's cache: the key with its hash and the category in the first, what is counted in
 * the second. Found again, a row costs two look-ups of memory, not one for each column.
 */
const rowInts = 32
const hashAt = keyWidth
const categoryAt = keyWidth + 1
const srcPortAt = 16
const transactionsAt = 17
const knownAt = 18
/** In doubles: the sums of bytes. */
const rowDoubles = rowInts / 2
const sumsAt = 12
/** Rows that are turned into columns at a time: they stay in the fastest cache. */
const chunkRows = 128
/** Bits of a slot that mark the hash; the others leave room for 16 million rows, more than a segment has bytes for. */
const markMask = 0xff << 24
/** Odd numbers by which the ids of the key fields are multiplied in the hash. */
const multipliers = Int32Array.from(keyFields, (_, i) => Math.imul(2 * i + 1, 0x2545f491) | 1)
const records = ['session', 'web', 'dns'] as const
const actions = ['', 'allowed', 'blocked'] as const

const { srcPort, dstPort, bytesUp, bytesDown, bytesTotal } = numberIndex
const identity = (text: string): string => text

export class FlowTable {
  readonly #dictionaries = keyFields.map((field) => new Dictionary(normalisers[field]))
  readonly #category = new Dictionary(normalisers.category)
  readonly #names = new Dictionary(identity)
  readonly #all = [...this.#dictionaries, this.#category, this.#names]
  readonly #fieldAt = keyFields.map((field) => textIndex[field] * 2)
  readonly #key = new Int32Array(keyWidth)
  #mask = (1 << 14) - 1
  /** Row + 1 and, in the highest bits, a mark of its hash; 0 = free. */
  #slots = new Int32Array(1 << 14)
  #capacity = 1 << 13
  #ints = new Int32Array(this.#capacity * rowInts)
  #doubles = new Float64Array(this.#ints.buffer)
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  /** Distinct values held by all dictionaries. */
  get distinct(): number {
    return this.#all.reduce((sum, dictionary) => sum + dictionary.size, 0)
  }

  /** Bytes of these values, as logged. */
  get heldBytes(): number {
    return this.#all.reduce((sum, dictionary) => sum + dictionary.heldBytes, 0)
  }

  /** The number of a stream key, source or format id, for `add`. */
  name(text: string): number {
    return this.#names.idOf(text)
  }

  /** Adds the transaction in `c`. `stream`, `source` and `format` are numbers given by `name`. */
  add(c: LineContext, stream: number, source: number, format: number): void {
    const key = this.#key
    const numbers = c.numbers
    key[0] = Math.floor(c.time / 60_000)
    key[1] = stream
    key[2] = source
    key[3] = format
    key[4] = (Math.max(0, numbers[dstPort]) << 8) | (c.action << 4) | c.record
    let hash = Math.imul(key[0], 0x9e3779b1) ^ Math.imul(stream * 31 + format, 0x85ebca6b)
    hash = Math.imul(hash ^ key[4], 0x9e3779b1)
    for (let i = 0; i < keyFields.length; i++) {
      const id = this.#idOf(c, i)
      key[5 + i] = id
      hash = (hash + Math.imul(id + multipliers[i], multipliers[i])) | 0
    }
    hash ^= hash >>> 15
    hash = Math.imul(hash, 0x85ebca6b)
    const row = this.#row(hash ^ (hash >>> 13), c)
    const ints = this.#ints
    const at = row * rowInts
    // the source port all of a row's transactions have; 0 = several, or unknown. No part of the key: connections would not add up
    const port = Math.max(0, numbers[srcPort])
    if (ints[at + transactionsAt]++ === 0) ints[at + srcPortAt] = port
    else if (ints[at + srcPortAt] !== port) ints[at + srcPortAt] = 0
    const doubles = this.#doubles
    const sums = row * rowDoubles + sumsAt
    const [up, down, total] = [numbers[bytesUp], numbers[bytesDown], numbers[bytesTotal]]
    if (up >= 0) {
      ints[at + knownAt]++
      doubles[sums] += up
    }
    if (down >= 0) {
      ints[at + knownAt + 1]++
      doubles[sums + 1] += down
    }
    if (total >= 0) {
      ints[at + knownAt + 2]++
      doubles[sums + 2] += total
    }
  }

  #idOf(c: LineContext, field: number): number {
    const at = this.#fieldAt[field]
    const start = c.text[at]
    const end = c.text[at + 1]
    if (end <= start) return 0
    const dictionary = this.#dictionaries[field]
    return start < constantBytes
      ? dictionary.internConstant(c.buf, start, end, c.view)
      : dictionary.intern(c.buf, start, end, c.view)
  }

  #row(hash: number, c: LineContext): number {
    const key = this.#key
    const ints = this.#ints
    const slots = this.#slots
    const mask = this.#mask
    let at = hash & mask
    for (;;) {
      const slot = slots[at]
      if (slot === 0) break
      if (((slot ^ hash) & markMask) === 0) {
        const row = (slot & ~markMask) - 1
        const from = row * rowInts
        if (ints[from + hashAt] === hash) {
          let i = 0
          while (i < keyWidth && ints[from + i] === key[i]) i++
          if (i === keyWidth) return row
        }
      }
      at = (at + 1) & mask
    }
    const row = this.#rows++
    slots[at] = (hash & markMask) | (row + 1)
    const from = row * rowInts
    for (let i = 0; i < keyWidth; i++) ints[from + i] = key[i]
    ints[from + hashAt] = hash
    for (let i = srcPortAt; i < rowInts; i++) ints[from + i] = 0
    const category = textIndex.category * 2
    ints[from + categoryAt] = this.#category.intern(
      c.buf,
      c.text[category],
      c.text[category + 1],
      c.view,
    )
    if (this.#rows === this.#capacity) this.#grow()
    return row
  }

  #grow(): void {
    this.#capacity *= 2
    const ints = new Int32Array(this.#capacity * rowInts)
    ints.set(this.#ints)
    this.#ints = ints
    this.#doubles = new Float64Array(ints.buffer)
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array(mask + 1)
    for (let row = 0; row < this.#rows; row++) {
      const hash = ints[row * rowInts + hashAt]
      let at = hash & mask
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = (hash & markMask) | (row + 1)
    }
    this.#mask = mask
    this.#slots = slots
  }

  /** All rows as columns; the table is empty afterwards, its dictionaries stay. */
  take(): FlowColumns {
    const rows = this.#rows
    const texts = this.#dictionaries.map((dictionary) => dictionary.emission(rows))
    const category = this.#category.emission(rows)
    const names = [1, 2, 3].map(() => this.#names.emission(rows, true))
    const [minute, transactions] = [new Uint32Array(rows), new Uint32Array(rows)]
    const [srcPorts, dstPorts] = [new Uint16Array(rows), new Uint16Array(rows)]
    const [record, action] = [new Uint32Array(rows), new Uint32Array(rows)]
    const [up, upKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const [down, downKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const [total, totalKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const [ints, doubles] = [this.#ints, this.#doubles]
    for (let from = 0; from < rows; from += chunkRows) {
      const to = Math.min(rows, from + chunkRows)
      for (const [i, column] of texts.entries()) column.add(ints, 5 + i, rowInts, from, to)
      for (const [i, column] of names.entries()) column.add(ints, 1 + i, rowInts, from, to)
      category.add(ints, categoryAt, rowInts, from, to)
      for (let row = from; row < to; row++) {
        const at = row * rowInts
        const packed = ints[at + 4]
        minute[row] = ints[at]
        record[row] = packed & 15
        action[row] = (packed >> 4) & 15
        dstPorts[row] = packed >>> 8
        srcPorts[row] = ints[at + srcPortAt]
        transactions[row] = ints[at + transactionsAt]
        upKnown[row] = ints[at + knownAt]
        downKnown[row] = ints[at + knownAt + 1]
        totalKnown[row] = ints[at + knownAt + 2]
        const sums = row * rowDoubles + sumsAt
        up[row] = doubles[sums]
        down[row] = doubles[sums + 1]
        total[row] = doubles[sums + 2]
      }
    }
    this.#slots.fill(0)
    this.#rows = 0
    const words = (all: readonly string[]): Uint8Array[] => all.map((word) => Buffer.from(word))
    return {
      rows,
      minute,
      stream: names[0].column,
      source: names[1].column,
      format: names[2].column,
      record: { dictionary: words(records), index: record },
      srcIp: texts[0].column,
      srcHost: texts[1].column,
      user: texts[2].column,
      device: texts[3].column,
      dstHost: texts[4].column,
      dstIp: texts[5].column,
      srcPort: srcPorts,
      dstPort: dstPorts,
      protocol: texts[6].column,
      appProtocol: texts[7].column,
      action: { dictionary: words(actions), index: action },
      appHint: texts[8].column,
      category: category.column,
      transactions,
      bytesUp: up,
      bytesUpKnown: upKnown,
      bytesDown: down,
      bytesDownKnown: downKnown,
      bytesTotal: total,
      bytesTotalKnown: totalKnown,
    }
  }

  /** Forgets all values; the table must be empty. Numbers of `name` are void. */
  forget(): void {
    if (this.#rows !== 0)
      throw new Error('BUG: dictionaries cannot be forgotten while rows use them')
    for (const dictionary of this.#all) dictionary.clear()
  }
}
