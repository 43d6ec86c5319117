/** Where every line went, by source and hour. */
import {
  Badge,
  Button,
  MessageBar,
  MessageBarBody,
  Popover,
  PopoverSurface,
  PopoverTrigger,
} from '@fluentui/react-components'
import { ChevronDownRegular } from '@fluentui/react-icons'
import { formatBytes, formatCount, formatTime } from '../../report/format.ts'
import { ledgerPages } from '../data/queries.ts'
import type { LedgerHour } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const outcomes = [
  ['received', 'Received', 96],
  ['transactions', 'Transactions', 116],
  ['skipped', 'Skipped', 88],
  ['unparsed', 'Unparsed', 96],
  ['dropped', 'Dropped', 92],
] as const

const columns: Column<LedgerHour>[] = [
  { id: 'hour', title: 'Hour (UTC)', width: 160, cell: ({ hour }) => formatTime(hour) },
  { id: 'source', title: 'Source', cell: ({ source }) => <Name text={source} /> },
  {
    id: 'balance',
    title: 'Balance',
    width: 156,
    cell: (row) => (
      <>
        <Badge appearance="tint" shape="rounded" color={row.balanced ? 'success' : 'danger'}>
          {row.balanced ? 'balances' : `${formatCount(row.missing)} missing`}
        </Badge>
        <Details of={row} />
      </>
    ),
  },
  ...outcomes.map(([id, title, width]): Column<LedgerHour> => ({
    id,
    title,
    width,
    numeric: true,
    cell: (row) => formatCount(row[id].lines),
  })),
]

/** Lines and bytes of an hour by what became of them, with each reason; by a button, since fingers and keys point at nothing. */
function Details({ of: row }: { of: LedgerHour }) {
  const label = `${row.source}, ${formatTime(row.hour)}: bytes and reasons`
  return (
    <Popover withArrow trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button
          appearance="transparent"
          size="small"
          icon={<ChevronDownRegular />}
          aria-label={label}
        />
      </PopoverTrigger>
      <PopoverSurface aria-label={label}>
        <PlainTable
          label={label}
          head={['Became', 'Lines', 'Bytes', 'Reason']}
          figures={[1, 2]}
          rows={outcomes.flatMap(([id, title]) => [
            {
              key: id,
              cells: [title, formatCount(row[id].lines), formatBytes(row[id].bytes), ''],
            },
            ...row.reasons
              .filter(({ outcome }) => outcome === id)
              .map(({ reason, lines }) => ({
                key: `${id} ${reason}`,
                cells: ['', formatCount(lines), '', <Name key="reason" text={reason} />],
              })),
          ])}
        />
      </PopoverSurface>
    </Popover>
  )
}

export function Ledger() {
  const { source, from, to } = useScope()
  const { pages, rows, more } = usePages(ledgerPages({ source, from, to }))
  return (
    <Page
      title="Ledger"
      lead="Received = transactions + skipped + unparsed + dropped, for every source and hour of receipt."
      fill
    >
      <Answer of={pages}>
        {(data) => (
          <>
            <MessageBar intent={data.pages[0].balanced ? 'success' : 'error'} layout="multiline">
              <MessageBarBody>{data.pages[0].sentence}</MessageBarBody>
            </MessageBar>
            {rows.length === 0 ? (
              <Empty title="No line came in in this time" />
            ) : (
              <DataTable
                label="Ledger by hour and source"
                rows={rows}
                total={data.pages[0].total}
                columns={columns}
                keyOf={({ hour, source: name }) => `${hour} ${name}`}
                onEnd={more}
              />
            )}
          </>
        )}
      </Answer>
    </Page>
  )
}
