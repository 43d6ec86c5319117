/** Users, devices and addresses: the lists. Sorted and filtered by the appliance, since there may be a great many. */
import { Input, Text } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { PersonKind } from '../../api/backend.ts'
import { formatNoun } from '../../report/format.ts'
import type { ReportPerson } from '../../report/report.ts'
import { ColumnChoice, ExportMenu, useHiddenColumns } from '../parts/table-tools.tsx'
import type { CellValue } from '../data/export.ts'
import { peoplePages } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { columnsOf } from '../parts/columns.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column, Sorting } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const words = {
  users: {
    title: 'Users',
    page: '/user',
    noun: 'user',
    plural: 'users',
    others: 'Addresses',
    none: 'No line names a user: turn on user identification or proxy authentication, or join Defender data.',
  },
  devices: {
    title: 'Devices',
    page: '/device',
    noun: 'device',
    plural: 'devices',
    others: 'Users',
    none: 'No line names a device. Defender for Endpoint data, or DHCP names in the logs, bring them.',
  },
  addresses: {
    title: 'IP addresses',
    page: '/address',
    noun: 'address',
    plural: 'addresses',
    others: 'Users',
    none: 'No line names an address.',
  },
} as const satisfies Record<PersonKind, Record<string, string>>

const sorts = [
  'name',
  'bytesTotal',
  'bytesUp',
  'bytesDown',
  'transactions',
  'apps',
  'others',
  'blocked',
  'lastSeen',
]

const { count, bytes, time } = columnsOf<ReportPerson>(sorts)

function columnsFor(kind: PersonKind): Column<ReportPerson>[] {
  const { title, page, others } = words[kind]
  return [
    {
      id: 'name',
      title: title === 'IP addresses' ? 'Address' : title.slice(0, -1),
      sortable: true,
      cell: ({ name }) => (
        <RouteLink to={page} search={{ name }}>
          <Name text={name} />
        </RouteLink>
      ),
    },
    {
      id: 'topApps',
      title: 'Uses most',
      cell: ({ topApps }) => <Name text={topApps.join(', ')} />,
    },
    bytes('bytesTotal', 'Traffic'),
    bytes('bytesUp', 'Uploaded'),
    count('apps', 'Apps', 76),
    count('others', others, 104),
    count('transactions', 'Transactions', 124),
    count('blocked', 'Blocked', 88),
    time('lastSeen', 'Last seen'),
  ]
}

export interface ListSearch {
  q?: string
  sort?: string
  order?: string
}

/** What is typed, and what is asked for it a moment later. */
export function useFilterText(): [string, (text: string) => void, string | null] {
  const search = useAddress<ListSearch>()
  const navigate = useNavigate()
  const [typed, setTyped] = useState(search.q ?? '')
  useEffect(() => {
    const timer = setTimeout(() => {
      const q = typed.trim() === '' ? undefined : typed.trim()
      if (q !== search.q)
        void navigate({ to: '.', replace: true, search: (now: object) => ({ ...now, q }) as never })
    }, 250)
    return () => clearTimeout(timer)
  }, [typed, search.q, navigate])
  return [typed, setTyped, search.q ?? null]
}

export function useSorting(
  first: string,
  known: readonly string[],
): [Sorting, (next: Sorting) => void] {
  const { sort, order } = useAddress<ListSearch>()
  const navigate = useNavigate()
  const by = sort !== undefined && known.includes(sort) ? sort : first
  const change = useCallback(
    (next: Sorting) => {
      void navigate({
        to: '.',
        replace: true,
        search: (now: object) => ({ ...now, sort: next.by, order: next.order }) as never,
      })
    },
    [navigate],
  )
  return [{ by, order: order === 'asc' ? 'asc' : 'desc' }, change]
}

/** So that the rest stands in 1280 px without scrolling. */
const hiddenAtFirst = { always: ['bytesUp', 'blocked'], narrow: ['topApps', 'transactions'] }

const valueOf = (row: ReportPerson, column: string): CellValue =>
  column === 'topApps'
    ? row.topApps.join(', ')
    : ((row as unknown as Record<string, CellValue>)[column] ?? null)

function People({ kind }: { kind: PersonKind }) {
  const { title, noun, plural, none } = words[kind]
  const scope = useScope()
  const [typed, setTyped, filter] = useFilterText()
  const [sorting, setSorting] = useSorting('bytesTotal', sorts)
  const { pages, rows, more, total } = usePages(
    peoplePages(kind, { ...scope.query, sort: sorting.by, order: sorting.order, filter }),
  )
  const columns = useMemo(() => columnsFor(kind), [kind])
  const [hidden, setHidden] = useHiddenColumns(kind, hiddenAtFirst)
  return (
    <Page
      title={title}
      fill
      tools={
        <>
          <Text role="status">{total === undefined ? '' : formatNoun(total, noun, plural)}</Text>
          <Input
            type="search"
            aria-label={`Part of a name of ${plural}`}
            placeholder="Part of a name"
            contentBefore={<SearchRegular />}
            value={typed}
            onChange={(_event, { value }) => setTyped(value)}
          />
          <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
          <ExportMenu
            name={kind}
            rows={rows}
            columns={columns.map(({ id }) => id)}
            valueOf={valueOf}
          />
        </>
      }
    >
      <Answer of={pages}>
        {() =>
          rows.length === 0 ? (
            <Empty title={filter === null ? `No ${plural} in this time` : `No ${noun} fits`}>
              {filter === null && <Text>{none}</Text>}
            </Empty>
          ) : (
            <DataTable
              label={title}
              rows={rows}
              {...(total === undefined ? {} : { total })}
              columns={columns}
              hidden={hidden}
              keyOf={({ name }) => name}
              sorting={sorting}
              onSort={setSorting}
              onEnd={more}
            />
          )
        }
      </Answer>
    </Page>
  )
}

export const Users = () => <People kind="users" />
export const Devices = () => <People kind="devices" />
export const Addresses = () => <People kind="addresses" />
