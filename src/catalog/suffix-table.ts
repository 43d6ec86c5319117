/**
 * Names by their ends: one pass over a host from right to left finds every listed suffix of it, without making a string for any. The
 * hash runs on character by character, so at each dot it is the hash of the suffix that begins there.
 */

/** Multiplier of FNV-1a, https://www.rfc-editor.org/rfc/rfc9923; any spread will do, keys are compared. */
const prime = 16_777_619

const firstSlots = 1024

export class SuffixTable<Value> {
  readonly #keys: string[] = []
  readonly #values: Value[] = []
  /** Pairs of a key's index + 1 (0 = free) and its hash, side by side in one cache line; linear probing, at most half full. */
  #slots = new Int32Array(2 * firstSlots)

  get size(): number {
    return this.#keys.length
  }

  /** The value of a key, made when it is new. */
  at(key: string, make: () => Value): Value {
    const hash = hashOf(key)
    const known = this.#find(hash, key, 0)
    if (known >= 0) return this.#values[known]
    const value = make()
    this.#keys.push(key)
    this.#values.push(value)
    if (this.#keys.length * 4 > this.#slots.length) this.#grow()
    this.#place(hash, this.#keys.length)
    return value
  }

  /** Tells each listed suffix of the host that begins with a label, the shortest first. */
  walk(host: string, tell: (value: Value, start: number) => void): void {
    let hash = 0
    for (let i = host.length - 1; i >= 0; i--) {
      hash = Math.imul(hash ^ host.charCodeAt(i), prime)
      if (i > 0 && host.charCodeAt(i - 1) !== 46) continue
      const index = this.#find(hash, host, i)
      if (index >= 0) tell(this.#values[index], i)
    }
  }

  #find(hash: number, host: string, start: number): number {
    const slots = this.#slots
    const mask = slots.length - 2
    for (let slot = slotOf(hash) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] !== hash) continue
      const index = slots[slot] - 1
      const key = this.#keys[index]
      if (key.length === host.length - start && host.endsWith(key)) return index
    }
    return -1
  }

  #place(hash: number, number: number): void {
    const mask = this.#slots.length - 2
    let slot = slotOf(hash) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 2) & mask
    this.#slots[slot] = number
    this.#slots[slot + 1] = hash
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2)
    for (let slot = 0; slot < before.length; slot += 2)
      if (before[slot] !== 0) this.#place(before[slot + 1], before[slot])
  }
}

/** The high bits of a multiplicative hash are its best; slots are even, masked by the caller. */
function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) << 1
}

function hashOf(key: string): number {
  let hash = 0
  for (let i = key.length - 1; i >= 0; i--) hash = Math.imul(hash ^ key.charCodeAt(i), prime)
  return hash
}
