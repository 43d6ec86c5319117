/** Lines as the parsers understood them: the fields of a transaction, or why it is none. */
import { Badge, makeStyles, tokens } from '@fluentui/react-components'
import type { z } from 'zod'
import type { parseSchema } from '../../api/routes-definitions.ts'
import { Name } from './words.tsx'

export type Parsed = z.infer<typeof parseSchema>
export type Row = Parsed['rows'][number]

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyle: 'none', display: 'flex', flexDirection: 'column' },
  row: {
    display: 'grid',
    gridTemplateColumns: '48px 116px minmax(0, 1fr)',
    gap: '10px',
    padding: '8px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  number: {
    color: tokens.colorNeutralForeground3,
    textAlign: 'right',
    fontVariantNumeric: 'tabular-nums',
  },
  fields: { display: 'flex', flexWrap: 'wrap', columnGap: '14px', rowGap: '2px' },
  field: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  key: { color: tokens.colorNeutralForeground3 },
})

const colors = { transaction: 'success', skipped: 'informative', unparsed: 'warning' } as const

export function ParsedRows({ rows }: { rows: Row[] }) {
  const styles = useStyles()
  return (
    <ol className={styles.list}>
      {rows.map((row, index) => (
        <li key={index} className={styles.row}>
          <span className={styles.number}>{row.line}</span>
          <ParsedRow row={row} />
        </li>
      ))}
    </ol>
  )
}

/** Two cells: what became of the line, and what it says. */
export function ParsedRow({ row }: { row: Row }) {
  const styles = useStyles()
  return (
    <>
      <span>
        <Badge appearance="tint" shape="rounded" color={colors[row.outcome]}>
          {row.outcome}
        </Badge>
      </span>
      {row.outcome === 'transaction' ? (
        <span className={styles.fields}>
          {Object.entries(row.transaction)
            .filter(([, value]) => value !== null)
            .map(([key, value]) => (
              <span key={key} className={styles.field}>
                <span className={styles.key}>{key} </span>
                <Name text={String(value)} max={160} />
              </span>
            ))}
        </span>
      ) : (
        <Name text={row.reason} max={400} />
      )}
    </>
  )
}
