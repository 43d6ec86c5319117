/**
 * An alert as its viewer may see it: rows of his sources only, and pseudonyms where the console shows pseudonyms. What was summed over
 * sources that he does not see is not told to him either.
 */
import type { View } from '../access/viewer-store.ts'
import { pseudonymsOf } from '../access/pseudonyms.ts'
import type { PseudonymKind } from '../access/pseudonyms.ts'
import type { Alert, EvidenceRow } from '../govern/alerts.ts'
import type { Store } from '../store/store.ts'

/** A row of evidence, with the way to what stands behind it. */
export type ShownRow = EvidenceRow & { trace: string }
export type ShownAlert = Omit<Alert, 'evidence'> & { evidence: ShownRow[] }

const hourMs = 3_600_000

/** Alerts of a page, with one question for all names. Those of which nothing may be seen are left out. */
export async function viewedAlerts(
  store: Pick<Store, 'query'>,
  alerts: readonly Alert[],
  view: View,
): Promise<ShownAlert[]> {
  const { sources, masked } = view
  const sees = (source: string): boolean => sources === null || sources.includes(source)
  const hides = (source: string): boolean => masked === 'all' || masked.includes(source)
  const shown = alerts.flatMap((alert): Alert[] => {
    const evidence = alert.evidence.filter(({ source }) => sees(source))
    const about = alert.measures['source']
    const mine = typeof about === 'string' && sees(about)
    if (sources === null) return [alert]
    if (evidence.length === 0 && !mine) return []
    if (mine) return [{ ...alert, evidence }]
    const detail = 'Its figures are those of all sources; they are not shown to who sees some.'
    return [{ ...alert, evidence, detail, measures: {} }]
  })
  if (masked !== 'all' && masked.length === 0) return shown.map(withTrace)
  const names: Record<PseudonymKind, Set<string>> = {
    user: new Set(),
    device: new Set(),
    address: new Set(),
  }
  for (const { user, evidence } of shown) {
    if (user !== null) names.user.add(user)
    for (const row of evidence.filter(({ source }) => hides(source)))
      for (const kind of ['user', 'device', 'address'] as const)
        if (row[kind] !== null) names[kind].add(row[kind])
  }
  const of = {
    user: await pseudonymsOf(store, 'user', [...names.user], view.key),
    device: await pseudonymsOf(store, 'device', [...names.device], view.key),
    address: await pseudonymsOf(store, 'address', [...names.address], view.key),
  }
  const disguise = (kind: PseudonymKind, name: string | null): string | null =>
    name === null ? null : (of[kind].get(name) ?? name)
  return shown.map((alert) => {
    const evidence = alert.evidence.map((row) =>
      hides(row.source)
        ? {
            ...row,
            user: disguise('user', row.user),
            device: disguise('device', row.device),
            address: disguise('address', row.address),
          }
        : row,
    )
    const { user } = alert
    // a person of one hidden source is hidden as a whole: the alert has one name for all rows
    const hidden =
      user !== null && (masked === 'all' || alert.evidence.some(({ source }) => hides(source)))
    if (!hidden) return withTrace({ ...alert, evidence })
    const pseudonym = of.user.get(user) ?? ''
    const without = (text: string): string => text.replaceAll(user, pseudonym)
    return withTrace({
      ...alert,
      user: pseudonym,
      title: without(alert.title),
      detail: without(alert.detail),
      evidence,
    })
  })
}

function withTrace(alert: Alert): ShownAlert {
  return {
    ...alert,
    evidence: alert.evidence.map((row) => ({ ...row, trace: traceOf(alert.appId, row) })),
  }
}

/** The day's traffic of this row: rows of evidence are sums of a day that begin at their first hour. */
function traceOf(app: string | null, row: EvidenceRow): string {
  const { source, user, device, address, host } = row
  const fromMs = Date.parse(row.hour)
  const asked = Object.entries({ source, app, host, user, device, address }).filter(
    (entry): entry is [string, string] => entry[1] !== null && entry[1] !== '',
  )
  const period = {
    from: new Date(fromMs).toISOString(),
    to: new Date(Math.floor(fromMs / (24 * hourMs) + 1) * 24 * hourMs).toISOString(),
  }
  return `/api/v1/trace?${new URLSearchParams([...asked, ...Object.entries(period)]).toString()}`
}
