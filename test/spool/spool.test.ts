import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { spoolLimits } from '../../src/limits.ts'
import { encodeStream } from '../../src/spool/segment.ts'
import { Spool } from '../../src/spool/spool.ts'
import { contentOf, readFolder, rigOf, startMs, streamOf, throwAwayFolder } from './spool-parts.ts'

const lines = (word: string, count: number): Buffer => Buffer.from(`${word}\n`.repeat(count))
const files = (folder: string, name: string): string[] => readdirSync(join(folder, name)).toSorted()

describe('a process that was killed', () => {
  test('leaves open segments, and the next one seals them', async () => {
    const killed = await rigOf({ lanes: 2 })
    for (let i = 0; i < 9; i++)
      killed.writer.append(streamOf(`192.0.2.${i % 3}`), startMs, 'lines', lines(`l${i}`, 10), 10)
    await new Promise((resolve) => setTimeout(resolve, spoolLimits.writeDelayMs + 50))
    const want = contentOf(readFolder(killed.folder, 'open').frames)
    expect(Object.values(want).map((stream) => stream.lines)).toEqual([30, 30, 30])

    const next = new Spool(killed.folder, 2)
    const recovery = await next.recover()
    expect(recovery).toMatchObject({ tornBytes: 0, quarantined: [] })
    expect(files(killed.folder, 'open')).toEqual([])
    expect(files(killed.folder, 'sealed')).toEqual(recovery.segments.map(({ name }) => name))
    expect(contentOf(readFolder(killed.folder, 'sealed').frames)).toEqual(want)
    expect(Number(next.usage[0])).toBe(recovery.segments.reduce((sum, s) => sum + s.sizeBytes, 0))
  })

  test('in the middle of a write: whole blocks are kept, after any byte', async () => {
    const source = await rigOf({ lanes: 1 })
    for (const [i, word] of ['first', 'second', 'third'].entries())
      source.writer.append(streamOf('192.0.2.1'), startMs + i * 2000, 'lines', lines(word, 2), 2)
    await source.writer.stop()
    const name = source.sealed[0].name
    const whole = readFileSync(join(source.folder, 'sealed', name))
    for (let length = 0; length <= whole.length; length += 1) {
      const folder = throwAwayFolder()
      mkdirSync(join(folder, 'open'))
      writeFileSync(join(folder, 'open', name), whole.subarray(0, length))
      const before = readFolder(folder, 'open')
      const { segments, tornBytes, quarantined } = await new Spool(folder, 1).recover()
      const after = readFolder(folder, 'sealed')
      expect({ length, frames: after.frames, damage: after.lostBytes + after.unsound }).toEqual({
        length,
        frames: before.frames,
        damage: 0,
      })
      expect(tornBytes).toBe(before.lostBytes)
      expect(segments).toHaveLength(before.frames.length > 0 ? 1 : 0)
      expect(quarantined).toEqual([])
      expect(files(folder, 'open')).toEqual([])
    }
  })

  test('in the middle of a log line that looks like a block: the tail is cut off whole', async () => {
    const source = await rigOf({ lanes: 1 })
    source.writer.append(streamOf('192.0.2.1'), startMs, 'lines', lines('good', 1), 1)
    source.writer.append(
      streamOf('192.0.2.1'),
      startMs + 5000,
      'lines',
      lines('x GNB1'.repeat(20), 5),
      5,
    )
    await source.writer.stop()
    const path = join(source.folder, 'sealed', source.sealed[0].name)
    truncateSync(path, readFileSync(path).length - 30)
    const bytes = readFileSync(path)
    rmSync(path)
    writeFileSync(join(source.folder, 'open', source.sealed[0].name), bytes)
    await new Spool(source.folder, 1).recover()
    const read = readFolder(source.folder, 'sealed')
    expect(read.frames.map((f) => f.bytes.toString())).toEqual(['good\n'])
    expect(read.lostBytes).toBe(0)
  })

  test('before it wrote a frame: streams alone are no segment', async () => {
    const folder = throwAwayFolder()
    mkdirSync(join(folder, 'open'))
    const stream = encodeStream(1, streamOf('192.0.2.1'))
    writeFileSync(join(folder, 'open', '00.0mh3o6yyy.000001.file-1.seg'), stream)
    const recovery = await new Spool(folder, 1).recover()
    expect(recovery).toMatchObject({ segments: [], quarantined: [] })
    expect(files(folder, 'open')).toEqual([])
  })
})

