import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Dictionary, hashOf } from '../../src/parse/dictionary.ts'
import { normaliseHost, normaliseLower } from '../../src/parse/normalise.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

function intern(dictionary: Dictionary, text: string): number {
  const padded = bytes(`<<${text}>>`)
  return dictionary.intern(padded, 2, padded.length - 2)
}

/** Texts of ids, by way of `emit`. */
function textsOf(dictionary: Dictionary, ids: readonly number[]): string[] {
  const { dictionary: values, index } = dictionary.emit(Int32Array.from(ids), ids.length)
  return Array.from(index, (i) => Buffer.from(values[i]).toString())
}

/** The dictionary's own hash: two texts of one value collide wholly. */
function hashOfText(text: string): number {
  const all = new Uint8Array(bytes(text))
  return hashOf(all, new DataView(all.buffer), 0, all.length)
}

describe('a dictionary', () => {
  test('gives what was put in, for any texts in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 8 }), { maxLength: 200 }), (texts) => {
        const dictionary = new Dictionary((text) => text)
        const ids = texts.map((text) => intern(dictionary, text))
        const known = new Map<string, number>([['', 0]])
        for (const [i, text] of texts.entries()) {
          expect(ids[i]).toBe(known.get(text) ?? ids[i])
          known.set(text, ids[i])
        }
        expect(new Set(known.values()).size).toBe(known.size)
        expect(textsOf(dictionary, ids)).toEqual(texts)
      }),
    )
  })

  test('grows: a quarter of a million distinct values', () => {
    const dictionary = new Dictionary((text) => text)
    const count = 250_000
    const ids = Array.from({ length: count }, (_, i) => intern(dictionary, `host-${i}.example.com`))
    expect(dictionary.size).toBe(count)
    expect(dictionary.heldBytes).toBe(
      Array.from({ length: count }, (_, i) => `host-${i}.example.com`.length).reduce(
        (a, b) => a + b,
      ),
    )
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(intern(dictionary, 'host-7.example.com')).toBe(8)
    expect(textsOf(dictionary, [count, 1, 1])).toEqual([
      `host-${count - 1}.example.com`,
      'host-0.example.com',
      'host-0.example.com',
    ])
  })

  test('tells values apart whose hashes are the same', () => {
    const seen = new Map<number, string>()
    const pairs: [string, string][] = []
    for (let i = 0; pairs.length < 5; i++) {
      const text = `u${(i * 2654435761) % 4294967296}`
      const other = seen.get(hashOfText(text))
      if (other !== undefined && other !== text) pairs.push([other, text])
      seen.set(hashOfText(text), text)
    }
    const dictionary = new Dictionary((text) => text)
    for (const [a, b] of pairs) {
      expect(hashOfText(a)).toBe(hashOfText(b))
      const [first, second] = [intern(dictionary, a), intern(dictionary, b)]
      expect(first).not.toBe(second)
      expect(textsOf(dictionary, [second, first])).toEqual([b, a])
      expect([intern(dictionary, a), intern(dictionary, b)]).toEqual([first, second])
    }
  })

  test('values that are the same once normalised have one number; nothing has 0', () => {
    const dictionary = new Dictionary(normaliseHost)
    expect(intern(dictionary, 'WWW.Example.com.')).toBe(intern(dictionary, 'www.example.com'))
    expect(intern(dictionary, '-')).toBe(0)
    expect(intern(dictionary, '')).toBe(0)
    expect(dictionary.idOf(null)).toBe(0)
    expect(dictionary.idOf('www.example.com')).toBe(1)
    expect(dictionary.idOf('')).toBe(0)
  })

  test('invalid UTF-8 and long values are values', () => {
    const dictionary = new Dictionary(normaliseLower)
    const latin = Buffer.from('caf\xe9', 'latin1')
    expect(textsOf(dictionary, [dictionary.intern(latin, 0, 4)])).toEqual(['café'])
    const long = 'x'.repeat(300_000)
    expect(textsOf(dictionary, [intern(dictionary, long)])[0]).toHaveLength(1024)
    expect(dictionary.heldBytes).toBe(300_004)
  })

  test('a batch names each value once', () => {
    const dictionary = new Dictionary((text) => text)
    const [a, b] = ['a', 'b'].map((text) => intern(dictionary, text))
    const { dictionary: values, index } = dictionary.emit(Int32Array.of(b, a, b, 0, b), 5)
    expect(values.map((value) => Buffer.from(value).toString())).toEqual(['b', 'a', ''])
    expect([...index]).toEqual([0, 1, 0, 2, 0])
    expect(dictionary.emit(new Int32Array(0), 0)).toEqual({
      dictionary: [],
      index: new Uint32Array(0),
    })
  })

  test('forgets all, and counts values that no line wrote', () => {
    const dictionary = new Dictionary((text) => text)
    for (let i = 0; i < 9000; i++) intern(dictionary, `v${i}`)
    dictionary.clear()
    expect([dictionary.size, dictionary.heldBytes]).toEqual([0, 0])
    expect(textsOf(dictionary, [intern(dictionary, 'v5'), 0])).toEqual(['v5', ''])
    dictionary.idOf('a name')
    expect(dictionary.size).toBe(2)
  })
})
