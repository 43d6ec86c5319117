/** A token for a program: some of one's own rights, perhaps fewer sources, and always an end. */
import { Button, Checkbox, Field, Input } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { newTokenSchema } from '../../api/access-schemas.ts'
import { tell } from '../data/ask.ts'
import { sourcesQuery, tokensQuery } from '../data/queries.ts'
import { openedBy } from '../data/right-words.ts'
import { useSession } from '../data/session.ts'
import type { Right } from '../data/session.ts'
import { NumberField, SeveralField } from './choices.tsx'
import { FormDialog } from './form-dialog.tsx'

const daysFirst = 90
const daysMost = 366

export function TokenDialog({ onMade }: { onMade: (text: string) => void }) {
  const answers = useQueryClient()
  const { rights } = useSession()
  const known = useQuery(sourcesQuery)
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [scope, setScope] = useState<readonly Right[]>(['reports.read'])
  const [sources, setSources] = useState<readonly string[]>([])
  const [days, setDays] = useState<number | null>(daysFirst)
  const make = useMutation({
    mutationFn: () =>
      tell<z.infer<typeof newTokenSchema>>('POST', '/tokens', {
        name: name.trim(),
        scope,
        sources: sources.length === 0 ? null : sources,
        days,
      }),
    onSuccess: async ({ token }) => {
      await answers.invalidateQueries({ queryKey: tokensQuery.queryKey })
      onMade(token)
      setOpen(false)
      setName('')
    },
  })
  return (
    <FormDialog
      title="New token"
      verb="Make the token"
      open={open}
      onOpen={(next) => {
        make.reset()
        setOpen(next)
      }}
      fault={make.error}
      ready={name.trim() !== '' && scope.length > 0 && days !== null}
      busy={make.isPending}
      onDo={() => make.mutate()}
      trigger={<Button icon={<AddRegular />}>New token</Button>}
    >
      <Field label="Name of the program" required>
        <Input value={name} onChange={(_event, { value }) => setName(value)} />
      </Field>
      <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
        <legend style={{ padding: 0 }}>It may</legend>
        {rights.map((right) => (
          <Checkbox
            key={right}
            label={openedBy[right]}
            checked={scope.includes(right)}
            onChange={(_event, { checked }) =>
              setScope(checked === true ? [...scope, right] : scope.filter((one) => one !== right))
            }
          />
        ))}
      </fieldset>
      <SeveralField
        label="Sources it sees"
        none="As many as you"
        choices={(known.data?.rows ?? []).map((row) => ({ value: row.name, text: row.name }))}
        picked={sources}
        onPick={setSources}
      />
      <NumberField
        label="It ends after"
        unit="days"
        min={1}
        max={daysMost}
        value={days}
        onChange={setDays}
      />
    </FormDialog>
  )
}
