/** One's own account: the password, and the second factor. */
import {
  Button,
  Field,
  Input,
  Link,
  MessageBar,
  MessageBarBody,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { recoverySchema, totpSchema } from '../../api/access-schemas.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { sessionQuery, useSession } from '../data/session.ts'
import { NewPasswordFields, PasswordField } from '../parts/account-fields.tsx'
import { Code } from '../parts/code.tsx'
import { QrCode } from '../parts/qr-code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { Empty, Fault } from '../parts/states.tsx'

const useStyles = makeStyles({ form: { display: 'grid', gap: '12px', maxWidth: '420px' } })

export function Me() {
  const { name, role, kind, local } = useSession()
  if (kind !== 'account')
    return (
      <Page title="Your account">
        <Panel>
          <Empty title="Nobody is signed in here">
            <Text>The appliance lets everybody who reaches it do everything.</Text>
          </Empty>
        </Panel>
      </Page>
    )
  return (
    <Page title="Your account" lead={`${visible(name ?? '')}, ${role ?? ''}`}>
      {local ? (
        <>
          <Password />
          <SecondFactor />
        </>
      ) : (
        <Panel>
          <Text>
            You sign on with your identity provider: password and second factor are there.
          </Text>
        </Panel>
      )}
    </Page>
  )
}

function Password() {
  const styles = useStyles()
  const { passwordCharacters } = useSession()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const change = useMutation({
    mutationFn: () => tell('POST', '/account/password', { current, next }),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      setAgain('')
    },
  })
  return (
    <Panel title="Password">
      {change.error !== null && <Fault fault={change.error} />}
      {change.isSuccess && (
        <MessageBar intent="success">
          <MessageBarBody>Changed. Your other sessions have ended.</MessageBarBody>
        </MessageBar>
      )}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <PasswordField label="Password now" name="current" value={current} onChange={setCurrent} />
        <NewPasswordFields
          names={['next', 'again']}
          labels={['New password', 'New password again']}
          characters={passwordCharacters}
          next={next}
          again={again}
          onNext={setNext}
          onAgain={setAgain}
        />
        <div>
          <Button
            type="submit"
            appearance="primary"
            disabled={current === '' || next === '' || again !== next || change.isPending}
          >
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  )
}

type Totp = z.infer<typeof totpSchema>
type Recovery = z.infer<typeof recoverySchema>

function SecondFactor() {
  const styles = useStyles()
  const { secondFactor } = useSession()
  const answers = useQueryClient()
  const [code, setCode] = useState('')
  const done = async (): Promise<void> => {
    setCode('')
    await answers.invalidateQueries({ queryKey: sessionQuery.queryKey })
  }
  const begin = useMutation({ mutationFn: () => tell<Totp>('POST', '/account/totp') })
  const confirm = useMutation({
    mutationFn: () => tell<Recovery>('POST', '/account/totp/confirm', { code }),
    onSuccess: async () => {
      begin.reset()
      await done()
    },
  })
  const remove = useMutation({
    mutationFn: () => tell('DELETE', '/account/totp', { code }),
    onSuccess: async () => {
      confirm.reset()
      await done()
    },
  })
  const fault = begin.error ?? confirm.error ?? remove.error
  const codeField = (label: string) => (
    <Field label={label}>
      <Input
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={(_event, { value }) => setCode(value.trim())}
      />
    </Field>
  )
  return (
    <Panel title="Second factor">
      {fault !== null && <Fault fault={fault} />}
      {confirm.data !== undefined && (
        <>
          <MessageBar intent="success" layout="multiline">
            <MessageBarBody>
              In force. Keep these codes where you find them without your phone: each is good once,
              and they are shown this once.
            </MessageBarBody>
          </MessageBar>
          <Code text={confirm.data.recovery.join('\n')} label="Recovery codes" />
        </>
      )}
      {secondFactor ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            remove.mutate()
          }}
        >
          <Text>A code of your authenticator app is asked for at each sign-in.</Text>
          {codeField('A code, to take it away')}
          <div>
            <Button type="submit" disabled={code === '' || remove.isPending}>
              Take it away
            </Button>
          </div>
        </form>
      ) : begin.data === undefined ? (
        <div>
          <Button disabled={begin.isPending} onClick={() => begin.mutate()}>
            Set a second factor
          </Button>
        </div>
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            confirm.mutate()
          }}
        >
          <Text>
            Let your authenticator app read the picture, or type its secret; then give a code of it.
          </Text>
          <QrCode text={begin.data.uri} label="QR code of the secret" />
          <Code text={begin.data.secret} label="The secret" />
          <Text size={200}>
            On this very device: <Link href={begin.data.uri}>open the app</Link>.
          </Text>
          {codeField('Code')}
          <div>
            <Button type="submit" appearance="primary" disabled={code === '' || confirm.isPending}>
              Put it in force
            </Button>
          </div>
        </form>
      )}
    </Panel>
  )
}
