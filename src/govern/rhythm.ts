/**
 * Whether a source is silent against its own rhythm: how likely each hour of the week has lines is learned from the weeks before, and the
 * hours that passed without any are added up by it. An always-busy firewall is missed after three hours, an office proxy is not missed at
 * night, a weekly export not before three weeks. Pure.
 */

const hourMs = 3_600_000
const weekHours = 168
/** Hours with lines that may be missed before it is said. */
export const missedMax = 3
/** Hours of history below which nothing is said. */
const learnHours = 48

export interface Silence {
  silent: boolean
  /** Hours with lines that were to be expected since the last line. */
  missed: number
  hours: number
}

/** `active`: starts of hours (epoch ms) with lines, in any order; `nowMs` is not looked at beyond its last whole hour. */
export function silenceOf(active: readonly number[], lastSeenMs: number, nowMs: number): Silence {
  const none = { silent: false, missed: 0, hours: 0 }
  if (active.length === 0) return none
  const first = Math.floor(Math.min(...active) / hourMs)
  const lastHour = Math.floor(lastSeenMs / hourMs)
  const nowHour = Math.floor(nowMs / hourMs)
  // what is learned ends with the last line: the silence itself is no rhythm
  if (lastHour - first < learnHours) return none
  const hours = new Set(active.map((ms) => Math.floor(ms / hourMs)))
  let missed = 0
  for (let hour = lastHour + 1; hour < nowHour; hour++) {
    let seen = 0
    let weeks = 0
    for (let past = hour - weekHours; past >= first; past -= weekHours) {
      if (past > lastHour) continue
      weeks++
      if (hours.has(past)) seen++
    }
    missed += weeks > 0 ? seen / weeks : likelyByDay(hours, hour, first, lastHour)
  }
  const rounded = Math.round(missed * 100) / 100
  return { silent: rounded >= missedMax, missed: rounded, hours: nowHour - lastHour }
}

/** In the first week: the same hour of the days before. */
function likelyByDay(
  hours: ReadonlySet<number>,
  hour: number,
  first: number,
  lastHour: number,
): number {
  let seen = 0
  let days = 0
  for (let past = hour - 24; past >= first; past -= 24) {
    if (past > lastHour) continue
    days++
    if (hours.has(past)) seen++
  }
  return days === 0 ? 0 : seen / days
}
