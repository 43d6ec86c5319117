/** The manual's pages of formats tell what the definitions say today. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatPages, pageSamples } from '../../src/commands/format-pages.ts'
import { loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'

const folder = join(import.meta.dirname, '../../docs/formats')

test('docs/formats is what npm run docs:formats writes', async () => {
  const pages = formatPages(await loadDefinitions([shippedParsers]), await pageSamples())
  const stale = [...pages].filter(
    ([name, text]) =>
      !existsSync(join(folder, name)) || readFileSync(join(folder, name), 'utf8') !== text,
  )
  expect(stale.map(([name]) => name)).toEqual([])
  expect(readdirSync(folder).filter((name) => !pages.has(name))).toEqual([])
})

test('each format that gives transactions has an example', async () => {
  const definitions = await loadDefinitions([shippedParsers])
  const samples = await pageSamples()
  const giving = definitions.filter(
    ({ records }) => records.length === 0 || records.some(({ skip }) => typeof skip !== 'string'),
  )
  const without = [...new Set(giving.map(({ id }) => id))].filter((id) => !samples.has(id))
  expect(without).toEqual([])
})
