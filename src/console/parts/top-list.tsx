/** The largest of something: each row is a link as a whole, with a bar for its share. */
import { Text, makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { PlainLink } from './route-link.tsx'

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyle: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
  },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) auto',
    columnGap: '12px',
    rowGap: '4px',
    padding: '6px 4px',
    borderRadius: tokens.borderRadiusMedium,
    color: 'inherit',
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  // Two lines hold most names whole, without a pointer too.
  line: {
    display: '-webkit-box',
    WebkitBoxOrient: 'vertical',
    WebkitLineClamp: 2,
    overflow: 'hidden',
    overflowWrap: 'anywhere',
  },
  name: { color: tokens.colorBrandForegroundLink },
  value: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  track: {
    gridColumn: '1 / -1',
    height: '4px',
    borderRadius: '2px',
    backgroundColor: tokens.colorNeutralBackground5,
    overflow: 'hidden',
  },
  bar: {
    display: 'block',
    height: '100%',
    borderRadius: '2px',
    backgroundColor: tokens.colorBrandBackground,
  },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
})

export interface TopRow {
  key: string
  /** Where it leads. */
  to: string
  search: Record<string, string>
  before?: ReactNode
  name: ReactNode
  note?: string
  value: ReactNode
  size: number
}

export function TopList({ rows, none }: { rows: TopRow[]; none: string }) {
  const styles = useStyles()
  const most = Math.max(1, ...rows.map(({ size }) => size))
  if (rows.length === 0) return <Text>{none}</Text>
  return (
    <ol className={styles.list}>
      {rows.map((row) => (
        <li key={row.key}>
          <PlainLink to={row.to} search={row.search} className={styles.row}>
            <span className={styles.line}>
              {row.before} <span className={styles.name}>{row.name}</span>
              {row.note !== undefined && <span className={styles.note}> {row.note}</span>}
            </span>
            <span className={styles.value}>{row.value}</span>
            <span className={styles.track} aria-hidden="true">
              <span className={styles.bar} style={{ width: `${(100 * row.size) / most}%` }} />
            </span>
          </PlainLink>
        </li>
      ))}
    </ol>
  )
}
