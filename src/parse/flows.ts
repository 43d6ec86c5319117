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
  #hashes = new Int32Array(this.#capacity)
  /** One array for each integer of the key: rows are read as columns in the end. */
  #keys = Array.from({ length: keyWidth }, () => new Int32Array(this.#capacity))
  #categories = new Int32Array(this.#capacity)
  /** The source port all of a row's transactions have; 0 = several, or unknown. No part of the key: connections would not add up. */
  #srcPorts = new Uint16Array(this.#capacity)
  #transactions = new Uint32Array(this.#capacity)
  #known = Array.from({ length: 3 }, () => new Uint32Array(this.#capacity))
  #bytes = Array.from({ length: 3 }, () => new Float64Array(this.#capacity))
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
    const port = Math.max(0, numbers[srcPort])
    if (this.#transactions[row] === 0) this.#srcPorts[row] = port
    else if (this.#srcPorts[row] !== port) this.#srcPorts[row] = 0
    this.#transactions[row]++
    this.#count(row, 0, numbers[bytesUp])
    this.#count(row, 1, numbers[bytesDown])
    this.#count(row, 2, numbers[bytesTotal])
  }

  #idOf(c: LineContext, field: number): number {
    const at = this.#fieldAt[field]
    const start = c.text[at]
    const end = c.text[at + 1]
    if (end <= start) return 0
    return this.#dictionaries[field].intern(c.buf, start, end, c.view)
  }

  #count(row: number, which: number, bytes: number): void {
    if (bytes < 0) return
    this.#known[which][row]++
    this.#bytes[which][row] += bytes
  }

  #row(hash: number, c: LineContext): number {
    const key = this.#key
    const keys = this.#keys
    const slots = this.#slots
    const mask = this.#mask
    let at = hash & mask
    for (;;) {
      const slot = slots[at]
      if (slot === 0) break
      if (((slot ^ hash) & markMask) === 0) {
        const row = (slot & ~markMask) - 1
        let same = true
        for (let i = 0; i < keyWidth; i++) if (keys[i][row] !== key[i]) same = false
        if (same) return row
      }
      at = (at + 1) & mask
    }
    const row = this.#rows++
    slots[at] = (hash & markMask) | (row + 1)
    this.#hashes[row] = hash
    for (let i = 0; i < keyWidth; i++) keys[i][row] = key[i]
    const category = textIndex.category * 2
    this.#categories[row] = this.#category.intern(
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
    const capacity = this.#capacity
    this.#keys = this.#keys.map((column) => resized(column, capacity))
    this.#categories = resized(this.#categories, capacity)
    this.#srcPorts = resized(this.#srcPorts, capacity)
    this.#transactions = resized(this.#transactions, capacity)
    this.#known = this.#known.map((column) => resized(column, capacity))
    this.#bytes = this.#bytes.map((column) => resized(column, capacity))
    this.#hashes = resized(this.#hashes, capacity)
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array(mask + 1)
    for (let row = 0; row < this.#rows; row++) {
      const hash = this.#hashes[row]
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
    const keys = this.#keys
    const texts = this.#dictionaries.map((dictionary, i) => dictionary.emit(keys[5 + i], rows))
    const packed = keys[4]
    const of = (names: readonly string[], shift: number) => {
      const index = new Uint32Array(rows)
      for (let row = 0; row < rows; row++) index[row] = (packed[row] >> shift) & 15
      return { dictionary: names.map((name) => Buffer.from(name)), index }
    }
    const dstPorts = new Uint16Array(rows)
    for (let row = 0; row < rows; row++) dstPorts[row] = packed[row] >>> 8
    const flows: FlowColumns = {
      rows,
      minute: new Uint32Array(keys[0].subarray(0, rows)),
      stream: this.#names.emit(keys[1], rows),
      source: this.#names.emit(keys[2], rows),
      format: this.#names.emit(keys[3], rows),
      record: of(records, 0),
      srcIp: texts[0],
      srcHost: texts[1],
      user: texts[2],
      device: texts[3],
      dstHost: texts[4],
      dstIp: texts[5],
      srcPort: this.#srcPorts.slice(0, rows),
      dstPort: dstPorts,
      protocol: texts[6],
      appProtocol: texts[7],
      action: of(actions, 4),
      appHint: texts[8],
      category: this.#category.emit(this.#categories, rows),
      transactions: this.#transactions.slice(0, rows),
      bytesUp: this.#bytes[0].slice(0, rows),
      bytesUpKnown: this.#known[0].slice(0, rows),
      bytesDown: this.#bytes[1].slice(0, rows),
      bytesDownKnown: this.#known[1].slice(0, rows),
      bytesTotal: this.#bytes[2].slice(0, rows),
      bytesTotalKnown: this.#known[2].slice(0, rows),
    }
    this.#slots.fill(0)
    this.#transactions.fill(0, 0, rows)
    for (const column of this.#known) column.fill(0, 0, rows)
    for (const column of this.#bytes) column.fill(0, 0, rows)
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
