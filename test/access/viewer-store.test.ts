/** What a viewer sees of the store: on the real one, with every question of the reports. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namesBehind, pseudonymKey, pseudonymOf } from '../../src/access/pseudonyms.ts'
import { viewedSql, viewedStore } from '../../src/access/viewer-store.ts'
import { hiddenLine } from '../../src/lib/hidden-line.ts'
import type { View } from '../../src/access/viewer-store.ts'
import { buildReport } from '../../src/report/build-report.ts'
import { onePerson, personRows } from '../../src/report/usage-lists.ts'
import { usageRows } from '../../src/report/usage-rows.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { testKeys } from './test-access.ts'

const key = pseudonymKey(testKeys)
const whole: View = { sources: null, masked: [], key }
const scope = { report: 'continuous', source: null, fromMs: null, toMs: null }
const all = { sort: 'name', descending: false, filter: null, limit: 100, offset: 0 } as const
let folder = ''
let store: Store
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-viewer-'))
  store = await openStore({
    path: join(folder, 'store'),
    database: 'gnomon',
    username: 'default',
    password: '',
    retentionDays: 3650,
    maxMemoryBytes: 900_000_000,
  })
  const hour = '2026-09-21 14:00:00'
  const usage = [
    ['one', 'ann', '192.0.2.1'],
    ['one', 'ben', '192.0.2.2'],
    ['two', 'ann', '192.0.2.1'],
    ['two', 'cara', '192.0.2.3'],
  ].map(([source, user, ip]) => ({
    report: 'continuous',
    hour,
    generation: 1,
    source,
    app_id: 'slack',
    app: 'Slack',
    category: 'Chat',
    score: 8,
    infrastructure: 0,
    host: 'files.slack.com',
    domain: 'slack.com',
    user,
    device: `${user}-pc`,
    src_ip: ip,
    action: 'allowed',
    seen_by: ['network'],
    first_seen: hour,
    last_seen: hour,
    transactions: 1,
    bytes_total: 10,
    bytes_total_known: 1,
  }))
  await store.insert('usage', usage)
  await store.insert('usage_hours', [
    { report: 'continuous', hour, generation: 1, catalog: 'c', rows: 4 },
  ])
  await store.insert('ledger', [
    {
      report: 'continuous',
      hour,
      source: 'one',
      stream: 's',
      outcome: 'received',
      reason: '',
      format: '',
      lines: 2,
      bytes: 20,
    },
    {
      report: 'snapshot-2',
      hour,
      source: 'two',
      stream: 's',
      outcome: 'received',
      reason: '',
      format: '',
      lines: 2,
      bytes: 20,
    },
  ])
  await store.insert('unparsed', [
    {
      segment: 's',
      report: 'continuous',
      received: '2026-09-21 14:00:00.000',
      source: 'two',
      stream: 's',
      reason: 'r',
      text: 'cara did it',
      bytes: 11,
    },
  ])
})
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const users = async (view: View) =>
  (await personRows(viewedStore(store, view), 'users', scope, all)).map(({ name }) => name)

describe('views', () => {
  test('a view that hides nothing is the store itself', () => {
    expect(viewedStore(store, whole)).toBe(store)
  })

  test('only the sources allowed', async () => {
    expect(await users({ ...whole, sources: ['one'] })).toEqual(['ann', 'ben'])
    expect(await users({ ...whole, sources: [] })).toEqual([])
    expect(await users({ ...whole, sources: ["one'); DROP TABLE x --"] })).toEqual([])
  })

  test('pseudonyms in a marked source, names in the others', async () => {
    const shown = await users({ ...whole, masked: ['two'] })
    expect(shown.slice(0, 2)).toEqual(['ann', 'ben'])
    expect(shown.slice(2)).toEqual([
      expect.stringMatching(/^user-[0-9a-f]{16}$/),
      expect.stringMatching(/^user-/),
    ])
  })

  test('a name that a marked feed of agents gave is a pseudonym too', async () => {
    const rows = await store.query<{ user: string }>(
      viewedSql('SELECT user FROM db.current_usage', { ...whole, masked: ['agents'] }).replace(
        'FROM db.current_usage',
        "FROM (SELECT * REPLACE ('agents' AS agent_source) FROM db.current_usage)",
      ),
      { viewMasked: ['agents'] },
    )
    expect(rows).toHaveLength(4)
    for (const { user } of rows) expect(user).toMatch(/^user-[0-9a-f]{16}$/)
  })

  test('without names: one pseudonym for one person, filters and details work on it, names find nothing', async () => {
    const hidden = viewedStore(store, { ...whole, masked: 'all' })
    const rows = await personRows(hidden, 'users', scope, all)
    expect(rows).toHaveLength(3)
    const ann = await pseudonymOf(store, 'user', 'ann', key)
    expect(await onePerson(hidden, 'users', scope, ann)).toMatchObject({ transactions: 2 })
    expect(await onePerson(hidden, 'users', scope, 'ann')).toBeNull()
    expect(await personRows(hidden, 'users', scope, { ...all, filter: 'ann' })).toEqual([])
    expect(
      await personRows(hidden, 'users', scope, { ...all, filter: ann.slice(0, 12) }),
    ).toHaveLength(1)
  })

  test('no name anywhere in a whole report, in its rows, or in unread lines', async () => {
    const hidden = viewedStore(store, { ...whole, masked: 'all' })
    const request = { ...scope, title: 't', catalogVersion: 'c', gnomonVersion: '0', nowMs: 0 }
    const texts = [JSON.stringify(await buildReport(hidden, request))]
    for await (const row of usageRows(hidden, scope)) texts.push(JSON.stringify(row))
    texts.push(JSON.stringify(await hidden.query('SELECT text FROM db.unparsed')))
    expect(texts.length).toBe(6)
    for (const text of texts) expect(text).not.toMatch(/ann|ben|cara|192\.0\.2\./)
    expect(texts.at(-1)).toContain(hiddenLine)
  })

  test('snapshots of other sources are not listed', async () => {
    await store.insert('reports', [
      { report: 'snapshot-2', title: 'x', created: '2026-09-21 14:00:00.000' },
    ])
    const count = async (view: View) =>
      (await viewedStore(store, view).query('SELECT report FROM db.reports')).length
    expect(await count({ ...whole, sources: ['two'] })).toBe(1)
    expect(await count({ ...whole, sources: ['one'] })).toBe(0)
  })

  test('every table with names and a source hides them all', async () => {
    const columns = await store.query<{ table: string; name: string }>(
      `SELECT table, name FROM system.columns WHERE database = 'gnomon' AND default_kind = '' AND table IN (
         SELECT table FROM system.columns WHERE database = 'gnomon' AND name = 'source')`,
    )
    const people =
      /^(user(_form|_account|_sid|_object_id)?|device(_id)?|sid|mac|ip|src_ip|src_host|local_ip|public_ip|aad_device_id|merged_to)$/
    const open = columns
      .filter(({ name }) => people.test(name))
      .filter(({ table, name }) => {
        try {
          return !viewedSql(`FROM db.${table}`, { ...whole, masked: 'all' }).includes(`AS ${name}`)
        } catch {
          return false // refused as a whole
        }
      })
    expect(columns.length).toBeGreaterThan(50)
    expect(open).toEqual([])
    const hidden = viewedStore(store, { ...whole, sources: ['one'], masked: 'all' })
    for (const table of new Set(columns.map((one) => one.table)))
      if (!table.startsWith('merge_')) await hidden.query(`SELECT * FROM db.${table}`)
  })

  test('tables that nobody thought of are refused, and changes too', async () => {
    const limited = viewedStore(store, { ...whole, sources: ['one'] })
    await expect(limited.query('SELECT * FROM db.accounts')).rejects.toThrow(/cannot show accounts/)
    await expect(limited.insert('usage', [])).rejects.toThrow(/cannot change/)
    expect(() => viewedSql('SELECT 1 FROM db.sessions', { ...whole, masked: 'all' })).toThrow(
      /sessions/,
    )
  })
})

test('a pseudonym leads back to the name, within the sources allowed, and only with this key', async () => {
  const cara = await pseudonymOf(store, 'user', 'cara', key)
  expect(await namesBehind(store, cara, key, null)).toEqual(['cara'])
  expect(await namesBehind(store, cara, key, ['one'])).toEqual([])
  expect(await pseudonymOf(store, 'user', 'CARA', key)).toBe(cara)
  expect(await pseudonymOf(store, 'user', 'cara', ['1', '2'])).not.toBe(cara)
  expect(await pseudonymOf(store, 'device', 'cara', key)).not.toBe(cara.replace('user', 'device'))
  expect(await namesBehind(store, 'ann', key, null)).toEqual([])
})
