/** One file of an upload: what it seems to be, how far it is, what became of its lines. */
import {
  Badge,
  Button,
  Caption1,
  ProgressBar,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import type { UploadRow } from '../../api/schemas.ts'
import { formatBytes, formatCount, formatNoun, formatShare } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { durationWords, secondsLeft } from '../data/progress.ts'
import { previewQuery, uploadQuery } from '../data/queries.ts'
import type { Item } from '../data/sending.ts'
import { Panel } from './page.tsx'
import { ParsedRows } from './parsed-rows.tsx'
import { RouteLink } from './route-link.tsx'
import { Fault } from './states.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({
  line: { display: 'flex', gap: '12px', flexWrap: 'wrap', alignItems: 'center' },
  muted: { color: tokens.colorNeutralForeground3 },
})

export function UploadItem({
  item,
  busy,
  onPause,
  onGoOn,
  onRemove,
}: {
  item: Item
  busy: boolean
  onPause: () => void
  onGoOn: () => void
  onRemove: () => void
}) {
  const styles = useStyles()
  const { file, state, fault, held } = item
  return (
    <Panel
      title={<Name text={file.name} />}
      more={
        <>
          <Caption1 className={styles.muted}>{formatBytes(file.size)}</Caption1>
          {state === 'sending' && held !== null && (
            <Button size="small" aria-label={`Pause: ${file.name}`} onClick={onPause}>
              Pause
            </Button>
          )}
          {(state === 'paused' || state === 'failed') && (
            <Button
              size="small"
              disabled={busy}
              aria-label={`${held === null ? 'Try again' : 'Go on'}: ${file.name}`}
              onClick={onGoOn}
            >
              {held === null ? 'Try again' : 'Go on'}
            </Button>
          )}
          {state !== 'sent' && (
            <Button
              appearance="subtle"
              size="small"
              icon={<DismissRegular />}
              aria-label={`Cancel ${file.name}`}
              onClick={onRemove}
            />
          )}
        </>
      }
    >
      {fault !== null && <Fault fault={fault} />}
      {(state === 'sending' || (held !== null && item.uploadId === null)) && (
        <Progress item={item} />
      )}
      {item.uploadId === null ? <Preview item={item} /> : <Outcome id={item.uploadId} />}
    </Panel>
  )
}

/** Bytes as they left; lines by the mean length of the first ones. */
function Progress({ item }: { item: Item }) {
  const { file, sentBytes, run, state, trouble } = item
  const { data: preview } = useQuery(previewQuery(item.key, file))
  const share = sentBytes / file.size
  const done = { from: run.from, now: sentBytes, whole: file.size }
  const left = state === 'sending' ? secondsLeft(done, Date.now() - run.startMs) : null
  const lineBytes = preview?.lineBytes ?? null
  const lines = (bytes: number): string => formatCount(Math.round(bytes / (lineBytes ?? 1)))
  return (
    <div>
      <ProgressBar
        value={share}
        thickness="large"
        color={trouble !== null ? 'warning' : 'brand'}
        aria-label={`Sent: ${formatShare(share)}`}
      />
      <Caption1>
        {formatBytes(sentBytes)} of {formatBytes(file.size)}{' '}
        {state === 'sending' ? 'sent' : 'arrived'}
        {lineBytes !== null && `: about ${lines(sentBytes)} of ${lines(file.size)} lines`}
        {left !== null && `, about ${durationWords(left)} left`}
        {share === 1 && ', the appliance takes it in'}
        {state === 'paused' && '. It goes on there.'}
        {trouble !== null && `. ${trouble}`}
      </Caption1>
    </div>
  )
}

/** What the appliance makes of the first lines, before anything is sent. */
function Preview({ item }: { item: Item }) {
  const styles = useStyles()
  const preview = useQuery(previewQuery(item.key, item.file))
  if (preview.data === undefined)
    return preview.error === null ? <Caption1>Looking at its first lines</Caption1> : null
  if (preview.data === null)
    return <Caption1>Packed: its format shows when the appliance has it.</Caption1>
  const { format, confidence, reason, rows } = preview.data
  return (
    <>
      <div className={styles.line}>
        <Badge appearance="tint" shape="rounded" color={format === null ? 'warning' : 'success'}>
          {format ?? 'not recognised'}
        </Badge>
        {format !== null && <Text>{formatShare(confidence)} sure</Text>}
        <Text className={styles.muted}>{visible(reason)}</Text>
      </div>
      <ParsedRows rows={rows.slice(0, 5)} />
    </>
  )
}

export const stateWords: Record<UploadRow['state'], string> = {
  receiving: 'The appliance receives it',
  taking: 'The appliance takes it in',
  parsing: 'Its lines are read',
  done: 'All of it is read',
  duplicate: 'The very same file was taken before: it counts once',
  refused: 'Refused',
  failed: 'Failed',
}

function Outcome({ id }: { id: string }) {
  const styles = useStyles()
  const { data, error } = useQuery(uploadQuery(id))
  if (data === undefined) return error === null ? null : <Fault fault={error} />
  return (
    <>
      <Reading row={data} />
      <div className={styles.line}>
        <UploadState row={data} />
        {data.format !== null && (
          <Text>
            <code>{data.format}</code>
            {data.confidence !== null && `, ${formatShare(data.confidence)} sure`}
          </Text>
        )}
        {data.lines !== null && (
          <Text>
            {formatCount(data.parsedLines)} of {formatNoun(data.lines, 'line')}:{' '}
            {formatNoun(data.transactions, 'transaction')}, {formatCount(data.skipped)} skipped,{' '}
            {formatCount(data.unparsed)} unparsed
          </Text>
        )}
        {data.parsedLines > 0 && (
          <RouteLink to="/uploaded" search={{ id }}>
            What was read
          </RouteLink>
        )}
      </div>
      {data.error !== null && <Text>{visible(data.error.detail)}</Text>}
    </>
  )
}

export function UploadState({ row: { state } }: { row: UploadRow }) {
  const good = state === 'parsing' || state === 'taking' || state === 'receiving'
  return (
    <Badge
      appearance="tint"
      shape="rounded"
      color={state === 'done' ? 'success' : good ? 'informative' : 'warning'}
    >
      {stateWords[state]}
    </Badge>
  )
}

/** How far the appliance is with it, and how long it still takes at the pace seen from here. */
function Reading({ row }: { row: UploadRow }) {
  const began = useRef<{ state: string; from: number; ms: number } | null>(null)
  const { state, takenShare, lines, parsedLines } = row
  if (state !== 'taking' && state !== 'parsing') return null
  const now = state === 'taking' ? (takenShare ?? 0) : parsedLines
  const whole = state === 'taking' ? 1 : (lines ?? 0)
  if (began.current?.state !== state) began.current = { state, from: now, ms: Date.now() }
  const left = secondsLeft({ from: began.current.from, now, whole }, Date.now() - began.current.ms)
  return (
    <div>
      <ProgressBar
        {...(whole === 0 ? {} : { value: now / whole })}
        thickness="large"
        aria-label={state === 'taking' ? 'Taken in' : 'Lines read'}
      />
      {left !== null && <Caption1>About {durationWords(left)} left</Caption1>}
    </div>
  )
}
