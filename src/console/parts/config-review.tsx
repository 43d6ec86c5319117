/** A change of the configuration before it is made: what differs, what is wrong with it, what it would do; then it is written and taken up. */
import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Text,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { RefObject } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { configCheckQuery } from '../data/config-queries.ts'
import type { ConfigFile } from '../data/config-queries.ts'
import { lineDiff } from '../data/line-diff.ts'
import { Answer, Fault } from './states.tsx'

const useStyles = makeStyles({
  diff: {
    margin: 0,
    padding: '8px 0',
    maxHeight: '420px',
    overflow: 'auto',
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
  },
  line: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', padding: '0 14px', display: 'block' },
  added: {
    backgroundColor: tokens.colorPaletteGreenBackground2,
    color: tokens.colorPaletteGreenForeground2,
  },
  removed: {
    backgroundColor: tokens.colorPaletteRedBackground2,
    color: tokens.colorPaletteRedForeground2,
  },
  gap: { color: tokens.colorNeutralForeground3 },
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px' },
  fault: { margin: 0, paddingLeft: '18px' },
})

const marks = { same: '  ', added: '+ ', removed: '- ', gap: '  ' } as const

function Diff({
  before,
  after,
  place,
}: {
  before: string
  after: string
  place: RefObject<HTMLDivElement | null>
}) {
  const styles = useStyles()
  const lines = lineDiff(before, after)
  if (lines.length === 0) return <Text>Nothing differs.</Text>
  return (
    // The box itself takes the focus, so that arrow keys scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={place} className={styles.diff} role="region" aria-label="What differs" tabIndex={0}>
      {lines.map(({ kind, text, number }, index) => (
        <code
          key={index}
          className={mergeClasses(
            styles.line,
            kind === 'added' && styles.added,
            kind === 'removed' && styles.removed,
            kind === 'gap' && styles.gap,
          )}
          title={kind === 'gap' ? undefined : `line ${number}`}
        >
          {kind === 'gap' ? '  …' : `${marks[kind]}${visible(text)}`}
        </code>
      ))}
    </div>
  )
}

export function ConfigReview({
  file,
  text,
  onDone,
  onBack,
}: {
  file: ConfigFile
  text: string
  /** It is in force. */
  onDone: (result: ReloadResult) => void
  onBack: () => void
}) {
  const styles = useStyles()
  const answers = useQueryClient()
  const check = useQuery(configCheckQuery(text, file.revision))
  const write = useMutation({
    mutationFn: () => tell<ReloadResult>('PUT', '/config/file', { text, revision: file.revision }),
    onSuccess: async (result) => {
      await answers.invalidateQueries()
      onDone(result)
    },
  })
  const same = file.text === text
  const diff = useRef<HTMLDivElement>(null)
  // The button that led here is gone: the keyboard goes on at what differs.
  useEffect(() => diff.current?.focus(), [])
  return (
    <>
      <Diff before={file.text} after={text} place={diff} />
      <Answer of={check}>
        {({ faults, changed, needRestart }) => (
          <>
            {faults.length > 0 && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>It cannot be used so</MessageBarTitle>
                  <ul className={styles.fault}>
                    {faults.map((fault, index) => (
                      <li key={index}>
                        {fault.line !== null && `line ${fault.line}: `}
                        {fault.key !== '' && <code>{visible(fault.key)} </code>}
                        {visible(fault.text)}
                      </li>
                    ))}
                  </ul>
                </MessageBarBody>
              </MessageBar>
            )}
            {faults.length === 0 && !same && (
              <MessageBar intent={needRestart.length > 0 ? 'warning' : 'info'} layout="multiline">
                <MessageBarBody>
                  {changed.length === 0
                    ? 'It means the same as before.'
                    : `It changes ${changed.map(visible).join(', ')}.`}
                  {needRestart.length > 0 &&
                    ` Only a restart takes up ${needRestart.map(visible).join(', ')}.`}
                </MessageBarBody>
              </MessageBar>
            )}
            {write.error !== null && <Fault fault={write.error} />}
            {file.readOnly !== null && (
              <MessageBar intent="warning" layout="multiline">
                <MessageBarBody>
                  The file {visible(file.path)} cannot be written from here (
                  {visible(file.readOnly)}): change it on the machine as shown, then read it again.
                </MessageBarBody>
              </MessageBar>
            )}
            <div className={styles.row}>
              <Button
                appearance="primary"
                disabled={faults.length > 0 || same || write.isPending || file.readOnly !== null}
                onClick={() => write.mutate()}
              >
                Write it and take it up
              </Button>
              <Button onClick={onBack}>Back</Button>
            </div>
          </>
        )}
      </Answer>
    </>
  )
}
