/**
 * A bounded memory of answers in two generations: when the young one is full it becomes the old one, and the old one is forgotten. What
 * is asked again moves to the young one. Cheaper than a list of last uses, and a scan over millions of names forgets only half.
 */
export class Memory<Value> {
  readonly #entriesMax: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#entriesMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  /** Entries held; at most twice the bound. */
  get size(): number {
    return this.#young.size + this.#old.size
  }
}
