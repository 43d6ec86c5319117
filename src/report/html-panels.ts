/** The charts of the HTML report, each in its panel with legend and numbers in text. */

import { reportLimits } from '../limits.ts'
import {
  formatBytes,
  formatCount,
  formatNoun,
  formatShare,
  formatShortCount,
  shareOf,
} from './format.ts'
import { donutChart, riskChart, timelineChart, topChart } from './html-charts.ts'
import type { Part } from './html-charts.ts'
import { html, nothing, trusted } from './markup.ts'
import type { Markup } from './markup.ts'
import { measureOf } from './measure.ts'
import type { Report } from './report.ts'
import { riskBands, riskWords } from './risk.ts'
import { cut, visible } from './text.ts'
import { timelineOf } from './timeline.ts'

/** Traffic over time, categories, risk, top apps: for reports with transactions. */
export function charts(report: Report): Markup {
  const measure = measureOf(report)
  const ranked = report.categories.toSorted(
    (one, other) =>
      (measure.of(other) ?? -1) - (measure.of(one) ?? -1) || other.transactions - one.transactions,
  )
  const coloured = ranked.slice(0, reportLimits.chartCategories).map((entry) => entry.category)
  return html`${timelinePanel(report, coloured)}
    <div class="pair">${categoriesPanel(report, ranked)}${riskPanel(report)}</div>
    ${topPanel(report)}`
}

/** The n-th category keeps its colour in every chart; what follows shares the grey one. */
function colourAt(index: number): string {
  return index < reportLimits.chartCategories ? `c${index + 1}` : 'c0'
}

function timelinePanel(report: Report, categories: readonly string[]): Markup {
  const measure = measureOf(report)
  const { labels, bands } = timelineOf(report, categories, measure)
  const title = `${capital(measure.word)} over time`
  if (labels.length === 0)
    return panel(title, '', html`<p class="why">The report has no timeline.</p>`)
  const parts: Part[] = bands.map((band, index) => ({ ...band, colour: colourAt(index) }))
  const legend = html`<ul class="legend">
    ${parts.map(
      (part) =>
        html`<li>
          ${swatch(part.colour)}<bdi>${cut(visible(part.name), reportLimits.shownCharacters)}</bdi>
        </li>`,
    )}
  </ul>`
  const label = `Stacked columns of ${measure.word} by category, ${labels.length} points, one for each ${report.timelineUnit}`
  return panel(
    title,
    `by category, one column for each ${report.timelineUnit} (UTC)`,
    html`<div class="wide">${timelineChart(labels, parts, measure, label)}</div>
      ${legend}`,
  )
}

