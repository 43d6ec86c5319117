/** Exports over a real store: Parquet is read back by the engine, bounds and pseudonyms hold, hostile names stay data. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pseudonymKey } from '../../src/access/pseudonyms.ts'
import { viewedStore } from '../../src/access/viewer-store.ts'
import type { View } from '../../src/access/viewer-store.ts'
import { buildServer } from '../../src/api/api.ts'
import { exportFormats, exportTables } from '../../src/report/export-tables.ts'
import { Exports } from '../../src/publish/exports.ts'
import { timestamp } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { testKeys } from '../access/test-access.ts'
import { apiOptions } from '../api/server.ts'
import { addUsage, openGround, startMs } from '../govern/govern-parts.ts'
import type { Ground } from '../govern/govern-parts.ts'

const key = pseudonymKey(testKeys)
const scope = { report: 'continuous', source: null, fromMs: null, toMs: null }
const nasty = "=cmd|\"' /C calc'!A0\n,b"
let ground: Ground
let exports: Exports
beforeAll(async () => {
  ground = await openGround()
  exports = new Exports(ground.folder)
  await exports.start()
  await addUsage(ground.store, [
    { atMs: startMs, user: 'ann', srcIp: '192.0.2.1', up: 70, down: 7 },
    { atMs: startMs, user: nasty, srcIp: '192.0.2.2', source: 'branch', up: 5 },
    { atMs: startMs + 3_600_000, user: '', appId: '', app: '', host: 'x.example.com' },
  ])
  const row = {
    report: 'continuous',
    stream: 's',
    format: 'X',
    source: 'edge',
    hour: startMs / 1000,
  }
  await ground.store.insert('ledger', [
    { ...row, outcome: 'received', reason: '', lines: 5, bytes: 50 },
    { ...row, outcome: 'skipped', reason: 'session-start', lines: 5, bytes: 50 },
  ])
  const line = {
    hour: new Date(startMs).toISOString(),
    source: 'branch',
    user: 'ben',
    device: null,
    address: '192.0.2.2',
    host: 'files.example.com',
    transactions: 3,
    bytesUp: 9,
    bytesDown: null,
  }
  const alert = {
    appId: 'files',
    app: 'Files',
    title: 'by ben',
    evidence: [line, { ...line, source: 'edge' }],
  }
  await ground.store.insert('alerts', [
    {
      id: 'a1',
      version: 1,
      raised: timestamp(Date.now()),
      kind: 'baseline',
      severity: 'high',
      status: 'open',
      policy: '',
      app_id: 'files',
      state: JSON.stringify(alert),
    },
  ])
})
afterAll(() => ground.close())

const text = async (...asked: Parameters<Exports['make']>): Promise<string> => {
  const { body } = await exports.make(...asked)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
/** Parquet, read back by the engine. */
const parquet = async <T extends object>(store: Store, table: (typeof exportTables)[number]) => {
  const { body, rows } = await exports.make(store, table, 'parquet', scope)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  const file = join(ground.folder, 'back.parquet')
  await writeFile(file, Buffer.concat(chunks))
  const back = await ground.store.query<T>(`SELECT * FROM file('${file}', Parquet)`)
  expect(back).toHaveLength(rows)
  return back
}
const view = (more: Partial<View>): Store =>
  viewedStore(ground.store, { sources: null, masked: [], key, ...more })

test('usage as Parquet: all rows, unknown is null, bytes are numbers', async () => {
  const rows = await parquet<Record<string, unknown>>(ground.store, 'usage')
  expect(rows.map(({ user, bytesUp }) => [user, bytesUp])).toEqual([
    [nasty, 5],
    ['ann', 70],
    [null, 0],
  ])
  expect(rows[2]).toMatchObject({
    app: null,
    appId: null,
    device: null,
    srcIp: null,
    seenBy: ['network'],
  })
  expect(rows[1]['hour']).toMatch(/^2026-10-15T10:00:00/)
})

