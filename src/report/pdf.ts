/**
 * The executive report as PDF, by pdfmake (https://pdfmake.github.io/docs): no browser is needed. Text of logs goes in as text, never as
 * markup; nothing is fetched, no file but the fonts is read.
 */
import type { Content, ContentTable, TableCell, TDocumentDefinitions } from 'pdfmake/interfaces.js'
import { reportLimits } from '../limits.ts'
import { blindSpots, ledgerSentence } from './data-quality.ts'
import { findings } from './findings.ts'
import {
  formatBytes,
  formatCount,
  formatNoun,
  formatPeriod,
  formatShare,
  formatShortCount,
  formatTime,
  shareOf,
} from './format.ts'
import { byVolume, formatVolume, measureOf } from './measure.ts'
import { bandInk, barSvg, inks, shareSvg, timelineSvg } from './pdf-charts.ts'
import { loadFonts, setFonts } from './pdf-fonts.ts'
import type { PdfFonts } from './pdf-fonts.ts'
import { merged } from './pdf-merged.ts'
import type { Report, ReportPerson } from './report.ts'
import { bandOf, riskWords } from './risk.ts'
import { cut, visible } from './text.ts'
import { timelineOf } from './timeline.ts'

/** A4 less margins, in points. */
const width = 515
/** The fonts have no pictures of control characters. */
const shown = (text: string, characters = 46): string =>
  cut(visible(text), characters).replaceAll(
    /[\u2400-\u2421]/g,
    (c) => `[U+${(c.charCodeAt(0) - 0x2400).toString(16).toUpperCase().padStart(4, '0')}]`,
  )

/** The report's bytes; `ownFonts` = files of fonts for letters that the shipped ones lack. */
export async function renderPdf(
  report: Report,
  ownFonts: readonly string[] = [],
): Promise<Uint8Array> {
  const pdfmake = (await import('pdfmake')).default
  const fonts = await loadFonts(ownFonts)
  pdfmake.setFonts(fonts.dictionary)
  pdfmake.setUrlAccessPolicy(() => false)
  pdfmake.setLocalAccessPolicy((path: string) => fonts.files.some((one) => path.startsWith(one)))
  return pdfmake.createPdf(definition(report, fonts)).getBuffer()
}

function definition(report: Report, fonts: PdfFonts): TDocumentDefinitions {
  const title = shown(report.title, 100)
  const parts =
    report.totals.transactions === 0
      ? [...overview(report), ...quality(report)]
      : [
          ...overview(report),
          ...apps(report),
          ...destinations(report),
          ...people(report),
          ...merged(report, shown),
          ...quality(report),
        ]
  const content = parts.map((part) => setFonts(part, fonts))
  return {
    pageSize: 'A4',
    pageMargins: [40, 48, 40, 48],
    info: {
      title,
      creator: `Gnomon ${report.gnomonVersion}`,
      creationDate: new Date(report.generatedAt),
    },
    defaultStyle: { font: 'Roboto', fontSize: 9, color: inks.text, lineHeight: 1.15 },
    styles: {
      h1: { fontSize: 20, bold: true, color: inks.brand },
      h2: { fontSize: 13, bold: true, color: inks.brand, margin: [0, 16, 0, 6] },
      soft: { color: inks.soft },
      head: { bold: true, fontSize: 8, color: inks.soft },
    },
    header: (page) =>
      page === 1
        ? ''
        : { text: fonts.runs(title), style: 'soft', fontSize: 8, margin: [40, 24, 40, 0] },
    footer: (page, pages) => ({
      columns: [
        { text: `Gnomon ${report.gnomonVersion}, catalog ${report.catalogVersion}`, style: 'soft' },
        { text: `${page} / ${pages}`, style: 'soft', alignment: 'right' },
      ],
      fontSize: 8,
      margin: [40, 12, 40, 0],
    }),
    // a headline does not stand alone at the end of a page
    pageBreakBefore: (node) => node.headlineLevel === 1 && node.startPosition.verticalRatio > 0.8,
    content: [...content, ...lackOf(fonts.missing())],
  }
}

