/** How long something still takes, from how far it came. */
import { formatNoun } from '../../report/format.ts'

/** `12 seconds`, `4 minutes`, `2 hours`; rounded up, since nobody minds being early. */
export function durationWords(seconds: number): string {
  if (seconds <= 90) return formatNoun(Math.max(1, Math.ceil(seconds)), 'second')
  if (seconds <= 90 * 60) return formatNoun(Math.ceil(seconds / 60), 'minute')
  return formatNoun(Math.ceil(seconds / 3600), 'hour')
}

/** Seconds left at the pace since the start; null while too little was seen to tell. */
export function secondsLeft(
  done: { from: number; now: number; whole: number },
  elapsedMs: number,
): number | null {
  const came = done.now - done.from
  if (elapsedMs < 1500 || came <= 0 || done.now >= done.whole) return null
  return ((done.whole - done.now) / came) * (elapsedMs / 1000)
}

/** What a reason is about: the field that a line lacks, in words. */
const fields: [RegExp, string][] = [
  [/\btime\b/, 'time'],
  [/destination/, 'destination host or address'],
  [/no source|source address/, 'source address, user or device'],
  [/columns/, 'number of columns'],
  [/message text/, 'text of the message'],
  [/kind of record/, 'kind of record'],
  [/no format|not recognised/, 'the whole line'],
]

/** null = the reason names none. */
export function fieldOfReason(reason: string): string | null {
  return fields.find(([pattern]) => pattern.test(reason))?.[1] ?? null
}
