/** Minute flows: transactions with the same minute, parties and outcome become one row, in typed arrays, without objects. */
import type { FlowColumns } from './batch.ts'
import { Dictionary, dictionaryWords } from './dictionary.ts'
import {
  categoryAt,
  flowCode,
  full,
  hashAt,
  knownAt,
  markMask,
  placesAt,
  rowsState,
  rowWords,
  srcPortAt,
  statesAt,
  sumsAt,
  transactionsAt,
} from './flow-code.ts'
import type { AddFlow } from './flow-code.ts'
import { FlowHeap } from './flow-heap.ts'
import { textIndex } from './line-context.ts'
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

/** Rows that are turned into columns at a time: they stay in the fastest cache. */
const chunkRows = 128
const initialRows = 1 << 11
const records = ['session', 'web', 'dns'] as const
const actions = ['', 'allowed', 'blocked'] as const

const identity = (text: string): string => text

/** Fields with a dictionary, in the order of their states in the heap. */
const fields = [...keyFields, 'category'] as const

export class FlowTable {
  #heap = new FlowHeap()
  readonly #fields = fields.map((field, i) => this.#dictionary(normalisers[field], i))
  readonly #names = this.#dictionary(identity, fields.length)
  readonly #all = [...this.#fields, this.#names]
  /** Context the code was made for. */
  #memory: WebAssembly.Memory | null = null
  #add: AddFlow = () => 0

  constructor() {
    this.#begin()
  }

  #dictionary(normalise: (text: string) => string | null, place: number): Dictionary {
    return new Dictionary(normalise, this.#heap, statesAt + place * dictionaryWords)
  }

  #begin(): void {
    const heap = this.#heap
    const slots = heap.allot(initialRows * 2)
    const rows = heap.allot(initialRows * rowWords)
    heap.ints.set([slots, initialRows * 2 - 1, rows, 0, initialRows], rowsState)
    for (const [i, field] of fields.entries()) heap.ints[placesAt + i] = textIndex[field] * 2
    this.#memory = null
  }

  get rows(): number {
    return this.#heap.ints[rowsState + 3]
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

  /** What adds transactions of `c` whose values are all known; another one after `forget`. */
  adder(c: LineContext): AddFlow {
    if (c.memory !== this.#memory) {
      this.#memory = c.memory
      this.#add = flowCode(c, this.#heap)
    }
    return this.#add
  }

  /** Adds the transaction in `c`. `stream`, `source` and `format` are numbers given by `name`. */
  add(c: LineContext, stream: number, source: number, format: number): void {
    const minute = Math.floor(c.time / 60_000)
    const outcome = (c.action << 4) | c.record
    const add = this.adder(c)
    for (;;) {
      const missing = add(minute, stream, source, format, outcome)
      if (missing === 0) return
      if (missing === full) this.#grow()
      else this.#learn(c, missing - 1)
    }
  }

  #learn(c: LineContext, field: number): void {
    const at = textIndex[fields[field]] * 2
    this.#fields[field].learn(c.buf, c.text[at], c.text[at + 1])
  }

  #grow(): void {
    const heap = this.#heap
    const capacity = heap.ints[rowsState + 4]
    const at = heap.moved(heap.ints[rowsState + 2], capacity * rowWords, capacity * 2 * rowWords)
    const mask = heap.ints[rowsState + 1] * 2 + 1
    const slots = heap.allot(mask + 1)
    const { ints } = heap
    for (let row = 0; row < capacity; row++) {
      const hash = ints[at + row * rowWords + hashAt]
      let place = hash & mask
      while (ints[slots + place] !== 0) place = (place + 1) & mask
      ints[slots + place] = (hash & markMask) | (row + 1)
    }
    ints.set([slots, mask, at, capacity, capacity * 2], rowsState)
  }

  /** All rows as columns; the table is empty afterwards, its dictionaries stay. */
  take(): FlowColumns {
    const { rows } = this
    const texts = this.#fields.map((dictionary) => dictionary.emission(rows))
    const names = [1, 2, 3].map(() => this.#names.emission(rows, true))
    const [minute, transactions] = [new Uint32Array(rows), new Uint32Array(rows)]
    const [srcPorts, dstPorts] = [new Uint16Array(rows), new Uint16Array(rows)]
    const [record, action] = [new Uint32Array(rows), new Uint32Array(rows)]
    const [up, upKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const [down, downKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const [total, totalKnown] = [new Float64Array(rows), new Uint32Array(rows)]
    const { ints, doubles } = this.#heap
    const [slots, mask, first] = ints.subarray(rowsState)
    for (let from = 0; from < rows; from += chunkRows) {
      const to = Math.min(rows, from + chunkRows)
      for (const [i, column] of texts.entries())
        column.add(ints, first + (i < keyFields.length ? 5 + i : categoryAt), rowWords, from, to)
      for (const [i, column] of names.entries()) column.add(ints, first + 1 + i, rowWords, from, to)
      for (let row = from; row < to; row++) {
        const at = first + row * rowWords
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
        const sums = (at >> 1) + sumsAt
        up[row] = doubles[sums]
        down[row] = doubles[sums + 1]
        total[row] = doubles[sums + 2]
      }
    }
    ints.fill(0, slots, slots + mask + 1)
    ints[rowsState + 3] = 0
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
      category: texts[9].column,
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
    if (this.rows !== 0)
      throw new Error('BUG: dictionaries cannot be forgotten while rows use them')
    this.#heap = new FlowHeap()
    for (const dictionary of this.#all) dictionary.clear(this.#heap)
    this.#begin()
  }
}
