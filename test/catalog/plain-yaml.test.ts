import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { shippedCatalog } from '../../src/catalog/catalog.ts'
import { catalogFiles, parseAnyFile, parseCatalogFile } from '../../src/catalog/load.ts'
import { readPlainYaml } from '../../src/catalog/plain-yaml.ts'

describe('reads as a whole YAML parser does', () => {
  test.each([
    ['lists', 'a: [x, y.z, 10.0.0.0/8]\nb:\n  - one\n  - two\n'],
    ['a list over lines', 'a:\n  [\n    x,\n    y,\n  ]\nb: c\n'],
    ['a list that begins behind its key', 'a: [x,\n  y]\n'],
    ['an empty list', 'a: []\n'],
    ['mappings in lists', 'a:\n  - id: x\n    n: 1.5\n  - id: y\n'],
    ['quotes', "a: 'it''s: #1'\nb: \"x, y\"\nc: ['2001:db8::/32', \"a\"]\n"],
    ['apostrophes within', "a: Moody's\n"],
    ['comments and blank lines', '# one\na: 1\n\n  # two\nb: x#y\n'],
    ['country codes and dates', 'a: NO\nb: 2026-01-02\nc: y\n'],
    ['names like numbers', 'a: 0x0.st\nb: 1.2.3\nc: 15five\nd: 0.5\ne: 24\n'],
    ['addresses of pages', 'a: https://x.example/y?z=1#f\n'],
    ['other scripts', 'a: Elkjøp\nb: 百度\n'],
  ])('%s', (_name, text) => {
    expect(readPlainYaml(text)?.value).toEqual(parse(text))
  })

  test('every shipped file, with the same line for each entry', async () => {
    const files = (await catalogFiles(shippedCatalog)).filter((file) => /\/apps\/|infra/.test(file))
    expect(files.length).toBeGreaterThan(50)
    for (const file of files) {
      const text = await readFile(file, 'utf8')
      expect(readPlainYaml(text), file).not.toBeNull()
      expect(parseCatalogFile(text, file)).toEqual(parseAnyFile(text, file))
    }
  }, 60_000)

  test('whatever it does not leave to the other', () => {
    const piece = fc.constantFrom(
      ...'a b: - [ ] , \' " # 1 0x1 null true ~ | > & * ! \n \n  \n- \n  - : :: é {} ? %'.split(
        ' ',
      ),
      ' ',
      '\n    ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        const plain = readPlainYaml(text)
        if (plain !== null) expect(plain.value).toEqual(parse(text))
      }),
      { numRuns: 5000 },
    )
  })
})

test.each([
  ['nothing', ''],
  ['a list at the top', '- a\n'],
  ['anchors', 'a: &x 1\nb: *x\n'],
  ['tags', 'a: !!str 1\n'],
  ['block text', 'a: |\n  x\n'],
  ['text over lines', 'a: x\n  y\n'],
  ['flow mappings', 'a: {b: c}\n'],
  ['escapes', 'a: "x\\ty"\n'],
  ['tabs', 'a:\tx\n'],
  ['carriage returns', 'a: x\r\n'],
  ['words with a meaning', 'a: null\n'],
  ['odd numbers', 'a: 1e3\n'],
  ['the same key twice', 'a: 1\na: 2\n'],
  ['a comment behind a value', 'a: x # y\n'],
  ['documents', '---\na: 1\n'],
])('leaves %s to the other parser', (_name, text) => {
  expect(readPlainYaml(text)).toBeNull()
})
