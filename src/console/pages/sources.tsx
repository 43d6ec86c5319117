/** Data sources: who sends, how it is read, how much of it can be told, and what to switch on. */
import {
  Button,
  Input,
  Tab,
  TabList,
  Text,
  makeStyles,
  mergeClasses,
} from '@fluentui/react-components'
import { AddRegular, SearchRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import { formatCount } from '../../report/format.ts'
import { sourcesQuery } from '../data/queries.ts'
import type { Source } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { DoorsPanel } from '../parts/doors.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { SourceDialog } from '../parts/source-dialog.tsx'
import { SourcePanel, sourceStates } from '../parts/source-panel.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Taken } from '../parts/taken.tsx'

const useStyles = makeStyles({
  search: { width: '260px' },
  list: { display: 'flex', flexDirection: 'column', gap: '18px' },
  close: { gap: '6px' },
  find: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
})

/** More than these are folded, and found by name and state. */
const fewSources = 6

export function Sources() {
  const sources = useQuery(sourcesQuery)
  const may = useMay('settings.write')
  const [done, setDone] = useState<ReloadResult | null>(null)
  return (
    <Page
      title="Sources"
      lead="Every firewall and proxy that sends, how its lines are read, and what they do not tell."
      tools={
        may && (
          <SourceDialog first={{ name: '' }} title="Add a source" onDone={setDone}>
            <Button appearance="primary" icon={<AddRegular />}>
              Add a source
            </Button>
          </SourceDialog>
        )
      }
    >
      {done !== null && <Taken result={done} />}
      <Answer of={sources}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Panel>
              <Empty title="No source has sent a line yet">
                <Text>
                  Point a device at this appliance by syslog (its address, the ports of
                  configuration key <code>syslog</code>), or drop a file by FTP.
                </Text>
              </Empty>
            </Panel>
          ) : (
            <SourceList rows={rows} onChanged={setDone} />
          )
        }
      </Answer>
      <DoorsPanel />
    </Page>
  )
}

function SourceList({
  rows,
  onChanged,
}: {
  rows: readonly Source[]
  onChanged: (result: ReloadResult) => void
}) {
  const styles = useStyles()
  const [typed, setTyped] = useState('')
  const [state, setState] = useState('all')
  const many = rows.length > fewSources
  const part = typed.trim().toLowerCase()
  const named = rows.filter(({ name, format }) =>
    `${name} ${format ?? ''}`.toLowerCase().includes(part),
  )
  const shown = named.filter((source) => state === 'all' || source.state === state)
  const count = (of: string): string =>
    formatCount(named.filter((source) => source.state === of).length)
  return (
    <>
      {many && (
        <div className={styles.find}>
          <TabList
            selectedValue={state}
            onTabSelect={(_event, { value }) => setState(String(value))}
          >
            <Tab value="all">All ({formatCount(named.length)})</Tab>
            {Object.entries(sourceStates).map(([id, { word }]) => (
              <Tab key={id} value={id}>
                {word} ({count(id)})
              </Tab>
            ))}
          </TabList>
          <Input
            className={styles.search}
            type="search"
            aria-label="Part of a name or format"
            placeholder="Part of a name or format"
            contentBefore={<SearchRegular />}
            value={typed}
            onChange={(_event, { value }) => setTyped(value)}
          />
        </div>
      )}
      {shown.length === 0 && (
        <Panel>
          <Empty title="No source fits" />
        </Panel>
      )}
      <div className={mergeClasses(styles.list, many && styles.close)}>
        {shown.map((source) => (
          <SourcePanel key={source.name} source={source} folded={many} onChanged={onChanged} />
        ))}
      </div>
    </>
  )
}
