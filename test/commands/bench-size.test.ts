/** What the bench tells a user: boxes by arithmetic that can be checked, medians, memory that stays bounded. */
import { describe, expect, test } from 'vitest'
import { boxSize } from '../../src/bench/box-size.ts'
import type { MeasuredCost } from '../../src/bench/box-size.ts'
import { median } from '../../src/bench/median.ts'
import { benchMemory, distinctLines, valuesOfLine } from '../../src/bench/memory-bench.ts'
import { parseLimits } from '../../src/limits.ts'
import { flowFormats, parseLines } from '../parse/parse-parts.ts'

const nowMs = Date.UTC(2026, 9, 15, 10)

describe('the box for a rate', () => {
  // 10 GB in 60 s of CPU, 14 million lines of which three quarters are flows of 40 bytes
  const cost: MeasuredCost = {
    bytes: 10e9,
    cpuSeconds: 60,
    peakBytes: 1.2e9,
    lines: 14e6,
    flowShare: 0.75,
    bytesOfFlow: 40,
  }

  test.each([
    // 6 s of CPU a GB; 4 × at the peak; 60 % of a core: 10 × 4 × 6 / 3600 / 0.6 = 0.11
    [10, { cores: 1, memoryGb: 3, diskGbPerDay: 10.08 }],
    [200, { cores: 3, memoryGb: 3, diskGbPerDay: 201.6 }],
    [1000, { cores: 12, memoryGb: 3, diskGbPerDay: 1008 }],
  ])('%i GB an hour', (rate, want) => {
    const { cores, memoryGb, diskGbPerDay, arithmetic } = boxSize(cost, rate)
    expect({ cores, memoryGb, diskGbPerDay: Math.round(diskGbPerDay * 100) / 100 }).toEqual(want)
    expect(arithmetic).toContain(`${rate} GB/hour × 4 at the peak × 6.0 s of CPU a GB`)
    expect(arithmetic).toContain('1.40 million lines × 0.75 flows × 40 bytes')
  })

  test('a box has a core and 2 GB at least', () => {
    expect(boxSize({ ...cost, peakBytes: 1e8 }, 0.1)).toMatchObject({ cores: 1, memoryGb: 2 })
  })
})

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[2, 8, 4, 6, 100], 6],
])('the median of %j', (rounds, want) => {
  expect(median(rounds, (round) => round)).toBe(want)
})

test('lines of the memory bench have nothing in common', () => {
  const lines = distinctLines(16_777_210, 500, nowMs).toString().trimEnd().split('\n')
  const { batch } = parseLines(lines)
  for (const column of [
    batch.flows.srcIp,
    batch.flows.dstIp,
    batch.flows.user,
    batch.flows.dstHost,
  ])
    expect(new Set(Array.from(column.index)).size).toBe(500)
})

test('a parse thread forgets what is too much, and counts it', () => {
  const values = parseLimits.dictionaryValues * 1.2
  const seen: number[] = []
  const resident = (): number => {
    seen.push(process.memoryUsage.rss())
    return seen[seen.length - 1]
  }
  const figure = benchMemory(flowFormats, { values, nowMs, resident })
  expect(figure).toMatchObject({ resets: 1, lines: values / valuesOfLine, values })
  expect(figure.curve.at(-1)).toMatchObject({ values, resets: 1 })
  expect(seen.length).toBeGreaterThan(5)
  // a million values with their tables, a segment, and what the lines were made of
  expect(figure.peakBytes - figure.startBytes).toBeLessThan(1024 ** 3)
}, 120_000)
