/** Discovered apps: all of them at once, sorted and filtered as one types. */
import { Button, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import { formatCount, formatNoun } from '../../report/format.ts'
import { appTest, appValue } from '../data/app-filter.ts'
import type { AppRow, AppSearch } from '../data/app-filter.ts'
import { appTableQuery } from '../data/queries.ts'
import { createRowOrder } from '../data/row-order.ts'
import { useScope } from '../data/scope.ts'
import { AppFilters } from '../parts/app-filters.tsx'
import { ColumnChoice, ExportMenu, useHiddenColumns } from '../parts/table-tools.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column, Sorting } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Score } from '../parts/risk.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Ago, Bytes, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  count: { color: tokens.colorNeutralForeground2 },
})

const figure = (
  id: 'users' | 'devices' | 'addresses' | 'transactions' | 'blocked',
  title: string,
  width = 110,
): Column<AppRow> => ({
  id,
  title,
  width,
  numeric: true,
  sortable: true,
  cell: (row) => formatCount(row[id]),
})
const volume = (id: 'bytesTotal' | 'bytesUp' | 'bytesDown', title: string): Column<AppRow> => ({
  id,
  title,
  width: 126,
  numeric: true,
  sortable: true,
  cell: (row) => <Bytes of={row[id]} volume={row} />,
})

const columns: Column<AppRow>[] = [
  {
    id: 'name',
    title: 'App',
    sortable: true,
    cell: (row) => (
      <RouteLink to="/app" search={{ id: row.appId }}>
        <Name text={row.name} />
      </RouteLink>
    ),
  },
  {
    id: 'score',
    title: 'Score',
    width: 90,
    sortable: true,
    cell: (row) => <Score score={row.score} />,
  },
  {
    id: 'category',
    title: 'Category',
    width: 190,
    sortable: true,
    cell: (row) => <Name text={row.category} />,
  },
  volume('bytesTotal', 'Traffic'),
  volume('bytesUp', 'Uploaded'),
  volume('bytesDown', 'Downloaded'),
  figure('transactions', 'Transactions', 130),
  figure('users', 'Users', 90),
  figure('devices', 'Devices', 100),
  figure('addresses', 'Addresses', 110),
  figure('blocked', 'Blocked', 100),
  {
    id: 'firstSeen',
    title: 'First seen',
    width: 140,
    sortable: true,
    cell: (row) => <Ago at={row.firstSeen} />,
  },
  {
    id: 'lastSeen',
    title: 'Last seen',
    width: 140,
    sortable: true,
    cell: (row) => <Ago at={row.lastSeen} />,
  },
]
const hiddenAtFirst = ['bytesUp', 'bytesDown', 'transactions', 'devices', 'blocked', 'firstSeen']
const sortable = new Set(columns.map(({ id }) => id))

export function Apps() {
  const styles = useStyles()
  const scope = useScope()
  const search = useSearch({ strict: false }) as AppSearch
  const navigate = useNavigate()
  const table = useQuery(appTableQuery(scope))
  const [hidden, setHidden] = useHiddenColumns('apps', hiddenAtFirst)
  // What is typed shows at once; the table follows when the browser has time.
  const [typed, setTyped] = useState(search.q ?? '')
  const q = useDeferredValue(typed)

  const by = search.sort !== undefined && sortable.has(search.sort) ? search.sort : 'bytesTotal'
  const sorting: Sorting = { by, order: search.order === 'asc' ? 'asc' : 'desc' }
  const { order } = sorting
  const rows = table.data?.rows
  const ordered = useMemo(
    () => (rows === undefined ? null : createRowOrder<AppRow>(rows, appValue)),
    [rows],
  )
  const shown = useMemo(
    () => ordered?.pick(by, order, appTest({ ...search, q }, Date.now())) ?? [],
    [ordered, by, order, search, q],
  )
  const change = useCallback(
    (patch: Partial<Record<keyof AppSearch, string | undefined>>) => {
      void navigate({
        to: '.',
        replace: true,
        search: (now: object) => ({ ...now, ...patch }) as never,
      })
    },
    [navigate],
  )
  const sortBy = useCallback(
    (next: Sorting) => change({ sort: next.by, order: next.order }),
    [change],
  )
  const categories = useMemo(
    () => [...new Set(rows?.map(({ category }) => category))].toSorted(),
    [rows],
  )
  return (
    <Page
      title="Discovered apps"
      fill
      tools={
        <>
          <Text className={styles.count} role="status">
            {table.data === undefined
              ? ''
              : shown.length === table.data.rows.length
                ? formatNoun(shown.length, 'app')
                : `${formatCount(shown.length)} of ${formatNoun(table.data.rows.length, 'app')}`}
          </Text>
          <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
          <ExportMenu
            name="apps"
            rows={shown}
            columns={['appId', ...columns.map(({ id }) => id)]}
            valueOf={appValue}
          />
        </>
      }
    >
      <AppFilters
        search={search}
        typed={typed}
        onType={(text) => {
          setTyped(text)
          change({ q: text === '' ? undefined : text })
        }}
        categories={categories}
        onChange={change}
      />
      <Answer of={table}>
        {() =>
          shown.length === 0 ? (
            <Empty title={rows?.length === 0 ? 'No app in this time' : 'No app fits the filters'}>
              {rows?.length !== 0 && (
                <Button
                  onClick={() => {
                    setTyped('')
                    void navigate({ to: '/apps' as never, search: {} as never })
                  }}
                >
                  Take the filters away
                </Button>
              )}
            </Empty>
          ) : (
            <DataTable
              label="Discovered apps"
              rows={shown}
              columns={columns}
              hidden={hidden}
              keyOf={({ appId }) => appId}
              sorting={sorting}
              onSort={sortBy}
            />
          )
        }
      </Answer>
    </Page>
  )
}
