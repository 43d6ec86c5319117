import * as fc from 'fast-check'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { spoolLimits } from '../../src/limits.ts'
import type { Drop, FrameKind } from '../../src/spool/frame-sink.ts'
import { laneOf } from '../../src/spool/spool-writer.ts'
import { parseSegmentName, segmentName } from '../../src/spool/segment-writer.ts'
import { contentOf, readFolder, rigOf, startMs, streamOf } from './spool-parts.ts'
import type { Rig } from './spool-parts.ts'

const linesOf = (count: number, word: string): Buffer => Buffer.from(`${word}\n`.repeat(count))

function put(
  rig: Rig,
  name: string,
  bytes: Buffer,
  kind: FrameKind = 'lines',
  afterMs = 0,
): boolean {
  const lines = kind === 'lines' ? bytes.toString('latin1').split('\n').length - 1 : 1
  return rig.writer.append(streamOf(name), startMs + afterMs, kind, bytes, lines)
}

const dropOf = (name: string, lines: number, bytes: number | null, afterMs = 0): Drop => ({
  stream: streamOf(name),
  reason: 'spool-full',
  lines,
  bytes,
  atMs: startMs + afterMs,
})

/** The sum of all files: what `usage` must say once all is sealed. */
function bytesOnDisk(folder: string): number {
  return ['open', 'sealed'].reduce(
    (sum, name) =>
      sum +
      readdirSync(join(folder, name)).reduce(
        (all, file) => all + statSync(join(folder, name, file)).size,
        0,
      ),
    0,
  )
}

describe('frames of many streams', () => {
  test('come back in the order of each stream, with their kinds and line counts', async () => {
    const frame = fc.record({
      stream: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', 'branch/ä'),
      kind: fc.constantFrom<FrameKind>('lines', 'counted'),
      size: fc.oneof(
        { arbitrary: fc.integer({ min: 1, max: 300 }), weight: 8 },
        { arbitrary: fc.integer({ min: 1, max: 1_400_000 }), weight: 1 },
      ),
      gapMs: fc.integer({ min: -50, max: 1500 }),
      lines: fc.integer({ min: 1, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 40 }), async (frames) => {
        const rig = await rigOf({ lanes: 3 })
        const want: { stream: string; kind: FrameKind; bytes: Buffer; lines: number }[] = []
        let atMs = startMs
        for (const [i, { stream, kind, size, gapMs, lines }] of frames.entries()) {
          const bytes = Buffer.alloc(size, 97 + (i % 26))
          atMs += gapMs
          expect(rig.writer.append(streamOf(stream), atMs, kind, bytes, lines)).toBe(true)
          want.push({ stream: streamOf(stream).key, kind, bytes: Buffer.from(bytes), lines })
          bytes.fill(0) // the bytes were copied
        }
        await rig.writer.stop()
        const read = readFolder(rig.folder, 'sealed')
        expect(read.unsound + read.lostBytes).toBe(0)
        for (const kind of ['lines', 'counted'] as const) {
          const got = contentOf(read.frames.filter((f) => f.kind === kind))
          const expected = contentOf(
            want.filter((f) => f.kind === kind).map((f) => ({ ...f, receivedAtMs: 0 })),
          )
          expect(got).toEqual(expected)
        }
        expect(Number(rig.spool.usage[0])).toBe(bytesOnDisk(rig.folder))
      }),
      { numRuns: 40 },
    )
  })

  test('share a block only while they are of one stream, one kind and one second', async () => {
    const rig = await rigOf({ lanes: 1 })
    put(rig, '192.0.2.1', linesOf(1, 'a'))
    put(rig, '192.0.2.1', linesOf(1, 'b'), 'lines', 999)
    put(rig, '192.0.2.1', linesOf(1, 'c'), 'lines', 1000)
    put(rig, '192.0.2.1', Buffer.from('1 d'), 'counted', 1000)
    put(rig, '192.0.2.2', linesOf(1, 'e'), 'lines', 1000)
    put(rig, '192.0.2.1', linesOf(1, 'f'), 'lines', 1000)
    await rig.writer.stop()
    const { frames } = readFolder(rig.folder, 'sealed')
    expect(frames.map((f) => [f.receivedAtMs - startMs, f.bytes.toString(), f.lines])).toEqual([
      [0, 'a\nb\n', 2],
      [1000, 'c\n', 1],
      [1000, '1 d', 1],
      [1000, 'e\n', 1],
      [1000, 'f\n', 1],
    ])
  })

  test('a frame larger than the buffer stays whole and in its place', async () => {
    const rig = await rigOf({ lanes: 1 })
    const large = linesOf(spoolLimits.writeBufferBytes, 'x')
    put(rig, '192.0.2.1', linesOf(2, 'before'))
    put(rig, '192.0.2.1', large)
    put(rig, '192.0.2.1', linesOf(1, 'after'))
    await rig.writer.stop()
    const { frames } = readFolder(rig.folder, 'sealed')
    expect(frames.map((f) => [f.bytes.length, f.lines])).toEqual([
      [14, 2],
      [large.length, spoolLimits.writeBufferBytes],
      [6, 1],
    ])
  })

  test('each segment introduces its streams anew', async () => {
    const rig = await rigOf({ lanes: 1 })
    const part = linesOf(500_000, 'x')
    for (let sent = 0; sent < 2 * spoolLimits.segmentBytes; sent += part.length)
      put(rig, '192.0.2.1', part)
    await rig.writer.stop()
    expect(rig.sealed.length).toBeGreaterThanOrEqual(2)
    for (const segment of rig.sealed)
      expect(segment.sizeBytes).toBeLessThan(spoolLimits.segmentBytes + 2 * part.length)
    const { frames } = readFolder(rig.folder, 'sealed')
    expect(new Set(frames.map(({ stream }) => stream))).toEqual(new Set(['udp:5514|192.0.2.1']))
  })
})