function lackOf(letters: number): Content[] {
  if (letters === 0) return []
  const text = `${formatNoun(letters, 'letter')} of names stand as numbers, such as [U+5FAE]: no font here has them. Fonts are named in publish.fonts.`
  return [{ text, style: 'soft', fontSize: 8, margin: [0, 12, 0, 0] }]
}

function overview(report: Report): Content[] {
  return [
    { text: shown(report.title, 100), style: 'h1' },
    {
      text: `${formatPeriod(report.from, report.to)}${report.source === null ? '' : `, source ${shown(report.source)}`}. Made ${formatTime(report.generatedAt)} UTC.`,
      style: 'soft',
      margin: [0, 2, 0, 12],
    },
    cards(report),
    { text: 'What stands out', style: 'h2', headlineLevel: 1 },
    ...(findings(report).length === 0 ? [{ text: 'No transaction was read.', style: 'soft' }] : []),
    ...findings(report).map(({ tone, text }): Content => ({
      columns: [
        // the column is wider than the mark in it
        {
          svg: barSvg([{ share: 0.35, ink: tone === 'attention' ? inks.high : inks.down }], {
            width: 8,
            height: 11,
          }),
          width: 8,
        },
        { text },
      ],
      margin: [0, 0, 0, 4],
    })),
    ...(report.totals.transactions === 0 ? [] : charts(report)),
  ]
}

function charts(report: Report): Content[] {
  const measure = measureOf(report)
  const ranked = report.categories.toSorted((a, b) => (measure.of(b) ?? 0) - (measure.of(a) ?? 0))
  const named = ranked.slice(0, reportLimits.chartCategories).map(({ category }) => category)
  const timeline = timelineOf(report, named, measure)
  const rest = timeline.bands.length > named.length
  return [
    {
      text: `${measure.word === 'traffic' ? 'Traffic' : 'Transactions'} by ${report.timelineUnit} (UTC)`,
      style: 'h2',
      headlineLevel: 1,
    },
    { svg: timelineSvg(timeline, measure, { width, height: 170 }), width },
    legend(
      timeline.bands.map(({ name }, i) => ({
        name,
        ink: bandInk(i, rest && i === timeline.bands.length - 1),
      })),
    ),
    { text: 'Risk of the apps in use', style: 'h2', headlineLevel: 1 },
    {
      svg: shareSvg(
        report.risk.map(({ band, apps: count }) => ({ value: count, ink: inks[band] })),
        { width, height: 14 },
      ),
      width,
    },
    legend(
      report.risk.map(({ band, apps: count, bytesTotal }) => ({
        name: `${riskWords[band].name}: ${formatNoun(count, 'app')}, ${formatBytes(bytesTotal)}`,
        ink: inks[band],
      })),
    ),
  ]
}

function cards({ totals }: Report): Content {
  const list: [string, string][] = [
    [formatShortCount(totals.apps), 'apps'],
    [formatShortCount(totals.users), 'users'],
    [formatShortCount(totals.devices), 'devices'],
    [formatShortCount(totals.addresses), 'addresses'],
    [formatBytes(totals.bytesTotal), 'traffic'],
    [formatBytes(totals.bytesUp), 'uploaded'],
    [formatShortCount(totals.transactions), 'transactions'],
    [formatShortCount(totals.blocked), 'blocked'],
  ]
  const cell = ([value, name]: [string, string]): TableCell => ({
    stack: [
      { text: value, fontSize: 15, bold: true },
      { text: name, style: 'soft', fontSize: 8 },
    ],
    fillColor: inks.head,
    margin: [6, 6, 6, 4],
  })
  return {
    table: {
      widths: ['*', '*', '*', '*'],
      body: [list.slice(0, 4).map(cell), list.slice(4).map(cell)],
    },
    layout: {
      hLineWidth: () => 3,
      vLineWidth: () => 3,
      hLineColor: () => '#ffffff',
      vLineColor: () => '#ffffff',
    },
  }
}

