/** What is wrong with what should leave the box: refused files, uploads and records that do not get on, reports that fail. */
import { publishLimits } from '../limits.ts'
import type { Job } from '../publish/outbox.ts'
import type { Trouble } from './system-alerts.ts'

/** What the publishing parts tell; their own status objects fit. */
export interface PublishState {
  jobs: readonly Pick<Job, 'upload' | 'state' | 'trouble' | 'made' | 'closed'>[]
  uploads: readonly { name: string; trouble: string | null }[]
  /** Kept raw segments that an upload still needed and that had to go. */
  lostSegments: number
  records: readonly { name: string; trouble: string | null; troubleMs: number | null }[]
  reports: { trouble: string | null }
}

export function publishTroubles(state: PublishState, nowMs: number): Trouble[] {
  const { jobs, uploads, records, reports, lostSegments } = state
  const troubles = refusals(jobs)
  for (const { name, trouble } of uploads) {
    const waiting = jobs.filter(
      (job) => job.upload === name && job.state !== 'refused' && job.state !== 'uncertain',
    )
    const oldestMs = Math.min(...waiting.map(({ made }) => Date.parse(made)))
    const lateMs = nowMs - oldestMs
    if (lateMs < publishLimits.lateMs || waiting.length === 0) continue
    troubles.push({
      key: `upload-late|${name}`,
      severity: 'medium',
      title: `Upload ${name} does not get on`,
      detail: `${waiting.length} files wait, the oldest for ${hours(lateMs)} hours: ${trouble ?? 'no answer yet'}. It is tried on.`,
      measures: { files: waiting.length, hours: hours(lateMs) },
    })
  }
  for (const { name, trouble, troubleMs } of records)
    if (trouble !== null && troubleMs !== null && nowMs - troubleMs >= publishLimits.lateMs)
      troubles.push({
        key: `records-late|${name}`,
        severity: 'medium',
        title: `Records ${name} are not taken`,
        detail: `For ${hours(nowMs - troubleMs)} hours: ${trouble}. They wait and are tried on.`,
      })
  if (reports.trouble !== null)
    troubles.push({
      key: 'scheduled-report',
      severity: 'low',
      title: 'A scheduled report could not be made or sent',
      detail: reports.trouble,
    })
  if (lostSegments > 0)
    troubles.push({
      key: 'upload-lost',
      severity: 'high',
      title: 'Raw lines were not uploaded',
      detail: `${lostSegments} segments had to go before an upload had read them: publish.outboxBytes was reached. Their merged usage is kept here.`,
      measures: { segments: lostSegments },
    })
  return troubles
}

/** One for each upload and day: a token that ended refuses every file, and is one event; a refusal of another day is news. */
function refusals(jobs: PublishState['jobs']): Trouble[] {
  const groups = new Map<string, typeof jobs>()
  for (const job of jobs) {
    if (job.state !== 'refused' && job.state !== 'uncertain') continue
    const key = `upload-${job.state}|${job.upload}|${(job.closed ?? job.made).slice(0, 10)}`
    groups.set(key, [...(groups.get(key) ?? []), job])
  }
  return [...groups].map(([key, some]): Trouble => {
    const { upload, state, trouble } = some[some.length - 1]
    const refused = state === 'refused'
    return {
      key,
      severity: refused ? 'high' : 'medium',
      title: refused
        ? `Files of upload ${upload} were refused`
        : `Files of upload ${upload} may have been taken or not`,
      detail: `${some.length} files; the last: ${trouble ?? 'no reason was given'}. Look at them (gnomon upload --list), mend the cause, then send them again or discard them.`,
      measures: { files: some.length },
    }
  })
}

function hours(ms: number): number {
  return Math.floor(ms / 3_600_000)
}
