/** Discovered apps: all of them at once, sorted and filtered as one types. */
import { Button, Checkbox, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { formatCount, formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { appSearchKeys, appTest, appValue, asksCatalog, textOf } from '../data/app-filter.ts'
import type { AppRow, AppSearch } from '../data/app-filter.ts'
import { fittingQuery } from '../data/govern-queries.ts'
import { appTableQuery } from '../data/queries.ts'
import { createRowOrder } from '../data/row-order.ts'
import { createTextFinder } from '../data/text-finder.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { useMayAll } from '../data/session.ts'
import { AppFilters } from '../parts/app-filters.tsx'
import { ColumnChoice, ExportMenu, useHiddenColumns } from '../parts/table-tools.tsx'
import { columnsOf } from '../parts/columns.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column, Sorting } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Score } from '../parts/risk.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { TagButton, Tags, useTags } from '../parts/tag-menu.tsx'
import { Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  count: { color: tokens.colorNeutralForeground2 },
})

const { count, named, bytes, time } = columnsOf<AppRow>()
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
    width: 84,
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
  bytes('bytesTotal', 'Traffic'),
  bytes('bytesUp', 'Uploaded'),
  bytes('bytesDown', 'Downloaded'),
  count('transactions', 'Transactions', 124),
  named('users', 'Users', 'user', 80),
  named('devices', 'Devices', 'device', 92),
  named('addresses', 'Addresses', 'address', 104),
  count('blocked', 'Blocked', 88),
  time('firstSeen', 'First seen'),
  time('lastSeen', 'Last seen'),
]
const tagsColumn: Column<AppRow> = {
  id: 'tags',
  title: 'Tags',
  width: 150,
  sortable: true,
  cell: (row) => <Tags tags={row.tags} />,
}

const hiddenAtFirst = {
  always: ['bytesUp', 'bytesDown', 'transactions', 'devices', 'blocked', 'firstSeen'],
  narrow: ['category', 'addresses'],
}
const sortable = new Set(columns.map(({ id }) => id))

const appIdOf = ({ appId }: AppRow): string => appId

const none: ReadonlySet<string> = new Set()

/** Safari has no idle callback. */
const requestIdle = (run: () => void): number =>
  'requestIdleCallback' in window ? window.requestIdleCallback(run) : Number(setTimeout(run, 50))
const cancelIdle = (turn: number): void =>
  'cancelIdleCallback' in window ? window.cancelIdleCallback(turn) : clearTimeout(turn)

type Change = Partial<Record<keyof AppSearch, string | undefined>>

/** The router's work costs as much as the table's; while somebody types it waits. */
const addressPauseMs = 250

/** Filters and order: at once on the page, and a moment later in the address. */
function useAppSearch(): [AppSearch, (patch: Change) => void] {
  const asked = useAddress<AppSearch>()
  const navigate = useNavigate()
  const [search, setSearch] = useState(asked)
  const waiting = useRef<{ patch: Change; turn: ReturnType<typeof setTimeout> } | null>(null)
  const send = useCallback(() => {
    if (waiting.current === null) return
    const { patch, turn } = waiting.current
    clearTimeout(turn)
    waiting.current = null
    void navigate({ to: '.', replace: true, search: (now: object) => ({ ...now, ...patch }) })
  }, [navigate])
  useEffect(() => {
    // Newer than the address: what was typed since is on its way there.
    if (waiting.current !== null) return
    // The address changed by itself: a link, or the way back. Its own echo is no change: the rows are not picked again.
    setSearch((now) => (appSearchKeys.every((key) => now[key] === asked[key]) ? now : asked))
  }, [asked])
  useEffect(() => {
    // A click may lead away: the way back must find the filters.
    window.addEventListener('pointerdown', send, true)
    return () => {
      window.removeEventListener('pointerdown', send, true)
      clearTimeout(waiting.current?.turn)
      waiting.current = null
    }
  }, [send])
  const change = useCallback(
    (patch: Change) => {
      setSearch((now) => {
        const next: Record<string, string | undefined> = { ...now, ...patch }
        for (const key of Object.keys(next)) if (next[key] === undefined) delete next[key]
        return next
      })
      clearTimeout(waiting.current?.turn)
      waiting.current = {
        patch: { ...waiting.current?.patch, ...patch },
        turn: setTimeout(send, addressPauseMs),
      }
    },
    [send],
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
    width: 56,
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
  const order = search.order === 'asc' ? 'asc' : 'desc'
  const sorting = useMemo((): Sorting => ({ by, order }), [by, order])
  const tags = useTags()
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const mayTag = useMayAll('govern.write')
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
  const untagged = table.data?.rows
  const finder = useMemo(() => createTextFinder<AppRow>(untagged ?? [], textOf), [untagged])
  const fitting = useQuery(fittingQuery(search))
  // While the catalog is asked no app is shown: one that does not fit would be wrong.
  const fits = asksCatalog(search) ? (fitting.data ?? none) : null
  const shown = useMemo(
    () => ordered?.pick(by, order, appTest(search, finder, Date.now(), fits)) ?? [],
    [ordered, by, order, search, finder, fits],
  )
  const tagNames = useMemo(() => [...new Set([...tags.values()].flat())].toSorted(), [tags])
  useEffect(() => {
    if (ordered === null) return
    // One in each idle moment, so that a key finds the texts and a click its order ready.
    const sorts = columns.filter(({ id }) => !hidden.includes(id))
    const left = [
      () => finder.prepare(),
      ...sorts.map(
        ({ id }) =>
          () =>
            ordered.prepare(id),
      ),
    ]
    let turn = requestIdle(next)
    function next(): void {
      const prepare = left.shift()
      if (prepare === undefined) return
      prepare()
      turn = requestIdle(next)
    }
    return () => cancelIdle(turn)
  }, [ordered, hidden, finder])
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
      <AppFilters search={search} categories={categories} tags={tagNames} onChange={change} />
      {fitting.error !== null && asksCatalog(search) && <Fault fault={fitting.error} />}
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
              keyOf={appIdOf}
              sorting={sorting}
              onSort={sortBy}
            />
          )
        }
      </Answer>
    </Page>
  )
}
