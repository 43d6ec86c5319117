/** Where the vendors of the used apps have their seat: a map, and the same as a list. */
import { Caption1, Link, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { formatBytes, formatNoun } from '../../report/format.ts'
import { headquartersQuery } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { Panel } from './page.tsx'
import { RouteLink } from './route-link.tsx'
import { Answer, Waiting } from './states.tsx'
import { TopList } from './top-list.tsx'

/** The outlines come after everything else. */
const WorldMap = lazy(async () => ({ default: (await import('./world-map.tsx')).WorldMap }))

const useStyles = makeStyles({
  both: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 1fr)',
    gap: '20px',
    alignItems: 'center',
    '@media (max-width: 1000px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  under: { display: 'flex', flexWrap: 'wrap', gap: '4px 16px', padding: '6px 4px' },
  muted: { color: tokens.colorNeutralForeground3 },
})

const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })
const shownRows = 8

export function Headquarters({ className }: { className: string }) {
  const styles = useStyles()
  const navigate = useNavigate()
  const [whole, setWhole] = useState(false)
  const headquarters = useQuery(headquartersQuery(useScope()))
  return (
    <Panel
      title="Headquarters"
      more={<Caption1 className={styles.muted}>where the vendors have their seat</Caption1>}
      className={className}
    >
      <Answer of={headquarters}>
        {({ rows }) => {
          const known = rows.flatMap((row) =>
            row.country === null ? [] : [{ ...row, country: row.country }],
          )
          const unknown = rows.find(({ country }) => country === null)
          return (
            <div className={styles.both}>
              <Suspense fallback={<Waiting />}>
                <WorldMap
                  rows={known.map(({ country, apps, bytesTotal, transactions }) => ({
                    country,
                    size: bytesTotal ?? transactions,
                    text: `${names.of(country) ?? country}: ${formatNoun(apps, 'app')}, ${formatBytes(bytesTotal)}`,
                  }))}
                  onPick={(country) => void navigate({ to: '/apps', search: { country } })}
                />
              </Suspense>
              <div>
                <TopList
                  none="No app's seat is known."
                  rows={known
                    .slice(0, whole ? known.length : shownRows)
                    .map(({ country, apps, bytesTotal, transactions }) => ({
                      key: country,
                      to: '/apps',
                      search: { country },
                      name: names.of(country) ?? country,
                      note: formatNoun(apps, 'app'),
                      value: formatBytes(bytesTotal),
                      size: bytesTotal ?? transactions,
                    }))}
                />
                <Caption1 className={styles.under}>
                  {known.length > shownRows && (
                    <Link as="button" onClick={() => setWhole((now) => !now)}>
                      {whole
                        ? 'Fewer countries'
                        : formatNoun(known.length - shownRows, 'more country', 'more countries')}
                    </Link>
                  )}
                  {unknown !== undefined && (
                    <RouteLink to="/apps" search={{ country: 'unknown' }}>
                      {formatNoun(unknown.apps, 'app')} of unknown seat
                    </RouteLink>
                  )}
                </Caption1>
              </div>
            </div>
          )
        }}
      </Answer>
    </Panel>
  )
}
