/** Names that no block has, each with the reason. */
import { Text } from '@fluentui/react-components'
import type { LeftOut } from '../data/govern-queries.ts'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Name } from './words.tsx'

const shownRows = 200

export function LeftOutTable({ rows }: { rows: readonly LeftOut[] }) {
  if (rows.length === 0) return null
  return (
    <Panel title={`Left out, and why (${rows.length})`}>
      <PlainTable
        label="Left out of the block"
        head={['Name', 'App', 'Why', 'Needed by']}
        rows={rows.slice(0, shownRows).map(({ name, app, reason, shares }, index) => ({
          key: `${index} ${name}`,
          cells: [
            <Name key="name" text={name} />,
            <Name key="app" text={app} />,
            <Name key="why" text={reason} max={300} />,
            shares.length === 0 ? '–' : <Name key="shares" text={shares.join(', ')} max={200} />,
          ],
        }))}
      />
      {rows.length > shownRows && <Text>The first {shownRows} are shown.</Text>}
    </Panel>
  )
}
