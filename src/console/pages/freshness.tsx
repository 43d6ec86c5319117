/** Each hour of the report: whether it is complete, may still change, or lacks rows of a feed. */
import { Badge } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { HourFreshness } from '../../report/freshness.ts'
import { formatCount, formatTime } from '../../report/format.ts'
import { hourStates, hourWords } from '../data/freshness-words.ts'
import { freshnessQuery } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { AddressTabs } from '../parts/address-tabs.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const colours = { complete: 'success', waiting: 'informative', incomplete: 'warning' } as const

const columns: Column<HourFreshness>[] = [
  { id: 'hour', title: 'Hour (UTC)', width: 160, cell: ({ hour }) => formatTime(hour) },
  {
    id: 'state',
    title: 'State',
    width: 160,
    cell: ({ state }) => (
      <Badge appearance="tint" shape="rounded" color={colours[state]}>
        {hourWords[state].word}
      </Badge>
    ),
  },
  {
    id: 'changed',
    title: 'Newest rows came',
    width: 152,
    cell: ({ changed }) => <Ago at={changed} never="nothing came" />,
  },
  {
    id: 'merged',
    title: 'Merged',
    width: 152,
    cell: ({ merged, changed }) => <Ago at={merged} never={changed === null ? '–' : 'not yet'} />,
  },
  {
    id: 'missing',
    title: 'Feeds that tell nothing of it',
    cell: ({ missing }) => <Name text={missing.join(', ') || '–'} max={300} />,
  },
]

const hourOf = ({ hour }: HourFreshness): string => hour

export function FreshnessPage() {
  const { state } = useAddress<{ state?: string }>()
  const freshness = useQuery(freshnessQuery(useScope()))
  const asked = hourStates.find((one) => one === state) ?? null
  const rows = useMemo(
    () =>
      (freshness.data?.hours ?? [])
        .filter((hour) => asked === null || hour.state === asked)
        .toReversed(),
    [freshness.data, asked],
  )
  return (
    <Page
      title="Freshness of the data"
      lead={
        asked === null
          ? 'Each hour of the report, the newest first. Late rows of a feed make an hour complete again.'
          : `Hours that ${asked === 'complete' ? 'are complete' : hourWords[asked].word.toLowerCase()}: ${hourWords[asked].means}.`
      }
      fill
    >
      <Answer of={freshness}>
        {(data) => (
          <>
            <AddressTabs
              name="state"
              tabs={[
                ['all', `All (${formatCount(data.hours.length)})`],
                ...hourStates.map(
                  (one) => [one, `${hourWords[one].word} (${formatCount(data[one])})`] as const,
                ),
              ]}
            />
            {rows.length === 0 ? (
              <Empty title={data.hours.length === 0 ? 'No hour with data' : 'No such hour'} />
            ) : (
              <DataTable label="Hours" rows={rows} columns={columns} keyOf={hourOf} />
            )}
          </>
        )}
      </Answer>
    </Page>
  )
}
