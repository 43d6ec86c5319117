/** Words are found where they stand, sixteen bytes at a time or one after the other. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatCode, readByCode } from '../../src/parse/format-code.ts'
import { dataStart, LineContext } from '../../src/parse/line-context.ts'
import { containsCode, findCode, lowered } from '../../src/parse/word-code.ts'
import { noRest } from './parse-parts.ts'

const contexts = [true, false].map((native) => new LineContext(1 << 12, { native }))

/** What the code says of `text` in each context: between other bytes, that would be a word's rest. */
function asked(code: string, text: Buffer, around: Buffer, read: string): number[] {
  return contexts.map((c) => {
    c.refreshConstants()
    const start = dataStart + around.length
    c.buf.fill(0, dataStart, start + text.length + around.length + 64)
    c.buf.set(around, dataStart)
    c.buf.set(text, start)
    c.buf.set(around, start + text.length)
    const end = start + text.length
    const body = read.replace('asked', `asked(buf,${start},${end})`).replace('from', String(start))
    return readByCode(
      c,
      end,
      new FormatCode({ read: `function read(c,end){${body}}`, asked: code }, noRest),
    )
  })
}

const letter = fc.constantFrom('a', 'B', 'b', '1', '=', '"', 'é', '@', '`', ' ')
const texts = fc.string({ unit: letter, maxLength: 50 })
const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 })
const inLower = (text: string): string => text.replaceAll(/[A-Z]/g, (one) => one.toLowerCase())

test('one of several words stands in a text, letters of both cases alike', () => {
  fc.assert(
    fc.property(
      texts,
      fc.uniqueArray(word.map(inLower), { minLength: 1, maxLength: 20 }),
      (text, words) => {
        const code = containsCode(words.map(lowered))
        const got = asked(code, Buffer.from(text), Buffer.from(words[0]), 'return asked?1:0')
        const want = Number(words.some((one) => inLower(text).includes(one)))
        expect(got).toEqual([want, want])
      },
    ),
    { numRuns: 300 },
  )
})

test('the place of a word in a text, as it is', () => {
  fc.assert(
    fc.property(texts, word, (text, one) => {
      const bytes = Buffer.from(text)
      const code = findCode(Buffer.from(one))
      const got = asked(code, bytes, Buffer.from(one), 'const r=asked;return r<0?-1:r-from')
      const want = bytes.indexOf(Buffer.from(one))
      expect(got).toEqual([want, want])
    }),
    { numRuns: 300 },
  )
})

test('a word is found at every place of a long text, and in the last bytes of it', () => {
  const code = findCode(Buffer.from('needle'))
  for (let at = 0; at <= 40; at++)
    for (const rest of [0, 1, 15, 16, 17]) {
      const text = Buffer.from(`${'n'.repeat(at)}needle${'e'.repeat(rest)}`)
      const got = asked(code, text, Buffer.from('needle'), 'const r=asked;return r<0?-1:r-from')
      expect(got).toEqual([at, at])
    }
})
