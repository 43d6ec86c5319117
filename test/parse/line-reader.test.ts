import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineLimits } from '../../src/limits.ts'
import { LineReader, linesOf } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import { timeZone } from '../../src/parse/zone.ts'
import { asa, fullFormats, ownLines, receivedAtMs, squid } from './parse-parts.ts'

async function cut(chunks: readonly Uint8Array[]): Promise<string[]> {
  async function* give(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield chunk
  }
  const lines: string[] = []
  for await (const line of linesOf(give())) lines.push(Buffer.from(line).toString('latin1'))
  return lines
}

const reader = (zone: string | null = null): LineReader =>
  new LineReader(fullFormats, newReader(null), zone === null ? null : timeZone(zone))

describe('lines of chunks', () => {
  test('are those of the whole text, wherever it is cut', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', '\n', '\r\n', '\n\n', '\0'), { maxLength: 30 })
      .map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.nat({ max: 5 }), { maxLength: 30 }),
        async (whole, sizes) => {
          const chunks: Buffer[] = []
          let at = 0
          for (const size of sizes) {
            chunks.push(Buffer.from(whole.slice(at, at + size)))
            at += size
          }
          chunks.push(Buffer.from(whole.slice(at)))
          const want = whole.split('\n')
          if (want.at(-1) === '') want.pop()
          expect(await cut(chunks)).toEqual(want)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a line without end is held in bounded memory, and the next one is whole', async () => {
    const chunk = Buffer.alloc(100_000, 120)
    const lines = await cut([...Array.from({ length: 50 }, () => chunk), Buffer.from('\nnext')])
    expect(lines).toHaveLength(2)
    expect(lines[0].length).toBeGreaterThan(lineLimits.lineBytes)
    expect(lines[0].length).toBeLessThanOrEqual(lineLimits.lineBytes + chunk.length + 5)
    expect(lines[1]).toBe('next')
  })
})

describe('reading a line', () => {
  test('numbers lines and tells each outcome', () => {
    const one = reader()
    const outcomes = [squid, '', 'odd', asa].map((line) =>
      one.read(Buffer.from(line), receivedAtMs),
    )
    expect(outcomes.map(({ line, outcome }) => [line, outcome])).toEqual([
      [1, 'transaction'],
      [2, 'skipped'],
      [3, 'unparsed'],
      [4, 'transaction'],
    ])
    expect(outcomes[0]).toMatchObject({
      format: 'SQUID_NATIVE',
      transaction: {
        time: '2026-10-15T09:59:58.123Z', srcIp: '10.1.2.6', user: 'ann', dstHost: 'www.example.org', dstIp: '203.0.113.12', dstPort: 80,
        url: 'http://www.example.org/a', protocol: 'tcp', appProtocol: 'http', action: 'allowed', bytesUp: null, bytesDown: 5120, method: 'GET', status: 200, device: null,
      },
    }) // prettier-ignore
    expect(outcomes[2]).toMatchObject({ format: null, reason: 'no format matches' })
  })

  test('a zone of the source, a line beyond the limit, a shorter one after it', () => {
    const one = reader('Europe/Berlin')
    expect(one.read(Buffer.from(asa), receivedAtMs)).toMatchObject({
      transaction: { time: '2026-10-15T07:59:58.000Z' },
    })
    expect(one.read(Buffer.alloc(lineLimits.lineBytes * 2, 120), receivedAtMs)).toMatchObject({
      outcome: 'unparsed',
      reason: 'line too long',
    })
    expect(one.read(Buffer.from(asa), receivedAtMs)).toEqual({
      ...reader('Europe/Berlin').read(Buffer.from(asa), receivedAtMs),
      line: 3,
    })
  })

  test('what is read does not depend on the line before', () => {
    for (const before of ownLines.filter(
      (line) => !line.startsWith('#') && !line.startsWith('"time'),
    ))
      for (const line of [squid, asa, 'odd']) {
        const one = reader()
        one.read(Buffer.from(`${before}${' noise'.repeat(100)}`), receivedAtMs)
        expect(one.read(Buffer.from(line), receivedAtMs)).toEqual({
          ...reader().read(Buffer.from(line), receivedAtMs),
          line: 2,
        })
      }
  })

  test('any bytes are an outcome that can be written as JSON', () => {
    const one = reader('Europe/Berlin')
    fc.assert(
      fc.property(
        fc.constantFrom(...ownLines),
        fc.nat(),
        fc.uint8Array({ maxLength: 20 }),
        fc.nat({ max: 40 }),
        (line, place, insert, remove) => {
          const bytes = Buffer.from(line)
          const at = place % (bytes.length + 1)
          const mutant = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
          expect(JSON.stringify(one.read(mutant, receivedAtMs))).toContain('outcome')
        },
      ),
      { numRuns: 2000 },
    )
  })
})
