import { expect, test } from 'vitest'
import { feedsOf } from '../../src/console/data/freshness-words.ts'
import type { AgentFreshness, HourFreshness } from '../../src/report/freshness.ts'

const at = (hour: number): string => new Date(Date.UTC(2026, 10, 24, hour)).toISOString()

function agent(source: string, newest: number, ...gaps: [number, number][]): AgentFreshness {
  return {
    source,
    newest: at(newest),
    arrived: at(newest + 1),
    gaps: gaps.map(([from, to]) => ({ from: at(from), to: at(to) })),
  }
}

const hour = (start: number, ...missing: string[]): HourFreshness => ({
  hour: at(start),
  state: missing.length > 0 ? 'incomplete' : 'complete',
  changed: at(start),
  merged: at(start + 1),
  missing,
})

const cases: [what: string, agents: AgentFreshness[], hours: HourFreshness[], want: unknown[]][] = [
  ['no agents', [], [hour(1), hour(2)], []],
  ['without a gap', [agent('mde', 9)], [hour(8)], [['mde', at(9), false, 0]]],
  [
    'a gap that closed is not late',
    [agent('mde', 9, [2, 4])],
    [hour(2, 'mde'), hour(3, 'mde'), hour(8)],
    [['mde', at(9), false, 2]],
  ],
  [
    'silent since its newest row',
    [agent('mde', 5, [5, 9])],
    [hour(6, 'mde')],
    [['mde', at(5), true, 1]],
  ],
  [
    'late ones first, also one that never told',
    [agent('a', 9), agent('b', 5, [1, 2], [5, 9])],
    [hour(6, 'b', 'never'), hour(7, 'never')],
    [
      ['b', at(5), true, 1],
      ['never', null, true, 2],
      ['a', at(9), false, 0],
    ],
  ],
]

test.each(cases)('%s', (_what, agents, hours, want) => {
  const found = feedsOf({ agents, hours })
  expect(found.map(({ source, newest, late, lacks }) => [source, newest, late, lacks])).toEqual(
    want,
  )
})
