import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LedgerCounts, OutcomeCounts } from '../../src/parse/ledger-counts.ts'

const hourMs = 3_600_000
const entry = {
  atMs: 5 * hourMs + 7,
  stream: 's',
  source: 'x',
  outcome: 'received',
  reason: '',
  format: '',
  lines: 1,
  bytes: 10,
} as const

describe('ledger entries', () => {
  test('are summed by hour, stream, source, outcome, reason and format', () => {
    const counts = new LedgerCounts()
    for (const change of [
      {},
      { atMs: 5 * hourMs + 9 },
      { atMs: 6 * hourMs },
      { stream: 't' },
      { source: 'y' },
      { reason: 'r' },
      { format: 'F' },
      { outcome: 'dropped' as const },
    ])
      counts.add({ ...entry, ...change })
    expect(counts.entries().map(({ lines }) => lines)).toEqual([2, 1, 1, 1, 1, 1, 1])
    expect(counts.entries()[0]).toEqual({
      hourMs: 5 * hourMs,
      stream: 's',
      source: 'x',
      outcome: 'received',
      reason: '',
      format: '',
      lines: 2,
      bytes: 20,
    })
  })

  test('unknown bytes stay unknown', () => {
    const counts = new LedgerCounts()
    for (const bytes of [10, null, 10]) counts.add({ ...entry, bytes })
    expect(counts.entries()).toMatchObject([{ lines: 3, bytes: null }])
  })

  test('hostile names of streams and reasons do not fall together', () => {
    const counts = new LedgerCounts()
    counts.add({ ...entry, stream: 'a|received|x', reason: '' })
    counts.add({ ...entry, stream: 'a', reason: 'x|received|' })
    counts.add({ ...entry, stream: 'a|received', reason: 'x|' })
    expect(counts.entries()).toHaveLength(3)
  })
})

describe('outcomes of a block', () => {
  const outcome = fc.record({
    outcome: fc.constantFrom('transaction' as const, 'skipped' as const, 'unparsed' as const),
    reason: fc.constantFrom(
      '',
      'a',
      '!a',
      'b',
      '!',
      ...Array.from({ length: 100 }, (_, i) => `reason ${i}`),
    ),
    format: fc.constantFrom('', 'F', 'G'),
    bytes: fc.integer({ min: 1, max: 1000 }),
  })

  test('are counted apart, whatever their reasons are, and moved once', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 300 }), (all) => {
        const counts = new OutcomeCounts()
        const ledger = new LedgerCounts()
        const want = new Map<string, { lines: number; bytes: number }>()
        for (const one of all) {
          counts.add(one.outcome, one.reason, one.format, one.bytes)
          const key = JSON.stringify([one.outcome, one.reason, one.format])
          const sum = want.get(key) ?? { lines: 0, bytes: 0 }
          want.set(key, { lines: sum.lines + 1, bytes: sum.bytes + one.bytes })
        }
        counts.flush(ledger, 's', 'x', hourMs)
        counts.flush(ledger, 's', 'x', hourMs)
        const got = ledger
          .entries()
          .map(
            (e) =>
              [
                JSON.stringify([e.outcome, e.reason, e.format]),
                { lines: e.lines, bytes: e.bytes },
              ] as const,
          )
        expect(new Map(got)).toEqual(want)
      }),
    )
  })
})
