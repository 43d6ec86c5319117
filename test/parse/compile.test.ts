/** The two variants of every shipped format: what a flow holds must be the same whether the whole record is read or not. */
import { describe, expect, test } from 'vitest'
import { dataStart, LineContext, textFields, transaction } from '../../src/parse/line-context.ts'
import { formatOfLine } from '../../src/parse/format-search.ts'
import { readLine } from '../../src/parse/recognise.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { StreamReader } from '../../src/parse/stream-reader.ts'
import { normalisers, spanBytes } from '../../src/parse/record.ts'
import { decode } from '../../src/parse/normalise.ts'
import type { FormatSet } from '../../src/parse/formats.ts'
import { corpus, flowFormats, fullFormats, receivedAtMs } from './parse-parts.ts'

/** Fields of a record that a minute flow holds. */
const flowFields = new Set([
  'srcIp',
  'srcHost',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'protocol',
  'appProtocol',
  'category',
  'appHint',
])

function flowOf(
  c: LineContext,
  line: Uint8Array,
  formats: FormatSet,
  reader: StreamReader,
): unknown {
  c.buf.set(line, dataStart)
  c.buf[dataStart + line.length] = 10
  c.receivedAtMs = receivedAtMs
  const outcome = readLine(c, dataStart, dataStart + line.length, formats, reader)
  const format = formatOfLine()?.id ?? null
  if (outcome !== transaction) return { outcome, format, reason: c.reason }
  const text = textFields
    .map((field, i) => [field, i] as const)
    .filter(([field]) => flowFields.has(field))
    .map(([field, i]) => {
      const bytes = spanBytes(c, i)
      return [field, bytes.length === 0 ? null : normalisers[field](decode(bytes))]
    })
  const [, dstPort, , bytesUp, bytesDown, bytesTotal] = c.numbers
  return {
    outcome,
    format,
    time: c.time,
    action: c.action,
    record: c.record,
    dstPort,
    bytesUp,
    bytesDown,
    bytesTotal,
    ...Object.fromEntries(text),
  }
}

describe('a line', () => {
  test('gives the same flow whether its whole record is read or only the flow', () => {
    const [full, flow] = [new LineContext(1 << 20), new LineContext(1 << 20)]
    const [fullReader, flowReader] = [newReader(null), newReader(null)]
    let transactions = 0
    for (const line of corpus(4000)) {
      const want = flowOf(full, line, fullFormats, fullReader)
      expect(flowOf(flow, line, flowFormats, flowReader), line.toString()).toEqual(want)
      if ((want as { outcome: number }).outcome === transaction) transactions++
    }
    expect(transactions).toBeGreaterThan(5)
  })

  test('and cut off anywhere as well', () => {
    const [full, flow] = [new LineContext(1 << 20), new LineContext(1 << 20)]
    for (const line of corpus(60).slice(0, 60))
      for (let length = 0; length < line.length; length += 3) {
        const cut = line.subarray(0, length)
        const want = flowOf(full, cut, fullFormats, newReader(null))
        expect(flowOf(flow, cut, flowFormats, newReader(null)), cut.toString()).toEqual(want)
      }
  })
})
