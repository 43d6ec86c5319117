/** The embedded store: opened once, migrated once, typed errors. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeLimits } from '../../src/limits.ts'
import { openStore, timestamp } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { receivedAtMs, storeOptions } from './store-parts.ts'

let folder = ''
let store: Store
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-store-'))
  store = await openStore(storeOptions(join(folder, 'store')))
}, 60_000)
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

test('the tables of the design are there', async () => {
  const rows = await store.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'gnomon' ORDER BY name",
  )
  const names = rows.map(({ name }) => name)
  for (const name of ['flows', 'hosts', 'usage', 'ledger', 'unparsed', 'streams', 'reports'])
    expect(names).toContain(name)
})

test('many parts of flows become one at a time', async () => {
  const [{ made }] = await store.query<{ made: string }>(
    "SELECT create_table_query AS made FROM system.tables WHERE database = 'gnomon' AND name = 'flows'",
  )
  expect(made).toContain(`merge_selector_base = ${storeLimits.partsPerMerge}`)
})

test('values are bound: hostile text is data', async () => {
  const hostile = `'); DROP TABLE db.hosts; -- \\' \n\u0000é`
  const [row] = await store.query<{ text: string }>('SELECT {text:String} AS text', {
    text: hostile,
  })
  expect(row.text).toBe(hostile)
})

test('a query that fails says so, row by row too', async () => {
  const fault = { code: 'STORE_FAILED', message: expect.stringContaining('cannot query the store') }
  await expect(store.query('SELECT nothing')).rejects.toMatchObject(fault)
  await expect(store.stream('SELECT nothing').next()).rejects.toMatchObject(fault)
  await expect(
    store.stream('SELECT throwIf(number = 3) FROM numbers(5)').next(),
  ).rejects.toMatchObject(fault)
})

test('an insert token counts once', async () => {
  const row = {
    report: 'r',
    hour: receivedAtMs / 1000,
    source: 's',
    stream: 't',
    outcome: 'received',
    reason: '',
    format: '',
  }
  for (let i = 0; i < 3; i++)
    await store.insert('ledger', [{ ...row, lines: 5, bytes: null }], 'the same token')
  const [{ lines }] = await store.query<{ lines: number }>(
    "SELECT sum(lines) AS lines FROM db.ledger WHERE report = 'r'",
  )
  expect(lines).toBe(5)
})

test('a stream gives row after row', async () => {
  const numbers: number[] = []
  for await (const { number } of store.stream<{ number: number }>(
    'SELECT number FROM numbers(100000)',
  ))
    numbers.push(number)
  expect(numbers.length).toBe(100_000)
  expect(numbers.at(-1)).toBe(99_999)
})

test('a wrong question is a STORE_FAILED that tells what to do', async () => {
  await expect(store.query('SELECT nothing FROM db.flows')).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(/^cannot query the store: .*nothing.*; /s),
  })
})

test('a database name that is none is refused', async () => {
  const options = { ...storeOptions(join(folder, 'other')), database: 'a; b' }
  await expect(openStore(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('time stamps as the store reads them', () => {
  expect(timestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 67))).toBe('2026-01-02 03:04:05.067')
})
