/** Tables on a terminal: columns as wide as what is in them, names from logs made harmless. */
import { columnsOf, fit } from '../report/terminal-width.ts'
import { visible } from '../report/text.ts'

export interface TableColumn<Row> {
  title: string
  text: (row: Row) => string
  /** Numbers stand to the right. */
  right?: boolean
  /** Columns of the terminal it takes at most (default 40). */
  width?: number
}

/** Lines of a table with its head; `below` gives lines that stand under a row. */
export function tableLines<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  below: (row: Row) => readonly string[] = () => [],
): string[] {
  const cells = rows.map((row) => columns.map((column) => visible(column.text(row))))
  const widths = columns.map(({ title, width = 40 }, i) => {
    const widest = cells.reduce((most, row) => Math.max(most, columnsOf(row[i].slice(0, 400))), 0)
    return Math.max(columnsOf(title), Math.min(width, widest))
  })
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => fit(text, widths[i], columns[i].right))
      .join('  ')
      .trimEnd()
  return [
    line(columns.map(({ title }) => title)),
    ...cells.flatMap((row, i) => [
      line(row),
      ...below(rows[i]).map((text) => `  ${visible(text)}`),
    ]),
  ]
}

/** The same table in Markdown. */
export function markdownLines<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): string[] {
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text) => visible(text).replaceAll('|', '\\|')).join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    `| ${columns.map(({ right }) => (right === true ? '---:' : '---')).join(' | ')} |`,
    ...rows.map((row) => line(columns.map(({ text }) => text(row)))),
  ]
}
