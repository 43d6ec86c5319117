/** The joined view in the HTML report: what the merge found for each source, what only one of the two views knows, how fresh the hours are. */
import { reportLimits } from '../limits.ts'
import { formatCount, formatShare, formatTime } from './format.ts'
import type { HourFreshness } from './freshness.ts'
import { countCell, dataTable, nameCell, numberCell, textCell } from './html-table.ts'
import type { TableColumn } from './html-table.ts'
import { html, nothing } from './markup.ts'
import type { Markup } from './markup.ts'
import { formatVolume } from './measure.ts'
import { freshnessFacts, overlapFacts } from './merged-words.ts'
import type { MergedFact } from './merged-words.ts'
import type { Overlap, SourceOverlap } from './overlap.ts'
import type { Report } from './report.ts'
import { visible } from './text.ts'

/** Nothing where no agent told anything. */
export function overlapSection({ overlap }: Report): Markup {
  if (overlap === null) return nothing
  return html`<section id="overlap" class="panel" aria-labelledby="overlap-title">
    <h2 id="overlap-title">Network and agents</h2>
    <p class="lead">
      The network’s logs know the bytes, the devices’ agents know device and user. This is how far
      the two meet, as the logs alone tell it and after both were joined.
    </p>
    ${overlap.sources.length === 0 ? nothing : sources(overlap.sources)}
    ${facts(overlapFacts(overlap))}
    ${unknownAddresses(overlap)}${unseenDevices(overlap)}${unfitDevices(overlap)}
  </section> `
}

function facts(list: readonly MergedFact[]): Markup {
  return html`<ul class="ledger">
    ${list.map(({ level, text }) => html`<li class="${level === 'good' ? 'good' : 'bad'}">${text}</li>`)}
  </ul>`
}

function shareCell(share: number | null): Markup {
  return numberCell(share, formatShare(share))
}

function sources(rows: readonly SourceOverlap[]): Markup {
  return dataTable({
    ...shared,
    id: 'overlap-sources',
    title: 'Sources before and after the merge',
    columns: [
      { title: 'Source', kind: 'text', cell: (row) => nameCell(row.source) },
      { title: 'Transactions', kind: 'number', cell: (row) => countCell(row.transactions) },
      { title: 'Seen by an agent too', kind: 'number', cell: (row) => shareCell(row.withAgent) },
      { title: 'Device, logs alone', kind: 'number', cell: (row) => shareCell(row.ownDevice) },
      { title: 'Device, joined', kind: 'number', cell: (row) => shareCell(row.withDevice) },
      { title: 'User, logs alone', kind: 'number', cell: (row) => shareCell(row.ownUser) },
      { title: 'User, joined', kind: 'number', cell: (row) => shareCell(row.withUser) },
    ],
    rows,
    order: 'sources',
    file: 'sources.csv',
  })
}

const shared = { lead: '', limit: reportLimits.htmlRows, empty: '', any: true } as const

function folded(title: string, count: number, table: Markup): Markup {
  return html`<details>
    <summary>${title} (${formatCount(count)})</summary>
    ${table}
  </details>`
}

function lastSeen<Row extends { lastSeen: string }>(): TableColumn<Row> {
  return {
    title: 'Last seen (UTC)',
    kind: 'text',
    cell: (row) => html`<td class="t">${formatTime(row.lastSeen)}</td>`,
  }
}

function unknownAddresses({ unknownAddresses: rows, unknownAddressCount }: Overlap): Markup {
  if (rows.length === 0) return nothing
  const table = dataTable({
    ...shared,
    id: 'unknown-addresses',
    title: 'Addresses with traffic of no agent’s device',
    columns: [
      { title: 'Address', kind: 'text', cell: (row) => nameCell(row.address) },
      { title: 'Perhaps', kind: 'text', cell: (row) => textCell(row.guess) },
      {
        title: 'Total',
        kind: 'number',
        cell: (row) =>
          numberCell(
            row.bytesTotal,
            formatVolume({ ...row, bytesUp: null, bytesDown: null }, row.bytesTotal),
          ),
      },
      { title: 'Transactions', kind: 'number', cell: (row) => countCell(row.transactions) },
      {
        title: 'Devices at other times',
        kind: 'number',
        cell: (row) => countCell(row.otherwise),
      },
      lastSeen(),
    ],
    rows,
    order: 'addresses with the most transactions',
    file: 'unknown-addresses.csv',
  })
  return folded('Addresses with traffic of no agent’s device', unknownAddressCount, table)
}

