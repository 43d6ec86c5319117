/** The file system says no: full disk, short writes, lost rights. What `append` took is never lost, what it refused never half there. */
import { readdirSync, rmSync } from 'node:fs'
import type * as NodeFs from 'node:fs'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { spoolLimits } from '../../src/limits.ts'
import { contentOf, readFolder, rigOf, startMs, streamOf } from './spool-parts.ts'
import type { Rig } from './spool-parts.ts'

const disk = vi.hoisted(() => ({
  /** Bytes that may still be written; Infinity = no limit. */
  room: Infinity,
  renames: true,
  opens: true,
  synced: 0,
}))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof NodeFs>()
  const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })
  return {
    ...fs,
    writeSync: (
      fd: number,
      bytes: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ) => {
      if (disk.room <= 0) throw failure('ENOSPC')
      const written = fs.writeSync(fd, bytes, offset, Math.min(length, disk.room), position)
      disk.room -= written
      return written
    },
    renameSync: (from: string, to: string) => {
      if (!disk.renames) throw failure('EACCES')
      fs.renameSync(from, to)
    },
    openSync: (path: string, flags: string, mode: number) => {
      if (!disk.opens && flags === 'wx') throw failure('EACCES')
      return fs.openSync(path, flags, mode)
    },
    fdatasyncSync: (fd: number) => {
      disk.synced++
      fs.fdatasyncSync(fd)
    },
  }
})

beforeEach(() => {
  Object.assign(disk, { room: Infinity, renames: true, opens: true, synced: 0 })
})

const code = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : error

function put(rig: Rig, name: string, word: string, lines = 1): boolean {
  return rig.writer.append(
    streamOf(name),
    startMs,
    'lines',
    Buffer.from(`${word}\n`.repeat(lines)),
    lines,
  )
}

describe('a disk that fills up', () => {
  test.each([0, 1, 31, 32, 33, 150, 5000, 1_000_000, 1_048_600, 1_100_000, 2_000_000])(
    'after %i more bytes: each frame is there once or was refused',
    async (room) => {
      const rig = await rigOf({ lanes: 1 })
      const taken: Record<string, { text: string; lines: number }> = {}
      const offer = (name: string, word: string, lines: number): void => {
        if (!put(rig, name, word, lines)) return
        const known = (taken[streamOf(name).key] ??= { text: '', lines: 0 })
        known.text += `${word}\n`.repeat(lines)
        known.lines += lines
      }
      offer('192.0.2.1', 'before', 10)
      disk.room = room
      for (let i = 0; i < 40; i++) {
        // each new stream writes a description first; each tenth frame exceeds the buffer
        offer(`192.0.2.${i}`, `frame ${i}`, i % 10 === 9 ? 200_000 : 8000)
        rig.clock.nowMs += 400
      }
      disk.room = Infinity
      rig.clock.nowMs += 2000
      offer('192.0.2.1', 'after', 10)
      await rig.writer.stop()
      const read = readFolder(rig.folder, 'sealed')
      expect({ unsound: read.unsound, lostBytes: read.lostBytes }).toEqual({
        unsound: 0,
        lostBytes: 0,
      })
      const got = contentOf(read.frames)
      expect(Object.keys(got).toSorted()).toEqual(Object.keys(taken).toSorted())
      for (const [stream, content] of Object.entries(taken)) {
        expect(got[stream].lines, stream).toBe(content.lines)
        expect(got[stream].text === content.text, stream).toBe(true)
      }
      expect(rig.troubles.map(code)).toContain('ENOSPC')
    },
  )

  test('is told, refuses for a second, and is tried again', async () => {
    const rig = await rigOf({ lanes: 1 })
    disk.room = 0
    expect(put(rig, '192.0.2.1', 'x', spoolLimits.writeBufferBytes)).toBe(false)
    expect(rig.writer.status()).toMatchObject({ writable: false, refused: 1, frames: 0 })
    disk.room = Infinity
    expect(put(rig, '192.0.2.1', 'y')).toBe(false)
    rig.clock.nowMs += 1000
    expect(rig.writer.status().writable).toBe(true)
    expect(put(rig, '192.0.2.1', 'z')).toBe(true)
    await rig.writer.stop()
    expect(contentOf(readFolder(rig.folder, 'sealed').frames)).toEqual({
      'udp:5514|192.0.2.1': { text: 'z\n', lines: 1 },
    })
    expect(Number(rig.spool.usage[0])).toBe(rig.sealed[0].sizeBytes)
  })
})

