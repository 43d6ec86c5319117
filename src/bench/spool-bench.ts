/** Spool alone: frames appended and written to segment files, which are deleted when they are sealed. */
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { Spool } from '../spool/spool.ts'
import { SpoolWriter } from '../spool/spool-writer.ts'

/** Appends 64 KiB frames for `seconds`; gives bytes a second of wall time. */
export async function benchSpool(
  folder: string,
  options: { seconds: number; now: () => number },
): Promise<number> {
  const { now } = options
  const spool = new Spool(join(folder, 'spool-bench'), 1)
  await spool.recover()
  const writer = new SpoolWriter({
    folder: spool.folder,
    lanes: 1,
    tag: 'b',
    maxBytes: 8 * 1024 ** 3,
    fsync: 'interval',
    usage: spool.usage,
    now,
    onSealed: (segment) => {
      unlinkSync(spool.path(segment))
      Atomics.sub(spool.usage, 0, BigInt(segment.sizeBytes))
    },
    onTrouble: (error) => {
      throw error
    },
  })
  await writer.start()
  const frame = Buffer.alloc(64 * 1024, 'x'.repeat(127) + '\n')
  const stream: StreamDescription = {
    key: 'bench',
    listener: 'syslog-tcp',
    peer: 'bench',
    source: 'bench',
    format: null,
    zone: null,
  }
  const startMs = now()
  let bytes = 0
  while (now() - startMs < options.seconds * 1000) {
    for (let i = 0; i < 256; i++) {
      if (!writer.append(stream, now(), 'lines', frame, 512)) throw new Error('the spool is full')
      bytes += frame.length
    }
    await delay(0)
  }
  await writer.stop()
  return bytes / ((now() - startMs) / 1000)
}
