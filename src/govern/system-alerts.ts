/** What is wrong with the appliance itself: silent sources, drifting formats, a full disk, and what other parts say. */
import { statfs } from 'node:fs/promises'
import type { Store } from '../store/store.ts'
import type { Event } from './alerts.ts'
import type { Severity } from './policy.ts'
import { silenceOf } from './rhythm.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A condition that holds now. Another part of the appliance (feeds, uploads) tells its own. */
export interface Trouble {
  /** Same text = same trouble. */
  key: string
  severity: Severity
  title: string
  detail: string
  measures?: Record<string, number | string | null>
}

export function eventOf(trouble: Trouble, nowMs: number): Event {
  const { key, severity, title, detail, measures = {} } = trouble
  const at = new Date(nowMs).toISOString()
  return {
    key,
    kind: 'system',
    severity,
    title,
    detail,
    policy: null,
    appId: null,
    app: null,
    user: null,
    measures,
    evidence: [],
    from: at,
    to: at,
  }
}

/** Sources that are silent against their rhythm. `lastSeen`: latest line of each source (epoch ms), newer than the ledger's hours. */
export async function silentSources(
  store: Store,
  lastSeen: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<Trouble[]> {
  const rows = await store.query<{ source: string; hours: number[] }>(
    `SELECT toString(source) AS source, groupUniqArray(toUnixTimestamp(hour)) AS hours FROM db.ledger
     WHERE report = 'continuous' AND outcome = 'received' AND lines > 0 AND hour >= toDateTime({from:UInt32}, 'UTC') GROUP BY source`,
    { from: Math.floor((nowMs - 35 * dayMs) / 1000) },
  )
  return rows.flatMap(({ source, hours }): Trouble[] => {
    const active = hours.map((seconds) => seconds * 1000)
    const last = Math.max(lastSeen.get(source) ?? 0, ...active)
    const { silent, missed, hours: quiet } = silenceOf(active, last, nowMs)
    if (!silent) return []
    return [
      {
        key: `silent|${source}|${last}`,
        severity: 'high',
        title: `Source ${source} is silent`,
        detail: `No line for ${quiet} hours; by its own rhythm ${missed} hours with lines were to be expected. See gnomon sources.`,
        measures: { source, hours: quiet, missed, lastSeen: new Date(last).toISOString() },
      },
    ]
  })
}

/** Sources of whose lines more are unread than before: a firmware that writes another way. */
export async function driftingSources(store: Store, nowMs: number): Promise<Trouble[]> {
  const rows = await store.query<{
    source: string
    now_unread: number
    now_all: number
    unread: number
    all: number
  }>(
    `SELECT toString(source) AS source,
       sumIf(lines, outcome = 'unparsed' AND hour >= toDateTime({day:UInt32}, 'UTC')) AS now_unread,
       sumIf(lines, outcome = 'received' AND hour >= toDateTime({day:UInt32}, 'UTC')) AS now_all,
       sumIf(lines, outcome = 'unparsed' AND hour < toDateTime({day:UInt32}, 'UTC')) AS unread,
       sumIf(lines, outcome = 'received' AND hour < toDateTime({day:UInt32}, 'UTC')) AS all
     FROM db.ledger WHERE report = 'continuous' AND hour >= toDateTime({from:UInt32}, 'UTC') GROUP BY source`,
    { day: Math.floor((nowMs - dayMs) / 1000), from: Math.floor((nowMs - 15 * dayMs) / 1000) },
  )
  return rows.flatMap(({ source, now_unread, now_all, unread, all }): Trouble[] => {
    if (now_all < 100 || all < 100) return []
    const [now, before] = [now_unread / now_all, unread / all]
    if (now < 0.05 || now < 3 * before) return []
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    return [
      {
        key: `drift|${source}`,
        severity: 'medium',
        title: `Lines of source ${source} are read worse than before`,
        detail: `${percent(now)} of the last day's lines could not be read, ${percent(before)} in the two weeks before. See gnomon ledger --source, then mend the definition and replay.`,
        measures: { source, share: now, before },
      },
    ]
  })
}

/** Below a tenth, or 2 GB. */
export async function diskTrouble(dataDir: string): Promise<Trouble[]> {
  const { bavail, blocks, bsize } = await statfs(dataDir)
  return diskTroubleOf(bavail * bsize, blocks * bsize)
}

export function diskTroubleOf(freeBytes: number, allBytes: number): Trouble[] {
  const bound = Math.max(allBytes / 10, 2e9)
  if (freeBytes >= bound) return []
  return [
    {
      key: 'disk',
      severity: freeBytes < bound / 4 ? 'high' : 'medium',
      title: 'The data disk is nearly full',
      detail: `${(freeBytes / 1e9).toFixed(1)} GB of ${(allBytes / 1e9).toFixed(1)} GB are free. Lower store.retentionDays or spool.maxBytes, or give it more space.`,
      measures: { freeBytes, allBytes },
    },
  ]
}
