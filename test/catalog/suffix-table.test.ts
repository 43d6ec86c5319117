import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SuffixTable } from '../../src/catalog/suffix-table.ts'

test('finds the suffixes that a plain walk over labels finds, shortest first', () => {
  const label = fc.constantFrom('a', 'b', 'co', 'uk', 'xn--p1ai', 'a-b', 'aa')
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 40 }), name, (keys, host) => {
      const table = new SuffixTable<string>()
      for (const key of keys) table.at(key, () => key)
      expect(table.size).toBe(new Set(keys).size)
      const found: string[] = []
      table.walk(host, (key, start) => {
        expect(host.slice(start)).toBe(key)
        found.push(key)
      })
      const labels = host.split('.')
      const ends = labels.map((_, i) => labels.slice(labels.length - 1 - i).join('.'))
      expect(found).toEqual(ends.filter((end) => keys.includes(end)))
    }),
  )
})

test('grows, keeps every value, and makes each once', () => {
  const table = new SuffixTable<{ n: number }>()
  for (let n = 0; n < 5000; n++) table.at(`k${n}.example`, () => ({ n }))
  expect(table.at('k7.example', () => ({ n: -1 }))).toEqual({ n: 7 })
  const seen: number[] = []
  for (let n = 0; n < 5000; n++) table.walk(`x.k${n}.example`, (value) => seen.push(value.n))
  expect(seen).toEqual([...Array(5000).keys()])
})