describe('sealing', () => {
  /** A started writer on fake timers, with three lines in its open segment. */
  async function started(work: (rig: Rig, timersMs: number) => Promise<void>): Promise<void> {
    vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'clearInterval', 'clearTimeout'] })
    try {
      const rig = await rigOf()
      await rig.writer.start()
      put(rig, '192.0.2.1', linesOf(3, 'quiet'))
      await work(rig, spoolLimits.segmentAgeMs / 8)
      expect(rig.sealed).toHaveLength(1)
      await rig.writer.stop()
      expect(rig.sealed).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  }

  test('by age, with the timer of a started writer', () =>
    started(async (rig, timersMs) => {
      rig.clock.nowMs += spoolLimits.segmentAgeMs - 1
      vi.advanceTimersByTime(timersMs)
      expect(rig.sealed).toEqual([])
      rig.clock.nowMs += 1
      vi.advanceTimersByTime(timersMs)
    }))

  test('a clock that goes back does not hold a segment open', () =>
    started(async (rig, timersMs) => {
      rig.clock.nowMs -= 86_400_000
      vi.advanceTimersByTime(timersMs)
    }))

  test('names tell lane and id, and sort in the order of writing', async () => {
    const rig = await rigOf({ lanes: 1 })
    for (let i = 0; i < 40; i++) {
      put(rig, '192.0.2.1', linesOf(1, `line ${i}`))
      await rig.writer.stop()
    }
    const names = rig.sealed.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    expect(new Set(rig.sealed.map(({ id }) => id)).size).toBe(40)
    for (const { name, id, lane } of rig.sealed)
      expect(parseSegmentName(name)).toMatchObject({ lane, id })
  })

  test.each(['x.seg', '00.seg', '../00.000000000.000000.a.seg', '00.000000000.000000.a/b.seg', ''])(
    'no segment name: %s',
    (name) => expect(parseSegmentName(name)).toBeNull(),
  )

  test('a name can be taken apart again', () => {
    expect(parseSegmentName(segmentName(7, startMs, 35, 'file-0a_9'))).toEqual({
      lane: 7,
      id: 'file-0a_9',
      openedAtMs: startMs,
    })
  })
})

