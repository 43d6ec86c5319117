import { describe, expect, test } from 'vitest'
import { createRowOrder } from '../../src/console/data/row-order.ts'

const rows = [
  { name: 'Slack', bytes: 5, score: null },
  { name: 'asana', bytes: 9, score: 7 },
  { name: 'Box', bytes: 5, score: 2 },
  { name: 'zoom', bytes: null, score: 9 },
]
const order = createRowOrder(rows, (row, column) => row[column as keyof typeof row])

function f(by: string, direction: 'asc' | 'desc', want: string[]): void {
  expect(order.pick(by, direction, null).map(({ name }) => name)).toEqual(want)
}

describe('rows in order', () => {
  test('by figures, unknown last in both orders', () => {
    f('bytes', 'asc', ['Slack', 'Box', 'asana', 'zoom'])
    f('bytes', 'desc', ['asana', 'Box', 'Slack', 'zoom'])
    f('score', 'asc', ['Box', 'asana', 'zoom', 'Slack'])
    f('score', 'desc', ['zoom', 'asana', 'Box', 'Slack'])
  })
  test('by names, letters of both cases alike', () => {
    f('name', 'asc', ['asana', 'Box', 'Slack', 'zoom'])
    f('name', 'desc', ['zoom', 'Slack', 'Box', 'asana'])
  })
  test('filtered', () => {
    const picked = order.pick('name', 'asc', ({ bytes }) => bytes === 5)
    expect(picked.map(({ name }) => name)).toEqual(['Box', 'Slack'])
  })
  test('nothing of nothing', () => {
    expect(createRowOrder<object>([], () => null).pick('name', 'asc', null)).toEqual([])
  })
})
