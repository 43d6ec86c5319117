/** Baselines on simulated people with injected exfiltration: precision and recall are measured, and must not get worse. */
import { describe, expect, test } from 'vitest'
import { baselineDefaults, commonFactorOf, judgeDay, median } from '../../src/govern/baseline.ts'
import type { DayValue } from '../../src/govern/baseline.ts'

const MB = 1_000_000
/** A Monday. */
const monday = 20_003

/** Small, seeded, good enough for a simulation (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
const normalOf = (random: () => number) => () =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

interface Simulated {
  truth: number
  found: number
  right: number
  personDays: number
}

/**
 * 500 people over 12 weeks, judged from the seventh week on: lognormal uploads around a level of one's own (median 20 MB, wide), weekends
 * at a twentieth, holidays, heavy Fridays of some (weekly reports), honest bursts of three times the usual, two days on which everybody
 * uploads four times as much. Injected: one leak for each tenth person, at eight to eighty times his usual, at least 300 MB.
 */
function simulate(seed: number): Simulated {
  const random = randomOf(seed)
  const normal = normalOf(random)
  const result: Simulated = { truth: 0, found: 0, right: 0, personDays: 0 }
  const common = new Set([monday + 50, monday + 71])
  const people = Array.from({ length: 500 }, (_, person) => {
    const level = 20 * MB * Math.exp(1.2 * normal())
    const wobble = 0.3 + 0.4 * random()
    const friday = random() < 0.2 ? 4 : 1
    const holiday = 14 + Math.floor(random() * 60)
    const leakDay = person % 10 === 0 ? 43 + Math.floor(random() * 40) : -1
    const days: DayValue[] = []
    let leak: number | null = null
    for (let i = 0; i < 84; i++) {
      const day = monday + i
      const weekday = i % 7
      if (i >= holiday && i < holiday + 10) continue
      let bytes =
        level *
        Math.exp(wobble * normal()) *
        (weekday >= 5 ? 0.05 : 1) *
        (weekday === 4 ? friday : 1)
      if (random() < 0.02) bytes *= 3
      if (common.has(day)) bytes *= 4
      if (i === leakDay) {
        bytes += Math.max(300 * MB, level * (8 + 72 * random()))
        leak = day
      }
      days.push({ day, bytes: Math.round(bytes) })
    }
    return { days, leak }
  })
  for (let day = monday + 43; day < monday + 84; day++) {
    const ratios = people.flatMap(({ days }) => {
      const usual = median(
        days.filter((one) => one.day < day && one.day % 7 === day % 7).map(({ bytes }) => bytes),
      )
      const now = days.find((one) => one.day === day)
      return now === undefined || !(usual > 0) ? [] : [now.bytes / usual]
    })
    const factor = commonFactorOf(ratios)
    for (const { days, leak } of people) {
      const now = days.find((one) => one.day === day)
      if (now === undefined) continue
      result.personDays++
      if (leak === day) result.truth++
      if (judgeDay(days, now, baselineDefaults, factor)?.unusual !== true) continue
      result.found++
      if (leak === day) result.right++
    }
  }
  return result
}

test('precision and recall over ten simulated companies', () => {
  const all = Array.from({ length: 10 }, (_, seed) => simulate(seed + 101))
  const sum = (name: keyof Simulated): number => all.reduce((total, one) => total + one[name], 0)
  const precision = sum('right') / sum('found')
  const recall = sum('right') / sum('truth')
  const figures = {
    leaks: sum('truth'),
    found: sum('found'),
    falseAlarms: sum('found') - sum('right'),
    personDays: sum('personDays'),
    precision,
    recall,
  }
  process.stdout.write(`baselines: ${JSON.stringify(figures)}\n`)
  expect(figures.leaks).toBeGreaterThan(350)
  expect(precision).toBeGreaterThan(0.92)
  expect(recall).toBeGreaterThan(0.92)
})

describe('one series', () => {
  const steady = (bytes: number, days = 42): DayValue[] =>
    Array.from({ length: days }, (_, i) => ({ day: monday + i, bytes }))
  const today = (bytes: number, day = monday + 42): DayValue => ({ day, bytes })
  const f = (history: DayValue[], now: DayValue, want: boolean | null): void => {
    expect(judgeDay(history, now)?.unusual ?? null).toBe(want)
  }

  test('unusual or not', () => {
    f(steady(10 * MB), today(600 * MB), true)
    f(steady(10 * MB), today(15 * MB), false)
    // below what anybody reads about
    f(steady(MB), today(90 * MB), false)
    // three times the usual is a busy day
    f(steady(400 * MB), today(700 * MB), false)
    // never used, then 600 GB: the reference product's own example
    f([{ day: monday + 20, bytes: MB }], today(600_000 * MB), true)
  })

  test('who varies widely: a busy day is none, one far beyond all of them is', () => {
    const wide = Array.from({ length: 42 }, (_, i) => ({
      day: monday + i,
      bytes: [2, 60, 5, 90, 15, 0, 1][i % 7] * MB,
    }))
    f(wide, today(300 * MB), false)
    f(wide, today(1200 * MB), true)
  })

  test('too little is known', () => {
    f([], today(600_000 * MB), null)
    f(steady(10 * MB, 3), { day: monday + 3, bytes: 600_000 * MB }, null)
  })

  test('one leak does not make the next one usual', () => {
    f(
      [...steady(10 * MB), { day: monday + 42, bytes: 5000 * MB }],
      today(5000 * MB, monday + 43),
      true,
    )
  })

  test('a heavy Friday is usual on Fridays, not on Tuesdays', () => {
    const weeks = Array.from({ length: 42 }, (_, i) => ({
      day: monday + i,
      bytes: i % 7 === 4 ? 900 * MB : 10 * MB,
    }))
    f(weeks, { day: monday + 46, bytes: 1000 * MB }, false)
  })

  test('a day on which everybody uploads more is nobody’s', () => {
    expect(judgeDay(steady(100 * MB), today(500 * MB))?.unusual).toBe(true)
    expect(judgeDay(steady(100 * MB), today(500 * MB), baselineDefaults, 5)?.unusual).toBe(false)
  })
})
