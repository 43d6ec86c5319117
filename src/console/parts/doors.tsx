/** Where logs come in: listeners with their certificates, and the accounts of FTP. */
import { Badge, Caption1, Text, makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { formatBytes, formatCount, formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { doorsQuery } from '../data/queries.ts'
import type { Doors } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Answer } from './states.tsx'
import { Name } from './words.tsx'

type Door = Doors['doors'][number]

const useStyles = makeStyles({
  muted: { color: tokens.colorNeutralForeground3, overflowWrap: 'anywhere' },
})

const names: Record<Door['name'], string> = {
  'syslog-udp': 'Syslog over UDP',
  'syslog-tcp': 'Syslog over TCP',
  'syslog-tls': 'Syslog over TLS',
  ftp: 'FTP, FTPS',
  sftp: 'SFTP',
  console: 'Console and API',
}

const dayMs = 86_400_000

export function DoorsPanel() {
  const may = useMay('settings.read')
  const doors = useQuery({ ...doorsQuery, enabled: may })
  if (!may) return null
  return (
    <Panel title="Where logs come in">
      <Answer of={doors}>
        {(data) => (
          <>
            <PlainTable
              label="Listeners"
              head={['Door', 'Port', 'Certificate']}
              rows={data.doors.map((door) => ({
                key: door.name,
                cells: [
                  names[door.name],
                  door.port === null ? (
                    <Name key="port" text={`closed: ${door.reason ?? ''}`} />
                  ) : (
                    String(door.port)
                  ),
                  <Certificate key="certificate" of={door.certificate} />,
                ],
              }))}
            />
            {data.ftpAccounts.length > 0 && <Accounts of={data} />}
          </>
        )}
      </Answer>
    </Panel>
  )
}

function Certificate({ of }: { of: Door['certificate'] }) {
  const { muted } = useStyles()
  if (of === null) return <>–</>
  if (of.ends === null)
    return (
      <Text>
        <Badge appearance="tint" shape="rounded" color="danger">
          cannot be read
        </Badge>{' '}
        {visible(of.trouble ?? '')}
      </Text>
    )
  const days = Math.floor((Date.parse(of.ends) - Date.now()) / dayMs)
  return (
    <>
      <Text block>
        <Badge
          appearance="tint"
          shape="rounded"
          color={days < 3 ? 'danger' : days < 30 ? 'warning' : 'success'}
        >
          {days < 0 ? 'has ended' : `${formatNoun(days, 'day')} left`}
        </Badge>{' '}
        {visible(of.subject ?? '')}
      </Text>
      <Caption1 block className={muted}>
        {of.names !== null && `${visible(of.names)}, `}until {of.ends.slice(0, 10)}, SHA-256{' '}
        {of.fingerprint}
      </Caption1>
    </>
  )
}

function Accounts({ of: { ftpAccounts, logins, hostKeys } }: { of: Doors }) {
  const { muted } = useStyles()
  return (
    <>
      <PlainTable
        label="Accounts of FTP"
        head={['Account', 'Source', 'Files', 'Bytes', 'Failed', 'Cut off']}
        figures={[2, 3, 4, 5]}
        rows={ftpAccounts.map((row) => ({
          key: row.user,
          cells: [
            <Name key="user" text={row.user} />,
            <Name key="source" text={row.source} />,
            formatCount(row.files),
            formatBytes(row.bytes),
            formatCount(row.failed),
            formatCount(row.cutOff),
          ],
        }))}
      />
      <Caption1 className={muted}>
        Since the start: {formatNoun(logins.ok, 'login')}, {formatCount(logins.failed)} refused.
        {hostKeys.length > 0 && ` Keys of SFTP: ${hostKeys.join(', ')}.`}
      </Caption1>
    </>
  )
}
