/** Discovered apps: all of them at once, sorted and filtered as one types. */
import { Button, Checkbox, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { formatCount, formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { appSearchKeys, appTest, appValue, textOf } from '../data/app-filter.ts'
import type { AppRow, AppSearch } from '../data/app-filter.ts'
import { appTableQuery } from '../data/queries.ts'
import { createRowOrder } from '../data/row-order.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { useMay } from '../data/session.ts'
import { AppFilters } from '../parts/app-filters.tsx'
import { ColumnChoice, ExportMenu, useHiddenColumns } from '../parts/table-tools.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column, Sorting } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Score } from '../parts/risk.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { TagButton, Tags, useTags } from '../parts/tag-menu.tsx'
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
const tagsColumn: Column<AppRow> = {
  id: 'tags',
  title: 'Tags',
  width: 150,
  sortable: true,
  cell: (row) => <Tags tags={row.tags} />,
}

const hiddenAtFirst = ['bytesUp', 'bytesDown', 'transactions', 'devices', 'blocked', 'firstSeen']
const sortable = new Set(columns.map(({ id }) => id))

/** Safari has no idle callback. */
const requestIdle = (run: () => void): number =>
  'requestIdleCallback' in window ? window.requestIdleCallback(run) : Number(setTimeout(run, 50))
const cancelIdle = (turn: number): void =>
  'cancelIdleCallback' in window ? window.cancelIdleCallback(turn) : clearTimeout(turn)

type Change = Partial<Record<keyof AppSearch, string | undefined>>

/** Filters and order: at once on the page, and a moment later in the address. */
function useAppSearch(): [AppSearch, (patch: Change) => void] {
  const asked = useAddress<AppSearch>()
  const navigate = useNavigate()
  const [search, setSearch] = useState(asked)
  // The address changed by itself: a link, or the way back.
  useEffect(() => setSearch(asked), [asked])
  const change = useCallback(
    (patch: Change) => {
      setSearch((now) => {
        const next: Record<string, string | undefined> = { ...now, ...patch }
        for (const key of Object.keys(next)) if (next[key] === undefined) delete next[key]
        return next
      })
      void navigate({
        to: '.',
        replace: true,
        search: (now: object) => ({ ...now, ...patch }),
      })
    },
    [navigate],
  )
  return [search, change]
}

/** Rows picked for a tag. */
function pickColumn(
  picked: ReadonlySet<string>,
  onPick: (picked: ReadonlySet<string>) => void,
): Column<AppRow> {
  return {
    id: 'pick',
    title: 'Pick',
    width: 64,
    cell: ({ appId, name }) => (
      <Checkbox
        aria-label={`Pick ${visible(name)}`}
        checked={picked.has(appId)}
        onChange={(_event, { checked }) => {
          const next = new Set(picked)
          if (checked === true) next.add(appId)
          else next.delete(appId)
          onPick(next)
        }}
      />
    ),
  }
}

export function Apps() {
  const styles = useStyles()
  const scope = useScope()
  const [search, change] = useAppSearch()
  const table = useQuery(appTableQuery(scope))
  const [hidden, setHidden] = useHiddenColumns('apps', hiddenAtFirst)
  const by = search.sort !== undefined && sortable.has(search.sort) ? search.sort : 'bytesTotal'
  const sorting: Sorting = { by, order: search.order === 'asc' ? 'asc' : 'desc' }
  const { order } = sorting
  const tags = useTags()
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const mayTag = useMay('govern.write')
  const all = useMemo(
    () => [
      ...(mayTag ? [pickColumn(picked, setPicked)] : []),
      ...columns.slice(0, 3),
      ...(tags.size > 0 ? [tagsColumn] : []),
      ...columns.slice(3),
    ],
    [mayTag, picked, tags],
  )
  const rows = useMemo(
    () =>
      tags.size === 0
        ? table.data?.rows
        : table.data?.rows.map((row): AppRow => {
            const own = tags.get(row.appId)
            return own === undefined ? row : { ...row, tags: own }
          }),
    [table.data, tags],
  )
  const ordered = useMemo(
    () => (rows === undefined ? null : createRowOrder<AppRow>(rows, appValue)),
    [rows],
  )
  const shown = useMemo(
    () => ordered?.pick(by, order, appTest(search, Date.now())) ?? [],
    [ordered, by, order, search],
  )
  useEffect(() => {
    if (ordered === null) return
    // One column in each idle moment, so that a click finds its order ready.
    const left = columns.filter(({ id }) => !hidden.includes(id)).map(({ id }) => id)
    let turn = requestIdle(next)
    function next(): void {
      const id = left.shift()
      if (id === undefined) {
        for (const row of rows ?? []) textOf(row)
        return
      }
      ordered?.prepare(id)
      turn = requestIdle(next)
    }
    return () => cancelIdle(turn)
  }, [ordered, hidden, rows])
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
          <TagButton apps={[...picked]} onDone={() => setPicked(new Set())} />
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
      <AppFilters search={search} categories={categories} onChange={change} />
      <Answer of={table}>
        {() =>
          shown.length === 0 ? (
            <Empty title={rows?.length === 0 ? 'No app in this time' : 'No app fits the filters'}>
              {rows?.length !== 0 && (
                <Button
                  onClick={() =>
                    change(Object.fromEntries(appSearchKeys.map((key) => [key, undefined])))
                  }
                >
                  Take the filters away
                </Button>
              )}
            </Empty>
          ) : (
            <DataTable
              label="Discovered apps"
              rows={shown}
              columns={all}
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
