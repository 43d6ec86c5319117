/** An account made or changed: its role, the sources it is limited to, its password. */
import { Checkbox, Field, Input, Select } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { z } from 'zod'
import type { accountSchema } from '../../api/access-schemas.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { accountsQuery, sourcesQuery } from '../data/queries.ts'
import { SeveralField } from './choices.tsx'
import { useSession } from '../data/session.ts'
import { FormDialog } from './form-dialog.tsx'

export type AccountRow = z.infer<typeof accountSchema>

const roleWords: Record<AccountRow['role'], string> = {
  administrator: 'Administrator: everything',
  analyst: 'Analyst: reports, names, lines, uploads, tags',
  auditor: 'Auditor: reports without names, audit trail',
  reader: 'Reader: reports',
}

interface Wish {
  name: string
  role: AccountRow['role']
  /** Empty = all. */
  sources: readonly string[]
  password: string
  removeSecondFactor: boolean
}

const wishOf = (account: AccountRow | null): Wish => ({
  name: account?.name ?? '',
  role: account?.role ?? 'analyst',
  sources: account?.sources ?? [],
  password: '',
  removeSecondFactor: false,
})

/** Without an account it makes one. */
export function AccountDialog({
  account,
  children,
}: {
  account: AccountRow | null
  children: ReactElement
}) {
  const answers = useQueryClient()
  const known = useQuery(sourcesQuery)
  const { passwordCharacters } = useSession()
  const [open, setOpen] = useState(false)
  const [wish, setWish] = useState(() => wishOf(account))
  const set = (change: Partial<Wish>): void => setWish((now) => ({ ...now, ...change }))
  const { name, role, sources, password, removeSecondFactor } = wish
  const bounds = sources.length === 0 ? null : sources
  const keep = useMutation({
    mutationFn: () =>
      account === null
        ? tell('POST', '/accounts', { name: name.trim(), role, sources: bounds, password })
        : tell('PATCH', `/accounts/${account.id}`, {
            role,
            sources: bounds,
            ...(password !== '' && { password }),
            ...(removeSecondFactor && { removeSecondFactor }),
          }),
    onSuccess: async () => {
      await answers.invalidateQueries({ queryKey: accountsQuery.queryKey })
      setOpen(false)
    },
  })
  const local = account?.origin !== 'provider'
  return (
    <FormDialog
      title={account === null ? 'New account' : visible(account.name)}
      verb={account === null ? 'Make the account' : 'Keep it, and end its sessions'}
      open={open}
      onOpen={(next) => {
        setWish(wishOf(account))
        keep.reset()
        setOpen(next)
      }}
      fault={keep.error}
      ready={account !== null || (name.trim() !== '' && password !== '')}
      busy={keep.isPending}
      onDo={() => keep.mutate()}
      trigger={children}
    >
      {account === null && (
        <Field label="Name" required>
          <Input
            autoComplete="off"
            value={name}
            onChange={(_event, { value }) => set({ name: value })}
          />
        </Field>
      )}
      <Field label="Role">
        <Select
          value={role}
          onChange={(_event, { value }) => set({ role: value as AccountRow['role'] })}
        >
          {Object.entries(roleWords).map(([id, words]) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
      <SeveralField
        label="Sources it sees"
        none="All sources"
        choices={(known.data?.rows ?? []).map((row) => ({ value: row.name, text: row.name }))}
        picked={sources}
        onPick={(picked) => set({ sources: picked })}
      />
      {local && (
        <Field
          label={account === null ? 'First password' : 'New password'}
          required={account === null}
          hint={`At least ${passwordCharacters} characters. ${account === null ? 'It can be changed under Your account.' : 'Empty = as it is.'}`}
        >
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(_event, { value }) => set({ password: value })}
          />
        </Field>
      )}
      {account?.secondFactor === true && (
        <Checkbox
          label="Take its second factor away (the device is lost)"
          checked={removeSecondFactor}
          onChange={(_event, { checked }) => set({ removeSecondFactor: checked === true })}
        />
      )}
    </FormDialog>
  )
}
