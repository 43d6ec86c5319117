import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeBlock,
  encodeStream,
  headerBytes,
  kindCounted,
  kindLines,
  readBlocks,
} from '../../src/spool/segment.ts'
import { readBack, startMs, streamOf } from './spool-parts.ts'

const blockOf = (text: string, stream = 1): Buffer =>
  encodeBlock(
    { kind: kindLines, stream, receivedAtMs: startMs, lines: text.split('\n').length - 1 },
    Buffer.from(text),
  )

const payloads = fc.array(
  fc.record({
    stream: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom(kindLines, kindCounted),
    receivedAtMs: fc.double({ min: 0, max: 4e12, noNaN: true }),
    lines: fc.integer({ min: 0, max: 0xffffffff }),
    bytes: fc.uint8Array({ maxLength: 200 }),
  }),
  { maxLength: 12 },
)

const introductions = [1, 2, 3].map((number) => encodeStream(number, streamOf(`192.0.2.${number}`)))

describe('what is written', () => {
  test('is read back, block by block', () => {
    fc.assert(
      fc.property(payloads, (blocks) => {
        const file = Buffer.concat([
          ...introductions,
          ...blocks.map((block) => encodeBlock(block, block.bytes)),
        ])
        const read = readBack(file)
        expect(read.unsound + read.lostBytes).toBe(0)
        expect(read.frames).toEqual(
          blocks.map(({ stream, kind, receivedAtMs, lines, bytes }) => ({
            stream: `udp:5514|192.0.2.${stream}`,
            kind: kind === kindLines ? 'lines' : 'counted',
            receivedAtMs,
            lines,
            bytes: Buffer.from(bytes),
          })),
        )
      }),
    )
  })

  test('is read within a larger buffer, and not beyond it', () => {
    const file = blockOf('a\nb\n')
    const padded = Buffer.concat([Buffer.alloc(7, 0x47), file, blockOf('behind\n')])
    const texts: string[] = []
    const { end, lostBytes } = readBlocks(padded, 7, 7 + file.length, ({ start, end: to }) =>
      texts.push(padded.subarray(start, to).toString()),
    )
    expect({ texts, end, lostBytes }).toEqual({
      texts: ['a\nb\n'],
      end: 7 + file.length,
      lostBytes: 0,
    })
  })
})

describe('a file that ends early', () => {
  const blocks = [
    introductions[0],
    blockOf('first\n'),
    blockOf('second GNB1 line\n'),
    blockOf('3\n'),
  ]
  const file = Buffer.concat(blocks)
  const ends = blocks.map((_, i) => Buffer.concat(blocks.slice(0, i + 1)).length)

  test('gives its whole blocks and tells the rest, after any byte', () => {
    for (let length = 0; length <= file.length; length++) {
      const whole = ends.filter((end) => end <= length)
      let seen = 0
      const result = readBlocks(file, 0, length, ({ sound }) => {
        expect(sound).toBe(true)
        seen++
      })
      expect({ length, seen, ...result }).toEqual({
        length,
        seen: whole.length,
        end: whole.at(-1) ?? 0,
        lostBytes: length - (whole.at(-1) ?? 0),
      })
    }
  })
})

describe('a file with damage', () => {
  const texts = ['one\n', 'two, longer than one\n', 'three\n', 'four\n']
  const file = Buffer.concat([introductions[0], ...texts.map((text) => blockOf(text))])

  test('of any one bit loses at most the block it is in, and says so', () => {
    for (let bit = introductions[0].length * 8; bit < file.length * 8; bit++) {
      const broken = Buffer.from(file)
      broken[bit >> 3] ^= 1 << (bit & 7)
      const { frames, unsound, lostBytes } = readBack(broken)
      const read = frames.map(({ bytes }) => bytes.toString())
      expect(unsound + lostBytes, `bit ${bit}`).toBeGreaterThan(0)
      expect(
        texts.filter((text) => !read.includes(text)),
        `bit ${bit}`,
      ).toHaveLength(1)
      expect(
        read.every((text) => texts.includes(text)),
        `bit ${bit}`,
      ).toBe(true)
    }
  })

  test('of the stream number, the line count and the receive time is seen: the sum covers the header', () => {
    for (const at of [4, 8, 16, 23, 24]) {
      const broken = blockOf('line\n')
      broken[at] ^= 1
      expect({ at, ...readBack(broken) }).toMatchObject({ at, frames: [], unsound: 1 })
    }
  })

  test('between blocks costs nothing else', () => {
    const parts = [
      introductions[0],
      Buffer.from('GNB1 and noise'),
      blockOf('a\n'),
      Buffer.alloc(50),
    ]
    const { frames, lostBytes } = readBack(Buffer.concat([...parts, blockOf('b\n')]))
    expect(frames.map(({ bytes }) => bytes.toString())).toEqual(['a\n', 'b\n'])
    expect(lostBytes).toBe(14 + 50)
  })

  test('of any kind never throws and accounts for every byte', () => {
    fc.assert(
      fc.property(
        payloads,
        fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 60 })), {
          maxLength: 4,
        }),
        (blocks, edits) => {
          let bytes = Buffer.concat(blocks.map((block) => encodeBlock(block, block.bytes)))
          for (const [place, insert, remove] of edits) {
            const at = place % (bytes.length + 1)
            bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
          }
          let covered = 0
          const { lostBytes, end } = readBlocks(bytes, 0, bytes.length, (block) => {
            covered += block.end - block.start + headerBytes
          })
          expect(covered + lostBytes).toBe(bytes.length)
          expect(end).toBeLessThanOrEqual(bytes.length)
        },
      ),
    )
  })
})
