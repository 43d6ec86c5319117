/** Who or what goes with the thing a page is about: all rows, the largest first. */
import { Input, makeStyles } from '@fluentui/react-components'
import { useMemo, useState } from 'react'
import type { UseRow } from '../../api/schemas.ts'
import { formatCount } from '../../report/format.ts'
import { createRowOrder } from '../data/row-order.ts'
import type { Value } from '../data/row-order.ts'
import { DataTable } from './data-table.tsx'
import type { Column, Sorting } from './data-table.tsx'
import { RouteLink } from './route-link.tsx'
import { Empty } from './states.tsx'
import { ExportMenu } from './table-tools.tsx'
import { Ago, Bytes, Name } from './words.tsx'

const useStyles = makeStyles({
  tools: { display: 'flex', gap: '8px', flexWrap: 'wrap' },
  place: { display: 'flex', height: '440px' },
})

export type UseKind = 'app' | 'user' | 'device' | 'address' | 'host' | 'program'

const titles = {
  app: 'App or service',
  user: 'User',
  device: 'Device',
  address: 'Address',
  host: 'Host',
  program: 'Program',
} as const satisfies Record<UseKind, string>

function nameCell(kind: UseKind, row: UseRow) {
  const name = <Name text={row.name} />
  if (kind === 'host' || kind === 'program' || (kind === 'app' && row.id === null)) return name
  if (kind === 'app')
    return (
      <RouteLink to="/app" search={{ id: row.id ?? '' }}>
        {name}
      </RouteLink>
    )
  return (
    <RouteLink to={`/${kind}`} search={{ name: row.name }}>
      {name}
    </RouteLink>
  )
}

function columnsOf(kind: UseKind): Column<UseRow>[] {
  return [
    { id: 'name', title: titles[kind], sortable: true, cell: (row) => nameCell(kind, row) },
    {
      id: 'bytesTotal',
      title: 'Traffic',
      width: 108,
      numeric: true,
      sortable: true,
      cell: (row) => <Bytes of={row.bytesTotal} />,
    },
    {
      id: 'transactions',
      title: 'Transactions',
      width: 124,
      numeric: true,
      sortable: true,
      cell: (row) => formatCount(row.transactions),
    },
    {
      id: 'blocked',
      title: 'Blocked',
      width: 88,
      numeric: true,
      sortable: true,
      cell: (row) => formatCount(row.blocked),
    },
    {
      id: 'lastSeen',
      title: 'Last seen',
      width: 138,
      sortable: true,
      cell: (row) => <Ago at={row.lastSeen} />,
    },
  ]
}

const valueOf = (row: UseRow, column: string): Value =>
  (row as unknown as Record<string, Value>)[column] ?? null

export function UseTable({ kind, rows, none }: { kind: UseKind; rows: UseRow[]; none: string }) {
  const styles = useStyles()
  const [filter, setFilter] = useState('')
  const [sorting, setSorting] = useState<Sorting>({ by: 'bytesTotal', order: 'desc' })
  const columns = useMemo(() => columnsOf(kind), [kind])
  const ordered = useMemo(() => createRowOrder(rows, valueOf), [rows])
  const wanted = filter.trim().toLowerCase()
  const shown = useMemo(
    () =>
      ordered.pick(
        sorting.by,
        sorting.order,
        wanted === '' ? null : ({ name }) => name.toLowerCase().includes(wanted),
      ),
    [ordered, sorting, wanted],
  )
  if (rows.length === 0) return <Empty title={none} />
  return (
    <>
      <div className={styles.tools}>
        <Input
          type="search"
          aria-label="Part of a name"
          placeholder={`Part of a name (${formatCount(rows.length)})`}
          value={filter}
          onChange={(_event, { value }) => setFilter(value)}
        />
        <ExportMenu
          name={`${kind}s`}
          rows={shown}
          columns={columns.map(({ id }) => id)}
          valueOf={valueOf}
        />
      </div>
      {shown.length === 0 ? (
        <Empty title="Nothing fits" />
      ) : (
        <div className={styles.place}>
          <DataTable
            label={`${titles[kind]}s`}
            rows={shown}
            columns={columns}
            keyOf={(row) => `${row.id ?? ''} ${row.name}`}
            sorting={sorting}
            onSort={setSorting}
          />
        </div>
      )}
    </>
  )
}
