/** Data quality in the HTML report: where the numbers come from, whether they add up, what the logs leave out. */

import { blindSpots, ledgerSentence } from './data-quality.ts'
import type { BlindSpot } from './data-quality.ts'
import type { FormatHelp } from './format-help.ts'
import { formatCount, formatNoun, formatShare } from './format.ts'
import { freshnessPart } from './html-merged.ts'
import { countCell, name, nameCell } from './html-table.ts'
import { html, nothing, trusted } from './markup.ts'
import type { Markup } from './markup.ts'
import type { Report, ReportSource } from './report.ts'

/** Sources, ledger, unread lines, blind spots. */
export function qualitySection(report: Report): Markup {
  return html`<section id="quality" class="panel" aria-labelledby="quality-title">
    <h2 id="quality-title">Data quality</h2>
    <p class="lead">
      Every line received ends as exactly one of: transaction, skipped (with a reason), unparsed
      (kept) or dropped (named). This is how it adds up.
    </p>
    ${report.sources.length === 0 ? html`<p class="why">No data source has sent anything yet.</p>` : html`${ledger(report.sources)}${freshnessPart(report)}${blind(report.sources)}${unparsed(report)}`}
  </section> `
}

function ledger(sources: readonly ReportSource[]): Markup {
  return html`<h3>Sources and their ledger</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Sources, table">
      <table class="data">
        <caption class="vh">
          Sources and their ledger
        </caption>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Formats</th>
            <th scope="col" class="n">Received</th>
            <th scope="col" class="n">Transactions</th>
            <th scope="col" class="n">Skipped</th>
            <th scope="col" class="n">Unparsed</th>
            <th scope="col" class="n">Dropped</th>
            <th scope="col" class="n">Missing</th>
          </tr>
        </thead>
        <tbody>
          ${sources.map(
            (source) =>
              html`<tr>
                ${nameCell(source.name)}
                <td>${formats(source)}</td>
                ${countCell(source.received)}${countCell(source.transactions)}${countCell(source.skipped)}${countCell(source.unparsed)}${countCell(source.dropped)}${countCell(source.missing)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    <ul class="ledger">
      ${sources.map(sentence)}
    </ul>`
}

function formats(source: ReportSource): Markup {
  if (source.formats.length === 0) return html`<span class="u">none recognised</span>`
  return html`${source.formats.map((format, index) => html`${index === 0 ? '' : ', '}${name(format)}`)}`
}

function sentence(source: ReportSource): Markup {
  const { balances, text } = ledgerSentence(source)
  return html`<li class="${balances ? 'good' : 'bad'}">
    <strong>${name(source.name)}</strong>: ${text}
  </li>`
}

function blind(sources: readonly ReportSource[]): Markup {
  return html`<h3>What your firewall is not telling you</h3>
    <p class="lead">
      A report can only be as good as its logs. This is the share of each source’s transactions that
      say who, where, how much and whether it was let through; where agents’ rows were joined to
      them, who and where count with what these added.
    </p>
    <div class="sources">
      ${sources.map(
        (source) =>
          html`<div class="source">
            <h4>${name(source.name)}</h4>
            <dl>${blindSpots(source).map(spot)}</dl>
            ${source.notices.map((notice) => html`<p class="notice">${notice}</p>`)}
            ${source.commands.map(commands)}
          </div>`,
      )}
    </div>`
}

const titles = { user: 'User', host: 'Host', bytes: 'Bytes', action: 'Action' } as const

function spot(blindSpot: BlindSpot): Markup {
  const { field, share, level, text } = blindSpot
  return html`<div class="spot ${level}">
    <dt>${titles[field]}<span class="share">${formatShare(share)}</span>${meter(share)}</dt>
    <dd>${text}</dd>
  </div>`
}

/** What the devices must be told, as the vendor writes it. */
function commands({ format, enable, blind: dark }: FormatHelp): Markup {
  return html`<details class="commands">
    <summary>What ${name(format)} must be told</summary>
    <pre>${enable.split('\n').map((line) => html`${line}<br />`)}</pre>
    ${dark === null ? nothing : html`<p>${dark}</p>`}
  </details>`
}

function meter(share: number | null): Markup {
  const width = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 1000) / 10
  return trusted(
    `<svg class="meter" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/><rect class="fill" width="${width}%" height="100%" rx="3"/></svg>`,
  )
}

function unparsed(report: Report): Markup {
  const title = html`<h3>Lines that could not be read</h3>`
  if (report.unparsed.length === 0)
    return html`${title}
      <p class="why">None: every line was read or skipped for a stated reason.</p>`
  const lines = report.unparsed.reduce((sum, entry) => sum + entry.lines, 0)
  const shown = report.unparsed.slice(0, reasonsShown)
  const rest = report.unparsed.length - shown.length
  return html`${title}
    <p class="lead">
      ${formatNoun(lines, 'line')}. They are kept, bounded, and can be read again once a format is
      fixed (<code>gnomon replay</code>).
    </p>
    <div class="scroll">
      <table class="data narrow">
        <caption class="vh">
          Reasons of unparsed lines
        </caption>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" class="n">Lines</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (entry) =>
              html`<tr>
                ${nameCell(entry.reason)}${countCell(entry.lines)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${rest > 0 ? html`<p class="cap">${formatCount(rest)} more reasons are in the JSON report.</p>` : nothing}`
}

/** Reasons are few; a list longer than this is one reason with changing details. */
const reasonsShown = 50
