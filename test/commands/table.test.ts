import { expect, test } from 'vitest'
import { tableLines } from '../../src/commands/table.ts'

test('columns are as wide as what is in them, up to their bound', () => {
  const rows = [
    { name: 'short', count: '5' },
    { name: 'a name that is too long', count: '12,345' },
    { name: '日本語', count: '' },
    { name: 'line\nfeed\u001b[31m', count: '1' },
  ]
  const columns = [
    { title: 'Name', text: ({ name }: (typeof rows)[0]) => name, width: 12 },
    { title: 'N', text: ({ count }: (typeof rows)[0]) => count, right: true },
  ]
  expect(tableLines(columns, rows, ({ name }) => (name === 'short' ? ['below\r'] : []))).toEqual([
    'Name               N',
    'short              5',
    '  below␍',
    'a name that…  12,345',
    '日本語',
    'line␊feed␛[…       1',
  ])
})

test('without rows there is the head', () => {
  expect(
    tableLines(
      [
        { title: 'A', text: () => '' },
        { title: 'B', text: () => '' },
      ],
      [],
    ),
  ).toEqual(['A  B'])
})
