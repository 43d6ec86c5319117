/** The privacy summary of an upload for the terminal. */
import type { FieldSummary, PrivacySummary } from '../publish/privacy.ts'
import { tableLines } from './table.ts'

const columns = [
  { title: 'field', text: ({ field }: FieldSummary) => field },
  { title: 'rows', text: ({ rows }: FieldSummary) => String(rows), right: true },
  {
    title: 'values',
    text: ({ distinct }: FieldSummary) => (distinct >= 10_000 ? '10000+' : String(distinct)),
    right: true,
  },
  { title: 'what it is', text: ({ treatment }: FieldSummary) => treatment },
  { title: 'example', text: ({ example }: FieldSummary) => example ?? '' },
]

export function summaryText({ rows, bytes, leftOut, fields }: PrivacySummary): string {
  const left = Object.entries(leftOut)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ')
  const head = `${rows} rows, ${bytes} bytes would leave${left === '' ? '' : `; left out: ${left}`}.`
  return `${head}\n\n${tableLines(columns, fields).join('\n')}\n`
}
