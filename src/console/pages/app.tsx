/** One app: how much, how risky, by whom, over time, and by which hosts it was recognised. */
import { Tab, TabList, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AppDetail } from '../../api/schemas.ts'
import { formatCount } from '../../report/format.ts'
import { bandOf, riskWords } from '../../report/risk.ts'
import { visible } from '../../report/text.ts'
import { appQuery, lookupQuery, timelineQuery } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { AppGoverning } from '../parts/app-governing.tsx'
import { Facts } from '../parts/facts.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RiskEvidence } from '../parts/risk-evidence.tsx'
import { Score } from '../parts/risk.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer } from '../parts/states.tsx'
import { TagButton, Tags, useTags } from '../parts/tag-menu.tsx'
import { TrafficChart } from '../parts/traffic-chart.tsx'
import { UseTable } from '../parts/use-table.tsx'
import { Ago, Bytes, Name, Named } from '../parts/words.tsx'

const useStyles = makeStyles({ muted: { color: tokens.colorNeutralForeground3 } })

const tabs = [
  ['users', 'user', 'Users', 'No line names a user of it.'],
  ['devices', 'device', 'Devices', 'No line names a device.'],
  ['addresses', 'address', 'IP addresses', 'No line names an address.'],
  ['hosts', 'host', 'Hosts', 'No line names a host.'],
  ['programs', 'program', 'Programs', 'No agent of a device tells the program.'],
] as const

export function App() {
  const scope = useScope()
  const { id = '' } = useAddress<{ id?: string }>()
  const detail = useQuery(appQuery(scope, id))
  const tags = useTags()
  return (
    <Page
      tools={
        <>
          <Tags tags={tags.get(id)} />
          <TagButton apps={[id]} />
        </>
      }
      title={detail.data === undefined ? 'App' : visible(detail.data.app.name)}
      lead={
        detail.data !== undefined && (
          <>
            <RouteLink to="/apps" search={{ category: detail.data.app.category }}>
              <Name text={detail.data.app.category} />
            </RouteLink>
            {' · '}
            <code>{id}</code>
          </>
        )
      }
    >
      <Answer of={detail}>{(data) => <Detail detail={data} />}</Answer>
    </Page>
  )
}

function Detail({ detail }: { detail: AppDetail }) {
  const styles = useStyles()
  const { app, seenBy } = detail
  const scope = useScope()
  const timeline = useQuery(timelineQuery(scope, { kind: 'app', name: app.appId }))
  const [open, setOpen] = useState<(typeof tabs)[number][0]>('users')
  return (
    <>
      <Panel>
        <Facts
          of={[
            ['Risk', <Score key="score" score={app.score} />],
            ['Level', riskWords[bandOf(app.score)].name],
            ['Traffic', <Bytes key="total" of={app.bytesTotal} volume={app} />],
            ['Uploaded', <Bytes key="up" of={app.bytesUp} />],
            ['Downloaded', <Bytes key="down" of={app.bytesDown} />],
            ['Transactions', formatCount(app.transactions)],
            ['Blocked', formatCount(app.blocked)],
            ['Users', <Named key="users" count={app.users} of="user" />],
            ['Devices', <Named key="devices" count={app.devices} of="device" />],
            ['IP addresses', <Named key="addresses" count={app.addresses} of="address" />],
            ['First seen', <Ago key="first" at={app.firstSeen} />],
            ['Last seen', <Ago key="last" at={app.lastSeen} />],
          ]}
        />
      </Panel>
      <Panel title="Use over time">
        <Answer of={timeline}>{(data) => <TrafficChart timeline={data} height={220} />}</Answer>
      </Panel>
      <AppGoverning id={app.appId} />
      <RiskEvidence id={app.appId} />
      <Recognised host={detail.hosts[0]?.name ?? null} hosts={detail.hosts.length} />
      <Panel
        title="On and off the network"
        more={
          <Text size={200} className={styles.muted}>
            transactions, by who saw them
          </Text>
        }
      >
        <Facts
          of={[
            ['On it: network only', formatCount(seenBy.network)],
            ['Off it: agents only', formatCount(seenBy.agent)],
            ['Seen by both', formatCount(seenBy.both)],
          ]}
        />
      </Panel>
      <Panel>
        <TabList
          selectedValue={open}
          onTabSelect={(_event, { value }) => setOpen(value as typeof open)}
        >
          {tabs.map(([key, , title]) => (
            <Tab key={key} value={key}>
              {title} ({formatCount(detail[key].length)})
            </Tab>
          ))}
        </TabList>
        {tabs
          .filter(([key]) => key === open)
          .map(([key, kind, , none]) => (
            <UseTable key={key} kind={kind} rows={detail[key]} none={none} />
          ))}
      </Panel>
    </>
  )
}

function Recognised({ host, hosts }: { host: string | null; hosts: number }) {
  const match = useQuery({ ...lookupQuery(host ?? ''), enabled: host !== null })
  if (host === null) return null
  const rule = match.data?.rule ?? null
  return (
    <Panel title="How it was recognised">
      <Text>
        By {formatCount(hosts)} host {hosts === 1 ? 'name' : 'names'} in the logs, most traffic on{' '}
        <strong>
          <Name text={host} />
        </strong>
        {rule === null ? (
          '.'
        ) : (
          <>
            : the rule of the catalog is <code>{visible(rule)}</code>.
          </>
        )}
      </Text>
    </Panel>
  )
}
