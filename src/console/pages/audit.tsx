/** Every change and every look at a name. */
import { Text } from '@fluentui/react-components'
import type { z } from 'zod'
import type { auditRowSchema } from '../../api/access-schemas.ts'
import { formatNoun, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { actionWords, detailWords, objectWords } from '../data/audit-words.ts'
import { pagesOf } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

type Row = z.infer<typeof auditRowSchema>

const columns: Column<Row>[] = [
  { id: 'at', title: 'Time (UTC)', width: 165, cell: ({ at }) => formatTime(at) },
  { id: 'actor', title: 'Who', width: 170, cell: ({ actor }) => <Name text={actor} /> },
  {
    id: 'action',
    title: 'What',
    width: 230,
    cell: ({ action }) => (
      <span title={visible(action)}>
        <Name text={actionWords(action)} />
      </span>
    ),
  },
  { id: 'object', title: 'On what', cell: ({ object }) => <Name text={objectWords(object)} /> },
  {
    id: 'detail',
    title: 'Details',
    cell: ({ detail }) => <Name text={detailWords(detail)} max={300} />,
  },
]

export function Audit() {
  const { from, to } = useScope()
  const { pages, rows, more, total = 0 } = usePages(pagesOf<Row>('/audit', { from, to }))
  return (
    <Page
      title="Audit"
      lead="Every change, and every look at the names of people, the last first."
      fill
      tools={<Text role="status">{formatNoun(total, 'entry', 'entries')}</Text>}
    >
      <Answer of={pages}>
        {() =>
          rows.length === 0 ? (
            <Empty title="Nothing happened in this time" />
          ) : (
            <DataTable
              label="Audit trail"
              rows={rows}
              total={total}
              columns={columns}
              keyOf={(row) => `${row.at} ${row.actor} ${row.action} ${row.object} ${row.detail}`}
              onEnd={more}
            />
          )
        }
      </Answer>
    </Page>
  )
}
