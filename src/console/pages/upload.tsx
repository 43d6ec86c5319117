/** A snapshot from log files: dropped here, recognised before they are sent, followed until they are read. */
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
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DragEvent } from 'react'
import { formatNoun } from '../../report/format.ts'
import { sourcesQuery } from '../data/queries.ts'
import { send } from '../data/upload.ts'
import type { Sending } from '../data/upload.ts'
import { Page, Panel } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { UploadItem } from '../parts/upload-item.tsx'
import type { Item } from '../parts/upload-item.tsx'

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
  icon: { fontSize: '36px', color: tokens.colorBrandForeground1 },
  row: { display: 'flex', flexWrap: 'wrap', gap: '16px', alignItems: 'flex-end' },
  field: { minWidth: '240px' },
  buttons: { display: 'flex', gap: '8px', flexWrap: 'wrap', justifyContent: 'center' },
})

/** Sent one after the other: the appliance reads faster than a line brings them. */
let counter = 0

export function Upload() {
  const styles = useStyles()
  const answers = useQueryClient()
  const sources = useQuery(sourcesQuery)
  const [items, setItems] = useState<Item[]>([])
  const [over, setOver] = useState(false)
  const [title, setTitle] = useState('')
  const [kind, setKind] = useState('snapshot')
  const [busy, setBusy] = useState(false)
  const [report, setReport] = useState<string | null>(null)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const sending = useRef<{ key: number; way: Sending } | null>(null)
  const cancelled = useRef(new Set<number>())

  const patch = (key: number, change: Partial<Item>): void =>
    setItems((now) => now.map((item) => (item.key === key ? { ...item, ...change } : item)))
  const add = (list: Iterable<File>): void => {
    const fresh = Array.from(list, (file): Item => ({
      key: counter++,
      file,
      state: 'chosen',
      sentBytes: 0,
      startedMs: 0,
      uploadId: null,
      fault: null,
    }))
    setItems((now) => [...now, ...fresh.filter(({ file }) => file.size > 0)])
  }
  const cancel = (key: number): void => {
    cancelled.current.add(key)
    if (sending.current?.key === key) sending.current.way.cancel()
    else setItems((now) => now.filter((item) => item.key !== key))
  }

  const start = async (): Promise<void> => {
    setBusy(true)
    let into = report
    for (const item of items.filter(({ state }) => state === 'chosen' || state === 'failed')) {
      if (cancelled.current.has(item.key)) continue
      patch(item.key, { state: 'sending', startedMs: Date.now(), sentBytes: 0, fault: null })
      const query =
        kind === 'snapshot'
          ? into === null
            ? { snapshot: 'true', report: title.trim() === '' ? undefined : title.trim() }
            : { into }
          : { source: kind }
      const way = send(item.file, query, (sentBytes) => patch(item.key, { sentBytes }))
      sending.current = { key: item.key, way }
      try {
        const row = await way.done
        if (kind === 'snapshot') {
          into = row.report
          setReport(row.report)
        }
        patch(item.key, { state: 'sent', uploadId: row.id, sentBytes: item.file.size })
      } catch (error) {
        patch(item.key, {
          state: 'failed',
          fault: error instanceof Error ? error : new Error(String(error)),
        })
      }
    }
    sending.current = null
    setBusy(false)
    void answers.invalidateQueries({ queryKey: ['reports'] })
  }

  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    void filesOf(event.dataTransfer).then(add)
  }
  const waiting = items.filter(({ state }) => state === 'chosen' || state === 'failed')
  return (
    <Page
      title="Upload logs"
      lead="Log files of a firewall or proxy, plain or packed (gz, zip, zstd), become a snapshot report of their own, or more data of a source."
    >
      <Panel>
        <div
          className={mergeClasses(styles.drop, over && styles.over)}
          onDragOver={(event) => {
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <ArrowUploadRegular className={styles.icon} />
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
            onChange={(event) => add(event.target.files ?? [])}
          />
          <input
            ref={folder}
            type="file"
            hidden
            aria-label="A folder of log files"
            {...{ webkitdirectory: '' }}
            onChange={(event) => add(event.target.files ?? [])}
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
            onClick={() => void start()}
          >
            Send {formatNoun(waiting.length, 'file')}
          </Button>
        </div>
        {report !== null && (
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
      {items.map((item) => (
        <UploadItem key={item.key} item={item} onCancel={() => cancel(item.key)} />
      ))}
    </Page>
  )
}

/** Files that were dropped, and those within dropped folders. */
async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry())
  const plain = [...transfer.files]
  if (entries.every((entry) => entry === null || entry.isFile)) return plain
  const found: File[] = []
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile)
      found.push(
        await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        ),
      )
    else
      for (const child of await new Promise<FileSystemEntry[]>((resolve, reject) =>
        (entry as FileSystemDirectoryEntry).createReader().readEntries(resolve, reject),
      ))
        await walk(child)
  }
  for (const entry of entries) if (entry !== null) await walk(entry)
  return found
}
