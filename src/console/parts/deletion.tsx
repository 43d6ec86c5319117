/** Deletes the data of a person, of a source, or all: with the counts that prove it. It cannot be taken back. */
import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Select,
  Textarea,
  makeStyles,
} from '@fluentui/react-components'
import { DeleteRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { formatCount, formatNoun, formatTime } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { sourcesQuery } from '../data/queries.ts'
import { Confirm } from './confirm.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Fault, Waiting } from './states.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({ form: { display: 'grid', gap: '12px', maxWidth: '480px' } })

interface Proof {
  at: string
  deleted: number
  left: number
  tables: { table: string; deleted: number; left: number }[]
  /** Everything else: files, what an administrator wrote, what has left the box. */
  places: { place: string; deleted: number; left: number; says: string }[]
}

const kinds = { person: 'A person', source: 'A data source', all: 'Everything' } as const
/** These very words are asked for. */
const sentence = 'delete all data'

type Order =
  | { kind: 'person'; names: string[] }
  | { kind: 'source'; source: string }
  | { kind: 'all'; confirm: string }

/** What goes, as a sentence: the question is read with it. */
function wanted(order: Order): string {
  if (order.kind === 'all') return 'All data of this appliance go.'
  const names = order.kind === 'source' ? [order.source] : order.names
  const told = names.map((name) => cut(visible(name), 60)).slice(0, 5)
  const more = names.length > told.length ? ` and ${names.length - told.length} more names` : ''
  const whose = order.kind === 'source' ? 'the source' : 'the person'
  return `All data of ${whose} ${told.join(', ')}${more} go.`
}

export function Deletion() {
  const styles = useStyles()
  const answers = useQueryClient()
  const sources = useQuery(sourcesQuery).data?.rows ?? []
  const [kind, setKind] = useState<keyof typeof kinds>('person')
  const [names, setNames] = useState('')
  const [source, setSource] = useState('')
  const [words, setWords] = useState('')
  const list = names
    .split('\n')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const order: Order =
    kind === 'person'
      ? { kind, names: list }
      : kind === 'source'
        ? { kind, source }
        : { kind, confirm: words }
  const ready =
    kind === 'person' ? list.length > 0 : kind === 'source' ? source !== '' : words === sentence
  const remove = useMutation({
    mutationFn: () => tell<Proof>('POST', '/deletions', order),
    onSuccess: () => answers.invalidateQueries(),
  })
  return (
    <Panel title="Delete data">
      {remove.error !== null && <Fault fault={remove.error} />}
      {remove.data !== undefined && (
        <>
          <MessageBar intent="success" layout="multiline">
            <MessageBarBody>
              {formatTime(remove.data.at)} UTC: {formatNoun(remove.data.deleted, 'row')} deleted,{' '}
              {formatCount(remove.data.left)} left. The counts stand in the audit trail.
            </MessageBarBody>
          </MessageBar>
          <PlainTable
            label="What was deleted"
            head={['Where', 'Deleted', 'Left', 'Note']}
            rows={[
              ...remove.data.tables.map((row) => ({ ...row, place: row.table, says: '' })),
              ...remove.data.places,
            ].map((row) => ({
              key: row.place,
              cells: [
                <Name key="place" text={row.place} />,
                formatCount(row.deleted),
                formatCount(row.left),
                <Name key="says" text={row.says} max={400} />,
              ],
            }))}
          />
        </>
      )}
      <div className={styles.form}>
        <Field label="Of what">
          <Select
            value={kind}
            onChange={(_event, { value }) => setKind(value as keyof typeof kinds)}
          >
            {Object.entries(kinds).map(([id, text]) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </Select>
        </Field>
        {kind === 'person' && (
          <Field
            label="All forms of the name"
            hint="One in each line: as logged, user principal name, account"
          >
            <Textarea rows={3} value={names} onChange={(_event, { value }) => setNames(value)} />
          </Field>
        )}
        {kind === 'source' && (
          <Field label="Source">
            <Select value={source} onChange={(_event, { value }) => setSource(value)}>
              <option value="">Choose one</option>
              {sources.map(({ name }) => (
                <option key={name} value={name}>
                  {cut(visible(name), 60)}
                </option>
              ))}
            </Select>
          </Field>
        )}
        {kind === 'all' && (
          <Field label={`Write: ${sentence}`}>
            <Input value={words} onChange={(_event, { value }) => setWords(value)} />
          </Field>
        )}
        <div>
          <Confirm
            title="Delete it for good?"
            words={`${wanted(order)} It cannot be taken back. What has left the box (reports, uploads, mails) is told afterwards, and stays.`}
            verb="Delete"
            onConfirm={() => remove.mutate()}
          >
            <Button icon={<DeleteRegular />} disabled={!ready || remove.isPending}>
              Delete
            </Button>
          </Confirm>
        </div>
      </div>
      {remove.isPending && <Waiting label="Deleting, and counting what is left" />}
    </Panel>
  )
}
