/**
 * One column's dictionary: raw bytes of a log → number of the value as it leaves the parser. A value is decoded, checked and
 * normalised once, when it is first seen; after that a line costs a hash and a comparison. Number 0 is unknown.
 */
import { decode } from './normalise.ts'

const initialSlots = 1 << 12
const initialArena = 1 << 16
/** Integers of a slot: hash, place and length of the raw bytes in the arena, number of the value + 1 (0 = free slot). */
const slotWidth = 4

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

export class Dictionary {
  readonly #normalise: (text: string) => string | null
  #mask = initialSlots - 1
  #slots = new Int32Array(initialSlots * slotWidth)
  #arena = new Uint8Array(initialArena)
  #arenaView = viewOf(this.#arena)
  #arenaUsed = 0
  #raws = 0
  #byText = new Map<string, number>([['', 0]])
  #values: Uint8Array[] = [new Uint8Array(0)]
  /** Place of each value in the batch that is being emitted, valid where the stamp is the batch's. */
  #localOf = new Int32Array(1024)
  #stampOf = new Int32Array(1024)
  #stamp = 0

  constructor(normalise: (text: string) => string | null) {
    this.#normalise = normalise
  }

  /** Distinct raw values held, or values, whichever are more (`idOf` gives values no line wrote). */
  get size(): number {
    return Math.max(this.#raws, this.#values.length - 1)
  }

  /** Bytes of the raw values held. */
  get heldBytes(): number {
    return this.#arenaUsed
  }

  /** The number of the value written in `bytes[start, end)`; 0 when empty or no such value. `view` covers the same bytes. */
  intern(bytes: Uint8Array, start: number, end: number, view = viewOf(bytes)): number {
    if (end <= start) return 0
    const hash = hashOf(bytes, view, start, end)
    const mask = this.#mask
    const slots = this.#slots
    let at = hash & mask
    for (;;) {
      const slot = at * slotWidth
      const id = slots[slot + 3]
      if (id === 0) return this.#add(bytes, start, end, hash, slot)
      if (
        slots[slot] === hash &&
        slots[slot + 2] === end - start &&
        this.#same(slots[slot + 1], bytes, view, start, end)
      )
        return id - 1
      at = (at + 1) & mask
    }
  }

  /** Whether the arena holds `bytes[start, end)` at `from`. */
  #same(from: number, bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const length = end - start
    const arena = this.#arenaView
    if (length < 4) {
      for (let i = 0; i < length; i++) if (this.#arena[from + i] !== bytes[start + i]) return false
      return true
    }
    const shift = from - start
    if (length <= 8)
      return (
        arena.getInt32(from, true) === view.getInt32(start, true) &&
        arena.getInt32(from + length - 4, true) === view.getInt32(end - 4, true)
      )
    const last = end - 8
    if (!samePair(arena, last + shift, view, last)) return false
    for (let p = start; p < last; p += 8) if (!samePair(arena, p + shift, view, p)) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const from = this.#arenaUsed
    const to = from + end - start
    if (to > this.#arena.length) {
      this.#arena = grown(this.#arena, to)
      this.#arenaView = viewOf(this.#arena)
    }
    this.#arena.set(bytes.subarray(start, end), from)
    const id = this.idOf(this.#normalise(decode(bytes.subarray(start, end))))
    const slots = this.#slots
    slots[slot] = hash
    slots[slot + 1] = from
    slots[slot + 2] = end - start
    slots[slot + 3] = id + 1
    this.#arenaUsed = to
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
    const size = (this.#mask + 1) * 2
    const old = this.#slots
    const slots = new Int32Array(size * slotWidth)
    const mask = size - 1
    for (let from = 0; from < old.length; from += slotWidth) {
      if (old[from + 3] === 0) continue
      let at = old[from] & mask
      while (slots[at * slotWidth + 3] !== 0) at = (at + 1) & mask
      for (let i = 0; i < slotWidth; i++) slots[at * slotWidth + i] = old[from + i]
    }
    this.#mask = mask
    this.#slots = slots
  }

  /** Values of `ids`, each once, and where each row finds its own. */
  emit(ids: Int32Array, rows: number): { dictionary: Uint8Array[]; index: Uint32Array } {
    const stamp = ++this.#stamp
    if (this.#localOf.length < this.#values.length) {
      this.#localOf = grownInts(this.#localOf, this.#values.length * 2)
      this.#stampOf = grownInts(this.#stampOf, this.#values.length * 2)
    }
    const localOf = this.#localOf
    const stampOf = this.#stampOf
    const dictionary: Uint8Array[] = []
    const index = new Uint32Array(rows)
    let last = -1
    let local = 0
    for (let row = 0; row < rows; row++) {
      const id = ids[row]
      if (id !== last) {
        last = id
        if (stampOf[id] !== stamp) {
          stampOf[id] = stamp
          localOf[id] = dictionary.push(this.#values[id]) - 1
        }
        local = localOf[id]
      }
      index[row] = local
    }
    return { dictionary, index }
  }

  /** Forgets everything. No number given before may be used after. */
  clear(): void {
    this.#mask = initialSlots - 1
    this.#slots = new Int32Array(initialSlots * slotWidth)
    this.#arena = new Uint8Array(initialArena)
    this.#arenaView = viewOf(this.#arena)
    this.#arenaUsed = 0
    this.#raws = 0
    this.#byText = new Map([['', 0]])
    this.#values = [new Uint8Array(0)]
    this.#localOf = new Int32Array(1024)
    this.#stampOf = new Int32Array(1024)
  }
}

function samePair(a: DataView, at: number, b: DataView, from: number): boolean {
  return (
    a.getInt32(at, true) === b.getInt32(from, true) &&
    a.getInt32(at + 4, true) === b.getInt32(from + 4, true)
  )
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(Math.max(needed, bytes.length * 2))
  next.set(bytes)
  return next
}

export function grownInts(ints: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(length)
  next.set(ints)
  return next
}
