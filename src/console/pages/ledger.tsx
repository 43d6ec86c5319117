/** Where every line went, by source and hour. */
import { Badge, MessageBar, MessageBarBody } from '@fluentui/react-components'
import { formatBytes, formatCount, formatTime } from '../../report/format.ts'
import { ledgerPages } from '../data/queries.ts'
import type { LedgerHour } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

type Outcome = 'received' | 'transactions' | 'skipped' | 'unparsed' | 'dropped'

function outcome(id: Outcome, title: string): Column<LedgerHour> {
  return {
    id,
    title,
    width: 130,
    numeric: true,
    cell: (row) => {
      const why = row.reasons
        .filter((reason) => reason.outcome === id)
        .map(({ reason, lines }) => `${reason}: ${formatCount(lines)}`)
      const { lines, bytes } = row[id]
      return <span title={[formatBytes(bytes), ...why].join('\n')}>{formatCount(lines)}</span>
    },
  }
}

const columns: Column<LedgerHour>[] = [
  { id: 'hour', title: 'Hour (UTC)', width: 160, cell: ({ hour }) => formatTime(hour) },
  { id: 'source', title: 'Source', cell: ({ source }) => <Name text={source} /> },
  outcome('received', 'Received'),
  outcome('transactions', 'Transactions'),
  outcome('skipped', 'Skipped'),
  outcome('unparsed', 'Unparsed'),
  outcome('dropped', 'Dropped'),
  {
    id: 'balance',
    title: 'Balance',
    width: 140,
    cell: ({ balanced, missing }) => (
      <Badge appearance="tint" shape="rounded" color={balanced ? 'success' : 'danger'}>
        {balanced ? 'balances' : `${formatCount(missing)} missing`}
      </Badge>
    ),
  },
]

export function Ledger() {
  const { source, from, to } = useScope()
  const { pages, rows, more } = usePages(ledgerPages({ source, from, to }))
  return (
    <Page
      title="Ledger"
      lead="Received = transactions + skipped + unparsed + dropped, for every source and hour of receipt. Point at a figure for its bytes and reasons."
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
