/** What the bench reads: generated lines of common devices, and the sample lines of every format with others' addresses and hosts. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  asa,
  blueCoat,
  blueCoatHeader,
  checkPoint,
  fortigate,
  panTraffic,
  panUrl,
  squid,
  zscaler,
} from '../generate/log-lines.ts'
import { Traffic } from '../generate/traffic.ts'
import type { Session } from '../generate/traffic.ts'
import type { FormatSet } from '../parse/formats.ts'
import { LineReader } from '../parse/line-reader.ts'
import { newReader } from '../parse/stream-reader.ts'

export const seed = 7

const generated: Record<string, (session: Session) => string> = {
  'PAN-OS TRAFFIC': panTraffic,
  'PAN-OS THREAT/url': panUrl,
  FortiGate: fortigate,
  'Squid native': squid,
  'Zscaler NSS CSV': zscaler,
  'Cisco ASA': asa,
  'Check Point': checkPoint,
  'Blue Coat W3C': blueCoat,
}

const people = 2000
/** What the devices of one person make a firewall or proxy write: few connections and requests, so that few add up. */
const linesPerPersonHour = 500

/** Lines of one device in the order of their times, as it writes them, until `toMs`. */
export function generatedLines(
  lineOf: (session: Session) => string,
  toMs: number,
  lineCount: number,
): string[] {
  const spanMs = (lineCount / (people * linesPerPersonHour)) * 3_600_000
  const spread = { seed, users: people, unknownHosts: 3000, fromMs: toMs - spanMs, toMs }
  const traffic = new Traffic(spread)
  return Array.from({ length: lineCount }, () => traffic.next())
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(lineOf)
}

/** Lines of all devices as bytes, by the device's name. */
export function generatedSamples(toMs: number, lineCount: number): Map<string, Buffer> {
  return new Map(
    Object.entries(generated).map(([name, lineOf]) => {
      const lines = generatedLines(lineOf, toMs, lineCount)
      const head = lineOf === blueCoat ? blueCoatHeader : []
      return [name, Buffer.from(`${[...head, ...lines].join('\n')}\n`, 'latin1')]
    }),
  )
}

/** A mixture of all samples, line by line, as devices behind one relay would give it. */
export function mixed(samples: ReadonlyMap<string, Buffer>): Buffer {
  const all = [...samples].filter(([name]) => name !== 'Blue Coat W3C').map(([, bytes]) => bytes)
  const at = all.map(() => 0)
  const pieces: Buffer[] = []
  for (let more = true; more;) {
    more = false
    for (const [k, bytes] of all.entries()) {
      if (at[k] >= bytes.length) continue
      const end = bytes.indexOf(10, at[k]) + 1
      pieces.push(bytes.subarray(at[k], end))
      at[k] = end
      more = true
    }
  }
  return Buffer.concat(pieces)
}

const sampleFolder = join(import.meta.dirname, '../../samples')

interface SampleFile {
  /** Header lines, then lines that became transactions. */
  heads: string[]
  lines: string[]
}

/**
 * Of each format the sample file with most transactions of it: its header lines, then these lines again and again up to
 * `bytes`, with other addresses, hosts and users where the line is still read. Formats of which no sample is shipped are not there.
 */
export function formatSamples(
  formats: FormatSet,
  bytes: number,
  nowMs: number,
): Map<string, Buffer> {
  const best = new Map<string, SampleFile>()
  for (const path of globSync('**/*.log', { cwd: sampleFolder }).toSorted())
    for (const [format, file] of linesOf(join(sampleFolder, path), formats, nowMs)) {
      if (file.lines.length > (best.get(format)?.lines.length ?? 0)) best.set(format, file)
    }
  return new Map(
    [...best]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([format, { heads, lines }]) => {
        const out = [...heads]
        let size = 0
        for (let i = 0; size < bytes; i++) {
          const line = varied(lines[i % lines.length], Math.floor(i / lines.length))
          out.push(line)
          size += line.length + 1
        }
        return [format, Buffer.from(`${out.join('\n')}\n`, 'latin1')] as const
      }),
  )
}

/** By format, for each stretch of the file under one header. */
function linesOf(path: string, formats: FormatSet, nowMs: number): [string, SampleFile][] {
  const reader = new LineReader(formats, newReader(null), null)
  const found: [string, SampleFile][] = []
  let files = new Map<string, SampleFile>()
  let heads: string[] = []
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const read = reader.read(Buffer.from(line, 'latin1'), nowMs)
    if (read.outcome === 'skipped' && ['directive', 'header'].includes(read.reason)) {
      if (files.size > 0) {
        found.push(...files)
        files = new Map()
        heads = []
      }
      heads.push(line)
    }
    if (read.outcome !== 'transaction') continue
    const file = files.get(read.format) ?? { heads, lines: [] }
    files.set(read.format, file)
    file.lines.push(line)
  }
  return [...found, ...files]
}

/** Private addresses and hosts below `example` get others of the same length: 200, and 10,000 where the word is long enough. */
function varied(line: string, round: number): string {
  const octet = String(round % 200).padStart(3, '1')
  const host = String(round % 10_000).padStart(4, '0')
  return line
    .replaceAll(
      /\b(10\.\d+\.\d+\.)(\d{1,3})\b/g,
      (_, net: string, last: string) => `${net}${Number(octet.slice(-last.length)) || 1}`,
    )
    .replaceAll(
      /\b([a-z]{4,})(?=\.example\.(?:com|net|org)\b)/g,
      (word) =>
        `${word.slice(0, -Math.min(4, word.length - 1))}${host.slice(-Math.min(4, word.length - 1))}`,
    )
}
