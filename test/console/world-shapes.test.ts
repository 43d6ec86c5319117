import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { mapWidth, project, worldShapes } from '../../src/console/world-shapes.ts'
import type { Topology } from '../../src/console/world-shapes.ts'

const atlas = createRequire(import.meta.url).resolve('world-atlas/countries-110m.json')
const shapes = worldShapes(JSON.parse(readFileSync(atlas, 'utf8')) as Topology)

test.each([
  ['the middle', [0, 0], [500, 243]],
  ['the eastern end of the equator', [180, 0], [mapWidth, 243]],
  ['the north pole stands at the top', [0, 90], [500, 0]],
] as const)('%s', (_where, point, want) => {
  expect(project(point)).toEqual(want)
})

test('the countries of the vendors have outlines of their own', () => {
  const letters = shapes.map(([country]) => country)
  for (const country of ['US', 'DE', 'IN', 'CN', 'JP', 'GB', 'FR', 'IL', 'CH', 'BR', 'AU', 'RU'])
    expect(letters.filter((one) => one === country)).toHaveLength(1)
  expect(letters).not.toContain('AQ')
  expect(shapes.length).toBeGreaterThan(165)
})

/** Points of an outline, its steps taken one after the other. */
function points(path: string): [number, number][] {
  return path.split('z').flatMap((ring) => {
    const [x = NaN, y = NaN, ...steps] = (ring.match(/-?\d+/g) ?? []).map(Number)
    const found: [number, number][] = Number.isNaN(x) ? [] : [[x, y]]
    for (let i = 0; i < steps.length; i += 2) {
      const [lastX, lastY] = found.at(-1) ?? [0, 0]
      found.push([lastX + steps[i], lastY + steps[i + 1]])
    }
    return found
  })
}

test.each([
  ['FR', 2, 47],
  ['BR', -52, -10],
  ['AU', 134, -25],
  ['IN', 79, 22],
])('%s lies around where it is', (country, longitude, latitude) => {
  const [x, y] = project([longitude, latitude])
  const all = points(shapes.find(([letters]) => letters === country)?.[1] ?? '')
  const xs = all.map(([one]) => one)
  const ys = all.map(([, one]) => one)
  expect(Math.min(...xs)).toBeLessThan(x)
  expect(Math.max(...xs)).toBeGreaterThan(x)
  expect(Math.min(...ys)).toBeLessThan(y)
  expect(Math.max(...ys)).toBeGreaterThan(y)
})

test('no line crosses the whole map: what lies on both sides of 180° is cut there', () => {
  for (const [country, path] of shapes)
    for (const ring of path.split('z').filter((one) => one !== '')) {
      const xs = points(`${ring}z`).map(([x]) => x)
      expect([country, Math.min(...xs) >= 0 && Math.max(...xs) <= mapWidth]).toEqual([
        country,
        true,
      ])
      const steps = xs.slice(1).map((x, i) => Math.abs(x - xs[i]))
      expect([country, Math.max(...steps) < mapWidth / 4]).toEqual([country, true])
    }
})

test('all of it weighs less than 20 kB', () => {
  expect(gzipSync(JSON.stringify(shapes)).length).toBeLessThan(20_000)
})