describe('what the spool cannot read', () => {
  test.each([
    ['zeros of a power cut', '00.0mh3o6yyy.000001.t1.seg', Buffer.alloc(4096)],
    ['a foreign file', 'notes.txt', Buffer.from('hello')],
  ])('%s goes to the quarantine, unchanged', async (_, name, bytes) => {
    const folder = throwAwayFolder()
    mkdirSync(join(folder, 'open'))
    writeFileSync(join(folder, 'open', name), bytes)
    const recovery = await new Spool(folder, 1).recover()
    expect(recovery).toMatchObject({ segments: [], quarantined: [name] })
    expect(readFileSync(join(folder, 'quarantine', name))).toEqual(bytes)
  })

  test('a left-over of the probe is just deleted', async () => {
    const folder = throwAwayFolder()
    mkdirSync(join(folder, 'open'))
    writeFileSync(join(folder, 'open', '.probe'), '')
    expect(await new Spool(folder, 1).recover()).toMatchObject({ quarantined: [] })
    expect(files(folder, 'open')).toEqual([])
    expect(files(folder, 'quarantine')).toEqual([])
  })

  test('a folder that cannot be used is an operating error that says what to do', async () => {
    const folder = throwAwayFolder()
    writeFileSync(join(folder, 'file'), '')
    await expect(new Spool(join(folder, 'file'), 1).recover()).rejects.toMatchObject({
      code: 'SPOOL_UNUSABLE',
      message: expect.stringMatching(/^cannot use the spool in .*; check owner, rights and space/),
    })
  })

  test('quarantine keeps the file and gives its room back', async () => {
    const rig = await rigOf({ lanes: 1 })
    rig.writer.append(streamOf('192.0.2.1'), startMs, 'lines', lines('a', 3), 3)
    await rig.writer.stop()
    const [segment] = rig.sealed
    const bytes = readFileSync(rig.spool.path(segment))
    await rig.spool.quarantine(segment)
    expect(existsSync(rig.spool.path(segment))).toBe(false)
    expect(readFileSync(join(rig.folder, 'quarantine', segment.name))).toEqual(bytes)
    expect(Number(rig.spool.usage[0])).toBe(0)
  })
})

describe('a part of a file', () => {
  test('is a sealed segment under its own id', async () => {
    const { spool, folder } = await rigOf({ lanes: 2 })
    const stream = { ...streamOf('proxy.log'), key: 'upload:7f3c', report: 'snapshot-1' }
    const segment = await spool.writeSealed('7f3c-0', stream, startMs, lines('row', 4), 4)
    expect(segment).toMatchObject({ id: '7f3c-0' })
    expect(readFileSync(spool.path(segment))).toHaveLength(segment.sizeBytes)
    expect(Number(spool.usage[0])).toBe(segment.sizeBytes)
    expect(contentOf(readFolder(folder, 'sealed').frames)).toEqual({
      'upload:7f3c': { text: 'row\n'.repeat(4), lines: 4 },
    })
    await spool.remove(segment)
    expect(Number(spool.usage[0])).toBe(0)
    const again = new Spool(folder, 2)
    expect((await again.recover()).segments).toEqual([])
  })

  test('that cannot be written leaves nothing behind', async () => {
    const { spool, folder } = await rigOf({ lanes: 1 })
    rmSync(join(folder, 'sealed'), { recursive: true })
    await expect(
      spool.writeSealed('a-0', streamOf('x'), startMs, lines('row', 1), 1),
    ).rejects.toThrow('ENOENT')
    expect(files(folder, 'open')).toEqual([])
    expect(Number(spool.usage[0])).toBe(0)
  })

  test('survives a restart between its write and its rename, under the same id', async () => {
    const { spool, folder } = await rigOf({ lanes: 1 })
    const segment = await spool.writeSealed('a-0', streamOf('x'), startMs, lines('row', 1), 1)
    const bytes = readFileSync(spool.path(segment))
    rmSync(spool.path(segment))
    writeFileSync(join(folder, 'open', segment.name), bytes)
    const { segments } = await new Spool(folder, 1).recover()
    expect(segments).toEqual([segment])
  })
})
