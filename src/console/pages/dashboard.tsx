/** The first page: what is used, how much, how risky, what is new. Every figure leads to the list behind it. */
import { Caption1, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Summary } from '../../api/schemas.ts'
import type { PersonKind } from '../../api/backend.ts'
import { formatBytes, formatCount, formatNoun, formatPeriod } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import {
  newestAppsQuery,
  reportsQuery,
  sourcesQuery,
  summaryQuery,
  timelineQuery,
  topQuery,
} from '../data/queries.ts'
import { isLimited } from '../data/page-needs.ts'
import { useScope } from '../data/scope.ts'
import { useSession } from '../data/session.ts'
import { Freshness, FreshnessPanel } from '../parts/freshness.tsx'
import { Headquarters } from '../parts/headquarters.tsx'
import { NumberCards } from '../parts/number-cards.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RiskPanel, Score, riskInBytes } from '../parts/risk.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { TopList } from '../parts/top-list.tsx'
import { TrafficChart } from '../parts/traffic-chart.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(12, minmax(0, 1fr))',
    gap: '16px',
    '@media (max-width: 1000px)': { gridTemplateColumns: 'repeat(6, minmax(0, 1fr))' },
  },
  wide: { gridColumn: 'span 8', '@media (max-width: 1000px)': { gridColumn: 'span 6' } },
  whole: { gridColumn: '1 / -1' },
  third: { gridColumn: 'span 4', '@media (max-width: 1000px)': { gridColumn: 'span 3' } },
  last: { gridColumn: 'span 4', '@media (max-width: 1000px)': { gridColumn: 'span 6' } },
  side: { gridColumn: 'span 4', '@media (max-width: 1000px)': { gridColumn: 'span 6' } },
  muted: { color: tokens.colorNeutralForeground3 },
})

export function Dashboard() {
  const scope = useScope()
  const summary = useQuery(summaryQuery(scope))
  const reports = useQuery(reportsQuery)
  const title =
    scope.report === 'continuous'
      ? 'Dashboard'
      : (reports.data?.rows.find(({ id }) => id === scope.report)?.title ?? 'Snapshot')
  return (
    <Page
      title={scope.report === 'continuous' ? title : <Name text={title} />}
      lead={
        summary.data !== undefined &&
        `${scope.source === null ? '' : `${scope.source}: `}${formatPeriod(summary.data.from, summary.data.to)}`
      }
      tools={<Freshness />}
    >
      <Answer of={summary}>
        {(data) => (data.totals.transactions === 0 ? <NoData /> : <Figures summary={data} />)}
      </Answer>
    </Page>
  )
}

function NoData() {
  const scope = useScope()
  const sources = useQuery(sourcesQuery)
  const spoke = sources.data?.rows.some(({ lastSeen }) => lastSeen !== null) === true
  return (
    <Panel>
      <Empty title={spoke ? 'No usage in this time' : 'No log has come in yet'}>
        <Text>
          {spoke ? (
            <>
              Choose a longer time above; or see whether the lines are understood:{' '}
              <RouteLink to="/sources">Sources</RouteLink>,{' '}
              <RouteLink to="/unparsed">Unparsed lines</RouteLink>.
            </>
          ) : (
            <>
              Point a firewall or proxy at this appliance by syslog, or drop a file:{' '}
              <RouteLink to="/sources">Sources</RouteLink> shows its first line as it arrives.
            </>
          )}
        </Text>
        {scope.range !== 'all' && spoke && (
          <RouteLink
            to="/"
            search={{
              ...(scope.report === 'continuous' ? {} : { report: scope.report }),
              range: 'all',
            }}
          >
            Show all time
          </RouteLink>
        )}
      </Empty>
    </Panel>
  )
}

