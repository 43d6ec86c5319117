/** Unread lines given to the parsers again: the ledger stays balanced, nothing counts twice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerSums, ledgerTotals } from '../../src/report/ledger-queries.ts'
import { replayUnparsed } from '../../src/store/replay.ts'
import { openInside, squidLine, streamOf } from './store-parts.ts'
import type { Inside } from './store-parts.ts'

let inside: Inside
beforeAll(async () => {
  inside = await openInside()
}, 60_000)
afterAll(() => inside.close())

const everything = { report: 'continuous', source: null, fromMs: null, toMs: null }

function replay(): Promise<{ lines: number; left: number }> {
  return replayUnparsed(
    inside.store,
    inside.spool,
    { source: null, reason: null },
    () => streamOf(),
    (segment) => inside.ingest.submit(segment),
  )
}

test('lines of a stream whose format was fixed wrongly are read once it is mended', async () => {
  await inside.take('wrong', [squidLine('a.example'), squidLine('b.example')], {
    format: 'FORTIGATE',
  })
  expect(await ledgerTotals(inside.store, everything)).toMatchObject({ received: 2, unparsed: 2 })
  expect(await replay()).toEqual({ lines: 2, left: 0 })
  await inside.ingest.idle()
  const totals = { received: 2, transactions: 2, unparsed: 0, unbalanced: 0 }
  expect(await ledgerTotals(inside.store, everything)).toMatchObject(totals)
  expect(await replay()).toEqual({ lines: 0, left: 0 })
})

test('what is still unread is kept again', async () => {
  await inside.take('noise', ['what is this', 'and this'])
  expect(await replay()).toEqual({ lines: 2, left: 0 })
  await inside.ingest.idle()
  const sums = await ledgerSums(inside.store, everything)
  expect(sums.find(({ reason }) => reason === 'no format matches')?.lines).toBe(2)
  const [{ n }] = await inside.store.query<{ n: number }>('SELECT count() AS n FROM db.unparsed')
  expect(n).toBe(2)
})
