/** Lines that no parser could read: kept as they came, and given to the parsers again when a definition was mended. */
import {
  Button,
  Input,
  MessageBar,
  MessageBarBody,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { ArrowRepeatAllRegular, BeakerRegular, SearchRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReplayResult, UnparsedRow } from '../../api/schemas.ts'
import { hiddenLine } from '../../lib/hidden-line.ts'
import { formatBytes, formatNoun, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { unparsedPages } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { takeAlong } from '../data/taken-along.ts'
import { usePages } from '../data/use-pages.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { ColumnChoice, useHiddenColumns } from '../parts/table-tools.tsx'
import { Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  line: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
})

function Line({ text }: { text: string }) {
  const shown = visible(text)
  return (
    <bdi className={useStyles().line} title={shown.slice(0, 4000)}>
      {shown.slice(0, 600)}
    </bdi>
  )
}

/** To where the line stands whole, and a format can be made for it. */
function Take({ line }: { line: string }) {
  const navigate = useNavigate()
  return (
    <Button
      appearance="subtle"
      size="small"
      icon={<BeakerRegular />}
      aria-label="Take the line to the playground"
      title="Take the line to the playground"
      onClick={() => {
        takeAlong([line])
        void navigate({ to: '/playground' })
      }}
    />
  )
}

const columns: Column<UnparsedRow>[] = [
  {
    id: 'receivedAt',
    title: 'Received (UTC)',
    width: 160,
    cell: (row) => formatTime(row.receivedAt),
  },
  { id: 'source', title: 'Source', width: 140, cell: (row) => <Name text={row.source} /> },
  {
    id: 'reason',
    title: 'Reason',
    width: 210,
    cell: ({ reason }) => (
      <RouteLink to="." search={{ reason }}>
        <Name text={reason} />
      </RouteLink>
    ),
  },
  { id: 'text', title: 'Line as it came', cell: (row) => <Line text={row.text} /> },
  {
    id: 'bytes',
    title: 'Length',
    width: 96,
    numeric: true,
    cell: (row) => formatBytes(row.bytes),
  },
  {
    id: 'take',
    title: 'Try',
    width: 56,
    cell: (row) => (row.text === hiddenLine ? null : <Take line={row.text} />),
  },
]

const hiddenAtFirst = { always: [], narrow: ['bytes', 'source'] }

export function Unparsed() {
  const { source } = useScope()
  const { reason = null } = useAddress<{ reason?: string }>()
  const navigate = useNavigate()
  const answers = useQueryClient()
  const [hidden, setHidden] = useHiddenColumns('unparsed', hiddenAtFirst)
  const { pages, rows, more, total = 0 } = usePages(unparsedPages({ source, reason }))
  const replay = useMutation({
    mutationFn: () =>
      tell<ReplayResult>('POST', '/unparsed/replay', {
        ...(source === null ? {} : { source }),
        ...(reason === null ? {} : { reason }),
      }),
    onSuccess: () => answers.invalidateQueries(),
  })
  return (
    <Page
      title="Unparsed lines"
      lead="Nothing is thrown away: what no parser could read stays here with its reason, until a definition reads it."
      fill
      tools={
        <>
          <form
            role="search"
            onSubmit={(event) => {
              event.preventDefault()
              const wanted = new FormData(event.currentTarget).get('reason')
              void navigate({
                to: '.',
                search: (now: object) =>
                  ({
                    ...now,
                    reason: typeof wanted === 'string' && wanted !== '' ? wanted.trim() : undefined,
                  }) as never,
              })
            }}
          >
            <Input
              type="search"
              aria-label="Reason, whole"
              placeholder="Reason, whole"
              contentBefore={<SearchRegular />}
              name="reason"
              // a link may have changed it
              key={reason}
              defaultValue={reason ?? ''}
            />
          </form>
          <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
          <Button
            icon={<ArrowRepeatAllRegular />}
            disabled={total === 0 || replay.isPending}
            onClick={() => replay.mutate()}
          >
            Give {formatNoun(total, 'line')} to the parsers again
          </Button>
        </>
      }
    >
      {replay.error !== null && <Fault fault={replay.error} />}
      {replay.data !== undefined && (
        <MessageBar intent="info">
          <MessageBarBody>
            {formatNoun(replay.data.lines, 'line')} went to the parsers again;{' '}
            {formatNoun(replay.data.left, 'other line')} stayed. What is still not read comes back
            to this list.
          </MessageBarBody>
        </MessageBar>
      )}
      <Answer of={pages}>
        {() =>
          rows.length === 0 ? (
            <Empty title="Every line was read">
              <Text>
                {source === null && reason === null
                  ? 'There is no unparsed line.'
                  : 'No unparsed line of this source with this reason.'}
              </Text>
            </Empty>
          ) : (
            <DataTable
              label="Unparsed lines"
              rows={rows}
              total={total}
              columns={columns}
              hidden={hidden}
              keyOf={({ id }) => id}
              onEnd={more}
            />
          )
        }
      </Answer>
    </Page>
  )
}
