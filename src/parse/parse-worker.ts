/** A parse thread: segment files in, batch files out, in the order they are given. */
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { causeOf } from '../errors.ts'
import type { StreamState } from './batch.ts'
import { inlineMore } from './engine.ts'
import { encodeFlows, encodeUnparsed, hoursOf } from './flow-block.ts'
import { compileFormats } from './formats.ts'
import type { FormatSet } from './formats.ts'
import type {
  ParseAnswer,
  ParseOrder,
  ParseThreadOptions,
  RenewOrder,
  ThreadReady,
} from './parse-messages.ts'
import { SegmentParser } from './parse-segment.ts'

const options = workerData as ParseThreadOptions
const port = parentPort
if (port === null) throw new Error('BUG: parse-worker.ts is started as a thread only')

inlineMore()
let formats: FormatSet
let parser: SegmentParser
begin(port)

function newParser(streams: readonly StreamState[]): SegmentParser {
  const made = new SegmentParser(formats, options)
  made.streams.remember(streams)
  return made
}

function begin(main: MessagePort): void {
  const ready = (fault: string | null): void =>
    main.postMessage({ kind: 'ready', fault } satisfies ThreadReady)
  try {
    formats = compileFormats(options.definitions, { full: false })
  } catch (error) {
    // without a listener the thread ends by itself
    ready(causeOf(error))
    return
  }
  parser = newParser(options.streams)
  main.on('message', (order: ParseOrder | RenewOrder) => {
    if ('segment' in order) main.postMessage(carryOut(order))
    else renew(order)
  })
  ready(null)
}

function renew({ definitions }: RenewOrder): void {
  formats = compileFormats(definitions, { full: false })
  parser = newParser(parser.streams.states())
}

function carryOut(order: ParseOrder): ParseAnswer {
  const { segment } = order
  let length: number
  try {
    length = read(order.path)
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { kind: 'failed', segment, message: causeOf(error), gone }
  }
  try {
    const { batch, damaged, lines, bytes, forgot } = parser.parse(segment, length)
    const { report, ledger, streams } = batch
    const { agent } = batch
    const hours = [...new Set([...hoursOf(batch.flows), ...(agent?.hours() ?? [])])]
    const flowsFile = put(segment, 'flows', encodeFlows(report, batch.flows))
    const unparsedFile = put(segment, 'unparsed', encodeUnparsed(segment, report, batch.unparsed))
    const agentFiles = (agent?.encode(report) ?? []).flatMap(({ table, bytes: block }) => {
      const file = put(segment, table, block)
      return file === null ? [] : [{ table, file }]
    })
    const told = {
      segment,
      report,
      flows: batch.flows.rows,
      flowsFile,
      unparsedFile,
      agentFiles,
      agentRows: agent?.rows ?? 0,
      hours,
      ledger,
      streams,
    }
    return { kind: 'batch', batch: { ...told, damaged, lines, bytes, forgot } }
  } catch (error) {
    // what the parser gathered of this segment is of no use: it begins anew
    parser = newParser(parser.streams.states())
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOSPC', 'EDQUOT', 'EIO'].includes(String(error.code))
    )
      return { kind: 'unwritten', segment, message: causeOf(error) }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { kind: 'failed', segment, message, gone: false }
  }
}

/** Reads the file into the parser's room; returns its length. */
function read(path: string): number {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const room = parser.room(size)
    let at = 0
    while (at < size) {
      const bytes = readSync(file, room, at, size - at, at)
      if (bytes === 0) break
      at += bytes
    }
    return at
  } finally {
    closeSync(file)
  }
}

function put(segment: string, kind: string, bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  const path = join(options.batchFolder, `${segment}.${kind}`)
  writeFileSync(path, bytes, { mode: 0o600 })
  return path
}
