/** The bench's figures as columns, the same on a terminal and on a page. */
import { formatBytes, formatCount } from '../report/format.ts'
import type { BoxSize } from './box-size.ts'
import type { MemoryFigure } from './memory-bench.ts'
import type { ParseFigure } from './parse-bench.ts'
import type { PathFigure } from './path-bench.ts'

/** As commands/table.ts takes them. */
interface Column<Row> {
  title: string
  text: (row: Row) => string
  right?: boolean
  width?: number
}

const megabytes = (perSecond: number): string => (perSecond / 1e6).toFixed(0)
const gbAnHour = (perSecond: number): string => ((perSecond * 3600) / 1e9).toFixed(0)
const whole = (count: number): string => formatCount(Math.round(count))

export const parseColumns: readonly Column<ParseFigure & { name: string }>[] = [
  { title: 'Parse alone, one core', text: ({ name }) => name },
  { title: 'Format', text: ({ format }) => format },
  { title: 'MB/s', right: true, text: ({ perSecond }) => megabytes(perSecond) },
  { title: 'GB/hour', right: true, text: ({ perSecond }) => gbAnHour(perSecond) },
  { title: 'Lines/s', right: true, text: ({ linesPerSecond }) => whole(linesPerSecond) },
  {
    title: 'Read',
    right: true,
    text: ({ transactions, lines }) => `${((100 * transactions) / lines).toFixed(1)}%`,
  },
  // what aggregation leaves to encode and store
  { title: 'Flows a line', right: true, text: ({ flowShare }) => flowShare.toFixed(2) },
]

export interface PathRow extends PathFigure {
  name: string
}

export const pathRate = ({ bytes, storedSeconds }: PathFigure): number => bytes / storedSeconds

export const tcpColumns: readonly Column<PathRow>[] = [
  { title: 'TCP to store, sender beside it', text: ({ name }) => name },
  { title: 'MB/s', right: true, text: (row) => megabytes(pathRate(row)) },
  { title: 'GB/hour', right: true, text: (row) => gbAnHour(pathRate(row)) },
  { title: 'Lines/s', right: true, text: (row) => whole(row.stored / row.storedSeconds) },
  {
    title: 'Stored',
    right: true,
    text: ({ stored, lines }) => `${whole(stored)} of ${whole(lines)}`,
  },
  {
    title: 'CPU s/GB',
    right: true,
    text: (row) => (row.cpuSeconds / (row.bytes / 1e9)).toFixed(1),
  },
  { title: 'Peak memory', right: true, text: ({ peakBytes }) => formatBytes(peakBytes) },
]

/** The sender waits this long behind its last datagram. */
const lingerSeconds = 0.2

export const udpColumns: readonly Column<PathRow>[] = [
  {
    title: 'UDP datagrams/s',
    right: true,
    text: ({ lines, seconds }) => whole(lines / Math.max(0.001, seconds - lingerSeconds)),
  },
  { title: 'Bytes each', right: true, text: ({ bytes, lines }) => whole(bytes / lines) },
  { title: 'MB/s', right: true, text: ({ bytes, seconds }) => megabytes(bytes / seconds) },
  { title: 'Lost', right: true, text: ({ lines, stored }) => whole(lines - stored) },
  {
    title: 'Lost, %',
    right: true,
    text: ({ lines, stored }) => ((100 * (lines - stored)) / lines).toFixed(3),
  },
  { title: 'Of them in the ledger', right: true, text: ({ dropped }) => whole(dropped) },
]

export interface MemoryRow {
  name: string
  values: number
  lines: number
  resets: number
  startBytes: number | null
  peakBytes: number
}

export const memoryColumns: readonly Column<MemoryRow>[] = [
  { title: 'Distinct users, hosts, addresses', text: ({ name }) => name },
  { title: 'Values', right: true, text: ({ values }) => whole(values) },
  { title: 'Lines', right: true, text: ({ lines }) => whole(lines) },
  {
    title: 'Memory before',
    right: true,
    text: ({ startBytes }) => (startBytes === null ? '' : formatBytes(startBytes)),
  },
  { title: 'Most', right: true, text: ({ peakBytes }) => formatBytes(peakBytes) },
  { title: 'Dictionaries begun anew', right: true, text: ({ resets }) => whole(resets) },
]

export const curveColumns: readonly Column<MemoryFigure['curve'][number]>[] = [
  { title: 'Values read', right: true, text: ({ values }) => whole(values) },
  { title: 'Memory', right: true, text: ({ residentBytes }) => formatBytes(residentBytes) },
  { title: 'Begun anew', right: true, text: ({ resets }) => whole(resets) },
]

export const boxColumns: readonly Column<BoxSize>[] = [
  { title: 'GB of logs an hour', right: true, text: ({ gbPerHour }) => whole(gbPerHour) },
  { title: 'Cores', right: true, text: ({ cores }) => whole(cores) },
  { title: 'Memory, GB', right: true, text: ({ memoryGb }) => whole(memoryGb) },
  { title: 'Disk, GB a day', right: true, text: ({ diskGbPerDay }) => diskGbPerDay.toFixed(1) },
]
