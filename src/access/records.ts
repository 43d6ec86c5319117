/** A small set of things by their ids, in memory and written through to a table of the store (id, version, gone, state). */
import type { Store } from '../store/store.ts'

export interface Identified {
  id: string
}

export class Records<Item extends Identified> {
  readonly #store: Store
  readonly #table: string
  readonly #now: () => number
  readonly #items = new Map<string, Item>()
  #version = 0

  constructor(store: Store, table: string, now: () => number) {
    this.#store = store
    this.#table = table
    this.#now = now
  }

  async load(): Promise<void> {
    const rows = await this.#store.query<{ last: number; taken: number; kept: string }>(
      `SELECT max(version) AS last, argMax(gone, version) AS taken, argMax(state, version) AS kept FROM db.${this.#table} GROUP BY id`,
    )
    this.#items.clear()
    for (const { last, taken, kept } of rows) {
      this.#version = Math.max(this.#version, last)
      if (taken === 1) continue
      const item = JSON.parse(kept) as Item
      this.#items.set(item.id, item)
    }
  }

  get(id: string): Item | null {
    return this.#items.get(id) ?? null
  }

  values(): IterableIterator<Item> {
    return this.#items.values()
  }

  get size(): number {
    return this.#items.size
  }

  /** Resolves when it is durable; then only it counts. */
  async put(item: Item): Promise<void> {
    await this.#write(item, 0)
    this.#items.set(item.id, item)
  }

  async remove(id: string): Promise<boolean> {
    const item = this.#items.get(id)
    if (item === undefined) return false
    // taken away at once, whatever the store says: better signed out too early than too late
    this.#items.delete(id)
    await this.#write({ id } as Item, 1)
    return true
  }

  async #write(item: Item, gone: 0 | 1): Promise<void> {
    this.#version = Math.max(this.#version + 1, this.#now())
    const row = { id: item.id, version: this.#version, gone, state: JSON.stringify(item) }
    await this.#store.insert(this.#table, [row])
  }
}
