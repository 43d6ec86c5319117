/**
 * Names by their ends: one pass over a host from right to left finds every listed suffix of it, without making a string for any. The
 * hash runs on character by character, so at each dot it is the hash of the suffix that begins there.
 */

/** Multiplier of FNV-1a, https://www.rfc-editor.org/rfc/rfc9923; any spread will do, keys are compared. */
const prime = 16_777_619

const firstSlots = 1024

export class SuffixTable<Value> {
  readonly #keys: string[] = []
  readonly #hashes: number[] = []
  readonly #values: Value[] = []
  /** Index of a key + 1, 0 = free; linear probing, at most half full. */
  #slots = new Int32Array(firstSlots)

  get size(): number {
    return this.#keys.length
  }

  /** The value of a key, made when it is new. */
  at(key: string, make: () => Value): Value {
    const hash = hashOf(key)
    let slot = this.#slotOf(hash)
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & (this.#slots.length - 1)) {
      const index = this.#slots[slot] - 1
      if (this.#hashes[index] === hash && this.#keys[index] === key) return this.#values[index]
    }
    const value = make()
    this.#keys.push(key)
    this.#hashes.push(hash)
    this.#values.push(value)
    this.#slots[slot] = this.#keys.length
    if (this.#keys.length * 2 > this.#slots.length) this.#grow()
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
    for (
      let slot = this.#slotOf(hash);
      this.#slots[slot] !== 0;
      slot = (slot + 1) & (this.#slots.length - 1)
    ) {
      const index = this.#slots[slot] - 1
      if (this.#hashes[index] !== hash) continue
      const key = this.#keys[index]
      if (key.length === host.length - start && host.endsWith(key)) return index
    }
    return -1
  }

  /** The high bits of a multiplicative hash are its best. */
  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1)
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (const [index, hash] of this.#hashes.entries()) {
      let slot = this.#slotOf(hash)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = index + 1
    }
  }
}

function hashOf(key: string): number {
  let hash = 0
  for (let i = key.length - 1; i >= 0; i--) hash = Math.imul(hash ^ key.charCodeAt(i), prime)
  return hash
}
