/** What the spool's tests share: streams, a throw-away folder, a writer, and a plain reader of segment files. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Drop, FrameKind, StreamDescription } from '../../src/spool/frame-sink.ts'
import {
  kindCounted,
  kindDrop,
  kindLines,
  kindStream,
  readBlocks,
} from '../../src/spool/segment.ts'
import type { SealedSegment } from '../../src/spool/segment-writer.ts'
import { Spool } from '../../src/spool/spool.ts'
import { SpoolWriter } from '../../src/spool/spool-writer.ts'
import type { SpoolWriterOptions } from '../../src/spool/spool-writer.ts'

export const startMs = Date.UTC(2026, 9, 15, 9, 30)

export function streamOf(name: string): StreamDescription {
  return {
    key: `udp:5514|${name}`,
    listener: 'syslog-udp',
    peer: name,
    source: `branch ${name}`,
    format: null,
    zone: null,
  }
}

export function throwAwayFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-spool-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Frame {
  stream: string
  receivedAtMs: number
  kind: FrameKind
  bytes: Buffer
  lines: number
}

export interface ReadBack {
  frames: Frame[]
  drops: Drop[]
  /** Blocks whose check sum does not fit. */
  unsound: number
  lostBytes: number
}

/** The blocks of a segment's bytes as frames. */
export function readBack(bytes: Buffer): ReadBack {
  const result: ReadBack = { frames: [], drops: [], unsound: 0, lostBytes: 0 }
  const names = new Map<number, string>()
  const { lostBytes } = readBlocks(bytes, 0, bytes.length, (block) => {
    const payload = bytes.subarray(block.start, block.end)
    if (!block.sound) result.unsound++
    else if (block.kind === kindStream)
      names.set(block.stream, (JSON.parse(payload.toString()) as StreamDescription).key)
    else if (block.kind === kindDrop) result.drops.push(JSON.parse(payload.toString()) as Drop)
    else if (block.kind === kindLines || block.kind === kindCounted)
      result.frames.push({
        stream: names.get(block.stream) ?? '?',
        receivedAtMs: block.receivedAtMs,
        kind: block.kind === kindLines ? 'lines' : 'counted',
        bytes: Buffer.from(payload),
        lines: block.lines,
      })
    else throw new Error(`kind ${block.kind}`)
  })
  return { ...result, lostBytes }
}

export function readFolder(folder: string, name: 'open' | 'sealed' | 'quarantine'): ReadBack {
  const whole: ReadBack = { frames: [], drops: [], unsound: 0, lostBytes: 0 }
  for (const file of readdirSync(join(folder, name)).toSorted()) {
    const one = readBack(readFileSync(join(folder, name, file)))
    whole.frames.push(...one.frames)
    whole.drops.push(...one.drops)
    whole.unsound += one.unsound
    whole.lostBytes += one.lostBytes
  }
  return whole
}

/** Kind, bytes and lines of each stream, whatever blocks they were put in. */
export function contentOf(
  frames: readonly Frame[],
): Record<string, { text: string; lines: number }> {
  const content: Record<string, { text: string; lines: number }> = {}
  for (const frame of frames) {
    const known = (content[frame.stream] ??= { text: '', lines: 0 })
    known.text += frame.bytes.toString('latin1')
    known.lines += frame.lines
  }
  return content
}

export interface Rig {
  spool: Spool
  writer: SpoolWriter
  folder: string
  sealed: SealedSegment[]
  troubles: unknown[]
  clock: { nowMs: number }
}

/** A spool with one writer; not started, so that no timer seals behind the test's back. */
export async function rigOf(
  options: Partial<Pick<SpoolWriterOptions, 'lanes' | 'maxBytes' | 'fsync'>> = {},
  folder = throwAwayFolder(),
): Promise<Rig> {
  const { lanes = 2, maxBytes = 1e9, fsync = 'interval' } = options
  const spool = new Spool(folder, lanes)
  await spool.recover()
  const sealed: SealedSegment[] = []
  const troubles: unknown[] = []
  const clock = { nowMs: startMs }
  const writer = new SpoolWriter({
    folder,
    lanes,
    maxBytes,
    fsync,
    tag: 't',
    usage: spool.usage,
    now: () => clock.nowMs,
    onSealed: (segment) => sealed.push(segment),
    onTrouble: (error) => troubles.push(error),
  })
  return { spool, writer, folder, sealed, troubles, clock }
}
