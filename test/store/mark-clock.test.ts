/** Clocks are set: forward by a wrong guess at power-on, back when the time server answers. No line is left out of the reports for it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { Pipeline } from '../../src/pipeline.ts'
import { markClock } from '../../src/store/mark-clock.ts'
import { receivedAtMs, squidLine, streamOf } from './store-parts.ts'

const dayMs = 86_400_000

async function opened(folder: string, clock: { ms: number }): Promise<Pipeline> {
  const config = configSchema.parse({ parse: { workers: 1 } })
  const log = pino({ level: 'silent' })
  const pipeline = await Pipeline.open(folder, config, log, () => clock.ms)
  await pipeline.start()
  return pipeline
}

async function take(pipeline: Pipeline, id: string): Promise<void> {
  const bytes = Buffer.from(`${squidLine(`${id}.example`)}\n`)
  const { spool, ingest } = pipeline
  ingest.submit(await spool.writeSealed(id, streamOf(), receivedAtMs, bytes, 1))
  await pipeline.settle()
}

async function merged(pipeline: Pipeline): Promise<number> {
  const [{ n }] = await pipeline.store.query<{ n: number }>(
    'SELECT sum(transactions) AS n FROM db.current_usage AS usage',
  )
  return n
}

test('a clock that goes back by a day: what comes afterwards is merged, and after a restart too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-clock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const clock = { ms: receivedAtMs + dayMs }
  const first = await opened(folder, clock)
  await take(first, 'a')
  expect(await merged(first)).toBe(1)
  clock.ms = receivedAtMs
  await take(first, 'b')
  expect(await merged(first)).toBe(2)
  await first.stop()
  const second = await opened(folder, clock)
  onTestFinished(() => second.stop())
  await take(second, 'c')
  expect(await merged(second)).toBe(3)
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
