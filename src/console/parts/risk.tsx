/** Risk: a score's badge, and traffic by band as a bar whose parts are links. */
import { Badge, Text, makeStyles, tokens } from '@fluentui/react-components'
import type { Summary } from '../../api/schemas.ts'
import {
  formatBytes,
  formatNoun,
  formatShare,
  formatShortCount,
  shareOf,
} from '../../report/format.ts'
import { bandOf, riskWords } from '../../report/risk.ts'
import type { RiskBand } from '../../report/risk.ts'
import { usePalette } from '../theme.ts'
import { PlainLink } from './route-link.tsx'

const colours = {
  high: 'danger',
  medium: 'warning',
  low: 'success',
  unrated: 'informative',
} as const satisfies Record<RiskBand, string>

export function Score({ score }: { score: number | null }) {
  const band = bandOf(score)
  const title = `${riskWords[band].name}${score === null ? '' : `, ${score} of 10 (10 is safest)`}`
  return (
    <Badge appearance="tint" color={colours[band]} shape="rounded" title={title} aria-label={title}>
      {score === null ? '–' : Number.isInteger(score) ? score : score.toFixed(1)}
    </Badge>
  )
}

const useStyles = makeStyles({
  bar: { display: 'flex', height: '14px', borderRadius: '7px', overflow: 'hidden', gap: '2px' },
  part: { minWidth: '3px' },
  list: {
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
    margin: 0,
    padding: 0,
    listStyle: 'none',
  },
  row: {
    display: 'grid',
    gridTemplateColumns: '12px 1fr auto auto',
    gap: '10px',
    alignItems: 'center',
    padding: '7px 6px',
    borderRadius: tokens.borderRadiusMedium,
    color: 'inherit',
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  dot: { width: '12px', height: '12px', borderRadius: '3px' },
  figure: { fontVariantNumeric: 'tabular-nums', textAlign: 'right', minWidth: '64px' },
  muted: { color: tokens.colorNeutralForeground3 },
})

type Risk = Summary['risk']

/** What its figures count: bytes, or transactions where no line tells bytes. */
export const riskInBytes = (risk: Risk): boolean =>
  risk.some(({ bytesTotal }) => bytesTotal !== null)

export function RiskPanel({ risk }: { risk: Risk }) {
  const styles = useStyles()
  const palette = usePalette()
  const bytes = riskInBytes(risk)
  const size = (row: Risk[number]): number => (bytes ? (row.bytesTotal ?? 0) : row.transactions)
  const whole = risk.reduce((sum, row) => sum + size(row), 0)
  return (
    <>
      <div className={styles.bar} aria-hidden="true">
        {risk.map((row) => (
          <div
            key={row.band}
            className={styles.part}
            style={{ flexGrow: size(row), backgroundColor: palette.risk[row.band] }}
            hidden={size(row) === 0}
          />
        ))}
      </div>
      <ul className={styles.list}>
        {risk.map((row) => (
          <li key={row.band}>
            <PlainLink to="/apps" search={{ risk: row.band }} className={styles.row}>
              <span className={styles.dot} style={{ backgroundColor: palette.risk[row.band] }} />
              <span>
                {riskWords[row.band].name}
                <br />
                <Text size={200} className={styles.muted}>
                  {riskWords[row.band].scores}
                </Text>
              </span>
              <Text size={200} className={styles.muted}>
                {formatNoun(row.apps, 'app')}
              </Text>
              <span className={styles.figure}>
                {bytes ? formatBytes(row.bytesTotal ?? 0) : formatShortCount(row.transactions)}{' '}
                <Text size={200} className={styles.muted}>
                  {formatShare(shareOf(size(row), whole))}
                </Text>
              </span>
            </PlainLink>
          </li>
        ))}
      </ul>
    </>
  )
}
