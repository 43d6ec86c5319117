/** The report as a page of terminal text: totals, the largest apps, what is unknown, whether the numbers can be trusted. */

import { styleText } from 'node:util'
import { reportLimits } from '../limits.ts'
import { blindSpots, bytesAreLowerBound, ledgerSentence } from './data-quality.ts'
import { findings } from './findings.ts'
import { formatBytes, formatCount, formatNoun, formatPeriod, unknownText } from './format.ts'
import { byVolume, formatVolume, measureOf } from './measure.ts'
import { freshnessFacts, overlapFacts, sourceOverlapText } from './merged-words.ts'
import type { MergedFact } from './merged-words.ts'
import type { Report, ReportPerson } from './report.ts'
import { bandOf } from './risk.ts'
import type { RiskBand } from './risk.ts'
import { columnsOf, fit } from './terminal-width.ts'
import { visible } from './text.ts'

export interface TerminalOptions {
  /** Columns; narrower ones than 60 are taken for 60. */
  width: number
  colour: boolean
}

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

interface Column<Row> {
  title: string
  width: number
  right: boolean
  text: (row: Row) => string
  style?: (row: Row) => Style
}

/** Text with a line feed at its end. Log text cannot move the cursor: control characters are made visible. */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const width = Math.max(60, Math.min(options.width, 160))
  const paint: Paint = (style, text) =>
    options.colour ? styleText(style, text, { validateStream: false }) : text
  const sections = [
    head(report, width, paint),
    totals(report, paint),
    standingOut(report, width, paint),
    ...(report.totals.transactions === 0 ? [] : tables(report, width, paint)),
    overlap(report, width, paint),
    quality(report, width, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function tables(report: Report, width: number, paint: Paint): string[][] {
  return [
    apps(report, width, paint),
    unknown(report, width, paint),
    people('Top users', report.users, 'No log line names a user.', width, paint),
  ]
}

function head(report: Report, width: number, paint: Paint): string[] {
  const scope = report.source === null ? 'all sources' : visible(report.source)
  return [
    paint('bold', fit(visible(report.title), width).trimEnd()),
    paint('dim', fit(`${formatPeriod(report.from, report.to)}, ${scope}`, width).trimEnd()),
  ]
}

function counted(count: number): string {
  return count === 0 ? unknownText : formatCount(count)
}

function totals(report: Report, paint: Paint): string[] {
  const { totals: sum } = report
  const lines: [string, string][] = [
    ['Apps', `${formatCount(sum.apps)}, and ${formatNoun(sum.unknownDomains, 'unknown service')}`],
    [
      'Users',
      `${counted(sum.users)} on ${formatNoun(sum.addresses, 'address', 'addresses')}, devices ${counted(sum.devices)}`,
    ],
    ['Traffic', traffic(report)],
    ['Transactions', `${formatCount(sum.transactions)}, ${formatCount(sum.blocked)} blocked`],
  ]
  return lines.map(([title, text]) => `${paint('dim', title.padEnd(14))}${text}`)
}

function traffic(report: Report): string {
  const { bytesTotal, bytesUp, bytesDown } = report.totals
  if (bytesTotal === null) return 'unknown: the logs tell no bytes'
  const bound = bytesAreLowerBound(report) ? '≥ ' : ''
  return `${bound}${formatBytes(bytesTotal)} (${formatBytes(bytesUp)} up, ${formatBytes(bytesDown)} down)`
}

function standingOut(report: Report, width: number, paint: Paint): string[] {
  const list = findings(report)
  if (list.length === 0) return ['No transactions yet.']
  return [
    paint('bold', 'What stands out'),
    ...list.flatMap(({ tone, text }) => {
      const mark = tone === 'attention' ? paint('yellow', '!') : paint('blue', '·')
      return wrap(text, width - 2).map((line, index) => `${index === 0 ? mark : ' '} ${line}`)
    }),
  ]
}

const bandStyle: Record<RiskBand, Style> = {
  high: 'red',
  medium: 'yellow',
  low: 'green',
  unrated: 'dim',
}

function apps(report: Report, width: number, paint: Paint): string[] {
  const measure = measureOf(report)
  const list = report.apps.toSorted(
    (one, other) => (measure.of(other) ?? -1) - (measure.of(one) ?? -1),
  )
  const rows = list.slice(0, reportLimits.terminalRows)
  const largest = Math.max(0, ...rows.map((app) => measure.of(app) ?? 0))
  const barWidth = width >= 100 ? 16 : 8
  const nameWidth = Math.min(32, width - barWidth - 42)
  return table(
    'Top apps',
    list.length,
    [
      { title: 'App', width: nameWidth, right: false, text: (app) => app.name },
      {
        title: 'Score',
        width: 5,
        right: true,
        text: (app) => formatCount(app.score),
        style: (app) => bandStyle[bandOf(app.score)],
      },
      {
        title: 'Traffic',
        width: 10,
        right: true,
        text: (app) => formatVolume(app, app.bytesTotal),
      },
      { title: 'Transact.', width: 12, right: true, text: (app) => formatCount(app.transactions) },
      { title: 'Users', width: 7, right: true, text: (app) => formatCount(app.users) },
      {
        title: '',
        width: barWidth,
        right: false,
        text: (app) => bar(measure.of(app) ?? 0, largest, barWidth),
        style: () => 'blue',
      },
    ],
    rows,
    'No app of the catalog was seen.',
    paint,
  )
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

function bar(value: number, largest: number, width: number): string {
  if (largest <= 0 || value <= 0) return ''
  const parts = Math.max(1, Math.round((value / largest) * width * 8))
  return '█'.repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? '')
}

function unknown(report: Report, width: number, paint: Paint): string[] {
  const rows = byVolume(report.unknown)
  return table(
    'Top unknown services',
    report.unknown.length,
    [
      {
        title: 'Domain or address',
        width: Math.min(44, width - 34),
        right: false,
        text: (row) => row.domain,
      },
      {
        title: 'Traffic',
        width: 10,
        right: true,
        text: (row) => formatVolume(row, row.bytesTotal),
      },
      { title: 'Transact.', width: 12, right: true, text: (row) => formatCount(row.transactions) },
      { title: 'Users', width: 7, right: true, text: (row) => formatCount(row.users) },
    ],
    rows.slice(0, reportLimits.terminalRows),
    'Every destination is an app of the catalog or infrastructure.',
    paint,
  )
}

function people(
  title: string,
  list: readonly ReportPerson[],
  empty: string,
  width: number,
  paint: Paint,
): string[] {
  return table(
    title,
    list.length,
    [
      { title: 'Name', width: Math.min(44, width - 34), right: false, text: (row) => row.name },
      {
        title: 'Traffic',
        width: 10,
        right: true,
        text: (row) => formatVolume(row, row.bytesTotal),
      },
      { title: 'Transact.', width: 12, right: true, text: (row) => formatCount(row.transactions) },
      { title: 'Apps', width: 7, right: true, text: (row) => formatCount(row.apps) },
    ],
    byVolume(list).slice(0, reportLimits.terminalRows),
    empty,
    paint,
  )
}

/** What the merge made of each source, and what only one of the two views knows. */
function overlap(report: Report, width: number, paint: Paint): string[] {
  if (report.overlap === null) return []
  const { sources } = report.overlap
  return [
    paint('bold', 'Network and agents'),
    ...sources.flatMap((source) =>
      marked(`${visible(source.source)}: ${sourceOverlapText(source)}`, paint('blue', '·'), width),
    ),
    ...overlapFacts(report.overlap).flatMap((fact) => factLines(fact, width, paint)),
  ]
}

function factLines({ level, text }: MergedFact, width: number, paint: Paint): string[] {
  const mark = level === 'good' ? paint('green', '✓') : paint('yellow', '!')
  return marked(visible(text), mark, width)
}

function marked(text: string, mark: string, width: number): string[] {
  return wrap(text, width - 2).map((line, index) => `${index === 0 ? mark : ' '} ${line}`)
}

function quality(report: Report, width: number, paint: Paint): string[] {
  const lines = [paint('bold', 'Data quality')]
  if (report.sources.length === 0) return [...lines, 'No data source has sent anything yet.']
  for (const source of report.sources) {
    const { balances, text } = ledgerSentence(source)
    const mark = balances ? paint('green', '✓') : paint('red', '!')
    const name = fit(visible(source.name), Math.min(columnsOf(visible(source.name)), 40))
    const story = wrap(`${name}: ${text}`, width - 2)
    lines.push(...story.map((line, index) => `${index === 0 ? mark : ' '} ${line}`))
    for (const spot of blindSpots(source)) {
      if (spot.level === 'good' || spot.level === 'nothing') continue
      lines.push(...wrap(spot.text, width - 4).map((line) => paint('dim', `    ${line}`)))
    }
    for (const notice of source.notices)
      lines.push(
        ...wrap(visible(notice), width - 4).map((line, i) =>
          i === 0 ? `  ${paint('yellow', '!')} ${line}` : `    ${line}`,
        ),
      )
    for (const { format } of source.commands)
      lines.push(
        paint('dim', `    What its devices must be told: gnomon formats ${visible(format)}`),
      )
  }
  for (const fact of freshnessFacts(report.freshness)) lines.push(...factLines(fact, width, paint))
  for (const { reason, lines: count } of report.unparsed.slice(0, 3)) {
    lines.push(
      `  ${formatNoun(count, 'line')} unparsed: ${fit(visible(reason), width - 34).trimEnd()}`,
    )
  }
  return lines
}

function table<Row>(
  title: string,
  total: number,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  empty: string,
  paint: Paint,
): string[] {
  if (rows.length === 0) return [paint('bold', title), empty]
  const more = total > rows.length ? paint('dim', ` ${rows.length} of ${formatCount(total)}`) : ''
  const cell = (column: Column<Row>, text: string): string => fit(text, column.width, column.right)
  return [
    paint('bold', title) + more,
    paint(
      'dim',
      columns
        .map((column) => cell(column, column.title))
        .join(' ')
        .trimEnd(),
    ),
    ...rows.map((row) =>
      columns
        .map((column) => {
          const text = cell(column, visible(column.text(row)))
          const style = column.style?.(row)
          return style === undefined ? text : paint(style, text)
        })
        .join(' ')
        .trimEnd(),
    ),
  ]
}

/** Breaks plain text at spaces; a longer word stands on its own line, cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (columnsOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = columnsOf(word) > width ? fit(word, width).trimEnd() : word
  }
  if (line !== '') lines.push(line)
  return lines
}
