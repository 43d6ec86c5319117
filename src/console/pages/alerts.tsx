/** Alerts, the last first, and what is muted. */
import { Button, Select, Text, makeStyles } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { formatNoun, formatTime } from '../../report/format.ts'
import { tell } from '../data/ask.ts'
import { alertPages, mutingsQuery, policiesQuery } from '../data/govern-queries.ts'
import type { Alert, Muting } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { useMayAll, useSession } from '../data/session.ts'
import { isLimited } from '../data/page-needs.ts'
import { AddressTabs, useTab } from '../parts/address-tabs.tsx'
import type { TabEntry } from '../parts/address-tabs.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { AlertState, Severity, kindWords } from '../parts/severity.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
})

interface AlertSearch {
  status?: string
  kind?: string
  app?: string
  view?: string
}

const columns: Column<Alert>[] = [
  { id: 'raised', title: 'Raised', width: 132, cell: ({ raised }) => <Ago at={raised} /> },
  {
    id: 'severity',
    title: 'Severity',
    width: 96,
    cell: ({ severity }) => <Severity of={severity} />,
  },
  {
    id: 'title',
    title: 'Alert',
    cell: ({ id, title }) => (
      <RouteLink to="/alert" search={{ id }}>
        <Name text={title} />
      </RouteLink>
    ),
  },
  {
    id: 'about',
    title: 'About',
    width: 160,
    cell: ({ app, user }) => <Name text={user ?? app ?? '–'} />,
  },
  {
    id: 'status',
    title: 'State',
    width: 108,
    cell: ({ status }) => <AlertState of={status} />,
  },
]

export function Alerts() {
  const whole = !isLimited(useSession())
  const mutings = useQuery({ ...mutingsQuery, enabled: whole })
  const count = mutings.data === undefined ? '' : ` (${mutings.data.total})`
  // what is muted is so for all sources
  const tabs: TabEntry[] = [
    ['alerts', 'Alerts'],
    ...(whole ? [['muted', `What is muted${count}`] as const] : []),
  ]
  const muted = useTab(tabs) === 'muted'
  return (
    <Page
      title="Alerts"
      lead="Apps that a policy is about, unusual uploads, and troubles of the appliance itself, each with its evidence."
      fill={!muted}
    >
      <AddressTabs tabs={tabs} />
      {muted ? <Mutings /> : <AlertList />}
    </Page>
  )
}

function AlertList() {
  const styles = useStyles()
  const { status = null, kind = null, app = null } = useAddress<AlertSearch>()
  const navigate = useNavigate()
  const { pages, rows, more, total = 0 } = usePages(alertPages({ status, kind, app }))
  const choose = (patch: { [Key in keyof AlertSearch]: AlertSearch[Key] | undefined }): void => {
    void navigate({ to: '.', search: (now: object) => ({ ...now, ...patch }) as never })
  }
  return (
    <>
      <div className={styles.bar} role="search" aria-label="Filters">
        <Select
          aria-label="State"
          value={status ?? ''}
          onChange={(_event, { value }) => choose({ status: value === '' ? undefined : value })}
        >
          <option value="">Any state</option>
          <option value="open">Open</option>
          <option value="muted">Muted</option>
          <option value="dismissed">Dismissed</option>
          <option value="resolved">Resolved</option>
        </Select>
        <Select
          aria-label="Kind"
          value={kind ?? ''}
          onChange={(_event, { value }) => choose({ kind: value === '' ? undefined : value })}
        >
          <option value="">Any kind</option>
          {Object.entries(kindWords).map(([id, text]) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </Select>
        {app !== null && (
          <Button onClick={() => choose({ app: undefined })}>
            Only of <Name text={app} max={40} />: show all
          </Button>
        )}
        <Text role="status">{pages.data === undefined ? '' : formatNoun(total, 'alert')}</Text>
      </div>
      <Answer of={pages}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title={
                status === null && kind === null && app === null
                  ? 'No alert was raised yet'
                  : 'No alert fits'
              }
            >
              <RouteLink to="/policies">What alerts are raised for: policies</RouteLink>
            </Empty>
          ) : (
            <DataTable
              label="Alerts"
              rows={rows}
              total={total}
              columns={columns}
              keyOf={({ id }) => id}
              onEnd={more}
            />
          )
        }
      </Answer>
    </>
  )
}

/** What it is about, as far as it says. */
function aboutOf(
  { policy, appId, user, kind }: Muting,
  names: ReadonlyMap<string, string>,
): string {
  return [
    ...(policy === null ? [] : [`policy ${names.get(policy) ?? policy}`]),
    ...(appId === null ? [] : [`app ${appId}`]),
    ...(user === null ? [] : [`user ${user}`]),
    ...(kind === null ? [] : [`kind: ${kindWords[kind].toLowerCase()}`]),
  ].join(', ')
}

function Mutings() {
  const mutings = useQuery(mutingsQuery)
  const policies = useQuery(policiesQuery)
  const may = useMayAll('govern.write')
  const answers = useQueryClient()
  const end = useMutation({
    mutationFn: (id: string) => tell('DELETE', `/alerts/mutings/${id}`),
    onSuccess: () => answers.invalidateQueries({ queryKey: mutingsQuery.queryKey }),
  })
  const names = new Map(policies.data?.rows.map(({ id, name }) => [id, name]))
  return (
    <Panel>
      {end.error !== null && <Fault fault={end.error} />}
      <Answer of={mutings}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing is muted">
              <Text>An alert&apos;s page mutes its like until a time.</Text>
            </Empty>
          ) : (
            <PlainTable
              label="What is muted"
              head={['About', 'Until (UTC)', 'Why', 'By', '']}
              rows={rows.map((row) => ({
                key: row.id,
                cells: [
                  <Name key="about" text={aboutOf(row, names)} />,
                  formatTime(row.until),
                  <Name key="why" text={row.reason} max={300} />,
                  <Name key="by" text={row.actor} />,
                  may && (
                    <Button
                      key="end"
                      size="small"
                      disabled={end.isPending}
                      onClick={() => end.mutate(row.id)}
                    >
                      Tell again
                    </Button>
                  ),
                ],
              }))}
            />
          )
        }
      </Answer>
    </Panel>
  )
}
