/** The sums of a report as cards; each leads to the list it sums up. */
import { Text, makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import type { Summary } from '../../api/schemas.ts'
import { formatBytes, formatCount, formatShortCount } from '../../report/format.ts'
import { PlainLink } from './route-link.tsx'
import { Named } from './words.tsx'

const useStyles = makeStyles({
  cards: {
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
    '@media (min-width: 1600px)': { gridTemplateColumns: 'repeat(8, minmax(0, 1fr))' },
    '@media (max-width: 600px)': { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    gap: '12px',
  },
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
    padding: '14px 16px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    color: 'inherit',
    textDecorationLine: 'none',
    ':hover': {
      borderTopColor: tokens.colorBrandStroke1,
      borderRightColor: tokens.colorBrandStroke1,
      borderBottomColor: tokens.colorBrandStroke1,
      borderLeftColor: tokens.colorBrandStroke1,
    },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  figure: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
    '@media (max-width: 900px)': {
      fontSize: tokens.fontSizeBase600,
      lineHeight: tokens.lineHeightBase600,
    },
  },
  label: { color: tokens.colorNeutralForeground2 },
})

function Card(props: {
  to: string
  search?: Record<string, string>
  label: string
  children: ReactNode
  title?: string
}) {
  const styles = useStyles()
  return (
    <PlainLink
      to={props.to}
      search={props.search ?? {}}
      className={styles.card}
      title={props.title ?? ''}
    >
      <span className={styles.figure}>{props.children}</span>
      <Text size={200} className={styles.label}>
        {props.label}
      </Text>
    </PlainLink>
  )
}

export function NumberCards({ totals }: { totals: Summary['totals'] }) {
  const styles = useStyles()
  const partly = totals.bytesKnown !== undefined && totals.bytesKnown < totals.transactions
  const bytesTitle = partly
    ? `${formatCount(totals.bytesKnown ?? null)} of ${formatCount(totals.transactions)} transactions tell their bytes: a lower bound`
    : ''
  const bytes = (of: number | null): string =>
    of !== null && partly ? `≥ ${formatBytes(of)}` : formatBytes(of)
  return (
    <div className={styles.cards}>
      <Card to="/apps" label="Apps">
        {formatCount(totals.apps)}
      </Card>
      <Card to="/users" label="Users">
        <Named count={totals.users} of="user" />
      </Card>
      <Card to="/devices" label="Devices">
        <Named count={totals.devices} of="device" />
      </Card>
      <Card to="/addresses" label="IP addresses">
        <Named count={totals.addresses} of="address" />
      </Card>
      <Card
        to="/apps"
        search={{ sort: 'bytesUp', order: 'desc' }}
        label="Uploaded"
        title={bytesTitle}
      >
        {bytes(totals.bytesUp)}
      </Card>
      <Card
        to="/apps"
        search={{ sort: 'bytesDown', order: 'desc' }}
        label="Downloaded"
        title={bytesTitle}
      >
        {bytes(totals.bytesDown)}
      </Card>
      <Card to="/apps" search={{ sort: 'transactions', order: 'desc' }} label="Transactions">
        {formatShortCount(totals.transactions)}
      </Card>
      <Card to="/apps" search={{ blocked: 'only', sort: 'blocked', order: 'desc' }} label="Blocked">
        {formatShortCount(totals.blocked)}
      </Card>
    </div>
  )
}
