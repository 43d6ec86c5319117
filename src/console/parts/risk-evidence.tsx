/** Why an app has its score: the groups of factors, and each fact with its source and what it does to the score. */
import { Caption1, Link, ProgressBar, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { formatShare } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { catalogAppQuery } from '../data/queries.ts'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({
  groups: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(150px, 1fr))',
    gap: '16px',
  },
  // a web address breaks anywhere, and its column is squeezed to letters
  source: { display: 'inline-block', minWidth: '190px', overflowWrap: 'anywhere' },
  muted: { color: tokens.colorNeutralForeground3 },
})

const valueText = (value: boolean | string | number | null): string =>
  value === null ? 'not known' : value === true ? 'yes' : value === false ? 'no' : String(value)

export function RiskEvidence({ id }: { id: string }) {
  const styles = useStyles()
  const { data } = useQuery(catalogAppQuery(id))
  if (data === undefined) return null
  const { risk } = data
  const known = risk.facts.filter(({ value }) => value !== null)
  return (
    <Panel
      title="Risk and its evidence"
      more={
        <Caption1 className={styles.muted}>
          {formatShare(risk.confidence)} of what counts is known
        </Caption1>
      }
    >
      {risk.override !== null && (
        <Text>
          Set by hand to {risk.override.score}: {visible(risk.override.note)}
        </Text>
      )}
      <div className={styles.groups}>
        {Object.entries(risk.groups).map(([name, group]) => (
          <div key={name}>
            <Text block>{name.charAt(0).toUpperCase() + name.slice(1)}</Text>
            <ProgressBar
              value={(group.score ?? 0) / 10}
              thickness="large"
              aria-label={`${name}: ${group.score?.toFixed(1) ?? 'not known'} of 10`}
            />
            <Caption1 className={styles.muted}>
              {group.score === null ? 'not known' : `${group.score.toFixed(1)} of 10`},{' '}
              {group.known} of {group.of} facts
            </Caption1>
          </div>
        ))}
      </div>
      {known.length > 0 && (
        <PlainTable
          label="Facts behind the score"
          head={['Fact', 'Answer', 'Effect', 'Source', 'Of']}
          rows={known.map((fact) => ({
            key: fact.factor,
            cells: [
              fact.name,
              <Name key="value" text={valueText(fact.value)} />,
              fact.difference === null
                ? '–'
                : `${fact.difference > 0 ? '+' : ''}${fact.difference.toFixed(1)}`,
              <Evidence key="source" source={fact.source} />,
              fact.date,
            ],
          }))}
        />
      )}
    </Panel>
  )
}

/** Where a fact stands: a link when it is a web address, else the words of the catalog. */
function Evidence({ source }: { source: string }) {
  const styles = useStyles()
  if (!/^https:\/\/[\w.-]+(?:\/|$)/.test(source)) return <Name text={source} max={80} />
  const short = source.replace(/^https:\/\/(?:www\.)?/, '').replace(/\/$/, '')
  return (
    <Link
      className={styles.source}
      href={source}
      target="_blank"
      rel="noreferrer noopener"
      title={visible(source)}
    >
      {cut(visible(short), 60)}
    </Link>
  )
}
