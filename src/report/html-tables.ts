/** The tables of the HTML report: apps, unknown services, people and machines, infrastructure. */

import { reportLimits } from '../limits.ts'
import { formatCount, formatTime } from './format.ts'
import {
  countCell,
  dataTable,
  name,
  nameCell,
  numberCell,
  tableSection,
  textCell,
} from './html-table.ts'
import type { TableColumn } from './html-table.ts'
import { html } from './markup.ts'
import type { Markup } from './markup.ts'
import { byVolume, formatVolume } from './measure.ts'
import type { Report, ReportApp, ReportPerson, ReportUnknown, Volume } from './report.ts'
import { bandOf, riskWords } from './risk.ts'

const volumeColumns: readonly TableColumn<Volume>[] = [
  { title: 'Uploaded', kind: 'number', cell: (row) => bytesCell(row, row.bytesUp) },
  { title: 'Downloaded', kind: 'number', cell: (row) => bytesCell(row, row.bytesDown) },
  { title: 'Total', kind: 'number', cell: (row) => bytesCell(row, row.bytesTotal) },
  { title: 'Transactions', kind: 'number', cell: (row) => countCell(row.transactions) },
]

function bytesCell(row: Volume, bytes: number | null): Markup {
  return numberCell(bytes, formatVolume(row, bytes))
}

function blockedColumn<Row extends { blocked: number }>(): TableColumn<Row> {
  return { title: 'Blocked', kind: 'number', cell: (row) => countCell(row.blocked) }
}

function lastSeenColumn<Row extends { lastSeen: string }>(): TableColumn<Row> {
  return {
    title: 'Last seen (UTC)',
    kind: 'text',
    cell: (row) => html`<td class="t">${formatTime(row.lastSeen)}</td>`,
  }
}

/** Every table section but data quality. */
export function tables(report: Report): Markup {
  return html`${appsSection(report)}${unknownSection(report)}${usersSection(report)}${addressesSection(report)}${devicesSection(report)}${infrastructureSection(report)}`
}

function appsSection(report: Report): Markup {
  const columns: TableColumn<ReportApp>[] = [
    { title: 'App', kind: 'text', cell: (app) => nameCell(app.name) },
    { title: 'Category', kind: 'text', cell: (app) => textCell(app.category) },
    { title: 'Score', kind: 'number', cell: (app) => scoreCell(app.score) },
    ...volumeColumns,
    { title: 'Users', kind: 'number', cell: (app) => countCell(app.users) },
    { title: 'Addresses', kind: 'number', cell: (app) => countCell(app.addresses) },
    blockedColumn(),
    lastSeenColumn(),
  ]
  return tableSection({
    any: report.totals.transactions > 0,
    id: 'apps',
    title: 'Apps',
    lead: 'Cloud apps of the catalog that were used. The score runs from 0 (high risk) to 10 (safest); – means the logs do not say; ≥ means only some lines say, so the true number is higher.',
    columns,
    rows: byVolume(report.apps),
    limit: reportLimits.htmlAppRows,
    order: 'apps with the most traffic',
    file: 'apps.csv',
    empty: 'No app of the catalog was seen in this period.',
  })
}

function scoreCell(score: number | null): Markup {
  const band = bandOf(score)
  const words = riskWords[band].name
  if (score === null) return html`<td class="n u" title="${words}">–</td>`
  return html`<td class="n" data-v="${score}">
    <span class="score ${band}" title="${words}">${score}</span>
  </td>`
}

function unknownSection(report: Report): Markup {
  const columns: TableColumn<ReportUnknown>[] = [
    { title: 'Domain or address', kind: 'text', cell: (row) => nameCell(row.domain) },
    { title: 'Hosts', kind: 'number', cell: (row) => countCell(row.hosts) },
    ...volumeColumns,
    { title: 'Users', kind: 'number', cell: (row) => countCell(row.users) },
    { title: 'Addresses', kind: 'number', cell: (row) => countCell(row.addresses) },
    blockedColumn(),
    lastSeenColumn(),
  ]
  return tableSection({
    any: report.totals.transactions > 0,
    id: 'unknown',
    title: 'Unknown services',
    lead: 'Destinations in no catalog, by registrable domain or, where no name is known, by address. None is left out of the totals.',
    columns,
    rows: byVolume(report.unknown),
    limit: reportLimits.htmlRows,
    order: 'destinations with the most traffic',
    file: 'unknown.csv',
    empty: 'Every destination of this period is an app of the catalog or infrastructure.',
  })
}

