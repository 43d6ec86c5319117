/**
 * A map from short byte strings to small integers, built once and asked for every line: open addressing, no string
 * made. `fold`: ASCII letters of both cases are one. `squash`: blanks, `_`, `-` and `.` are left out too.
 */
export class ByteMap {
  /** Answers by the bytes as they were asked, where keys are squashed. */
  readonly #spellings: Spellings | null
  readonly #mode: number
  readonly #mask: number
  readonly #slots: Int32Array
  readonly #hashes: Int32Array
  readonly #keys: Uint8Array[] = []
  readonly #values: number[] = []

  constructor(
    entries: Iterable<readonly [string, number]>,
    options: { fold: boolean; squash?: boolean },
  ) {
    const list = [...entries]
    let size = 8
    while (size < list.length * 3) size *= 2
    this.#mode = options.squash === true ? 2 : options.fold ? 1 : 0
    this.#spellings = options.squash === true ? new Spellings() : null
    this.#mask = size - 1
    this.#slots = new Int32Array(size).fill(-1)
    this.#hashes = new Int32Array(size)
    for (const [text, value] of list) this.#add(Buffer.from(text, 'utf8'), value)
  }

  #add(given: Uint8Array, value: number): void {
    const key = canonical(given, this.#mode)
    if (this.#find(key, 0, key.length) !== -1) return
    const hash = hashBytes(key, 0, key.length, this.#mode)
    let at = hash & this.#mask
    while (this.#slots[at] !== -1) at = (at + 1) & this.#mask
    this.#slots[at] = this.#keys.length
    this.#hashes[at] = hash
    this.#keys.push(key)
    this.#values.push(value)
  }

  /** The value of `bytes[start, end)`, or -1. */
  get(bytes: Uint8Array, start: number, end: number): number {
    const spellings = this.#spellings
    if (spellings === null) return this.#find(bytes, start, end)
    const place = spellings.placeOf(bytes, start, end)
    if (spellings.stands(place, bytes, start, end)) return spellings.values[place]
    const value = this.#find(bytes, start, end)
    spellings.keep(place, bytes, start, end, value)
    return value
  }

  #find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end, this.#mode)
    let at = hash & this.#mask
    for (;;) {
      const slot = this.#slots[at]
      if (slot === -1) return -1
      if (this.#hashes[at] === hash && this.#same(this.#keys[slot], bytes, start, end))
        return this.#values[slot]
      at = (at + 1) & this.#mask
    }
  }

  #same(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#mode === 2) return sameSquashed(key, bytes, start, end)
    if (key.length !== end - start) return false
    if (this.#mode === 1) {
      for (let i = 0; i < key.length; i++) if (key[i] !== foldByte(bytes[start + i])) return false
      return true
    }
    for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false
    return true
  }
}

/**
 * The answers for the names asked last: a writer spells a name in one way, and bytes that are the same are compared faster than
 * those of a squashed name are found and hashed.
 */
class Spellings {
  readonly values = new Int32Array(spellingsMax)
  readonly #lengths = new Int32Array(spellingsMax).fill(0x7fff_ffff)
  readonly #bytes = new Uint8Array(spellingsMax * spellingBytesMax)

  placeOf(bytes: Uint8Array, start: number, end: number): number {
    return hashBytes(bytes, start, end, 0) & (spellingsMax - 1)
  }

  /** Whether the name at `place` is `bytes[start, end)`. */
  stands(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (this.#lengths[place] !== length) return false
    const kept = this.#bytes
    const from = place * spellingBytesMax
    for (let i = 0; i < length; i++) if (kept[from + i] !== bytes[start + i]) return false
    return true
  }

  keep(place: number, bytes: Uint8Array, start: number, end: number, value: number): void {
    const length = end - start
    if (length > spellingBytesMax) return
    this.#lengths[place] = length
    this.values[place] = value
    for (let i = 0; i < length; i++) this.#bytes[place * spellingBytesMax + i] = bytes[start + i]
  }
}

/** More names than a log has, and longer ones than most are: 12 KB for each map. */
const spellingsMax = 256
const spellingBytesMax = 40

function sameSquashed(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  let k = 0
  for (let i = start; i < end; i++) {
    if (isJoint(bytes[i])) continue
    if (k >= key.length || key[k++] !== foldByte(bytes[i])) return false
  }
  return k === key.length
}

function foldByte(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte
}

/** Blank, `_`, `-`, `.`: what vendors put between the words of a name. */
function isJoint(byte: number): boolean {
  return byte === 32 || byte === 95 || byte === 45 || byte === 46
}

function canonical(bytes: Uint8Array, mode: number): Uint8Array {
  if (mode === 0) return bytes
  return (mode === 2 ? bytes.filter((b) => !isJoint(b)) : bytes).map(foldByte)
}

/** Five bytes and the length tell most words apart; all bytes only where some of them are left out. */
function hashBytes(bytes: Uint8Array, start: number, end: number, mode: number): number {
  if (mode === 2) return hashSquashed(bytes, start, end)
  const length = end - start
  if (length <= 0) return 0
  const last = end - 1
  const fold = mode === 1 ? 0x20202020 : 0
  const word =
    bytes[start] |
    (bytes[Math.min(start + 2, last)] << 8) |
    (bytes[start + (length >> 1)] << 16) |
    (bytes[Math.max(last - 1, start)] << 24)
  let hash = Math.imul((word | fold) ^ length, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 15) ^ (bytes[last] | (fold & 32)), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

function hashSquashed(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) {
    const byte = bytes[i]
    if (!isJoint(byte)) hash = Math.imul(hash ^ foldByte(byte), 0x01000193)
  }
  return hash ^ (hash >>> 15)
}
