/** What an agent told of a device: whether it can report network use, and how it is. */
import { Badge, Text } from '@fluentui/react-components'
import type { PersonDetail } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'
import { Facts } from './facts.tsx'
import { Panel } from './page.tsx'
import { Ago } from './words.tsx'

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
