/** A list that people keep (groups, exclusions, address ranges): made, changed, taken away alike. */
import {
  Button,
  Field,
  Input,
  Select,
  Text,
  Textarea,
  makeStyles,
} from '@fluentui/react-components'
import { AddRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { keptQuery } from '../data/govern-queries.ts'
import type { Kept, KeptPath } from '../data/govern-queries.ts'
import { Confirm } from './confirm.tsx'
import { FormDialog } from './form-dialog.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Answer, Empty, Fault } from './states.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', gap: '6px', whiteSpace: 'nowrap' },
})

export interface KeptField {
  key: string
  label: string
  hint?: string
  /** `lines`: one value in each line. */
  kind: 'text' | 'lines' | 'choice'
  choices?: readonly string[]
}

export interface KeptWords {
  path: KeptPath
  noun: string
  empty: string
  /** What one is good for. */
  use: string
  lead: ReactNode
  fields: readonly KeptField[]
  /** Of one entry, for the table. */
  about: (row: Kept) => string
}

export function KeptList({ words }: { words: KeptWords }) {
  const styles = useStyles()
  const { path, noun, empty, use, lead, about } = words
  const list = useQuery(keptQuery(path))
  const answers = useQueryClient()
  const remove = useMutation({
    mutationFn: (id: string) => tell('DELETE', `/${path}/${id}`),
    onSuccess: () => answers.invalidateQueries({ queryKey: keptQuery(path).queryKey }),
  })
  return (
    <Panel
      title={lead}
      more={
        <EntryDialog words={words} id={null} first={{ name: '' }}>
          <Button appearance="primary" icon={<AddRegular />}>
            New {noun}
          </Button>
        </EntryDialog>
      }
    >
      {remove.error !== null && <Fault fault={remove.error} />}
      <Answer of={list}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title={empty}>
              <Text>{use}</Text>
            </Empty>
          ) : (
            <PlainTable
              label={`All of them: ${noun}`}
              head={['Name', 'What', '']}
              rows={rows.map(({ id, ...row }) => ({
                key: id,
                cells: [
                  <Name key="name" text={row.name} />,
                  <Name key="about" text={about(row)} max={300} />,
                  <div key="do" className={styles.row}>
                    <EntryDialog words={words} id={id} first={row}>
                      <Button
                        size="small"
                        icon={<EditRegular />}
                        aria-label={`Change ${visible(row.name)}`}
                      />
                    </EntryDialog>
                    <Confirm
                      title={`Take ${visible(row.name)} away?`}
                      words="What it did ends with it."
                      verb="Take it away"
                      onConfirm={() => remove.mutate(id)}
                    >
                      <Button
                        size="small"
                        icon={<DeleteRegular />}
                        aria-label={`Take ${visible(row.name)} away`}
                      />
                    </Confirm>
                  </div>,
                ],
              }))}
            />
          )
        }
      </Answer>
    </Panel>
  )
}

const linesOf = (value: unknown): string =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').join('\n') : ''
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function EntryDialog({
  words: { path, noun, fields },
  id,
  first,
  children,
}: {
  words: KeptWords
  id: string | null
  first: Kept
  children: ReactElement
}) {
  const answers = useQueryClient()
  const [open, setOpen] = useState(false)
  const [texts, setTexts] = useState<Record<string, string>>({})
  const shown = (field: KeptField): string =>
    texts[field.key] ??
    (field.kind === 'lines' ? linesOf(first[field.key]) : textOf(first[field.key]))
  const body = (): Record<string, unknown> => {
    const changed = fields.flatMap((field): [string, unknown][] => {
      const text = texts[field.key]
      if (text === undefined) return []
      if (field.kind !== 'lines') return [[field.key, text.trim()]]
      const lines = text.split('\n').map((line) => line.trim())
      return [[field.key, [...new Set(lines.filter((line) => line !== ''))]]]
    })
    return { ...first, ...Object.fromEntries(changed) }
  }
  const keep = useMutation({
    mutationFn: () =>
      id === null ? tell('POST', `/${path}`, body()) : tell('PUT', `/${path}/${id}`, body()),
    onSuccess: async () => {
      await answers.invalidateQueries({ queryKey: keptQuery(path).queryKey })
      setOpen(false)
    },
  })
  return (
    <FormDialog
      title={id === null ? `New ${noun}` : visible(first.name)}
      verb="Keep it"
      open={open}
      onOpen={(next) => {
        setTexts({})
        keep.reset()
        setOpen(next)
      }}
      fault={keep.error}
      ready={textOf(body()['name']) !== ''}
      busy={keep.isPending}
      onDo={() => keep.mutate()}
      trigger={children}
    >
      {fields.map((field) => {
        const set = (value: string): void => setTexts((now) => ({ ...now, [field.key]: value }))
        return (
          <Field
            key={field.key}
            label={field.label}
            {...(field.hint === undefined ? {} : { hint: field.hint })}
          >
            {field.kind === 'choice' ? (
              <Select value={shown(field)} onChange={(_event, { value }) => set(value)}>
                {field.choices?.map((choice) => (
                  <option key={choice} value={choice}>
                    {choice}
                  </option>
                ))}
              </Select>
            ) : field.kind === 'lines' ? (
              <Textarea
                rows={4}
                resize="vertical"
                value={shown(field)}
                onChange={(_event, { value }) => set(value)}
              />
            ) : (
              <Input value={shown(field)} onChange={(_event, { value }) => set(value)} />
            )}
          </Field>
        )
      })}
    </FormDialog>
  )
}
