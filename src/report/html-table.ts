/** One sortable table of the HTML report: caption, capped rows, what was left out, why it is empty. */

import { reportLimits } from '../limits.ts'
import { formatCount } from './format.ts'
import { html, nothing } from './markup.ts'
import type { Markup } from './markup.ts'
import { cut, visible } from './text.ts'

export interface TableColumn<Row> {
  title: string
  /** A whole `<td>` (the first column: `<th scope="row">`). */
  cell: (row: Row) => Markup
  kind: 'text' | 'number'
}

export interface TableView<Row> {
  id: string
  title: string
  /** One sentence under the heading. */
  lead: string
  columns: readonly TableColumn<Row>[]
  rows: readonly Row[]
  /** Rows shown at most. */
  limit: number
  /** What the rows are called, and how they are ordered: `apps with the most traffic`. */
  order: string
  /** The CSV file with every row. */
  file: string
  /** Said when there is no row though the report has transactions. */
  empty: string
  /** Whether the report has any transaction. */
  any: boolean
}

/** A section with heading, lead and table. */
export function tableSection<Row>(view: TableView<Row>): Markup {
  const { id, title, lead, rows } = view
  return html`<section id="${id}" class="panel" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title} <small>${formatCount(rows.length)}</small></h2>
    ${
      rows.length === 0
        ? html`<p class="why">${view.any ? view.empty : 'No transactions yet.'}</p>`
        : html`<p class="lead">${lead}</p>
            ${dataTable(view)}`
    }
  </section> `
}

/** The table alone, in a box that scrolls, with the note of what it leaves out. */
export function dataTable<Row>(view: TableView<Row>): Markup {
  const shown = view.rows.slice(0, view.limit)
  return html`${leftOut(view)}
    <div class="scroll" tabindex="0" role="region" aria-label="${view.title}, table">
      <table class="data" data-sortable>
        <caption class="vh">
          ${view.title}
        </caption>
        <thead>
          <tr>
            ${view.columns.map((column) => html`<th scope="col" ${kind(column)}>${column.title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr>
                ${view.columns.map((column) => column.cell(row))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${onPaper(view, shown.length)}`
}

function kind(column: { kind: 'text' | 'number' }): Markup {
  return column.kind === 'number' ? html` class="n"` : nothing
}

function leftOut<Row>(view: TableView<Row>): Markup {
  if (view.rows.length <= view.limit) return nothing
  return html`<p class="cap">
    Shown: the ${formatCount(view.limit)} ${view.order}, of ${formatCount(view.rows.length)}. All of
    them are in <code>${view.file}</code> (report format csv).
  </p>`
}

function onPaper<Row>(view: TableView<Row>, shown: number): Markup {
  if (shown <= reportLimits.printRows) return nothing
  return html`<p class="paper">
    On paper: the first ${formatCount(reportLimits.printRows)} of ${formatCount(view.rows.length)}
    rows. The file itself shows ${formatCount(shown)}, <code>${view.file}</code> all.
  </p>`
}

/** A name out of a log: isolated from the text around it, cut, more of it in the title. */
export function name(value: string): Markup {
  if (value === '') return html`<span class="u">(no name)</span>`
  const seen = visible(value)
  const short = cut(seen, reportLimits.shownCharacters)
  if (short === seen) return html`<bdi>${short}</bdi>`
  return html`<bdi title="${cut(seen, reportLimits.titleCharacters)}">${short}</bdi>`
}

/** First column. */
export function nameCell(value: string): Markup {
  return html`<th scope="row">${name(value)}</th>`
}

export function textCell(value: string): Markup {
  return html`<td class="s">${name(value)}</td>`
}

/** A number with the text people read; null sorts last and reads "–". */
export function numberCell(value: number | null, text: string): Markup {
  if (value === null) return html`<td class="n u" title="unknown">–</td>`
  return html`<td class="n" data-v="${value}">${text}</td>`
}

export function countCell(value: number | null): Markup {
  return numberCell(value, formatCount(value))
}
