/** A store of plain arrays: what `Records` and `Audit` ask of it. Everything else is a mistake of the test. */
import type { Store } from '../../src/store/store.ts'

interface Kept {
  id: string
  version: number
  gone: number
  state: string
}

export interface MemoryStore extends Store {
  tables: Map<string, object[]>
  /** Thrown by the next inserts, while it is there. */
  fault: Error | null
}

export function memoryStore(): MemoryStore {
  const tables = new Map<string, object[]>()
  const rowsOf = (table: string): object[] => {
    const rows = tables.get(table) ?? []
    tables.set(table, rows)
    return rows
  }
  const store: MemoryStore = {
    tables,
    fault: null,
    async query<T extends object>(sql: string, params: { id?: string } = {}): Promise<T[]> {
      // pseudonyms are the store's own work: any text will do for who only tells of them
      if (sql.includes('AS pseudonym')) return [{ pseudonym: 'user-0000000000000000' }] as T[]
      const records =
        /argMax\(state, version\) AS kept FROM db\.(\w+) (?:WHERE id = \{id:String\} )? ?GROUP BY id/.exec(
          sql,
        )
      if (records === null) throw new Error(`not in memory: ${sql}`)
      const last = new Map<string, Kept>()
      for (const row of rowsOf(records[1]) as Kept[])
        if (row.version > (last.get(row.id)?.version ?? -1)) last.set(row.id, row)
      const asked = [...last.values()].filter(({ id }) => (params.id ?? id) === id)
      return asked.map(({ id, version, gone, state }) => ({
        id,
        last: version,
        taken: gone,
        kept: state,
      })) as unknown as T[]
    },
    stream: () => {
      throw new Error('not in memory')
    },
    command: async () => undefined,
    async insert(table, rows) {
      if (store.fault !== null) throw store.fault
      rowsOf(table).push(...rows)
    },
    insertSegment: async () => undefined,
    writeFile: async () => undefined,
    close: async () => undefined,
  }
  return store
}
