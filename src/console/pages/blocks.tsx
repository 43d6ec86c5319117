/** Blocks: what is blocked, whom it would hit, scripts for devices, Defender's indicators. */
import { Text } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { formatNoun } from '../../report/format.ts'
import { blockListQuery } from '../data/govern-queries.ts'
import { useMayAll } from '../data/session.ts'
import { AddressTabs, useTab } from '../parts/address-tabs.tsx'
import { BlockIndicators } from '../parts/block-indicators.tsx'
import { BlockRehearsal } from '../parts/block-rehearsal.tsx'
import { BlockScripts } from '../parts/block-scripts.tsx'
import { LeftOutTable } from '../parts/left-out.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const views = [
  ['list', 'What is blocked'],
  ['rehearsal', 'Rehearsal'],
  ['scripts', 'Scripts for devices'],
  ['indicators', 'Defender indicators'],
] as const

export function Blocks() {
  const may = useMayAll('govern.write')
  const tabs = views.filter(([id]) => id !== 'rehearsal' || may)
  const open = useTab(tabs)
  return (
    <Page
      title="Blocks"
      lead="Unsanctioned apps can be blocked by firewalls, proxies, resolvers and Defender. Everything is looked at before it is done, and can be taken back."
    >
      <AddressTabs tabs={tabs} />
      {open === 'list' && <List />}
      {open === 'rehearsal' && <BlockRehearsal />}
      {open === 'scripts' && <BlockScripts />}
      {open === 'indicators' && <BlockIndicators />}
    </Page>
  )
}

/** More names are in the scripts. */
const shownNames = 500

function List() {
  const list = useQuery(blockListQuery)
  return (
    <Answer of={list}>
      {({ names, apps, leftOut }) =>
        apps.length === 0 && leftOut.length === 0 ? (
          <Panel>
            <Empty title="No app is unsanctioned">
              <Text>
                Tag one as unsanctioned in <RouteLink to="/apps">Discovered apps</RouteLink>: its
                names appear here.
              </Text>
            </Empty>
          </Panel>
        ) : (
          <>
            <Panel
              title={`${formatNoun(names.length, 'name')} of ${formatNoun(apps.length, 'app')}`}
            >
              <PlainTable
                label="Names that are blocked"
                head={['Name', 'Reaches', 'App']}
                rows={names.slice(0, shownNames).map(({ name, below, app, appId }) => ({
                  key: `${appId} ${name}`,
                  cells: [
                    <Name key="name" text={name} />,
                    below ? 'and all names below' : 'this name alone',
                    <RouteLink key="app" to="/app" search={{ id: appId }}>
                      <Name text={app} />
                    </RouteLink>,
                  ],
                }))}
              />
              {names.length > shownNames && (
                <Text>The first {shownNames} are shown; scripts have all.</Text>
              )}
            </Panel>
            <LeftOutTable rows={leftOut} />
          </>
        )
      }
    </Answer>
  )
}
