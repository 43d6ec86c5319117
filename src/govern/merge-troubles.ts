/** Hours whose reports stand still because they cannot be merged. */
import type { Trouble } from './system-alerts.ts'

/** The merge's own status object fits. */
export interface MergeState {
  failing: readonly { report: string; hour: number; tries: number; reason: string }[]
}

/** One trouble for all of them: they mostly have one cause. The first try may fail for a passing reason. */
export function mergeTroubles({ failing }: MergeState): Trouble[] {
  const stuck = failing.filter(({ tries }) => tries > 1)
  if (stuck.length === 0) return []
  const oldest = Math.min(...stuck.map(({ hour }) => hour))
  return [
    {
      key: 'merge',
      severity: 'high',
      title: 'Hours cannot be merged',
      detail: `${stuck.length} hours, the oldest ${new Date(oldest * 1000).toISOString()}: ${stuck[0].reason}. Reports show what stood before; they are tried on. Give the store more memory (store.maxMemoryBytes) or space.`,
      measures: { hours: stuck.length },
    },
  ]
}

/** The same in a word, for readiness; null = nothing fails. */
export function mergeTroubleInWords({ failing }: MergeState): string | null {
  if (failing.length === 0) return null
  return `${failing.length} hours could not be merged and are tried again: ${failing[0].reason}`
}
