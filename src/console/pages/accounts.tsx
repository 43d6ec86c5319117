/** Who may sign in, with which role; tokens of programs. */
import { Badge, Button, Field, Input, Select, Text, makeStyles } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { newTokenSchema } from '../../api/access-schemas.ts'
import { formatTime } from '../../report/format.ts'
import { tell } from '../data/ask.ts'
import { accountsQuery, tokensQuery } from '../data/queries.ts'
import { useMay, useSession } from '../data/session.ts'
import { Code } from '../parts/code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { Answer, Fault } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'flex-end' },
})

const roleWords = {
  administrator: 'Administrator: everything',
  analyst: 'Analyst: reports, names, lines, uploads, tags',
  auditor: 'Auditor: reports without names, audit trail',
  reader: 'Reader: reports',
} as const

export function Accounts() {
  const may = useMay('access.write')
  return (
    <Page title="Users and tokens" lead="Who may sign in here, and which programs may ask.">
      {may && <AccountList />}
      <Tokens />
    </Page>
  )
}

function AccountList() {
  const styles = useStyles()
  const answers = useQueryClient()
  const accounts = useQuery(accountsQuery)
  const self = useSession().accountId
  const [name, setName] = useState('')
  const [role, setRole] = useState<keyof typeof roleWords>('analyst')
  const [password, setPassword] = useState('')
  const done = (): Promise<void> => answers.invalidateQueries({ queryKey: accountsQuery.queryKey })
  const make = useMutation({
    mutationFn: () => tell('POST', '/accounts', { name, role, password }),
    onSuccess: () => {
      setName('')
      setPassword('')
      return done()
    },
  })
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; disabled?: boolean; unlock?: true }) =>
      tell('PATCH', `/accounts/${id}`, body),
    onSuccess: done,
  })
  return (
    <Panel title="Accounts">
      {make.error !== null && <Fault fault={make.error} />}
      {change.error !== null && <Fault fault={change.error} />}
      <Answer of={accounts}>
        {({ rows }) => (
          <PlainTable
            label="Accounts"
            head={['Name', 'Role', 'Second factor', 'Last sign-in', 'State', '']}
            rows={rows.map((row) => ({
              key: row.id,
              cells: [
                <Name key="name" text={row.name} />,
                row.sources === null ? row.role : `${row.role}, of ${row.sources.join(', ')}`,
                row.secondFactor ? 'yes' : 'no',
                <Ago key="in" at={row.signedIn} />,
                <Badge
                  key="state"
                  appearance="tint"
                  shape="rounded"
                  color={row.disabled ? 'danger' : row.lockedSeconds > 0 ? 'warning' : 'success'}
                >
                  {row.disabled ? 'disabled' : row.lockedSeconds > 0 ? 'locked' : 'active'}
                </Badge>,
                row.id === self ? (
                  'you'
                ) : (
                  <Button
                    key="change"
                    size="small"
                    onClick={() =>
                      change.mutate(
                        row.lockedSeconds > 0
                          ? { id: row.id, unlock: true }
                          : { id: row.id, disabled: !row.disabled },
                      )
                    }
                  >
                    {row.lockedSeconds > 0 ? 'Unlock' : row.disabled ? 'Enable' : 'Disable'}
                  </Button>
                ),
              ],
            }))}
          />
        )}
      </Answer>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Field label="Name">
          <Input autoComplete="off" value={name} onChange={(_event, { value }) => setName(value)} />
        </Field>
        <Field label="Role">
          <Select
            value={role}
            onChange={(_event, { value }) => setRole(value as keyof typeof roleWords)}
          >
            {Object.entries(roleWords).map(([id, words]) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="First password">
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(_event, { value }) => setPassword(value)}
          />
        </Field>
        <Button type="submit" disabled={name === '' || password === '' || make.isPending}>
          Make the account
        </Button>
      </form>
    </Panel>
  )
}

function Tokens() {
  const styles = useStyles()
  const answers = useQueryClient()
  const tokens = useQuery(tokensQuery)
  const { kind } = useSession()
  const [name, setName] = useState('')
  const done = (): Promise<void> => answers.invalidateQueries({ queryKey: tokensQuery.queryKey })
  const make = useMutation({
    mutationFn: () =>
      tell<z.infer<typeof newTokenSchema>>('POST', '/tokens', { name, scope: ['reports.read'] }),
    onSuccess: () => {
      setName('')
      return done()
    },
  })
  const remove = useMutation({
    mutationFn: (id: string) => tell('DELETE', `/tokens/${id}`),
    onSuccess: done,
  })
  return (
    <Panel title="Tokens">
      {make.error !== null && <Fault fault={make.error} />}
      {remove.error !== null && <Fault fault={remove.error} />}
      {make.data !== undefined && (
        <>
          <Text>Copy it now, it is shown this once:</Text>
          <Code text={make.data.token} label="The token" />
        </>
      )}
      <Answer of={tokens}>
        {({ rows }) => (
          <PlainTable
            label="Tokens"
            head={['Name', 'Of', 'May', 'Until (UTC)', 'Last used', '']}
            rows={rows.map((row) => ({
              key: row.id,
              cells: [
                <Name key="name" text={row.name} />,
                <Name key="of" text={row.account} />,
                row.scope.join(', '),
                formatTime(row.expires),
                <Ago key="used" at={row.used} />,
                <Button key="end" size="small" onClick={() => remove.mutate(row.id)}>
                  End it
                </Button>,
              ],
            }))}
          />
        )}
      </Answer>
      {kind === 'account' && (
        <form
          className={styles.row}
          onSubmit={(event) => {
            event.preventDefault()
            make.mutate()
          }}
        >
          <Field label="Name of the program">
            <Input value={name} onChange={(_event, { value }) => setName(value)} />
          </Field>
          <Button type="submit" disabled={name === '' || make.isPending}>
            Make a token that reads reports, for 90 days
          </Button>
        </form>
      )}
    </Panel>
  )
}
