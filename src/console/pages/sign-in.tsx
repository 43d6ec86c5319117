/** Sign-in with a local account, its second factor, or the organisation's identity provider. */
import { Button, Divider, Field, Input } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiFault, addressOf, tell } from '../data/ask.ts'
import { sessionQuery } from '../data/session.ts'
import type { Session } from '../data/session.ts'
import { AccountNameField, PasswordField } from '../parts/account-fields.tsx'
import { Door, useFormStyles } from '../parts/door.tsx'
import { Fault } from '../parts/states.tsx'

export function SignIn({ signOn }: { signOn: boolean }) {
  const styles = useFormStyles()
  const answers = useQueryClient()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const enter = useMutation({
    mutationFn: () =>
      tell<Session>('POST', '/session', { name, password, ...(code === '' ? {} : { code }) }),
    onSuccess: (session) => {
      // What another person saw goes; the session's own answer stays, since the gate listens to it.
      answers.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
      answers.setQueryData(sessionQuery.queryKey, session)
    },
  })
  const asksCode = enter.error instanceof ApiFault && enter.error.code === 'CODE_NEEDED'
  const wantsCode = asksCode || code !== ''
  return (
    <Door title="Sign in" lead="Cloud Discovery of your organisation.">
      {enter.error !== null && !asksCode && <Fault fault={enter.error} />}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          enter.mutate()
        }}
      >
        <AccountNameField label="Name" autoFocus value={name} onChange={setName} />
        <PasswordField label="Password" name="password" value={password} onChange={setPassword} />
        {wantsCode && (
          <Field
            label="Code"
            required
            hint="Of your authenticator app, or one of your recovery codes"
          >
            <Input
              name="code"
              autoFocus
              autoComplete="one-time-code"
              value={code}
              onChange={(_event, { value }) => setCode(value.trim())}
            />
          </Field>
        )}
        <Button
          type="submit"
          appearance="primary"
          disabled={name === '' || password === '' || enter.isPending}
        >
          Sign in
        </Button>
      </form>
      {signOn && (
        <>
          <Divider>or</Divider>
          <Button as="a" href={addressOf('/session/oidc')}>
            Sign on with your organisation
          </Button>
        </>
      )}
    </Door>
  )
}
