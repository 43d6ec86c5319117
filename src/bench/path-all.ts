/** The whole path in one appliance: TCP in rounds, UDP at rising rates, distinct values, and what the store took. */
import { readdirSync, statSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MemoryRow, PathRow } from './bench-tables.ts'
import { pathRate } from './bench-tables.ts'
import { median } from './median.ts'
import { distinctLines, valuesOfLine } from './memory-bench.ts'
import { benchPath, metricOf } from './path-bench.ts'
import type { Appliance } from './path-bench.ts'
import { mixed } from './samples.ts'

export const mixtureName = 'all of them, line by line'
/** Datagrams a second. */
const udpRates = [10_000, 30_000, 60_000, 100_000, 150_000]
/** Lines written to the file of distinct values at a time. */
const chunkLines = 100_000

export interface PathFile {
  name: string
  path: string
}

/** Files of the lines that are sent: all of a user's, two of the generated ones and the mixture. */
export async function pathFiles(
  folder: string,
  samples: ReadonlyMap<string, Buffer>,
): Promise<PathFile[]> {
  const own = [...samples.keys()].filter((name) => ['PAN-OS TRAFFIC', 'FortiGate'].includes(name))
  const names = own.length > 0 ? own : [...samples.keys()]
  const all = names.map((name): [string, Buffer] => [name, samples.get(name) ?? Buffer.alloc(0)])
  if (samples.size > 1) all.push([mixtureName, mixed(samples)])
  const files = all.map(([name], i) => ({ name, path: join(folder, `${i}.log`) }))
  for (const [i, { path }] of files.entries()) await writeFile(path, all[i][1])
  return files
}

/** The median of `rounds` rounds; memory is the most of all. */
export async function tcpRow(
  appliance: Appliance,
  { name, path }: PathFile,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<PathRow> {
  const figures = []
  for (let round = 0; round < rounds; round++)
    figures.push(await benchPath(appliance, path, { kind: 'tcp', seconds }))
  const peakBytes = Math.max(...figures.map((figure) => figure.peakBytes))
  return { name, ...median(figures, pathRate), peakBytes }
}

export async function udpRows(
  appliance: Appliance,
  { name, path }: PathFile,
  seconds: number,
): Promise<PathRow[]> {
  const rows: PathRow[] = []
  for (const rate of udpRates)
    rows.push({ name, ...(await benchPath(appliance, path, { kind: 'udp', seconds, rate })) })
  return rows
}

/** Bytes of the store for each row of flows so far. */
export async function bytesOfFlow(appliance: Appliance, folder: string): Promise<number> {
  const rows = await metricOf(appliance, 'gnomon_store_flows_total')
  return sizeOf(join(folder, 'data', 'store')) / Math.max(1, rows)
}

/** Of files that are there: the engine writes and merges parts meanwhile. */
function sizeOf(folder: string): number {
  let bytes = 0
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += sizeOf(path)
    else if (entry.isFile()) bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Sends lines with `values` distinct values, once. */
export async function memoryRow(
  appliance: Appliance,
  folder: string,
  { values, nowMs }: { values: number; nowMs: number },
): Promise<MemoryRow> {
  const path = join(folder, 'distinct.log')
  const count = Math.ceil(values / valuesOfLine)
  for (let from = 0; from < count; from += chunkLines)
    await appendFile(path, distinctLines(from, Math.min(chunkLines, count - from), nowMs))
  const name = 'gnomon_parse_dictionary_resets_total'
  const before = await metricOf(appliance, name)
  // the sender goes through its file once at least
  const figure = await benchPath(appliance, path, { kind: 'tcp', seconds: 0.001 })
  return {
    name: 'whole path, by TCP',
    values: count * valuesOfLine,
    lines: figure.stored,
    resets: (await metricOf(appliance, name)) - before,
    startBytes: null,
    peakBytes: figure.peakBytes,
  }
}
