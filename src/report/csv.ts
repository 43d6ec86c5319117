/** The report as CSV files for spreadsheets and scripts: RFC 4180, UTF-8 without a byte order mark, all rows. */

import type { Report } from './report.ts'

type Cell = string | number | null | readonly string[]

interface Column<Row> {
  /** The field's name as in `report.json`. */
  name: string
  cell: (row: Row) => Cell
}

/** Columns by key, in order: a misspelt key, or one that is no cell, does not compile. */
function columns<Row extends { [Key in keyof Row]?: Cell }>(
  keys: readonly (keyof Row & string)[],
): Column<Row>[] {
  return keys.map((key) => ({ name: key, cell: (row) => row[key] ?? null }))
}

/** File name -> CSV text. Unknown is an empty cell; lists are joined with "; ". */
export function renderCsv(report: Report): Map<string, string> {
  const volume = ['transactions', 'bytesUp', 'bytesDown', 'bytesTotal'] as const
  const person = columns<Report['users'][number]>([
    'name',
    'apps',
    'others',
    ...volume,
    'blocked',
    'topApps',
    'lastSeen',
  ])
  return new Map([
    [
      'apps.csv',
      table(
        columns<Report['apps'][number]>([
          ...(['appId', 'name', 'category', 'score'] as const),
          ...volume,
          ...(['users', 'devices', 'addresses', 'blocked', 'firstSeen', 'lastSeen'] as const),
        ]),
        report.apps,
      ),
    ],
    [
      'unknown.csv',
      table(
        columns<Report['unknown'][number]>([
          ...(['domain', 'hosts'] as const),
          ...volume,
          ...(['users', 'addresses', 'blocked', 'lastSeen'] as const),
        ]),
        report.unknown,
      ),
    ],
    ['users.csv', table(named(person, 'addresses'), report.users)],
    ['addresses.csv', table(named(person, 'users'), report.addresses)],
    ['devices.csv', table(named(person, 'users'), report.devices)],
    [
      'infrastructure.csv',
      table(
        columns<Report['infrastructure'][number]>(['name', 'hosts', ...volume]),
        report.infrastructure,
      ),
    ],
    [
      'sources.csv',
      table(
        columns<Omit<Report['sources'][number], 'merged' | 'notices' | 'commands'>>([
          ...([
            'name',
            'formats',
            'received',
            'skipped',
            'unparsed',
            'dropped',
            'missing',
          ] as const),
          ...volume,
          ...(['withUser', 'withHost', 'withBytes', 'withAction'] as const),
        ]),
        report.sources,
      ),
    ],
    ...(report.overlap === null ? [] : overlapTables(report.overlap)),
  ])
}

/** Only where agents told something: without them nothing is known of what they do not know. */
function overlapTables(overlap: NonNullable<Report['overlap']>): [string, string][] {
  const { unknownAddresses, unseenDevices, unfitDevices } = overlap
  return [
    [
      'unknown-addresses.csv',
      table(
        columns<(typeof unknownAddresses)[number]>([
          'address',
          'guess',
          'otherwise',
          'transactions',
          'bytesTotal',
          'lastSeen',
        ]),
        unknownAddresses,
      ),
    ],
    [
      'unseen-devices.csv',
      table(
        columns<(typeof unseenDevices)[number]>(['deviceId', 'device', 'transactions', 'lastSeen']),
        unseenDevices,
      ),
    ],
    [
      'unfit-devices.csv',
      table(
        columns<(typeof unfitDevices)[number]>(['deviceId', 'device', 'reason', 'lastSeen']),
        unfitDevices,
      ),
    ],
  ]
}

/** `others` is a person's addresses, an address's or device's users: the header says which. */
function named<Row>(list: readonly Column<Row>[], others: string): Column<Row>[] {
  return list.map((column) => (column.name === 'others' ? { ...column, name: others } : column))
}

function table<Row>(list: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [list.map((column) => csvCell(column.name)).join(',')]
  for (const row of rows) lines.push(list.map((column) => csvCell(column.cell(row))).join(','))
  return `${lines.join('\r\n')}\r\n`
}

/**
 * What a spreadsheet takes for a formula, full-width forms included
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/

/** Semicolons and tabs too: spreadsheets of other countries split at them. */
const needsQuotes = /[",;\t\r\n]|^\s|\s$/

/** One cell; text that would be a formula gets a leading apostrophe, numbers stay numbers. */
export function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = typeof cell === 'string' ? cell : cell.join('; ')
  const safe = formula.test(text) ? `'${text}` : text
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
