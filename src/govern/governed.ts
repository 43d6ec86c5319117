/** Things an administrator made (policies, exclusions, ranges, …), each a JSON document of a kind; the last version of an id counts. */
import { OperatingError } from '../errors.ts'
import { governLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'

export const governedKinds = [
  'exclusion',
  'group',
  'muting',
  'policy',
  'range',
  'script',
  'state',
  'tag',
] as const
export type GovernedKind = (typeof governedKinds)[number]

/** The last version that was given out. */
export interface LastVersion {
  last: number
}

/** Versions that only grow, also when the clock steps back or two changes share a millisecond. */
export function versions(now: () => number, given: LastVersion = { last: 0 }): () => number {
  return () => (given.last = Math.max(Math.floor(now()), given.last + 1))
}

/** The largest version of the store: what is written after a restart must not stand behind it, whatever the clock says by then. */
export async function storedVersion(store: Pick<Store, 'query'>): Promise<number> {
  const of = ['tags', 'governed', 'alerts', 'exclusions'].map(
    (table) => `SELECT max(version) AS version FROM db.${table}`,
  )
  const [{ last }] = await store.query<LastVersion>(
    `SELECT max(version) AS last FROM (${of.join(' UNION ALL ')})`,
  )
  return last
}

/** The documents of one kind, held in memory: they are few, and asked at each evaluation. */
export class Governed<T extends object> {
  readonly #store: Store
  readonly #kind: GovernedKind
  readonly #nextVersion: () => number
  #rows: Map<string, T> | null = null

  constructor(store: Store, kind: GovernedKind, nextVersion: () => number) {
    this.#store = store
    this.#kind = kind
    this.#nextVersion = nextVersion
  }

  async all(): Promise<ReadonlyMap<string, T>> {
    if (this.#rows !== null) return this.#rows
    const rows = await this.#store.query<{ id: string; state: string }>(
      `SELECT id, argMax(state, version) AS state FROM db.governed WHERE kind = {kind:String}
       GROUP BY id HAVING argMax(gone, version) = 0 ORDER BY id`,
      { kind: this.#kind },
    )
    this.#rows = new Map(rows.map(({ id, state }) => [id, JSON.parse(state) as T]))
    return this.#rows
  }

  async get(id: string): Promise<T | null> {
    return (await this.all()).get(id) ?? null
  }

  /** Resolves when it is durable. Throws GOVERN_REFUSED beyond the bound of a kind. */
  async put(id: string, state: T): Promise<void> {
    const rows = await this.all()
    if (!rows.has(id) && rows.size >= governLimits.documents)
      throw new OperatingError(
        'GOVERN_REFUSED',
        `cannot keep another ${this.#kind}: there are ${governLimits.documents}; delete some`,
      )
    await this.#write(id, 0, JSON.stringify(state))
    this.#rows?.set(id, state)
  }

  /** False = there was none. */
  async remove(id: string): Promise<boolean> {
    if (!(await this.all()).has(id)) return false
    await this.#write(id, 1, '{}')
    this.#rows?.delete(id)
    return true
  }

  async #write(id: string, gone: 0 | 1, state: string): Promise<void> {
    const row = { kind: this.#kind, id, version: this.#nextVersion(), gone, state }
    await this.#store.insert('governed', [row])
  }
}
