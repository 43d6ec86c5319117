/** The few sentences a manager reads: what stands out in a report, in plain text, most important first. */

import { formatBytes, formatCount, formatNoun, formatShare, shareOf } from './format.ts'
import { ledgerTotals } from './data-quality.ts'
import { byVolume, measureOf } from './measure.ts'
import type { Report } from './report.ts'
import { bandOf } from './risk.ts'
import { cut, visible } from './text.ts'

export interface Finding {
  tone: 'info' | 'attention'
  text: string
}

/** At most six sentences; none for a report without transactions. */
export function findings(report: Report): Finding[] {
  if (report.totals.transactions === 0) return []
  return [
    highRisk(report),
    largestCategory(report),
    uploads(report),
    unknownServices(report),
    blocked(report),
    unread(report),
  ].filter((finding) => finding !== null)
}

function highRisk(report: Report): Finding | null {
  const apps = byVolume(report.apps.filter((app) => bandOf(app.score) === 'high'))
  const first = apps[0]
  if (first === undefined) return null
  const measure = measureOf(report)
  const band = report.risk.find((entry) => entry.band === 'high')
  const part = band ? measure.of(band) : null
  const share = shareOf(part, measure.of(report.totals))
  const carried =
    part === null || share === null
      ? ''
      : `, with ${measure.format(part)} or ${formatShare(share)} of the ${measure.word}`
  const most = apps.length === 1 ? quoted(first.name) : `the largest is ${quoted(first.name)}`
  return {
    tone: 'attention',
    text: `${formatNoun(apps.length, 'app')} in use ${apps.length === 1 ? 'is' : 'are'} rated high risk${carried}; ${most}, ${formatNoun(first.users, 'user')}.`,
  }
}

function largestCategory(report: Report): Finding | null {
  const measure = measureOf(report)
  const first = report.categories.toSorted(
    (one, other) => (measure.of(other) ?? 0) - (measure.of(one) ?? 0),
  )[0]
  const share = first ? shareOf(measure.of(first), measure.of(report.totals)) : null
  if (first === undefined || share === null) return null
  return {
    tone: 'info',
    text: `${quoted(first.category)} is the largest category: ${formatNoun(first.apps, 'app')}, ${formatShare(share)} of the ${measure.word}.`,
  }
}

function uploads(report: Report): Finding | null {
  const first = report.apps.toSorted((one, other) => (other.bytesUp ?? 0) - (one.bytesUp ?? 0))[0]
  if (first === undefined || !first.bytesUp) return null
  const share = shareOf(first.bytesUp, report.totals.bytesUp)
  const part = share === null ? '' : ` (${formatShare(share)} of all uploads)`
  return {
    tone: 'info',
    text: `Most data left to ${quoted(first.name)}: ${formatBytes(first.bytesUp)} uploaded${part}.`,
  }
}

function unknownServices(report: Report): Finding | null {
  const first = byVolume(report.unknown)[0]
  if (first === undefined) return null
  const measure = measureOf(report)
  const total = measure.of(first)
  return {
    tone: 'attention',
    text: `${formatNoun(report.totals.unknownDomains, 'destination')} ${report.totals.unknownDomains === 1 ? 'is' : 'are'} in no catalog; the largest is ${quoted(first.domain)}${total === null ? '' : ` with ${measure.format(total)}`}.`,
  }
}

function blocked(report: Report): Finding | null {
  const { totals } = report
  if (totals.blocked === 0) return null
  const share = formatShare(shareOf(totals.blocked, totals.transactions))
  return {
    tone: 'info',
    text: `${formatNoun(totals.blocked, 'transaction')} (${share}) ${totals.blocked === 1 ? 'was' : 'were'} blocked.`,
  }
}

function unread(report: Report): Finding | null {
  const sums = ledgerTotals(report.sources)
  if (sums.unbalanced > 0) {
    return {
      tone: 'attention',
      text: `The ledger of ${formatNoun(sums.unbalanced, 'source')} does not balance: see data quality.`,
    }
  }
  const lost = sums.unparsed + sums.dropped
  if (lost === 0) return null
  return {
    tone: 'attention',
    text: `${formatCount(lost)} of ${formatNoun(sums.received, 'received line')} could not be read or were dropped (${formatShare(shareOf(lost, sums.received))}).`,
  }
}

function quoted(name: string): string {
  return `“${cut(visible(name), 40)}”`
}
