/** Indicators kept as the tags want them, against a stand-in with the documented contract. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BlockList } from '../../src/govern/block-list.ts'
import { governSchema } from '../../src/config/govern-schema.ts'
import { Governed, versions } from '../../src/govern/governed.ts'
import { Indicators } from '../../src/govern/indicators.ts'
import type { IndicatorWishes } from '../../src/govern/indicators.ts'
import { openGround } from '../govern/govern-parts.ts'
import type { Ground } from '../govern/govern-parts.ts'
import { startStandIn } from './indicator-stand-in.ts'
import type { StandIn } from './indicator-stand-in.ts'

let ground: Ground
let standIn: StandIn
let indicators: Indicators
const wishes: IndicatorWishes = { unsanctioned: listOf(), monitored: listOf(), endsMs: new Map() }
const waits: number[] = []
let more: object

function listOf(...names: string[]): BlockList {
  return {
    names: names.map((name) => ({ name, below: true, appId: 'files', app: 'Files', seen: [] })),
    leftOut: [],
    apps: ['files'],
  }
}

beforeEach(async () => {
  ground = await openGround()
  standIn = await startStandIn()
  more = {}
  waits.length = 0
  wishes.unsanctioned = listOf()
  wishes.monitored = listOf()
  const caBundle = join(ground.folder, 'ca.pem')
  await writeFile(caBundle, standIn.ca)
  indicators = new Indicators({
    config: () =>
      governSchema.parse({
        indicators: {
          url: standIn.url,
          credential: {
            kind: 'secret',
            tenantId: 'tenant',
            clientId: 'app',
            clientSecret: 'the secret',
            authority: standIn.url,
          },
          caBundle,
          ...more,
        },
      }).indicators,
    wishes: async () => wishes,
    state: new Governed(ground.store, 'state', versions(ground.now)),
    now: ground.now,
    sleep: async (ms) => {
      waits.push(ms)
      ground.clock.ms += Math.round(ms)
    },
  })
})
afterEach(async () => {
  await indicators.stop()
  await standIn.close()
  await ground.close()
})

const there = () =>
  [...standIn.rows.values()]
    .map(({ indicatorValue, action }) => `${String(action)} ${indicatorValue}`)
    .sort()

test('what is tagged is blocked and warned of, what is tagged no more is not; others are left alone', async () => {
  standIn.add({ indicatorValue: 'others.example', application: 'Microsoft Cloud App Security' })
  wishes.unsanctioned = listOf('a.example', 'b.example', 'others.example')
  wishes.monitored = listOf('m.example')
  expect(await indicators.sync()).toMatchObject({
    created: 3,
    removed: 0,
    foreign: ['others.example'],
    active: 4,
    error: null,
  })
  expect(there()).toEqual([
    'Block a.example',
    'Block b.example',
    'Block others.example',
    'Warn m.example',
  ])
  wishes.unsanctioned = listOf('b.example')
  wishes.monitored = listOf()
  expect(await indicators.sync()).toMatchObject({ created: 0, removed: 2, unchanged: 1, active: 2 })
  expect(there()).toEqual(['Block b.example', 'Block others.example'])
})

test('drift on the other side is mended: changed, deleted, and ours that nobody wants', async () => {
  wishes.unsanctioned = listOf('a.example', 'b.example', 'c.example')
  await indicators.sync()
  const [first, second] = standIn.rows.values()
  first['action'] = 'Allowed'
  standIn.rows.delete(second.id)
  standIn.add({ ...first, indicatorValue: 'left-over.example' })
  expect(await indicators.sync()).toMatchObject({
    created: 1,
    updated: 1,
    removed: 1,
    unchanged: 1,
  })
  expect(there()).toEqual(['Block a.example', 'Block b.example', 'Block c.example'])
  expect(await indicators.sync()).toMatchObject({
    created: 0,
    updated: 0,
    removed: 0,
    unchanged: 3,
  })
})

test('1,203 names go in three batches; nothing is put twice', async () => {
  wishes.unsanctioned = listOf(...Array.from({ length: 1203 }, (_, i) => `n${i}.example`))
  expect(await indicators.sync()).toMatchObject({ created: 1203, active: 1203 })
  expect(
    standIn.requests.filter(({ method }) => method === 'POST').map(({ items }) => items),
  ).toEqual([500, 500, 203])
  expect(await indicators.sync()).toMatchObject({ created: 0, unchanged: 1203 })
})

test('20 faults in the way: nothing is lost, nothing doubled', async () => {
  wishes.unsanctioned = listOf(...Array.from({ length: 2000 }, (_, i) => `n${i}.example`))
  const faults = [
    429,
    503,
    'cut',
    504,
    429,
    'cut',
    502,
    429,
    503,
    'cut',
    429,
    500,
    'cut',
    503,
    429,
    504,
    'cut',
    503,
    429,
    502,
  ] as const
  let given = 0
  for (const fault of faults) {
    standIn.faults.push(fault)
    // a fault now and then: more in a row than the tries of one request are a failure that is told
    if (++given % 4 === 0) await indicators.sync()
  }
  expect(await indicators.sync()).toMatchObject({ created: 0, unchanged: 2000, error: null })
  expect(new Set(there()).size).toBe(2000)
  expect(standIn.rows.size).toBe(2000)
})

test('a failure that lasts is told, and kept in the report', async () => {
  wishes.unsanctioned = listOf('a.example')
  standIn.faults.push(...Array.from({ length: 10 }, () => 503))
  await expect(indicators.sync()).rejects.toThrow(
    /cannot talk to Defender's indicators: GET indicators: status 503; check/,
  )
  expect(await indicators.last()).toMatchObject({
    created: 0,
    error: expect.stringContaining('503'),
  })
})

test('Retry-After is obeyed', async () => {
  standIn.faults.push(429)
  await indicators.sync()
  expect(waits[0]).toBe(1000)
})

test('the budget is kept, and told before the tenant refuses', async () => {
  more = { budget: 3 }
  standIn.add({ indicatorValue: 'others.example' })
  wishes.unsanctioned = listOf('a.example', 'b.example', 'c.example', 'd.example')
  expect(await indicators.sync()).toMatchObject({
    created: 2,
    overBudget: ['c.example', 'd.example'],
    active: 3,
    failures: [],
  })
})

test('refusals of single names are told by name', async () => {
  standIn.limits.active = 1
  wishes.unsanctioned = listOf('a.example', 'b.example')
  expect(await indicators.sync()).toMatchObject({
    created: 1,
    failures: [{ value: 'b.example', reason: 'the maximum of active indicators is reached' }],
  })
})

test('a plan changes nothing; removing all takes ours alone', async () => {
  standIn.add({ indicatorValue: 'others.example' })
  wishes.unsanctioned = listOf('a.example')
  expect(await indicators.plan()).toMatchObject({ created: 1 })
  expect(there()).toEqual(['Block others.example'])
  await indicators.sync()
  expect(await indicators.removeAll()).toMatchObject({ removed: 1 })
  expect(there()).toEqual(['Block others.example'])
})

test('a wrong secret is said, and the secret is not', async () => {
  more = {
    credential: {
      kind: 'secret',
      tenantId: 'tenant',
      clientId: 'app',
      clientSecret: 'another one',
      authority: standIn.url,
    },
  }
  const error = await indicators.sync().then(
    () => null,
    (thrown: unknown) => thrown as Error,
  )
  expect(error?.message).toMatch(/cannot talk to Defender's indicators: sign-in: .*AADSTS7000215/)
  expect(error?.message).not.toContain('another one')
})
