/** The tap's thread: reads the beginning of segments once more, in full, for whoever looks on. The data's own way is not touched. */
import { parentPort, workerData } from 'node:worker_threads'
import { tapLimits } from '../limits.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { kindCounted, kindLines, kindStream, readBlocks } from '../spool/segment.ts'
import { compileFormats } from './formats.ts'
import { LineReader } from './line-reader.ts'
import { StreamRegistry } from './stream-registry.ts'
import type { TapAnswer, TapLine, TapOrder, TapStart } from './tap-messages.ts'

const port = parentPort
if (port === null) throw new Error('BUG: tap-worker.ts is started as a thread only')
const start = workerData as TapStart
const formats = compileFormats(start.definitions, { full: true })
const streams = new StreamRegistry(formats)
streams.remember(start.streams)

function look({ bytes, sources }: TapOrder): TapAnswer {
  const known = new Map<number, { description: StreamDescription; reader: LineReader } | null>()
  const total: Record<string, number> = {}
  const lines: TapLine[] = []
  const shown = new Map<string, number>()
  readBlocks(bytes, 0, bytes.length, (block) => {
    if (!block.sound) return
    if (block.kind === kindStream) {
      const description = JSON.parse(text(bytes, block.start, block.end)) as StreamDescription
      const wanted = sources.includes(description.source)
      const { reader, zone } = streams.get(description)
      known.set(
        block.stream,
        wanted ? { description, reader: new LineReader(formats, reader, zone) } : null,
      )
      return
    }
    const stream = known.get(block.stream)
    if (stream === undefined || stream === null) return
    const { source, peer, listener } = stream.description
    total[source] = (total[source] ?? 0) + block.lines
    for (const line of linesIn(bytes, block)) {
      const count = shown.get(source) ?? 0
      if (count >= tapLimits.linesPerSegment) return
      shown.set(source, count + 1)
      lines.push({
        source,
        peer,
        listener,
        receivedAtMs: block.receivedAtMs,
        text: text(line, 0, Math.min(line.length, tapLimits.textBytes)),
        rows: [...stream.reader.readAll(line, block.receivedAtMs)].slice(0, tapLimits.rowsPerLine),
      })
    }
  })
  return { lines, total }
}

function* linesIn(
  bytes: Uint8Array,
  block: { kind: number; start: number; end: number },
): Generator<Uint8Array> {
  let at = block.start
  while (at < block.end) {
    if (block.kind === kindLines) {
      const found = bytes.indexOf(10, at)
      const end = found < 0 || found > block.end ? block.end : found
      if (end > at) yield bytes.subarray(at, end)
      at = end + 1
    } else if (block.kind === kindCounted) {
      const space = bytes.indexOf(32, at)
      const length = Number(text(bytes, at, space))
      if (space < 0 || !Number.isInteger(length)) return
      yield bytes.subarray(space + 1, Math.min(block.end, space + 1 + length))
      at = space + 1 + length
    } else return
  }
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from)).toString('utf8')
}

port.on('message', (order: TapOrder) => port.postMessage(look(order)))
port.postMessage(null)
