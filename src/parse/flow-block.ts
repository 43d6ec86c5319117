/** A batch's flows and unread lines as Native blocks for the tables `flows` and `unparsed`: column names and types of store/migrations. */
import { encodeNative } from '../lib/native.ts'
import type { DictionaryColumn, NativeColumn } from '../lib/native.ts'
import type { FlowColumns, UnparsedLine } from './batch.ts'

const text = (name: string, data: DictionaryColumn): NativeColumn => ({
  name,
  type: 'LowCardinality(String)',
  data,
})

/** Whole counts. What hostile lines sum up to beyond 2^53 is told as that, never wrapped around. */
function counter(name: string, values: Float64Array): NativeColumn {
  const data = new BigUint64Array(values.length)
  const halves = new Uint32Array(data.buffer)
  for (let row = 0; row < values.length; row++) {
    const value = Math.min(Math.round(values[row]), Number.MAX_SAFE_INTEGER)
    halves[row * 2] = value >>> 0
    halves[row * 2 + 1] = Math.floor(value / 4_294_967_296)
  }
  return { name, type: 'UInt64', data }
}

function seconds(minutes: Uint32Array): Uint32Array {
  const data = new Uint32Array(minutes.length)
  for (let row = 0; row < minutes.length; row++) data[row] = minutes[row] * 60
  return data
}

/** Rows of `report`, or null when the batch has none. */
export function encodeFlows(report: string, flows: FlowColumns): Uint8Array<ArrayBuffer> | null {
  const { rows } = flows
  if (rows === 0) return null
  const one = { dictionary: [Buffer.from(report)], index: new Uint32Array(rows) }
  return encodeNative(
    [
      text('report', one),
      { name: 'minute', type: 'DateTime', data: seconds(flows.minute) },
      text('stream', flows.stream),
      text('source', flows.source),
      text('format', flows.format),
      text('record', flows.record),
      text('src_ip', flows.srcIp),
      text('src_host', flows.srcHost),
      text('user', flows.user),
      text('device', flows.device),
      text('dst_host', flows.dstHost),
      text('dst_ip', flows.dstIp),
      { name: 'src_port', type: 'UInt16', data: flows.srcPort },
      { name: 'dst_port', type: 'UInt16', data: flows.dstPort },
      text('protocol', flows.protocol),
      text('app_protocol', flows.appProtocol),
      text('action', flows.action),
      text('app_hint', flows.appHint),
      text('category', flows.category),
      { name: 'transactions', type: 'UInt32', data: flows.transactions },
      counter('bytes_up', flows.bytesUp),
      { name: 'bytes_up_known', type: 'UInt32', data: flows.bytesUpKnown },
      counter('bytes_down', flows.bytesDown),
      { name: 'bytes_down_known', type: 'UInt32', data: flows.bytesDownKnown },
      counter('bytes_total', flows.bytesTotal),
      { name: 'bytes_total_known', type: 'UInt32', data: flows.bytesTotalKnown },
    ],
    rows,
  )
}

/** Unread lines of a segment, or null when there is none. */
export function encodeUnparsed(
  segment: string,
  report: string,
  lines: readonly UnparsedLine[],
): Uint8Array<ArrayBuffer> | null {
  const rows = lines.length
  if (rows === 0) return null
  const words = (name: string, of: (line: UnparsedLine) => string): NativeColumn => {
    const distinct = [...new Set(lines.map(of))]
    const places = new Map(distinct.map((word, i) => [word, i]))
    return text(name, {
      dictionary: distinct.map((word) => Buffer.from(word)),
      index: Uint32Array.from(lines, (line) => places.get(of(line)) ?? 0),
    })
  }
  return encodeNative(
    [
      words('segment', () => segment),
      words('report', () => report),
      {
        name: 'received',
        type: 'DateTime64(3)',
        data: BigInt64Array.from(lines, (line) => BigInt(Math.round(line.receivedAtMs))),
      },
      words('source', (line) => line.source),
      words('stream', (line) => line.stream),
      words('reason', (line) => line.reason),
      { name: 'text', type: 'String', data: lines.map((line) => line.text) },
      { name: 'bytes', type: 'UInt32', data: Uint32Array.from(lines, (line) => line.bytes) },
    ],
    rows,
  )
}

/** Hours (epoch ms) that the flows touch. */
export function hoursOf(flows: FlowColumns): number[] {
  const hours = new Set<number>()
  let last = -1
  for (let row = 0; row < flows.rows; row++) {
    const hour = Math.floor(flows.minute[row] / 60)
    if (hour !== last) hours.add((last = hour))
  }
  return [...hours].map((hour) => hour * 3_600_000)
}
