/** Baselines over merged usage: who, and which app, uploaded on a day what is not usual for him or it. */
import type { Store } from '../store/store.ts'
import { governLimits } from '../limits.ts'
import type { Alert, Alerts } from './alerts.ts'
import { baselineDefaults, commonFactorOf, judgeDay, median } from './baseline.ts'
import type { DayValue, Judgement } from './baseline.ts'
import { evidenceOf } from './policy-run.ts'

const dayMs = 86_400_000
const everybody = { sources: [], members: null } as const

type Subject = 'user' | 'app_id'

interface Series {
  name: string
  days: number[]
  bytes: number[]
}

/** Upload of each day since the baseline's beginning, of those who uploaded on that day. */
async function seriesOf(store: Store, subject: Subject, day: number): Promise<Series[]> {
  const first = Math.max(0, day - governLimits.baselineDays)
  return store.query<Series>(
    `SELECT name, groupArray(day) AS days, groupArray(bytes) AS bytes FROM (
       SELECT toString(${subject}) AS name, toUnixTimestamp(toStartOfDay(hour)) / 86400 AS day, sum(bytes_up) AS bytes
       FROM db.current_usage AS usage
       WHERE report = 'continuous' AND ${subject} != '' AND infrastructure = 0 AND action != 'blocked'
         AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
       GROUP BY name, day ORDER BY name, day)
     GROUP BY name HAVING max(day) = {day:UInt32} ORDER BY name LIMIT {limit:UInt32}`,
    { from: first * 86_400, to: (day + 1) * 86_400, day, limit: governLimits.baselineSeries },
  )
}

export interface Unusual {
  subject: Subject
  name: string
  bytes: number
  judgement: Judgement
}

/** Unusual uploads of a day (days since 1970), those furthest from the usual first. */
export async function unusualUploads(
  store: Store,
  subject: Subject,
  day: number,
): Promise<Unusual[]> {
  const all = await seriesOf(store, subject, day)
  const series = all.map(({ name, days, bytes }) => ({
    name,
    history: days.map((one, i): DayValue => ({ day: one, bytes: bytes[i] })),
    today: bytes[days.indexOf(day)],
  }))
  const ratios = series.flatMap(({ history, today }) => {
    const before = history.filter((one) => one.day < day && one.day % 7 === day % 7)
    const usual = before.length === 0 ? 0 : median(before.map(({ bytes }) => bytes))
    return usual > 0 ? [today / usual] : []
  })
  const factor = commonFactorOf(ratios)
  return series
    .flatMap(({ name, history, today }): Unusual[] => {
      const judgement = judgeDay(history, { day, bytes: today }, baselineDefaults, factor)
      return judgement?.unusual === true ? [{ subject, name, bytes: today, judgement }] : []
    })
    .sort((a, b) => b.judgement.score - a.judgement.score)
}

/** New alerts for a day. A leak of one person to one app is one event: the app's alert is not raised beside the person's. */
export async function runBaselines(
  store: Store,
  alerts: Alerts,
  nameOf: (appId: string) => string,
  dayStartMs: number,
): Promise<Alert[]> {
  const day = Math.floor(dayStartMs / dayMs)
  const raised: Alert[] = []
  const told = new Set<string>()
  for (const { name, bytes, judgement } of await unusualUploads(store, 'user', day)) {
    if (raised.length >= governLimits.alertsPerDay) break
    const about = { appId: null, user: name, part: everybody }
    const evidence = await evidenceOf(store, about, dayStartMs, dayStartMs + dayMs)
    const appId = await topApp(store, name, dayStartMs)
    if (appId !== null) told.add(appId)
    const alert = await alerts.raise({
      key: `baseline|user|${name}|${day}`,
      kind: 'baseline',
      severity: judgement.score > 6 ? 'high' : 'medium',
      title: `Unusual upload by ${name}${appId === null ? '' : `, mostly to ${nameOf(appId)}`}`,
      detail: words(bytes, judgement),
      policy: null,
      appId,
      app: appId === null ? null : nameOf(appId),
      user: name,
      measures: { bytesUp: bytes, ...judgement, unusual: null },
      evidence,
      ...span(dayStartMs),
    })
    if (alert !== null) raised.push(alert)
  }
  for (const { name, bytes, judgement } of await unusualUploads(store, 'app_id', day)) {
    if (told.has(name) || raised.length >= governLimits.alertsPerDay) continue
    const about = { appId: name, user: null, part: everybody }
    const alert = await alerts.raise({
      key: `baseline|app|${name}|${day}`,
      kind: 'baseline',
      severity: 'medium',
      title: `Unusual upload to ${nameOf(name)}`,
      detail: words(bytes, judgement),
      policy: null,
      appId: name,
      app: nameOf(name),
      user: null,
      measures: { bytesUp: bytes, ...judgement, unusual: null },
      evidence: await evidenceOf(store, about, dayStartMs, dayStartMs + dayMs),
      ...span(dayStartMs),
    })
    if (alert !== null) raised.push(alert)
  }
  return raised
}

function span(dayStartMs: number): { from: string; to: string } {
  return {
    from: new Date(dayStartMs).toISOString(),
    to: new Date(dayStartMs + dayMs).toISOString(),
  }
}

function words(bytes: number, { usualBytes, highBytes, days, score }: Judgement): string {
  const mega = (value: number): string => `${(value / 1e6).toFixed(1)} MB`
  return `${mega(bytes)} uploaded on that day; usual are ${mega(usualBytes)}, busy days have ${mega(highBytes)} (${days} days looked at, ${score} robust deviations).`
}

async function topApp(store: Store, user: string, dayStartMs: number): Promise<string | null> {
  const [row] = await store.query<{ app_id: string; part: number }>(
    `SELECT toString(app_id) AS app_id, sum(bytes_up) / max(sum(bytes_up)) OVER () AS part FROM db.current_usage AS usage
     WHERE report = 'continuous' AND user = {user:String} AND infrastructure = 0 AND app_id != ''
       AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
     GROUP BY app_id ORDER BY sum(bytes_up) DESC LIMIT 1`,
    { user, from: dayStartMs / 1000, to: (dayStartMs + dayMs) / 1000 },
  )
  return row?.app_id ?? null
}
