import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { csvCell, renderCsv } from '../../src/report/csv.ts'
import { emptyReport, fixtureReport, hostile } from './fixture.ts'

type Row = Record<string, string>

function rowsOf(file: string): Row[] {
  const text = renderCsv(fixtureReport()).get(file)
  if (text === undefined) throw new Error(`no ${file}`)
  return parse(text, { columns: true })
}

/** What a cell holds once the guard against formulas is taken off again. */
const unguarded = (cell: string | undefined): string | undefined =>
  cell?.replace(/^'(?=\s*[=+\-@]|[\t\r\n])/, '')

test.each([
  [null, ''],
  [0, '0'],
  [-5, '-5'],
  ['plain', 'plain'],
  ['=1+1', `'=1+1`],
  ['+1', `'+1`],
  ['-1', `'-1`],
  ['@x', `'@x`],
  [' =1', `' =1`],
  ['＝1', `'＝1`],
  ['\tx', `"'\tx"`],
  ['\rx', `"'\rx"`],
  ['a,b', '"a,b"'],
  ['a;b', '"a;b"'],
  ['a "b"', '"a ""b"""'],
  [['A', 'B, C'], '"A; B, C"'],
  [[], ''],
] as const)('csvCell(%j) is %j', (cell, want) => {
  expect(csvCell(cell)).toBe(want)
})

test('every row comes back as it was', () => {
  const report = fixtureReport()
  const apps = rowsOf('apps.csv')
  expect(apps).toHaveLength(report.apps.length)
  for (const [index, app] of report.apps.entries()) {
    const row = apps[index]
    expect(unguarded(row?.['name'])).toBe(app.name)
    expect(unguarded(row?.['category'])).toBe(app.category)
    expect(row?.['score']).toBe(app.score === null ? '' : String(app.score))
    expect(row?.['bytesTotal']).toBe(app.bytesTotal === null ? '' : String(app.bytesTotal))
    expect(row?.['transactions']).toBe(String(app.transactions))
  }
  const users = rowsOf('users.csv')
  expect(users.map((row) => unguarded(row['name']))).toEqual(
    report.users.map((user) => user.name.toWellFormed()),
  )
  const unknown = rowsOf('unknown.csv')
  expect(unknown.map((row) => unguarded(row['domain']))).toEqual(
    report.unknown.map((row) => row.domain),
  )
})

test('no text cell is a formula', () => {
  for (const [file, text] of renderCsv(fixtureReport())) {
    const cells: string[] = parse(text).flat()
    const formulas = cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))
    expect(formulas, file).toEqual([])
  }
  expect(renderCsv(fixtureReport()).get('users.csv')).toContain(`'${hostile.formula}`)
})

test('headers are the fields of the report, by what they mean', () => {
  const files = renderCsv(emptyReport())
  expect([...files.keys()]).toEqual([
    'apps.csv',
    'unknown.csv',
    'users.csv',
    'addresses.csv',
    'devices.csv',
    'infrastructure.csv',
    'sources.csv',
  ])
  expect(files.get('users.csv')).toBe(
    'name,apps,addresses,transactions,bytesUp,bytesDown,bytesTotal,blocked,topApps,lastSeen\r\n',
  )
  expect(files.get('devices.csv')).toMatch(/^name,apps,users,/)
  expect(files.get('apps.csv')?.charCodeAt(0)).not.toBe(0xfeff)
})