test('apps, evidence and ledger as Parquet', async () => {
  expect(await parquet(ground.store, 'apps')).toMatchObject([
    { appId: 'files', users: 2, bytesUp: 75, transactions: 2, devices: 0 },
  ])
  expect(await parquet(ground.store, 'evidence')).toMatchObject([
    { alert: 'a1', user: 'ben', source: 'branch', bytesUp: 9, bytesDown: null, policy: null },
    { alert: 'a1', user: 'ben', source: 'edge' },
  ])
  expect(await parquet(ground.store, 'ledger')).toMatchObject([
    { outcome: 'received', reason: null, lines: 5 },
    { outcome: 'skipped', reason: 'session-start', lines: 5 },
  ])
})

test('a viewer gets his sources only, and pseudonyms where he has no names', async () => {
  const bounded = view({ sources: ['branch'], masked: 'all' })
  const [row, ...more] = await parquet<{ user: string; srcIp: string; source: string }>(
    bounded,
    'usage',
  )
  expect(more).toEqual([])
  expect(row).toMatchObject({
    source: 'branch',
    user: expect.stringMatching(/^user-[0-9a-f]{16}$/),
  })
  expect(row.srcIp).toMatch(/^address-/)
  expect(await parquet(bounded, 'apps')).toMatchObject([{ users: 1, bytesUp: 5 }])
  expect(await parquet(bounded, 'ledger')).toEqual([])
  const evidence = await parquet<object>(bounded, 'evidence')
  expect(evidence).toMatchObject([{ source: 'branch', user: expect.stringMatching(/^user-/) }])
  expect(JSON.stringify(evidence)).not.toContain('ben')
})

test('NDJSON is a JSON value a line; CSV gives spreadsheets no formula', async () => {
  const lines = (await text(ground.store, 'usage', 'ndjson', scope)).trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { user: string }).user)).toEqual([
    nasty,
    'ann',
    null,
  ])
  const csv = await text(ground.store, 'usage', 'csv', scope)
  expect(csv).toMatch(/^"hour","source","appId",/)
  expect(csv).toContain(`"'${nasty.replaceAll('"', '""')}"`)
  expect(csv).not.toContain('\\N')
})

test('periods and sources bound it; nothing is an empty file', async () => {
  const only = { ...scope, source: 'branch' }
  const one = await exports.make(ground.store, 'usage', 'ndjson', only)
  expect(one.rows).toBe(1)
  one.body.destroy()
  for (const table of exportTables)
    for (const format of exportFormats) {
      const { rows, body } = await exports.make(ground.store, table, format, {
        ...scope,
        fromMs: startMs * 2,
      })
      expect(rows).toBe(0)
      body.destroy()
    }
})

test('the files are gone when they were read, or when who asked went away', async () => {
  await text(ground.store, 'apps', 'csv', scope)
  const { body } = await exports.make(ground.store, 'apps', 'csv', scope)
  body.destroy()
  await expect.poll(async () => readdir(join(ground.folder, 'exports'))).toEqual([])
})

test('too large and too many are refused', async () => {
  const small = new Exports(ground.folder, { rows: 2, atOnce: 1 })
  await expect(small.make(ground.store, 'usage', 'csv', scope)).rejects.toMatchObject({
    code: 'EXPORT_REFUSED',
  })
  const both = await Promise.allSettled([
    small.make(ground.store, 'apps', 'csv', scope),
    small.make(ground.store, 'apps', 'csv', scope),
  ])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(both[1]).toMatchObject({ reason: { code: 'EXPORT_BUSY' } })
  if (both[0].status === 'fulfilled') both[0].value.body.destroy()
})

test('by the API: a file with its name, rows and length; unknown tables are refused', async () => {
  const { app } = await buildServer({
    ...apiOptions(),
    exports: { exports, viewed: () => ground.store },
  })
  const answer = await app.inject('/api/v1/exports/usage')
  expect(answer.headers).toMatchObject({
    'content-type': 'application/vnd.apache.parquet',
    'content-disposition': 'attachment; filename="gnomon-usage.parquet"',
    'x-gnomon-rows': '3',
    'content-length': String(answer.rawPayload.length),
  })
  expect(answer.rawPayload.subarray(0, 4).toString()).toBe('PAR1')
  expect((await app.inject('/api/v1/exports/accounts')).statusCode).toBe(400)
  expect((await app.inject('/api/v1/exports/usage?format=xls')).statusCode).toBe(400)
  await app.close()
})
