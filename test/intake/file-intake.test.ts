import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { takeFile } from '../../src/intake/file-intake.ts'
import type { FileSummary, TakeFileOptions } from '../../src/intake/file-intake.ts'
import { RecordingSink, streamOf, temporaryFolder } from './file-fakes.ts'

const options: TakeFileOptions = {
  name: 'fw.log',
  stream: streamOf('branch-a'),
  partLimits: { partBytes: 100, partBytesMax: 150 },
}
const now = () => 1000
const text = Array.from({ length: 100 }, (_, n) => `line number ${n}\n`).join('')

async function fileOf(content: Buffer | string): Promise<string> {
  const path = join(await temporaryFolder(), 'fw.log')
  await writeFile(path, content)
  return path
}

test('parts with ids from the content, then done', async () => {
  const sink = new RecordingSink()
  const summary = await takeFile(await fileOf(text), options, sink, now)
  const id = createHash('sha256').update(text).digest('hex')
  expect(summary).toMatchObject({
    name: 'fw.log',
    contentId: id,
    lines: 100,
    bytes: text.length,
    rawBytes: text.length,
    duplicate: false,
    cutLines: 0,
  })
  expect(sink.text).toBe(text)
  expect([...sink.parts.keys()]).toEqual(
    Array.from({ length: summary.parts }, (_, part) => `${id}-0-${part}`),
  )
  expect(sink.doneIds).toEqual([id])
})

test('the same content under another name is a duplicate', async () => {
  const sink = new RecordingSink()
  await takeFile(await fileOf(text), options, sink, now)
  const parts = sink.parts.size
  const again = await takeFile(await fileOf(text), { ...options, name: 'b.log' }, sink, now)
  expect(again).toMatchObject({ duplicate: true, parts: 0, lines: 0 })
  expect(sink.parts.size).toBe(parts)
  expect(sink.repeated).toEqual([])
})

test('a snapshot takes for itself what the continuous report took', async () => {
  const sink = new RecordingSink()
  const path = await fileOf(text)
  await takeFile(path, options, sink, now)
  const stream = { ...options.stream, report: 'snapshot-1' }
  expect(await takeFile(path, { ...options, stream }, sink, now)).toMatchObject({ lines: 100 })
  expect(await takeFile(path, { ...options, stream }, sink, now)).toMatchObject({ duplicate: true })
  const continuous = { ...options.stream, report: 'continuous' }
  expect(await takeFile(path, { ...options, stream: continuous }, sink, now)).toMatchObject({
    duplicate: true,
  })
})

test('what a CSV export of agents’ rows grew by is read by its header', async () => {
  const header = '"Timestamp","DeviceId","DeviceName","ActionType","RemoteIP","RemoteUrl"\n'
  const row = (n: number): string =>
    `"2026-10-15T09:30:0${n}Z",ab,pc,ConnectionSuccess,203.0.113.9,h${n}.example\n`
  const sink = new RecordingSink()
  const first = `${header}${row(1)}`
  const path = await fileOf(`${first}${row(2)}${row(3)}`)
  const size = Buffer.byteLength(`${first}${row(2)}${row(3)}`)
  const parts = { ...options, partLimits: { partBytes: 1000, partBytesMax: 1500 } }
  await takeFile(path, { ...parts, range: { from: 0, to: first.length } }, sink, now)
  await takeFile(path, { ...parts, range: { from: first.length, to: size } }, sink, now)
  const listeners = new Set([...sink.parts.values()].map(({ stream }) => stream.listener))
  expect([...listeners]).toEqual(['defender-file'])
  const urls = sink.text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Record<string, string>)['RemoteUrl'])
  expect(urls).toEqual(['h1.example', 'h2.example', 'h3.example'])
})

test('what another file grew by is taken as it is', async () => {
  const sink = new RecordingSink()
  const path = await fileOf('a,b\n1,2\n3,4\n')
  await takeFile(path, { ...options, range: { from: 8, to: 12 } }, sink, now)
  expect(sink.text).toBe('3,4\n')
})

