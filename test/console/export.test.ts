import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { csvOf } from '../../src/console/data/export.ts'

const hostile = [
  "=cmd|' /C calc'!A0",
  '+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  ' =1',
  '\u0000=1',
  '\uff1d1',
  'a "quoted", name\r\nof two lines',
  '',
]

test('a spreadsheet reads what was written, and no formula', () => {
  const text = csvOf(
    ['name', 'n'],
    hostile.map((name) => [name, -1]),
  )
  const rows: string[][] = parse(text, { from: 2 })
  expect(rows.map(([name]) => name.replace(/^'/, ''))).toEqual(hostile)
  for (const [name] of rows) expect(name).not.toMatch(/^[\s\u0000]*[=+\-@\uff1d]/)
})

test('figures stay figures, unknown is empty', () => {
  expect(csvOf(['a', 'b'], [[-5, null]])).toBe('a,b\r\n-5,\r\n')
})
