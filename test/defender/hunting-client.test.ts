/** Quotas and the patience a service asks for. */
import { describe, expect, test } from 'vitest'
import { CallBudget, retryAfter } from '../../src/defender/hunting-client.ts'
import { countQuery, rowsQuery } from '../../src/defender/hunting-queries.ts'

const start = Date.UTC(2026, 8, 21, 14)

test.each([
  ['12', 12_000],
  ['0', 0],
  ['Mon, 21 Sep 2026 14:00:30 GMT', 30_000],
  ['Mon, 21 Sep 2026 13:00:00 GMT', 0],
  ['soon', null],
  ['', null],
  [null, null],
])('Retry-After: %s', (text, want) => {
  expect(retryAfter(text, start)).toBe(want)
})

describe('the budget of calls', () => {
  const never = new AbortController().signal

  test('never more than so many in any minute, nor in any hour', async () => {
    let nowMs = start
    const budget = new CallBudget({ perMinute: 5, perHour: 20, now: () => nowMs })
    const calls: number[] = []
    // a seeded walk through two hours: as many calls as it lets through
    for (let step = 0; step < 2000; step++) {
      nowMs += (step * 7919) % 7200
      if (budget.waitMs() > 0) continue
      await budget.take(never)
      calls.push(nowMs)
    }
    const within = (ms: number): number =>
      Math.max(...calls.map((at) => calls.filter((other) => other > at - ms && other <= at).length))
    expect([within(60_000), within(3_600_000)]).toEqual([5, 20])
  })

  test('tells how long to wait', async () => {
    let nowMs = start
    const budget = new CallBudget({ perMinute: 2, perHour: 3, now: () => nowMs })
    await budget.take(never)
    nowMs += 10_000
    await budget.take(never)
    expect(budget.waitMs()).toBe(50_000)
    nowMs += 50_000
    expect(budget.waitMs()).toBe(0)
    await budget.take(never)
    expect(budget.waitMs()).toBe(3_600_000 - 60_000)
  })

  test('a clock that is set back does not close it', async () => {
    let nowMs = start
    const budget = new CallBudget({ perMinute: 1, perHour: 1, now: () => nowMs })
    await budget.take(never)
    nowMs -= 86_400_000
    expect(budget.waitMs()).toBe(0)
  })

  test('waiting ends when the feed stops', async () => {
    const budget = new CallBudget({ perMinute: 1, perHour: 1, now: () => start })
    await budget.take(never)
    await expect(budget.take(AbortSignal.abort())).rejects.toThrow(/abort/i)
  })
})

test('queries are half-open, and hold no text but ours', () => {
  const span = { fromMs: start, toMs: start + 900_000 }
  expect(countQuery('DeviceInfo', span, 900_000)).toBe(
    'DeviceInfo | where Timestamp >= datetime(2026-09-21T14:00:00.000Z) and Timestamp < datetime(2026-09-21T14:15:00.000Z) | summarize Rows = count() by Slice = bin(Timestamp, 900s)',
  )
  expect(rowsQuery('DeviceLogonEvents', span, { part: 1, of: 4 })).toContain(
    ' | where hash(strcat(DeviceId, tostring(ReportId), tostring(Timestamp)), 4) == 1 | project Timestamp, DeviceId, ',
  )
  expect(() => countQuery('X | take 1', span, 1000)).toThrow('BUG')
})
