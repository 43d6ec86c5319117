/** When an upload is due: by size, by time, by schedule. Kept apart from the work, so that it can be looked at with any clock. */
import type { ScheduledTask } from 'node-cron'
import { elapsedMs } from '../lib/elapsed.ts'

export interface DueRule {
  everyBytes: number
  everyMs: number
}

export interface Waiting {
  /** An estimate will do. */
  bytes: number
  /** When the oldest of it could have gone, epoch ms; null = nothing waits. */
  sinceMs: number | null
}

export type DueReason = 'size' | 'time' | 'schedule' | 'asked'

/** Why it is due, or null. `called`: the schedule fired, or a person asked. */
export function dueReason(
  rule: DueRule,
  waiting: Waiting,
  called: 'schedule' | 'asked' | null,
  nowMs: number,
): DueReason | null {
  if (waiting.sinceMs === null) return null
  if (called !== null) return called
  if (waiting.bytes >= rule.everyBytes) return 'size'
  return elapsedMs(waiting.sinceMs, nowMs) >= rule.everyMs ? 'time' : null
}

/** Calls at the times of a cron expression in a zone, until it is stopped. */
export async function atTimes(
  expression: string,
  zone: string,
  call: () => void,
): Promise<ScheduledTask> {
  const { schedule } = await import('node-cron')
  return schedule(expression, call, { timezone: zone })
}
