/** One person or device over network and agents: who saw it, and with whom and what it was seen together. */
import { Text } from '@fluentui/react-components'
import type { PersonDetail } from '../../api/schemas.ts'
import { formatCount, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { Facts } from './facts.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { RouteLink } from './route-link.tsx'
import { Name } from './words.tsx'

type Picture = NonNullable<PersonDetail['picture']>

const kinds = {
  users: ['User', '/user'],
  devices: ['Device', '/device'],
  addresses: ['Address', '/address'],
} as const
const shownRows = 25

export function PicturePanel({ picture }: { picture: Picture }) {
  const { network, agent, both, sources } = picture
  const rows = Object.entries(kinds).flatMap(([key, [title, page]]) =>
    picture[key as keyof typeof kinds].slice(0, shownRows).map((one) => ({
      key: `${key} ${one.name}`,
      cells: [
        title,
        <RouteLink key="name" to={page} search={{ name: one.name }}>
          <Name text={one.name} />
        </RouteLink>,
        formatCount(one.transactions),
        `${formatTime(one.firstSeen)} to ${formatTime(one.lastSeen)}`,
      ],
    })),
  )
  return (
    <Panel title="Seen by network and agents">
      <Facts
        of={[
          ['Only by the network', formatCount(network)],
          ['Only by agents', formatCount(agent)],
          ['By both', formatCount(both)],
          ['First seen', formatTime(picture.firstSeen)],
        ]}
      />
      {sources.length > 0 && <Text>Told by {sources.map(visible).join(', ')}.</Text>}
      {rows.length > 0 && (
        <PlainTable
          label="Seen together"
          head={['Kind', 'Seen together with', 'Transactions', 'When (UTC)']}
          rows={rows}
        />
      )}
    </Panel>
  )
}
