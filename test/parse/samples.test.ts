/** The samples are the definitions' tests: each line must be read as the file beside it says. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  compileFormats,
  formatNamed,
  loadDefinitions,
  shippedParsers,
} from '../../src/parse/formats.ts'
import type { FormatSet } from '../../src/parse/formats.ts'
import { LineReader, linesOf } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { timeZone } from '../../src/parse/zone.ts'
import type { Outcome, Transaction } from '../../src/parse/transaction.ts'

const samples = join(import.meta.dirname, '../../samples')

/** What stands in `<case>.options.json`: the options of `gnomon parse`. */
interface SampleOptions {
  zone?: string
  format?: string
  now?: string
}

interface Sample {
  name: string
  lines: Uint8Array[]
  expected: Outcome[]
  options: SampleOptions
}

async function readSample(log: string): Promise<Sample> {
  const base = log.replace(/\.log$/, '')
  const lines: Uint8Array[] = []
  for await (const line of linesOf(chunk(readFileSync(log)))) lines.push(line)
  const text = readFileSync(`${base}.expected.jsonl`, 'utf8').trimEnd()
  return {
    name: relative(samples, log),
    lines,
    expected: text.split('\n').map((line) => JSON.parse(line) as Outcome),
    options: existsSync(`${base}.options.json`)
      ? (JSON.parse(readFileSync(`${base}.options.json`, 'utf8')) as SampleOptions)
      : {},
  }
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function read(formats: FormatSet, sample: Sample): Outcome[] {
  const { zone, format, now } = sample.options
  const fixed = formatNamed(formats, format ?? 'auto')
  const reader = new LineReader(
    formats,
    newReader(fixed),
    zone === undefined ? null : timeZone(zone),
  )
  const receivedAtMs = Date.parse(now ?? '2026-11-01T00:00:00Z')
  return sample.lines.map((line) => reader.read(line, receivedAtMs))
}

/** Repeatable disorder: a linear congruential generator. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const out = [...items]
  let state = seed
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    ;[out[i], out[j]] = [out[j], out[i]]
  }
  return out
}

const definitions = await loadDefinitions([shippedParsers])
const full = compileFormats(definitions, { full: true })
const flow = compileFormats(definitions, { full: false })
const logs = readdirSync(samples, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.log'))
  .toSorted()
const all = await Promise.all(logs.map((name) => readSample(join(samples, name))))

describe('a sample is read as its expected file says', () => {
  test.each(all.map((sample) => [sample.name, sample] as const))('%s', (_, sample) => {
    const outcomes = read(full, sample)
    for (const [i, outcome] of outcomes.entries()) {
      const line = Buffer.from(sample.lines[i]).toString('utf8')
      expect({ line, outcome }).toEqual({ line, outcome: sample.expected[i] })
    }
    expect(outcomes).toHaveLength(sample.expected.length)
  })
})

/** What a minute flow is made of. */
const flowFields = [
  'time',
  'srcIp',
  'srcHost',
  'user',
  'dstHost',
  'dstIp',
  'dstPort',
  'protocol',
  'action',
  'bytesUp',
  'bytesDown',
  'bytesTotal',
  'category',
  'appHint',
] as const satisfies readonly (keyof Transaction)[]

const short = (outcome: Outcome): unknown =>
  outcome.outcome === 'transaction'
    ? {
        ...outcome,
        transaction: Object.fromEntries(
          flowFields.map((field) => [field, outcome.transaction[field]]),
        ),
      }
    : outcome

describe('without the fields a flow does not hold the line says the same', () => {
  test.each(all.map((sample) => [sample.name, sample] as const))('%s', (_, sample) => {
    expect(read(flow, sample).map(short)).toEqual(sample.expected.map(short))
  })
})

// a file with a header names the columns of its own lines; options hold for one file
const needsHeader = (sample: Sample): boolean =>
  sample.expected.some((o) => o.outcome === 'skipped' && /^(directive|header)$/.test(o.reason))

describe('formats in one stream', () => {
  const free = all.filter((s) => !needsHeader(s) && Object.keys(s.options).length === 0)
  const lines = free.flatMap((s) =>
    s.lines.map((line, i) => ({ name: s.name, line, expected: s.expected[i] })),
  )

  test('there are lines of several formats', () => {
    const formats = new Set(lines.map(({ expected }) => expected.format))
    expect(formats.size).toBeGreaterThan(6)
    expect(lines.length).toBeGreaterThan(100)
  })

  test.each([1, 2, 3])('each is still read by its own, order %i', (seed) => {
    const reader = new LineReader(full, newReader(null), null)
    const now = Date.parse('2026-11-01T00:00:00Z')
    for (const { name, line, expected } of shuffled(lines, seed)) {
      const outcome = { ...reader.read(line, now), line: expected.line }
      const text = Buffer.from(line).toString('utf8')
      expect({ name, text, outcome }).toEqual({ name, text, outcome: expected })
    }
  })

  /** What relays write before a line that they pass on: rsyslog, syslog-ng, and files of both. */
  const relays = {
    'RFC 3164': '<13>Oct 15 09:29:00 relay1 ',
    'RFC 3164 with a tag': '<13>Oct 15 09:29:00 relay1 forwarded: ',
    'RFC 5424': '<13>1 2026-10-15T09:29:00Z relay1 forward - - - ',
    'RFC 5424 with structured data':
      '<13>1 2026-10-15T09:29:00.123456+00:00 relay1 - - - [meta sequenceId="29"] ',
    'ISO with PRI': '<134>2026-10-15T09:29:00+00:00 relay1 ',
    'ISO, as in files': '2026-10-15T09:29:00+00:00 relay1 ',
  }
  const prefixes = Object.values(relays)

  test.each([...Object.entries(relays), ['one or the other for each line', null] as const])(
    'behind a relay that writes %s',
    (_, prefix) => {
      const reader = new LineReader(full, newReader(null), null)
      const now = Date.parse('2026-11-01T00:00:00Z')
      const unread: string[] = []
      let relayedLines = 0
      for (const [i, { name, line, expected }] of shuffled(lines, 4).entries()) {
        if (expected.outcome === 'unparsed' || (expected.format ?? '') === '') continue
        const before = prefix ?? prefixes[i % prefixes.length]
        const relayed = Buffer.concat([Buffer.from(before), line])
        const outcome = { ...reader.read(relayed, now), line: expected.line }
        const text = relayed.toString('utf8')
        relayedLines++
        // lines of housekeeping that only a PRI at their beginning tells from other text are kept, not guessed at
        if (expected.outcome === 'skipped' && outcome.outcome === 'unparsed') unread.push(text)
        else expect({ name, text, outcome }).toEqual({ name, text, outcome: expected })
      }
      expect(relayedLines).toBeGreaterThan(900)
      expect(unread.length, unread.join('\n')).toBeLessThanOrEqual(relayedLines / 500)
    },
  )
})
