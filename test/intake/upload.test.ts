import { readdir } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { takeUpload } from '../../src/intake/upload.ts'
import type { UploadProgress } from '../../src/intake/upload.ts'
import { RecordingSink, streamOf, temporaryFolder } from './file-fakes.ts'

const options = { name: 'fw.log', stream: streamOf('upload') }
const now = () => 1000

test('an upload is taken, once', async () => {
  const folder = await temporaryFolder()
  const sink = new RecordingSink()
  const seen: UploadProgress[] = []
  const send = () =>
    takeUpload(Readable.from(['a\n', 'b']), { ...options, sizeBytes: 3 }, folder, sink, now, (p) =>
      seen.push(p),
    )
  expect(await send()).toMatchObject({ lines: 2, bytes: 4, duplicate: false })
  expect(await send()).toMatchObject({ lines: 0, duplicate: true })
  expect(sink.text).toBe('a\nb\n')
  expect(await readdir(folder)).toEqual([])
  expect(seen.find((p) => p.phase === 'receiving')).toEqual({
    phase: 'receiving',
    bytes: 2,
    totalBytes: 3,
  })
  expect(seen.some((p) => p.phase === 'taking')).toBe(true)
})

test('an archive', async () => {
  const sink = new RecordingSink()
  const stream = Readable.from(gzipSync('a\n'), { objectMode: false })
  await takeUpload(stream, options, await temporaryFolder(), sink, now)
  expect(sink.text).toBe('a\n')
})

test('over the bound it is refused, and the sender is cut off', async () => {
  const folder = await temporaryFolder()
  const sink = new RecordingSink()
  const stream = Readable.from(['123456', '789012', '345678'])
  const summary = await takeUpload(stream, { ...options, limitBytes: 10 }, folder, sink, now)
  expect(summary.refused).toContain('larger than 10 bytes')
  expect(stream.destroyed).toBe(true)
  expect(sink.parts.size).toBe(0)
  expect(sink.drops).toMatchObject([{ reason: 'archive-refused', bytes: 12 }])
  expect(await readdir(folder)).toEqual([])
})

test('a client that goes away leaves nothing', async () => {
  const folder = await temporaryFolder()
  const sink = new RecordingSink()
  const stream = new PassThrough()
  const taking = takeUpload(stream, options, folder, sink, now)
  stream.write('a\nb\n')
  setTimeout(() => stream.destroy(new Error('aborted')), 20)
  await expect(taking).rejects.toThrow('aborted')
  expect(sink.parts.size).toBe(0)
  expect(await readdir(folder)).toEqual([])
})
