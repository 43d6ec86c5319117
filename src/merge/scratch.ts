/**
 * Tables that live as long as one merge: each step of it is a plain statement whose result the next one reads. One merge runs at a
 * time, so the names are fixed, with the owner's in them where appliances share a server; what an interrupted one left is dropped by the next
 * process's first. Where a pass has several slices, what
 * a slice leaves for a later step is put aside on disk.
 */
import type { ClickHouseSettings } from '@clickhouse/client'
import type { Row, Store } from '../store/store.ts'

export interface ScratchOptions {
  /** Threads of a statement. */
  threads: () => number
  /** Ends the pass before its next statement. */
  signal: AbortSignal
  /** Whose tables, where several appliances have one database: lower-case letters and digits; '' = nobody else is there. */
  owner?: string
}

const prefixOf = (owner: string): string => (owner === '' ? 'merge_' : `merge_${owner}_`)

/** A statement on scratch tables of this owner. */
export function scratchSql(sql: string, owner: string): string {
  return owner === '' ? sql : sql.replace(/\bdb\.merge_(?=[a-z])/g, `db.${prefixOf(owner)}`)
}

export class Scratch {
  readonly #store: Store
  readonly #options: ScratchOptions
  #params: Record<string, unknown>
  readonly #made = new Set<string>()

  constructor(store: Store, params: Record<string, unknown>, options: ScratchOptions) {
    this.#store = store
    this.#params = params
    this.#options = options
  }

  /** Tables of a process that was killed. */
  static async sweep(store: Store, owner: string): Promise<void> {
    const left = await store.query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = splitByChar('.', 'db.flows')[1] AND startsWith(name, {prefix:String})`,
      { prefix: prefixOf(owner) },
    )
    for (const { name } of left) await store.command(`DROP TABLE IF EXISTS db.${name}`)
  }

  /** Further parameters of the statements, in place of earlier ones of these names. */
  use(params: Record<string, unknown>): void {
    this.#params = { ...this.#params, ...params }
  }

  async run(sql: string): Promise<void> {
    this.#options.signal.throwIfAborted()
    await this.#store.command(this.#own(sql), this.#params, this.#settings())
  }

  async query<T extends Row>(sql: string): Promise<T[]> {
    this.#options.signal.throwIfAborted()
    return this.#store.query<T>(this.#own(sql), this.#params)
  }

  /** The table anew, with the rows of a query. (CREATE OR REPLACE exchanges two tables: measured, three times as long for a small one.) */
  async make(name: string, select: string, engine: 'Memory' | 'Log' = 'Memory'): Promise<void> {
    await this.drop(name)
    this.#made.add(name)
    await this.run(`CREATE TABLE db.${name} ENGINE = ${engine} AS ${select}`)
  }

  /**
   * Steps that do not need each other, at the same time: one statement keeps hardly more than one core busy. One after the other where only
   * one thread may be used. Resolves, or throws the first error, when none of them runs any more.
   */
  async together(...steps: readonly (() => Promise<void>)[]): Promise<void> {
    if (this.#options.threads() === 1) {
      for (const step of steps) await step()
      return
    }
    const ends = await Promise.allSettled(steps.map(async (step) => step()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** More rows into the table; it is made by the first. */
  async add(name: string, select: string, engine: 'Memory' | 'Log' = 'Memory'): Promise<void> {
    if (this.#made.has(name)) await this.run(`INSERT INTO db.${name} ${select}`)
    else await this.make(name, select, engine)
  }

  async count(name: string): Promise<number> {
    const [row] = await this.query<{ rows: number }>(`SELECT count() AS rows FROM db.${name}`)
    return row.rows
  }

  /** Puts a table aside until `takeBack`. */
  async putAside(name: string, slice: number): Promise<void> {
    await this.#rename(name, `${name}_${slice}`)
  }

  /** Gives whether there was one. */
  async takeBack(name: string, slice: number): Promise<boolean> {
    const there = this.#made.has(`${name}_${slice}`)
    if (there) await this.#rename(`${name}_${slice}`, name)
    return there
  }

  /** Takes back each of these tables for a step. */
  async eachAside(name: string, step: () => Promise<void>): Promise<void> {
    const aside = [...this.#made].filter((made) => made.startsWith(`${name}_`))
    for (const made of aside) {
      await this.#rename(made, name)
      await step()
      await this.#rename(name, made)
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    this.#made.delete(from)
    this.#made.add(to)
    await this.run(`RENAME TABLE db.${from} TO db.${to}`)
  }

  async drop(...names: readonly string[]): Promise<void> {
    const made = names.filter((name) => this.#made.delete(name))
    if (made.length === 0) return
    const tables = made.map((name) => `db.${name}`).join(', ')
    await this.#store.command(this.#own(`DROP TABLE IF EXISTS ${tables}`))
  }

  async dropAll(): Promise<void> {
    await this.drop(...this.#made)
  }

  #own(sql: string): string {
    return scratchSql(sql, this.#options.owner ?? '')
  }

  #settings(): ClickHouseSettings {
    return {
      max_threads: this.#options.threads(),
      // what is joined to is a slice's, or the agents' rows of a pass: bounded before, and faster in memory
      join_algorithm: 'hash',
      max_bytes_in_join: '0',
      // functions of a column of repeating text give columns of repeating numbers
      allow_suspicious_low_cardinality_types: 1,
    }
  }
}
