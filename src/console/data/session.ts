/** Who is signed in, and what he may. */
import { queryOptions } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { z } from 'zod'
import type { sessionSchema } from '../../api/access-schemas.ts'
import { ask } from './ask.ts'
import { refusalOf } from './page-needs.ts'

export type Session = z.infer<typeof sessionSchema>
export type Right = Session['rights'][number]

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => ask<Session>('/session', {}, { signal }),
  staleTime: 60_000,
})

export const SessionContext = createContext<Session | null>(null)

/** Inside the gate there is always one. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('BUG: a page stands outside the gate')
  return session
}

export function useMay(right: Right): boolean {
  return useSession().rights.includes(right)
}

/** Why one may not change what holds for all sources; null = one may. */
export function useRefusal(right: Right): string | null {
  return refusalOf(useSession(), { right, whole: true })
}

/** The right, on all sources and names: changes that hold for everybody ask for it. */
export function useMayAll(right: Right): boolean {
  return useRefusal(right) === null
}