/** Users, addresses and devices: the same table with other words. */
function personColumns(who: string, others: string): TableColumn<ReportPerson>[] {
  return [
    { title: who, kind: 'text', cell: (row) => nameCell(row.name) },
    { title: 'Apps', kind: 'number', cell: (row) => countCell(row.apps) },
    { title: others, kind: 'number', cell: (row) => countCell(row.others) },
    ...volumeColumns,
    blockedColumn(),
    { title: 'Top apps', kind: 'text', cell: topAppsCell },
    lastSeenColumn(),
  ]
}

function topAppsCell(row: ReportPerson): Markup {
  return html`<td class="list">
    ${row.topApps.slice(0, 3).map((app, index) => html`${index === 0 ? '' : ', '}${name(app)}`)}
  </td>`
}

function usersSection(report: Report): Markup {
  return tableSection({
    any: report.totals.transactions > 0,
    id: 'users',
    title: 'Users',
    lead: 'People as the logs name them.',
    columns: personColumns('User', 'Addresses'),
    rows: byVolume(report.users),
    limit: reportLimits.htmlRows,
    order: 'users with the most traffic',
    file: 'users.csv',
    empty:
      'No log line names a user. Turn on user identification at the firewall or authentication at the proxy; the section Data quality says which source lacks it.',
  })
}

function addressesSection(report: Report): Markup {
  return tableSection({
    any: report.totals.transactions > 0,
    id: 'addresses',
    title: 'Addresses',
    lead: 'Addresses inside the network that traffic came from.',
    columns: personColumns('Address', 'Users'),
    rows: byVolume(report.addresses),
    limit: reportLimits.htmlRows,
    order: 'addresses with the most traffic',
    file: 'addresses.csv',
    empty: 'No log line names a source address.',
  })
}

function devicesSection(report: Report): Markup {
  return tableSection({
    any: report.totals.transactions > 0,
    id: 'devices',
    title: 'Devices',
    lead: 'Devices known from the logs or from Defender for Endpoint.',
    columns: personColumns('Device', 'Users'),
    rows: byVolume(report.devices),
    limit: reportLimits.htmlRows,
    order: 'devices with the most traffic',
    file: 'devices.csv',
    empty: 'No device is known: devices are joined when Defender for Endpoint data is given.',
  })
}

function infrastructureSection(report: Report): Markup {
  const rows = byVolume(report.infrastructure)
  const intro =
    'Content delivery, object storage, certificate checks and the like: no use of an app by itself, kept apart so that it does not hide one.'
  if (rows.length === 0) {
    return html`<section id="infrastructure" class="panel">
      <h2>Infrastructure <small>0</small></h2>
      <p class="why">No traffic to infrastructure was seen.</p>
    </section> `
  }
  const table = dataTable({
    any: true,
    id: 'infrastructure',
    title: 'Infrastructure',
    lead: intro,
    columns: [
      { title: 'Service', kind: 'text', cell: (row) => nameCell(row.name) },
      { title: 'Hosts', kind: 'number', cell: (row) => countCell(row.hosts) },
      ...volumeColumns,
    ],
    rows,
    limit: reportLimits.htmlRows,
    order: 'services with the most traffic',
    file: 'infrastructure.csv',
    empty: '',
  })
  return html`<section id="infrastructure" class="panel" aria-labelledby="infrastructure-title">
    <h2 id="infrastructure-title">Infrastructure <small>${formatCount(rows.length)}</small></h2>
    <p class="lead">${intro}</p>
    <details>
      <summary>Show ${formatCount(rows.length)} services</summary>
      ${table}
    </details>
  </section> `
}
