/** Mutes what is like an alert until a time: it is kept, and tells nobody. */
import { Button, Field, Input, Select } from '@fluentui/react-components'
import { AlertOffRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { mutingsQuery } from '../data/govern-queries.ts'
import type { Alert } from '../data/govern-queries.ts'
import { FormDialog } from './form-dialog.tsx'

const dayMs = 86_400_000
const spans = { 1: 'One day', 7: '7 days', 30: '30 days', 90: '90 days', 365: 'One year' } as const

/** What of the alert may be muted, widest last. */
function reaches(alert: Alert): { key: string; text: string; body: object }[] {
  const { policy, appId, app, user, kind } = alert
  return [
    ...(policy !== null && appId !== null
      ? [
          {
            key: 'both',
            text: `This policy for ${visible(app ?? appId)}`,
            body: { policy, app: appId },
          },
        ]
      : []),
    ...(appId === null
      ? []
      : [{ key: 'app', text: `Everything of ${visible(app ?? appId)}`, body: { app: appId } }]),
    ...(user === null
      ? []
      : [{ key: 'user', text: `Everything of ${visible(user)}`, body: { user } }]),
    ...(policy === null ? [] : [{ key: 'policy', text: 'This policy whole', body: { policy } }]),
    { key: 'kind', text: 'All alerts of this kind', body: { kind } },
  ]
}

export function MuteDialog({ alert }: { alert: Alert }) {
  const answers = useQueryClient()
  const choices = reaches(alert)
  const [open, setOpen] = useState(false)
  const [reach, setReach] = useState(choices[0].key)
  const [days, setDays] = useState('7')
  const [reason, setReason] = useState('')
  const mute = useMutation({
    mutationFn: () =>
      tell('POST', '/alerts/mutings', {
        ...choices.find(({ key }) => key === reach)?.body,
        until: new Date(Date.now() + Number(days) * dayMs).toISOString(),
        reason: reason.trim(),
      }),
    onSuccess: async () => {
      await answers.invalidateQueries({ queryKey: mutingsQuery.queryKey })
      setOpen(false)
    },
  })
  return (
    <FormDialog
      title="Mute what is like it"
      verb="Mute it"
      open={open}
      onOpen={setOpen}
      fault={mute.error}
      ready={reason.trim() !== ''}
      busy={mute.isPending}
      onDo={() => mute.mutate()}
      trigger={<Button icon={<AlertOffRegular />}>Mute</Button>}
    >
      <Field label="What">
        <Select value={reach} onChange={(_event, { value }) => setReach(value)}>
          {choices.map(({ key, text }) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="For" hint="It ends by itself. Muted alerts are kept, and tell nobody.">
        <Select value={days} onChange={(_event, { value }) => setDays(value)}>
          {Object.entries(spans).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Why" required>
        <Input value={reason} onChange={(_event, { value }) => setReason(value)} />
      </Field>
    </FormDialog>
  )
}
