/**
 * Adding a transaction to its minute flow, in WebAssembly: six to ten look-ups in dictionaries, one in the table of rows. Written as
 * ordinary functions over the context's memory and the table's own (lib/wasm-words.ts).
 */
import { WordModule } from '../lib/wasm-words.ts'
import { dictionaryWords, findValue, hashOf, lastOf, pair, sameValue, words } from './dictionary.ts'
import { numbersAt, textAt } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import type { FlowHeap } from './flow-heap.ts'

/** Fields of a key, and words of a key: stream, source, format, minute, port with action and record, then the fields. */
export const keyFields = 9
export const keyWords = 5 + keyFields
/** The fields from here on have few values. */
const fewFrom = 6
/**
 * A row is 128 bytes, two lines of the processor's cache: the key with its hash and the category in the first, what is counted in
 * the second. Found again, a row costs two look-ups of memory, not one for each column.
 */
export const rowWords = 32
export const hashAt = 14
export const categoryAt = 15
export const srcPortAt = 16
export const transactionsAt = 17
export const knownAt = 18
/** In doubles. */
export const sumsAt = 12
/** Where the heap holds what: states of the dictionaries, the key, the places of the fields' texts, the state of the rows. */
export const statesAt = 16
export const keyAt = 96
export const placesAt = 120
export const rowsState = 140
/** Bits of a slot that mark the hash; the others leave room for 16 million rows, more than a segment has bytes for. */
export const markMask = 0xff << 24

/** What `addFlow` gives when it added nothing: so many rows are there that the table must grow; else the field whose value is new. */
export const full = 100

/** Adds the transaction. 0 = done. */
export function addFlow(
  bytes: Uint8Array,
  view: DataView,
  text: Int32Array,
  numbers: Float64Array,
  heap: Int32Array,
  stored: DataView,
  sums: Float64Array,
  minute: number,
  stream: number,
  source: number,
  format: number,
  outcome: number,
): number {
  const port = numbers[1] > 0 ? numbers[1] : 0
  const packed = (port << 8) | outcome
  heap[keyAt] = minute
  heap[keyAt + 1] = stream
  heap[keyAt + 2] = source
  heap[keyAt + 3] = format
  heap[keyAt + 4] = packed
  let hash = Math.imul(minute, 0x9e3779b1) ^ Math.imul(stream * 31 + format, 0x85ebca6b)
  hash = Math.imul(hash ^ packed, 0x9e3779b1)
  for (let i = 0; i < keyFields; i++) {
    const place = heap[placesAt + i]
    const start = text[place]
    const end = text[place + 1]
    let id = 0
    if (end > start) {
      const state = statesAt + i * dictionaryWords
      // protocols and applications have few values: mostly the one of the line before
      const last = heap[state + lastOf]
      if (
        i >= fewFrom &&
        last > 0 &&
        heap[last + 2] === end - start &&
        sameValue(bytes, view, heap, stored, last, start, end)
      )
        id = heap[last + 1]
      else id = findValue(bytes, view, heap, stored, state, start, end)
      if (id < 0) return i + 1
    }
    heap[keyAt + 5 + i] = id
    hash = Math.imul(hash ^ id, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  const row = findRow(heap, hash)
  let at = row
  if (row < 0) {
    if (heap[rowsState + 3] === heap[rowsState + 4]) return full
    const place = heap[placesAt + keyFields]
    const start = text[place]
    const end = text[place + 1]
    let id = 0
    if (end > start) {
      id = findValue(bytes, view, heap, stored, statesAt + keyFields * dictionaryWords, start, end)
      if (id < 0) return keyFields + 1
    }
    at = addRow(heap, hash, -1 - row)
    heap[at + categoryAt] = id
  }
  // the source port all of a row's transactions have; 0 = several, or unknown. No part of the key: connections would not add up
  const from = numbers[0] > 0 ? numbers[0] | 0 : 0
  const transactions = heap[at + transactionsAt]
  heap[at + transactionsAt] = transactions + 1
  if (transactions === 0) heap[at + srcPortAt] = from
  else if (heap[at + srcPortAt] !== from) heap[at + srcPortAt] = 0
  const total = (at >> 1) + sumsAt
  if (numbers[3] >= 0) {
    heap[at + knownAt]++
    sums[total] += numbers[3]
  }
  if (numbers[4] >= 0) {
    heap[at + knownAt + 1]++
    sums[total + 1] += numbers[4]
  }
  if (numbers[5] >= 0) {
    heap[at + knownAt + 2]++
    sums[total + 2] += numbers[5]
  }
  return 0
}

/** Where the row with the heap's key begins, or -1 less the free slot. */
function findRow(heap: Int32Array, hash: number): number {
  const slots = heap[rowsState]
  const mask = heap[rowsState + 1]
  const rows = heap[rowsState + 2]
  let at = hash & mask
  for (;;) {
    const slot = heap[slots + at]
    if (slot === 0) return -1 - at
    if (((slot ^ hash) & markMask) === 0) {
      const from = rows + ((slot & ~markMask) - 1) * rowWords
      if (heap[from + hashAt] === hash) {
        let i = 0
        while (i < keyWords && heap[from + i] === heap[keyAt + i]) i++
        if (i === keyWords) return from
      }
    }
    at = (at + 1) & mask
  }
}

/** A row with the heap's key, in the free slot; where it begins. */
function addRow(heap: Int32Array, hash: number, slot: number): number {
  const row = heap[rowsState + 3]
  heap[rowsState + 3] = row + 1
  heap[heap[rowsState] + slot] = (hash & markMask) | (row + 1)
  const from = heap[rowsState + 2] + row * rowWords
  for (let i = 0; i < keyWords; i++) heap[from + i] = heap[keyAt + i]
  heap[from + hashAt] = hash
  for (let i = srcPortAt; i < rowWords; i++) heap[from + i] = 0
  return from
}

export type AddFlow = (
  minute: number,
  stream: number,
  source: number,
  format: number,
  outcome: number,
) => number

let compiled: WebAssembly.Module | null = null

/** `addFlow` over the memories of a context and a table. */
export function flowCode(c: LineContext, heap: FlowHeap): AddFlow {
  compiled ??= new WebAssembly.Module(assembled())
  const env = { memory: c.memory, memory1: heap.memory }
  const { exports } = new WebAssembly.Instance(compiled, { env })
  return exports.addFlow as unknown as AddFlow
}

function assembled(): Uint8Array<ArrayBuffer> {
  const functions = [addFlow, addRow, findRow, findValue, hashOf, pair, sameValue, words]
  const module = new WordModule({
    arrays: {
      bytes: { kind: 'u8', at: 0 },
      view: { kind: 'u8', at: 0 },
      text: { kind: 'i32', at: textAt },
      numbers: { kind: 'f64', at: numbersAt },
      heap: { kind: 'i32', at: 0, memory: 1 },
      stored: { kind: 'u8', at: 0, memory: 1 },
      sums: { kind: 'f64', at: 0, memory: 1 },
    },
    objects: {},
    constants: {
      keyFields, keyWords, rowWords, hashAt, categoryAt, srcPortAt, transactionsAt, knownAt, sumsAt, statesAt, keyAt,
      placesAt, rowsState, markMask, full, dictionaryWords, fewFrom, lastOf,
    }, // prettier-ignore
    imports: {},
    functions: Object.fromEntries(functions.map((it) => [it.name, it.toString()])),
  })
  return module.finish(['addFlow']).bytes
}
