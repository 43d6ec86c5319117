/** A snapshot from log files: dropped here, recognised before they are sent, followed until they are read; broken off and gone on with. */
import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Select,
  Text,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { ArrowUploadRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DragEvent } from 'react'
import type { UploadRow } from '../../api/schemas.ts'
import { formatBytes, formatNoun, formatShare, formatTime } from '../../report/format.ts'
import { droppedFiles } from '../data/file-head.ts'
import { sourcesQuery } from '../data/queries.ts'
import { useSending } from '../data/sending.ts'
import { Page, Panel } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { UploadItem } from '../parts/upload-item.tsx'
import { Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  drop: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: '12px',
    padding: '36px 20px',
    border: `2px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusXLarge,
    textAlign: 'center',
  },
  over: {
    borderTopColor: tokens.colorBrandStroke1,
    borderRightColor: tokens.colorBrandStroke1,
    borderBottomColor: tokens.colorBrandStroke1,
    borderLeftColor: tokens.colorBrandStroke1,
    backgroundColor: tokens.colorBrandBackground2,
  },
  // while files are on their way they are what one looks at
  small: { padding: '12px 20px', flexDirection: 'row', justifyContent: 'center', flexWrap: 'wrap' },
  icon: { fontSize: '36px', color: tokens.colorBrandForeground1 },
  row: { display: 'flex', flexWrap: 'wrap', gap: '16px', alignItems: 'flex-end' },
  field: { minWidth: '240px' },
  buttons: { display: 'flex', gap: '8px', flexWrap: 'wrap', justifyContent: 'center' },
  left: { display: 'flex', gap: '12px', flexWrap: 'wrap', alignItems: 'center' },
  grow: { flexGrow: 1, minWidth: '240px' },
})

export function Upload() {
  const styles = useStyles()
  const sources = useQuery(sourcesQuery)
  const sending = useSending()
  const { items, busy, report, waiting } = sending
  const [over, setOver] = useState(false)
  const [title, setTitle] = useState('')
  const [kind, setKind] = useState('snapshot')
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const to = { kind, title }

  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    void droppedFiles(event.dataTransfer).then(sending.add)
  }
  const chosen = (input: HTMLInputElement): void => {
    sending.add(input.files ?? [])
    // so that the same file can be chosen again
    input.value = ''
  }
  return (
    <Page
      title="Upload logs"
      lead="Log files of a firewall or proxy, plain or packed (gz, zip, tar, zstd), become a snapshot report of their own, or more data of a source."
    >
      <Panel>
        <div
          className={mergeClasses(
            styles.drop,
            items.length > 0 && styles.small,
            over && styles.over,
          )}
          onDragOver={(event) => {
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          {items.length === 0 && <ArrowUploadRegular className={styles.icon} />}
          <Text size={400}>Drop files or a folder here</Text>
          <div className={styles.buttons}>
            <Button onClick={() => files.current?.click()}>Choose files</Button>
            <Button onClick={() => folder.current?.click()}>Choose a folder</Button>
          </div>
          <input
            ref={files}
            type="file"
            multiple
            hidden
            aria-label="Log files"
            onChange={(event) => chosen(event.target)}
          />
          <input
            ref={folder}
            type="file"
            hidden
            aria-label="A folder of log files"
            {...{ webkitdirectory: '' }}
            onChange={(event) => chosen(event.target)}
          />
        </div>
        <div className={styles.row}>
          <Field label="Goes into" className={styles.field}>
            <Select
              value={kind}
              disabled={busy || report !== null}
              onChange={(_event, { value }) => setKind(value)}
            >
              <option value="snapshot">A snapshot report of its own</option>
              {sources.data?.rows.map(({ name }) => (
                <option key={name} value={name}>
                  Continuous report: {name}
                </option>
              ))}
            </Select>
          </Field>
          {kind === 'snapshot' && (
            <Field label="Name of the snapshot" className={styles.field}>
              <Input
                value={title}
                disabled={busy || report !== null}
                placeholder={items[0]?.file.name ?? ''}
                onChange={(_event, data) => setTitle(data.value)}
              />
            </Field>
          )}
          <Button
            appearance="primary"
            disabled={busy || waiting.length === 0}
            onClick={() => void sending.start(to)}
          >
            {busy ? 'Sending' : sendWords(waiting.length)}
          </Button>
        </div>
        {report !== null && items.some(({ state }) => state === 'sent') && (
          <MessageBar intent="success">
            <MessageBarBody>
              The snapshot fills as its lines are read:{' '}
              <RouteLink to="/" search={{ report, range: 'all' }}>
                see its report
              </RouteLink>
            </MessageBarBody>
          </MessageBar>
        )}
      </Panel>
      {sending.left.length > 0 && (
        <Panel title="Broken off">
          <Text>
            The appliance holds the beginning of these. Choose the same file again, and it goes on
            where it ended.
          </Text>
          {sending.left.map((row) => (
            <BrokenOff key={row.id} row={row} onGiveUp={() => void sending.giveUp(row.id)} />
          ))}
        </Panel>
      )}
      {items.map((item) => (
        <UploadItem
          key={item.key}
          item={item}
          busy={busy}
          onPause={() => sending.pause(item.key)}
          onGoOn={() => void sending.start(to, item.key)}
          onRemove={() => sending.remove(item)}
        />
      ))}
    </Page>
  )
}

function sendWords(files: number): string {
  return files === 0 ? 'Send' : `Send ${formatNoun(files, 'file')}`
}

function BrokenOff({ row, onGiveUp }: { row: UploadRow; onGiveUp: () => void }) {
  const styles = useStyles()
  const { name, receivedBytes, totalBytes, expires } = row
  return (
    <div className={styles.left}>
      <span className={styles.grow}>
        <Name text={name} />: {formatBytes(receivedBytes)} of {formatBytes(totalBytes)} arrived (
        {formatShare(totalBytes === null ? null : receivedBytes / totalBytes)})
        {expires !== null && `, kept until ${formatTime(expires)} UTC`}
      </span>
      <Button size="small" aria-label={`Give it up: ${name}`} onClick={onGiveUp}>
        Give it up
      </Button>
    </div>
  )
}
