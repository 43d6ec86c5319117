/** A new appliance: its first administrator, proved by the code in its log. There is no default password. */
import { Button, Field, Input } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { tell } from '../data/ask.ts'
import type { Session } from '../data/session.ts'
import { AccountNameField, NewPasswordFields } from '../parts/account-fields.tsx'
import { Door, useFormStyles } from '../parts/door.tsx'
import { Fault } from '../parts/states.tsx'

export function SetUp({ passwordCharacters }: { passwordCharacters: number }) {
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
            autoFocus
            autoComplete="off"
            value={code}
            onChange={(_event, { value }) => setCode(value)}
          />
        </Field>
        <AccountNameField label="Name of the administrator" value={name} onChange={setName} />
        <NewPasswordFields
          names={['password', 'again']}
          labels={['Password', 'Password again']}
          characters={passwordCharacters}
          next={password}
          again={again}
          onNext={setPassword}
          onAgain={setAgain}
        />
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
