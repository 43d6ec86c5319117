/**
 * A small set of things by their ids, in memory and written through to a table of the store (id, version, gone, state). Several appliances
 * may share the store: what one has taken away no other brings back, whatever it still has in memory. Ids are never used again.
 */
import type { Store } from '../store/store.ts'

export interface Identified {
  id: string
}

/** Of what was taken away: no later write has a larger one. */
const goneVersion = Number.MAX_SAFE_INTEGER

interface Row {
  id: string
  last: number
  taken: number
  kept: string
}

export class Records<Item extends Identified> {
  readonly #store: Store
  readonly #table: string
  readonly #now: () => number
  readonly #items = new Map<string, Item>()
  /** Of what is known here: an older row says nothing. `goneVersion` = taken away here. */
  readonly #versions = new Map<string, number>()
  #version = 0
  /** Readings under way. */
  #reading = 0

  constructor(store: Store, table: string, now: () => number) {
    this.#store = store
    this.#table = table
    this.#now = now
  }

  async load(): Promise<void> {
    await this.#read('', {}, () => true)
  }

  /** One of them as the store has it now: another appliance may have changed it. null = there is none. */
  async fresh(id: string): Promise<Item | null> {
    await this.#read('WHERE id = {id:String}', { id }, (one) => one === id)
    return this.get(id)
  }

  /** Takes rows that are newer than what is known; of those `asked` for, what is not in the store any more goes. */
  async #read(
    where: string,
    params: Record<string, unknown>,
    asked: (id: string) => boolean,
  ): Promise<void> {
    const before = new Map(this.#versions)
    this.#reading++
    try {
      const rows = await this.#store.query<Row>(
        `SELECT id, max(version) AS last, argMax(gone, version) AS taken, argMax(state, version) AS kept FROM db.${this.#table} ${where} GROUP BY id`,
        params,
      )
      for (const row of rows) this.#take(row)
      const there = new Set(rows.map(({ id }) => id))
      for (const [id, version] of before)
        if (asked(id) && !there.has(id) && this.#versions.get(id) === version) this.#forget(id)
    } finally {
      this.#reading--
    }
  }

  #take({ id, last, taken, kept }: Row): void {
    if (last < goneVersion) this.#version = Math.max(this.#version, last)
    const known = this.#versions.get(id) ?? 0
    if (taken === 1) {
      if (last >= known) this.#forget(id)
    } else if (last > known) {
      this.#versions.set(id, last)
      this.#items.set(id, JSON.parse(kept) as Item)
    }
  }

  #forget(id: string): void {
    this.#items.delete(id)
    this.#versions.delete(id)
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

  /** Resolves when it is durable; then only it counts, unless it was taken away meanwhile. */
  async put(item: Item): Promise<void> {
    const { id } = item
    const known = this.#items.has(id)
    const version = Math.max(this.#version + 1, this.#now())
    this.#version = version
    await this.#write({ id, version, gone: 0, state: JSON.stringify(item) })
    if (known && !this.#items.has(id)) return
    this.#versions.set(id, version)
    this.#items.set(id, item)
  }

  async remove(id: string): Promise<boolean> {
    if (!this.#items.delete(id)) return false
    // taken away at once, whatever the store says: better signed out too early than too late
    this.#versions.set(id, goneVersion)
    await this.#write({ id, version: goneVersion, gone: 1, state: JSON.stringify({ id }) })
    // a reading that began before has it still
    if (this.#reading === 0) this.#versions.delete(id)
    return true
  }

  async #write(row: { id: string; version: number; gone: 0 | 1; state: string }): Promise<void> {
    await this.#store.insert(this.#table, [row])
  }
}
