/**
 * The report as one HTML file: no request leaves it, it reads without scripts, on paper and in the dark. Importing this module
 * loads ECharts (about a second, 60 MB): import it where a report is written, not at start.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { formatPeriod, formatTime } from './format.ts'
import { overview } from './html-overview.ts'
import { overlapSection } from './html-merged.ts'
import { qualitySection } from './html-quality.ts'
import { name } from './html-table.ts'
import { tables } from './html-tables.ts'
import { html, nothing, trusted } from './markup.ts'
import type { Markup } from './markup.ts'
import type { Report } from './report.ts'

/** Sorting and filtering; nothing else on the page needs it. */
const pageScript = part(new URL('./page.js', import.meta.url))
const pageStyle = part(new URL('./page.css', import.meta.url))

// Whole elements: a template may be indented, a hashed text may not.
const scriptElement = trusted(`<script>${pageScript}</script>`)
const styleElement = trusted(`<style>${pageStyle}</style>`)

/**
 * The page's content security policy: our style sheet and our script by their hashes, and nothing from anywhere
 * (https://www.w3.org/TR/CSP3/). A server that serves the file sends the same one.
 */
export const reportContentPolicy = [
  `default-src 'none'`,
  `script-src '${sha256(pageScript)}'`,
  `style-src '${sha256(pageStyle)}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

/** A part of the page beside this file. Browsers hash it with LF line ends, whatever a checkout made of it. */
function part(file: URL): string {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim()
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The whole file. Pure: the same report gives the same bytes. */
export function renderHtml(report: Report): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(reportContentPolicy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="Gnomon ${report.gnomonVersion}" />
        <title>${report.title}</title>
        ${styleElement}
      </head>
      <body>
        ${header(report)} ${navigation(report)}
        <main>
          ${overview(report)} ${tables(report)} ${overlapSection(report)} ${qualitySection(report)}
        </main>
        ${footer(report)} ${scriptElement}
      </body>
    </html> `.text
}

const logo = trusted(
  '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.5" fill="none" stroke="currentColor" stroke-width="1.5" opacity=".55"/><path d="M12 17.5 12 5 19 17.5Z" fill="currentColor"/></svg>',
)

function header(report: Report): Markup {
  const sources =
    report.source === null
      ? report.sources.length === 0
        ? html`none yet`
        : html`${report.sources.slice(0, sourcesNamed).map((source, index) => html`${index === 0 ? '' : ', '}${name(source.name)}`)}${
            report.sources.length > sourcesNamed
              ? html` and ${report.sources.length - sourcesNamed} more`
              : nothing
          }`
      : name(report.source)
  const kind = report.report === 'continuous' ? 'Continuous report' : 'Snapshot report'
  return html`<header>
    <div class="brand">${logo}<span>Gnomon</span><span class="product">Cloud Discovery</span></div>
    <div class="title">
      <p class="kind">${kind}${report.source === null ? ', all sources' : ''}</p>
      <h1>${name(report.title)}</h1>
      <dl class="facts">
        <div>
          <dt>Period</dt>
          <dd>${formatPeriod(report.from, report.to)}</dd>
        </div>
        <div>
          <dt>Generated</dt>
          <dd>${formatTime(report.generatedAt)} UTC</dd>
        </div>
        <div>
          <dt>${report.source === null && report.sources.length !== 1 ? 'Sources' : 'Source'}</dt>
          <dd>${sources}</dd>
        </div>
      </dl>
    </div>
  </header>`
}

/** Sources named in the header; the section Data quality has all. */
const sourcesNamed = 5

function navigation(report: Report): Markup {
  const links: [string, string, number | null][] = [
    ['overview', 'Overview', null],
    ['apps', 'Apps', report.apps.length],
    ['unknown', 'Unknown services', report.unknown.length],
    ['users', 'Users', report.users.length],
    ['addresses', 'Addresses', report.addresses.length],
    ['devices', 'Devices', report.devices.length],
    ['infrastructure', 'Infrastructure', null],
    ...(report.overlap === null
      ? []
      : ([['overlap', 'Network and agents', null]] as [string, string, null][])),
    ['quality', 'Data quality', null],
  ]
  return html`<nav aria-label="Sections">
    <ul>
      ${links.map(
        ([id, title, count]) =>
          html`<li>
            <a href="#${id}"
              >${title}${count === null ? nothing : html` <span>${count.toLocaleString('en-US')}</span>`}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`
}

function footer(report: Report): Markup {
  return html`<footer>
    <p>
      Gnomon ${report.gnomonVersion}, catalog ${report.catalogVersion}. All times are UTC. 1 kB =
      1,000 bytes. – means unknown: the logs do not say; it is never counted as 0. ≥ marks a lower
      bound: some transactions told no bytes. Uploaded is what clients sent, downloaded what they
      received. A transaction is one line of use of a service.
    </p>
    <p>The report names people and what they use: keep it as you would keep the logs.</p>
  </footer>`
}
