/** One alert: what happened, who did most of it, who was told, and what became of it. */
import { Button, Field, Text, Textarea, makeStyles } from '@fluentui/react-components'
import {
  ArrowUndoRegular,
  CheckmarkCircleRegular,
  DismissCircleRegular,
} from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { formatBytes, formatCount, formatPeriod, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { alertQuery, policiesQuery } from '../data/govern-queries.ts'
import type { Alert as AlertRow } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { useMay, useMayAll } from '../data/session.ts'
import { Facts } from '../parts/facts.tsx'
import { MuteDialog } from '../parts/mute-dialog.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { AlertState, Severity, kindWords } from '../parts/severity.tsx'
import { Answer, Fault } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'flex-end' },
  comment: { flex: '1 1 320px' },
})

export function Alert() {
  const { id = '' } = useAddress<{ id?: string }>()
  const alert = useQuery(alertQuery(id))
  return (
    <Page
      title={alert.data === undefined ? 'Alert' : visible(alert.data.title)}
      lead={alert.data === undefined ? '' : visible(alert.data.detail)}
    >
      <Answer of={alert}>{(data) => <Detail alert={data} />}</Answer>
    </Page>
  )
}

function Detail({ alert }: { alert: AlertRow }) {
  const policies = useQuery({ ...policiesQuery, enabled: alert.policy !== null })
  const may = useMay('govern.write')
  const facts: [string, ReactNode][] = [
    ['Severity', <Severity key="severity" of={alert.severity} />],
    ['State', <AlertState key="state" of={alert.status} />],
    ['Kind', kindWords[alert.kind]],
    ['Raised', <Ago key="raised" at={alert.raised} />],
    ['Last seen', <Ago key="seen" at={alert.seen} />],
    ['About', aboutText(alert)],
  ]
  if (alert.appId !== null)
    facts.push([
      'App',
      <RouteLink key="app" to="/app" search={{ id: alert.appId }}>
        <Name text={alert.app ?? alert.appId} />
      </RouteLink>,
    ])
  if (alert.user !== null)
    facts.push([
      'User',
      <RouteLink key="user" to="/user" search={{ name: alert.user }}>
        <Name text={alert.user} />
      </RouteLink>,
    ])
  const policy = policies.data?.rows.find(({ id }) => id === alert.policy)
  if (policy !== undefined)
    facts.push([
      'Policy',
      <RouteLink key="policy" to="/policy" search={{ id: policy.id }}>
        <Name text={policy.name} />
      </RouteLink>,
    ])
  return (
    <>
      <Panel>
        <Facts of={facts} />
        <Measures of={alert.measures} />
      </Panel>
      {may && <Actions alert={alert} />}
      {alert.evidence.length > 0 && (
        <Panel title="Evidence: who did most of it">
          <PlainTable
            label="Evidence"
            head={[
              'Hour (UTC)',
              'Source',
              'User',
              'Device',
              'Address',
              'Host',
              'Transactions',
              'Up',
              'Down',
            ]}
            rows={alert.evidence.map((row, index) => ({
              key: String(index),
              cells: [
                formatTime(row.hour),
                <Name key="source" text={row.source} />,
                <Person key="user" page="/user" name={row.user} />,
                <Person key="device" page="/device" name={row.device} />,
                <Person key="address" page="/address" name={row.address} />,
                <Name key="host" text={row.host === '' ? '–' : row.host} />,
                formatCount(row.transactions),
                formatBytes(row.bytesUp),
                formatBytes(row.bytesDown),
              ],
            }))}
          />
        </Panel>
      )}
      {alert.notices.length > 0 && (
        <Panel title="Who was told">
          <PlainTable
            label="Notices"
            head={['Way', 'State', 'At (UTC)', 'Trouble']}
            rows={alert.notices.map(({ way, status, at, error }) => ({
              key: way,
              cells: [
                way,
                status,
                formatTime(at),
                <Name key="error" text={error ?? '–'} max={300} />,
              ],
            }))}
          />
        </Panel>
      )}
    </>
  )
}

const dayMs = 86_400_000

/** A day, or a period. */
function aboutText({ from, to }: AlertRow): string {
  return Date.parse(to) - Date.parse(from) <= dayMs ? from.slice(0, 10) : formatPeriod(from, to)
}

function Person({ page, name }: { page: string; name: string | null }) {
  if (name === null || name === '') return <>–</>
  return (
    <RouteLink to={page} search={{ name }}>
      <Name text={name} max={60} />
    </RouteLink>
  )
}

/** Said above already. */
const told: ReadonlySet<string> = new Set(['app', 'appId', 'user', 'policy'])

/** `bytesUp` → `bytes up`; figures of bytes as bytes. */
function Measures({ of }: { of: AlertRow['measures'] }) {
  const entries = Object.entries(of).filter(([key]) => !told.has(key))
  if (entries.length === 0) return null
  const words = (key: string): string => key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  const text = (key: string, value: number | string | null): string =>
    typeof value === 'number'
      ? /bytes/i.test(key)
        ? formatBytes(value)
        : value.toLocaleString('en', { maximumFractionDigits: 2 })
      : visible(value ?? '–')
  return <Facts of={entries.map(([key, value]) => [visible(words(key)), text(key, value)])} />
}

function Actions({ alert }: { alert: AlertRow }) {
  const styles = useStyles()
  const mayMute = useMayAll('govern.write')
  const answers = useQueryClient()
  const [comment, setComment] = useState(alert.comment)
  const change = useMutation({
    mutationFn: (status?: 'open' | 'dismissed' | 'resolved') =>
      tell('PATCH', `/alerts/${alert.id}`, {
        ...(status === undefined ? {} : { status }),
        comment: comment.trim(),
      }),
    onSuccess: () =>
      Promise.all([
        answers.invalidateQueries({ queryKey: alertQuery(alert.id).queryKey }),
        answers.invalidateQueries({ queryKey: ['/alerts'] }),
      ]),
  })
  const over = alert.status === 'resolved' || alert.status === 'dismissed'
  return (
    <Panel title="What is done about it">
      {change.error !== null && <Fault fault={change.error} />}
      <div className={styles.row}>
        <Field label="Comment (kept with it)" className={styles.comment}>
          <Textarea rows={2} value={comment} onChange={(_event, { value }) => setComment(value)} />
        </Field>
      </div>
      <div className={styles.row}>
        {over ? (
          <Button
            icon={<ArrowUndoRegular />}
            disabled={change.isPending}
            onClick={() => change.mutate('open')}
          >
            Open it again
          </Button>
        ) : (
          <>
            <Button
              appearance="primary"
              icon={<CheckmarkCircleRegular />}
              disabled={change.isPending}
              onClick={() => change.mutate('resolved')}
            >
              Resolve
            </Button>
            <Button
              icon={<DismissCircleRegular />}
              disabled={change.isPending}
              onClick={() => change.mutate('dismissed')}
            >
              Dismiss
            </Button>
          </>
        )}
        <Button
          disabled={change.isPending || comment.trim() === alert.comment}
          onClick={() => change.mutate(undefined)}
        >
          Keep the comment
        </Button>
        {mayMute && <MuteDialog alert={alert} />}
        {change.isSuccess && <Text role="status">Done.</Text>}
      </div>
    </Panel>
  )
}
