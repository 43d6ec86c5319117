import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutParts } from '../../src/intake/file-parts.ts'

const limits = { partBytes: 8, partBytesMax: 12 }

interface Cut {
  parts: string[]
  lines: number[]
  cutLines: number
}

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0
  for (let index = 0; from < bytes.length; index++) {
    const size = sizes[index % sizes.length]
    yield bytes.subarray(from, from + size)
    from += size
  }
}

async function cut(input: string, sizes: readonly number[] = [1000]): Promise<Cut> {
  const result: Cut = { parts: [], lines: [], cutLines: 0 }
  for await (const part of cutParts(pieces(Buffer.from(input, 'latin1'), sizes), limits)) {
    result.parts.push(Buffer.from(part.bytes).toString('latin1'))
    result.lines.push(part.lines)
    result.cutLines += part.cutLines
  }
  return result
}

test.each<[name: string, input: string, parts: string[], cutLines: number]>([
  ['nothing', '', [], 0],
  ['one line', 'a\n', ['a\n'], 0],
  ['no LF at the end', 'a\nb', ['a\nb\n'], 0],
  ['empty lines', '\n\n\n', ['\n\n\n'], 0],
  ['CRLF stays', 'a\r\nb\r\n', ['a\r\nb\r\n'], 0],
  ['last LF within the size', 'aaa\nbbb\nccc\n', ['aaa\nbbb\n', 'ccc\n'], 0],
  ['line over the cut', 'aaa\nbbbbbb\nc\n', ['aaa\n', 'bbbbbb\n', 'c\n'], 0],
  ['line longer than a part', 'aaaaaaaaaa\nb\n', ['aaaaaaaaaa\n', 'b\n'], 0],
  ['longest line that is whole', 'aaaaaaaaaaa\nb', ['aaaaaaaaaaa\n', 'b\n'], 0],
  ['line without end', 'aaaaaaaaaaaaaaa\nb\n', ['aaaaaaaaaaaa\n', 'aaa\nb\n'], 1],
  ['exactly a part', 'aaaaaaa\n', ['aaaaaaa\n'], 0],
])('%s', async (_name, input, parts, cutLines) => {
  const result = await cut(input)
  expect(result.parts).toEqual(parts)
  expect(result.cutLines).toBe(cutLines)
  expect(result.lines).toEqual(parts.map((part) => part.split('\n').length - 1))
})

test('any chunking gives the same parts, and the parts are the input', async () => {
  const text = fc.array(fc.constantFrom('a', 'bb', '\n', '\r\n', '\0', 'cccccccc', '\xff'), {
    maxLength: 40,
  })
  const sizes = fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(text, sizes, async (words, chunkSizes) => {
      const input = words.join('')
      const whole = await cut(input)
      expect(await cut(input, chunkSizes)).toEqual(whole)
      const all = whole.parts.join('')
      const ended = input === '' || input.endsWith('\n') ? input : `${input}\n`
      if (whole.cutLines === 0) expect(all).toBe(ended)
      else expect(all.replaceAll('\n', '')).toBe(input.replaceAll('\n', ''))
      for (const part of whole.parts) {
        expect(part.endsWith('\n')).toBe(true)
        expect(part.length).toBeLessThanOrEqual(limits.partBytesMax + 1)
      }
    }),
    { numRuns: 500 },
  )
})
