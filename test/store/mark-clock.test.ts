/** Clocks are set: forward by a wrong guess at power-on, back when the time server answers. No line is left out of the reports for it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { markClock } from '../../src/store/mark-clock.ts'
import { mergedIn, openPipeline, takeOne } from './pipeline-parts.ts'
import { receivedAtMs } from './store-parts.ts'

const dayMs = 86_400_000

test('a clock that goes back by a day: what comes afterwards is merged, and after a restart too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-clock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const clock = { ms: receivedAtMs + dayMs }
  const first = await openPipeline(folder, () => clock.ms)
  await takeOne(first, 'a')
  await first.settle()
  expect(await mergedIn(first)).toBe(1)
  clock.ms = receivedAtMs
  await takeOne(first, 'b')
  await first.settle()
  expect(await mergedIn(first)).toBe(2)
  await first.stop()
  const second = await openPipeline(folder, () => clock.ms)
  onTestFinished(() => second.stop())
  await takeOne(second, 'c')
  await second.settle()
  expect(await mergedIn(second)).toBe(3)
}, 120_000)

test('marks follow the clock, never stand still, and catch up at half speed', async () => {
  const clock = { ms: 1000, monotonic: 0 }
  const store = { query: async () => [{ mark: 500, generation: 900 }] as never }
  const mark = await markClock(
    store,
    () => clock.ms,
    () => clock.monotonic,
  )
  expect([mark(), mark()]).toEqual([1000, 1001])
  clock.ms = 5000
  expect(mark()).toBe(5000)
  clock.ms = 4000
  expect([mark(), mark()]).toEqual([5001, 5002])
  clock.ms += 1000
  clock.monotonic += 1000
  expect(mark()).toBe(5502)
  clock.ms += 1000
  clock.monotonic += 1000
  expect(mark()).toBe(6002)
  clock.ms += 1000
  expect(mark()).toBe(7000)
})

test('after a restart marks begin behind the last of the store', async () => {
  const store = { query: async () => [{ mark: 9000, generation: 9500 }] as never }
  expect(
    (
      await markClock(
        store,
        () => 1000,
        () => 0,
      )
    )(),
  ).toBe(9501)
})