function legend(entries: readonly { name: string; ink: string }[]): Content {
  const cell = ({ name, ink }: { name: string; ink: string }): Content => ({
    columns: [
      { svg: barSvg([{ share: 1, ink }], { width: 8, height: 8 }), width: 12 },
      { text: shown(name), fontSize: 8, style: 'soft' },
    ],
    margin: [0, 1, 0, 1],
  })
  const columns = [0, 1, 2].map((column) => ({
    stack: entries.filter((_, i) => i % 3 === column).map(cell),
    width: '*',
  }))
  return { columns, columnGap: 8, margin: [0, 6, 0, 0] }
}

type Cell = string | { text: string; ink: string } | { bar: { share: number; ink: string }[] }

/** Columns from `numbers` on stand to the right. */
function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  widths: (number | '*')[],
  numbers: number,
): ContentTable {
  const cellOf = (cell: Cell, i: number): TableCell => {
    if (typeof cell === 'object' && 'bar' in cell)
      return { svg: barSvg(cell.bar, { width: 70, height: 7 }), margin: [0, 2, 0, 0] }
    const alignment = i >= numbers ? 'right' : 'left'
    return typeof cell === 'string'
      ? { text: cell, alignment }
      : { text: cell.text, color: cell.ink, bold: true, alignment }
  }
  return {
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths,
      body: [
        head.map((text, i): TableCell => ({
          text,
          style: 'head',
          alignment: i >= numbers ? 'right' : 'left',
        })),
        ...rows.map((row) => row.map(cellOf)),
      ],
    },
    fontSize: 8,
    layout: {
      hLineWidth: (i) => (i === 0 ? 0 : 0.5),
      vLineWidth: () => 0,
      hLineColor: () => inks.line,
      paddingTop: () => 2.5,
      paddingBottom: () => 2,
      paddingLeft: () => 3,
      paddingRight: () => 3,
    },
  }
}

function more(all: number, rows: number): Content[] {
  return all <= rows
    ? []
    : [
        {
          text: `${formatCount(all - rows)} more are in the CSV and JSON files.`,
          style: 'soft',
          fontSize: 8,
          margin: [0, 4, 0, 0],
        },
      ]
}

function apps(report: Report): Content[] {
  const measure = measureOf(report)
  const rows = byVolume(report.apps).slice(0, reportLimits.printRows)
  const most = Math.max(...rows.map((app) => measure.of(app) ?? 0), 1)
  return [
    { text: 'Apps', style: 'h2', headlineLevel: 1, pageBreak: 'before' },
    {
      text: `Bars: ${measure.word}${measure.word === 'traffic' ? ', the red part is uploaded' : ''}.`,
      style: 'soft',
      fontSize: 8,
      margin: [0, 0, 0, 4],
    },
    table(
      ['App', 'Category', 'Score', '', 'Users', 'Transactions', 'Uploaded', 'Downloaded'],
      rows.map((app) => [
        shown(app.name, 34),
        shown(app.category, 28),
        { text: app.score === null ? '–' : String(app.score), ink: inks[bandOf(app.score)] },
        {
          bar:
            measure.word === 'traffic' && app.bytesUp !== null
              ? [
                  { share: app.bytesUp / most, ink: inks.up },
                  { share: ((app.bytesTotal ?? 0) - app.bytesUp) / most, ink: inks.down },
                ]
              : [{ share: (measure.of(app) ?? 0) / most, ink: inks.down }],
        },
        formatCount(app.users),
        formatCount(app.transactions),
        formatVolume(app, app.bytesUp),
        formatVolume(app, app.bytesDown),
      ]),
      ['*', 95, 28, 74, 34, 54, 52, 56],
      4,
    ),
    ...more(report.apps.length, rows.length),
  ]
}

