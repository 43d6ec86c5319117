/** An embedded store and the way into it, in a throw-away folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import type { Drop, StreamDescription } from '../../src/spool/frame-sink.ts'
import { Spool } from '../../src/spool/spool.ts'
import { Ingest } from '../../src/store/ingest.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store, StoreOptions } from '../../src/store/store.ts'

export const receivedAtMs = Date.UTC(2026, 9, 15, 10)

export function storeOptions(path: string): StoreOptions {
  return {
    path,
    database: 'gnomon',
    username: 'default',
    password: '',
    retentionDays: 3650,
    maxMemoryBytes: 600_000_000,
  }
}

export interface Inside {
  folder: string
  store: Store
  spool: Spool
  ingest: Ingest
  drops: Drop[]
  /** What is done with a stored segment before it leaves; nothing by default. */
  keeping: { keep: () => Promise<void> }
  /** Writes lines as a segment of their own and waits until they are stored. */
  take(id: string, lines: readonly string[], stream?: Partial<StreamDescription>): Promise<void>
  close(): Promise<void>
}

export function streamOf(more: Partial<StreamDescription> = {}): StreamDescription {
  return {
    key: 'tcp:5514|192.0.2.1',
    listener: 'syslog-tcp',
    peer: '192.0.2.1',
    source: 'edge',
    format: null,
    zone: null,
    ...more,
  }
}

/** Spool, parse thread and store. */
export async function openInside(): Promise<Inside> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-store-'))
  const store = await openStore(storeOptions(join(folder, 'store')))
  const spool = new Spool(join(folder, 'spool'), 1)
  await spool.recover()
  const drops: Drop[] = []
  const keeping = { keep: async (): Promise<void> => undefined }
  const ingest = new Ingest(
    spool,
    store,
    {
      workers: 1,
      definitions: await loadDefinitions([shippedParsers]),
      pastMsMax: 90 * 86_400_000,
      futureMsMax: 2 * 86_400_000,
      batchFolder: join(folder, 'batches'),
      now: () => receivedAtMs,
      mark: () => receivedAtMs,
      drop: (drop) => drops.push(drop),
      keep: async () => keeping.keep(),
    },
    pino({ level: 'silent' }),
  )
  await ingest.start()
  const take: Inside['take'] = async (id, lines, stream) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const sealed = await spool.writeSealed(id, streamOf(stream), receivedAtMs, bytes, lines.length)
    ingest.submit(sealed)
    await ingest.idle()
  }
  const close = async (): Promise<void> => {
    await ingest.stop()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, store, spool, ingest, drops, keeping, take, close }
}

/** A native Squid line of that minute. */
export function squidLine(host: string, more: { client?: string; bytes?: number } = {}): string {
  const { client = '192.0.2.10', bytes = 512 } = more
  const at = (receivedAtMs / 1000 - 60).toFixed(3)
  return `${at} 90 ${client} TCP_MISS/200 ${bytes} GET http://${host}/ ann HIER_DIRECT/203.0.113.9 text/html`
}
