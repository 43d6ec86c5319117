/** Columns that tables of apps, people and services share: counts, people that are named, bytes, times. */
import { formatCount } from '../../report/format.ts'
import type { Column } from './data-table.tsx'
import { Ago, Bytes, Named } from './words.tsx'

/** Ids of members that hold no more than the type. */
type Ids<Row, Held> = { [Id in keyof Row]: Row[Id] extends Held ? Id : never }[keyof Row] & string

interface Counted {
  transactions: number
  bytesKnown?: number
}

/** `sorts`: ids that the rows can be sorted by; all when left out. */
export function columnsOf<Row extends Counted>(sorts?: readonly string[]) {
  const base = (id: string, title: string, width: number) => ({
    id,
    title,
    width,
    sortable: sorts?.includes(id) ?? true,
  })
  return {
    count: (id: Ids<Row, number>, title: string, width: number): Column<Row> => ({
      ...base(id, title, width),
      numeric: true,
      cell: (row) => formatCount(row[id] as number),
    }),
    /** Of what lines name; `of` is one of them. */
    named: (id: Ids<Row, number>, title: string, of: string, width: number): Column<Row> => ({
      ...base(id, title, width),
      numeric: true,
      cell: (row) => <Named count={row[id] as number} of={of} />,
    }),
    bytes: (id: Ids<Row, number | null>, title: string): Column<Row> => ({
      ...base(id, title, 112),
      numeric: true,
      cell: (row) => <Bytes of={row[id] as number | null} volume={row} />,
    }),
    time: (id: Ids<Row, string>, title: string): Column<Row> => ({
      ...base(id, title, 142),
      cell: (row) => <Ago at={row[id] as string} />,
    }),
  }
}
