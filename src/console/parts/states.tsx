/** What a part shows while it has nothing to show: waiting, nothing there, refused. */
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { visible } from '../../report/text.ts'
import { ApiFault } from '../data/ask.ts'

const useStyles = makeStyles({
  waiting: { padding: '32px', display: 'flex', justifyContent: 'center' },
  empty: {
    padding: '40px 24px',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: '8px',
    textAlign: 'center',
    color: tokens.colorNeutralForeground2,
    // Fluent's texts begin at the left by themselves
    '& > [class]': { textAlign: 'center' },
  },
})

export function Waiting({ label = 'Loading' }: { label?: string }) {
  return (
    <div className={useStyles().waiting}>
      <Spinner label={label} size="small" />
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={useStyles().empty}>
      <Text weight="semibold" size={400}>
        {title}
      </Text>
      {children}
    </div>
  )
}

export function Fault({ fault, retry }: { fault: Error; retry?: () => void }) {
  // What was refused is told by its words; the log knows more of what failed.
  const id = fault instanceof ApiFault && fault.status >= 500 ? fault.requestId : null
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>That did not work</MessageBarTitle>
        {visible(fault.message)}
        {id !== null && ` (request ${id} in the appliance's log)`}
      </MessageBarBody>
      {retry !== undefined && (
        <MessageBarActions>
          <Button onClick={retry}>Try again</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  )
}

/** Says why something here cannot be used; nothing when it can. */
export function Refusal({ why }: { why: string | null }) {
  if (why === null) return null
  return (
    <MessageBar intent="info" layout="multiline">
      <MessageBarBody>{visible(why)}</MessageBarBody>
    </MessageBar>
  )
}

/** Draws an answer once it is there. */
export function Answer<Data>({
  of,
  children,
}: {
  of: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>
  children: (data: Data) => ReactNode
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>
  if (of.error !== null) return <Fault fault={of.error} retry={() => void of.refetch()} />
  return <Waiting />
}
