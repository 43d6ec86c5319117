/** Samples of a metric, as the tables make them. */
import { apiLimits } from '../limits.ts'
import type { Sample } from './metric-table.ts'

export const one = (value: number): Sample[] => [{ labels: {}, value }]

/** A sample for each reason, up to `metricReasons` of them. */
export function byReason(counts: Record<string, number>): Sample[] {
  const samples = new Map<string, number>()
  for (const [reason, value] of Object.entries(counts)) {
    const known = samples.has(reason) || samples.size < apiLimits.metricReasons
    const name = known ? reason : 'other'
    samples.set(name, (samples.get(name) ?? 0) + value)
  }
  return Array.from(samples, ([reason, value]) => ({ labels: { reason }, value }))
}
