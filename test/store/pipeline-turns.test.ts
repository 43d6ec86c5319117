/** Merges, and work that none may disturb. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mergedIn, openPipeline, takeOne } from './pipeline-parts.ts'
import { receivedAtMs } from './store-parts.ts'

test('nothing is merged while data are deleted; what was taken before is stored by then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-turns-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const pipeline = await openPipeline(folder, () => receivedAtMs)
  onTestFinished(() => pipeline.stop())
  await takeOne(pipeline, 'before')
  const go = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<number>()
  const quiet = pipeline.quietly(async () => {
    const [{ n }] = await pipeline.store.query<{ n: number }>('SELECT count() AS n FROM db.flows')
    begun.resolve(n)
    await go.promise
    await pipeline.store.command('TRUNCATE TABLE db.flows')
  })
  expect(await begun.promise).toBe(1)
  const settled = pipeline.settle()
  expect(pipeline.merge.status().hours).toBe(0)
  go.resolve()
  await Promise.all([quiet, settled])
  expect(await mergedIn(pipeline)).toBe(0)
}, 120_000)

test('work that fails leaves the turn to the next', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-turns-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const pipeline = await openPipeline(folder, () => receivedAtMs)
  onTestFinished(() => pipeline.stop())
  const fails = pipeline.quietly(async () => Promise.reject(new Error('no')))
  await expect(fails).rejects.toThrow('no')
  await takeOne(pipeline, 'next')
  await pipeline.settle()
  expect(await mergedIn(pipeline)).toBe(1)
}, 120_000)
