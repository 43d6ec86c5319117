/** An app of one's own in one step: what the finder suggests, or what is there already, to be changed and kept. */
import { Field, Input, Textarea } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { tell } from '../data/ask.ts'
import { CategoryField } from './category-fields.tsx'
import { NumberField, WordsField } from './choices.tsx'
import { FormDialog } from './form-dialog.tsx'

export interface OwnApp {
  id: string
  name: string
  category: string
  domains: string[]
  ranges: string[]
  score: number | null
  owner: string | null
  note: string | null
}

/** Kebab-case, as the catalog's ids are. */
const idOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')

export function OwnAppDialog({
  first,
  known = {},
  title,
  onDone,
  children,
}: {
  first: OwnApp
  /** What the app has beside these fields; kept as it is. */
  known?: Record<string, unknown>
  title: string
  /** With what moved, in words. */
  onDone: (words: string) => void
  /** The button that opens it. */
  children: ReactElement
}) {
  const answers = useQueryClient()
  const [open, setOpen] = useState(false)
  const [app, setApp] = useState(first)
  const change = (patch: Partial<OwnApp>): void => setApp((now) => ({ ...now, ...patch }))
  const put = useMutation({
    mutationFn: () => {
      const { id, ...body } = app
      return tell<{ words: string }>('PUT', `/catalog/apps/${encodeURIComponent(id)}`, {
        ...known,
        ...body,
        name: app.name.trim(),
      })
    },
    onSuccess: async ({ words }) => {
      await answers.invalidateQueries()
      setOpen(false)
      onDone(words)
    },
  })
  const fresh = first.id === ''
  return (
    <FormDialog
      title={title}
      verb={fresh || first.id.startsWith('own-') ? 'Keep the app' : 'Keep it'}
      open={open}
      onOpen={(next) => {
        setApp(first)
        put.reset()
        setOpen(next)
      }}
      fault={put.error}
      ready={app.name.trim() !== '' && app.domains.length + app.ranges.length > 0}
      busy={put.isPending}
      onDo={() => put.mutate()}
      trigger={children}
    >
      <Field label="Name" required>
        <Input
          value={app.name}
          onChange={(_event, { value }) =>
            change(fresh ? { name: value, id: `own-${idOf(value)}` } : { name: value })
          }
        />
      </Field>
      <CategoryField picked={app.category} onPick={(category) => change({ category })} />
      <WordsField
        label="Domains"
        hint="Each with all names below it"
        picked={app.domains}
        onPick={(domains) => change({ domains: domains.map((one) => one.toLowerCase()) })}
      />
      <WordsField
        label="Networks"
        hint="In CIDR notation; looked at only when no host name is known"
        picked={app.ranges}
        onPick={(ranges) => change({ ranges })}
      />
      <NumberField
        label="Score"
        hint="0 to 10, 10 is safest; empty = not rated"
        max={10}
        step={0.1}
        value={app.score}
        onChange={(score) => change({ score })}
      />
      <Field label="Who answers for it">
        <Input
          value={app.owner ?? ''}
          onChange={(_event, { value }) => change({ owner: value === '' ? null : value })}
        />
      </Field>
      <Field label="Note">
        <Textarea
          rows={2}
          value={app.note ?? ''}
          onChange={(_event, { value }) => change({ note: value === '' ? null : value })}
        />
      </Field>
    </FormDialog>
  )
}
