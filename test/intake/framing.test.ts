import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFramingCounts, createFramingScratch, Framer } from '../../src/intake/framing.ts'
import type { FramingCounts } from '../../src/intake/framing.ts'
import { messagesOf } from './fake-sink.ts'

interface Result {
  messages: string[]
  counts: FramingCounts
}

const scratch = createFramingScratch()

function frame(chunks: readonly Buffer[], limits?: { lineBytes: number }): Result {
  const messages: string[] = []
  const counts = createFramingCounts()
  const framer = new Framer({
    emit: (kind, bytes, lines) => {
      const cut = messagesOf(kind, bytes)
      expect(cut).toHaveLength(lines)
      messages.push(...cut)
    },
    counts,
    lineBytes: limits?.lineBytes ?? 2000,
    frameBytes: 2000,
    scratch,
  })
  // A copy: the framer may change a chunk in place.
  for (const chunk of chunks) framer.feed(Buffer.from(chunk))
  framer.end()
  return { messages, counts }
}

/** All ways to cut the bytes in two give the same as one piece and as single bytes. */
function frameEveryWay(input: string): Result {
  const bytes = Buffer.from(input, 'latin1')
  const whole = frame([bytes])
  for (let cut = 1; cut < bytes.length; cut++)
    expect(frame([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(whole)
  expect(frame(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole)
  return whole
}

function counted(message: string): string {
  return `${message.length} ${message}`
}

describe('messages', () => {
  test.each<[name: string, input: string, want: string[]]>([
    ['nothing', '', []],
    ['lines', '<34>one\n<34>two\n', ['<34>one', '<34>two']],
    ['line without end', '<34>one\n<34>two', ['<34>one', '<34>two']],
    ['CRLF keeps CR for the parser', '<34>one\r\ntwo\r\n', ['<34>one\r', 'two\r']],
    ['NUL as end', '<34>one\0<34>two\0', ['<34>one', '<34>two']],
    ['NUL and LF as end', '<34>one\0\n<34>two\0\n', ['<34>one', '<34>two']],
    ['LF and NUL as end', '<34>one\n\0<34>two\n\0', ['<34>one', '<34>two']],
    ['empty lines', '\n\r\n\0\n<34>one\n\n\n<34>two\n\r', ['<34>one', '<34>two']],
    ['counted', counted('<34>one') + counted('<34>two'), ['<34>one', '<34>two']],
    ['counted, LF inside', counted('<34>a\nb\n\nc') + counted('<34>d'), ['<34>a\nb\n\nc', '<34>d']],
    ['counted, LF inside, last', counted('<34>a\nb'), ['<34>a\nb']],
    [
      'counted, LF within the count',
      counted('<34>a\n') + counted('<34>b\n'),
      ['<34>a\n', '<34>b\n'],
    ],
    ['counted, NUL inside', counted('<34>a\0b') + counted('<34>c'), ['<34>a\0b', '<34>c']],
    ['counted with LF between', `${counted('<34>a')}\n${counted('<34>b')}\n`, ['<34>a', '<34>b']],
    [
      'counted with CRLF between',
      `${counted('<34>a')}\r\n${counted('<34>b')}\r\n`,
      ['<34>a', '<34>b'],
    ],
    ['counted, no priority', counted('CEF:0|a') + counted('CEF:0|b'), ['CEF:0|a', 'CEF:0|b']],
    [
      'mixed',
      `<34>a\n${counted('<34>b\nb')}<34>c\n${counted('<34>d')}`,
      ['<34>a', '<34>b\nb', '<34>c', '<34>d'],
    ],
    ['binary', '\x80\xff\x01\n\xfe<1>', ['\x80\xff\x01', '\xfe<1>']],
  ])('%s', (_name, input, want) => {
    const { messages, counts } = frameEveryWay(input)
    expect(messages).toEqual(want)
    expect(counts).toMatchObject({ errors: 0, truncated: 0, cutLines: 0 })
    expect(counts.lines + counts.counted).toBe(want.length)
  })
})

describe('lines that begin with a number are lines', () => {
  test.each([
    ['Squid native', '1792056600.123    250 192.0.2.1 TCP_MISS/200 1 GET http://example.com/ -'],
    ['a sequence number', '12 192.0.2.1 <> files.example.com'],
    ['a number that reaches into the next line', '60 short line'],
    ['a number beyond the data', '1900 short line'],
    ['a number beyond every limit', '999999999 text'],
    ['zero', '0 <34>text'],
    ['leading zero', '012 <34>text'],
    ['too many digits', '99999999999 <34>text'],
    ['a number alone', '12'],
    ['a number and a space', '12 '],
  ])('%s', (_name, line) => {
    const { messages, counts } = frameEveryWay(`${line}\n${line}\n${line}`)
    expect(messages).toEqual([line, line, line])
    expect(counts).toMatchObject({ errors: 0, counted: 0, lines: 3 })
  })

  test('also where the number fits by chance, once a line was seen', () => {
    const { messages } = frameEveryWay('first\n3 abc2 de\n3 abc')
    expect(messages).toEqual(['first', '3 abc2 de', '3 abc'])
  })
})

describe('broken counts lose nothing', () => {
  test.each<[name: string, input: string, want: string[]]>([
    [
      'too large over lines',
      '20 <34>one\n<34>two\n<34>three\n',
      ['20 <34>one', '<34>two', '<34>three'],
    ],
    [
      'too small',
      '5 <34>one two\n<34>three\n7 <34>abc\n',
      ['<34>o', 'ne two', '<34>three', '7 <34>abc'],
    ],
    ['larger than allowed', '2001 <34>one\n5 <34>two\n', ['2001 <34>one', '5 <34>two']],
  ])('%s', (_name, input, want) => {
    const { messages, counts } = frameEveryWay(input)
    expect(messages).toEqual(want)
    expect(counts).toMatchObject({ errors: 1, truncated: 0 })
  })

  test('a connection that ends within a message', () => {
    const { messages, counts } = frameEveryWay(`${counted('<34>one')}50 <34>two\nthree`)
    expect(messages).toEqual(['<34>one', '50 <34>two', 'three'])
    expect(counts).toMatchObject({ errors: 0, truncated: 1, counted: 1, lines: 2 })
  })
})

describe('long lines', () => {
  test('are cut where the limit is', () => {
    const limits = { lineBytes: 4 }
    const input = Buffer.from('abcd\nabcdefghij\n5 <1>ab\nabcdefgh')
    const want = ['abcd', 'abcd', 'efgh', 'ij', '<1>ab', 'abcd', 'efgh']
    for (let cut = 0; cut <= input.length; cut++) {
      const { messages, counts } = frame([input.subarray(0, cut), input.subarray(cut)], limits)
      expect(messages, `cut at ${cut}`).toEqual(want)
      expect(counts.cutLines).toBe(3)
    }
  })

  test('1 MB in small pieces comes out whole', () => {
    const line = `<34>${'x'.repeat(1_000_000)}`
    const bytes = Buffer.from(`${line}\n<34>next\n`)
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 1448) chunks.push(bytes.subarray(at, at + 1448))
    const { messages } = frame(chunks, { lineBytes: 1_048_576 })
    expect(messages.map((message) => message.length)).toEqual([1_000_004, 8])
    expect(messages[0] === line).toBe(true)
  })
})

function collect(): { framer: Framer; messages: string[] } {
  const messages: string[] = []
  const framer = new Framer({
    emit: (kind, bytes) => messages.push(...messagesOf(kind, bytes)),
    counts: createFramingCounts(),
    lineBytes: 2000,
    frameBytes: 2000,
    scratch,
  })
  return { framer, messages }
}

describe('waiting', () => {
  test('a plain counted message is given at once', () => {
    const { framer, messages } = collect()
    framer.feed(Buffer.from(counted('<34>one')))
    expect(messages).toEqual(['<34>one'])
  })

  test('one with LF inside when the peer is quiet', () => {
    const { framer, messages } = collect()
    framer.feed(Buffer.from(counted('<34>one\ntwo')))
    expect(messages).toEqual([])
    expect(framer.undecided).toBe(true)
    framer.settle()
    expect(messages).toEqual(['<34>one\ntwo'])
    expect(framer.undecided).toBe(false)
    framer.settle()
    framer.end()
    expect(messages).toHaveLength(1)
  })

  test('settling does not end a message that is not whole', () => {
    const { framer, messages } = collect()
    framer.feed(Buffer.from('30 <34>one\n'))
    framer.settle()
    framer.feed(Buffer.from('<34>two'))
    framer.settle()
    expect(messages).toEqual([])
    framer.end()
    expect(messages).toEqual(['30 <34>one', '<34>two'])
  })
})

function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...at.map((place) => place % (bytes.length + 1)), 0, bytes.length].toSorted(
    (a, b) => a - b,
  )
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

describe('properties', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '9', ' ', '<', '\r', '1', 'é'),
    maxLength: 40,
  })
  const line = text
    .filter((body) => body.trim() !== '')
    .map((body) => ({ message: `<34>${body}`, wire: `<34>${body}\n` }))
  const octets = fc
    .string({ unit: fc.constantFrom('a', '9', ' ', '<', '\n', '\0'), maxLength: 40 })
    .map((body) => ({ message: `<34>${body}`, wire: counted(`<34>${body}`) }))
  const cuts = fc.array(fc.nat(2000), { maxLength: 12 })

  test('both framings mixed, cut anywhere, give what was sent', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, octets), { maxLength: 20 }), cuts, (sent, at) => {
        const bytes = Buffer.from(sent.map(({ wire }) => wire).join(''), 'latin1')
        const { messages, counts } = frame(pieces(bytes, at))
        expect(messages).toEqual(sent.map(({ message }) => message))
        expect(counts.errors).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes, cut anywhere, give the same and lose no content', () => {
    const bytes = fc
      .array(fc.constantFrom(...Array.from('0123456789 <>a\n\r\0\xff')), { maxLength: 400 })
      .map((all) => Buffer.from(all.join(''), 'latin1'))
    fc.assert(
      fc.property(bytes, cuts, fc.constantFrom(3, 17, 2000), (input, at, lineBytes) => {
        const whole = frame([input], { lineBytes })
        expect(frame(pieces(input, at), { lineBytes })).toEqual(whole)
        const letters = /[a\xff>]/g
        expect(whole.messages.join('').match(letters)).toEqual(
          input.toString('latin1').match(letters),
        )
      }),
      { numRuns: 2000 },
    )
  })
})
