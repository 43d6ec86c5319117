/** Addresses without a page, and pages that broke. */
import { Text } from '@fluentui/react-components'
import { visible } from '../../report/text.ts'
import { Page } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Fault, Refusal } from '../parts/states.tsx'

export function Lost() {
  return (
    <Page title="Nothing here">
      <Text>
        There is no page at <code>{visible(window.location.pathname)}</code>.{' '}
        <RouteLink to="/">To the dashboard</RouteLink>
      </Text>
    </Page>
  )
}

/** A page that does not work for who looks. */
export function Closed({ why }: { why: string }) {
  return (
    <Page title="Not for this account">
      <Refusal why={why} />
      <Text>
        <RouteLink to="/">To the dashboard</RouteLink>
      </Text>
    </Page>
  )
}

export function PageFault({ error }: { error: unknown }) {
  return (
    <Page title="This page broke">
      <Fault
        fault={error instanceof Error ? error : new Error(String(error))}
        retry={() => window.location.reload()}
      />
    </Page>
  )
}
