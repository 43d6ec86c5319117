/** What is configured and how the appliance is; the file is changed on the box, read again from here. */
import { Badge, Button, MessageBar, MessageBarBody, Text } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReloadResult } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { configQuery, readinessQuery } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { yamlOf } from '../data/yaml-text.ts'
import { Code } from '../parts/code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { Answer, Fault } from '../parts/states.tsx'

export function Settings() {
  const answers = useQueryClient()
  const config = useQuery(configQuery)
  const readiness = useQuery(readinessQuery)
  const may = useMay('settings.write')
  const reload = useMutation({
    mutationFn: () => tell<ReloadResult>('POST', '/config/reload'),
    onSuccess: () => answers.invalidateQueries(),
  })
  return (
    <Page
      title="Settings"
      lead="The configuration in force, secrets hidden. Change its file, then read it again: all or nothing, and no socket closes."
      tools={
        may && (
          <Button appearance="primary" disabled={reload.isPending} onClick={() => reload.mutate()}>
            Read the configuration again
          </Button>
        )
      }
    >
      {reload.error !== null && <Fault fault={reload.error} />}
      {reload.data !== undefined && (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>
            {reload.data.changed.length === 0
              ? 'Read again: nothing differs.'
              : `In force: ${reload.data.changed.join(', ')}.`}
            {reload.data.needRestart.length > 0 &&
              ` Only a restart takes up: ${reload.data.needRestart.join(', ')}.`}
          </MessageBarBody>
        </MessageBar>
      )}
      <Panel title="State">
        <Answer of={readiness}>
          {({ checks }) => (
            <>
              {checks.map(({ name, ok, reason }) => (
                <Text key={name} block>
                  <Badge appearance="tint" shape="rounded" color={ok ? 'success' : 'danger'}>
                    {ok ? 'well' : 'trouble'}
                  </Badge>{' '}
                  {name}
                  {reason !== null && `: ${visible(reason)}`}
                </Text>
              ))}
            </>
          )}
        </Answer>
      </Panel>
      <Panel title="Configuration">
        <Answer of={config}>
          {(data) => <Code text={yamlOf(data).trimStart()} label="The configuration" />}
        </Answer>
      </Panel>
    </Page>
  )
}