function destinations(report: Report): Content[] {
  const measure = measureOf(report)
  const whole = measure.of(report.totals)
  const unknown = byVolume(report.unknown).slice(0, 20)
  return [
    { text: 'Categories', style: 'h2', headlineLevel: 1 },
    table(
      ['Category', 'Apps', 'Transactions', 'Uploaded', 'Downloaded', 'Share'],
      byVolume(report.categories).map((row) => [
        shown(row.category),
        formatCount(row.apps),
        formatCount(row.transactions),
        formatVolume(row, row.bytesUp),
        formatVolume(row, row.bytesDown),
        formatShare(shareOf(measure.of(row), whole)),
      ]),
      ['*', 40, 66, 66, 66, 40],
      1,
    ),
    ...(unknown.length === 0
      ? []
      : [
          { text: 'Destinations in no catalog', style: 'h2', headlineLevel: 1 },
          table(
            ['Domain or address', 'Users', 'Addresses', 'Transactions', 'Uploaded', 'Downloaded'],
            unknown.map((row) => [
              shown(row.domain, 40),
              formatCount(row.users),
              formatCount(row.addresses),
              formatCount(row.transactions),
              formatVolume(row, row.bytesUp),
              formatVolume(row, row.bytesDown),
            ]),
            ['*', 36, 50, 60, 60, 60],
            1,
          ),
          ...more(report.totals.unknownDomains, unknown.length),
        ]),
  ]
}

function people(report: Report): Content[] {
  const lists: [string, readonly ReportPerson[], string, number][] = [
    ['Users', report.users, 'Addresses', report.totals.users],
    ['Devices', report.devices, 'Users', report.totals.devices],
    ['Addresses', report.addresses, 'Users', report.totals.addresses],
  ]
  return lists.flatMap(([name, all, others, total]) => {
    const rows = byVolume(all).slice(0, 25)
    if (rows.length === 0) return []
    return [
      { text: name, style: 'h2', headlineLevel: 1 },
      table(
        [
          name.replace(/es$|s$/, (end) => (name === 'Addresses' ? '' : end === 'es' ? 'e' : '')),
          'Most used',
          'Apps',
          others,
          'Uploaded',
          'Total',
          'Last seen (UTC)',
        ],
        rows.map((row) => [
          shown(row.name, 36),
          shown(row.topApps.slice(0, 3).join(', '), 44),
          formatCount(row.apps),
          formatCount(row.others),
          formatVolume(row, row.bytesUp),
          formatVolume(row, row.bytesTotal),
          formatTime(row.lastSeen),
        ]),
        [110, '*', 30, 46, 52, 52, 78],
        2,
      ),
      ...more(total, rows.length),
    ]
  })
}

function quality(report: Report): Content[] {
  if (report.sources.length === 0) return []
  return [
    { text: 'Where this comes from', style: 'h2', headlineLevel: 1 },
    ...report.sources.flatMap((source): Content[] => {
      const { balances, text } = ledgerSentence(source)
      const blind = blindSpots(source).filter(
        ({ level }) => level === 'partly' || level === 'missing',
      )
      return [
        {
          text: `${shown(source.name)}${source.formats.length === 0 ? '' : ` (${source.formats.map((format) => shown(format)).join(', ')})`}`,
          bold: true,
          margin: [0, 4, 0, 0],
        },
        { text, ...(balances ? {} : { color: inks.high }) },
        ...(blind.length === 0
          ? []
          : [{ ul: blind.map((spot) => spot.text), style: 'soft' } as Content]),
        ...(source.notices.length === 0
          ? []
          : [
              {
                ul: source.notices.map((notice) => shown(notice, 600)),
                color: inks.high,
              } as Content,
            ]),
      ]
    }),
    ...(report.unparsed.length === 0
      ? []
      : [
          { text: 'Lines that were not read', style: 'h2', headlineLevel: 1 },
          table(
            ['Reason', 'Lines'],
            report.unparsed
              .slice(0, 15)
              .map(({ reason, lines }) => [shown(reason, 90), formatCount(lines)]),
            ['*', 80],
            1,
          ),
        ]),
  ]
}
