/** The compiled parsers against the plain interpreter of the same definitions: every sample line, and lines that were cut, mixed and damaged. */
import { expect, test } from 'vitest'
import { fullFormats } from '../parse-parts.ts'
import { Damage } from './damage.ts'
import { Hunter } from './hunt.ts'
import { sampleLines } from './lines.ts'
import { seed } from './seed.ts'

const receivedAtMs = Date.UTC(2026, 10, 1)
const all = fullFormats.ordered
const lines = sampleLines(fullFormats, receivedAtMs)

test.each([
  { native: false, zone: null },
  { native: true, zone: 'Europe/Berlin' },
])(
  'every sample line says the same to its format, and to others: $native, $zone',
  ({ native, zone }) => {
    const hunter = new Hunter(fullFormats, { receivedAtMs, native, zone })
    const damage = new Damage(1)
    for (const line of lines) {
      const others = Array.from({ length: 12 }, () => damage.one(all))
      hunter.ask(line.text, [line.format, ...others], line)
      if (hunter.hunt.differences.length > 0) break
    }
    expect(hunter.hunt.differences).toEqual([])
    expect(hunter.hunt.formats).toBe(all.length)
    expect(new Set(lines.map(({ format }) => format)).size).toBeGreaterThan(all.length * 0.9)
  },
)

// a time-boxed search: its seed repeats it, `npm run hunt` makes it longer
test.each([seed, seed + 1])(
  'damaged lines say the same, seed %i',
  (own) => {
    const native = own % 2 === 0
    const hunter = new Hunter(fullFormats, {
      receivedAtMs,
      native,
      zone: native ? 'America/New_York' : null,
    })
    const endMs = performance.now() + 4000
    hunter.damaged(lines, new Damage(own), 4, () => performance.now() > endMs)
    expect({ seed: own, differences: hunter.hunt.differences }).toEqual({
      seed: own,
      differences: [],
    })
    expect(hunter.hunt.asked).toBeGreaterThan(500)
  },
  60_000,
)