function Figures({ summary }: { summary: Summary }) {
  const styles = useStyles()
  const scope = useScope()
  const navigate = useNavigate()
  const timeline = useQuery(timelineQuery(scope))
  // hours are complete or not for all sources together
  const whole = !isLimited(useSession())
  const pick = useCallback(
    (category: string) => {
      if (category === 'Unknown services') void navigate({ to: '/unknown' })
      else void navigate({ to: '/apps', search: { category } })
    },
    [navigate],
  )
  return (
    <>
      <NumberCards totals={summary.totals} />
      <div className={styles.grid}>
        <Panel title="Traffic by category" className={styles.wide}>
          <Answer of={timeline}>{(data) => <TrafficChart timeline={data} onPick={pick} />}</Answer>
        </Panel>
        <Panel
          title="Risk levels"
          more={
            <Caption1 className={styles.muted}>
              {riskInBytes(summary.risk) ? 'by traffic' : 'by transactions'}
            </Caption1>
          }
          className={styles.side}
        >
          <RiskPanel risk={summary.risk} />
        </Panel>
        <Panel
          title="Top apps"
          more={<RouteLink to="/apps">All {formatCount(summary.totals.apps)}</RouteLink>}
          className={styles.third}
        >
          <TopList
            none="No app of the catalog was used."
            rows={summary.topApps.slice(0, 8).map((app) => ({
              key: app.appId,
              to: '/app',
              search: { id: app.appId },
              name: <Name text={app.name} />,
              value: (
                <>
                  <Score score={app.score} /> {sizeText(app)}
                </>
              ),
              size: app.bytesTotal ?? app.transactions,
            }))}
          />
        </Panel>
        <TopPeople kind="users" title="Top users" none="No line names a user." />
        <TopPeople
          kind={summary.totals.devices > 0 ? 'devices' : 'addresses'}
          title={summary.totals.devices > 0 ? 'Top devices' : 'Top addresses'}
          none="No line names an address."
          last
        />
        <Headquarters className={styles.whole} />
        <NewApps />
        <Panel
          title="Unknown services"
          more={
            <RouteLink to="/unknown">All {formatCount(summary.totals.unknownDomains)}</RouteLink>
          }
          className={styles.side}
        >
          <TopList
            none="Every destination is known."
            rows={summary.topUnknown.slice(0, 6).map((row) => ({
              key: row.domain,
              to: '/unknown',
              search: { view: 'all', q: row.domain },
              name: <Name text={row.domain} />,
              value: formatNoun(row.transactions, 'transaction'),
              size: row.transactions,
            }))}
          />
        </Panel>
        {whole && <FreshnessPanel className={styles.whole} />}
      </div>
    </>
  )
}

function sizeText(row: { bytesTotal: number | null; transactions: number }): string {
  return row.bytesTotal === null
    ? formatNoun(row.transactions, 'transaction')
    : formatBytes(row.bytesTotal)
}

const personPage = { users: '/user', devices: '/device', addresses: '/address' } as const

function TopPeople({
  kind,
  title,
  none,
  last = false,
}: {
  kind: PersonKind
  title: string
  none: string
  /** It takes the row alone where two stand side by side. */
  last?: boolean
}) {
  const styles = useStyles()
  const top = useQuery(topQuery(kind, useScope()))
  return (
    <Panel
      title={title}
      className={last ? styles.last : styles.third}
      more={
        top.data !== undefined && (
          <RouteLink to={`/${kind}`}>All {formatCount(top.data.total)}</RouteLink>
        )
      }
    >
      <Answer of={top}>
        {({ rows }) => (
          <TopList
            none={none}
            rows={rows.map((row) => ({
              key: row.name,
              to: personPage[kind],
              search: { name: row.name },
              name: <Name text={row.name} />,
              value: sizeText(row),
              size: row.bytesTotal ?? row.transactions,
            }))}
          />
        )}
      </Answer>
    </Panel>
  )
}

const weekMs = 7 * 86_400_000

/** Apps first seen in the last week. Without data from before it, every app is new, and that is said. */
function NewApps() {
  const styles = useStyles()
  const scope = useScope()
  const newest = useQuery(newestAppsQuery(scope))
  const reports = useQuery(reportsQuery)
  if (scope.report !== 'continuous') return null
  const since = Date.now() - weekMs
  const fresh = (newest.data?.rows ?? []).filter(({ firstSeen }) => Date.parse(firstSeen) >= since)
  const began = reports.data?.rows.find(({ kind }) => kind === 'continuous')?.from ?? null
  const young = began !== null && Date.parse(began) > since - 86_400_000
  return (
    <Panel
      title="New since last week"
      className={styles.wide}
      more={
        newest.data !== undefined && (
          // Over all time, as the panel: within a shorter one every app would be new.
          <RouteLink
            to="/apps"
            search={{ range: 'all', newDays: '7', sort: 'firstSeen', order: 'desc' }}
          >
            {fresh.length < newest.data.rows.length || fresh.length === newest.data.total
              ? `All ${formatCount(fresh.length)}`
              : `More than ${formatCount(fresh.length - 1)}`}
          </RouteLink>
        )
      }
    >
      <Answer of={newest}>
        {() => (
          <>
            {young && (
              <Caption1 className={styles.muted}>
                The data begin about a week ago: apps count as new until a week has passed.
              </Caption1>
            )}
            <TopList
              none="No app was seen for the first time in the last seven days."
              rows={fresh.slice(0, 6).map((app) => ({
                key: app.appId,
                to: '/app',
                search: { id: app.appId },
                before: <Score score={app.score} />,
                name: <Name text={app.name} />,
                note: visible(app.category),
                value: <Ago at={app.firstSeen} />,
                size: app.bytesTotal ?? app.transactions,
              }))}
            />
          </>
        )}
      </Answer>
    </Panel>
  )
}
