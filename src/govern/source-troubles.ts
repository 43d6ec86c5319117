/** What is wrong with who sends: clocks and zones that cannot be right, lines that look different since a change. */
import { apiLimits } from '../limits.ts'
import type { StreamState } from '../parse/batch.ts'
import { clockOf, driftShown, driftText } from '../report/stream-words.ts'
import type { Clock } from '../report/stream-words.ts'
import type { Trouble } from './system-alerts.ts'

type Wrong = 'zone' | 'ahead' | 'late'

const titles: Record<Wrong, string> = {
  zone: 'Stamps are read in the wrong zone',
  ahead: 'A clock is ahead',
  late: 'A clock is slow, or lines come late',
}

function isWrong(state: Clock['state']): state is Wrong {
  return state in titles
}

/** One trouble for each sender that is at fault. A sender that is silent for a day is no longer judged by its clock. */
export function sourceTroubles(streams: readonly StreamState[], nowMs: number): Trouble[] {
  return streams.flatMap((stream): Trouble[] => {
    const { source, peer, lastSeenMs } = stream
    const troubles: Trouble[] = []
    const { state, medianMs, text } = clockOf(stream)
    if (isWrong(state) && nowMs - lastSeenMs < apiLimits.sourceQuietMs)
      troubles.push({
        key: `clock|${state}|${source}|${peer}`,
        severity: state === 'late' ? 'low' : 'medium',
        title: `${titles[state]}: source ${source}`,
        detail: `${peer}: ${text}`,
        measures: { source, peer, seconds: medianMs === null ? null : medianMs / 1000 },
      })
    for (const notice of driftShown(stream, nowMs)) {
      if (notice.endedMs !== null) continue
      troubles.push({
        key: `lines-changed|${source}|${peer}|${notice.sinceMs}`,
        severity: 'medium',
        title: `Lines of source ${source} look different`,
        detail: `${peer}: ${driftText(notice)} Was the device upgraded, or what it logs changed? See gnomon sources --source ${source}; where fields are missing mend the definition, then replay.`,
        measures: { source, peer },
      })
    }
    return troubles
  })
}
