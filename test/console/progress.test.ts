/** Time left, the field of a reason, the first lines of a file, and whether a file is the one that broke off. */
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { UploadRow } from '../../src/api/schemas.ts'
import { headOf } from '../../src/console/data/file-head.ts'
import { durationWords, fieldOfReason, secondsLeft } from '../../src/console/data/progress.ts'
import { isSame } from '../../src/console/data/upload.ts'

test.each([
  [0.2, '1 second'],
  [61.2, '62 seconds'],
  [91, '2 minutes'],
  [90 * 60, '90 minutes'],
  [91 * 60, '2 hours'],
])('%d s are %s', (seconds, words) => {
  expect(durationWords(seconds)).toBe(words)
})

test.each([
  ['half of it in ten seconds', { from: 0, now: 50, whole: 100 }, 10_000, 10],
  ['the pace is that of this run', { from: 80, now: 90, whole: 100 }, 5000, 5],
  ['too early to tell', { from: 0, now: 50, whole: 100 }, 500, null],
  ['nothing moved', { from: 50, now: 50, whole: 100 }, 9000, null],
  ['all is there', { from: 0, now: 100, whole: 100 }, 9000, null],
])('%s', (_name, done, elapsedMs, want) => {
  expect(secondsLeft(done, elapsedMs)).toBe(want)
})

test.each([
  ['no time', 'time'],
  ['time before the retention', 'time'],
  ['no destination', 'destination host or address'],
  ['cut before the destination', 'destination host or address'],
  ['no source', 'source address, user or device'],
  ['no format matches', 'the whole line'],
  ['fewer columns than the header names', 'number of columns'],
  ['something of a definition', null],
])('%s is about %s', (reason, field) => {
  expect(fieldOfReason(reason)).toBe(field)
})

const file = (bytes: Uint8Array | string, lastModified = 5): File =>
  new File([bytes as BlobPart], 'fw.log', { lastModified })

test('the head of a plain file tells the length of its lines, of a packed one the lines alone', async () => {
  const text = 'one line\n'.repeat(20_000)
  const head = await headOf(file(text))
  expect(head?.lineBytes).toBeCloseTo(9, 0)
  expect(head?.text.endsWith('one line')).toBe(true)
  const packed = await headOf(file(gzipSync(text)))
  expect(packed?.lineBytes).toBeNull()
  expect(packed?.text.startsWith('one line\none line')).toBe(true)
  expect(await headOf(file('no end'))).toEqual({ text: 'no end', lineBytes: null })
})

test.each([
  ['zip', new Uint8Array([0x50, 0x4b, 3, 4])],
  ['zstd', new Uint8Array([0x28, 0xb5, 0x2f, 0xfd])],
  ['no text', new Uint8Array([1, 0, 2, 0])],
])('%s cannot be seen from here', async (_name, bytes) => {
  expect(await headOf(file(bytes))).toBeNull()
})

test.each([
  ['the same', {}, true],
  ['another name', { name: 'proxy.log' }, false],
  ['another size', { totalBytes: 4 }, false],
  ['changed since', { modified: new Date(6).toISOString() }, false],
])('%s', (_name, change, want) => {
  const row = { name: 'fw.log', totalBytes: 3, modified: new Date(5).toISOString(), ...change }
  expect(isSame(file('abc'), row as UploadRow)).toBe(want)
})