test('an empty file is taken, with nothing in it', async () => {
  const sink = new RecordingSink()
  expect(await takeFile(await fileOf(''), options, sink, now)).toMatchObject({ parts: 0, lines: 0 })
  expect(sink.doneIds).toHaveLength(1)
})

test('members of an archive have parts of their own', async () => {
  const zip = new ZipFile()
  zip.addBuffer(Buffer.from('a1\na2'), 'a.log')
  zip.addBuffer(Buffer.from('b1\n'), 'b.log')
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(chunk)
  const sink = new RecordingSink()
  const summary = await takeFile(await fileOf(Buffer.concat(chunks)), options, sink, now)
  expect(summary).toMatchObject({ parts: 2, lines: 3, bytes: 9 })
  expect([...sink.parts].map(([id, part]) => [id.slice(64), part.text])).toEqual([
    ['-0-0', 'a1\na2\n'],
    ['-1-0', 'b1\n'],
  ])
})

test('a damaged archive is refused and leaves nothing in the spool', async () => {
  const sink = new RecordingSink()
  const packed = gzipSync(text.repeat(50)).subarray(0, -5)
  const summary = await takeFile(await fileOf(packed), options, sink, now)
  expect(summary.refused).toContain('end too early')
  expect(sink.parts.size).toBe(0)
  expect(sink.doneIds).toEqual([])
  expect(sink.drops).toEqual([
    {
      stream: options.stream,
      reason: 'archive-refused',
      lines: 0,
      bytes: packed.length,
      atMs: 1000,
    },
  ])
})

describe('interrupted', () => {
  test.each([
    ['plain', Buffer.from(text)],
    ['gzip', gzipSync(text)],
  ])('%s: after any number of parts, once more gives each part once', async (_kind, content) => {
    const path = await fileOf(content)
    const whole = new RecordingSink()
    const { parts } = await takeFile(path, options, whole, now)
    for (let failAfter = 0; failAfter <= parts; failAfter++) {
      const sink = new RecordingSink()
      sink.failAfter = failAfter
      await expect(takeFile(path, options, sink, now)).rejects.toThrow('the disk is full')
      expect(sink.parts.size).toBe(Math.min(failAfter, parts))
      sink.failAfter = Infinity
      const summary: FileSummary = await takeFile(path, options, sink, now)
      expect(summary).toMatchObject({ parts, lines: 100, duplicate: false })
      expect(sink.parts).toEqual(whole.parts)
      expect(sink.doneIds).toEqual(whole.doneIds)
    }
  })

  test('by a signal, between two parts', async () => {
    const sink = new RecordingSink()
    const stop = new AbortController()
    const take = sink.part.bind(sink)
    sink.part = async (part) => {
      await take(part)
      if (sink.parts.size === 3) stop.abort(new Error('stopping'))
    }
    const path = await fileOf(text)
    const stopping = takeFile(path, { ...options, signal: stop.signal }, sink, now)
    await expect(stopping).rejects.toThrow('stopping')
    expect(sink.parts.size).toBe(3)
    expect(sink.doneIds).toEqual([])
  })
})

test('progress ends at the total', async () => {
  for (const content of [Buffer.from(text), gzipSync(text)]) {
    const seen: { readBytes: number; totalBytes: number }[] = []
    const onProgress = (progress: { readBytes: number; totalBytes: number }) => seen.push(progress)
    await takeFile(await fileOf(content), { ...options, onProgress }, new RecordingSink(), now)
    const last = seen.at(-1)
    expect(last?.readBytes).toBe(last?.totalBytes)
    expect(seen.length).toBeGreaterThan(1)
  }
})

describe('what is no file', () => {
  test.each<[name: string, make: (path: string) => Promise<void> | void]>([
    ['a link', (path) => symlink('/etc/passwd', path)],
    ['a folder', (path) => mkdir(path).then(() => undefined)],
    ['a FIFO', (path) => void execFileSync('mkfifo', [path])],
    ['nothing', () => undefined],
  ])('%s', async (_name, make) => {
    const path = join(await temporaryFolder(), 'x')
    await make(path)
    const sink = new RecordingSink()
    await expect(takeFile(path, options, sink, now)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
    expect(sink.parts.size).toBe(0)
  })
})
