/** One user, device or address: its apps, and whom it goes with. */
import { Tab, TabList, Text } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PersonKind } from '../../api/backend.ts'
import type { PersonDetail } from '../../api/schemas.ts'
import { formatCount } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { personQuery, timelineQuery } from '../data/queries.ts'
import { useAddress, useScope } from '../data/scope.ts'
import { DeviceFacts, DeviceHistory } from '../parts/device-facts.tsx'
import { Facts } from '../parts/facts.tsx'
import { NameRequestPanel } from '../parts/name-request.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PicturePanel } from '../parts/picture.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer } from '../parts/states.tsx'
import { TrafficChart } from '../parts/traffic-chart.tsx'
import { UseTable } from '../parts/use-table.tsx'
import { Ago, Bytes } from '../parts/words.tsx'

const words = {
  users: { one: 'user', others: 'IP addresses', otherKind: 'address' },
  devices: { one: 'device', others: 'Users', otherKind: 'user' },
  addresses: { one: 'address', others: 'Users', otherKind: 'user' },
} as const

function Person({ kind }: { kind: PersonKind }) {
  const scope = useScope()
  const { name = '' } = useAddress<{ name?: string }>()
  const detail = useQuery(personQuery(kind, scope, name))
  return (
    <Page
      title={cut(visible(name), 100)}
      lead={
        <>
          One {words[kind].one}. <RouteLink to={`/${kind}`}>All {kind}</RouteLink>
        </>
      }
    >
      <Answer of={detail}>{(data) => <Detail kind={kind} detail={data} />}</Answer>
    </Page>
  )
}

function Detail({ kind, detail }: { kind: PersonKind; detail: PersonDetail }) {
  const { person, apps, others } = detail
  const { one, others: otherTitle, otherKind } = words[kind]
  const scope = useScope()
  const timeline = useQuery(timelineQuery(scope, { kind: one, name: person.name }))
  const [open, setOpen] = useState('apps')
  return (
    <>
      <Panel>
        <Facts
          of={[
            ['Apps', formatCount(person.apps)],
            [otherTitle, formatCount(person.others)],
            ['Traffic', <Bytes key="total" of={person.bytesTotal} volume={person} />],
            ['Uploaded', <Bytes key="up" of={person.bytesUp} />],
            ['Downloaded', <Bytes key="down" of={person.bytesDown} />],
            ['Transactions', formatCount(person.transactions)],
            ['Blocked', formatCount(person.blocked)],
            ['Last seen', <Ago key="last" at={person.lastSeen} />],
          ]}
        />
      </Panel>
      <NameRequestPanel pseudonym={person.name} />
      {kind === 'devices' && detail.facts !== undefined && <DeviceFacts facts={detail.facts} />}
      {kind === 'devices' && detail.history !== undefined && (
        <DeviceHistory history={detail.history} />
      )}
      <Panel title="Use over time">
        <Answer of={timeline}>{(data) => <TrafficChart timeline={data} height={220} />}</Answer>
      </Panel>
      {detail.picture !== null && <PicturePanel picture={detail.picture} />}
      <Panel>
        <TabList selectedValue={open} onTabSelect={(_event, { value }) => setOpen(String(value))}>
          <Tab value="apps">Apps ({formatCount(apps.length)})</Tab>
          <Tab value="others">
            {otherTitle} ({formatCount(others.length)})
          </Tab>
        </TabList>
        {open === 'apps' ? (
          <UseTable kind="app" rows={apps} none="No app in this time." />
        ) : (
          <UseTable
            key={otherKind}
            kind={otherKind}
            rows={others}
            none="None is told by the logs."
          />
        )}
        {open === 'apps' && (
          <Text size={200}>
            Names without a link stand in no catalog: they are unknown services.
          </Text>
        )}
      </Panel>
    </>
  )
}

export const User = () => <Person kind="users" />
export const Device = () => <Person kind="devices" />
export const Address = () => <Person kind="addresses" />