describe('the bound', () => {
  test('refuses what does not fit, takes nothing of it, and goes on once there is room', async () => {
    const rig = await rigOf({ lanes: 1, maxBytes: 3000 })
    expect(put(rig, '192.0.2.1', linesOf(500, 'aaa'))).toBe(true)
    expect(put(rig, '192.0.2.1', linesOf(500, 'bbb'))).toBe(false)
    expect(put(rig, '192.0.2.1', linesOf(100, 'ccc'))).toBe(true)
    expect(rig.writer.status()).toMatchObject({ refused: 1, frames: 2, lines: 600, bytes: 2400 })
    await rig.writer.stop()
    expect(contentOf(readFolder(rig.folder, 'sealed').frames)).toEqual({
      'udp:5514|192.0.2.1': { text: 'aaa\n'.repeat(500) + 'ccc\n'.repeat(100), lines: 600 },
    })
    await rig.spool.remove(rig.sealed[0])
    expect(put(rig, '192.0.2.1', linesOf(500, 'ddd'))).toBe(true)
    await rig.writer.stop()
  })

  test('counts the files as they are: after thousands of segments it still stands', async () => {
    const rig = await rigOf({ lanes: 2, maxBytes: 100_000 })
    for (let i = 0; i < 300; i++) {
      expect(put(rig, `192.0.2.${i % 20}`, linesOf(3, `round ${i}`))).toBe(true)
      rig.writer.drop(dropOf('192.0.2.1', 1, null))
      await rig.writer.stop()
      for (const segment of rig.sealed.splice(0)) {
        expect(Number(rig.spool.usage[0])).toBe(bytesOnDisk(rig.folder))
        await rig.spool.remove(segment)
      }
    }
    expect(Number(rig.spool.usage[0])).toBe(0)
  })

  test.each([3000, 5e6])(
    'drained resolves only once there is room again (%i bytes)',
    async (maxBytes) => {
      const rig = await rigOf({ lanes: 1, maxBytes })
      await rig.writer.start()
      const half = Buffer.alloc(maxBytes / 2, 10)
      expect([1, 2].map(() => put(rig, '192.0.2.1', half))).toEqual([true, true])
      expect(put(rig, '192.0.2.1', half)).toBe(false)
      let resolved = false
      const drained = rig.writer.drained().then(() => (resolved = true))
      rig.clock.nowMs += spoolLimits.segmentAgeMs
      await vi.waitFor(() => expect(rig.sealed).toHaveLength(1))
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(resolved).toBe(false)
      await rig.spool.remove(rig.sealed[0])
      await drained
      expect(put(rig, '192.0.2.1', half)).toBe(true)
      await rig.writer.stop()
    },
  )

  test('stop wakes whoever waits for room', async () => {
    const rig = await rigOf({ maxBytes: 1 })
    const drained = rig.writer.drained()
    await rig.writer.stop()
    await expect(drained).resolves.toBeUndefined()
  })
})

describe('drops', () => {
  test('are summed by stream, reason and hour, and reach the segment', async () => {
    const rig = await rigOf({ lanes: 1 })
    rig.writer.drop(dropOf('192.0.2.1', 2, 10))
    rig.writer.drop(dropOf('192.0.2.1', 3, 20))
    rig.writer.drop({ ...dropOf('192.0.2.1', 7, 1), reason: 'framing' })
    rig.writer.drop(dropOf('192.0.2.2', 1, 5))
    rig.writer.drop(dropOf('192.0.2.2', 1, null))
    rig.writer.drop(dropOf('192.0.2.1', 4, 40, 3_600_000))
    await rig.writer.stop()
    const { drops } = readFolder(rig.folder, 'sealed')
    expect(drops.map((d) => [d.stream.peer, d.reason, d.lines, d.bytes])).toEqual([
      ['192.0.2.1', 'spool-full', 5, 30],
      ['192.0.2.1', 'framing', 7, 1],
      ['192.0.2.2', 'spool-full', 2, null],
      ['192.0.2.1', 'spool-full', 4, 40],
    ])
  })

  test('do not change what the caller holds', async () => {
    const rig = await rigOf()
    const given = dropOf('192.0.2.1', 2, 10)
    rig.writer.drop(given)
    rig.writer.drop(dropOf('192.0.2.1', 3, 20))
    expect(given).toMatchObject({ lines: 2, bytes: 10 })
    await rig.writer.stop()
  })

  test('of many spoofed senders are taken in linear time', async () => {
    const rig = await rigOf()
    const before = performance.now()
    for (let i = 0; i < 60_000; i++) rig.writer.drop(dropOf(`2001:db8::${i.toString(16)}`, 1, 1))
    expect(performance.now() - before).toBeLessThan(3000)
    await rig.writer.stop()
    expect(readFolder(rig.folder, 'sealed').drops).toHaveLength(60_000)
  })
})

test('a stream keeps its lane, and lanes share the streams', () => {
  const lanes = Array.from({ length: 4000 }, (_, i) => laneOf(streamOf(`192.0.2.${i}`).key, 4))
  expect(lanes).toEqual(
    Array.from({ length: 4000 }, (_, i) => laneOf(streamOf(`192.0.2.${i}`).key, 4)),
  )
  for (let lane = 0; lane < 4; lane++)
    expect(lanes.filter((l) => l === lane).length).toBeGreaterThan(700)
})
