/** A source added or changed: its fields, then what would change in the configuration, then it is done. */
import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Field,
  Input,
  Select,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import type { Config } from '../../config/schema.ts'
import { visible } from '../../report/text.ts'
import { configFileQuery, draftOf } from '../data/config-queries.ts'
import type { ConfigChange } from '../data/config-queries.ts'
import { configQuery, formatsQuery } from '../data/queries.ts'
import { yamlOf } from '../data/yaml-text.ts'
import { WordsField } from './choices.tsx'
import { Code } from './code.tsx'
import { ConfigReview } from './config-review.tsx'
import { Answer, Fault } from './states.tsx'

const useStyles = makeStyles({
  fields: { display: 'grid', gap: '12px' },
  surface: { maxWidth: '760px' },
})

export type SourceEntry = Config['sources'][number]

const listeners: Record<NonNullable<SourceEntry['listener']>, string> = {
  'syslog-udp': 'Syslog over UDP',
  'syslog-tcp': 'Syslog over TCP',
  'syslog-tls': 'Syslog over TLS',
  folder: 'A drop folder, FTP too',
  upload: 'Uploads',
}

/** Without what says nothing. */
function tidy({ name, ...rest }: SourceEntry): SourceEntry {
  const told = Object.entries(rest).filter(
    ([, value]) =>
      value !== undefined &&
      value !== '' &&
      value !== false &&
      !(Array.isArray(value) && value.length === 0),
  )
  return { name: name.trim(), ...Object.fromEntries(told) }
}

export function SourceDialog({
  first,
  title,
  onDone,
  children,
}: {
  first: SourceEntry
  title: string
  onDone: (result: ReloadResult) => void
  children: ReactElement
}) {
  const styles = useStyles()
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>{children}</DialogTrigger>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          {open && (
            <SourceForm
              first={first}
              onDone={(result) => {
                setOpen(false)
                onDone(result)
              }}
            />
          )}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

function SourceForm({
  first,
  onDone,
}: {
  first: SourceEntry
  onDone: (result: ReloadResult) => void
}) {
  const styles = useStyles()
  const file = useQuery(configFileQuery)
  const config = useQuery(configQuery)
  const [entry, setEntry] = useState(first)
  const known = (config.data as Partial<Config> | undefined)?.sources ?? []
  const index = known.findIndex(({ name }) => name === first.name)
  const change: ConfigChange = {
    path: ['sources', index < 0 ? known.length : index],
    value: tidy(entry),
  }
  const draft = useMutation({ mutationFn: () => draftOf(file.data?.text ?? '', [change]) })
  if (draft.data !== undefined && file.data !== undefined)
    return (
      <DialogContent className={styles.fields}>
        <ConfigReview
          file={file.data}
          text={draft.data}
          onDone={onDone}
          onBack={() => draft.reset()}
        />
      </DialogContent>
    )
  return (
    <>
      <DialogContent className={styles.fields}>
        {draft.error !== null && <Fault fault={draft.error} />}
        <SourceFields
          entry={entry}
          onChange={(patch) => setEntry((now) => ({ ...now, ...patch }))}
        />
        {file.error !== null && (
          <>
            <Text>
              There is no configuration file that can be written from here. Put this under{' '}
              <code>sources</code> in it, and start the appliance with it:
            </Text>
            <Code text={yamlOf({ sources: [tidy(entry)] }).trimStart()} label="The source" />
          </>
        )}
      </DialogContent>
      <DialogActions>
        <Button
          appearance="primary"
          disabled={
            entry.name.trim() === '' || file.data === undefined || config.data === undefined
          }
          disabledFocusable={draft.isPending}
          onClick={() => draft.mutate()}
        >
          See what changes
        </Button>
        <DialogTrigger disableButtonEnhancement>
          <Button>Leave it</Button>
        </DialogTrigger>
      </DialogActions>
    </>
  )
}

function SourceFields({
  entry,
  onChange,
}: {
  entry: SourceEntry
  onChange: (patch: Partial<SourceEntry>) => void
}) {
  const formats = useQuery(formatsQuery)
  return (
    <>
      <Field label="Name" required>
        <Input value={entry.name} onChange={(_event, { value }) => onChange({ name: value })} />
      </Field>
      <Field label="Comes in by" hint="Only what comes in there belongs to it.">
        <Select
          value={entry.listener ?? ''}
          onChange={(_event, { value }) =>
            onChange({ listener: value === '' ? undefined : (value as SourceEntry['listener']) })
          }
        >
          <option value="">any way</option>
          {Object.entries(listeners).map(([id, text]) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
      <WordsField
        label="Senders"
        hint="Addresses, or networks in CIDR notation; none = whoever sends there"
        picked={entry.from ?? []}
        onPick={(from) => onChange({ from })}
      />
      <Field label="Sub-folder" hint="Of a drop folder, for files">
        <Input
          value={entry.folder ?? ''}
          onChange={(_event, { value }) => onChange({ folder: value })}
        />
      </Field>
      <Field label="Format">
        <Answer of={formats}>
          {({ rows }) => (
            <Select
              aria-label="Format"
              value={entry.format ?? ''}
              onChange={(_event, { value }) => onChange({ format: value })}
            >
              <option value="">recognised from its lines</option>
              {[...new Set(rows.map(({ id }) => id))].toSorted().map((id) => (
                <option key={id} value={id}>
                  {visible(id)}
                </option>
              ))}
            </Select>
          )}
        </Answer>
      </Field>
      <Field label="Time zone" hint="Of stamps without one, e.g. Europe/Vienna; empty = UTC">
        <Input
          value={entry.zone ?? ''}
          onChange={(_event, { value }) => onChange({ zone: value.trim() })}
        />
      </Field>
      <Checkbox
        label="Show its users, devices and addresses as pseudonyms"
        checked={entry.pseudonyms === true}
        onChange={(_event, { checked }) => onChange({ pseudonyms: checked === true })}
      />
    </>
  )
}
