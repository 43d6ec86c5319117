/** From a sealed segment into the store: once, whole, with a ledger that balances. */
import { appendFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ledgerSums, ledgerTotals } from '../../src/report/ledger-queries.ts'
import { openInside, receivedAtMs, squidLine, streamOf } from './store-parts.ts'
import type { Inside } from './store-parts.ts'

let inside: Inside
beforeAll(async () => {
  inside = await openInside()
}, 60_000)
afterAll(() => inside.close())
beforeEach(async () => {
  for (const table of ['flows', 'ledger', 'unparsed', 'dirty_hours'])
    await inside.store.command(`TRUNCATE TABLE db.${table}`)
})

const everything = { report: 'continuous', source: null, fromMs: null, toMs: null }

async function transactions(): Promise<number> {
  const [{ n }] = await inside.store.query<{ n: number }>(
    'SELECT sum(transactions) AS n FROM db.flows',
  )
  return n
}

test('each line ends as transaction, skipped or unparsed, and the ledger balances', async () => {
  const skipped = squidLine('x.example').replace('TCP_MISS/200', 'NONE_NONE/000')
  await inside.take('one', [squidLine('a.example'), squidLine('b.example'), skipped, 'no log line'])
  expect(await transactions()).toBe(2)
  const sums = await ledgerSums(inside.store, everything)
  expect(sums.map(({ outcome, reason, lines }) => [outcome, reason, lines])).toEqual([
    ['received', '', 4],
    ['skipped', 'no request', 1],
    ['transaction', '', 2],
    ['unparsed', 'no format matches', 1],
  ])
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ rows: 1, unbalanced: 0 })
  expect(await inside.store.query('SELECT text, reason FROM db.unparsed')).toEqual([
    { text: 'no log line', reason: 'no format matches' },
  ])
  expect(await readdir(join(inside.spool.folder, 'sealed'))).toEqual([])
})

test('the same segment again changes nothing', async () => {
  const lines = [squidLine('a.example'), 'no log line']
  await inside.take('twice', lines)
  await inside.take('twice', lines)
  expect(await transactions()).toBe(1)
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ received: 2, unparsed: 1 })
  const [{ n }] = await inside.store.query<{ n: number }>('SELECT count() AS n FROM db.unparsed')
  expect(n).toBe(1)
})

test('what a line does not say is unknown, not zero', async () => {
  await inside.take('unknown', [squidLine('a.example', { bytes: 0 })])
  expect(
    await inside.store.query(
      'SELECT bytes_up_known, bytes_down, bytes_down_known, device FROM db.flows',
    ),
  ).toEqual([{ bytes_up_known: 0, bytes_down: 0, bytes_down_known: 1, device: '' }])
})

test('snapshots stand apart from the continuous report', async () => {
  await inside.take('snap', [squidLine('a.example')], { report: 'snapshot-1', key: 'upload:1' })
  expect(
    await inside.store.query('SELECT DISTINCT toString(report) AS report FROM db.flows'),
  ).toEqual([{ report: 'snapshot-1' }])
  expect((await ledgerSums(inside.store, everything)).length).toBe(0)
})

test('a damaged segment gives what is whole and goes into quarantine', async () => {
  const bytes = Buffer.from(`${squidLine('a.example')}\n`)
  const sealed = await inside.spool.writeSealed('torn', streamOf(), receivedAtMs, bytes, 1)
  await appendFile(inside.spool.path(sealed), 'GNB1 and then nothing that fits')
  inside.ingest.submit(sealed)
  await inside.ingest.idle()
  expect(await transactions()).toBe(1)
  expect(await readdir(join(inside.spool.folder, 'quarantine'))).toEqual([sealed.name])
})

test('a segment that is no segment is counted as dropped, not lost in silence', async () => {
  const sealed = await inside.spool.writeSealed(
    'none',
    streamOf(),
    receivedAtMs,
    Buffer.from('x\n'),
    1,
  )
  await writeFile(inside.spool.path(sealed), 'this is no segment at all, not even a header of one')
  inside.ingest.submit(sealed)
  await inside.ingest.idle()
  expect(await readdir(join(inside.spool.folder, 'quarantine'))).toContain(sealed.name)
  expect(inside.ingest.status().pending).toBe(0)
})

test('a segment that cannot be kept waits in the spool, and those behind it are taken too', async () => {
  let fails = 2
  inside.keeping.keep = async () => {
    if (fails-- > 0) throw new Error('no space left on device')
  }
  await inside.take('kept late', [squidLine('a.example')])
  expect(fails).toBe(-1)
  expect(inside.ingest.status()).toMatchObject({ pending: 0, trouble: null })
  await inside.take('next', [squidLine('b.example')])
  expect(await transactions()).toBe(2)
  expect(await readdir(join(inside.spool.folder, 'sealed'))).toEqual([])
})

test('who waits for what was taken does not wait for what comes meanwhile', async () => {
  const go = Promise.withResolvers<void>()
  const lines = Buffer.from(`${squidLine('a.example')}\n`)
  const submit = async (id: string): Promise<void> =>
    inside.ingest.submit(await inside.spool.writeSealed(id, streamOf(), receivedAtMs, lines, 1))
  let stored = 0
  inside.keeping.keep = async () => {
    if (++stored > 1) await go.promise
  }
  await submit('taken before')
  const idle = inside.ingest.idle()
  await submit('taken later')
  await idle
  expect(inside.ingest.status().pending).toBe(1)
  go.resolve()
  await inside.ingest.idle()
  expect(inside.ingest.status().pending).toBe(0)
})
