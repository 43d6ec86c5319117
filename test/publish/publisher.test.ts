/** When uploads are made: by themselves, when a person asks, over a clock that is set; each line is taken once. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { publishLimits } from '../../src/limits.ts'
import { Publisher } from '../../src/publish/publisher.ts'
import { Backup } from '../../src/spool/backup.ts'
import { encodeBlock, encodeStream, kindLines } from '../../src/spool/segment.ts'
import type { Store } from '../../src/store/store.ts'
import { streamOf } from '../store/store-parts.ts'

let folder: string
let backup: Backup
let publisher: Publisher
const clock = { ms: Date.UTC(2026, 9, 15, 10) }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-publisher-'))
  backup = new Backup(join(folder, 'backup'))
  await backup.open()
})
afterEach(async () => {
  vi.useRealTimers()
  await publisher.stop()
  await rm(folder, { recursive: true })
})

/** Started, with timers that are moved by hand. */
async function started(content: 'raw' | 'merged', query: Store['query']): Promise<void> {
  const upload = { name: 'u', tenant: 't', stream: 's', content, everyMinutes: 1 }
  const raw = { source: 'edge', format: 'PALO_ALTO_SYSLOG' }
  publisher = new Publisher({
    dataDir: folder,
    config: publishSchema.parse({
      // nothing answers there: files wait in the outbox
      tenants: [
        { name: 't', url: 'https://127.0.0.1:9', credential: { kind: 'token', token: 'x' } },
      ],
      uploads: [{ ...upload, ...(content === 'raw' && raw) }],
    }),
    store: { query, insert: async () => undefined } as unknown as Store,
    backup,
    streams: () => [],
    log: pino({ level: 'silent' }),
    now: () => clock.ms,
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await publisher.start()
}

async function keep(name: string, text: string): Promise<void> {
  const stream = encodeStream(1, streamOf())
  const frame = { kind: kindLines, stream: 1, receivedAtMs: clock.ms, lines: 1 }
  const path = join(folder, name)
  await writeFile(path, Buffer.concat([stream, encodeBlock(frame, Buffer.from(text))]))
  await backup.keep(path, name, clock.ms)
}

test('a turn that falls due while a person’s order is carried out waits for it', async () => {
  const answers: (() => void)[] = []
  const query = async (): Promise<never[]> =>
    new Promise((resolve) => answers.push(() => resolve([])))
  await started('merged', query)
  const order = publisher.run('u')
  vi.advanceTimersByTime(publishLimits.turnMs)
  // time enough for a turn that does not wait: it would ask for the same hours
  await delay(200)
  expect(answers).toHaveLength(1)
  answers[0]()
  await order
})

test('a clock that is set back does not hold an upload up', async () => {
  const rows = (): number => publisher.jobs().reduce((sum, job) => sum + job.rows, 0)
  await started('raw', async () => [])
  await keep('first', 'one\n')
  await publisher.run('u')
  expect(rows()).toBe(1)
  clock.ms -= 86_400_000
  await keep('second', 'two\n')
  clock.ms += 2 * 60_000
  vi.advanceTimersByTime(publishLimits.turnMs)
  await vi.waitFor(() => expect(rows()).toBe(2), { timeout: 20_000 })
})
