/** What lines and disks can do at their worst: nothing throws, and the ledger balances. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asa,
  corpus,
  countedBlock,
  fortigate,
  imbalance,
  linesBlock,
  ownLines,
  pan,
  parse,
  parseLines,
  parserOf,
  plain,
  segmentOf,
  squid,
  streamOf,
  sumsOf,
} from './parse-parts.ts'

const balanced = { lines: 0, bytes: 0 }

describe('a damaged segment', () => {
  const blocks = [linesBlock([squid, squid]), linesBlock([asa]), linesBlock([fortigate])]
  const segment = segmentOf(blocks)

  test('with one flipped bit: the rest is read, the damage is in the ledger', () => {
    const parser = parserOf()
    for (let at = 0; at < segment.length; at += 3) {
      const broken = Buffer.from(segment)
      broken[at] ^= 0x10
      const { batch, damaged } = parse(parser, broken)
      expect({ at, damaged, ...imbalance(batch.ledger) }).toEqual({
        at,
        damaged: true,
        ...balanced,
      })
      const dropped = batch.ledger.filter(({ reason }) => reason === 'segment-damaged')
      expect(dropped.length, `byte ${at}`).toBeGreaterThan(0)
      for (const { hourMs } of batch.ledger) expect(Number.isFinite(hourMs)).toBe(true)
    }
  })

  test('cut off anywhere: whole blocks are read, the rest is told', () => {
    const parser = parserOf()
    for (let length = 0; length <= segment.length; length += 2) {
      const { batch, damaged } = parse(parser, segment.subarray(0, length))
      expect(imbalance(batch.ledger)).toEqual(balanced)
      const { received } = sumsOf(batch.ledger)
      if (length === segment.length) expect(damaged).toBe(false)
      else if (damaged) expect(received.bytes).toBeGreaterThan(0)
    }
  })

  test('without the block that introduces a stream: its lines are counted as lost', () => {
    const { batch, damaged } = parse(parserOf(), Buffer.concat(blocks))
    expect(damaged).toBe(true)
    expect(sumsOf(batch.ledger)).toMatchObject({ received: { lines: 4 }, dropped: { lines: 4 } })
  })

  test('noise never throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(),
        fc.nat({ max: 80 }),
        (noise, place, remove) => {
          const at = place % segment.length
          const bytes = Buffer.concat([
            segment.subarray(0, at),
            noise,
            segment.subarray(at + remove),
          ])
          expect(imbalance(parse(parserOf(), bytes).batch.ledger)).toEqual(balanced)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('hostile lines', () => {
  const lines = corpus(1500)
  const parser = parserOf(3650)

  test('the corpus balances', () => {
    const { batch } = parse(parser, segmentOf([linesBlock(lines), countedBlock(lines)]))
    expect(imbalance(batch.ledger)).toEqual(balanced)
  })

  test('mutated lines never throw and always balance', () => {
    const edit = fc.record({
      line: fc.nat(),
      at: fc.nat(),
      remove: fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: 2000 })),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 12 }),
        fc
          .constantFrom(
            '"',
            '""',
            '\\',
            '\\"',
            '=',
            '|',
            ',',
            '\t',
            ' ',
            '{',
            '[',
            '<',
            '<14>',
            '%',
            '\0',
            '9'.repeat(40),
            '\\u12',
            '://',
            ':',
            'é',
            '\r',
            '(',
            "'",
            '-',
            'x'.repeat(5000),
          )
          .map((text) => Buffer.from(text)),
      ),
      repeat: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (edits, counted) => {
          const mutants = edits.map(({ line, at, remove, insert, repeat }) => {
            let bytes = lines[line % lines.length]
            for (let i = 0; i < repeat; i++) {
              const place = (at + i * 17) % (bytes.length + 1)
              bytes = Buffer.concat([
                bytes.subarray(0, place),
                insert,
                bytes.subarray(place + remove),
              ])
            }
            return bytes
          })
          const block = counted ? countedBlock(mutants) : linesBlock(mutants)
          const { batch, damaged } = parse(
            parser,
            segmentOf([block], streamOf('x', { zone: 'Europe/Berlin' })),
          )
          expect(damaged).toBe(false)
          expect(imbalance(batch.ledger)).toEqual(balanced)
          // what Windows tells of a connection is a row of an agent, all else is a flow
          const logged = batch.ledger.filter(
            ({ outcome, format }) =>
              outcome === 'transaction' && !/^WINDOWS_(SYSMON|FILTERING|SECURITY)$/.test(format),
          )
          expect(batch.flows.transactions.reduce((sum, n) => sum + n, 0)).toBe(
            sumsOf(logged).transaction.lines,
          )
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)

  test('each line cut off after any byte never throws', () => {
    for (const line of ownLines) {
      const bytes = Buffer.from(line)
      const cuts = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(0, i))
      expect(imbalance(parse(parser, segmentOf([linesBlock(cuts)])).batch.ledger)).toEqual(balanced)
    }
  })

  test('a line is read the same whatever stands behind it', () => {
    const behind = ['', '0123456789', '":,|=]}>', 'Oct 15 09:00:00', '\0\0\0\0', '   ']
    // lines of every vendor; all have read the same before, and each line is a new stream's
    const parsers = behind.map(() => parserOf(3650))
    for (const [i, line] of lines.filter((_, at) => at % 5 === 0).entries()) {
      const results = behind.map((text, which) => {
        const segment = segmentOf([linesBlock([line])], streamOf(`host-${i}`))
        const room = parsers[which].room(segment.length + text.length)
        room.set(segment)
        // what follows the last LF of the bytes that are parsed is not theirs
        room.set(Buffer.from(text), segment.length)
        return JSON.stringify(plain(parsers[which].parse('seg', segment.length)))
      })
      expect(new Set(results).size, line.toString()).toBe(1)
    }
  })

  test('a line that fills the scratch does not spill into the lines behind it', () => {
    const quotes = '""'.repeat(60_000)
    const escapes = '\\u00e9\\n'.repeat(30_000)
    const large = [
      pan(quotes.slice(0, 1000), quotes),
      pan(`"${quotes}"`, quotes.slice(0, 100_000)),
      fortigate.replace('user="ben"', `user="${'\\"'.repeat(100_000)}"`),
      `{"src_ip":"10.1.2.8","url":"https://b.example.com/${escapes}","user":"${escapes.slice(0, 9000)}"}`,
      `CEF:0|V|P|1|1|n|3|rt=1792058398000 src=10.1.2.7 request=${'\\='.repeat(60_000)} suser=${'\\\\'.repeat(60_000)}`,
      squid.replace('ann', '%41'.repeat(80_000)),
    ]
    for (const line of large) {
      const { batch } = parseLines([line, ...Array.from({ length: 20 }, () => squid)])
      const counts = batch.ledger.filter(
        ({ format, outcome }) => format === 'SQUID_NATIVE' && outcome === 'transaction',
      )
      expect(
        counts.reduce((sum, { lines: n }) => sum + n, 0),
        line.slice(0, 80),
      ).toBeGreaterThanOrEqual(20)
      expect(imbalance(batch.ledger)).toEqual(balanced)
    }
  })
})
