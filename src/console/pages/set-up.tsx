/** A new appliance: its first administrator, proved by the code in its log. There is no default password. */
import { Button, Field, Input } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { tell } from '../data/ask.ts'
import type { Session } from '../data/session.ts'
import { Door, useFormStyles } from '../parts/door.tsx'
import { Fault } from '../parts/states.tsx'

export function SetUp() {
  const styles = useFormStyles()
  const [code, setCode] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const finish = useMutation({
    mutationFn: () => tell<Session>('POST', '/setup', { code: code.trim(), name, password }),
    // The session is a cookie now: the console begins anew, with the guide.
    onSuccess: () => window.location.assign('/start'),
  })
  const differ = again !== '' && again !== password
  return (
    <Door
      title="Set up Gnomon"
      lead="Make the first administrator. The set-up code stands in the appliance's log, as it started: it shows that you may."
    >
      {finish.error !== null && <Fault fault={finish.error} />}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          finish.mutate()
        }}
      >
        <Field label="Set-up code" required>
          <Input
            name="code"
            autoComplete="off"
            value={code}
            onChange={(_event, { value }) => setCode(value)}
          />
        </Field>
        <Field label="Name of the administrator" required>
          <Input
            name="username"
            autoComplete="username"
            value={name}
            onChange={(_event, { value }) => setName(value)}
          />
        </Field>
        <Field label="Password" required>
          <Input
            name="password"
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(_event, { value }) => setPassword(value)}
          />
        </Field>
        <Field
          label="Password again"
          required
          {...(differ
            ? { validationState: 'error' as const, validationMessage: 'Not the same password' }
            : {})}
        >
          <Input
            name="again"
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={(_event, { value }) => setAgain(value)}
          />
        </Field>
        <Button
          type="submit"
          appearance="primary"
          disabled={
            code === '' || name === '' || password === '' || again !== password || finish.isPending
          }
        >
          Make the administrator
        </Button>
      </form>
    </Door>
  )
}