test('a clock that is set back after a failed write does not keep the spool shut', async () => {
  const rig = await rigOf({ lanes: 1 })
  disk.room = 0
  expect(put(rig, '192.0.2.1', 'x', spoolLimits.writeBufferBytes)).toBe(false)
  disk.room = Infinity
  rig.clock.nowMs -= 86_400_000
  expect(rig.writer.status().writable).toBe(true)
  expect(put(rig, '192.0.2.1', 'y')).toBe(true)
  await rig.writer.stop()
})

describe('a folder without rights', () => {
  test('no segment can be opened: everything is refused, drops wait', async () => {
    const rig = await rigOf({ lanes: 1 })
    disk.opens = false
    expect(put(rig, '192.0.2.1', 'x')).toBe(false)
    rig.writer.drop({
      stream: streamOf('192.0.2.1'),
      reason: 'spool-full',
      lines: 1,
      bytes: 2,
      atMs: startMs,
    })
    await rig.writer.stop()
    expect(rig.troubles.map(code)).toEqual(['EACCES', 'EACCES'])
    disk.opens = true
    rig.clock.nowMs += 1000
    expect(put(rig, '192.0.2.1', 'y')).toBe(true)
    await rig.writer.stop()
    const read = readFolder(rig.folder, 'sealed')
    expect(read.frames.map((f) => f.bytes.toString())).toEqual(['y\n'])
    expect(read.drops).toMatchObject([{ lines: 1, bytes: 2 }])
  })

  test('a segment that cannot be moved stays open and is sealed later, with what came meanwhile', async () => {
    const rig = await rigOf({ lanes: 1 })
    put(rig, '192.0.2.1', 'first')
    disk.renames = false
    await rig.writer.stop()
    expect(rig.sealed).toEqual([])
    disk.renames = true
    rig.clock.nowMs += 1000
    put(rig, '192.0.2.1', 'second')
    await rig.writer.stop()
    expect(rig.sealed).toHaveLength(1)
    expect(contentOf(readFolder(rig.folder, 'sealed').frames)).toEqual({
      'udp:5514|192.0.2.1': { text: 'first\nsecond\n', lines: 2 },
    })
  })
})

test('a segment whose file vanished is told and left, and the next one works', async () => {
  const rig = await rigOf({ lanes: 1 })
  put(rig, '192.0.2.1', 'lost')
  for (const name of readdirSync(`${rig.folder}/open`)) rmSync(`${rig.folder}/open/${name}`)
  await rig.writer.stop()
  expect(rig.troubles.map(code)).toEqual(['ENOENT'])
  expect(Number(rig.spool.usage[0])).toBe(0)
  rig.clock.nowMs += 1000
  expect(put(rig, '192.0.2.1', 'kept')).toBe(true)
  await rig.writer.stop()
  expect(rig.sealed).toHaveLength(1)
})

test.each([
  ['always', 3],
  ['interval', 0],
  ['never', 0],
] as const)(
  'fsync %s syncs before append returns %i times for three frames',
  async (fsync, times) => {
    const rig = await rigOf({ lanes: 1, fsync })
    for (const word of ['a', 'b', 'c']) put(rig, '192.0.2.1', word)
    expect(disk.synced).toBe(times)
    await rig.writer.stop()
  },
)
