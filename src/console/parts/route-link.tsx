/** A link to another page of the console that looks like Fluent's. */
import { Link } from '@fluentui/react-components'
import { createLink } from '@tanstack/react-router'
import { useContext } from 'react'
import type { AnchorHTMLAttributes, Ref } from 'react'
import { pageRefusal } from '../data/page-needs.ts'
import { SessionContext } from '../data/session.ts'

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>
}

/** Whether the link leads to a page that is closed to who looks: it is a plain word then. */
function useClosed(href: string | undefined): boolean {
  const session = useContext(SessionContext)
  if (session === null || href?.startsWith('/') !== true) return false
  return pageRefusal(session, href.split(/[?#]/, 1)[0]) !== null
}

function Anchor({ ref, ...props }: AnchorProps) {
  if (useClosed(props.href)) return <span>{props.children}</span>
  return <Link as="a" {...props} ref={(ref ?? null) as Ref<never>} />
}

function PlainAnchor({ ref, children, ...props }: AnchorProps) {
  if (useClosed(props.href)) return <span className={props.className}>{children}</span>
  return (
    <a {...props} ref={ref ?? null}>
      {children}
    </a>
  )
}

export const RouteLink = createLink(Anchor)
/** Without a look of its own: for cards and bars that are links as a whole. */
export const PlainLink = createLink(PlainAnchor)
