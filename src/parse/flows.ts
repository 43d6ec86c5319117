/** Minute flows: transactions with the same minute, parties and outcome become one row, in typed arrays, without objects. */
import type { FlowColumns } from './batch.ts'
import { Dictionary } from './dictionary.ts'
import { numberIndex, textIndex } from './line-context.ts'
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

/** Integers of a key: stream, format, minute, port, action and record, then the key fields. */
const keyWidth = 5 + keyFields.length
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
  #slots = new Int32Array(1 << 14).fill(-1)
  #capacity = 1 << 13
  #keys = new Int32Array(this.#capacity * keyWidth)
  #categories = new Int32Array(this.#capacity)
  /** The source port all of a row's transactions have; 0 = several, or unknown. No part of the key: connections would not add up. */
  #srcPorts = new Uint16Array(this.#capacity)
  #transactions = new Uint32Array(this.#capacity)
  #known = new Uint32Array(this.#capacity * 3)
  #bytes = new Float64Array(this.#capacity * 3)
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
    const buf = c.buf
    const text = c.text
    const numbers = c.numbers
    key[0] = Math.floor(c.time / 60_000)
    key[1] = stream
    key[2] = source
    key[3] = format
    key[4] = (Math.max(0, numbers[dstPort]) << 8) | (c.action << 4) | c.record
    let hash = Math.imul(key[0], 0x9e3779b1) ^ Math.imul(key[1] * 31 + key[3], 0x85ebca6b) ^ key[4]
    for (let i = 0; i < keyFields.length; i++) {
      const at = this.#fieldAt[i]
      const id = this.#dictionaries[i].intern(buf, text[at], text[at + 1])
      key[5 + i] = id
      hash = Math.imul(hash ^ id, 0x01000193) ^ (hash >>> 13)
    }
    const row = this.#row(hash ^ (hash >>> 16), c)
    const port = Math.max(0, numbers[srcPort])
    if (this.#transactions[row] === 0) this.#srcPorts[row] = port
    else if (this.#srcPorts[row] !== port) this.#srcPorts[row] = 0
    this.#transactions[row]++
    this.#count(row, 0, numbers[bytesUp])
    this.#count(row, 1, numbers[bytesDown])
    this.#count(row, 2, numbers[bytesTotal])
  }

  #count(row: number, which: number, bytes: number): void {
    if (bytes < 0) return
    const at = row * 3 + which
    this.#known[at]++
    this.#bytes[at] += bytes
  }

  #row(hash: number, c: LineContext): number {
    const key = this.#key
    const keys = this.#keys
    let at = hash & this.#mask
    probe: for (;;) {
      const row = this.#slots[at]
      if (row === -1) break
      const from = row * keyWidth
      for (let i = 0; i < keyWidth; i++)
        if (keys[from + i] !== key[i]) {
          at = (at + 1) & this.#mask
          continue probe
        }
      return row
    }
    const row = this.#rows++
    this.#slots[at] = row
    keys.set(key, row * keyWidth)
    const category = textIndex.category * 2
    this.#categories[row] = this.#category.intern(c.buf, c.text[category], c.text[category + 1])
    if (this.#rows === this.#capacity) this.#grow()
    return row
  }

  #grow(): void {
    this.#capacity *= 2
    this.#keys = resized(this.#keys, this.#capacity * keyWidth)
    this.#categories = resized(this.#categories, this.#capacity)
    this.#srcPorts = resized(this.#srcPorts, this.#capacity)
    this.#transactions = resized(this.#transactions, this.#capacity)
    this.#known = resized(this.#known, this.#capacity * 3)
    this.#bytes = resized(this.#bytes, this.#capacity * 3)
    this.#mask = this.#mask * 2 + 1
    this.#slots = new Int32Array(this.#mask + 1).fill(-1)
    for (let row = 0; row < this.#rows; row++) {
      let at = this.#hashOf(row) & this.#mask
      while (this.#slots[at] !== -1) at = (at + 1) & this.#mask
      this.#slots[at] = row
    }
  }

  /** The same as in `add`. */
  #hashOf(row: number): number {
    const k = this.#keys.subarray(row * keyWidth, (row + 1) * keyWidth)
    let hash = Math.imul(k[0], 0x9e3779b1) ^ Math.imul(k[1] * 31 + k[3], 0x85ebca6b) ^ k[4]
    for (let i = 5; i < keyWidth; i++) hash = Math.imul(hash ^ k[i], 0x01000193) ^ (hash >>> 13)
    return hash ^ (hash >>> 16)
  }

  /** All rows as columns; the table is empty afterwards, its dictionaries stay. */
  take(): FlowColumns {
    const rows = this.#rows
    const column = (place: number): Int32Array => {
      const values = new Int32Array(rows)
      for (let row = 0; row < rows; row++) values[row] = this.#keys[row * keyWidth + place]
      return values
    }
    const texts = this.#dictionaries.map((dictionary, i) => dictionary.emit(column(5 + i), rows))
    const packed = column(4)
    const of = (names: readonly string[], shift: number) => ({
      dictionary: names.map((name) => Buffer.from(name)),
      index: Uint32Array.from(packed, (value) => (value >> shift) & 15),
    })
    const flows: FlowColumns = {
      rows,
      minute: Uint32Array.from(column(0)),
      stream: this.#names.emit(column(1), rows),
      source: this.#names.emit(column(2), rows),
      format: this.#names.emit(column(3), rows),
      record: of(records, 0),
      srcIp: texts[0],
      srcHost: texts[1],
      user: texts[2],
      device: texts[3],
      dstHost: texts[4],
      dstIp: texts[5],
      srcPort: this.#srcPorts.slice(0, rows),
      dstPort: Uint16Array.from(packed, (value) => value >>> 8),
      protocol: texts[6],
      appProtocol: texts[7],
      action: of(actions, 4),
      appHint: texts[8],
      category: this.#category.emit(this.#categories, rows),
      transactions: this.#transactions.slice(0, rows),
      bytesUp: every(this.#bytes, 0, rows),
      bytesUpKnown: every(this.#known, 0, rows),
      bytesDown: every(this.#bytes, 1, rows),
      bytesDownKnown: every(this.#known, 1, rows),
      bytesTotal: every(this.#bytes, 2, rows),
      bytesTotalKnown: every(this.#known, 2, rows),
    }
    this.#slots.fill(-1)
    this.#transactions.fill(0, 0, rows)
    this.#known.fill(0, 0, rows * 3)
    this.#bytes.fill(0, 0, rows * 3)
    this.#rows = 0
    return flows
  }

  /** Forgets all values; the table must be empty. Numbers of `name` are void. */
  forget(): void {
    if (this.#rows !== 0)
      throw new Error('BUG: dictionaries cannot be forgotten while rows use them')
    for (const dictionary of this.#all) dictionary.clear()
  }
}

function resized<T extends Int32Array | Uint32Array | Uint16Array | Float64Array>(
  array: T,
  length: number,
): T {
  const next = new (array.constructor as new (length: number) => T)(length)
  next.set(array)
  return next
}

/** Every third value, from `which`. */
function every<T extends Uint32Array | Float64Array>(array: T, which: number, rows: number): T {
  const values = new (array.constructor as new (length: number) => T)(rows)
  for (let row = 0; row < rows; row++) values[row] = array[row * 3 + which]
  return values
}
