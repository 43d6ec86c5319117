/** The playground's thread: reads some lines with a definition nobody has tested yet, and ends. Whoever started it bounds its time. */
import { parentPort, workerData } from 'node:worker_threads'
import { OperatingError, causeOf } from '../errors.ts'
import { playgroundLimits } from '../limits.ts'
import { compile } from './compile.ts'
import { compileFormats, formatNamed, formatSet, parseDefinition } from './formats.ts'
import { LineReader, linesOf } from './line-reader.ts'
import { newReader } from './stream-reader.ts'
import { verdict } from './verdict.ts'
import { timeZone } from './zone.ts'
import type { Outcome } from './transaction.ts'
import type { TryAnswer, TryOrder, TryResult } from './try-messages.ts'

async function carryOut(order: TryOrder): Promise<TryResult> {
  const own =
    order.definition === null
      ? null
      : compile(parseDefinition(order.definition, 'definition'), { full: true })
  const formats =
    own === null ? compileFormats(order.definitions, { full: true }) : formatSet([own])
  const reader = newReader(own ?? formatNamed(formats, order.format))
  const lines = new LineReader(formats, reader, order.zone === null ? null : zoneNamed(order.zone))
  const rows: Outcome[] = []
  for await (const bytes of linesOf(once(Buffer.from(order.lines))))
    for (const outcome of lines.readAll(bytes, order.receivedAtMs)) {
      rows.push(outcome)
      if (rows.length >= playgroundLimits.rows) return { rows, ...verdict(reader) }
    }
  return { rows, ...verdict(reader) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function zoneNamed(name: string): ReturnType<typeof timeZone> {
  try {
    return timeZone(name)
  } catch (cause) {
    throw new OperatingError('USAGE', `cannot use zone ${name}: not an IANA name`, { cause })
  }
}

parentPort?.postMessage(
  await carryOut(workerData as TryOrder).then(
    (result): TryAnswer => ({ kind: 'done', result }),
    (error: unknown): TryAnswer => ({
      kind: 'failed',
      code: error instanceof OperatingError ? error.code : null,
      message: causeOf(error),
    }),
  ),
)
