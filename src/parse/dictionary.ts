/**
 * One column's dictionary: raw bytes of a log → number of the value as it leaves the parser. A value is decoded, checked and
 * normalised once, when it is first seen; after that a line costs a hash and a comparison. Number 0 is unknown.
 */
import { FlowHeap } from './flow-heap.ts'
import { decode } from './normalise.ts'

const initialSlots = 1 << 12
const initialArena = 1 << 12
/** Before the raw bytes of a value in the arena: hash, number, length. */
const headerInts = 3
/** Bits of a slot that are the hash's highest ones; the rest is the place in the arena, in words. */
const markBits = 6
/**
 * Hash of `[start, end)`: words that overlap at the end, a fixed number of them for each class of lengths, so that the processor
 * guesses no loop's end. `view` covers the same bytes as `bytes`.
 */
export function hashOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  const length = end - start
  let hash = length
  if (length >= 8) {
    hash ^= pair(view, start, 0x2545f491)
    hash = (hash + pair(view, end - 8, 0x5f356495)) | 0
    if (length > 16) {
      hash ^= pair(view, start + 8, 0x1b873593)
      hash = (hash + pair(view, end - 16, 0x3c6ef372)) | 0
      for (let p = start + 16; p < end - 16; p += 8)
        hash = (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + pair(view, p, 0x297a2d39)) | 0
    }
  } else if (length >= 4) hash ^= words(view.getInt32(start, true), view.getInt32(end - 4, true), 1)
  else if (length > 0)
    hash ^= words(bytes[start] | (bytes[start + (length >> 1)] << 8), bytes[end - 1], 2)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

export function pair(view: DataView, at: number, salt: number): number {
  return words(view.getInt32(at, true), view.getInt32(at + 4, true), salt)
}

export function words(a: number, b: number, salt: number): number {
  const mixed = Math.imul(a ^ salt, 0x9e3779b1) ^ Math.imul((b + salt) | 0, 0x61c88647)
  return Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
}

/** Words of a dictionary's state in the heap: where its slots and values are, the hash that was missed, the value found last (0 = none). */
export const dictionaryWords = 5
const [slotsOf, maskOf, arenaOf, missedOf] = [0, 1, 2, 3] as const
export const lastOf = 4

/**
 * The number of the value `[start, end)` in the dictionary whose state is at `state`, -1 = it is new. A look-up touches two places: a
 * slot of four bytes, and the value with its header. Tables that stay in the processor's cache are worth more than any hash: the
 * memory behind it takes a hundred times as long.
 */
export function findValue(
  bytes: Uint8Array,
  view: DataView,
  heap: Int32Array,
  stored: DataView,
  state: number,
  start: number,
  end: number,
): number {
  const hash = hashOf(bytes, view, start, end)
  const slots = heap[state]
  const mask = heap[state + 1]
  const arena = heap[state + 2]
  let at = hash & mask
  for (;;) {
    const slot = heap[slots + at]
    if (slot === 0) break
    // the lower bits of a slot are the hash's highest ones
    if (((slot ^ (hash >>> 26)) & 63) === 0) {
      const place = arena + (slot >>> 6)
      if (heap[place] === hash && heap[place + 2] === end - start)
        if (sameValue(bytes, view, heap, stored, place, start, end)) {
          heap[state + lastOf] = place
          return heap[place + 1]
        }
    }
    at = (at + 1) & mask
  }
  heap[state + 3] = hash
  return -1
}

/** Whether the value at `place`, which has its length, is `bytes[start, end)`. */
export function sameValue(
  bytes: Uint8Array,
  view: DataView,
  heap: Int32Array,
  stored: DataView,
  place: number,
  start: number,
  end: number,
): boolean {
  const length = end - start
  if (length < 4) {
    let word = 0
    for (let p = end - 1; p >= start; p--) word = (word << 8) | bytes[p]
    return heap[place + 3] === word
  }
  const shift = (place + 3) * 4 - start
  const last = end - 4
  if (stored.getInt32(last + shift, true) !== view.getInt32(last, true)) return false
  for (let p = start; p < last; p += 4)
    if (stored.getInt32(p + shift, true) !== view.getInt32(p, true)) return false
  return true
}

export class Dictionary {
  readonly #normalise: (text: string) => string | null
  #heap: FlowHeap
  readonly #state: number
  /** Words of the values in use; nothing begins at 0. */
  #arenaUsed = 1
  #arenaSize = 0
  #heldBytes = 0
  #raws = 0
  #byText = new Map<string, number>([['', 0]])
  #values: Uint8Array[] = [new Uint8Array(0)]
  /** Place of each value in the batch that is being emitted, counted from `#emitted`; lower ones are of batches before. */
  #localOf = new Int32Array(1024)
  #emitted = 1

  /** `state`: where the dictionary's state lies in the heap. */
  constructor(normalise: (text: string) => string | null, heap = new FlowHeap(), state = 0) {
    this.#normalise = normalise
    this.#heap = heap
    this.#state = state
    this.#begin()
  }

  #begin(): void {
    const heap = this.#heap
    const slots = heap.allot(initialSlots)
    const arena = heap.allot(initialArena)
    heap.ints.set([slots, initialSlots - 1, arena, 0, 0], this.#state)
    this.#arenaSize = initialArena
    this.#arenaUsed = 1
  }

