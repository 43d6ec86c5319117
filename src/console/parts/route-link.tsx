/** A link to another page of the console that looks like Fluent's. */
import { Link } from '@fluentui/react-components'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>
}

function Anchor({ ref, ...props }: AnchorProps) {
  return <Link as="a" {...props} ref={(ref ?? null) as Ref<never>} />
}

function PlainAnchor({ ref, children, ...props }: AnchorProps) {
  return (
    <a {...props} ref={ref ?? null}>
      {children}
    </a>
  )
}

export const RouteLink = createLink(Anchor)
/** Without a look of its own: for cards and bars that are links as a whole. */
export const PlainLink = createLink(PlainAnchor)
