/**
 * A table of any length: only the rows in sight are made. Sorting and filtering happen before (data/row-order.ts, or the appliance), so
 * TanStack Table gets the window alone, and a click costs the same with 100 rows and with 100,000.
 */
import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { ArrowSortDownRegular, ArrowSortUpRegular } from '@fluentui/react-icons'
import { columnVisibilityFeature, tableFeatures, useTable } from '@tanstack/react-table'
import type { ColumnDef } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef } from 'react'
import type { ReactNode } from 'react'

const features = tableFeatures({ columnVisibilityFeature })

export interface Column<Row> {
  /** Also the key it is sorted by. */
  id: string
  title: string
  cell: (row: Row) => ReactNode
  /** px; a column without grows. */
  width?: number
  numeric?: boolean
  sortable?: boolean
}

export interface Sorting {
  by: string
  order: 'asc' | 'desc'
}

const useStyles = makeStyles({
  scroll: {
    overflow: 'auto',
    flex: '1 1 auto',
    minHeight: '200px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    // A shade at an edge tells that columns go on there; over it lies the ground, which scrolls along and hides it at the end.
    backgroundImage: [
      `linear-gradient(to right, ${tokens.colorNeutralBackground1} 40%, transparent)`,
      `linear-gradient(to left, ${tokens.colorNeutralBackground1} 40%, transparent)`,
      `linear-gradient(to right, ${tokens.colorNeutralShadowKeyDarker}, transparent)`,
      `linear-gradient(to left, ${tokens.colorNeutralShadowKeyDarker}, transparent)`,
    ].join(', '),
    backgroundPosition: 'left, right, left, right',
    backgroundSize: '40px 100%, 40px 100%, 12px 100%, 12px 100%',
    backgroundRepeat: 'no-repeat',
    backgroundAttachment: 'local, local, scroll, scroll',
  },
  table: { borderCollapse: 'separate', borderSpacing: 0, width: '100%', tableLayout: 'fixed' },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    textAlign: 'left',
    fontWeight: tokens.fontWeightSemibold,
    padding: '0 12px',
    height: '40px',
    boxSizing: 'border-box',
    whiteSpace: 'nowrap',
  },
  sorter: {
    padding: 0,
    minWidth: 0,
    fontWeight: tokens.fontWeightSemibold,
    justifyContent: 'start',
  },
  numeric: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  sorterNumeric: { justifyContent: 'end' },
  row: { ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover } },
  cell: {
    padding: '0 12px',
    height: '44px',
    boxSizing: 'border-box',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  spacer: { padding: 0, border: 0 },
})

const rowHeight = 44

function AnyTable<Row>({
  label,
  rows,
  total,
  columns,
  hidden,
  keyOf,
  sorting,
  onSort,
  onEnd,
}: {
  label: string
  rows: readonly Row[]
  /** Rows there are, when not all of them are here yet. */
  total?: number
  columns: readonly Column<Row>[]
  /** Ids of columns left out. */
  hidden?: readonly string[]
  keyOf: (row: Row) => string
  sorting?: Sorting
  onSort?: (sorting: Sorting) => void
  /** The last rows came into sight. */
  onEnd?: () => void
}) {
  const styles = useStyles()
  const place = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    initialRect: { width: 1000, height: 600 },
  })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? -1
  const seen = useMemo(() => rows.slice(first, last + 1), [rows, first, last])
  const defs = useMemo(
    () =>
      columns.map(
        ({ id, title, cell }) =>
          ({ id, header: title, cell: ({ row }) => cell(row.original) }) satisfies ColumnDef<
            typeof features,
            { row: Row }['row'] & object
          >,
      ),
    [columns],
  )
  const visibility = useMemo(
    () => Object.fromEntries((hidden ?? []).map((id) => [id, false])),
    [hidden],
  )
  const table = useTable({
    features,
    columns: defs,
    data: seen as (Row & object)[],
    getRowId: keyOf,
    state: { columnVisibility: visibility },
  })
  const byId = new Map(columns.map((column) => [column.id, column]))

  useEffect(() => {
    if (last >= rows.length - 20 && rows.length > 0) onEnd?.()
  }, [last, rows.length, onEnd])

  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    // The region itself takes the focus, so that arrow keys scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={place} className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table
        className={styles.table}
        style={{ minWidth: leastWidth(columns, hidden) }}
        aria-rowcount={(total ?? rows.length) + 1}
        aria-label={label}
      >
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => {
                const column = byId.get(header.column.id)
                const active = sorting?.by === header.column.id
                const ordered = active && sorting.order === 'asc' ? 'ascending' : 'descending'
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={mergeClasses(
                      styles.head,
                      column?.numeric === true && styles.numeric,
                    )}
                    style={{ width: column?.width }}
                    {...(active ? { 'aria-sort': ordered } : {})}
                  >
                    {column?.sortable === true && onSort !== undefined ? (
                      <Button
                        appearance="transparent"
                        className={mergeClasses(
                          styles.sorter,
                          column.numeric === true && styles.sorterNumeric,
                        )}
                        iconPosition="after"
                        icon={
                          active ? (
                            ordered === 'ascending' ? (
                              <ArrowSortUpRegular />
                            ) : (
                              <ArrowSortDownRegular />
                            )
                          ) : null
                        }
                        onClick={() => onSort(nextSorting(column, sorting))}
                      >
                        {column.title}
                      </Button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                )
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} />}
          {table.getRowModel().rows.map((row, index) => (
            <tr key={row.id} className={styles.row} aria-rowindex={first + index + 2}>
              {row.getVisibleCells().map((cell) => (
                <td
                  key={cell.id}
                  className={mergeClasses(
                    styles.cell,
                    byId.get(cell.column.id)?.numeric === true && styles.numeric,
                  )}
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Spacer height={after} />}
        </tbody>
      </table>
    </div>
  )
}

/** What stands around it may change at every key; the table is drawn again when its own rows or columns do. */
export const DataTable = memo(AnyTable) as typeof AnyTable

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td className={useStyles().spacer} style={{ height }} />
    </tr>
  )
}

const growingWidth = 180

/** Below it the table scrolls sideways. */
function leastWidth<Row>(columns: readonly Column<Row>[], hidden: readonly string[] = []): number {
  return columns.reduce(
    (sum, { id, width }) => sum + (hidden.includes(id) ? 0 : (width ?? growingWidth)),
    0,
  )
}

/** A second click turns the order round; figures start with the largest, names with A. */
function nextSorting<Row>(column: Column<Row>, sorting: Sorting | undefined): Sorting {
  if (sorting?.by === column.id)
    return { by: column.id, order: sorting.order === 'asc' ? 'desc' : 'asc' }
  return { by: column.id, order: column.numeric === true ? 'desc' : 'asc' }
}
