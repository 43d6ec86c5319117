/** Whom and what a block would have hit in the last 30 days. It changes nothing. */
import { Button, MessageBar, MessageBarBody, Text, makeStyles } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { formatBytes, formatCount, formatPeriod, formatShare } from '../../report/format.ts'
import { tell } from '../data/ask.ts'
import type { Rehearsal } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { AppsField } from './choices.tsx'
import { Facts } from './facts.tsx'
import { LeftOutTable } from './left-out.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { RouteLink } from './route-link.tsx'
import { Fault, Waiting } from './states.tsx'
import { Ago, Name, Named } from './words.tsx'

const useStyles = makeStyles({ form: { maxWidth: '560px' } })

export function BlockRehearsal() {
  const styles = useStyles()
  const { apps: asked } = useAddress<{ apps?: string }>()
  const [apps, setApps] = useState<string[]>(asked?.split('|') ?? [])
  const rehearse = useMutation({
    mutationFn: () => tell<Rehearsal>('POST', '/rehearsals', apps.length === 0 ? {} : { apps }),
  })
  return (
    <>
      <Panel title="Whom would a block hit?">
        <div className={styles.form}>
          <AppsField
            label="Apps to be blocked"
            none="All that are unsanctioned"
            picked={apps}
            onPick={setApps}
          />
        </div>
        <div>
          <Button
            appearance="primary"
            disabled={rehearse.isPending}
            onClick={() => rehearse.mutate()}
          >
            Rehearse it
          </Button>
        </div>
      </Panel>
      {rehearse.isPending && <Waiting label="Asking the last 30 days" />}
      {rehearse.error !== null && <Fault fault={rehearse.error} />}
      {rehearse.data !== undefined && <Result of={rehearse.data} />}
    </>
  )
}

function Result({ of }: { of: Rehearsal }) {
  const { totals, apps, users, groups, passingHosts } = of
  // nothing hit is nobody hit; something hit and nobody named is not known
  const named = (count: number, kind: string): ReactNode =>
    totals.transactions === 0 ? formatCount(count) : <Named key={kind} count={count} of={kind} />
  return (
    <>
      <Panel title={formatPeriod(of.from, of.to)}>
        <Facts
          of={[
            ['Users', named(totals.users, 'user')],
            ['Devices', named(totals.devices, 'device')],
            ['IP addresses', named(totals.addresses, 'address')],
            ['Transactions', formatCount(totals.transactions)],
            ['Of all transactions', formatShare(totals.share)],
            ['Uploaded', formatBytes(totals.bytesUp)],
            ['Downloaded', formatBytes(totals.bytesDown)],
            ['Would pass', formatCount(totals.passing)],
          ]}
        />
        {totals.transactions === 0 && (
          <MessageBar intent="success">
            <MessageBarBody>Nobody used these apps: the block would hit nobody.</MessageBarBody>
          </MessageBar>
        )}
        {totals.passing > 0 && (
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>
              {formatCount(totals.passing)} transactions would pass all the same: no name of the
              block list is theirs.
            </MessageBarBody>
          </MessageBar>
        )}
      </Panel>
      {apps.length > 0 && (
        <Panel title="Apps">
          <PlainTable
            label="Apps that would be blocked"
            head={['App', 'Users', 'Transactions', 'Up', 'Down', 'Last seen']}
            figures={[1, 2, 3, 4]}
            rows={apps.map((row) => ({
              key: row.appId,
              cells: [
                <RouteLink key="app" to="/app" search={{ id: row.appId }}>
                  <Name text={row.app} />
                </RouteLink>,
                formatCount(row.users),
                formatCount(row.transactions),
                formatBytes(row.bytesUp),
                formatBytes(row.bytesDown),
                <Ago key="seen" at={row.lastSeen} />,
              ],
            }))}
          />
        </Panel>
      )}
      {users.length > 0 && (
        <Panel title="Users, the most affected first">
          <PlainTable
            label="Users that would be hit"
            head={['User', 'Groups', 'Apps', 'Transactions', 'Up', 'Down']}
            figures={[2, 3, 4, 5]}
            rows={users.map((row) => ({
              key: row.name,
              cells: [
                <RouteLink key="user" to="/user" search={{ name: row.name }}>
                  <Name text={row.name} />
                </RouteLink>,
                <Name key="groups" text={row.groups.join(', ') || '–'} />,
                formatCount(row.apps),
                formatCount(row.transactions),
                formatBytes(row.bytesUp),
                formatBytes(row.bytesDown),
              ],
            }))}
          />
          {users.length < totals.users && (
            <Text>
              {formatCount(users.length)} of {formatCount(totals.users)} are shown.
            </Text>
          )}
        </Panel>
      )}
      {groups.length > 0 && (
        <Panel title="Groups">
          <PlainTable
            label="Groups that would be hit"
            head={['Group', 'Users hit', 'Of']}
            figures={[1, 2]}
            rows={groups.map((row) => ({
              key: row.name,
              cells: [
                <Name key="name" text={row.name} />,
                formatCount(row.users),
                formatCount(row.of),
              ],
            }))}
          />
        </Panel>
      )}
      {passingHosts.length > 0 && (
        <Panel title="Hosts that would pass">
          <PlainTable
            label="Hosts that would pass"
            head={['Host', 'App', 'Transactions']}
            rows={passingHosts.map((row) => ({
              key: `${row.host} ${row.app}`,
              cells: [
                <Name key="host" text={row.host} />,
                <Name key="app" text={row.app} />,
                formatCount(row.transactions),
              ],
            }))}
          />
        </Panel>
      )}
      <LeftOutTable rows={of.leftOut} />
    </>
  )
}
