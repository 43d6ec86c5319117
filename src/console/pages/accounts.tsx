/** Who may sign in, with which role and which sources; tokens of programs. */
import { Badge, Button, Text, makeStyles } from '@fluentui/react-components'
import { AddRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { accountsQuery, tokensQuery } from '../data/queries.ts'
import { openedBy } from '../data/right-words.ts'
import { useMay, useSession } from '../data/session.ts'
import { AccountDialog } from '../parts/account-dialog.tsx'
import type { AccountRow } from '../parts/account-dialog.tsx'
import { Code } from '../parts/code.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { TokenDialog } from '../parts/token-dialog.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({ row: { display: 'flex', gap: '6px', whiteSpace: 'nowrap' } })

export function Accounts() {
  const may = useMay('access.write')
  return (
    <Page title="Users and tokens" lead="Who may sign in here, and which programs may ask.">
      {may && <AccountList />}
      <Tokens />
    </Page>
  )
}

interface Change {
  id: string
  disabled?: boolean
  unlock?: true
}

function AccountList() {
  const styles = useStyles()
  const answers = useQueryClient()
  const accounts = useQuery(accountsQuery)
  const { accountId: self, kind } = useSession()
  const done = (): Promise<void> => answers.invalidateQueries({ queryKey: accountsQuery.queryKey })
  const change = useMutation({
    mutationFn: ({ id, ...body }: Change) => tell('PATCH', `/accounts/${id}`, body),
    onSuccess: done,
  })
  const remove = useMutation({
    mutationFn: (id: string) => tell('DELETE', `/accounts/${id}`),
    onSuccess: done,
  })
  const fault = change.error ?? remove.error
  return (
    <Panel
      title="Accounts"
      more={
        <AccountDialog account={null}>
          <Button appearance="primary" icon={<AddRegular />}>
            New account
          </Button>
        </AccountDialog>
      }
    >
      {fault !== null && <Fault fault={fault} />}
      <Answer of={accounts}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="There is no account yet">
              <Text>
                {kind === 'anyone'
                  ? 'Nobody signs in: the appliance lets everybody who reaches it do everything (api.access: open).'
                  : 'The first one is made with the set-up code.'}
              </Text>
            </Empty>
          ) : (
            <PlainTable
              label="Accounts"
              head={['Name', 'Role', 'Sources', 'Second factor', 'Last sign-in', 'State', '']}
              rows={rows.map((row) => ({
                key: row.id,
                cells: [
                  <Name key="name" text={row.name} />,
                  row.role,
                  row.sources === null ? (
                    'all'
                  ) : (
                    <Name key="sources" text={row.sources.join(', ')} />
                  ),
                  row.secondFactor ? 'yes' : 'no',
                  <Ago key="in" at={row.signedIn} />,
                  <State key="state" row={row} />,
                  row.id === self ? (
                    'you'
                  ) : (
                    <div key="do" className={styles.row}>
                      <Button size="small" onClick={() => change.mutate(turned(row))}>
                        {row.lockedSeconds > 0 ? 'Unlock' : row.disabled ? 'Enable' : 'Disable'}
                      </Button>
                      <AccountDialog account={row}>
                        <Button
                          size="small"
                          icon={<EditRegular />}
                          aria-label={`Change ${visible(row.name)}`}
                        />
                      </AccountDialog>
                      <Confirm
                        title={`Take ${visible(row.name)} away?`}
                        words="Its sessions and tokens end with it. The audit trail keeps its name."
                        verb="Take it away"
                        onConfirm={() => remove.mutate(row.id)}
                      >
                        <Button
                          size="small"
                          icon={<DeleteRegular />}
                          aria-label={`Take ${visible(row.name)} away`}
                        />
                      </Confirm>
                    </div>
                  ),
                ],
              }))}
            />
          )
        }
      </Answer>
    </Panel>
  )
}

const turned = ({ id, lockedSeconds, disabled }: AccountRow): Change =>
  lockedSeconds > 0 ? { id, unlock: true } : { id, disabled: !disabled }

function State({ row: { disabled, lockedSeconds } }: { row: AccountRow }) {
  return (
    <Badge
      appearance="tint"
      shape="rounded"
      color={disabled ? 'danger' : lockedSeconds > 0 ? 'warning' : 'success'}
    >
      {disabled ? 'disabled' : lockedSeconds > 0 ? 'locked' : 'active'}
    </Badge>
  )
}

function Tokens() {
  const answers = useQueryClient()
  const tokens = useQuery(tokensQuery)
  const { kind } = useSession()
  const [made, setMade] = useState<string | null>(null)
  const remove = useMutation({
    mutationFn: (id: string) => tell('DELETE', `/tokens/${id}`),
    onSuccess: () => answers.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  return (
    <Panel title="Tokens" more={kind === 'account' && <TokenDialog onMade={setMade} />}>
      {remove.error !== null && <Fault fault={remove.error} />}
      {made !== null && (
        <>
          <Text>Copy it now, it is shown this once:</Text>
          <Code text={made} label="The token" />
        </>
      )}
      <Answer of={tokens}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="There is no token yet">
              <Text>
                {kind === 'account'
                  ? 'A program that asks this appliance, or sends files, shows a token.'
                  : 'A token belongs to an account: whoever signs in makes one here.'}
              </Text>
            </Empty>
          ) : (
            <PlainTable
              label="Tokens"
              head={['Name', 'Of', 'May', 'Sources', 'Until (UTC)', 'Last used', '']}
              rows={rows.map((row) => ({
                key: row.id,
                cells: [
                  <Name key="name" text={row.name} />,
                  <Name key="of" text={row.account} />,
                  <span key="scope" title={row.scope.join(', ')}>
                    {row.scope.map((right) => openedBy[right]).join('; ')}
                  </span>,
                  row.sources === null ? (
                    'all of its account'
                  ) : (
                    <Name key="sources" text={row.sources.join(', ')} />
                  ),
                  formatTime(row.expires),
                  <Ago key="used" at={row.used} />,
                  <Confirm
                    key="end"
                    title={`End the token ${visible(row.name)}?`}
                    words="The program that shows it is refused from then on."
                    verb="End it"
                    onConfirm={() => remove.mutate(row.id)}
                  >
                    <Button size="small" aria-label={`End the token ${visible(row.name)}`}>
                      End it
                    </Button>
                  </Confirm>,
                ],
              }))}
            />
          )
        }
      </Answer>
    </Panel>
  )
}
