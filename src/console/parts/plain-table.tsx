/** A short table: a few rows, all of them drawn. */
import { Text, makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'

const useStyles = makeStyles({
  scroll: { overflowX: 'auto' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    '& th, & td': {
      textAlign: 'left',
      padding: '8px 14px 8px 0',
      borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
      verticalAlign: 'top',
    },
    '& th': { whiteSpace: 'nowrap' },
    // Names break anywhere: without it a full table squeezes them to a letter.
    '& td': { minWidth: '88px' },
    '& td:empty': { minWidth: 0 },
    '& .figure': { textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  },
})

export function PlainTable({
  label,
  head,
  figures = [],
  rows,
}: {
  label: string
  head: string[]
  /** Columns of figures, by position: aligned to the right. */
  figures?: readonly number[]
  rows: { key: string; cells: ReactNode[] }[]
}) {
  const styles = useStyles()
  const classOf = (index: number): string | undefined =>
    figures.includes(index) ? 'figure' : undefined
  if (rows.length === 0) return <Text>There are none.</Text>
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {head.map((title, index) =>
              title === '' ? (
                <td key={index} />
              ) : (
                <th key={index} scope="col" className={classOf(index)}>
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={index} className={classOf(index)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
