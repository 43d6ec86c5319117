/** How bad an alert is, and what became of it, as every list shows it. */
import { Badge } from '@fluentui/react-components'
import type { Alert } from '../data/govern-queries.ts'

const colors = { high: 'danger', medium: 'warning', low: 'informative' } as const

export function Severity({ of }: { of: Alert['severity'] }) {
  return (
    <Badge appearance="tint" shape="rounded" color={colors[of]}>
      {of}
    </Badge>
  )
}

const states = {
  open: 'danger',
  muted: 'informative',
  dismissed: 'informative',
  resolved: 'success',
} as const

export function AlertState({ of }: { of: Alert['status'] }) {
  return (
    <Badge appearance="tint" shape="rounded" color={states[of]}>
      {of}
    </Badge>
  )
}

export const kindWords: Record<Alert['kind'], string> = {
  policy: 'Policy',
  baseline: 'Unusual use',
  system: 'The appliance',
}