function categoriesPanel(report: Report, ranked: Report['categories']): Markup {
  const measure = measureOf(report)
  const whole = ranked.reduce((sum, entry) => sum + (measure.of(entry) ?? 0), 0)
  const head = ranked.slice(0, reportLimits.chartCategories)
  const rest = ranked.slice(head.length)
  const rows = head.map((entry, index) => ({
    name: entry.category,
    colour: colourAt(index),
    apps: entry.apps,
    value: measure.of(entry),
  }))
  if (rest.length > 0) {
    rows.push({
      name: `${formatCount(rest.length)} more ${rest.length === 1 ? 'category' : 'categories'}`,
      colour: 'c0',
      apps: rest.reduce((sum, entry) => sum + entry.apps, 0),
      value: rest.reduce((sum, entry) => sum + (measure.of(entry) ?? 0), 0),
    })
  }
  const ring = donutChart(
    rows.map((row) => ({ ...row, value: row.value ?? 0 })),
    {
      value: measure.word === 'traffic' ? formatBytes(whole) : formatShortCount(whole),
      word: measure.word,
    },
    `Ring chart of ${measure.word} by category; the table beside it has the numbers`,
  )
  const table = html`<table class="figures">
    <caption class="vh">
      ${capital(measure.word)} by category
    </caption>
    <thead>
      <tr>
        <th scope="col">Category</th>
        <th scope="col" class="n">Apps</th>
        <th scope="col" class="n">${capital(measure.word)}</th>
        <th scope="col" class="n">Share</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <th scope="row">${swatch(row.colour)}<bdi>${cut(visible(row.name), 34)}</bdi></th>
            <td class="n">${formatCount(row.apps)}</td>
            <td class="n">${figure(measure.word, row.value)}</td>
            <td class="n">${formatShare(shareOf(row.value, whole))}</td>
          </tr> `,
      )}
    </tbody>
  </table>`
  return panel(
    'Categories',
    `of known apps, by ${measure.word}`,
    html`<div class="ring">${ring}${table}</div>`,
  )
}

function riskPanel(report: Report): Markup {
  const measure = measureOf(report)
  const entries = riskBands.map(
    (band) =>
      report.risk.find((entry) => entry.band === band) ?? {
        band,
        apps: 0,
        bytesTotal: null,
        transactions: 0,
      },
  )
  const of = (value: (entry: (typeof entries)[number]) => number | null): (number | null)[] =>
    entries.map(value)
  const apps = entries.reduce((sum, entry) => sum + entry.apps, 0)
  const whole = entries.reduce((sum, entry) => sum + (measure.of(entry) ?? 0), 0)
  const chart = riskChart(
    [
      { name: 'Apps', values: of((entry) => entry.apps) },
      { name: capital(measure.word), values: of(measure.of) },
    ],
    `Two bars with the shares of the risk levels in apps and in ${measure.word}; the table below has the numbers`,
  )
  const table = html`<table class="figures">
    <caption class="vh">
      Risk levels
    </caption>
    <thead>
      <tr>
        <th scope="col">Risk</th>
        <th scope="col" class="n">Apps</th>
        <th scope="col" class="n">Share</th>
        <th scope="col" class="n">${capital(measure.word)}</th>
        <th scope="col" class="n">Share</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map(
        (entry) =>
          html`<tr>
            <th scope="row">
              ${swatch(entry.band)}${riskWords[entry.band].name}
              <small>${riskWords[entry.band].scores}</small>
            </th>
            <td class="n">${formatCount(entry.apps)}</td>
            <td class="n">${formatShare(shareOf(entry.apps, apps))}</td>
            <td class="n">${figure(measure.word, measure.of(entry))}</td>
            <td class="n">${formatShare(shareOf(measure.of(entry), whole))}</td>
          </tr> `,
      )}
    </tbody>
  </table>`
  return panel('Risk', 'catalog score 0–10, 10 is safest', html`${chart}${table}`)
}

function topPanel(report: Report): Markup {
  const measure = measureOf(report)
  const top = report.apps
    .toSorted((one, other) => (measure.of(other) ?? -1) - (measure.of(one) ?? -1))
    .slice(0, reportLimits.chartApps)
  if (top.length === 0)
    return panel('Top apps', '', html`<p class="why">No known app in this period.</p>`)
  const directed = top.map(
    (app) => measure.word === 'traffic' && app.bytesUp !== null && app.bytesDown !== null,
  )
  const parts: Part[] = [
    {
      name: 'Uploaded',
      colour: 'up',
      values: top.map((app, index) => (directed[index] ? app.bytesUp : null)),
    },
    {
      name: 'Downloaded',
      colour: 'down',
      values: top.map((app, index) => (directed[index] ? app.bytesDown : null)),
    },
    {
      name: measure.word === 'traffic' ? 'Direction unknown' : 'Transactions',
      colour: measure.word === 'traffic' ? 'c0' : 'c1',
      values: top.map((app, index) => (directed[index] ? null : measure.of(app))),
    },
  ].filter((part) => part.values.some((value) => value !== null))
  const totals = top.map((app) =>
    measure.word === 'traffic' ? formatBytes(measure.of(app)) : formatShortCount(app.transactions),
  )
  const chart = topChart(
    top.map((app) => app.name),
    parts,
    totals,
    `Bars of the ${top.length} apps with the most ${measure.word}; the table of apps has the numbers`,
  )
  // One colour needs no legend: the title says what it is.
  const legend =
    parts.length < 2
      ? nothing
      : html`<ul class="legend">
          ${parts.map((part) => html`<li>${swatch(part.colour)}${part.name}</li>`)}
        </ul>`
  return panel(
    'Top apps',
    `${formatNoun(top.length, 'app')} with the most ${measure.word}`,
    html`<div class="wide">${chart}</div>
      ${legend}`,
  )
}

function panel(title: string, note: string, body: Markup): Markup {
  return html`<div class="panel">
    <h3>${title}${note === '' ? nothing : html` <small>${note}</small>`}</h3>
    ${body}
  </div> `
}

function swatch(colour: string): Markup {
  return trusted(
    `<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" fill="var(--${colour})"/></svg>`,
  )
}

function figure(word: string, value: number | null): string {
  return word === 'traffic' ? formatBytes(value) : formatCount(value)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
