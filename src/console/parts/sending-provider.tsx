/** Files on their way, for all pages; only who asks for them is drawn again as they go. */
import { ArrowUploadRegular } from '@fluentui/react-icons'
import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { SendingContext, useIsSending, useSendingState } from '../data/sending.ts'
import { RouteLink } from './route-link.tsx'

export function SendingProvider({ children }: { children: ReactNode }) {
  return <SendingContext value={useSendingState()}>{children}</SendingContext>
}

/** The way back to the uploads, while something is sent and another page is open. */
export function SendingNote() {
  const busy = useIsSending()
  const path = useLocation({ select: ({ pathname }) => pathname })
  if (!busy || path === '/upload') return null
  return (
    <RouteLink to="/upload">
      <ArrowUploadRegular /> Sending files
    </RouteLink>
  )
}
