/** What pages say of formats: the example of docs/parsers.md does what it says, and their number is what there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  compileFormats,
  loadDefinitions,
  parseDefinition,
  shippedParsers,
} from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { newReader } from '../../src/parse/stream-reader.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/parsers.md'), 'utf8')

/** The first block of code in `language`. */
function block(language: string): string {
  const match = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(page)
  if (match === null) throw new Error(`docs/parsers.md has no block of ${language}`)
  return match[1]
}

test('the example definition reads the example line', () => {
  const definition = parseDefinition(block('yaml'), 'docs/parsers.md')
  const formats = compileFormats([definition], { full: true })
  const reader = new LineReader(formats, newReader(null), null)
  const outcome = reader.read(Buffer.from(block('text')), Date.parse('2026-11-01T00:00:00Z'))
  if (outcome.outcome !== 'transaction') throw new Error(outcome.reason)
  const known = Object.fromEntries(
    Object.entries(outcome.transaction).filter(([, value]) => value !== null),
  )
  expect(known).toEqual(JSON.parse(block('json')))
})

test.each(['variant', 'anyUnnamed', 'notPrefix', 'optional', 'withoutDestination', 'zone: utc'])(
  'the page tells of %s',
  (key) => {
    expect(page).toContain(`\`${key}`)
  },
)

test.each([
  ['README.md', /\[(\d+) formats\]\(docs\/formats/],
  ['CHANGELOG.md', /^- (\d+) log formats,/m],
])('%s tells how many formats there are', async (path, phrase) => {
  const ids = (await loadDefinitions([shippedParsers])).map((definition) => definition.id)
  const told = phrase.exec(readFileSync(join(root, path), 'utf8'))?.[1]
  expect(told).toBe(String(new Set(ids).size))
})
