/** How fresh the figures are: when the last line came, from how many of the sources; which hours may still change, which feed is late. */
import { Badge, Caption1, Text, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { formatCount, formatNoun } from '../../report/format.ts'
import { feedsOf, hourStates, hourWords } from '../data/freshness-words.ts'
import { freshnessQuery, sourcesQuery } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePalette } from '../theme.ts'
import type { Palette } from '../theme.ts'
import { Panel } from './page.tsx'
import { PlainLink, RouteLink } from './route-link.tsx'
import { Answer } from './states.tsx'
import { Ago, Name, agoText } from './words.tsx'

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

const useStyles = makeStyles({
  both: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: '12px 32px',
    alignItems: 'start',
    '@media (max-width: 1000px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  bar: {
    gridColumn: '1 / -1',
    display: 'flex',
    height: '14px',
    borderRadius: '7px',
    overflow: 'hidden',
    gap: '2px',
  },
  part: { minWidth: '3px' },
  list: { margin: 0, padding: 0, listStyle: 'none' },
  row: {
    display: 'grid',
    gridTemplateColumns: '12px minmax(0, 1fr) auto',
    gap: '10px',
    alignItems: 'center',
    padding: '7px 6px',
    borderRadius: tokens.borderRadiusMedium,
    color: 'inherit',
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  teller: { gridTemplateColumns: 'minmax(0, 1fr) auto auto' },
  dot: { width: '12px', height: '12px', borderRadius: '3px' },
  figure: { fontVariantNumeric: 'tabular-nums', textAlign: 'right' },
  muted: { color: tokens.colorNeutralForeground3 },
})

const colourOf = ({ risk }: Palette) => ({
  complete: risk.low,
  waiting: risk.unrated,
  incomplete: risk.medium,
})

export function FreshnessPanel({ className }: { className: string }) {
  const styles = useStyles()
  const scope = useScope()
  const freshness = useQuery(freshnessQuery(scope))
  const colours = colourOf(usePalette())
  return (
    <Panel
      title="Freshness of the data"
      className={className}
      more={
        freshness.data !== undefined && (
          <RouteLink to="/freshness">
            All {formatNoun(freshness.data.hours.length, 'hour')}
          </RouteLink>
        )
      }
    >
      <Answer of={freshness}>
        {(data) => (
          <div className={styles.both}>
            <div className={styles.bar} aria-hidden="true">
              {hourStates.map((state) => (
                <div
                  key={state}
                  className={styles.part}
                  style={{ flexGrow: data[state], backgroundColor: colours[state] }}
                  hidden={data[state] === 0}
                />
              ))}
            </div>
            <ul className={styles.list} aria-label="Hours">
              {hourStates.map((state) => (
                <li key={state}>
                  <PlainLink to="/freshness" search={{ state }} className={styles.row}>
                    <span className={styles.dot} style={{ backgroundColor: colours[state] }} />
                    <span>
                      {hourWords[state].word}
                      <br />
                      <Text size={200} className={styles.muted}>
                        {hourWords[state].means}
                      </Text>
                    </span>
                    <span className={styles.figure}>{formatNoun(data[state], 'hour')}</span>
                  </PlainLink>
                </li>
              ))}
            </ul>
            <Tellers data={data} />
          </div>
        )}
      </Answer>
    </Panel>
  )
}

interface Teller {
  key: string
  name: string
  kind: string
  newest: string | null
  late: string | null
}

const shownTellers = 6

/** Who tells, the late first: feeds of agents by their rows, and in the continuous report the sources of lines. */
function Tellers({ data }: { data: Parameters<typeof feedsOf>[0] }) {
  const styles = useStyles()
  const scope = useScope()
  const sources = useQuery(sourcesQuery)
  const feeds = feedsOf(data)
  const lines = scope.report === 'continuous' ? (sources.data?.rows ?? []) : []
  const tellers: Teller[] = [
    ...feeds.map(({ source, newest, late, lacks }) => ({
      key: `agents ${source}`,
      name: source,
      kind: lacks === 0 ? 'agents' : `agents, ${formatNoun(lacks, 'hour')} without its rows`,
      newest,
      late: late ? 'late' : null,
    })),
    ...lines
      .filter(({ name }) => !feeds.some(({ source }) => source === name))
      .filter(({ name }) => scope.source === null || name === scope.source)
      .map(({ name, state, lastSeen, feeds: own }) => ({
        key: `lines ${name}`,
        name,
        kind: (own ?? []).length === 0 ? 'lines' : 'agents',
        newest: lastSeen,
        late:
          own?.some(({ silent }) => silent) === true
            ? 'late'
            : state === 'receiving'
              ? null
              : state === 'waiting'
                ? 'nothing yet'
                : state,
      })),
  ].toSorted((a, b) => Number(b.late !== null) - Number(a.late !== null))
  const late = tellers.filter((teller) => teller.late !== null).length
  return (
    <div>
      <ul className={styles.list} aria-label="Who tells">
        {tellers.slice(0, shownTellers).map(({ key, name, kind, newest, late: word }) => (
          <Row key={key} badge={word}>
            <span>
              <Name text={name} max={60} />
              <br />
              <Text size={200} className={styles.muted}>
                {kind}
              </Text>
            </span>
            <span className={styles.figure}>
              <Ago at={newest} never="no row" />
            </span>
          </Row>
        ))}
      </ul>
      {tellers.length > shownTellers && (
        <Caption1>
          <RouteLink to="/sources">
            All {formatCount(tellers.length)}
            {late > 0 && `, ${formatCount(late)} late`}
          </RouteLink>
        </Caption1>
      )}
    </div>
  )
}

function Row({ badge, children }: { badge: string | null; children: ReactNode }) {
  const styles = useStyles()
  return (
    <li>
      <PlainLink to="/sources" className={mergeClasses(styles.row, styles.teller)}>
        {children}
        <Badge appearance="tint" shape="rounded" color={badge === null ? 'success' : 'warning'}>
          {badge ?? 'in time'}
        </Badge>
      </PlainLink>
    </li>
  )
}
