/** How fresh the figures are: when the last line came, and from how many of the sources. */
import { Badge } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { sourcesQuery } from '../data/queries.ts'
import { RouteLink } from './route-link.tsx'
import { agoText } from './words.tsx'

export function Freshness() {
  const { data } = useQuery(sourcesQuery)
  if (data === undefined || data.rows.length === 0) return null
  const live = data.rows.filter(({ state }) => state === 'receiving').length
  const last = data.rows.reduce(
    (latest, { lastSeen }) => ((lastSeen ?? '') > latest ? (lastSeen ?? '') : latest),
    '',
  )
  return (
    <RouteLink to="/sources">
      <Badge
        appearance="tint"
        shape="rounded"
        size="large"
        color={live === 0 ? 'warning' : 'success'}
      >
        {last === '' ? 'no line yet' : `last line ${agoText(last, Date.now())}`}, {live} of{' '}
        {data.rows.length} {data.rows.length === 1 ? 'source' : 'sources'} receiving
      </Badge>
    </RouteLink>
  )
}
