/** How fresh each hour is: gaps of feeds, late rows that close them, hours that wait. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshnessOf, gapsOf } from '../../src/report/freshness.ts'
import type { ExpectedAgent, Freshness, SeenHour } from '../../src/report/freshness.ts'
import { statementFor, statementsOf } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { storeOptions } from '../store/store-parts.ts'

const hourMs = 3_600_000
const minuteMs = 60_000
/** 2026-10-15T08:00Z */
const start = Date.UTC(2026, 9, 15, 8)

let folder = ''
let store: Store
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-fresh-'))
  store = await openStore(storeOptions(folder))
}, 60_000)
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

let rows = 0
/** Rows of an agent at these minutes behind 8:00, merged at once. */
async function agentRows(report: string, minutes: readonly number[], source = 'main') {
  await store.insert(
    'device_connections',
    minutes.map((minute) => ({
      report,
      at: start + minute * minuteMs,
      device_id: 'd1',
      source,
      feed_row: ++rows,
    })),
  )
  await marked(report, minutes)
}

async function marked(report: string, minutes: readonly number[], merged = true) {
  const hours = [...new Set(minutes.map((minute) => start / 1000 + Math.floor(minute / 60) * 3600))]
  const mark = start + ++rows
  await store.insert(
    'dirty_hours',
    hours.map((hour) => ({ report, hour, mark })),
  )
  if (merged)
    await store.insert(
      'usage_hours',
      hours.map((hour) => ({ report, hour, generation: mark + 1, catalog: 'c', rows: 1 })),
    )
}

/** `+` complete, `~` may still change, `!` lacks rows. */
const marks = { complete: '+', waiting: '~', incomplete: '!' }
const shape = ({ hours }: Freshness): string => hours.map(({ state }) => marks[state]).join('')

const snapshot = (report: string) => ({ report, source: null, fromMs: null, toMs: null })

describe('a snapshot', () => {
  test('its agents tell of every hour', async () => {
    await marked('s1', [0, 60, 120])
    await agentRows('s1', [5, 70, 130])
    const found = await freshnessOf(store, snapshot('s1'), { nowMs: start + 100 * hourMs })
    expect(shape(found)).toBe('+++')
    expect(found.agents).toEqual([
      {
        source: 'main',
        newest: '2026-10-15T10:10:00.000Z',
        arrived: expect.stringMatching(/^\d{4}-/) as string,
        gaps: [],
      },
    ])
  })

  test('hours that its agents do not reach lack rows', async () => {
    await marked('s2', [0, 60, 120, 180, 240, 300])
    await agentRows('s2', [5, 65])
    const found = await freshnessOf(store, snapshot('s2'), { nowMs: start + 100 * hourMs })
    expect(shape(found)).toBe('+!!!!!')
    expect(found.agents[0].gaps).toEqual([
      { from: '2026-10-15T09:05:00.000Z', to: '2026-10-15T14:00:00.000Z' },
    ])
  })

  test('without agents nothing is expected of them', async () => {
    await marked('s3', [0, 180])
    const found = await freshnessOf(store, snapshot('s3'), { nowMs: start + 100 * hourMs })
    expect([shape(found), found.agents]).toEqual(['++++', []])
  })

  test('nothing at all', async () => {
    const found = await freshnessOf(store, snapshot('none'), { nowMs: start })
    expect(found).toEqual({ complete: 0, waiting: 0, incomplete: 0, hours: [], agents: [] })
  })
})

describe('the continuous report', () => {
  const expected: ExpectedAgent[] = [{ source: 'main', silentMs: 2 * hourMs }]
  const scope = { report: 'continuous', source: null, fromMs: start, toMs: null }
  const at = (minute: number) =>
    freshnessOf(store, scope, { nowMs: start + minute * minuteMs, expected })

  test('a feed that goes silent leaves hours incomplete; late rows make them complete again', async () => {
    await store.insert('ledger', [
      {
        report: 'continuous',
        hour: start / 1000,
        source: 'main',
        stream: 'defender:main',
        outcome: 'received',
        lines: 1,
        bytes: 1,
      },
    ])
    await agentRows('continuous', [1, 30, 59, 61, 100, 119])
    // 10:05: the newest row is of 9:59, the hour runs
    expect(shape(await at(125))).toBe('+~~')
    // 12:30: nothing since 9:59
    const silent = await at(270)
    expect(shape(silent)).toBe('+~!!!')
    expect(silent.hours[2].missing).toEqual(['main'])
    expect(silent.agents[0].gaps).toEqual([
      { from: '2026-10-15T09:59:00.000Z', to: '2026-10-15T12:30:00.000Z' },
    ])
    // it speaks again at 12:40: what is between stays missing
    await agentRows('continuous', [280])
    expect(shape(await at(285))).toBe('++!!!')
    // the late rows come
    await agentRows('continuous', [125, 170, 200, 239, 250])
    const again = await at(301)
    expect(shape(again)).toBe('++++~~')
    expect(again.agents[0].gaps).toEqual([])
  })

  test('an hour with rows that are not merged yet may still change', async () => {
    await marked('continuous', [10], false)
    const found = await at(301)
    expect(shape(found)).toBe('~+++~~')
    expect(found.hours[0].changed).not.toBeNull()
    await marked('continuous', [10])
    expect(shape(await at(301))).toBe('++++~~')
  })

  test('files that are dropped now and then are held to what lies between them', async () => {
    await agentRows('continuous', [1, 58], 'files')
    const found = await at(301)
    expect(shape(found)).toBe('++++~~')
    expect(found.agents.map(({ source, gaps }) => [source, gaps])).toEqual([
      ['files', []],
      ['main', []],
    ])
  })
})

describe('gaps', () => {
  const hour = (source: string, first: number, last: number): SeenHour => ({
    source, first: first * minuteMs, last: last * minuteMs, arrived: 0,
  }) // prettier-ignore
  test.each<[string, SeenHour[], [number, number][]]>([
    ['no row at all', [], [[0, 600]]],
    ['rows all the time', [hour('a', 5, 100), hour('a', 150, 500), hour('a', 590, 599)], []],
    ['before the first', [hour('a', 200, 500), hour('a', 590, 599)], [[0, 200]]],
    ['between', [hour('a', 5, 10), hour('a', 300, 590)], [[10, 300]]],
    ['behind the last', [hour('a', 5, 100)], [[100, 600]]],
    ['rows of another source close none', [hour('b', 5, 590)], [[0, 600]]],
  ])('%s', (_, seen, want) => {
    const bound = {
      source: 'a', fromMs: 0, toMs: 600 * minuteMs, silentMs: 120 * minuteMs, open: true,
    } // prettier-ignore
    const gaps = gapsOf(bound, seen)
    expect(gaps.map(({ fromMs, toMs }) => [fromMs / minuteMs, toMs / minuteMs])).toEqual(want)
  })
})

test('rows that stood there before their hours were kept', async () => {
  const hours = (): Promise<object[]> =>
    store.query(
      `SELECT toString(source) AS source, toUnixTimestamp(hour) AS at, min(d.first) AS first, max(d.last) AS last, max(d.arrived) AS arrived
       FROM db.device_hours AS d GROUP BY source, hour ORDER BY source, at`,
    )
  await agentRows('before', [1, 59, 61])
  const kept = await hours()
  await store.command('DROP VIEW db.device_hours_told')
  await store.command('DROP TABLE db.device_hours')
  for (const statement of await statementsOf('0007-hours.sql'))
    await store.command(statementFor(statement, storeOptions(folder)))
  expect(await hours()).toEqual(kept)
  expect(kept.length).toBeGreaterThan(1)
})
