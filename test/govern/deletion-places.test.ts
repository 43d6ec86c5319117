/** A deletion reaches what is no row of traffic: raw backups, quarantine, reports, journals, groups; and says what it leaves and why. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { Govern } from '../../src/govern/govern.ts'
import type { DeletionOrder } from '../../src/govern/deletion.ts'
import { Backup } from '../../src/spool/backup.ts'
import { encodeBlock, encodeStream, kindLines } from '../../src/spool/segment.ts'
import { TakenFiles } from '../../src/spool/taken-files.ts'
import { addUsage, dayMs, openGround, startMs } from './govern-parts.ts'
import type { Ground } from './govern-parts.ts'

let ground: Ground
let govern: Govern
let backup: Backup
let taken: TakenFiles
const at = (...parts: string[]) => join(ground.folder, ...parts)

async function segment(name: string, source: string, text: string): Promise<void> {
  const stream = {
    key: name,
    listener: 'syslog-udp',
    peer: '192.0.2.1',
    source,
    format: null,
    zone: null,
    report: 'continuous',
  }
  const lines = { kind: kindLines, stream: 1, receivedAtMs: startMs, lines: 1 }
  await writeFile(
    at(name),
    Buffer.concat([encodeStream(1, stream), encodeBlock(lines, Buffer.from(text))]),
  )
  await backup.keep(at(name), name, startMs)
}

beforeEach(async () => {
  ground = await openGround()
  backup = new Backup(at('backup'))
  await backup.open()
  taken = new TakenFiles(at('taken-files.jsonl'))
  await taken.open(startMs, dayMs)
  govern = new Govern({
    store: ground.store,
    catalog: () => ground.catalog,
    config: () => configSchema.parse({}),
    log: pino({ level: 'silent' }),
    now: ground.now,
    dataDir: null,
    lastSeen: () => new Map(),
    quietly: async (work) => work(),
    files: { dataDir: ground.folder, backup, takenFiles: taken },
  })
  await segment('one', 'edge', 'a line of CORP\\Ann here\n')
  await segment('two', 'branch', 'a line of JÜRGEN\n')
  await segment('three', 'branch', 'a line of nobody\n')
  await mkdir(at('spool', 'quarantine'), { recursive: true })
  await writeFile(at('spool', 'quarantine', 'torn'), 'garbage corp\\ann garbage')
  await writeFile(at('spool', 'quarantine', 'other'), 'garbage')
  await mkdir(at('reports', 'weekly-2026'), { recursive: true })
  await mkdir(at('outbox', 'g-000000000000001-abcd'), { recursive: true })
  await writeFile(at('outbox', 'g-000000000000001-abcd', '0.log'), '2026 corp\\ann x\n')
  await writeFile(at('outbox', 'g-000000000000001-abcd', '1.log'), '2026 user-0011 x\n')
  await taken.add({ id: 'a', name: 'ann.log', bytes: 1, lines: 1, atMs: startMs })
  await taken.add({ id: 'b', name: 'corp\\ann.log', bytes: 1, lines: 1, atMs: startMs })
  await govern.people.putGroup({ name: 'Sales', comment: '', users: ['CORP\\ann', 'ben'] }, 'g')
  await govern.people.exclude(
    { name: 'Council', comment: '', users: ['corp\\Ann'], groups: [], devices: [], networks: [] },
    'e',
  )
  await govern.mutings.put('m', {
    policy: null,
    appId: null,
    user: 'corp\\ann',
    kind: null,
    untilMs: startMs + dayMs,
    reason: 'x',
    actor: 'y',
  })
  await addUsage(ground.store, [{ atMs: startMs, user: 'corp\\ann' }])
  await ground.store.insert('accounts', [
    { id: '1', version: 1, gone: 0, state: JSON.stringify({ id: '1', name: 'corp\\ann' }) },
  ])
  await ground.store.insert('sent_usage', [
    {
      output: 'all',
      grp: 'g',
      hour: Math.floor(startMs / 1000),
      source: 'edge',
      user: 'corp\\ann',
      transactions: 1,
    },
    {
      output: 'all',
      grp: 'g',
      hour: Math.floor(startMs / 1000),
      source: 'edge',
      user: 'ben',
      transactions: 1,
    },
  ])
})
afterEach(async () => {
  await taken.close()
  await ground.close()
})

const run = async (order: DeletionOrder) => {
  const { places, tables } = await govern.deleteData(order)
  expect(places.every(({ says }) => says.length > 10)).toBe(true)
  const counts = places.map(({ place, deleted, left }) => [place, [deleted, left]])
  return { places: Object.fromEntries(counts) as Record<string, number[]>, tables }
}
const kept = async () => (await readdir(at('backup'))).map((name) => name.slice(16)).sort()

test('a person: raw lines, names of files, groups; what stays is counted and said', async () => {
  const { places, tables } = await run({ kind: 'person', names: ['corp\\ann', 'jürgen'] })
  expect(places).toEqual({
    backup: [2, 0],
    quarantine: [1, 0],
    reports: [1, 0],
    'taken-files': [1, 0],
    outbox: [0, 1],
    groups: [1, 0],
    mutings: [1, 0],
    exclusions: [0, 1],
    accounts: [0, 1],
    sent: [0, 0],
  })
  expect(tables).toContainEqual({ table: 'sent_usage', deleted: 1, left: 0 })
  expect(await kept()).toEqual(['three'])
  expect(await readdir(at('spool', 'quarantine'))).toEqual(['other'])
  expect(await readdir(at('reports'))).toEqual([])
  expect((await govern.people.groups.get('g'))?.users).toEqual(['ben'])
  // older versions of the group are gone from the disk too
  const versions = await ground.store.query<{ state: string }>(
    "SELECT state FROM db.governed WHERE kind IN ('group', 'muting')",
  )
  expect(JSON.stringify(versions).toLowerCase()).not.toContain('ann')
  expect(backup.status().segments).toBe(1)
})

test('names of files leave the journal, the files stay known, also after a restart', async () => {
  await run({ kind: 'person', names: ['corp\\ann'] })
  await taken.add({ id: 'c', name: 'new.log', bytes: 1, lines: 1, atMs: startMs })
  await taken.close()
  const text = await readFile(at('taken-files.jsonl'), 'utf8')
  expect(text).toContain('"ann.log"')
  expect(text).not.toContain('corp')
  await taken.open(startMs, dayMs)
  expect(['a', 'b', 'c'].map((id) => taken.has(id))).toEqual([true, true, true])
})

test('a source: segments with its streams', async () => {
  const { places } = await run({ kind: 'source', source: 'branch' })
  expect(places).toMatchObject({ backup: [2, 0], quarantine: [0, 0], outbox: [0, 2] })
  expect(places['groups']).toBeUndefined()
  expect(await kept()).toEqual(['one'])
})

test('all: nothing raw stays, what administrators made does', async () => {
  const { places, tables } = await run({ kind: 'all' })
  expect(places).toMatchObject({
    backup: [3, 0],
    quarantine: [2, 0],
    'taken-files': [2, 0],
    outbox: [0, 2],
  })
  expect(tables.every(({ left }) => left === 0)).toBe(true)
  expect(await kept()).toEqual([])
  expect((await govern.people.groups.get('g'))?.users).toHaveLength(2)
})
