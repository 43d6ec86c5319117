import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteMap } from '../../src/lib/byte-map.ts'

function get(map: ByteMap, text: string): number {
  const bytes = Buffer.from(`x${text}x`)
  return map.get(bytes, 1, bytes.length - 1)
}

const key = fc
  .array(fc.constantFrom('a', 'A', 'b', '_', '-', '.', ' ', 'é', 'Z', '9'), { maxLength: 5 })
  .map((parts) => parts.join(''))
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
const modes = [
  ['exact', { fold: false }, (text: string) => text],
  ['fold', { fold: true }, lower],
  ['squash', { fold: true, squash: true }, (text: string) => lower(text).replaceAll(/[ _.-]/g, '')],
] as const

describe.each(modes)('a map, %s', (_, options, canonical) => {
  test('answers like a Map of canonical texts; the first of two keys wins', () => {
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 60 }),
        fc.array(key, { maxLength: 20 }),
        (keys, asked) => {
          const map = new ByteMap(
            keys.map((text, i) => [text, i]),
            options,
          )
          const want = new Map<string, number>()
          for (const [i, text] of keys.entries())
            if (!want.has(canonical(text))) want.set(canonical(text), i)
          // asked twice: answers are kept
          for (const text of [...keys, ...asked, ...keys, ...asked])
            expect(get(map, text), JSON.stringify(text)).toBe(want.get(canonical(text)) ?? -1)
        },
      ),
    )
  })

  test('holds tens of thousands', () => {
    const map = new ByteMap(
      Array.from({ length: 30_000 }, (_unused, i) => [`key ${i}`, i] as const),
      options,
    )
    for (const i of [0, 1, 17, 29_999]) expect(get(map, `key ${i}`)).toBe(i)
    expect(get(map, 'key 30000')).toBe(-1)
  })
})

test('answers that are kept are of the same bytes, however many names are asked', () => {
  const names = Array.from({ length: 3000 }, (_, i) => `name ${i}`)
  const map = new ByteMap(
    names.map((name, i) => [name, i]),
    { fold: true, squash: true },
  )
  const spelled = (name: string): string[] => [
    name,
    name.toUpperCase(),
    name.replace(' ', '_'),
    `${'.'.repeat(40)}${name}`,
    `${name}x`,
  ]
  for (let round = 0; round < 2; round++) {
    const got = names.map((name) => spelled(name).map((text) => get(map, text)))
    expect(got).toEqual(names.map((_, i) => [i, i, i, i, -1]))
  }
})

test('an empty map has nothing', () => {
  expect(get(new ByteMap([], { fold: true }), '')).toBe(-1)
  expect(get(new ByteMap([], { fold: false }), 'a')).toBe(-1)
})
