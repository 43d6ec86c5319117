import { expect, test } from 'vitest'
import { createTextFinder } from '../../src/console/data/text-finder.ts'

const rows = ['Slack', '', 'Asana', 'Box\nasa', 'İstanbul Box']
const finder = createTextFinder(rows, (row) => row)

test.each([
  ['slack', [0]],
  ['SLA', [0]],
  ['a', [0, 2, 3, 4]],
  ['asa', [2, 3]],
  ['box', [3, 4]],
  ['box\nasa', [3]],
  ['asana\nbox', []],
  ['kasana', []],
  ['x', [3, 4]],
  ['İ', [4]],
  ['zoom', []],
  ['', [0, 1, 2, 3, 4]],
  ['\n', [3]],
])('rows that hold %j', (wanted, want) => {
  const found = finder.find(wanted)
  expect(rows.flatMap((_row, index) => (found[index] === 1 ? [index] : []))).toEqual(want)
})

test('no rows', () => {
  expect(createTextFinder<string>([], (row) => row).find('a')).toEqual(new Uint8Array(0))
})

test('as one asks each row, for texts and parts of all kinds', () => {
  // A small alphabet, so that parts begin in one row and end in the next, and within themselves.
  const texts = Array.from({ length: 400 }, (_, index) => (index * 7919).toString(3))
  const many = createTextFinder(texts, (row) => row)
  const parts = Array.from({ length: 200 }, (_, index) => index.toString(3))
  for (const part of parts)
    expect([...many.find(part)]).toEqual(texts.map((text) => (text.includes(part) ? 1 : 0)))
})
