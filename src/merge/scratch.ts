/**
 * Tables that live as long as one merge: each step of it is a plain statement whose result the next one reads. One merge runs at a
 * time, so the names are fixed; what an interrupted one left is replaced by the next.
 */
import type { Store } from '../store/store.ts'

const scratchNames = [
  'merge_flows',
  'merge_parties',
  'merge_sessions',
  'merge_webs',
  'merge_connections',
  'merge_covered',
  'merge_visits',
  'merge_agent',
  'merge_ports',
  'merge_skews',
  'merge_flow_keys',
  'merge_agent_keys',
  'merge_met',
  'merge_claims',
  'merge_lease_seen',
  'merge_leases',
  'merge_device_addresses',
  'merge_person_seen',
  'merge_persons',
  'merge_alone_persons',
  'merge_device_names',
  'merge_device_list',
  'merge_key_facts',
  'merge_keyed',
  'merge_matched',
  'merge_nat_agents',
  'merge_nat_flows',
  'merge_nat_behind',
  'merge_nat',
  'merge_nat_seen',
  'merge_placed',
  'merge_seen',
  'merge_names',
  'merge_attributed',
] as const

export type ScratchName = (typeof scratchNames)[number]

export class Scratch {
  readonly #store: Store
  readonly #params: Record<string, unknown>
  readonly #made = new Set<ScratchName>()

  constructor(store: Store, params: Record<string, unknown>) {
    this.#store = store
    this.#params = params
  }

  /** The table anew, with the rows of a query. */
  async make(name: ScratchName, select: string): Promise<void> {
    this.#made.add(name)
    await this.#store.command(
      `CREATE OR REPLACE TABLE db.${name} ENGINE = Memory AS ${select}`,
      this.#params,
      // functions of a column of repeating text give columns of repeating numbers
      { allow_suspicious_low_cardinality_types: 1 },
    )
  }

  async count(name: ScratchName): Promise<number> {
    const [row] = await this.#store.query<{ rows: number }>(
      `SELECT count() AS rows FROM db.${name}`,
    )
    return row.rows
  }

  async drop(...names: readonly ScratchName[]): Promise<void> {
    const made = names.filter((name) => this.#made.delete(name))
    if (made.length === 0) return
    const tables = made.map((name) => `db.${name}`).join(', ')
    await this.#store.command(`DROP TABLE IF EXISTS ${tables}`)
  }

  async dropAll(): Promise<void> {
    await this.drop(...this.#made)
  }
}
