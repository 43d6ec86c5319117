/** Lines are asked of few formats: the words are found, and no format is passed over that would take the line. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { askAll, askObjects, askTexts } from '../../src/parse/candidates.ts'
import { peelEnvelope } from '../../src/parse/envelope.ts'
import { formatOfLine } from '../../src/parse/format-search.ts'
import { formatSet } from '../../src/parse/formats.ts'
import type { FormatSet } from '../../src/parse/formats.ts'
import { dataStart, LineContext, refused } from '../../src/parse/line-context.ts'
import { LineWords } from '../../src/parse/line-words.ts'
import { readLine, readNext } from '../../src/parse/recognise.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { corpus, fullFormats, receivedAtMs, shuffled } from './parse-parts.ts'

const c = new LineContext(1 << 17)
const lines = corpus(1_000_000).filter((line) => line.length > 0)
const { ordered, candidates } = fullFormats
/** Every line is asked of every format. */
const unfiltered = formatSet(ordered.map((format) => ({ ...format, needs: null })))

test('words are found wherever they stand, letters of both cases alike', () => {
  const letter = fc.constantFrom('a', 'b', 'c', 'A', 'B', '=', '"')
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 5 }).map((w) => w.toLowerCase())
  const text = fc.string({ unit: letter, maxLength: 40 })
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 12 }), text, (words, line) => {
      const automaton = new LineWords(words)
      const bytes = Buffer.from(`x${line}${words[0]}`)
      c.buf.set(bytes, dataStart)
      const end = dataStart + bytes.length
      // twice: nothing stays of the line before
      automaton.look(c.memory, dataStart, end)
      automaton.look(c.memory, dataStart + 1, end - words[0].length)
      const want = words.map((one) => timesIn(line.toLowerCase(), one))
      expect([...automaton.found]).toEqual(want)
    }),
  )
})

function timesIn(text: string, word: string): number {
  let times = 0
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) times++
  return times
}

/** Formats that take the line and are not among those that are asked, and how many are asked. */
function passedOver(line: Uint8Array): { wrong: string[]; asked: number } {
  const end = dataStart + line.length
  c.buf.fill(32, end, end + 64)
  c.buf.set(line, dataStart)
  c.receivedAtMs = receivedAtMs
  c.clearLine()
  peelEnvelope(c, dataStart, end)
  c.lineEnd = c.recordStop = end
  const { messageStart } = c
  candidates.forget()
  const asked = new Set(candidates.places.slice(0, candidates.find(c, end, askAll)))
  const wrong = ordered.filter((format, place) => {
    if (asked.has(place)) return false
    c.clearLine()
    c.clearRecord()
    c.messageStart = messageStart
    return format.parse(c, end, null) !== refused
  })
  return {
    wrong: wrong.map(({ id, definition }) => `${id} ${definition.variant ?? ''}`),
    asked: asked.size,
  }
}

test('a sample line is asked of every format that takes it, and of few others', () => {
  let asked = 0
  for (const line of lines) {
    const told = passedOver(line)
    expect({ line: line.toString(), wrong: told.wrong }).toEqual({
      line: line.toString(),
      wrong: [],
    })
    asked += told.asked
  }
  expect(asked / lines.length).toBeLessThan(12)
})

const place = fc.double({ min: 0, max: 1, noNaN: true })
const any = fc.constantFrom(...lines)
const put = fc.constantFrom(
  '\\',
  '"',
  '\\"',
  '|',
  ' ',
  '=',
  '\t',
  '&#65;',
  '\\u0041',
  '{',
  '0|',
  'x',
  '[',
)
/** Cut, joined with another, with something put in, doubled or in the place of a byte, up to three times. */
const damaged = fc
  .tuple(
    any,
    fc.array(fc.tuple(any, place, place, put, fc.integer({ min: 0, max: 4 })), { maxLength: 3 }),
  )
  .map(([line, faults]) =>
    faults.reduce<Buffer>((bytes, [other, from, at, text, how]) => {
      const p = Math.floor(from * bytes.length)
      const head = bytes.subarray(0, p)
      if (how === 0) return Buffer.from(head)
      if (how === 1) return Buffer.concat([head, other.subarray(Math.floor(at * other.length))])
      if (how === 2) return Buffer.concat([head, Buffer.from(text), bytes.subarray(p)])
      if (how === 3) return Buffer.concat([head, Buffer.from(text), bytes.subarray(p + 1)])
      return Buffer.from(bytes.subarray(Math.floor(p / 4)))
    }, line),
  )
  .filter((line) => line.length < 60_000)

// time-boxed searches; a failure prints the seed that repeats it
const search = { numRuns: 1_000_000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }

test('a damaged line is asked of every format that takes it', () => {
  let tried = 0
  fc.assert(
    fc.property(damaged, (line) => {
      tried++
      expect(passedOver(line).wrong).toEqual([])
    }),
    search,
  )
  expect(tried).toBeGreaterThan(100)
}, 30_000)

/** What each record of the line is read as. */
function readAs(
  line: Uint8Array,
  formats: FormatSet,
  reader: ReturnType<typeof newReader>,
): string {
  c.buf.fill(32, dataStart + line.length, dataStart + line.length + 64)
  c.buf.set(line, dataStart)
  c.receivedAtMs = receivedAtMs
  const told: string[] = []
  let outcome = readLine(c, dataStart, dataStart + line.length, formats, reader)
  for (; outcome >= 0; outcome = readNext(c, formats, reader))
    told.push(
      `${outcome} ${formatOfLine()?.id} ${formatOfLine()?.definition.variant} ${c.reason} ${c.time} ${c.action} ${[...c.numbers].join()}`,
    )
  return told.join('\n')
}

test('lines of all formats, shuffled, are read by the same formats with and without', () => {
  for (const seed of [3, 4]) {
    const [some, all] = [newReader(null), newReader(null)]
    const wrong = shuffled(lines, seed).filter(
      (line) => readAs(line, fullFormats, some) !== readAs(line, unfiltered, all),
    )
    expect({ seed, wrong: wrong.map(String) }).toEqual({ seed, wrong: [] })
  }
}, 60_000)

test('damaged lines are read by the same formats with and without', () => {
  const [some, all] = [newReader(null), newReader(null)]
  let tried = 0
  fc.assert(
    fc.property(damaged, (line) => {
      tried++
      expect(readAs(line, fullFormats, some)).toBe(readAs(line, unfiltered, all))
    }),
    search,
  )
  expect(tried).toBeGreaterThan(100)
}, 30_000)

test('objects and texts are all there is', () => {
  const line = Buffer.from('{"srcaddr":"192.0.2.1","a":"b"} CEF:0|x|y|1|2|3|4|src=192.0.2.1')
  c.buf.set(line, dataStart)
  const end = dataStart + line.length
  peelEnvelope(c, dataStart, end)
  candidates.forget()
  const [all, objects, texts] = [askAll, askObjects, askTexts].map((which) => [
    ...candidates.places.slice(0, candidates.find(c, end, which)),
  ])
  expect(objects.every((at) => ordered[at].definition.split.type === 'json')).toBe(true)
  expect([...objects, ...texts].toSorted((a, b) => a - b)).toEqual(all)
  expect(Math.min(objects.length, texts.length)).toBeGreaterThan(0)
})
