/** What an agent told of a device: whether it can report network use, how it is, its addresses and who was there. */
import { Badge, Text } from '@fluentui/react-components'
import type { PersonDetail } from '../../api/schemas.ts'
import { formatCount, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { Facts } from './facts.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { RouteLink } from './route-link.tsx'
import { Ago, Name } from './words.tsx'

const words = {
  met: { text: 'met', color: 'success' },
  'not-met': { text: 'not met', color: 'danger' },
  unknown: { text: 'not known', color: 'informative' },
} as const

export function DeviceFacts({ facts }: { facts: NonNullable<PersonDetail['facts']> }) {
  if (facts.length === 0)
    return (
      <Panel title="Defender for Endpoint">
        <Text>Seen on the wire, unknown to Defender.</Text>
      </Panel>
    )
  return (
    <>
      {facts.map((one) => {
        const { text, color } = words[one.prerequisites]
        const told = (value: string): string => (value === '' ? '–' : visible(value))
        return (
          <Panel
            key={one.deviceId}
            title="Defender for Endpoint"
            more={
              <Badge appearance="tint" shape="rounded" color={color}>
                Prerequisites {text}
              </Badge>
            }
          >
            {one.reason !== '' && <Text>{visible(one.reason)}</Text>}
            <Facts
              of={[
                ['Platform', told([one.platform, one.version, one.build].join(' ').trim())],
                ['Onboarding', told(one.onboarding)],
                ['Sensor', told(one.sensorHealth)],
                ['Network protection', told(one.networkProtection)],
                ['Last told', <Ago key="seen" at={one.lastSeen} />],
              ]}
            />
          </Panel>
        )
      })}
    </>
  )
}

/** Nothing where no agent told of it. */
export function DeviceHistory({
  history: { addresses, logons },
}: {
  history: NonNullable<PersonDetail['history']>
}) {
  return (
    <>
      {addresses.length > 0 && (
        <Panel title="Addresses it had">
          <PlainTable
            label="Addresses it had"
            head={['Address', 'Network', 'First told (UTC)', 'Last told (UTC)', 'Times']}
            rows={addresses.map(({ ip, network, first, last, times }) => ({
              key: ip,
              cells: [
                <RouteLink key="ip" to="/address" search={{ name: ip }}>
                  <Name text={ip} />
                </RouteLink>,
                <Name key="network" text={network === '' ? '–' : network} />,
                formatTime(first),
                formatTime(last),
                formatCount(times),
              ],
            }))}
          />
        </Panel>
      )}
      {logons.length > 0 && (
        <Panel title="Who was logged on">
          <PlainTable
            label="Who was logged on"
            head={['User', 'How', 'First (UTC)', 'Last (UTC)', 'Times']}
            rows={logons.map(({ user, how, first, last, times }) => ({
              key: `${user} ${how}`,
              cells: [
                <Name key="user" text={user} />,
                <Name key="how" text={how === '' ? '–' : how} />,
                formatTime(first),
                formatTime(last),
                formatCount(times),
              ],
            }))}
          />
        </Panel>
      )}
    </>
  )
}
