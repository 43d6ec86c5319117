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
import type { UploadRow } from '../../api/schemas.ts'
import { formatBytes, formatCount, formatNoun, formatShare } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { previewQuery, uploadQuery } from '../data/queries.ts'
import { Panel } from './page.tsx'
import { ParsedRows } from './parsed-rows.tsx'
import { RouteLink } from './route-link.tsx'
import { Fault } from './states.tsx'
import { Name } from './words.tsx'

export interface Item {
  key: number
  file: File
  state: 'chosen' | 'sending' | 'sent' | 'failed'
  sentBytes: number
  startedMs: number
  /** Once the appliance has all of it. */
  uploadId: string | null
  fault: Error | null
}

const useStyles = makeStyles({
  line: { display: 'flex', gap: '12px', flexWrap: 'wrap', alignItems: 'center' },
  muted: { color: tokens.colorNeutralForeground3 },
})

export function UploadItem({ item, onCancel }: { item: Item; onCancel: () => void }) {
  const styles = useStyles()
  const { file, state, fault } = item
  return (
    <Panel
      title={<Name text={file.name} />}
      more={
        <>
          <Caption1 className={styles.muted}>{formatBytes(file.size)}</Caption1>
          {state !== 'sent' && (
            <Button
              appearance="subtle"
              size="small"
              icon={<DismissRegular />}
              aria-label={`Cancel ${file.name}`}
              onClick={onCancel}
            />
          )}
        </>
      }
    >
      {fault !== null && <Fault fault={fault} />}
      {state === 'sending' && <Progress item={item} />}
      {item.uploadId === null ? <Preview item={item} /> : <Outcome id={item.uploadId} />}
    </Panel>
  )
}

function Progress({ item: { file, sentBytes, startedMs } }: { item: Item }) {
  const share = sentBytes / file.size
  const seconds = (Date.now() - startedMs) / 1000
  const left = share > 0.02 && share < 1 ? Math.ceil((seconds * (1 - share)) / share) : null
  return (
    <div>
      <ProgressBar value={share} thickness="large" aria-label={`Sent: ${formatShare(share)}`} />
      <Caption1>
        {formatBytes(sentBytes)} of {formatBytes(file.size)} sent
        {left !== null && `, about ${formatNoun(left, 'second')} left`}
        {share === 1 && ', the appliance takes it in'}
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

const words: Record<UploadRow['state'], string> = {
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
  const whole = data.lines ?? 0
  const good = data.state === 'done' || data.state === 'parsing'
  return (
    <>
      {data.state === 'parsing' && (
        <ProgressBar
          {...(whole === 0 ? {} : { value: data.parsedLines / whole })}
          thickness="large"
          aria-label="Lines read"
        />
      )}
      <div className={styles.line}>
        <Badge
          appearance="tint"
          shape="rounded"
          color={data.state === 'done' ? 'success' : good ? 'informative' : 'warning'}
        >
          {words[data.state]}
        </Badge>
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
            {data.unparsed === 0 ? (
              '0 unparsed'
            ) : (
              <RouteLink to="/unparsed">{formatCount(data.unparsed)} unparsed</RouteLink>
            )}
          </Text>
        )}
      </div>
      {data.error !== null && <Text>{visible(data.error.detail)}</Text>}
    </>
  )
}
