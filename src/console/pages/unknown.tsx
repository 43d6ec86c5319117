/** Destinations in no catalog: what may be an app nobody has heard of yet. */
import { Input, Text, makeStyles } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons'
import { formatNoun } from '../../report/format.ts'
import type { ReportUnknown } from '../../report/report.ts'
import type { CellValue } from '../data/export.ts'
import { unknownPages } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { AddressTabs, useTab } from '../parts/address-tabs.tsx'
import { columnsOf } from '../parts/columns.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Finder } from '../parts/finder.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ColumnChoice, ExportMenu, useHiddenColumns } from '../parts/table-tools.tsx'
import { Name } from '../parts/words.tsx'
import { useFilterText, useSorting } from './people.tsx'

const useStyles = makeStyles({
  tools: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
})

const sorts = ['name', 'bytesTotal', 'bytesUp', 'bytesDown', 'transactions', 'blocked', 'lastSeen']

const { count, named, bytes, time } = columnsOf<ReportUnknown>(sorts)

const columns: Column<ReportUnknown>[] = [
  {
    id: 'name',
    title: 'Domain or address',
    sortable: true,
    cell: (row) => <Name text={row.domain} />,
  },
  bytes('bytesTotal', 'Traffic'),
  bytes('bytesUp', 'Uploaded'),
  count('transactions', 'Transactions', 124),
  count('hosts', 'Hosts', 80),
  named('users', 'Users', 'user', 80),
  named('addresses', 'Addresses', 'address', 104),
  count('blocked', 'Blocked', 88),
  time('lastSeen', 'Last seen'),
]

/** So that the rest stands in 1280 px without scrolling. */
const hiddenAtFirst = { always: ['hosts', 'blocked'], narrow: [] }

const valueOf = (row: ReportUnknown, column: string): CellValue =>
  column === 'name' ? row.domain : ((row as unknown as Record<string, CellValue>)[column] ?? null)

/** The finder first: it tells which of the many are worth a look. */
const tabs = [
  ['finder', 'What looks like an app'],
  ['all', 'All of them'],
] as const

export function Unknown() {
  const all = useTab(tabs) === 'all'
  return (
    <Page
      title="Unknown services"
      lead="Destinations that stand in no catalog, by registrable domain or address. They count in every sum; they have no score."
      fill={all}
    >
      <AddressTabs tabs={tabs} />
      {all ? <AllUnknown /> : <Finder />}
    </Page>
  )
}

function AllUnknown() {
  const styles = useStyles()
  const scope = useScope()
  const [typed, setTyped, filter] = useFilterText()
  const [sorting, setSorting] = useSorting('transactions', sorts)
  const [hidden, setHidden] = useHiddenColumns('unknown', hiddenAtFirst)
  const { pages, rows, more, total } = usePages(
    unknownPages({ ...scope.query, sort: sorting.by, order: sorting.order, filter }),
  )
  return (
    <>
      <div className={styles.tools}>
        <Text role="status">{total === undefined ? '' : formatNoun(total, 'service')}</Text>
        <Input
          type="search"
          aria-label="Part of a domain or address"
          placeholder="Part of a name"
          contentBefore={<SearchRegular />}
          value={typed}
          onChange={(_event, { value }) => setTyped(value)}
        />
        <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
        <ExportMenu
          name="unknown"
          rows={rows}
          columns={columns.map(({ id }) => id)}
          valueOf={valueOf}
        />
      </div>
      <Answer of={pages}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title={
                filter === null ? 'Every destination in this time is known' : 'No service fits'
              }
            />
          ) : (
            <DataTable
              label="Unknown services"
              rows={rows}
              {...(total === undefined ? {} : { total })}
              columns={columns}
              hidden={hidden}
              keyOf={({ domain }) => domain}
              sorting={sorting}
              onSort={setSorting}
              onEnd={more}
            />
          )
        }
      </Answer>
    </>
  )
}
