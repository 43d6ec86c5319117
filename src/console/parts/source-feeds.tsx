/** The feeds of agent data that bring a source's rows: whether they work, whether they are late. */
import { Badge } from '@fluentui/react-components'
import { formatCount } from '../../report/format.ts'
import type { Source } from '../data/queries.ts'
import { PlainTable } from './plain-table.tsx'
import { Ago, Name } from './words.tsx'

type Feed = NonNullable<Source['feeds']>[number]

const kinds: Record<Feed['kind'], string> = {
  storage: 'storage account',
  hunting: 'advanced hunting',
  'event-hub': 'event hub',
}
type Look = { word: string; color: 'success' | 'warning' | 'danger' | 'informative' }

const states: Record<Feed['state'], Look> = {
  off: { word: 'off', color: 'informative' },
  waiting: { word: 'in time', color: 'success' },
  working: { word: 'working', color: 'success' },
  failing: { word: 'failing', color: 'danger' },
}
const late: Look = { word: 'late', color: 'warning' }

export function SourceFeeds({ source }: { source: Source }) {
  const feeds = source.feeds ?? []
  if (feeds.length === 0) return null
  return (
    <PlainTable
      label={`Feeds of ${source.name}`}
      head={['Feed', 'Of', 'State', 'Brought something', 'Rows since the start', 'Trouble']}
      rows={feeds.map(({ name, kind, state, silent, lastData, lines, trouble }) => ({
        key: name,
        cells: [
          <Name key="name" text={name} />,
          kinds[kind],
          <State key="state" look={silent && state !== 'failing' ? late : states[state]} />,
          <Ago key="last" at={lastData} never="never, as far as is known" />,
          formatCount(lines),
          trouble === null ? 'none' : <Name key="trouble" text={trouble} max={400} />,
        ],
      }))}
    />
  )
}

function State({ look: { word, color } }: { look: Look }) {
  return (
    <Badge appearance="tint" shape="rounded" color={color}>
      {word}
    </Badge>
  )
}
