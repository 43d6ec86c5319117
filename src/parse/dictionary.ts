/**
 * One column's dictionary: raw bytes of a log → number of the value as it leaves the parser. A value is decoded, checked and
 * normalised once, when it is first seen; after that a line costs a hash and a comparison. Number 0 is unknown.
 */
import { decode } from './normalise.ts'

const initialSlots = 1 << 12
const initialArena = 1 << 16

export class Dictionary {
  readonly #normalise: (text: string) => string | null
  #mask = initialSlots - 1
  #slots = new Int32Array(initialSlots).fill(-1)
  #hashes = new Int32Array(initialSlots >> 1)
  #starts = new Int32Array((initialSlots >> 1) + 1)
  #ids = new Int32Array(initialSlots >> 1)
  #arena = new Uint8Array(initialArena)
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
    return this.#starts[this.#raws]
  }

  /** The number of the value written in `bytes[start, end)`; 0 when empty or no such value. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    if (end <= start) return 0
    let hash = 0x811c9dc5
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    hash ^= hash >>> 15
    const mask = this.#mask
    let at = hash & mask
    for (;;) {
      const raw = this.#slots[at]
      if (raw === -1) return this.#add(bytes, start, end, hash, at)
      if (this.#hashes[raw] === hash && this.#same(raw, bytes, start, end)) return this.#ids[raw]
      at = (at + 1) & mask
    }
  }

  #same(raw: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena
    const from = this.#starts[raw]
    const length = this.#starts[raw + 1] - from
    if (length !== end - start) return false
    for (let i = 0; i < length; i++) if (arena[from + i] !== bytes[start + i]) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, at: number): number {
    const raw = this.#raws
    const from = this.#starts[raw]
    const to = from + end - start
    if (to > this.#arena.length) this.#arena = grown(this.#arena, to)
    this.#arena.set(bytes.subarray(start, end), from)
    const id = this.idOf(this.#normalise(decode(bytes.subarray(start, end))))
    this.#slots[at] = raw
    this.#hashes[raw] = hash
    this.#ids[raw] = id
    this.#starts[raw + 1] = to
    this.#raws = raw + 1
    if (this.#raws >= this.#hashes.length) this.#grow()
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
    this.#mask = size - 1
    this.#slots = new Int32Array(size).fill(-1)
    this.#hashes = grownInts(this.#hashes, size >> 1)
    this.#ids = grownInts(this.#ids, size >> 1)
    this.#starts = grownInts(this.#starts, (size >> 1) + 1)
    for (let raw = 0; raw < this.#raws; raw++) {
      let at = this.#hashes[raw] & this.#mask
      while (this.#slots[at] !== -1) at = (at + 1) & this.#mask
      this.#slots[at] = raw
    }
  }

  /** Values of `ids`, each once, and where each row finds its own. */
  emit(ids: Int32Array, rows: number): { dictionary: Uint8Array[]; index: Uint32Array } {
    const stamp = ++this.#stamp
    if (this.#localOf.length < this.#values.length) {
      this.#localOf = grownInts(this.#localOf, this.#values.length * 2)
      this.#stampOf = grownInts(this.#stampOf, this.#values.length * 2)
    }
    const dictionary: Uint8Array[] = []
    const index = new Uint32Array(rows)
    for (let row = 0; row < rows; row++) {
      const id = ids[row]
      if (this.#stampOf[id] !== stamp) {
        this.#stampOf[id] = stamp
        this.#localOf[id] = dictionary.push(this.#values[id]) - 1
      }
      index[row] = this.#localOf[id]
    }
    return { dictionary, index }
  }

  /** Forgets everything. No number given before may be used after. */
  clear(): void {
    this.#mask = initialSlots - 1
    this.#slots = new Int32Array(initialSlots).fill(-1)
    this.#hashes = new Int32Array(initialSlots >> 1)
    this.#ids = new Int32Array(initialSlots >> 1)
    this.#starts = new Int32Array((initialSlots >> 1) + 1)
    this.#arena = new Uint8Array(initialArena)
    this.#raws = 0
    this.#byText = new Map([['', 0]])
    this.#values = [new Uint8Array(0)]
    this.#localOf = new Int32Array(1024)
    this.#stampOf = new Int32Array(1024)
  }
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
