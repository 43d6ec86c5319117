/** What an administrator is told of feeds by alert: one that is silent, one that does not go on; and which sources feeds answer for. */
import type { DefenderConfig } from '../config/defender-schema.ts'
import { defenderLimits } from '../limits.ts'
import type { FeedStatus } from './feed.ts'

/** As an alert on the appliance itself. */
export interface FeedAlarm {
  /** Same text = same trouble. */
  key: string
  severity: 'medium' | 'high'
  title: string
  detail: string
  measures: Record<string, number | string | null>
}

/** Alarms that hold now: a feed that is both late and failing is told once, with what fails. */
export function feedAlarms(feeds: readonly FeedStatus[], nowMs: number): FeedAlarm[] {
  return feeds.flatMap((feed): FeedAlarm[] => {
    const { name, source, silent, trouble, lastDataMs, failingSinceMs } = feed
    const failing =
      failingSinceMs !== null && nowMs - failingSinceMs >= defenderLimits.failingAlarmMs
    if (!silent && !failing) return []
    const last = lastDataMs === null ? null : new Date(lastDataMs).toISOString()
    const since = last === null ? 'Nothing came yet' : `Nothing came since ${last.slice(0, 16)}Z`
    const why = trouble === null ? 'It answers and has no rows.' : `${trouble}.`
    return [
      {
        key: `feed|${name}`,
        severity: silent ? 'high' : 'medium',
        title: silent ? `Feed ${name} is late` : `Feed ${name} does not go on`,
        detail: silent
          ? `${since}: hours without rows of ${source} are not complete. ${why} See gnomon sources --source "${source}".`
          : `${why} Nothing is skipped meanwhile. See gnomon sources --source "${source}".`,
        measures: { feed: name, source, lastData: last, failures: sumOf(feed.failures) },
      },
    ]
  })
}

function sumOf(failures: Readonly<Record<string, number>>): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}

/** Sources that feeds bring by themselves, each with the time it may be silent: that of its most talkative feed. */
export function expectedAgents(config: DefenderConfig): { source: string; silentMs: number }[] {
  const feeds = [...config.storage, ...config.hunting, ...config.eventHubs]
  const sources = new Map<string, number>()
  for (const { source, silentMinutes } of feeds)
    sources.set(source, Math.min(sources.get(source) ?? Infinity, silentMinutes * 60_000))
  return Array.from(sources, ([source, silentMs]) => ({ source, silentMs }))
}
