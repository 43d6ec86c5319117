/** The compiled parsers against the plain interpreter (oracle.ts): every sample line, and lines that were cut, mixed and damaged. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompiledFormat } from '../../src/parse/compile.ts'
import { dataStart, LineContext } from '../../src/parse/line-context.ts'
import { formatOfLine, newReader, readLine } from '../../src/parse/recognise.ts'
import type { StreamReader } from '../../src/parse/recognise.ts'
import { judgementOf, Oracle } from './oracle.ts'
import type { Judgement } from './oracle.ts'
import { corpus, fullFormats, receivedAtMs } from './parse-parts.ts'

const oracles = new Map<CompiledFormat, Oracle>()
/** What `readLine` says of lines that no definition judged. */
const notJudged = new Set([
  'directive',
  'header',
  'line too long',
  'no format matches',
  'binary data',
  'syslog housekeeping',
  'fewer columns than the header names',
])
const c = new LineContext(1 << 17)

/** Reads a line and has it judged; null when it was not the definitions' to judge. */
function both(
  line: Uint8Array,
  reader: StreamReader,
): { compiled: Judgement; plain: Judgement } | null {
  c.buf.fill(32, dataStart + line.length, dataStart + line.length + 64)
  c.buf.set(line, dataStart)
  c.receivedAtMs = receivedAtMs
  const outcome = readLine(c, dataStart, dataStart + line.length, fullFormats, reader)
  const format = formatOfLine()
  if (format === null || notJudged.has(c.reason)) return null
  const known = oracles.get(format)
  const oracle = known ?? new Oracle(format)
  oracles.set(format, oracle)
  return { compiled: judgementOf(c, outcome), plain: oracle.judge(c, c.recordStop) }
}

const lines = corpus(1_000_000)

test('every sample line is read as its definition says', () => {
  const reader = newReader(null)
  const formats = new Set<string>()
  let judged = 0
  for (const line of lines) {
    const said = both(line, reader)
    if (said === null) continue
    judged++
    formats.add(formatOfLine()?.id ?? '')
    expect({ line: line.toString(), ...said.compiled }).toEqual({
      line: line.toString(),
      ...said.plain,
    })
  }
  expect(judged).toBeGreaterThan(lines.length / 2)
  expect(formats.size).toBeGreaterThan(30)
})

const place = fc.double({ min: 0, max: 1, noNaN: true })
const any = fc.constantFrom(...lines)
/** Cut, joined with another, with a byte changed, put in or taken away. */
const damaged = fc
  .tuple(any, any, place, place, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 4 }))
  .map(([line, other, from, at, byte, how]) => {
    const p = Math.floor(from * line.length)
    const head = line.subarray(0, p)
    const put = byte === 10 ? 32 : byte
    if (how === 0) return head
    if (how === 1) return Buffer.concat([head, other.subarray(Math.floor(at * other.length))])
    if (how === 2) return Buffer.concat([head, Buffer.of(put), line.subarray(p)])
    if (how === 3) return Buffer.concat([head, Buffer.of(put), line.subarray(p + 1)])
    return Buffer.concat([head, line.subarray(p + 1)])
  })

// a time-boxed search; a failure prints the seed that repeats it
test('damaged lines are read as their definition says', () => {
  const reader = newReader(null)
  fc.assert(
    fc.property(damaged, (line) => {
      const said = both(line, reader)
      if (said !== null) expect(said.compiled).toEqual(said.plain)
    }),
    { numRuns: 20_000, interruptAfterTimeLimit: 8_000 },
  )
}, 60_000)

// what lies behind the line must make no difference: the next line does
test('nothing behind the end of a line is read', () => {
  const noise = Buffer.from(
    '"=,:|}]>)%2E0123456789 TCP https://noise.example/ 2031-01-01T00:00:00Z',
  )
  const parsed = (line: Uint8Array, behind: Uint8Array): unknown => {
    c.buf.set(line, dataStart)
    c.buf.set(behind, dataStart + line.length)
    c.receivedAtMs = receivedAtMs
    const outcome = readLine(c, dataStart, dataStart + line.length, fullFormats, newReader(null))
    return judgementOf(c, outcome)
  }
  fc.assert(
    fc.property(damaged, place, (line, at) => {
      const behind = noise.subarray(Math.floor(at * noise.length))
      expect(parsed(line, behind)).toEqual(parsed(line, Buffer.alloc(behind.length, 10)))
    }),
    { numRuns: 5000, interruptAfterTimeLimit: 8_000 },
  )
}, 60_000)
