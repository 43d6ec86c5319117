/** The largest of something, as links with a bar for their share. */
import { Text, makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'

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
  },
  name: { whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' },
  value: { fontVariantNumeric: 'tabular-nums' },
  track: {
    gridColumn: '1 / -1',
    height: '4px',
    borderRadius: '2px',
    backgroundColor: tokens.colorNeutralBackground5,
    overflow: 'hidden',
  },
  bar: { height: '100%', borderRadius: '2px', backgroundColor: tokens.colorBrandBackground },
})

export interface TopRow {
  key: string
  name: ReactNode
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
        <li key={row.key} className={styles.row}>
          <span className={styles.name}>{row.name}</span>
          <span className={styles.value}>{row.value}</span>
          <span className={styles.track} aria-hidden="true">
            <span
              className={styles.bar}
              style={{ display: 'block', width: `${(100 * row.size) / most}%` }}
            />
          </span>
        </li>
      ))}
    </ol>
  )
}