  /** Distinct raw values held, or values, whichever are more (`idOf` gives values no line wrote). */
  get size(): number {
    return Math.max(this.#raws, this.#values.length - 1)
  }

  /** Bytes of the raw values held. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The number of the value written in `bytes[start, end)`; 0 when empty or no such value. `view` covers the same bytes. */
  intern(bytes: Uint8Array, start: number, end: number, view = viewOf(bytes)): number {
    if (end <= start) return 0
    const { ints, view: stored } = this.#heap
    const id = findValue(bytes, view, ints, stored, this.#state, start, end)
    return id < 0 ? this.learn(bytes, start, end) : id
  }

  /** Adds the value that was looked for last and not found. */
  learn(bytes: Uint8Array, start: number, end: number): number {
    const heap = this.#heap
    const state = this.#state
    const length = end - start
    const used = this.#arenaUsed + headerInts + ((length + 3) >> 2)
    if (used > this.#arenaSize) {
      const size = Math.max(used, this.#arenaSize * 2)
      const arena = heap.moved(heap.ints[state + arenaOf], this.#arenaUsed, size)
      heap.ints[state + arenaOf] = arena
      heap.ints[state + lastOf] = 0
      this.#arenaSize = size
    }
    const id = this.idOf(this.#normalise(decode(bytes.subarray(start, end))))
    const { ints, view } = heap
    const hash = ints[state + missedOf]
    const place = ints[state + arenaOf] + this.#arenaUsed
    ints[place] = hash
    ints[place + 1] = id
    ints[place + 2] = length
    for (let i = 0; i < length; i++) view.setUint8((place + headerInts) * 4 + i, bytes[start + i])
    const [slots, mask] = [ints[state + slotsOf], ints[state + maskOf]]
    let at = hash & mask
    while (ints[slots + at] !== 0) at = (at + 1) & mask
    ints[slots + at] = (this.#arenaUsed << markBits) | (hash >>> (32 - markBits))
    this.#arenaUsed = used
    this.#heldBytes += length
    this.#raws++
    if (this.#raws * 2 > mask) this.#grow()
    return id
  }

  /** The number of a value that is already as it leaves the parser. */
  idOf(text: string | null): number {
    if (text === null) return 0
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const id = this.#values.push(Buffer.from(text)) - 1
    this.#byText.set(text, id)
    return id
  }

  #grow(): void {
    const heap = this.#heap
    const state = this.#state
    const mask = heap.ints[state + maskOf] * 2 + 1
    const slots = heap.allot(mask + 1)
    const { ints } = heap
    const [old, arena] = [ints[state + slotsOf], ints[state + arenaOf]]
    for (let i = 0; i < (mask + 1) / 2; i++) {
      const slot = ints[old + i]
      if (slot === 0) continue
      let at = ints[arena + (slot >>> markBits)] & mask
      while (ints[slots + at] !== 0) at = (at + 1) & mask
      ints[slots + at] = slot
    }
    ints[state + slotsOf] = slots
    ints[state + maskOf] = mask
  }

  /** Values of `ids`, each once, and where each row finds its own. */
  emit(ids: Int32Array, rows: number): { dictionary: Uint8Array[]; index: Uint32Array } {
    const emission = this.emission(rows)
    emission.add(ids, 0, 1, 0, rows)
    return emission.column
  }

  /**
   * Begins a column of `rows` rows. A dictionary has one such column at a time, unless it is `small`: then places are looked for in
   * a map of the column's own.
   */
  emission(rows: number, small = false): Emission {
    if (small) return new Emission(this.#values, new Int32Array(this.#values.length), 1, rows)
    if (this.#localOf.length < this.#values.length)
      this.#localOf = grownInts(this.#localOf, this.#values.length * 2)
    // two billion places on, all numbers begin again
    if (this.#emitted > 0x7fff_ffff - this.#values.length) {
      this.#localOf.fill(0)
      this.#emitted = 1
    }
    const from = this.#emitted
    this.#emitted += this.#values.length
    return new Emission(this.#values, this.#localOf, from, rows)
  }

  /** Forgets everything, into another heap. No number given before may be used after. */
  clear(heap = new FlowHeap()): void {
    this.#heap = heap
    this.#begin()
    this.#heldBytes = 0
    this.#raws = 0
    this.#byText = new Map([['', 0]])
    this.#values = [new Uint8Array(0)]
    this.#localOf = new Int32Array(1024)
    this.#emitted = 1
  }
}

/** A column that is being made of the numbers of a dictionary. */
export class Emission {
  readonly column: { dictionary: Uint8Array[]; index: Uint32Array<ArrayBuffer> }
  readonly #values: readonly Uint8Array[]
  readonly #localOf: Int32Array
  /** What is added to a place in the column's own dictionary: smaller numbers are of other columns. */
  readonly #from: number

  constructor(values: readonly Uint8Array[], localOf: Int32Array, from: number, rows: number) {
    this.#values = values
    this.#localOf = localOf
    this.#from = from
    this.column = { dictionary: [], index: new Uint32Array(rows) }
  }

  /** Rows `from` to `to`, whose numbers stand at `ids[row * stride + offset]`. */
  add(ids: Int32Array, offset: number, stride: number, from: number, to: number): void {
    const localOf = this.#localOf
    const base = this.#from
    const { dictionary, index } = this.column
    let at = from * stride + offset
    for (let row = from; row < to; row++, at += stride) {
      const id = ids[at]
      let local = localOf[id]
      if (local < base) {
        local = base + dictionary.push(this.#values[id]) - 1
        localOf[id] = local
      }
      index[row] = local - base
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function grownInts(ints: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(length)
  next.set(ints)
  return next
}
