import { parse as csvParse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delimiterOf, splitBlanks, splitCsv, splitTabs } from '../../src/parse/split.ts'
import { byteSet } from '../../src/parse/split-kv.ts'
import { allColumns, contextOf, slotsOf } from './parse-parts.ts'

interface Row {
  columns: number
  values: (string | null)[]
  truncated: boolean
}

function csv(
  line: string,
  wanted: number,
  options: { delimiter?: string; braces?: boolean; noise?: string } = {},
): Row {
  const { c, start, end } = contextOf(line, options.noise)
  const delimiter = (options.delimiter ?? ',').charCodeAt(0)
  const columns = splitCsv(c, start, end, delimiter, allColumns(wanted), options.braces ?? false)
  return { columns, values: slotsOf(c, wanted), truncated: c.truncated }
}

function blanks(line: string, wanted: number, brackets = false, noise = ''): Row {
  const { c, start, end } = contextOf(line, noise)
  const columns = splitBlanks(c, start, end, allColumns(wanted), brackets)
  return { columns, values: slotsOf(c, wanted), truncated: c.truncated }
}

function tabs(line: string, wanted: number, quotes = false): Row {
  const { c, start, end } = contextOf(line)
  const columns = splitTabs(c, start, end, allColumns(wanted), quotes)
  return { columns, values: slotsOf(c, wanted), truncated: c.truncated }
}

const orNull = (cell: string): string | null => (cell === '' ? null : cell)

describe('csv', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc
      .array(fc.constantFrom('"', ',', ';', 'a', ' ', 'é', '\\', '{', '}', '\t'), { maxLength: 8 })
      .map((parts) => parts.join('')),
  )
  const quoted = (text: string, delimiter: string, always: boolean): string =>
    always || text.includes('"') || text.includes(delimiter)
      ? `"${text.replaceAll('"', '""')}"`
      : text

  test.each([',', ';', '\t', '|'])('reads what csv-parse reads, delimiter %j', (delimiter) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, fc.boolean()), { minLength: 1, maxLength: 9 }),
        (cells) => {
          const line = cells
            .map(([text, always]) => quoted(text.replaceAll(/[\r\n]/g, ' '), delimiter, always))
            .join(delimiter)
          fc.pre(line !== '')
          const [want] = csvParse(line, { delimiter, relax_column_count: true })
          const { columns, values, truncated } = csv(line, want.length, { delimiter, noise: ',"x' })
          expect({ columns, values, truncated }).toEqual({
            columns: want.length,
            values: want.map(orNull),
            truncated: false,
          })
        },
      ),
      { numRuns: 500 },
    )
  })

  test.each<[string, number, Row]>([
    ['a,b,c', 2, { columns: 2, values: ['a', 'b'], truncated: false }],
    ['a,,c', 3, { columns: 3, values: ['a', null, 'c'], truncated: false }],
    ['a,b', 4, { columns: 2, values: ['a', 'b', null, null], truncated: false }],
    ['"",b', 2, { columns: 2, values: [null, 'b'], truncated: false }],
    ['a,"cut off', 2, { columns: 2, values: ['a', 'cut off'], truncated: true }],
    ['"a"noise,b', 2, { columns: 2, values: ['a', 'b'], truncated: false }],
    ['a"b,c', 2, { columns: 2, values: ['a"b', 'c'], truncated: false }],
  ])('%j', (line, wanted, want) => expect(csv(line, wanted)).toEqual(want))

  test('braces outside quotes hold a value together', () => {
    expect(csv('a,{b,c},d', 3, { braces: true }).values).toEqual(['a', null, 'd'])
    expect(csv('a,{b,c},d', 4).values).toEqual(['a', '{b', 'c}', 'd'])
    expect(csv('a,"{b",c},d', 4, { braces: true }).values).toEqual(['a', '{b', 'c}', 'd'])
  })

  test('only the columns that are asked for are kept', () => {
    const { c, start, end } = contextOf('a,b,"c""d",e')
    splitCsv(c, start, end, 44, Int16Array.of(-1, 1, -1, 0), false)
    expect(slotsOf(c, 2)).toEqual(['e', 'b'])
  })

  test('the delimiter is the first outside quotes', () => {
    const first = (line: string): string => {
      const { c, start, end } = contextOf(line, ',,')
      return String.fromCharCode(delimiterOf(c.buf, start, end, byteSet(',;\t')))
    }
    expect(['"a,b";c,d', 'a,b;c', 'a\tb', 'abc', '"a,b'].map(first)).toEqual([
      ';',
      ',',
      '\t',
      '\0',
      '\0',
    ])
  })
})

describe('blanks', () => {
  test.each<[string, number, boolean, (string | null)[], boolean]>([
    ['a  b c', 3, false, ['a', 'b', 'c'], false],
    ['a "b?q="x y" c', 3, false, ['a', 'b?q="x y', 'c'], false],
    ['  a b  ', 2, false, ['a', 'b'], false],
    ['"a b" c', 2, false, ['a b', 'c'], false],
    ['"a ""b"" c" d', 2, false, ['a "b" c', 'd'], false],
    ['"a \\"b\\"c" d', 2, false, ['a "b"c', 'd'], false],
    ['"C:\\" d', 2, false, ['C:\\', 'd'], false],
    ['"a \\"b\\" c" d', 2, false, ['a "b" c', 'd'], false],
    ['"a \\"b\\"" d', 2, false, ['a "b"', 'd'], false],
    ['"" d', 2, false, [null, 'd'], false],
    ['[15/Oct/2026:09:30:00 +0200] b', 2, true, ['[15/Oct/2026:09:30:00 +0200]', 'b'], false],
    ['[15/Oct/2026:09:30:00 +0200] b', 3, false, ['[15/Oct/2026:09:30:00', '+0200]', 'b'], false],
    ['[open b c', 1, true, ['[open b c'], false],
  ])('%j', (line, wanted, brackets, values, truncated) => {
    expect(blanks(line, wanted, brackets)).toMatchObject({ values, truncated })
  })

  test('a quote that is not closed is a cut, and is told', () => {
    expect(blanks('a "cut off', 2)).toEqual({
      columns: 2,
      values: ['a', 'cut off'],
      truncated: true,
    })
  })

  test('any words, quoted or bare, come back', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 10 })
      .filter((text) => !/[\s\\]/.test(text) && !text.includes('"'))
    const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))
    const column = fc.oneof(
      word.map((text) => ({ text, value: text })),
      phrase.map((text) => ({ text: `"${text}"`, value: text })),
      phrase.map((text) => ({ text: `"${text} ""x"" y"`, value: `${text} "x" y` })),
    )
    fc.assert(
      fc.property(fc.array(column, { minLength: 1, maxLength: 8 }), (columns) => {
        const line = columns.map(({ text }) => text).join('  ')
        expect(blanks(line, columns.length, false, ' "more"')).toEqual({
          columns: columns.length,
          values: columns.map(({ value }) => value),
          truncated: false,
        })
      }),
    )
  })
})

describe('tabs', () => {
  test.each<[string, number, boolean, (string | null)[]]>([
    ['a\tb c\t\td', 4, false, ['a', 'b c', null, 'd']],
    ['a\t', 2, false, ['a', null]],
    ['"a"\t"b ""c"""', 2, true, ['a', 'b "c"']],
    ['"a"\tb', 2, false, ['"a"', 'b']],
    ['"\tb', 2, true, ['"', 'b']],
  ])('%j', (line, wanted, quotes, values) =>
    expect(tabs(line, wanted, quotes).values).toEqual(values),
  )
})
