/** The raw lines behind a row of evidence, where the appliance still keeps them (publish.backup): as received, the oldest first. */
import { readFile } from 'node:fs/promises'
import { governLimits } from '../limits.ts'
import { uncounted } from '../publish/make-raw.ts'
import type { Backup } from '../spool/backup.ts'
import { kindCounted, kindLines, kindStream, readBlocks } from '../spool/segment.ts'
import type { EvidenceRow } from './alerts.ts'

export interface RawLine {
  receivedAt: string
  source: string
  stream: string
  text: string
}

export interface RawLines {
  lines: RawLine[]
  /** Whether all that is kept of that time was looked at. */
  whole: boolean
  /** Segments that were looked at; 0 = nothing of that time is kept any more. */
  segments: number
}

const hourMs = 3_600_000

/** Lines of these rows' sources, received in their time, that hold the host and one of the row's names or addresses. */
export async function rawLines(
  backup: Backup,
  rows: readonly EvidenceRow[],
  toMs: number,
): Promise<RawLines> {
  const found: RawLines = { lines: [], whole: true, segments: 0 }
  if (rows.length === 0) return found
  const wanted = rows.map(wantedOf)
  // a clock that is wrong by hours is no rule: an hour of grace on both sides
  const fromMs = Math.min(...rows.map(({ hour }) => Date.parse(hour))) - hourMs
  const lastMs = toMs + hourMs
  let bytes = 0
  for (const segment of backup.after('')) {
    // kept after it was stored: what was kept before that time holds nothing of it
    if (segment.keptMs < fromMs) continue
    if (segment.keptMs > lastMs + 24 * hourMs) break
    bytes += segment.bytes
    if (bytes > governLimits.rawBytes || found.lines.length >= governLimits.rawLines) {
      found.whole = false
      break
    }
    const buffer = await readFile(backup.path(segment)).catch(() => null)
    if (buffer === null) continue
    found.segments++
    take(buffer, wanted, { fromMs, lastMs }, found)
  }
  return found
}

interface Wanted {
  source: string
  host: string
  names: string[]
}

function wantedOf({ source, host, user, address, device }: EvidenceRow): Wanted {
  const names = [user, address, device].filter((one): one is string => one !== null && one !== '')
  // DOMAIN\name and name@domain are logged as name, too
  const short = names.flatMap((name) => {
    const part = name.includes('\\') ? name.split('\\').at(-1) : name.split('@')[0]
    return part !== undefined && part.length >= 3 ? [part] : []
  })
  const all = new Set([...names, ...short].map((name) => name.toLowerCase()))
  return { source, host: host.toLowerCase(), names: [...all] }
}

function take(
  buffer: Buffer,
  wanted: readonly Wanted[],
  { fromMs, lastMs }: { fromMs: number; lastMs: number },
  found: RawLines,
): void {
  const streams = new Map<number, { key: string; source: string }>()
  readBlocks(buffer, 0, buffer.length, ({ kind, stream, start, end, receivedAtMs, sound }) => {
    if (!sound) return
    if (kind === kindStream) {
      const told = JSON.parse(buffer.toString('utf8', start, end)) as {
        key: string
        source: string
      }
      streams.set(stream, told)
      return
    }
    const from = streams.get(stream)
    if (from === undefined || receivedAtMs < fromMs || receivedAtMs > lastMs) return
    const mine = wanted.filter(({ source }) => source === from.source)
    if (mine.length === 0 || (kind !== kindLines && kind !== kindCounted)) return
    const payload = buffer.subarray(start, end)
    const text = (kind === kindCounted ? uncounted(payload) : payload).toString('utf8')
    for (const line of text.split('\n')) {
      if (found.lines.length >= governLimits.rawLines) {
        found.whole = false
        return
      }
      const lower = line.toLowerCase()
      if (
        !mine.some(
          ({ host, names }) => lower.includes(host) && names.some((one) => lower.includes(one)),
        )
      )
        continue
      found.lines.push({
        receivedAt: new Date(receivedAtMs).toISOString(),
        source: from.source,
        stream: from.key,
        text: line.trimEnd().slice(0, governLimits.rawCharacters),
      })
    }
  })
}
