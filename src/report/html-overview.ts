/** The first page of the HTML report: what stands out, the cards, the charts. */

import { bytesAreLowerBound } from './data-quality.ts'
import { findings } from './findings.ts'
import { formatBytes, formatCount, formatShare, formatShortCount, shareOf } from './format.ts'
import { charts } from './html-panels.ts'
import { html, nothing } from './markup.ts'
import type { Markup } from './markup.ts'
import type { Report } from './report.ts'

/** Sentences, cards and charts. */
export function overview(report: Report): Markup {
  return html`<section id="overview" aria-labelledby="overview-title">
    <h2 id="overview-title" class="vh">Overview</h2>
    ${highlights(report)} ${cards(report)}
    ${report.totals.transactions === 0 ? nothing : charts(report)}
  </section>`
}

function highlights(report: Report): Markup {
  const list = findings(report)
  if (list.length === 0) {
    return html`<div class="panel empty">
      <p>
        No transactions yet: charts and tables fill up once logs are read. The section
        <a href="#quality">Data quality</a> says what was received.
      </p>
    </div>`
  }
  return html`<div class="panel findings">
    <h3>What stands out</h3>
    <ul>
      ${list.map((finding) => html`<li class="${finding.tone}"><bdi>${finding.text}</bdi></li>`)}
    </ul>
  </div>`
}

interface Card {
  title: string
  value: string
  note: string
}

function cards(report: Report): Markup {
  const { totals } = report
  const high = report.risk.find((band) => band.band === 'high')?.apps ?? 0
  const atLeast = totals.bytesTotal !== null && bytesAreLowerBound(report) ? '≥ ' : ''
  const silent = totals.transactions === 0 ? 'no transactions yet' : null
  const list: Card[] = [
    {
      title: 'Apps',
      value: formatCount(totals.apps),
      note: high > 0 ? `${formatCount(high)} high risk` : 'none rated high risk',
    },
    entity('Users', totals.users, silent ?? 'the logs name no user'),
    entity('Addresses', totals.addresses, silent ?? 'the logs name no source address'),
    entity('Devices', totals.devices, 'joined when Defender data is given'),
    {
      title: 'Traffic',
      value: atLeast + formatBytes(totals.bytesTotal),
      note:
        totals.bytesUp === null && totals.bytesDown === null
          ? totals.bytesTotal === null
            ? (silent ?? 'the logs tell no bytes')
            : 'direction unknown'
          : `${formatBytes(totals.bytesUp)} up, ${formatBytes(totals.bytesDown)} down`,
    },
    {
      title: 'Transactions',
      value: formatShortCount(totals.transactions),
      note:
        totals.transactions < 10_000
          ? 'lines that are use of a service'
          : `exactly ${formatCount(totals.transactions)}`,
    },
    {
      title: 'Blocked',
      value: formatShortCount(totals.blocked),
      note:
        totals.blocked === 0
          ? 'no blocked transaction seen'
          : `${formatShare(shareOf(totals.blocked, totals.transactions))} of transactions`,
    },
    {
      title: 'Unknown services',
      value: formatCount(totals.unknownDomains),
      note: 'destinations in no catalog',
    },
  ]
  return html`<dl class="cards">
    ${list.map(
      (card) =>
        html`<div class="card">
          <dt>${card.title}</dt>
          <dd class="value">${card.value}</dd>
          <dd class="note">${card.note}</dd>
        </div>`,
    )}
  </dl>`
}

function entity(title: string, count: number, why: string): Card {
  return count === 0
    ? { title, value: '–', note: why }
    : { title, value: formatCount(count), note: 'seen in this period' }
}
