/** What became of one uploaded file: what was read, by format, and each line that was not, with its field and reason. */
import { Button, MessageBar, MessageBarBody, Text } from '@fluentui/react-components'
import { BeakerRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { UploadResult, UploadRow } from '../../api/schemas.ts'
import {
  formatBytes,
  formatCount,
  formatNoun,
  formatShare,
  formatTime,
} from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { ApiFault } from '../data/ask.ts'
import { fieldOfReason } from '../data/progress.ts'
import { unparsedPages, uploadQuery, uploadResultQuery } from '../data/queries.ts'
import { useAddress } from '../data/scope.ts'
import { useMay } from '../data/session.ts'
import { takeAlong } from '../data/taken-along.ts'
import { Facts } from '../parts/facts.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Fault } from '../parts/states.tsx'
import { UploadState } from '../parts/upload-item.tsx'
import { Name } from '../parts/words.tsx'

export function Uploaded() {
  const { id = '' } = useAddress<{ id?: string }>()
  const upload = useQuery(uploadQuery(id))
  const result = useQuery(uploadResultQuery(id))
  // the appliance remembers a thousand uploads, and their lines for longer
  const forgotten = upload.error instanceof ApiFault && upload.error.status === 404
  const row = upload.data ?? null
  return (
    <Page
      title={row === null ? 'An upload' : <Name text={row.name} />}
      lead="What was read of the file, and what was not."
      tools={row !== null && <UploadState row={row} />}
    >
      {upload.error !== null && !forgotten && <Fault fault={upload.error} />}
      {row !== null && <Sums row={row} />}
      <Answer of={result}>
        {(found) => (
          <>
            <Formats formats={found.formats} />
            <Failed id={id} result={found} />
          </>
        )}
      </Answer>
    </Page>
  )
}

function Sums({ row }: { row: UploadRow }) {
  const { report, source, error } = row
  const whole = row.lines ?? 0
  return (
    <Panel>
      <Facts
        of={[
          ['Lines', row.lines === null ? '–' : formatCount(row.lines)],
          ['Transactions', formatCount(row.transactions)],
          ['Skipped', formatCount(row.skipped)],
          ['Unparsed', formatCount(row.unparsed)],
          ['Read', whole === 0 ? '–' : formatShare((whole - row.unparsed) / whole)],
          ['Size', formatBytes(row.receivedBytes)],
          ['Sent (UTC)', formatTime(row.startedAt)],
        ]}
      />
      {error !== null && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{visible(error.detail)}</MessageBarBody>
        </MessageBar>
      )}
      {report === 'continuous' ? (
        <Text>
          Its lines belong to the continuous report of{' '}
          <RouteLink to="/" search={{ source, range: 'all' }}>
            {visible(source)}
          </RouteLink>
          .
        </Text>
      ) : (
        <RouteLink to="/" search={{ report, range: 'all' }}>
          See the report made of it
        </RouteLink>
      )}
    </Panel>
  )
}

function Formats({ formats }: Pick<UploadResult, 'formats'>) {
  return (
    <Panel title="By format">
      <PlainTable
        label="By format"
        head={['Format', 'Transactions', 'Skipped', 'Unparsed', 'Read']}
        figures={[1, 2, 3, 4]}
        rows={formats.map(({ format, transactions, skipped, unparsed }) => {
          const all = transactions + skipped + unparsed
          return {
            key: format ?? '',
            cells: [
              format === null ? 'none recognised' : <code>{format}</code>,
              formatCount(transactions),
              formatCount(skipped),
              formatCount(unparsed),
              formatShare((transactions + skipped) / all),
            ],
          }
        })}
      />
    </Panel>
  )
}

/** As many lines as one takes in at a look; all of them stand in the page of unparsed lines. */
const shownLines = 100

function Failed({ id, result: { reasons } }: { id: string; result: UploadResult }) {
  const navigate = useNavigate()
  const mayRead = useMay('raw.read')
  const lines = useInfiniteQuery({ ...unparsedPages({ upload: id }), enabled: mayRead })
  const [page] = lines.data?.pages ?? []
  const rows = page?.rows.slice(0, shownLines) ?? []
  return (
    <>
      {reasons.length > 0 && (
        <Panel title="What is no transaction, and why">
          <PlainTable
            label="Reasons"
            head={['Lines', 'Became', 'Reason', 'Format']}
            figures={[0]}
            rows={reasons.map(({ outcome, reason, format, lines: count }, index) => ({
              key: String(index),
              cells: [
                formatCount(count),
                outcome,
                <Name key="reason" text={reason} />,
                format === null ? '–' : <code key="format">{format}</code>,
              ],
            }))}
          />
        </Panel>
      )}
      {page !== undefined && page.total > 0 && (
        <Panel
          title={
            page.total > rows.length
              ? `Lines that were not read (${formatCount(rows.length)} of ${formatCount(page.total)})`
              : `Lines that were not read (${formatCount(page.total)})`
          }
          more={
            <Button
              icon={<BeakerRegular />}
              onClick={() => {
                takeAlong(rows.map(({ text }) => text))
                void navigate({ to: '/playground' })
              }}
            >
              Take {formatNoun(rows.length, 'line')} to the playground
            </Button>
          }
        >
          <PlainTable
            label="Lines that were not read"
            head={['Line as it came', 'Field', 'Reason']}
            rows={rows.map(({ id: key, text, reason }) => ({
              key,
              cells: [
                <code key="text">
                  <Name text={text} max={400} />
                </code>,
                fieldOfReason(reason) ?? '–',
                <Name key="reason" text={reason} />,
              ],
            }))}
          />
        </Panel>
      )}
    </>
  )
}
