/** Asks for the name behind a pseudonym: with a reason, and where the appliance wants it so, with a second person's word. */
import {
  Button,
  Field,
  MessageBar,
  MessageBarBody,
  Textarea,
  makeStyles,
} from '@fluentui/react-components'
import { EyeRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { namesQuery } from '../data/queries.ts'
import type { NameRequest } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { Panel } from './page.tsx'
import { RouteLink } from './route-link.tsx'
import { Fault } from './states.tsx'

const useStyles = makeStyles({ form: { display: 'grid', gap: '10px', maxWidth: '560px' } })

export const isPseudonym = (name: string): boolean =>
  /^(?:user|device|address)-[0-9a-f]{16}$/.test(name)

/** As the appliance asks for it. */
const leastReason = 10

export function NameRequestPanel({ pseudonym }: { pseudonym: string }) {
  const styles = useStyles()
  const may = useMay('names.reveal')
  const answers = useQueryClient()
  const [reason, setReason] = useState('')
  const ask = useMutation({
    mutationFn: () => tell<NameRequest>('POST', '/names', { pseudonym, reason: reason.trim() }),
    onSuccess: () => answers.invalidateQueries({ queryKey: namesQuery.queryKey }),
  })
  if (!may || !isPseudonym(pseudonym)) return null
  return (
    <Panel title="Who is this?">
      {ask.error !== null && <Fault fault={ask.error} />}
      {ask.data === undefined ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            ask.mutate()
          }}
        >
          <Field
            label="Why you need the name"
            hint="Question, word and look stand in the audit trail."
          >
            <Textarea rows={2} value={reason} onChange={(_event, { value }) => setReason(value)} />
          </Field>
          <div>
            <Button
              type="submit"
              icon={<EyeRegular />}
              disabled={reason.trim().length < leastReason || ask.isPending}
            >
              Ask for the name
            </Button>
          </div>
        </form>
      ) : (
        <Told of={ask.data} />
      )}
    </Panel>
  )
}

export function Told({ of: { names, state } }: { of: NameRequest }) {
  if (names !== null && names.length > 0)
    return (
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>{names.map(visible).join(', ')}</MessageBarBody>
      </MessageBar>
    )
  return (
    <MessageBar intent={state === 'refused' ? 'warning' : 'info'} layout="multiline">
      <MessageBarBody>
        {state === 'waiting' ? (
          <>
            A second person must agree: <RouteLink to="/names">Names asked for</RouteLink>.
          </>
        ) : state === 'refused' ? (
          'It was refused.'
        ) : (
          'Nothing stands behind it any more, or the time to look is over.'
        )}
      </MessageBarBody>
    </MessageBar>
  )
}
