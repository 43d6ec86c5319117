/** What became of a configuration that was read again. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components'
import type { ReloadResult } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'

export function Taken({ result: { changed, needRestart } }: { result: ReloadResult }) {
  return (
    <MessageBar intent="success" layout="multiline">
      <MessageBarBody>
        {changed.length === 0
          ? 'Read again: nothing differs.'
          : `In force: ${changed.map(visible).join(', ')}.`}
        {needRestart.length > 0 &&
          ` Only a restart takes up: ${needRestart.map(visible).join(', ')}.`}
      </MessageBarBody>
    </MessageBar>
  )
}
