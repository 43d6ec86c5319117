/** Holds policies against a day of merged usage: one question for each policy, one alert for each app. */
import { formatNoun } from '../report/format.ts'
import type { Store } from '../store/store.ts'
import { governLimits } from '../limits.ts'
import type { Alert, Alerts, EvidenceRow } from './alerts.ts'
import { concerns, exceeds } from './policy.ts'
import type { AppDay, AppKnowledge, Policy } from './policy.ts'

const dayMs = 86_400_000

/** Which users a policy counts: `groups` as the groups' members stand in db.governed would be a join; they are few, so they are bound. */
const inPart = `report = 'continuous' AND app_id != '' AND infrastructure = 0
  AND (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
  AND ({grouped:UInt8} = 0 OR lowerUTF8(user) IN {members:Array(String)})`

interface DayRow extends Omit<AppDay, 'appId' | 'bytesTotal' | 'bytesUp' | 'bytesDown'> {
  app_id: string
  app: string
  up: number | null
  down: number | null
  total: number | null
}

export interface PolicyPart {
  sources: readonly string[]
  /** Members of the policy's groups in lower case; null = all users. */
  members: readonly string[] | null
}

function paramsOf(part: PolicyPart, fromMs: number, toMs: number): Record<string, unknown> {
  return {
    sources: part.sources,
    grouped: part.members === null ? 0 : 1,
    members: part.members ?? [],
    from: Math.floor(fromMs / 1000),
    to: Math.floor(toMs / 1000),
  }
}

async function appsOfDay(
  store: Store,
  part: PolicyPart,
  dayStartMs: number,
): Promise<(AppDay & { app: string })[]> {
  const rows = await store.query<DayRow>(
    `SELECT toString(app_id) AS app_id, any(usage.app) AS app, any(usage.category) AS category, any(usage.score) AS score,
       uniqExactIf(user, user != '') AS users, uniqExactIf(src_ip, src_ip != '') AS addresses,
       uniqExactIf(device, device != '') AS devices, sum(usage.transactions) AS transactions,
       if(sum(bytes_up_known) = 0, NULL, sum(bytes_up)) AS up, if(sum(bytes_down_known) = 0, NULL, sum(bytes_down)) AS down,
       if(sum(bytes_total_known) = 0, NULL, sum(bytes_total)) AS total
     FROM db.current_usage AS usage WHERE ${inPart}
       AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
     GROUP BY app_id`,
    paramsOf(part, dayStartMs, dayStartMs + dayMs),
  )
  return rows.map(({ app_id, up, down, total, ...row }) => ({
    ...row,
    appId: app_id,
    bytesUp: up,
    bytesDown: down,
    bytesTotal: total,
  }))
}

/** Apps seen in the days before; and whether there is any usage so far back that "not seen" means something. */
async function seenBefore(
  store: Store,
  part: PolicyPart,
  dayStartMs: number,
  days: number,
): Promise<{ apps: Set<string>; firstMs: number | null }> {
  const rows = await store.query<{ app_id: string; first: number }>(
    `SELECT toString(app_id) AS app_id, toUnixTimestamp(min(hour)) AS first FROM db.current_usage AS usage WHERE ${inPart}
       AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC') GROUP BY app_id`,
    paramsOf(part, Math.max(0, dayStartMs - days * dayMs), dayStartMs),
  )
  const firstMs = rows.length === 0 ? null : Math.min(...rows.map(({ first }) => first)) * 1000
  return { apps: new Set(rows.map(({ app_id }) => app_id)), firstMs }
}

/** The rows of an app, or a person, with the most uploaded. */
export async function evidenceOf(
  store: Store,
  about: { appId: string | null; user: string | null; part: PolicyPart },
  fromMs: number,
  toMs: number,
): Promise<EvidenceRow[]> {
  return store.query<EvidenceRow>(
    `SELECT min(hour) AS hour, toString(source) AS source, nullIf(toString(user), '') AS user, nullIf(toString(device), '') AS device,
       nullIf(toString(src_ip), '') AS address, toString(host) AS host, sum(usage.transactions) AS transactions,
       if(sum(bytes_up_known) = 0, NULL, sum(bytes_up)) AS bytesUp, if(sum(bytes_down_known) = 0, NULL, sum(bytes_down)) AS bytesDown
     FROM db.current_usage AS usage WHERE ${inPart}
       AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
       AND ({app:String} = '' OR app_id = {app:String}) AND ({user:String} = '' OR user = {user:String})
     GROUP BY source, user, device, src_ip, host ORDER BY ifNull(bytesUp, 0) + ifNull(bytesDown, 0) DESC, sum(usage.transactions) DESC LIMIT {rows:UInt32}`,
    {
      ...paramsOf(about.part, fromMs, toMs),
      app: about.appId ?? '',
      user: about.user ?? '',
      rows: governLimits.evidenceRows,
    },
  )
}

export interface PolicyRun {
  id: string
  policy: Policy
  part: PolicyPart
  knowledge: (appId: string) => AppKnowledge
}

/** Days of usage that must lie before a day on which "new" is said: in the first week everything is new. */
const learnDays = 7

/** New alerts of one policy for one day (UTC). */
export async function runPolicy(
  store: Store,
  alerts: Alerts,
  { id, policy, part, knowledge }: PolicyRun,
  dayStartMs: number,
  nowMs: number,
): Promise<Alert[]> {
  let apps = (await appsOfDay(store, part, dayStartMs)).filter(
    (app) => concerns(policy, app, knowledge(app.appId)) && exceeds(policy, app),
  )
  if (apps.length > 0 && policy.newDays > 0) {
    const before = await seenBefore(store, part, dayStartMs, policy.newDays)
    const learned = before.firstMs !== null && before.firstMs <= dayStartMs - learnDays * dayMs
    apps = learned ? apps.filter(({ appId }) => !before.apps.has(appId)) : []
  }
  const raised: Alert[] = []
  let today = await alerts.countOf(id, Math.floor(nowMs / dayMs) * dayMs)
  for (const app of apps) {
    const known = await alerts.countOf(id, nowMs - policy.repeatDays * dayMs, app.appId)
    const period = new Date(dayStartMs).toISOString().slice(0, 10)
    // told before on another day; on the same day its figures are brought up to date
    const key = `policy|${id}|${app.appId}|${period}`
    if (known > 0 && !(await alerts.has(key))) continue
    if (known === 0 && today >= policy.alertsPerDay) continue
    const alert = await alerts.raise({
      key,
      kind: 'policy',
      severity: policy.severity,
      title: `${policy.name}: ${app.app}`,
      detail: sentence(app),
      policy: id,
      appId: app.appId,
      app: app.app,
      user: null,
      measures: { ...app },
      evidence: await evidenceOf(
        store,
        { appId: app.appId, user: null, part },
        dayStartMs,
        dayStartMs + dayMs,
      ),
      from: new Date(dayStartMs).toISOString(),
      to: new Date(dayStartMs + dayMs).toISOString(),
    })
    if (alert === null) continue
    today++
    raised.push(alert)
  }
  return raised
}

function sentence(app: AppDay): string {
  const megabytes = (bytes: number | null): string =>
    bytes === null ? 'unknown' : `${(bytes / 1e6).toFixed(1)} MB`
  return `${formatNoun(app.users, 'user')}, ${formatNoun(app.addresses, 'address', 'addresses')}, ${formatNoun(app.devices, 'device')}, ${formatNoun(app.transactions, 'transaction')}; ${megabytes(app.bytesUp)} up, ${megabytes(app.bytesDown)} down on that day.`
}
