/** What an output has taken, and what of a late hour goes out: in the real store. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../../src/access/keys.ts'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { makeMerged, settlePending } from '../../src/publish/make-merged.ts'
import { Outbox } from '../../src/publish/outbox.ts'
import { mergedOutput } from '../../src/publish/publisher.ts'
import { dueHours, takeHours } from '../../src/publish/sent-usage.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { storeOptions } from '../store/store-parts.ts'

const hour = Date.UTC(2026, 8, 21, 14) / 1000
const nowMs = (hour + 86_400) * 1000
let folder: string
let store: Store
let outbox: Outbox
let keys: Keys
const upload = publishSchema.parse({ uploads: [{ name: 'all', tenant: 't', stream: 's' }] })
  .uploads[0]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-sent-'))
  store = await openStore(storeOptions(join(folder, 'store')))
  outbox = await Outbox.open(join(folder, 'outbox'))
  keys = await Keys.open(folder)
})
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

interface Use {
  host?: string
  user?: string
  ip?: string
  n: number
  up?: number | null
}

/** The hour, merged anew under a generation. */
async function merged(generation: number, uses: Use[], at = hour): Promise<void> {
  const rows = uses.map(
    ({ host = 'files.slack.com', user = '', ip = '198.51.100.7', n, up = null }) => ({
      report: 'continuous',
      hour: at,
      generation,
      source: 'edge',
      app_id: 'slack',
      app: 'Slack',
      category: 'Collaboration',
      infrastructure: 0,
      host,
      domain: 'slack.com',
      user,
      device: '',
      src_ip: ip,
      action: 'allowed',
      seen_by: ['network'],
      first_seen: at + 60,
      last_seen: at + 120,
      transactions: n,
      bytes_up: up ?? 0,
      bytes_up_known: up === null ? 0 : n,
      bytes_down: 0,
      bytes_down_known: 0,
      bytes_total: 0,
      bytes_total_known: 0,
    }),
  )
  await store.insert('usage', rows)
  await store.insert('usage_hours', [
    { report: 'continuous', hour: at, generation, catalog: 'c', rows: rows.length },
  ])
}

/** Makes what is due; gives `user host ip transactions bytesUp` of each line. */
async function make(): Promise<string[]> {
  const hours = await dueHours(store, 'all', nowMs, 24)
  if (hours.length === 0) return []
  await makeMerged({ store, outbox, keys, now: () => nowMs }, mergedOutput(upload), hours)
  const lines: string[] = []
  for (const job of outbox.jobs()) {
    lines.push(
      ...(await readFile(outbox.bodyOf(job), 'utf8'))
        .split('\n')
        .filter((line) => /^\d/.test(line)),
    )
    await outbox.remove(job)
  }
  return lines
    .map((line) => line.split(' '))
    .map((cells) => [cells[3], cells[5], cells[2], cells.at(-1), cells[7]].join(' '))
}

test('an hour goes out once, and later only what grew', async () => {
  await merged(1, [
    { n: 3, up: 100 },
    { n: 2, host: 'www.dropbox.com' },
  ])
  expect(await make()).toEqual([
    '- files.slack.com 198.51.100.7 3 100',
    '- www.dropbox.com 198.51.100.7 2 -',
  ])
  expect(await make()).toEqual([])
  // late lines of the same client
  await merged(2, [
    { n: 5, up: 180 },
    { n: 2, host: 'www.dropbox.com' },
  ])
  expect(await make()).toEqual(['- files.slack.com 198.51.100.7 2 80'])
  expect(await make()).toEqual([])
})

test('traffic that only got a name is not sent a second time', async () => {
  await merged(3, [
    { n: 5, up: 180, user: 'ann' },
    { n: 2, host: 'www.dropbox.com', user: 'ann' },
  ])
  expect(await make()).toEqual([])
  await merged(4, [{ n: 7, host: 'files.slack.com', user: 'ann', up: 180 }])
  expect(await make()).toEqual([])
})

test('a new client in an old hour goes out whole, with its name', async () => {
  await merged(5, [
    { n: 7, user: 'ann', up: 180 },
    { n: 4, user: 'bob', ip: '198.51.100.8', up: 9 },
  ])
  expect(await make()).toEqual(['bob files.slack.com 198.51.100.8 4 9'])
})

test('what a process took that died before its files appeared is given back', async () => {
  const at = hour + 3600
  await merged(1, [{ n: 1 }], at)
  const { writeFile } = await import('node:fs/promises')
  const group = outbox.nextGroup(nowMs, 'died')
  await writeFile(join(outbox.folder, '.pending'), group)
  await takeHours(store, {
    output: 'all',
    group,
    source: null,
    hours: await dueHours(store, 'all', nowMs, 24),
  })
  expect(await dueHours(store, 'all', nowMs, 24)).toEqual([])
  await settlePending(store, await Outbox.open(outbox.folder))
  expect(await make()).toEqual(['- files.slack.com 198.51.100.7 1 -'])
})

test('an hour that has not ended, or not long enough ago, waits', async () => {
  await merged(1, [{ n: 1 }], hour + 7200)
  expect(await dueHours(store, 'all', (hour + 7200 + 3599) * 1000, 24)).toEqual([])
  expect(await dueHours(store, 'all', (hour + 7200 + 3600) * 1000, 24)).toMatchObject([
    { hour: hour + 7200, again: 0 },
  ])
})