function unseenDevices({ unseenDevices: rows, unseenDeviceCount }: Overlap): Markup {
  if (rows.length === 0) return nothing
  const table = dataTable({
    ...shared,
    id: 'unseen-devices',
    title: 'Devices of agents that were never seen on the network',
    columns: [
      { title: 'Device', kind: 'text', cell: (row) => nameCell(row.device || row.deviceId) },
      { title: 'Transactions', kind: 'number', cell: (row) => countCell(row.transactions) },
      lastSeen(),
    ],
    rows,
    order: 'devices with the most transactions',
    file: 'unseen-devices.csv',
  })
  return folded('Devices that were never seen on the network', unseenDeviceCount, table)
}

function unfitDevices({ unfitDevices: rows, prerequisites }: Overlap): Markup {
  if (rows.length === 0) return nothing
  const table = dataTable({
    ...shared,
    id: 'unfit-devices',
    title: 'Devices that do not meet the prerequisites',
    columns: [
      { title: 'Device', kind: 'text', cell: (row) => nameCell(row.device || row.deviceId) },
      {
        title: 'Why',
        kind: 'text',
        cell: (row) => html`<td class="list">${visible(row.reason)}</td>`,
      },
      lastSeen(),
    ],
    rows,
    order: 'devices',
    file: 'unfit-devices.csv',
  })
  return folded('Devices that do not meet the prerequisites', prerequisites.notMet, table)
}

/** Part of data quality: facts, and a row of 24 hours for each of the last days. */
export function freshnessPart({ freshness }: Report): Markup {
  if (freshness.hours.length === 0) return nothing
  const days = new Map<string, HourFreshness[]>()
  for (const hour of freshness.hours) {
    const day = hour.hour.slice(0, 10)
    days.set(day, [...(days.get(day) ?? []), hour])
  }
  const shown = [...days].slice(-daysShown)
  return html`<h3>How fresh each hour is</h3>
    ${facts(freshnessFacts(freshness))}
    <div class="scroll" tabindex="0" role="region" aria-label="Hours, table">
      <table class="data hours">
        <caption class="vh">
          State of each hour: + complete, ~ may still change, ! lacks rows of agents
        </caption>
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            ${Array.from({ length: 24 }, (_, hour) => html`<th scope="col">${String(hour).padStart(2, '0')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(([day, hours]) => dayRow(day, hours))}
        </tbody>
      </table>
    </div>
    <p class="lead">
      + complete, ~ may still change, ! lacks rows of
      agents${days.size > shown.length ? html`. The last ${formatCount(shown.length)} of ${formatCount(days.size)} days; the JSON report has all` : nothing}.
    </p>`
}

/** Days of the table: a month. */
const daysShown = 31

const marks = { complete: '+', waiting: '~', incomplete: '!' } as const

function dayRow(day: string, hours: readonly HourFreshness[]): Markup {
  const byHour = new Map(hours.map((hour) => [Number(hour.hour.slice(11, 13)), hour]))
  return html`<tr>
    <th scope="row">${day}</th>
    ${Array.from({ length: 24 }, (_, hour) => hourCell(byHour.get(hour)))}
  </tr> `
}

function hourCell(hour: HourFreshness | undefined): Markup {
  if (hour === undefined) return html`<td></td>`
  const merged = hour.merged === null ? 'not merged' : `merged ${formatTime(hour.merged)}`
  const changed = hour.changed === null ? 'no rows' : `last rows ${formatTime(hour.changed)}`
  const missing =
    hour.missing.length === 0 ? '' : `, missing: ${hour.missing.map(visible).join(', ')}`
  return html`<td class="${hour.state}" title="${hour.state}: ${changed}, ${merged}${missing}">
    ${marks[hour.state]}
  </td>`
}
