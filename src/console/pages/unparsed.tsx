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
import { ArrowRepeatAllRegular, SearchRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReplayResult, UnparsedRow } from '../../api/schemas.ts'
import { formatBytes, formatNoun, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { unparsedPages } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
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

const columns: Column<UnparsedRow>[] = [
  {
    id: 'receivedAt',
    title: 'Received (UTC)',
    width: 160,
    cell: (row) => formatTime(row.receivedAt),
  },
  { id: 'source', title: 'Source', width: 150, cell: (row) => <Name text={row.source} /> },
  { id: 'reason', title: 'Reason', width: 210, cell: (row) => <Name text={row.reason} /> },
  { id: 'text', title: 'Line as it came', cell: (row) => <Line text={row.text} /> },
  {
    id: 'bytes',
    title: 'Length',
    width: 100,
    numeric: true,
    cell: (row) => formatBytes(row.bytes),
  },
]

export function Unparsed() {
  const { source } = useScope()
  const { reason = null } = useAddress<{ reason?: string }>()
  const navigate = useNavigate()
  const answers = useQueryClient()
  const [typed, setTyped] = useState(reason ?? '')
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
              const wanted = typed.trim()
              void navigate({
                to: '.',
                search: (now: object) =>
                  ({ ...now, reason: wanted === '' ? undefined : wanted }) as never,
              })
            }}
          >
            <Input
              type="search"
              aria-label="Reason, whole"
              placeholder="Reason, whole"
              contentBefore={<SearchRegular />}
              value={typed}
              onChange={(_event, { value }) => setTyped(value)}
            />
          </form>
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
              keyOf={({ id }) => id}
              onEnd={more}
            />
          )
        }
      </Answer>
    </Page>
  )
}
