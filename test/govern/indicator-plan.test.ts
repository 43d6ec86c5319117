/** The wish of the tags beside what is there: only ours change, the budget holds, drift is seen. */
import { expect, test } from 'vitest'
import { governSchema } from '../../src/config/govern-schema.ts'
import type { IndicatorsConfig } from '../../src/config/govern-schema.ts'
import type { BlockList } from '../../src/govern/block-list.ts'
import { planIndicators, wantedOf } from '../../src/govern/indicator-plan.ts'
import type { RemoteIndicator } from '../../src/govern/indicator-plan.ts'

const nowMs = Date.UTC(2026, 9, 15)
const dayMs = 86_400_000

function configOf(more: object = {}): IndicatorsConfig {
  const { indicators } = governSchema.parse({
    indicators: { credential: { kind: 'managed-identity' }, ...more },
  })
  if (indicators === undefined) throw new Error('no indicators')
  return indicators
}
const listOf = (...names: string[]): BlockList => ({
  names: names.map((name) => ({ name, below: true, appId: 'files', app: 'Files', seen: [] })),
  leftOut: [],
  apps: ['files'],
})
const wanted = (names: string[], config = configOf(), endsMs = new Map<string, number>()) =>
  wantedOf(listOf(...names), { action: 'Block', config, nowMs, endsMs })

let ids = 0
/** As the API would give back what was put. */
const there = (
  names: string[],
  more: Partial<RemoteIndicator> = {},
  config = configOf(),
): RemoteIndicator[] => wanted(names, config).map((one) => ({ id: String(ids++), ...one, ...more }))
const foreign = (value: string): RemoteIndicator => ({
  id: String(ids++),
  indicatorValue: value,
  indicatorType: 'DomainName',
  action: 'Block',
  application: 'Microsoft Cloud App Security',
})

function f(names: string[], present: RemoteIndicator[], want: object, config = configOf()): void {
  const plan = planIndicators(wanted(names, config), present, { config, nowMs })
  expect({
    put: plan.put.map(({ indicatorValue }) => indicatorValue),
    remove: plan.remove.map(({ value }) => value),
    foreign: plan.foreign,
    overBudget: plan.overBudget,
    unchanged: plan.unchanged,
    after: plan.after,
  }).toEqual({ put: [], remove: [], foreign: [], overBudget: [], unchanged: 0, after: 0, ...want })
}

test('both sides are compared', () => {
  f(['a.example'], [], { put: ['a.example'], after: 1 })
  f(['a.example'], there(['a.example']), { unchanged: 1, after: 1 })
  f([], there(['a.example']), { remove: ['a.example'] })
  f(['b.example'], there(['a.example']), { put: ['b.example'], remove: ['a.example'], after: 1 })
  f(['a.example', 'a.example'], [], { put: ['a.example'], after: 1 })
})

test.each<[string, Partial<RemoteIndicator>]>([
  ['action', { action: 'Warn' }],
  ['severity', { severity: 'High' }],
  ['title', { title: 'x' }],
  ['alert', { generateAlert: false }],
  ['page', { educateUrl: 'https://x.example' }],
  ['device groups', { rbacGroupNames: ['x'] }],
  ['end', { expirationTime: '2030-01-01T00:00:00Z' }],
])('drift of the %s is mended', (_what, more) => {
  f(['a.example'], there(['a.example'], more), { put: ['a.example'], after: 1 })
})

test('what others made is left alone, also when it has our name but not our mark', () => {
  f(['a.example'], [foreign('a.example')], { foreign: ['a.example'], after: 1 })
  f(
    [],
    [
      foreign('a.example'),
      ...there(['b.example'], { application: 'Other' }),
      ...there(['c.example'], { description: 'by hand' }),
    ],
    { after: 3 },
  )
})

test('ours twice: one goes', () => {
  f(['a.example'], [...there(['a.example']), ...there(['a.example'])], {
    remove: ['a.example'],
    unchanged: 1,
    after: 1,
  })
})

test('the budget counts those of others; what is first in the list has the place', () => {
  const config = configOf({ budget: 3 })
  f(
    ['a.example', 'b.example', 'c.example'],
    [foreign('x.example')],
    { put: ['a.example', 'b.example'], overBudget: ['c.example'], after: 3 },
    config,
  )
  f(
    ['b.example'],
    [foreign('x.example'), foreign('y.example'), ...there(['a.example'], {}, config)],
    { put: ['b.example'], remove: ['a.example'], after: 3 },
    config,
  )
})

test('an indicator that has ended is made anew, and does not count', () => {
  f(['a.example'], there(['a.example'], { expirationTime: '2020-01-01T00:00:00Z' }), {
    put: ['a.example'],
    after: 1,
  })
})

test('an end is renewed once half of its time is over', () => {
  const config = configOf({ days: 30 })
  const ends = (days: number) => new Date(nowMs + days * dayMs).toISOString()
  f(
    ['a.example'],
    there(['a.example'], { expirationTime: ends(20) }, config),
    { unchanged: 1, after: 1 },
    config,
  )
  f(
    ['a.example'],
    there(['a.example'], { expirationTime: ends(14) }, config),
    { put: ['a.example'], after: 1 },
    config,
  )
})

test("a tag's end is the indicator's end", () => {
  const end = nowMs + 2 * dayMs
  const [one] = wanted(['a.example'], configOf(), new Map([['files', end]]))
  expect(one.expirationTime).toBe(new Date(end).toISOString())
})

test('Audit needs an alert', () => {
  const config = configOf({ generateAlert: false })
  const [one] = wantedOf(listOf('a.example'), { action: 'Audit', config, nowMs, endsMs: new Map() })
  expect(one.generateAlert).toBe(true)
})
