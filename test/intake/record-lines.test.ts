import { describe, expect, test } from 'vitest'
import { isLaidOut, recordLines } from '../../src/intake/record-lines.ts'
import { inPieces } from './file-fakes.ts'

const read = async (text: string, step: number): Promise<string> =>
  inPieces(Buffer.from(text), step, recordLines)

describe('JSON over many lines', () => {
  test.each([
    [
      'a list',
      '[\n  {\n    "a": 1,\n    "b": [1, 2]\n  },\n  {"a": 2}\n]\n',
      '{"a":1,"b":[1,2]}\n{"a":2}\n',
    ],
    ['objects one behind the other', '{\n  "a": 1\n}\n{\n  "a": 2\n}\n', '{"a":1}\n{"a":2}\n'],
    [
      'one object',
      '{\n  "records": [\n    {"a": 1},\n    {"a": 2}\n  ]\n}',
      '{"records":[{"a":1},{"a":2}]}\n',
    ],
    [
      'blanks, brackets, escapes in texts',
      '[\n{"a": "x [ { , \\" \\\\", "b": " é "}\n]',
      '{"a":"x [ { , \\" \\\\","b":" é "}\n',
    ],
    ['two lists, as of concatenated pages', '[\n{"a":1}\n]\n[\n{"a":2}\n]\n', '{"a":1}\n{"a":2}\n'],
    ['values that are no objects', '[\n1,\n"b",\n{"c":3}\n]', '1\n"b"\n{"c":3}\n'],
    ['too many ends', '[\n{"a":1}}]\n{"b":2}', '{"a":1}\n}\n{"b":2}\n'],
    ['cut off', '[\n  {"a": 1},\n  {"a": "x', '{"a":1}\n{"a":"x\n'],
    ['nothing', '[\n]\n', ''],
  ])('%s', async (_, text, lines) => {
    for (const step of [1, 3, 1000]) expect(await read(text, step)).toBe(lines)
  })

  test.each([
    ['[\n  {"a": 1}', true],
    ['{\n  "a": 1', true],
    ['[ {\r\n  "a" : 1', true],
    ['\uFEFF[\n{', true],
    ['{"a":1}\n{"a":2}\n', false],
    ['[{"a":1},{"a":2}]\n', false],
    ['[2026-10-20 10:15:00] x\n', false],
    ['{', false],
    ['', false],
  ])('%j is laid out: %s', (text, is) => {
    expect(isLaidOut(Buffer.from(text))).toBe(is)
  })
})
