import { expect, test } from 'vitest'
import { lineDiff } from '../../src/console/data/line-diff.ts'

const marks = { same: ' ', added: '+', removed: '-', gap: '…' } as const
const shown = (before: string, after: string, around?: number): string[] =>
  lineDiff(before, after, around).map(({ kind, text }) => `${marks[kind]}${text}`)

test.each([
  ['the same', 'a\nb\n', 'a\nb\n', []],
  ['only the last line end', 'a\nb', 'a\nb\n', []],
  ['a line more', 'a\nb\n', 'a\nx\nb\n', [' a', '+x', ' b']],
  ['a line less', 'a\nx\nb\n', 'a\nb\n', [' a', '-x', ' b']],
  ['another line', 'a\nx\nb\n', 'a\ny\nb\n', [' a', '-x', '+y', ' b']],
  ['out of nothing', '', 'a\nb\n', ['+a', '+b']],
  ['to nothing', 'a\n', '', ['-a']],
  ['two places', 'a\nb\nc\n', 'x\nb\ny\n', ['-a', '+x', ' b', '-c', '+y']],
])('%s', (_what, before, after, want) => {
  expect(shown(before, after)).toEqual(want)
})

test('lines far from a change are a gap', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  const after = lines.with(10, 'other')
  expect(shown(lines.join('\n'), after.join('\n'), 1)).toEqual([
    '…',
    ' line 9',
    '-line 10',
    '+other',
    ' line 11',
    '…',
  ])
})

test('thousands of other lines are told as such, at once', () => {
  const before = Array.from({ length: 3000 }, (_, i) => `old ${i}`).join('\n')
  const after = Array.from({ length: 3000 }, (_, i) => `new ${i}`).join('\n')
  expect(lineDiff(before, after)).toHaveLength(6000)
})

test('numbers are those of the new text, of removed lines those of the old', () => {
  expect(lineDiff('a\nb\nc', 'a\nx\ny\nc').map(({ kind, number }) => [kind, number])).toEqual([
    ['same', 1],
    ['removed', 2],
    ['added', 2],
    ['added', 3],
    ['same', 4],
  ])
})
