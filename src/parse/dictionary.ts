/**
 * One column's dictionary: raw bytes of a log → number of the value as it leaves the parser. A value is decoded, checked and
 * normalised once, when it is first seen; after that a line costs a hash and a comparison. Number 0 is unknown.
 */
import { decode } from './normalise.ts'

const initialSlots = 1 << 12
const initialArena = 1 << 16
/** Before the raw bytes of a value in the arena: hash, number, length. */
const headerInts = 3
/** Bits of a slot that are the hash's highest ones; the rest is the place in the arena, in words. */
const markBits = 6
/** A power of two. */
const constantPlaces = 256

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

function pair(view: DataView, at: number, salt: number): number {
  return words(view.getInt32(at, true), view.getInt32(at + 4, true), salt)
}

function words(a: number, b: number, salt: number): number {
  const mixed = Math.imul(a ^ salt, 0x9e3779b1) ^ Math.imul((b + salt) | 0, 0x61c88647)
  return Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
}

/**
 * A look-up touches two places: a slot of four bytes, and the value with its header in the arena. Tables that stay in the
 * processor's cache are worth more than any hash: the memory behind it takes a hundred times as long.
 */
export class Dictionary {
  readonly #normalise: (text: string) => string | null
  #mask = initialSlots - 1
  /** Place in the arena and mark, 0 = free. */
  #slots = new Int32Array(initialSlots)
  #arena = new Int32Array(initialArena >> 2)
  #arenaView = viewOf(this.#arena)
  /** Words in use; nothing begins at 0. */
  #arenaUsed = 1
  #heldBytes = 0
  #raws = 0
  #byText = new Map<string, number>([['', 0]])
  #values: Uint8Array[] = [new Uint8Array(0)]
  /** Place of each value in the batch that is being emitted, counted from `#emitted`; lower ones are of batches before. */
  #localOf = new Int32Array(1024)
  #emitted = 1
  /** Constants of definitions that were asked for, by the last bits of where they begin: start, end and number of each. */
  #constants = new Int32Array(constantPlaces * 3)

  constructor(normalise: (text: string) => string | null) {
    this.#normalise = normalise
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
    const hash = hashOf(bytes, view, start, end)
    const mark = hash >>> (32 - markBits)
    const mask = this.#mask
    const slots = this.#slots
    let at = hash & mask
    for (;;) {
      const slot = slots[at]
      if (slot === 0) return this.#add(bytes, start, end, hash, at)
      if ((slot & ((1 << markBits) - 1)) === mark) {
        const place = slot >>> markBits
        if (this.#arena[place] === hash && this.#same(place, bytes, view, start, end))
          return this.#arena[place + 1]
      }
      at = (at + 1) & mask
    }
  }

  /** As `intern`, of a constant of the definitions (line-context.ts): the bytes at such a place never change. */
  internConstant(bytes: Uint8Array, start: number, end: number, view: DataView): number {
    const constants = this.#constants
    const at = (start & (constantPlaces - 1)) * 3
    if (constants[at] === start && constants[at + 1] === end) return constants[at + 2]
    const id = this.intern(bytes, start, end, view)
    constants[at] = start
    constants[at + 1] = end
    constants[at + 2] = id
    return id
  }

  /** Whether the value at `place` of the arena is `bytes[start, end)`. */
  #same(place: number, bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const length = end - start
    if (this.#arena[place + 2] !== length) return false
    const arena = this.#arenaView
    const from = (place + headerInts) * 4
    if (length < 4) {
      for (let i = 0; i < length; i++)
        if (arena.getUint8(from + i) !== bytes[start + i]) return false
      return true
    }
    if (length <= 8)
      return (
        arena.getInt32(from, true) === view.getInt32(start, true) &&
        arena.getInt32(from + length - 4, true) === view.getInt32(end - 4, true)
      )
    const shift = from - start
    const last = end - 8
    if (!samePair(arena, last + shift, view, last)) return false
    for (let p = start; p < last; p += 8) if (!samePair(arena, p + shift, view, p)) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, at: number): number {
    const place = this.#arenaUsed
    const length = end - start
    const used = place + headerInts + ((length + 3) >> 2)
    if (used > this.#arena.length) {
      this.#arena = grownInts(this.#arena, Math.max(used, this.#arena.length * 2))
      this.#arenaView = viewOf(this.#arena)
    }
    const id = this.idOf(this.#normalise(decode(bytes.subarray(start, end))))
    this.#arena[place] = hash
    this.#arena[place + 1] = id
    this.#arena[place + 2] = length
    for (let i = 0; i < length; i++)
      this.#arenaView.setUint8((place + headerInts) * 4 + i, bytes[start + i])
    this.#slots[at] = (place << markBits) | (hash >>> (32 - markBits))
    this.#arenaUsed = used
    this.#heldBytes += length
    this.#raws++
    if (this.#raws * 2 > this.#mask) this.#grow()
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
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array(mask + 1)
    for (const slot of this.#slots) {
      if (slot === 0) continue
      let at = this.#arena[slot >>> markBits] & mask
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = slot
    }
    this.#mask = mask
    this.#slots = slots
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

  /** Forgets everything. No number given before may be used after. */
  clear(): void {
    this.#mask = initialSlots - 1
    this.#slots = new Int32Array(initialSlots)
    this.#arena = new Int32Array(initialArena >> 2)
    this.#arenaView = viewOf(this.#arena)
    this.#arenaUsed = 1
    this.#heldBytes = 0
    this.#raws = 0
    this.#byText = new Map([['', 0]])
    this.#values = [new Uint8Array(0)]
    this.#localOf = new Int32Array(1024)
    this.#emitted = 1
    this.#constants.fill(0)
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

function samePair(a: DataView, at: number, b: DataView, from: number): boolean {
  return (
    a.getInt32(at, true) === b.getInt32(from, true) &&
    a.getInt32(at + 4, true) === b.getInt32(from + 4, true)
  )
}

function viewOf(bytes: Uint8Array | Int32Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function grownInts(ints: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(length)
  next.set(ints)
  return next
}
