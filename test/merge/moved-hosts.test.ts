import { expect, test } from 'vitest'
import { loadCatalog } from '../../src/catalog/catalog.ts'
import { compareCatalogs, movesInWords } from '../../src/merge/moved-hosts.ts'
import type { Store } from '../../src/store/store.ts'
import { folderWith, small } from '../catalog/catalog-parts.ts'

/** A store that knows these destinations. */
function storeOf(hosts: readonly string[]): Store {
  const stream = async function* (): AsyncGenerator<object> {
    for (const host of hosts) yield { host, app_hint: '' }
  }
  return { stream } as unknown as Store
}

test('another catalog tells what it names otherwise', async () => {
  const before = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
  const after = await loadCatalog([
    await folderWith({
      'apps/x.yaml': small
        .replace(
          'domains: [beta.example, deep.alpha.example]',
          'domains: [deep.alpha.example, new.example]',
        )
        .replace('[cdn.example]', '[cdn.example, quiet.example]')
        .replace('name: Alpha', 'name: Alpha\n    score: 3'),
    }),
  ])
  const hosts = [
    'a.new.example',
    'b.new.example',
    'beta.example',
    'quiet.example',
    'alpha.example',
    '192.0.2.1',
  ]
  const change = await compareCatalogs(storeOf(hosts), before, after)
  expect(change).toMatchObject({
    from: before.version,
    to: after.version,
    hosts: 6,
    moved: 4,
    scores: 1,
  })
  expect(movesInWords(change)).toBe(
    '2 hosts became Beta, 1 host of Beta became unknown, 1 host became infrastructure',
  )
  expect(change.moves[0].examples).toEqual(['a.new.example', 'b.new.example'])
})

test('the same catalog moves nothing, and nobody is asked', async () => {
  const catalog = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
  const change = await compareCatalogs(storeOf(['alpha.example']), catalog, catalog)
  expect(change).toMatchObject({ hosts: 0, moved: 0, moves: [], scores: 0 })
  expect(movesInWords(change)).toBe('')
})
