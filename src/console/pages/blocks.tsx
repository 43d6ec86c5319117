/** Blocks: what is blocked, whom it would hit, scripts for devices, Defender's indicators. */
import { Tab, TabList, Text } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { formatNoun } from '../../report/format.ts'
import { blockListQuery } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { useMay } from '../data/session.ts'
import { BlockIndicators } from '../parts/block-indicators.tsx'
import { BlockRehearsal } from '../parts/block-rehearsal.tsx'
import { BlockScripts } from '../parts/block-scripts.tsx'
import { LeftOutTable } from '../parts/left-out.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const views = {
  list: 'What is blocked',
  rehearsal: 'Rehearsal',
  scripts: 'Scripts for devices',
  indicators: 'Defender indicators',
} as const
type View = keyof typeof views

export function Blocks() {
  const { view } = useAddress<{ view?: string }>()
  const navigate = useNavigate()
  const may = useMay('govern.write')
  const open: View = view !== undefined && view in views ? (view as View) : 'list'
  return (
    <Page
      title="Blocks"
      lead="Unsanctioned apps can be blocked by firewalls, proxies, resolvers and Defender. Everything is looked at before it is done, and can be taken back."
    >
      <TabList
        selectedValue={open}
        onTabSelect={(_event, { value }) =>
          void navigate({
            to: '.',
            search: (now: object) =>
              ({ ...now, view: value === 'list' ? undefined : value }) as never,
          })
        }
      >
        {Object.entries(views)
          .filter(([id]) => id !== 'rehearsal' || may)
          .map(([id, title]) => (
            <Tab key={id} value={id}>
              {title}
            </Tab>
          ))}
      </TabList>
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
