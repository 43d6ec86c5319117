/** Before the pages: set-up of a new appliance, or sign-in. A session that ends while somebody looks leads back here. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { ApiFault } from './data/ask.ts'
import { SessionContext, sessionQuery } from './data/session.ts'
import { SetUp } from './pages/set-up.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Fault, Waiting } from './parts/states.tsx'

export function Gate({ children }: { children: ReactNode }) {
  const answers = useQueryClient()
  const session = useQuery(sessionQuery)
  useEffect(() => {
    const look = (event: { type: string; action?: { type: string; error?: unknown } }): void => {
      if (event.type !== 'updated' || event.action?.type !== 'error') return
      const { error } = event.action
      if (error instanceof ApiFault && error.status === 401)
        void answers.invalidateQueries({ queryKey: sessionQuery.queryKey })
    }
    const leaves = [
      answers.getQueryCache().subscribe(look),
      answers.getMutationCache().subscribe(look),
    ]
    return () => leaves.forEach((leave) => leave())
  }, [answers])
  if (session.data === undefined)
    return session.error === null ? (
      <Waiting />
    ) : (
      <Fault fault={session.error} retry={() => void session.refetch()} />
    )
  if (session.data.signedIn) return <SessionContext value={session.data}>{children}</SessionContext>
  const { setupNeeded, signOn, passwordCharacters } = session.data
  return setupNeeded ? (
    <SetUp passwordCharacters={passwordCharacters} />
  ) : (
    <SignIn signOn={signOn} />
  )
}
